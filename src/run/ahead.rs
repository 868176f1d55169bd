//! A source that is read ahead of the operator, on a thread of its own.
//!
//! Batches come in the order in which they were read, so that results don't depend on it; a few are on their way at most.

use super::rows::{Place, RowBatch, Source};
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// As many batches are read ahead.
const AHEAD: usize = 4;

/// What the thread says of a batch: whether there is one, and how far the source has read behind it.
type Read = io::Result<Option<(RowBatch, Place)>>;

/// Reads another source ahead.
#[derive(Debug)]
pub struct Ahead {
    batches: Receiver<Read>,
    /// Batches whose memory can be used again.
    spare: SyncSender<RowBatch>,
    ended: bool,
    /// Behind the rows handed over, not those read.
    place: Place,
}

impl Ahead {
    /// Starts to read a source that ends, from where it stands.
    pub fn new(source: Box<dyn Source + Send>) -> io::Result<Ahead> {
        let place = source.place();
        let (batch, batches) = sync_channel(AHEAD);
        let (spare, spares) = sync_channel(AHEAD);
        thread::Builder::new().name("source".into()).spawn(move || read_all(source, &batch, &spares))?;
        Ok(Ahead { batches, spare, ended: false, place })
    }
}

/// Reads to the end, or until nobody wants to know.
fn read_all(mut source: Box<dyn Source + Send>, batches: &SyncSender<Read>, spares: &Receiver<RowBatch>) {
    loop {
        let mut rows = spares.try_recv().unwrap_or_default();
        let read = source.read(&mut rows).map(|more| more.then_some((rows, source.place())));
        let ended = !matches!(read, Ok(Some(_)));
        if batches.send(read).is_err() || ended {
            return;
        }
    }
}

impl Source for Ahead {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let read =
            self.batches.recv().unwrap_or_else(|_| Err(io::Error::other("the reading thread stopped")));
        self.ended = !matches!(read, Ok(Some(_)));
        let Some((read, place)) = read? else { return Ok(false) };
        self.place = place;
        // Where there is no room for it, its memory is given back.
        let _ = self.spare.try_send(std::mem::replace(rows, read));
        Ok(true)
    }

    fn place(&self) -> Place {
        self.place
    }

    /// The source resumes before it is read ahead; from here only what its places are counted from can be set.
    fn resume(&mut self, place: Place) {
        self.place = place;
    }
}
