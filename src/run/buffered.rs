//! Text on its way out, a block at a time.

use std::io::{self, Write};

/// The text is written out at this size.
const FLUSH: usize = 1 << 16;

/// Something to write to, and what it has not got yet.
#[derive(Debug)]
pub struct Buffered<W> {
    output: W,
    /// What was not written out yet.
    pub text: Vec<u8>,
    /// Whether it got anything since it was told to hand it on.
    holds: bool,
}

impl<W: Write> Buffered<W> {
    /// Nothing to write yet.
    pub fn new(output: W) -> Buffered<W> {
        Buffered { output, text: Vec::with_capacity(FLUSH * 2), holds: false }
    }

    /// A row stands whole in the text.
    pub fn row_ended(&mut self) -> io::Result<()> {
        if self.text.len() >= FLUSH { self.write_out() } else { Ok(()) }
    }

    /// Hands everything on, and has it handed on.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_out()?;
        if std::mem::take(&mut self.holds) { self.output.flush() } else { Ok(()) }
    }

    /// What it writes to, with everything handed on.
    pub fn emptied(&mut self) -> io::Result<&mut W> {
        self.write_out()?;
        Ok(&mut self.output)
    }

    fn write_out(&mut self) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        self.holds = true;
        self.output.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}
