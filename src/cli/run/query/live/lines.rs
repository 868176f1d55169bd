//! Rows to a server, a record each.

use std::io::{self, Write};

use dpl::run::Target;
use sha2::{Digest as _, Sha256};

/// What keeps rows until they are put together.
pub(super) trait Put {
    /// Takes a row.
    fn push(&mut self, line: &[u8]) -> io::Result<()>;

    /// Puts what waits.
    fn put(&mut self) -> io::Result<()>;
}

/// Takes whole lines: writers of rows hand on nothing else.
pub(super) struct Lines<P> {
    to: P,
    /// All bytes that were taken.
    length: u64,
}

impl<P: Put> Lines<P> {
    pub(super) fn new(to: P) -> Self {
        Self { to, length: 0 }
    }
}

impl<P: Put> Write for Lines<P> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.to.push(line)?;
        }
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.put()
    }
}

impl<P: Put> Target for Lines<P> {
    fn seal(&mut self) -> io::Result<u64> {
        self.to.put()?;
        Ok(self.length)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.put()
    }
}

/// What tells the partition of a row, a digest of it: rows spread over partitions, and a row that is written again comes to where it came before.
pub(super) fn key(line: &[u8]) -> u64 {
    Sha256::digest(line).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
