//! Rows on their way from a source to the operator.

use super::schema::Schema;
use crate::window::{Batch, Column, Data, Type, Value};
use std::borrow::Cow;
use std::io;

/// A row that was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its line (JSON lines) or record (CSV, the header not counted), from 1.
    pub line: u64,
    /// Why: `temperature 4000 is outside -90..150`.
    pub reason: String,
    /// The row as it was read.
    pub raw: Vec<u8>,
}

/// Rows that were read together.
#[derive(Debug, Default)]
pub struct RowBatch {
    /// The rows, and rejected ones that have an event time, which are not selected.
    pub batch: Batch,
    /// The line of each row.
    pub lines: Vec<u64>,
    /// What was rejected.
    pub rejected: Vec<Reject>,
    /// How many rows were read, rejected ones included.
    pub rows: u64,
    /// How many bytes were read.
    pub bytes: u64,
}

/// Where rows come from.
pub trait Source {
    /// Reads some rows into an empty batch; false at the end of the input.
    /// An error of the kind [`io::ErrorKind::WouldBlock`] says that there is nothing yet; nothing is lost by it.
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool>;

    /// How far it has read: what the rows handed over so far took of the input.
    fn place(&self) -> Place;

    /// Goes on from a place; to be called before the first row is read, with an input that starts there.
    fn resume(&mut self, place: Place);
}

/// How much of an input has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Bytes, or rows where the format has no bytes to go on from.
    pub bytes: u64,
    /// Lines, or records.
    pub lines: u64,
}

/// How a source fills batches: the fields, which of them are kept, and which is the event time.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub schema: Schema,
    pub stored: Vec<bool>,
    pub event_time: usize,
}

impl Shape {
    /// The field of a name, looked for from one on: members mostly come in the schema's order.
    pub fn field_from(&self, name: &[u8], start: usize) -> Option<usize> {
        let fields = &self.schema.fields;
        let is_named = |index: &usize| fields.get(*index).is_some_and(|f| f.name.as_bytes() == name);
        (start..fields.len()).chain(0..start.min(fields.len())).find(is_named)
    }

    /// Whether a row without this field is rejected.
    pub fn required(&self, field: usize) -> bool {
        field == self.event_time || self.schema.fields.get(field).is_some_and(|f| !f.nullable)
    }
}

/// One value, borrowed where it can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    I32(i32),
    I64(i64),
    F64(f64),
    I128(i128),
    Text(Cow<'a, [u8]>),
}

impl Cell<'_> {
    pub fn from_value(value: Value) -> Cell<'static> {
        match value {
            Value::Null => Cell::Null,
            Value::Bool(x) => Cell::Bool(x),
            Value::I32(x) => Cell::I32(x),
            Value::I64(x) => Cell::I64(x),
            Value::F64(x) => Cell::F64(x),
            Value::I128(x) => Cell::I128(x),
            Value::Text(x) => Cell::Text(Cow::Owned(x.into())),
        }
    }

    fn compare(&self, other: &Value) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Cell::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Cell::I32(a), Value::I32(b)) => Some(a.cmp(b)),
            (Cell::I64(a), Value::I64(b)) => Some(a.cmp(b)),
            (Cell::F64(a), Value::F64(b)) => a.partial_cmp(b),
            (Cell::I128(a), Value::I128(b)) => Some(a.cmp(b)),
            (Cell::Text(a), Value::Text(b)) => Some((**a).cmp(&**b)),
            _ => None,
        }
    }

    pub fn at_least(&self, low: &Value) -> bool {
        self.compare(low).is_some_and(|o| o.is_ge())
    }

    pub fn at_most(&self, high: &Value) -> bool {
        self.compare(high).is_some_and(|o| o.is_le())
    }

    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Cell::Text(t) => Some(t),
            _ => None,
        }
    }

    /// Code points; the bytes of what is no UTF-8 count one each.
    pub fn length(&self) -> Option<u64> {
        self.text().map(|t| match std::str::from_utf8(t) {
            Ok(text) => text.chars().count() as u64,
            Err(_) => t.len() as u64,
        })
    }

    /// Appends it to a column of its layout.
    pub fn push_to(&self, column: &mut Column) {
        match (&mut column.data, self) {
            (Data::Bool(v), Cell::Bool(x)) => v.push(*x),
            (Data::I32(v), Cell::I32(x)) => v.push(*x),
            (Data::I64(v), Cell::I64(x)) => v.push(*x),
            (Data::F64(v), Cell::F64(x)) => v.push(*x),
            (Data::I128(v), Cell::I128(x)) => v.push(*x),
            (Data::Text(v), Cell::Text(x)) => v.push(x),
            _ => return column.push_null(),
        }
        column.pushed();
    }
}

