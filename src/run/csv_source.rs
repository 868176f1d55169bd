//! CSV with a header row as a source of rows.

use super::json::text_value;
use super::rows::{Bad, Cell, Place, RowBatch, Shape, Source, check, excerpt};
use super::schema::Schema;
use crate::window::Type;
use crate::window::time::Style;
use std::borrow::Cow;
use std::io::{self, Read};

/// Rows read at once.
const ROWS: usize = 4096;

/// Reads CSV as RFC 4180 has it. The header names the fields, in any order; unknown columns are ignored and a
/// missing one is null. An empty field is null, but in a string that may not be null, where it is the empty string.
#[derive(Debug)]
pub struct CsvSource<R> {
    reader: csv::Reader<R>,
    /// For each field of the schema, its column.
    columns: Vec<Option<usize>>,
    shape: Shape,
    style: Style,
    record: csv::ByteRecord,
    number: u64,
    position: u64,
    /// What the position counts from.
    base: u64,
}

impl<R: Read> CsvSource<R> {
    /// A source of rows of a schema; see [`JsonSource::new`](super::JsonSource::new). Reads the header.
    pub fn new(
        input: R,
        schema: Schema,
        stored: Vec<bool>,
        event_time: usize,
        style: Style,
    ) -> io::Result<CsvSource<R>> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let header = reader.byte_headers().map_err(into_io)?.clone();
        let place = |name: &str| {
            header.iter().position(|h| h.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(h) == name.as_bytes())
        };
        let columns = schema.fields().iter().map(|f| place(&f.name)).collect();
        let shape = Shape { schema, stored, event_time };
        Ok(CsvSource {
            reader,
            columns,
            shape,
            style,
            record: csv::ByteRecord::new(),
            number: 0,
            position: 0,
            base: 0,
        })
    }

    fn row(&self) -> Result<Vec<Cell<'static>>, Bad> {
        check(&self.shape, |index, ty| {
            let text = self.columns.get(index).copied().flatten().and_then(|c| self.record.get(c));
            let Some(text) = text else { return Ok((Cell::Null, Cow::Borrowed(""))) };
            if text.is_empty() && (ty != Type::String || !self.shape.required(index)) {
                return Ok((Cell::Null, Cow::Borrowed("")));
            }
            let shown = excerpt(&String::from_utf8_lossy(text));
            match text_value(text, ty, self.style) {
                Some(cell) => Ok((cell, Cow::Owned(shown))),
                None => {
                    let name = self.shape.schema.fields().get(index).map_or("", |f| f.name.as_str());
                    Err(format!("{name} {shown} is not a {ty}"))
                }
            }
        })
    }

    /// The record as a line of CSV.
    fn raw(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail; should it, the raw text is empty.
        let written = writer.write_byte_record(&self.record).is_ok();
        let mut raw = writer.into_inner().ok().filter(|_| written).unwrap_or_default();
        raw.pop();
        raw
    }
}

fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}")),
    }
}

impl<R: Read> Source for CsvSource<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        rows.reset(&self.shape);
        while rows.rows < ROWS as u64 {
            match self.reader.read_byte_record(&mut self.record).map_err(into_io) {
                Ok(true) => {}
                Ok(false) => break,
                // What was read before there was nothing more is handed over first.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && rows.rows > 0 => break,
                Err(error) => return Err(error),
            }
            self.number += 1;
            let row = self.row();
            let raw = if row.is_err() { self.raw() } else { Vec::new() };
            rows.push(&self.shape, self.number, &raw, row);
        }
        let position = self.base + self.reader.position().byte();
        rows.bytes = position - self.position;
        self.position = position;
        Ok(rows.rows > 0)
    }

    fn place(&self) -> Place {
        Place { bytes: self.position, lines: self.number }
    }

    /// The input is the header, and then what comes from that place on.
    fn resume(&mut self, place: Place) {
        self.base = place.bytes.saturating_sub(self.reader.position().byte());
        (self.position, self.number) = (place.bytes, place.lines);
    }
}
