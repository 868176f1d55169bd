//! Rows whose members come in any order, with any spaces and others between them: read member by member, without a layout to go by.
//!
//! Takes what is usual and legal; anything else (escapes, exponents, deep nesting, whatever breaks a rule) is left to the general reader.

use super::json::JsonReader;
use super::layout::Piece;
use super::scan::{self, TimestampScanner};
use crate::window::{Column, Type};

/// Values that are skipped nest no deeper.
const DEPTH: usize = 16;

/// Reads the members of one schema.
#[derive(Clone, Debug)]
pub(super) struct Walker {
    /// How the values of each field are read; absent where they always take the general reader.
    pieces: Vec<Option<Piece>>,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    No,
    Null,
    Value,
}

impl Walker {
    pub fn new(reader: &JsonReader) -> Walker {
        let is_text = |ty| matches!(ty, Type::String | Type::Date | Type::Bytes) || ty.is_timestamp();
        let fields = reader.shape.schema.fields.iter().enumerate();
        let pieces = fields.map(|(index, field)| Piece::bare(index, is_text(field.ty), &reader.shape));
        Walker { pieces: pieces.collect(), seen: Vec::new() }
    }

    /// Reads a row with its line end into columns that have `len` rows; what follows, or `None` (and the columns are as they were).
    pub fn read<'a>(
        &mut self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        reader: &JsonReader,
        (columns, len): (&mut [Column], usize),
    ) -> Option<&'a [u8]> {
        self.seen.clear();
        self.seen.resize(self.pieces.len(), Seen::No);
        let rest = self.members(text, clock, reader, columns).filter(|_| self.push_nulls(reader, columns));
        if rest.is_none() {
            columns.iter_mut().filter(|c| c.len() > len).for_each(|c| c.truncate(len));
        }
        rest
    }

    fn members<'a>(
        &mut self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        reader: &JsonReader,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        let mut rest = spaces(text).strip_prefix(b"{")?;
        let mut next = 0;
        loop {
            let (name, after) = scan::string(spaces(rest).strip_prefix(b"\"")?)?;
            rest = spaces(spaces(after.strip_prefix(b"\"")?).strip_prefix(b":")?);
            let field = reader.field_after(name, next);
            next = field.map_or(next, |field| field + 1);
            rest = match field.and_then(|f| Some((self.seen.get_mut(f)?, self.pieces.get(f)?))) {
                Some((seen @ Seen::No, piece)) => {
                    if let Some(after) = rest.strip_prefix(b"null") {
                        *seen = Seen::Null;
                        after
                    } else {
                        *seen = Seen::Value;
                        piece.as_ref()?.read_value(rest, clock, reader.style, columns)?
                    }
                }
                // Of two members of one name the first counts.
                _ => skip(rest, DEPTH)?,
            };
            rest = spaces(rest);
            match rest.split_first()? {
                (b',', after) => rest = after,
                (b'}', after) => break rest = after,
                _ => return None,
            }
        }
        match spaces(rest) {
            [b'\n', rest @ ..] | rest @ [] => Some(rest),
            _ => None,
        }
    }

    /// Appends the nulls of fields that are not there; false where one must be.
    fn push_nulls(&self, reader: &JsonReader, columns: &mut [Column]) -> bool {
        let absent = self.seen.iter().enumerate().filter(|(_, seen)| **seen != Seen::Value);
        for ((index, _), stored) in absent.map(|found| (found, reader.shape.stored.get(found.0))) {
            if reader.shape.required(index) {
                return false;
            }
            if stored == Some(&true)
                && let Some(column) = columns.get_mut(index)
            {
                column.push_null();
            }
        }
        true
    }
}

/// What follows the spaces of a line.
#[inline(always)]
fn spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r', rest @ ..] = text {
        text = rest;
    }
    text
}

/// What follows a value that nobody wants.
fn skip(text: &[u8], depth: usize) -> Option<&[u8]> {
    match text.first()? {
        b'"' => scan::string(text.get(1..)?)?.1.strip_prefix(b"\""),
        b't' => text.strip_prefix(b"true"),
        b'f' => text.strip_prefix(b"false"),
        b'n' => text.strip_prefix(b"null"),
        b'[' => skip_all(text.get(1..)?, b']', depth.checked_sub(1)?),
        b'{' => skip_all(text.get(1..)?, b'}', depth.checked_sub(1)?),
        _ => scan::double(text).map(|(_, rest)| rest),
    }
}

/// What follows the elements or members up to a closing bracket.
fn skip_all(text: &[u8], close: u8, depth: usize) -> Option<&[u8]> {
    let mut rest = spaces(text);
    if let Some(rest) = rest.strip_prefix(&[close]) {
        return Some(rest);
    }
    loop {
        if close == b'}' {
            let (_, after) = scan::string(spaces(rest).strip_prefix(b"\"")?)?;
            rest = spaces(after.strip_prefix(b"\"")?).strip_prefix(b":")?;
        }
        rest = spaces(skip(spaces(rest), depth)?);
        let (end, after) = rest.split_first()?;
        rest = after;
        match *end {
            b',' => {}
            end if end == close => return Some(rest),
            _ => return None,
        }
    }
}
