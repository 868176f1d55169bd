//! Parquet as a source of rows.

use super::super::rows::{Bad, Cell, Place, RowBatch, Shape, Source};
use super::super::schema::Schema;
use super::super::writer::write_value;
use super::columns::{Found, found, read};
use super::fault;
use crate::window::time::Style;
use crate::window::{Column, Data};
use parquet::column::reader::ColumnReader;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use std::borrow::Cow;
use std::io;

/// Rows read at once.
const ROWS: usize = 2048;

/// Reads the columns that have the names of a schema's fields; others are ignored, and a missing one is null. What does not
/// fit the type of a field ends the run before the first row.
pub struct ParquetSource<R: ChunkReader + 'static> {
    reader: SerializedFileReader<R>,
    fields: Vec<Option<Found>>,
    shape: Shape,
    style: Style,
    /// The group of rows to open next.
    group: usize,
    open: Vec<Open>,
    /// Rows of the open group that were not read.
    left: usize,
    /// Rows handed over, or passed over.
    number: u64,
    /// Rows to pass over.
    ahead: u64,
    /// Bytes of the open group, and its rows.
    weight: (u64, u64),
    /// Whether what is rejected is shown whole.
    shows: bool,
}

/// A field in a group of rows.
enum Open {
    /// It has no column.
    Absent,
    /// Nobody asks for its values, and none of them can be wrong.
    Unasked,
    Column(Box<ColumnReader>),
}

impl<R: ChunkReader + 'static> ParquetSource<R> {
    /// A source of rows of a schema; see [`JsonSource::new`](super::super::JsonSource::new). Reads the footer. `style` is how
    /// timestamps are written in rows that are diverted; where `shows`, rejected rows are shown whole, and else not at all.
    pub fn new(
        input: R,
        schema: Schema,
        stored: Vec<bool>,
        event_time: usize,
        style: Style,
        shows: bool,
    ) -> io::Result<ParquetSource<R>> {
        let reader = SerializedFileReader::new(input).map_err(fault)?;
        let columns = reader.metadata().file_metadata().schema_descr().columns();
        let mut fields = Vec::new();
        for field in schema.fields() {
            let named = |column: &&(usize, _)| -> bool {
                let (_, column): &(usize, &parquet::schema::types::ColumnDescPtr) = column;
                column.path().parts().first() == Some(&field.name)
            };
            let numbered: Vec<_> = columns.iter().enumerate().collect();
            let column = numbered.iter().find(named);
            let column = column.map(|(index, column)| found(*index, column, field)).transpose();
            fields.push(column.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?);
        }
        Ok(ParquetSource {
            reader,
            fields,
            shape: Shape { schema, stored, event_time },
            style,
            group: 0,
            open: Vec::new(),
            left: 0,
            number: 0,
            ahead: 0,
            weight: (0, 1),
            shows,
        })
    }

    /// Opens groups until one has rows; false where there is none.
    fn open(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            if self.group >= self.reader.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.group).map_err(fault)?;
            self.group += 1;
            let rows = u64::try_from(group.metadata().num_rows()).unwrap_or_default();
            if self.ahead >= rows {
                self.ahead -= rows;
                continue;
            }
            let of = |(index, field): (usize, &Option<Found>)| match field {
                None => Ok(Open::Absent),
                Some(field) if !self.asks(index, field, group.metadata()) => Ok(Open::Unasked),
                Some(field) => {
                    let reader = group.get_column_reader(field.column).map_err(fault)?;
                    Ok(Open::Column(Box::new(reader)))
                }
            };
            self.open = self.fields.iter().enumerate().map(of).collect::<io::Result<_>>()?;
            self.left = usize::try_from(rows).unwrap_or_default();
            self.weight = (u64::try_from(group.metadata().compressed_size()).unwrap_or_default(), rows);
        }
        Ok(true)
    }

    /// Whether anything depends on the values of a field in a group of rows.
    fn asks(&self, index: usize, found: &Found, group: &RowGroupMetaData) -> bool {
        let Some(field) = self.shape.schema.fields.get(index) else { return false };
        let nulls =
            group.column(found.column).statistics().and_then(|statistics| statistics.null_count_opt());
        let may_lack = self.shape.required(index) && found.defined > 0 && nulls != Some(0);
        let is_stored = self.shape.stored.get(index) == Some(&true);
        is_stored || self.shows || may_lack || !field.rules.is_empty() || !found.always_fits(field.ty)
    }

    /// Reads the same rows of every column.
    fn columns(&mut self, count: usize) -> io::Result<(Vec<Column>, Vec<Option<String>>)> {
        let mut reasons = vec![None; count];
        let mut columns = Vec::new();
        for ((field, found), open) in self.shape.schema.fields.iter().zip(&self.fields).zip(&mut self.open) {
            let mut wrong = Vec::new();
            let column = match (found, open) {
                (Some(found), Open::Column(open)) => read(open, found, field.ty, count, &mut wrong)?,
                (_, Open::Unasked) => Column::new(field.ty.class()),
                _ => {
                    let mut nulls = Column::new(field.ty.class());
                    (0..count).for_each(|_| nulls.push_null());
                    nulls
                }
            };
            for row in wrong {
                if let Some(reason @ None) = reasons.get_mut(row) {
                    *reason = Some(format!("{} is not a {}", field.name, field.ty));
                }
            }
            columns.push(column);
        }
        self.left -= count;
        Ok((columns, reasons))
    }

    /// Notes the first thing that is wrong with each row.
    fn check(&self, columns: &[Column], reasons: &mut [Option<String>]) {
        for (index, (field, column)) in self.shape.schema.fields.iter().zip(columns).enumerate() {
            let required = self.shape.required(index);
            if field.rules.is_empty() && !(required && column.nulls.is_some()) {
                continue;
            }
            for (row, reason) in reasons.iter_mut().enumerate().filter(|(_, reason)| reason.is_none()) {
                if column.is_null(row) {
                    *reason = required.then(|| format!("{} is missing", field.name));
                    continue;
                }
                let cell = cell(column, row);
                if let Some(rule) = field.rules.iter().find(|rule| !rule.holds(&cell)) {
                    let mut text = Vec::new();
                    write_value(column, row, field.ty, self.style, &mut text);
                    let text = String::from_utf8_lossy(&text);
                    *reason = Some(format!("{} {text} is {}", field.name, rule.complaint()));
                }
            }
        }
    }

    /// A row as JSON.
    fn raw(&self, columns: &[Column], row: usize) -> Vec<u8> {
        let mut text = vec![b'{'];
        for (index, (field, column)) in self.shape.schema.fields.iter().zip(columns).enumerate() {
            text.extend((index > 0).then_some(b','));
            super::super::writer::write_string(&field.name, &mut text);
            text.push(b':');
            write_value(column, row, field.ty, self.style, &mut text);
        }
        text.push(b'}');
        text
    }
}

