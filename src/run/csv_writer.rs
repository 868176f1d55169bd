//! Rows as CSV with a header.

use super::buffered::Buffered;
use super::sink::{Target, TextWriter};
use super::writer::write_plain;
use crate::window::time::Style;
use crate::window::{Batch, Type};
use std::io::{self, Write};

/// Writes batches as RFC 4180 has it, below a line of names. A null is an empty field, and the empty string an empty field in
/// quotes, which most readers take for the same.
#[derive(Debug)]
pub struct CsvWriter<W> {
    types: Vec<Type>,
    style: Style,
    out: Buffered<W>,
    value: Vec<u8>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer of records with these fields. `begins` says whether the header is still to be written.
    pub fn new<'a>(
        output: W,
        fields: impl IntoIterator<Item = (&'a str, Type)>,
        style: Style,
        begins: bool,
    ) -> CsvWriter<W> {
        let mut writer =
            CsvWriter { types: Vec::new(), style, out: Buffered::new(output), value: Vec::new() };
        for (index, (name, ty)) in fields.into_iter().enumerate() {
            writer.types.push(ty);
            if begins {
                writer.out.text.extend((index > 0).then_some(b','));
                push_field(name.as_bytes(), &mut writer.out.text);
            }
        }
        writer.out.text.extend(begins.then_some(b'\n'));
        writer
    }

    /// Writes some rows of a batch.
    pub fn write_rows(&mut self, batch: &Batch, rows: impl IntoIterator<Item = u32>) -> io::Result<()> {
        for row in rows {
            let row = row as usize;
            for (index, (ty, column)) in self.types.iter().zip(&batch.columns).enumerate() {
                self.out.text.extend((index > 0).then_some(b','));
                if !column.is_null(row) {
                    self.value.clear();
                    write_plain(column, row, *ty, self.style, &mut self.value);
                    push_field(&self.value, &mut self.out.text);
                }
            }
            self.out.text.push(b'\n');
            self.out.row_ended()?;
        }
        Ok(())
    }
}

impl<T: Target> TextWriter for CsvWriter<T> {
    type Target = T;

    fn rows(&mut self, batch: &Batch, rows: impl Iterator<Item = u32>) -> io::Result<()> {
        self.write_rows(batch, rows)
    }

    fn out(&mut self) -> &mut Buffered<T> {
        &mut self.out
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
