//! JSON lines that are read here and parsed on threads.
//!
//! Blocks go to the threads in turn and come back in the same turn, so that rows come in the order of the input and no result depends on how
//! many threads there are. A few blocks are on their way at most.

use super::blocks::{Blocks, Fault};
use super::json_source::{Parser, Scanner};
use super::rows::{Place, RowBatch, Source};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// As many threads are kept busy by one that reads.
const THREADS: usize = 4;
/// As many blocks are on their way through each.
const ON_THEIR_WAY: usize = 3;

/// Reads blocks, and has them parsed.
#[derive(Debug)]
pub struct ParallelJson<R> {
    blocks: Blocks<R>,
    workers: Vec<Worker>,
    /// Blocks handed to the workers, and taken back.
    given: usize,
    taken: usize,
    /// Whose memory can be used again.
    spare: Vec<Work>,
    /// Whether all blocks were read, or why no more can be.
    ended: Option<Result<(), Fault>>,
    /// Behind the rows handed over.
    place: Place,
}

#[derive(Debug)]
struct Worker {
    unparsed: SyncSender<Work>,
    parsed: Receiver<Work>,
}

/// A block, and what is in it.
#[derive(Debug, Default)]
struct Work {
    block: Vec<u8>,
    /// How many bytes of it are lines.
    end: usize,
    /// Its rows, whose lines are counted from its start.
    rows: RowBatch,
    lines: u64,
}

impl<R: Read> ParallelJson<R> {
    pub(super) fn new<S: Scanner + Clone + Send + 'static>(
        blocks: Blocks<R>,
        parser: &Parser<S>,
        place: Place,
        threads: usize,
    ) -> io::Result<ParallelJson<R>> {
        let worker = |_| {
            let (unparsed, works) = sync_channel(ON_THEIR_WAY);
            let (done, parsed) = sync_channel(ON_THEIR_WAY);
            let parser = parser.clone();
            let parse = move || parse_all(parser, &works, &done);
            thread::Builder::new().name("parser".into()).spawn(parse)?;
            Ok(Worker { unparsed, parsed })
        };
        let workers = (0..threads.clamp(1, THREADS)).map(worker).collect::<io::Result<Vec<_>>>()?;
        Ok(ParallelJson { blocks, workers, given: 0, taken: 0, spare: Vec::new(), ended: None, place })
    }

    /// Reads blocks until the workers have enough to do.
    fn hand_out(&mut self) -> io::Result<()> {
        while self.ended.is_none() && self.given - self.taken < self.workers.len() * ON_THEIR_WAY {
            let mut work = self.spare.pop().unwrap_or_default();
            match self.blocks.take(&mut work.block) {
                Ok(0) => self.ended = Some(Ok(())),
                Err(fault) => self.ended = Some(Err(fault)),
                Ok(end) => {
                    work.end = end;
                    let worker = self.workers.get(self.given % self.workers.len());
                    worker.and_then(|worker| worker.unparsed.send(work).ok()).ok_or_else(stopped)?;
                    self.given += 1;
                }
            }
        }
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::other("a parsing thread stopped")
}

/// Parses blocks until there are no more, or nobody wants to know.
fn parse_all<S: Scanner>(mut parser: Parser<S>, works: &Receiver<Work>, done: &SyncSender<Work>) {
    for mut work in works {
        work.lines = parser.read(work.block.get(..work.end).unwrap_or_default(), 0, &mut work.rows);
        if done.send(work).is_err() {
            return;
        }
    }
}

impl<R: Read> Source for ParallelJson<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        self.hand_out()?;
        if self.taken == self.given {
            let ended = self.ended.replace(Ok(())).unwrap_or(Ok(()));
            return ended.map(|()| false).map_err(|fault| fault.on(self.place.lines + 1));
        }
        let worker = self.workers.get(self.taken % self.workers.len());
        let mut work = worker.and_then(|worker| worker.parsed.recv().ok()).ok_or_else(stopped)?;
        self.taken += 1;
        std::mem::swap(rows, &mut work.rows);
        rows.come_after(self.place.lines);
        self.place.lines += work.lines;
        self.place.bytes += rows.bytes;
        self.spare.push(work);
        Ok(true)
    }

    fn place(&self) -> Place {
        self.place
    }

    fn resume(&mut self, place: Place) {
        self.place = place;
    }
}
