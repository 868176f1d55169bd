//! JSON lines as a source of rows.

use super::blocks::Blocks;
use super::json::JsonReader;
use super::layout::Layout;
use super::parallel::ParallelJson;
use super::rows::{Place, RowBatch, Shape, Source};
use super::scan::TimestampScanner;
use super::schema::Schema;
use super::walk::Walker;
use crate::window::Column;
use crate::window::time::Style;
use std::io::{self, Read};

/// As many layouts are remembered.
const LAYOUTS: usize = 8;
/// With that many remembered, every so many rows of other layouts one is learned anew.
const RELEARN: u64 = 64;

/// After so many rows of no known layout, layouts are tried on every so many rows only.
const PATIENCE: u32 = 16;

/// Reads rows of a layout that is known beforehand: code that was made for one schema.
pub trait Scanner {
    /// Reads rows from the start of a text, as long as they have the layout and keep the schema's rules, and appends them to the
    /// columns; how many, and the text behind them. A row that is not taken leaves the columns as they were.
    fn scan<'a>(&mut self, text: &'a [u8], columns: &mut [Column]) -> (usize, &'a [u8]);
}

/// Knows no layout.
#[derive(Clone, Copy, Debug)]
pub struct Unknown;

impl Scanner for Unknown {
    #[inline]
    fn scan<'a>(&mut self, text: &'a [u8], _: &mut [Column]) -> (usize, &'a [u8]) {
        (0, text)
    }
}

/// Reads JSON lines. Rows of a layout seen before are scanned, others parsed. Blank lines are skipped.
#[derive(Debug)]
pub struct JsonSource<R, S = Unknown> {
    blocks: Blocks<R>,
    block: Vec<u8>,
    /// Behind the rows handed over.
    place: Place,
    parser: Parser<S>,
}

/// Reads rows from text.
#[derive(Clone, Debug)]
pub(super) struct Parser<S> {
    scanner: S,
    reader: JsonReader,
    walker: Walker,
    layouts: Vec<Layout>,
    /// The layout of the last row.
    current: usize,
    /// Rows of no known layout, one after the other.
    misses: u32,
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
        JsonSource::with_scanner(input, schema, stored, event_time, style, Unknown)
    }
}

impl<R: Read, S: Scanner> JsonSource<R, S> {
    /// The same, for rows that a scanner tries first.
    pub fn with_scanner(
        input: R,
        schema: Schema,
        stored: Vec<bool>,
        event_time: usize,
        style: Style,
        scanner: S,
    ) -> JsonSource<R, S> {
        let reader = JsonReader::new(Shape { schema, stored, event_time }, style);
        let clock = TimestampScanner::default();
        let walker = Walker::new(&reader);
        let parser =
            Parser { scanner, reader, walker, layouts: Vec::new(), current: 0, misses: 0, unknown: 0, clock };
        JsonSource { blocks: Blocks::new(input), block: Vec::new(), place: Place::default(), parser }
    }

    /// The same from where it stands, its rows parsed on so many threads.
    pub fn parallel(self, threads: usize) -> io::Result<ParallelJson<R>>
    where
        S: Clone + Send + 'static,
    {
        ParallelJson::new(self.blocks, &self.parser, self.place, threads)
    }
}

impl<R: Read, S: Scanner> Source for JsonSource<R, S> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        rows.reset(&self.parser.reader.shape);
        let end = self.blocks.take(&mut self.block).map_err(|fault| fault.on(self.place.lines + 1))?;
        let text = self.block.get(..end).unwrap_or_default();
        self.place.lines = self.parser.read(text, self.place.lines, rows);
        self.place.bytes += rows.bytes;
        Ok(end > 0)
    }

    fn place(&self) -> Place {
        self.place
    }

    fn resume(&mut self, place: Place) {
        self.place = place;
    }
}

impl<S: Scanner> Parser<S> {
    /// Reads whole lines into a batch, the first of them number `line + 1`; the number of the last one.
    pub fn read(&mut self, text: &[u8], mut line: u64, rows: &mut RowBatch) -> u64 {
        rows.reset(&self.reader.shape);
        rows.bytes = text.len() as u64;
        let mut rest = text;
        while !rest.is_empty() {
            let (count, after) = self.scan(rest, rows);
            rows.scanned(count, line);
            line += count as u64;
            rest = after;
            if count == 0 {
                line += 1;
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                let (this, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                rest = after;
                self.parse(this, line, rows);
            }
        }
        line
    }

    /// Reads rows of one known layout; how many, and what follows.
    #[inline]
    fn scan<'a>(&mut self, text: &'a [u8], rows: &mut RowBatch) -> (usize, &'a [u8]) {
        let columns = rows.batch.columns.as_mut_slice();
        let fixed = self.scanner.scan(text, columns);
        if fixed.0 > 0 {
            return fixed;
        }
        let style = self.reader.style;
        let len = rows.batch.len;
        // Where hardly a row has a known layout, they are looked at now and then.
        let tried = if self.misses < PATIENCE || self.misses.is_multiple_of(PATIENCE) {
            self.layouts.len()
        } else {
            0
        };
        for index in (self.current..tried).chain(0..self.current.min(tried)) {
            let Some(layout) = self.layouts.get(index) else { continue };
            let (count, rest) = layout.read(text, &mut self.clock, style, (columns, len));
            if count > 0 {
                self.current = index;
                self.misses = 0;
                return (count, rest);
            }
        }
        self.misses = self.misses.wrapping_add(1);
        let Some(rest) = self.walker.read(text, &mut self.clock, &self.reader, (columns, len)) else {
            return (0, text);
        };
        self.unknown += 1;
        if self.layouts.len() < LAYOUTS || self.unknown >= RELEARN {
            let line = text.get(..text.len() - rest.len()).unwrap_or_default();
            self.learn(line.strip_suffix(b"\n").unwrap_or(line));
        }
        (1, rest)
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
        let line = line.strip_suffix(b"\r").unwrap_or(line);
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
