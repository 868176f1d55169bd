//! Records of CSV that are still being written, each handed on when it is whole.

use std::io::{self, Read};

/// Bytes read at once.
const BLOCK: usize = 1 << 16;

/// Hands on whole records only: a reader of records that is told that there is nothing yet would lose the part that it has.
#[derive(Debug)]
pub struct WholeRecords<R> {
    input: R,
    buffer: Vec<u8>,
    /// Bytes handed on already.
    given: usize,
    /// Bytes up to the end of the last whole record.
    whole: usize,
    /// Bytes that were searched for ends of records.
    searched: usize,
    quoted: bool,
    ended: bool,
}

impl<R: Read> WholeRecords<R> {
    /// The records of an input.
    pub fn new(input: R) -> WholeRecords<R> {
        WholeRecords {
            input,
            buffer: Vec::new(),
            given: 0,
            whole: 0,
            searched: 0,
            quoted: false,
            ended: false,
        }
    }

    fn search(&mut self) {
        for (at, byte) in self.buffer.iter().enumerate().skip(self.searched) {
            match byte {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.whole = at + 1,
                _ => {}
            }
        }
        self.searched = self.buffer.len();
    }
}

impl<R: Read> Read for WholeRecords<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given == self.whole && !self.ended {
            self.buffer.drain(..self.given);
            self.searched -= self.given;
            (self.given, self.whole) = (0, 0);
            let len = self.buffer.len();
            self.buffer.resize(len + BLOCK, 0);
            let read = self.input.read(self.buffer.get_mut(len..).unwrap_or_default());
            self.buffer.truncate(len + read.as_ref().ok().copied().unwrap_or_default());
            if read? == 0 {
                self.ended = true;
                self.whole = self.buffer.len();
            } else {
                self.search();
            }
        }
        let ready = self.buffer.get(self.given..self.whole).unwrap_or_default();
        let count = ready.len().min(to.len());
        to.iter_mut().zip(ready).for_each(|(to, from)| *to = *from);
        self.given += count;
        Ok(count)
    }
}
