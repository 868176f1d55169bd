//! Text in blocks of whole lines.

use std::io::{self, Read};

/// Bytes read at once.
const BLOCK: usize = 1 << 18;
/// The longest line taken.
const LONGEST_LINE: usize = 1 << 26;

/// Cuts what is read into blocks that end with a line, or with the input.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    input: R,
    buffer: Vec<u8>,
    /// How many bytes of the buffer hold input.
    filled: usize,
    ended: bool,
}

/// Why there is no block.
#[derive(Debug)]
pub(super) enum Fault {
    /// The input can't be read.
    Input(io::Error),
    /// The next line is too long.
    Long,
}

impl Fault {
    /// What is said of it, where the next line has this number.
    pub fn on(self, line: u64) -> io::Error {
        match self {
            Fault::Input(error) => error,
            Fault::Long => {
                let text = format!("line {line} is longer than {} MiB", LONGEST_LINE >> 20);
                io::Error::new(io::ErrorKind::InvalidData, text)
            }
        }
    }
}

impl<R: Read> Blocks<R> {
    pub fn new(input: R) -> Blocks<R> {
        Blocks { input, buffer: vec![0; BLOCK], filled: 0, ended: false }
    }

    /// Puts the next lines at the start of a block, whose memory is used; how many bytes they are, none at the end.
    pub fn take(&mut self, block: &mut Vec<u8>) -> Result<usize, Fault> {
        let end = self.fill()?;
        let rest = self.buffer.get(end..self.filled).unwrap_or_default();
        // A long line has no say in where later blocks end.
        block.resize(rest.len().max(BLOCK), 0);
        block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.filled = rest.len();
        std::mem::swap(&mut self.buffer, block);
        Ok(end)
    }

    /// Reads until there is a whole line; how many bytes of whole lines there are.
    fn fill(&mut self) -> Result<usize, Fault> {
        let mut searched = 0;
        loop {
            let lines = self.buffer.get(searched..self.filled).and_then(|t| memchr::memrchr(b'\n', t));
            if let Some(end) = lines {
                return Ok(searched + end + 1);
            }
            if self.ended {
                return Ok(self.filled);
            }
            searched = self.filled;
            if self.filled == self.buffer.len() {
                if self.filled >= LONGEST_LINE {
                    return Err(Fault::Long);
                }
                self.buffer.resize(self.filled * 2, 0);
            }
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.input.read(free) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Fault::Input(e)),
            }
        }
    }
}
