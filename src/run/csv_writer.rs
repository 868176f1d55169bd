//! Rows as CSV with a header.

use super::writer::write_plain;
use crate::window::time::Style;
use crate::window::{Batch, Type};
use std::io::{self, Write};

/// Writes batches as RFC 4180 has it, below a line of names. A null is an empty field, and the empty string an empty field in
/// quotes, which most readers take for the same.
#[derive(Debug)]
pub struct CsvWriter<W> {
    output: W,
    types: Vec<Type>,
    style: Style,
    buffer: Vec<u8>,
    value: Vec<u8>,
}

/// The buffer is written out at this size.
const FLUSH: usize = 1 << 16;

impl<W: Write> CsvWriter<W> {
    /// A writer of records with these fields. `begins` says whether the header is still to be written.
    pub fn new<'a>(
        output: W,
        fields: impl IntoIterator<Item = (&'a str, Type)>,
        style: Style,
        begins: bool,
    ) -> CsvWriter<W> {
        let mut writer =
            CsvWriter { output, types: Vec::new(), style, buffer: Vec::new(), value: Vec::new() };
        for (index, (name, ty)) in fields.into_iter().enumerate() {
            writer.types.push(ty);
            if begins {
                writer.buffer.extend((index > 0).then_some(b','));
                push_field(name.as_bytes(), &mut writer.buffer);
            }
        }
        writer.buffer.extend(begins.then_some(b'\n'));
        writer
    }

    /// Writes some rows of a batch.
    pub fn write_rows(&mut self, batch: &Batch, rows: impl IntoIterator<Item = u32>) -> io::Result<()> {
        for row in rows {
            let row = row as usize;
            for (index, (ty, column)) in self.types.iter().zip(&batch.columns).enumerate() {
                self.buffer.extend((index > 0).then_some(b','));
                if !column.is_null(row) {
                    self.value.clear();
                    write_plain(column, row, *ty, self.style, &mut self.value);
                    push_field(&self.value, &mut self.buffer);
                }
            }
            self.buffer.push(b'\n');
            if self.buffer.len() >= FLUSH {
                self.flush_buffer()?;
            }
        }
        Ok(())
    }

    /// What it writes to.
    pub(super) fn output(&mut self) -> &mut W {
        &mut self.output
    }

    pub(super) fn flush_buffer(&mut self) -> io::Result<()> {
        self.output.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

fn push_field(text: &[u8], out: &mut Vec<u8>) {
    let plain = !text.is_empty() && !text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if plain {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        out.extend((*byte == b'"').then_some(b'"'));
        out.push(*byte);
    }
    out.push(b'"');
}
