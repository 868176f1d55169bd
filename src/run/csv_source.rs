//! CSV with a header row as a source of rows.

use super::blocks::{Blocks, Fault};
use super::csv_layout::CsvLayout;
use super::json::text_value;
use super::rows::{Bad, Cell, Place, RowBatch, Shape, Source, check, excerpt};
use super::schema::Schema;
use crate::window::Type;
use crate::window::time::Style;
use csv_core::ReadRecordResult;
use std::borrow::Cow;
use std::io::{self, Read};

/// Rows read at once.
const ROWS: usize = 4096;

/// Reads CSV as RFC 4180 has it. The header names the fields, in any order; unknown columns are ignored and a
/// missing one is null. An empty field is null, but in a string that may not be null, where it is the empty string.
#[derive(Debug)]
pub struct CsvSource<R> {
    records: Records<R>,
    /// For each field of the schema, its column.
    columns: Vec<Option<usize>>,
    layout: Option<CsvLayout>,
    shape: Shape,
    style: Style,
    place: Place,
    /// Of the bytes up to there, those that were said to be read.
    told: u64,
}

/// Records one after the other.
#[derive(Debug)]
struct Records<R> {
    blocks: Blocks<R>,
    block: Vec<u8>,
    /// What of the block was not read.
    at: usize,
    end: usize,
    ended: bool,
    parser: csv_core::Reader,
    record: Record,
    /// Bytes of the record that is being read.
    read: u64,
}

/// The fields of a record, one after the other.
#[derive(Debug)]
struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    len: usize,
    fields: usize,
}

impl Record {
    fn get(&self, field: usize) -> Option<&[u8]> {
        let end = *self.ends.get(..self.fields)?.get(field)?;
        let start = field.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.fields).map_while(|field| self.get(field))
    }
}

impl<R: Read> Records<R> {
    fn new(input: R) -> Records<R> {
        Records {
            blocks: Blocks::new(input),
            block: Vec::new(),
            at: 0,
            end: 0,
            ended: false,
            parser: csv_core::Reader::new(),
            record: Record { text: vec![0; 1024], ends: vec![0; 64], len: 0, fields: 0 },
            read: 0,
        }
    }

    /// Reads the next block where nothing is left of the last one.
    fn fill(&mut self) -> Result<(), Fault> {
        if self.at == self.end && !self.ended {
            self.end = self.blocks.take(&mut self.block)?;
            (self.at, self.ended) = (0, self.end == 0);
        }
        Ok(())
    }

    /// Reads a record; false at the end. What was read before there is nothing yet is kept.
    fn next(&mut self) -> Result<bool, Fault> {
        loop {
            self.fill()?;
            let Records { block, at, end, parser, record, .. } = self;
            let input = block.get(*at..*end).unwrap_or_default();
            let text = record.text.get_mut(record.len..).unwrap_or_default();
            let ends = record.ends.get_mut(record.fields..).unwrap_or_default();
            let (result, read, len, fields) = parser.read_record(input, text, ends);
            *at += read;
            record.len += len;
            record.fields += fields;
            self.read += read as u64;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => record.text.resize(record.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => record.ends.resize(record.ends.len() * 2, 0),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// Makes room for the next record; how many bytes this one was.
    fn forget(&mut self) -> u64 {
        (self.record.len, self.record.fields) = (0, 0);
        std::mem::take(&mut self.read)
    }
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
        let mut records = Records::new(input);
        records.next().map_err(|fault| fault.on(1))?;
        let header: Vec<&[u8]> = records.record.iter().collect();
        let place = |name: &str| {
            header.iter().position(|h| h.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(h) == name.as_bytes())
        };
        let columns: Vec<_> = schema.fields().iter().map(|f| place(&f.name)).collect();
        let shape = Shape { schema, stored, event_time };
        let layout = CsvLayout::new(header.len(), &columns, &shape, style);
        let bytes = records.forget();
        let place = Place { bytes, lines: 0 };
        Ok(CsvSource { records, columns, layout, shape, style, place, told: 0 })
    }

    /// Reads lines of the layout; whether there were any.
    fn lines(&mut self, rows: &mut RowBatch) -> bool {
        let (Some(layout), 0) = (&mut self.layout, self.records.read) else { return false };
        let text = self.records.block.get(self.records.at..self.records.end).unwrap_or_default();
        let most = ROWS.saturating_sub(rows.rows as usize);
        let (count, rest) = layout.read(text, most, (&mut rows.batch.columns, rows.batch.len));
        let read = text.len() - rest.len();
        rows.scanned(count, self.place.lines);
        self.records.at += read;
        self.place.lines += count as u64;
        self.place.bytes += read as u64;
        count > 0
    }

    /// Reads a record of any form; false at the end.
    fn record(&mut self, rows: &mut RowBatch) -> Result<bool, Fault> {
        if !self.records.next()? {
            return Ok(false);
        }
        self.place.lines += 1;
        let row = self.row();
        let raw = if row.is_err() { self.raw() } else { Vec::new() };
        rows.push(&self.shape, self.place.lines, &raw, row);
        self.place.bytes += self.records.forget();
        Ok(true)
    }

    fn row(&self) -> Result<Vec<Cell<'static>>, Bad> {
        check(&self.shape, |index, ty| {
            let text = self.columns.get(index).copied().flatten().and_then(|c| self.records.record.get(c));
            let Some(text) = text else { return Ok((Cell::Null, Cow::Borrowed(""))) };
            if text.is_empty() && (ty != Type::String || !self.shape.required(index)) {
                return Ok((Cell::Null, Cow::Borrowed("")));
            }
            let shown = String::from_utf8_lossy(text);
            match text_value(text, ty, self.style) {
                Some(cell) => Ok((cell, shown)),
                None => {
                    let name = self.shape.schema.fields().get(index).map_or("", |f| f.name.as_str());
                    Err(format!("{name} {} is not a {ty}", excerpt(&shown)))
                }
            }
        })
    }

    /// The record as a line of CSV.
    fn raw(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail; should it, the raw text is empty.
        let written = writer.write_record(self.records.record.iter()).is_ok();
        let mut raw = writer.into_inner().ok().filter(|_| written).unwrap_or_default();
        raw.pop();
        raw
    }
}

impl<R: Read> Source for CsvSource<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        rows.reset(&self.shape);
        while rows.rows < ROWS as u64 {
            let filled = self.records.fill();
            if filled.is_ok() && self.lines(rows) {
                continue;
            }
            match filled.and_then(|()| self.record(rows)).map_err(|fault| fault.on(self.place.lines + 1)) {
                Ok(true) => {}
                Ok(false) => break,
                // What was read before there was nothing more is handed over first.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && rows.rows > 0 => break,
                Err(error) => return Err(error),
            }
        }
        rows.bytes = self.place.bytes - std::mem::replace(&mut self.told, self.place.bytes);
        Ok(rows.rows > 0)
    }

    fn place(&self) -> Place {
        self.place
    }

    /// The input is the header, and then what comes from that place on.
    fn resume(&mut self, place: Place) {
        (self.place, self.told) = (place, place.bytes);
    }
}
