//! Where rows go: how they are written, and to what.

use super::csv_writer::CsvWriter;
use super::writer::JsonWriter;
use crate::window::Batch;
use std::io::{self, Write};

/// Bytes on their way out.
pub trait Target: Write + Send {
    /// Makes what was written so far stand on its own, and last; how many bytes it is. What follows can be cut off there.
    fn seal(&mut self) -> io::Result<u64>;

    /// Ends it: nothing follows.
    fn finish(&mut self) -> io::Result<()>;
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
    /// Late rows, where the query diverts them.
    pub late: &'a mut dyn RowSink,
    /// Invalid rows, where they are diverted: rows of the columns `reason` and `raw`.
    pub rejected: &'a mut dyn RowSink,
}

impl Outputs<'_> {
    /// All of them.
    pub fn each(&mut self) -> [&mut dyn RowSink; 3] {
        [&mut *self.results, &mut *self.late, &mut *self.rejected]
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

fn every(batch: &Batch) -> std::ops::Range<u32> {
    0..batch.len as u32
}

impl<W: Write> RowSink for JsonWriter<Plain<W>> {
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()> {
        match rows {
            Some(rows) => self.write_rows(batch, rows.iter().copied()),
            None => self.write_rows(batch, every(batch)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        JsonWriter::flush(self)
    }

    fn seal(&mut self) -> io::Result<u64> {
        JsonWriter::flush(self).map(|()| 0)
    }

    fn finish(&mut self) -> io::Result<()> {
        JsonWriter::flush(self)
    }
}

impl RowSink for JsonWriter<Box<dyn Target>> {
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()> {
        match rows {
            Some(rows) => self.write_rows(batch, rows.iter().copied()),
            None => self.write_rows(batch, every(batch)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        JsonWriter::flush(self)
    }

    fn seal(&mut self) -> io::Result<u64> {
        self.flush_buffer()?;
        self.output().seal()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush_buffer()?;
        self.output().finish()
    }
}

impl RowSink for CsvWriter<Box<dyn Target>> {
    fn write(&mut self, batch: &Batch, rows: Option<&[u32]>) -> io::Result<()> {
        match rows {
            Some(rows) => self.write_rows(batch, rows.iter().copied()),
            None => self.write_rows(batch, every(batch)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_buffer()?;
        self.output().flush()
    }

    fn seal(&mut self) -> io::Result<u64> {
        self.flush_buffer()?;
        self.output().seal()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush_buffer()?;
        self.output().finish()
    }
}
