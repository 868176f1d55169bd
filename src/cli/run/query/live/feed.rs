//! The records of one partition as lines, and where among them a run is.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read};
use std::rc::Rc;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use dpl::run::Position;

/// As many chunks of a partition wait to be read: with the one that is on its way, all that it takes of memory.
const WAITING: usize = 1;

/// What the reader of a partition has to say.
pub(in crate::cli::run::query) enum Said {
    /// There are records.
    Records(Chunk),
    /// The partition has ended; those that follow it were told before.
    Ended,
    /// It can't be read.
    Failed(String),
}

/// Records that were read together, each a line.
#[derive(Default)]
pub(in crate::cli::run::query) struct Chunk {
    /// The cursor at which the server hands out the same records again.
    pub(super) from: String,
    /// The lines.
    pub(super) text: Vec<u8>,
    /// Behind each record, which is one line or more: where its lines end in the text, and the cursor of what follows.
    pub(super) marks: Vec<(usize, String)>,
}

impl Chunk {
    /// Appends a row. Line breaks, which in JSON are spaces, become spaces, so that a record that holds several objects is one broken row, as it
    /// is to Flink; a record without any text is the broken row `null`, and not none.
    pub(super) fn push(&mut self, row: &[u8]) {
        let row = row.trim_ascii();
        let row = if row.is_empty() { b"null" } else { row };
        self.text.extend(row.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        self.text.push(b'\n');
    }

    /// The record of the rows before has ended.
    pub(super) fn mark(&mut self, cursor: String) {
        self.marks.push((self.text.len(), cursor));
    }
}

/// A partition that is read from now on.
pub(in crate::cli::run::query) struct Partition {
    /// Where its first record is looked for.
    pub(in crate::cli::run::query) position: Position,
    /// What its reader says.
    pub(super) said: Receiver<Said>,
}

impl Partition {
    /// A partition, and what its reader says it with.
    pub(super) fn new(position: Position) -> (Self, Sender<Said>) {
        let (sender, said) = bounded(WAITING);
        (Self { position, said }, sender)
    }
}

/// Wakes a run that waits for rows.
#[derive(Clone)]
pub(in crate::cli::run::query) struct Bell(Sender<()>);

impl Bell {
    /// A bell, and what hears it.
    pub(in crate::cli::run::query) fn new() -> (Self, Receiver<()>) {
        let (sender, heard) = bounded(1);
        (Self(sender), heard)
    }

    pub(super) fn ring(&self) {
        // One that rings already is heard as well.
        let _ = self.0.try_send(());
    }
}

/// Where in the partition the chunk begins that is handed on.
pub(in crate::cli::run::query) struct Reached {
    partition: String,
    /// Where its first byte stands, or would stand, among all bytes handed on.
    start: u64,
    from: String,
    marks: Vec<(usize, String)>,
}

impl Reached {
    /// The position of a byte that the rows handed on so far end at.
    pub(in crate::cli::run::query) fn locate(&self, bytes: u64) -> Position {
        let within = bytes.saturating_sub(self.start);
        let behind = self.marks.partition_point(|(end, _)| *end as u64 <= within);
        let last = behind.checked_sub(1).and_then(|last| self.marks.get(last));
        let (end, cursor) = last.map_or((0, &self.from), |(end, cursor)| (*end as u64, cursor));
        Position { partition: self.partition.clone(), cursor: cursor.clone(), skip: within - end }
    }
}

/// Hands on what there is of a partition, and says that there is nothing yet where there is nothing.
pub(in crate::cli::run::query) struct Feed {
    said: Receiver<Said>,
    text: Vec<u8>,
    /// How far the text was handed on.
    at: usize,
    /// Bytes handed on.
    given: u64,
    /// How much of the first chunk was handed on by a run before.
    skip: u64,
    reached: Rc<RefCell<Reached>>,
}

impl Feed {
    /// Goes on behind so many bytes.
    pub(in crate::cli::run::query) fn new(partition: Partition, given: u64) -> Self {
        let Partition { position: Position { partition, cursor, skip }, said } = partition;
        let start = given.saturating_sub(skip);
        let reached = Rc::new(RefCell::new(Reached { partition, start, from: cursor, marks: Vec::new() }));
        Self { said, text: Vec::new(), at: 0, given, skip, reached }
    }

    /// What tells where it is.
    pub(in crate::cli::run::query) fn reached(&self) -> Rc<RefCell<Reached>> {
        Rc::clone(&self.reached)
    }

    /// A further chunk: what was handed on before it was read as rows, since each chunk ends with a line.
    fn begin(&mut self, chunk: Chunk) -> io::Result<()> {
        let skip = std::mem::take(&mut self.skip);
        let at = usize::try_from(skip).ok().filter(|at| *at <= chunk.text.len());
        self.at =
            at.ok_or_else(|| io::Error::other("the stream no longer has the records that were read of it"))?;
        self.text = chunk.text;
        let mut reached = self.reached.borrow_mut();
        (reached.start, reached.from, reached.marks) =
            (self.given.saturating_sub(skip), chunk.from, chunk.marks);
        Ok(())
    }
}

impl Read for Feed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            match self.said.try_recv() {
                Ok(Said::Records(chunk)) => self.begin(chunk)?,
                Ok(Said::Ended) => return Ok(0),
                Ok(Said::Failed(why)) => return Err(io::Error::other(why)),
                Err(TryRecvError::Empty) => return Err(ErrorKind::WouldBlock.into()),
                Err(TryRecvError::Disconnected) => return Err(io::Error::other("its reader has stopped")),
            }
        }
        let ready = self.text.get(self.at..).unwrap_or_default();
        let count = ready.len().min(to.len());
        to.iter_mut().zip(ready).for_each(|(to, from)| *to = *from);
        self.at += count;
        self.given += count as u64;
        Ok(count)
    }
}