impl RowBatch {
    /// Makes it empty, with a column for each field.
    pub(super) fn reset(&mut self, shape: &Shape) {
        // The memory may be that of another stream's rows.
        self.batch.columns.truncate(shape.schema.fields.len());
        for (column, field) in self.batch.columns.iter_mut().zip(&shape.schema.fields) {
            if column.class() == field.ty.class() {
                column.clear();
            } else {
                *column = Column::new(field.ty.class());
            }
        }
        for field in shape.schema.fields.iter().skip(self.batch.columns.len()) {
            self.batch.columns.push(Column::new(field.ty.class()));
        }
        self.batch.len = 0;
        self.batch.selection = None;
        self.lines.clear();
        self.rejected.clear();
        self.rows = 0;
        self.bytes = 0;
    }

    /// Counts rows that were appended to the columns, the first of them on the line after `line`.
    pub(super) fn scanned(&mut self, count: usize, line: u64) {
        let len = self.batch.len;
        if let Some(selection) = &mut self.batch.selection {
            selection.extend(len as u32..(len + count) as u32);
        }
        self.batch.len += count;
        self.rows += count as u64;
        self.lines.extend(line + 1..=line + count as u64);
    }

    /// Counts its lines from behind those that come before it.
    pub(super) fn come_after(&mut self, lines: u64) {
        self.lines.iter_mut().for_each(|line| *line += lines);
        self.rejected.iter_mut().for_each(|reject| reject.line += lines);
    }

    /// Appends a row that was read in full, or the reason why it is none.
    pub(super) fn push(&mut self, shape: &Shape, line: u64, raw: &[u8], row: Result<Vec<Cell<'_>>, Bad>) {
        self.rows += 1;
        match row {
            Ok(cells) => {
                self.push_cells(shape, line, cells.iter().map(Some));
                if let Some(selection) = &mut self.batch.selection {
                    selection.push(self.batch.len as u32 - 1);
                }
            }
            Err(bad) => {
                self.rejected.push(Reject { line, reason: bad.reason, raw: raw.to_vec() });
                if let Some(time) = bad.event_time {
                    let len = self.batch.len as u32;
                    self.batch.selection.get_or_insert_with(|| (0..len).collect());
                    let time = Cell::I64(time);
                    let cells = (0..shape.stored.len()).map(|i| (i == shape.event_time).then_some(&time));
                    self.push_cells(shape, line, cells);
                }
            }
        }
    }

    fn push_cells<'c>(
        &mut self,
        shape: &Shape,
        line: u64,
        cells: impl Iterator<Item = Option<&'c Cell<'c>>>,
    ) {
        for ((cell, column), stored) in cells.zip(&mut self.batch.columns).zip(&shape.stored) {
            if *stored {
                cell.unwrap_or(&Cell::Null).push_to(column);
            }
        }
        self.batch.len += 1;
        self.lines.push(line);
    }
}

/// Why a row is rejected, and its event time where that can be told: such a row still moves the watermark.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub reason: String,
    pub event_time: Option<i64>,
}

/// Checks the fields of a row that was read: an absent one is null.
pub(super) fn check<'a, 't>(
    shape: &Shape,
    mut read: impl FnMut(usize, Type) -> Result<(Cell<'a>, Cow<'t, str>), String>,
) -> Result<Vec<Cell<'a>>, Bad> {
    let mut reason = None;
    let mut cells = Vec::with_capacity(shape.schema.fields.len());
    for (index, field) in shape.schema.fields.iter().enumerate() {
        let found = read(index, field.ty).and_then(|(cell, text)| match cell {
            Cell::Null if shape.required(index) => Err(format!("{} is missing", field.name)),
            Cell::Null => Ok(cell),
            cell => match field.rules.iter().find(|r| !r.holds(&cell)) {
                Some(rule) => Err(format!("{} {} is {}", field.name, excerpt(&text), rule.complaint())),
                None => Ok(cell),
            },
        });
        match found {
            Ok(cell) => cells.push(cell),
            Err(why) => {
                reason.get_or_insert(why);
                cells.push(Cell::Null);
            }
        }
    }
    match (reason, cells.get(shape.event_time)) {
        (None, _) => Ok(cells),
        (Some(reason), Some(Cell::I64(time))) => Err(Bad { reason, event_time: Some(*time) }),
        (Some(reason), _) => Err(Bad { reason, event_time: None }),
    }
}

/// As much of a value as a reason quotes.
pub(super) fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}
