//! Where rows go: how they are written, and to what.

use super::buffered::Buffered;
use crate::window::Batch;
use std::io::{self, Write};

/// Bytes on their way out.
pub trait Target: Write {
    /// Makes what was written so far stand on its own, and last; how many bytes it is. What follows can be cut off there.
    fn seal(&mut self) -> io::Result<u64>;

    /// Ends it: nothing follows.
    fn finish(&mut self) -> io::Result<()>;
}

impl<T: Target + ?Sized> Target for Box<T> {
    fn seal(&mut self) -> io::Result<u64> {
        (**self).seal()
    }

    fn finish(&mut self) -> io::Result<()> {
        (**self).finish()
    }
}

/// Takes rows.
pub trait RowSink {
    /// Takes some rows of a batch, or all of them.
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()>;

    /// Hands on what is held back, where the format allows it.
    fn flush(&mut self) -> io::Result<()>;

    /// [`Target::seal`] behind all rows taken.
    fn seal(&mut self) -> io::Result<u64>;

    /// Ends the output.
    fn finish(&mut self) -> io::Result<()>;
}

/// Sinks of a run.
pub struct Outputs<'a> {
    /// Results.
    pub results: &'a mut dyn RowSink,
    /// What is diverted, in the job's order.
    pub diverted: Vec<&'a mut dyn RowSink>,
}

impl Outputs<'_> {
    /// All of them.
    pub fn each(&mut self) -> impl Iterator<Item = &mut dyn RowSink> {
        let Outputs { results, diverted } = self;
        std::iter::once(&mut **results as &mut dyn RowSink)
            .chain(diverted.iter_mut().map(|sink| &mut **sink as &mut dyn RowSink))
    }
}

/// Something to write to that is neither cut off nor made to last.
pub(super) struct Plain<W>(pub W);

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Target for Plain<W> {
    fn seal(&mut self) -> io::Result<u64> {
        self.flush().map(|()| 0)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// Takes rows and forgets them.
#[derive(Debug)]
pub struct Nowhere;

impl RowSink for Nowhere {
    fn write(&mut self, _: &Batch, _: Option<&[u32]>) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn seal(&mut self) -> io::Result<u64> {
        Ok(0)
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes rows as text.
pub(super) trait TextWriter {
    /// What the text goes to.
    type Target: Target;

    /// Writes some rows of a batch.
    fn rows(&mut self, batch: &Batch, rows: impl Iterator<Item = u32>) -> io::Result<()>;

    /// Where the text goes.
    fn out(&mut self) -> &mut Buffered<Self::Target>;
}

impl<T: TextWriter> RowSink for T {
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()> {
        match rows {
            Some(rows) => self.rows(batch, rows.iter().copied()),
            None => self.rows(batch, 0..batch.len as u32),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out().flush()
    }

    fn seal(&mut self) -> io::Result<u64> {
        self.out().emptied()?.seal()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out().emptied()?.finish()
    }
}
