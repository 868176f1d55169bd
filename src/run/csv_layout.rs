//! The usual lines of a CSV file, read without taking them apart first: no quotes, values in their usual forms.

use super::layout::Piece;
use super::rows::Shape;
use super::scan::{self, TimestampScanner};
use crate::window::time::Style;
use crate::window::{Column, Type};

/// What stands in each column of a file.
#[derive(Clone, Debug)]
pub(super) struct CsvLayout {
    fields: Vec<Option<Field>>,
    /// Stored fields that have no column.
    nulls: Vec<usize>,
    clock: TimestampScanner,
    style: Style,
}

/// A column that is a field.
#[derive(Clone, Debug)]
struct Field {
    piece: Piece,
    /// What an empty one is.
    empty: Empty,
    /// The field, where it is stored.
    stored: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Empty {
    Text,
    Null,
    Fault,
}

impl CsvLayout {
    /// The layout of a file of so many columns; `columns` says where each field of the schema stands. `None` where each row has a fault.
    pub fn new(count: usize, columns: &[Option<usize>], shape: &Shape, style: Style) -> Option<CsvLayout> {
        let mut layout = CsvLayout {
            fields: vec![None; count],
            nulls: Vec::new(),
            clock: TimestampScanner::default(),
            style,
        };
        for (index, column) in columns.iter().enumerate() {
            let is_stored = shape.stored.get(index) == Some(&true);
            let Some(column) = column else {
                if shape.required(index) {
                    return None;
                }
                layout.nulls.extend(is_stored.then_some(index));
                continue;
            };
            let ty = shape.schema.fields.get(index)?.ty;
            let empty = match (shape.required(index), ty) {
                (false, _) => Empty::Null,
                (true, Type::String) => Empty::Text,
                (true, _) => Empty::Fault,
            };
            let quoted = matches!(
                ty,
                Type::String | Type::Bytes | Type::Date | Type::Timestamp(_) | Type::TimestampLtz(_)
            );
            let piece = Piece::bare(index, quoted, shape)?;
            *layout.fields.get_mut(*column)? =
                Some(Field { piece, empty, stored: is_stored.then_some(index) });
        }
        Some(layout)
    }

    /// Reads at most `most` lines into columns that have `len` rows; how many, and what follows them. The first line that is not read leaves the
    /// columns as they were.
    pub fn read<'a>(
        &mut self,
        text: &'a [u8],
        most: usize,
        (columns, len): (&mut [Column], usize),
    ) -> (usize, &'a [u8]) {
        let (mut count, mut rest) = (0, text);
        while count < most
            && let Some(after) = self.line(rest, columns)
        {
            count += 1;
            rest = after;
        }
        let len = len + count;
        columns.iter_mut().filter(|column| column.len() > len).for_each(|column| column.truncate(len));
        (count, rest)
    }

    fn line<'a>(&mut self, text: &'a [u8], columns: &mut [Column]) -> Option<&'a [u8]> {
        // A line that is empty is no record.
        let mut rest = if matches!(text.first()?, b'\n' | b'\r') { None } else { Some(text) }?;
        let last = self.fields.len().checked_sub(1)?;
        for (at, field) in self.fields.iter().enumerate() {
            rest = match field {
                Some(field) => field.read(rest, &mut self.clock, self.style, columns)?,
                None => scan::unquoted(rest)?.1,
            };
            rest = if at == last { ended(rest)? } else { rest.strip_prefix(b",")? };
        }
        for field in &self.nulls {
            columns.get_mut(*field)?.push_null();
        }
        Some(rest)
    }
}

impl Field {
    #[inline(always)]
    fn read<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        if self.empty != Empty::Text && matches!(text.first()?, b',' | b'\n' | b'\r') {
            (self.empty == Empty::Null).then_some(())?;
            if let Some(field) = self.stored {
                columns.get_mut(field)?.push_null();
            }
            return Some(text);
        }
        self.piece.read_unquoted(text, clock, style, columns)
    }
}

/// What follows the end of a line.
#[inline(always)]
fn ended(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}
