//! JSON lines as a source of rows.

use super::json::JsonReader;
use super::layout::Layout;
use super::rows::{Place, RowBatch, Shape, Source};
use super::scan::TimestampScanner;
use super::schema::Schema;
use crate::window::time::Style;
use std::io::{self, Read};

/// Bytes read at once.
const BLOCK: usize = 1 << 18;
/// The longest line taken.
const LONGEST_LINE: usize = 1 << 26;
/// As many layouts are remembered.
const LAYOUTS: usize = 8;
/// With that many remembered, every so many rows of other layouts one is learned anew.
const RELEARN: u64 = 64;

/// Reads JSON lines. Rows of a layout seen before are scanned, others parsed. Blank lines are skipped.
#[derive(Debug)]
pub struct JsonSource<R> {
    input: R,
    buffer: Vec<u8>,
    /// How many bytes of the buffer hold input.
    filled: usize,
    ended: bool,
    line: u64,
    /// Bytes of the rows handed over.
    offset: u64,
    parser: Parser,
}

#[derive(Debug)]
struct Parser {
    reader: JsonReader,
    layouts: Vec<Layout>,
    /// The layout of the last row.
    current: usize,
    /// Rows of no known layout since one was learned last.
    unknown: u64,
    clock: TimestampScanner,
}

impl<R: Read> JsonSource<R> {
    /// A source of rows of a schema. `stored` says which fields the batches must hold; the others are checked and
    /// dropped. A row without event time is rejected.
    pub fn new(
        input: R,
        schema: Schema,
        stored: Vec<bool>,
        event_time: usize,
        style: Style,
    ) -> JsonSource<R> {
        let reader = JsonReader::new(Shape { schema, stored, event_time }, style);
        let clock = TimestampScanner::default();
        let parser = Parser { reader, layouts: Vec::new(), current: 0, unknown: 0, clock };
        JsonSource { input, buffer: vec![0; BLOCK], filled: 0, ended: false, line: 0, offset: 0, parser }
    }

    /// Reads until there is a whole line; how many bytes of whole lines there are.
    fn fill(&mut self) -> io::Result<usize> {
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
                    let text = format!("line {} is longer than {} MiB", self.line + 1, LONGEST_LINE >> 20);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, text));
                }
                self.buffer.resize(self.filled * 2, 0);
            }
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            match self.input.read(free) {
                Ok(0) => self.ended = true,
                Ok(n) => self.filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl<R: Read> Source for JsonSource<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        rows.reset(&self.parser.reader.shape);
        let end = self.fill()?;
        let text = self.buffer.get(..end).unwrap_or_default();
        self.line = self.parser.read_lines(text, self.line, rows);
        rows.bytes = end as u64;
        self.offset += rows.bytes;
        self.buffer.copy_within(end..self.filled, 0);
        self.filled -= end;
        // A long line has no say in where later blocks end.
        self.buffer.resize(self.filled.max(BLOCK), 0);
        Ok(end > 0)
    }

    fn place(&self) -> Place {
        Place { bytes: self.offset, lines: self.line }
    }

    fn resume(&mut self, place: Place) {
        (self.offset, self.line) = (place.bytes, place.lines);
    }
}

impl Parser {
    /// Reads whole lines, the first of them number `line + 1`; the number of the last one.
    fn read_lines(&mut self, text: &[u8], mut line: u64, rows: &mut RowBatch) -> u64 {
        let mut rest = text;
        while !rest.is_empty() {
            line += 1;
            if let Some(after) = self.scan(rest, rows) {
                rest = after;
                if let Some(selection) = &mut rows.batch.selection {
                    selection.push(rows.batch.len as u32);
                }
                rows.batch.len += 1;
                rows.rows += 1;
                rows.lines.push(line);
            } else {
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                let (this, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                rest = after;
                self.parse(this, line, rows);
            }
        }
        line
    }

    /// Reads a row of a known layout.
    #[inline]
    fn scan<'a>(&mut self, text: &'a [u8], rows: &mut RowBatch) -> Option<&'a [u8]> {
        let style = self.reader.style;
        let usual = self.layouts.get(self.current)?.read(text, &mut self.clock, style, rows);
        if usual.is_some() {
            return usual;
        }
        for (index, layout) in self.layouts.iter().enumerate().filter(|(i, _)| *i != self.current) {
            if let Some(rest) = layout.read(text, &mut self.clock, style, rows) {
                self.current = index;
                return Some(rest);
            }
        }
        None
    }

    /// Reads a row of any layout, and learns the layout.
    #[cold]
    fn parse(&mut self, line: &[u8], number: u64, rows: &mut RowBatch) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return;
        }
        let row = self.reader.read(line);
        let good = row.is_ok();
        rows.push(&self.reader.shape, number, line, row);
        self.unknown += 1;
        if good && (self.layouts.len() < LAYOUTS || self.unknown >= RELEARN) {
            self.learn(line);
        }
    }

    fn learn(&mut self, line: &[u8]) {
        self.unknown = 0;
        let Some(layout) = Layout::learn(line, &self.reader) else { return };
        if self.layouts.len() < LAYOUTS {
            self.current = self.layouts.len();
            self.layouts.push(layout);
        } else {
            self.current = (self.current + 1) % LAYOUTS;
            if let Some(old) = self.layouts.get_mut(self.current) {
                *old = layout;
            }
        }
    }
}