fn cell(column: &Column, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    let cell = match &column.data {
        Data::Bool(v) => v.get(row).map(|x| Cell::Bool(*x)),
        Data::I32(v) => v.get(row).map(|x| Cell::I32(*x)),
        Data::I64(v) => v.get(row).map(|x| Cell::I64(*x)),
        Data::F64(v) => v.get(row).map(|x| Cell::F64(*x)),
        Data::I128(v) => v.get(row).map(|x| Cell::I128(*x)),
        Data::Text(v) => Some(Cell::Text(Cow::Borrowed(v.get(row)))),
    };
    cell.unwrap_or(Cell::Null)
}

impl<R: ChunkReader + 'static> Source for ParquetSource<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        rows.reset(&self.shape);
        loop {
            if !self.open()? {
                return Ok(false);
            }
            if self.ahead == 0 {
                break;
            }
            // Rows of a group that was begun before.
            let count = self.left.min(ROWS).min(usize::try_from(self.ahead).unwrap_or(usize::MAX));
            self.columns(count)?;
            self.ahead -= count as u64;
        }
        let count = self.left.min(ROWS);
        let (columns, mut reasons) = self.columns(count)?;
        self.check(&columns, &mut reasons);
        let first = self.number + 1;
        self.number += count as u64;
        if reasons.iter().all(Option::is_none) {
            rows.rows = count as u64;
            rows.lines.extend(first..=self.number);
            rows.batch.len = count;
            let kept = columns.into_iter().zip(&self.shape.stored).zip(&mut rows.batch.columns);
            kept.filter(|((_, stored), _)| **stored).for_each(|((column, _), slot)| *slot = column);
        } else {
            for (row, (reason, line)) in reasons.into_iter().zip(first..).enumerate() {
                match reason {
                    None => {
                        let cells = columns.iter().map(|column| cell(column, row)).collect();
                        rows.push(&self.shape, line, &[], Ok(cells));
                    }
                    Some(reason) => {
                        let time = columns.get(self.shape.event_time).map(|column| cell(column, row));
                        let event_time = if let Some(Cell::I64(time)) = time { Some(time) } else { None };
                        let raw = if self.shows { self.raw(&columns, row) } else { Vec::new() };
                        rows.push(&self.shape, line, &raw, Err(Bad { reason, event_time }));
                    }
                }
            }
        }
        rows.bytes = self.weight.0.saturating_mul(count as u64) / self.weight.1.max(1);
        Ok(true)
    }

    fn place(&self) -> Place {
        Place { bytes: self.number, lines: self.number }
    }

    /// The input is the whole file again.
    fn resume(&mut self, place: Place) {
        (self.number, self.ahead) = (place.lines, place.lines);
    }
}
