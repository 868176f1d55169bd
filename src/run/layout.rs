//! The layout of a JSON line, learned from a row: the texts between the values, and what the values are. A row of
//! a known layout is read without looking for its members.

use super::json::{JsonReader, text_value};
use super::rows::{Cell, Shape};
use super::scan::{self, Literal, TimestampScanner};
use super::schema::Rule;
use crate::window::time::Style;
use crate::window::{Column, Data, Type, Value};
use std::borrow::Cow;

/// A learned layout.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pieces: Vec<Piece>,
    tail: Literal,
    /// Fields that are absent or null in this layout, and stored.
    nulls: Vec<usize>,
}

/// A text and the value after it.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    before: Literal,
    take: Take,
    /// The field; out of range for values that are skipped.
    field: usize,
    stored: bool,
    rules: Vec<Rule>,
}

/// How a value is read. Strings are read from after their opening quote up to the closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    Text,
    Timestamp {
        precision: u8,
        zoned: bool,
    },
    Double,
    Int,
    BigInt,
    Decimal(u8, u8),
    Flag,
    /// A date or bytes.
    Coded(Type),
    /// A value of no field.
    Skip {
        quoted: bool,
    },
}

impl Take {
    fn of(ty: Type, quoted: bool) -> Option<Take> {
        match (ty, quoted) {
            (Type::String, true) => Some(Take::Text),
            (Type::Timestamp(precision), true) => Some(Take::Timestamp { precision, zoned: false }),
            (Type::TimestampLtz(precision), true) => Some(Take::Timestamp { precision, zoned: true }),
            (Type::Date | Type::Bytes, true) => Some(Take::Coded(ty)),
            (Type::Double, false) => Some(Take::Double),
            (Type::Int, false) => Some(Take::Int),
            (Type::BigInt, false) => Some(Take::BigInt),
            (Type::Decimal { precision, scale }, false) => Some(Take::Decimal(precision, scale)),
            (Type::Boolean, false) => Some(Take::Flag),
            _ => None,
        }
    }
}

impl Layout {
    /// The layout of a line that the general reader took; `None` where a layout can't describe it (nested values,
    /// escapes in names, a field twice).
    pub fn learn(line: &[u8], reader: &JsonReader) -> Option<Layout> {
        let shape = &reader.shape;
        let mut layout = Layout { pieces: Vec::new(), tail: Literal::new(&[]), nulls: Vec::new() };
        let mut seen = vec![false; shape.schema.fields.len()];
        let mut lexer = Lexer { line, at: 0 };
        let mut literal_start = 0;
        lexer.expect(b'{')?;
        if lexer.expect(b'}').is_none() {
            loop {
                let field = reader.field(lexer.name()?);
                if let Some(flag) = field.and_then(|f| seen.get_mut(f))
                    && std::mem::replace(flag, true)
                {
                    return None;
                }
                lexer.expect(b':')?;
                let value = lexer.value()?;
                match value {
                    Token::Null => seen.iter_mut().enumerate().for_each(|(i, f)| *f &= Some(i) != field),
                    Token::Value { start, end, quoted } => {
                        let before = Literal::new(line.get(literal_start..start)?);
                        layout.pieces.push(Piece::new(before, field, quoted, shape)?);
                        literal_start = end;
                    }
                }
                if lexer.expect(b',').is_none() {
                    break;
                }
            }
            lexer.expect(b'}')?;
        }
        layout.tail = Literal::new(line.get(literal_start..)?);
        let stored = |i: &usize| shape.stored.get(*i) == Some(&true);
        layout.nulls = (0..seen.len()).filter(|i| seen.get(*i) == Some(&false)).filter(stored).collect();
        Some(layout)
    }

    /// Reads rows with their line ends into columns that have `len` rows; how many, and what follows. The first row that is not read (and
    /// leaves the columns as they were) has another layout, breaks a rule, or needs a closer look.
    #[inline]
    pub fn read<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        (columns, len): (&mut [Column], usize),
    ) -> (usize, &'a [u8]) {
        let (mut count, mut rest) = (0, text);
        while let Some(after) = self.read_values(rest, clock, style, columns).filter(|_| !rest.is_empty()) {
            count += 1;
            rest = after;
        }
        let len = len + count;
        columns.iter_mut().filter(|c| c.len() > len).for_each(|c| c.truncate(len));
        (count, rest)
    }

    #[inline]
    fn read_values<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        let mut rest = text;
        for piece in &self.pieces {
            rest = piece.read(piece.before.strip(rest)?, clock, style, columns)?;
        }
        rest = self.tail.strip(rest)?;
        for field in &self.nulls {
            columns.get_mut(*field)?.push_null();
        }
        match rest {
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] | rest @ [] => Some(rest),
            _ => None,
        }
    }
}

impl Piece {
    fn new(before: Literal, field: Option<usize>, quoted: bool, shape: &Shape) -> Option<Piece> {
        let Some((index, field)) = field.and_then(|i| Some((i, shape.schema.fields.get(i)?))) else {
            let take = Take::Skip { quoted };
            return Some(Piece { before, take, field: usize::MAX, stored: false, rules: Vec::new() });
        };
        let take = Take::of(field.ty, quoted)?;
        let stored = shape.stored.get(index) == Some(&true);
        Some(Piece { before, take, field: index, stored, rules: field.rules.clone() })
    }

    /// The values of a field, without a text before them.
    pub fn bare(field: usize, quoted: bool, shape: &Shape) -> Option<Piece> {
        Piece::new(Literal::new(&[]), Some(field), quoted, shape)
    }

    /// Reads a value with its quotes, where it has them.
    pub fn read_value<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        let is_quoted = matches!(self.take, Take::Text | Take::Timestamp { .. } | Take::Coded(_));
        let text = if is_quoted { text.strip_prefix(b"\"")? } else { text };
        let rest = self.read(text, clock, style, columns)?;
        if is_quoted { rest.strip_prefix(b"\"") } else { Some(rest) }
    }

    #[inline(always)]
    fn read<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        match self.take {
            Take::Double => {
                let (value, rest) = scan::double(text)?;
                self.double_holds(value).then_some(())?;
                if self.stored
                    && let Some(column) = columns.get_mut(self.field)
                    && let Data::F64(values) = &mut column.data
                {
                    values.push(value);
                    column.pushed();
                }
                Some(rest)
            }
            Take::Text => self.text(text, scan::string(text)?, columns),
            Take::Timestamp { precision, zoned } => {
                let (micros, rest) = clock.scan(text, style, precision, zoned)?;
                (rest.first() == Some(&b'"')).then_some(())?;
                if !self.rules.is_empty() {
                    self.holds(&Cell::I64(micros)).then_some(())?;
                }
                if self.stored
                    && let Some(column) = columns.get_mut(self.field)
                    && let Data::I64(values) = &mut column.data
                {
                    values.push(micros);
                    column.pushed();
                }
                Some(rest)
            }
            Take::Int => {
                let (value, rest) = scan::int(text)?;
                self.rest(Cell::I32(value), rest, columns)
            }
            Take::BigInt => {
                let (value, rest) = scan::whole(text)?;
                self.rest(Cell::I64(value), rest, columns)
            }
            Take::Decimal(precision, scale) => {
                let (value, rest) = scan::exact(text, precision, scale)?;
                self.rest(Cell::I128(value), rest, columns)
            }
            Take::Flag => {
                let (value, rest) = scan::flag(text)?;
                self.rest(Cell::Bool(value), rest, columns)
            }
            Take::Coded(ty) => {
                let (value, rest) = scan::string(text)?;
                self.rest(text_value(value, ty, style)?, rest, columns)
            }
            Take::Skip { quoted: true } => scan::string(text).map(|(_, rest)| rest),
            Take::Skip { quoted: false } => scan::double(text).map(|(_, rest)| rest),
        }
    }

    /// Reads a field of CSV that has no quotes, up to the comma or the end of the line.
    #[inline(always)]
    pub fn read_unquoted<'a>(
        &self,
        text: &'a [u8],
        clock: &mut TimestampScanner,
        style: Style,
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        match self.take {
            Take::Text => self.text(text, scan::unquoted(text)?, columns),
            Take::Coded(ty) => {
                let (value, rest) = scan::unquoted(text)?;
                self.rest(text_value(value, ty, style)?, rest, columns)
            }
            Take::Timestamp { precision, zoned } => {
                let (micros, rest) = clock.scan(text, style, precision, zoned)?;
                self.rest(Cell::I64(micros), rest, columns)
            }
            _ => self.read(text, clock, style, columns),
        }
    }

    /// Checks and stores a string that stands at the start of a text, and gives what follows it.
    #[inline(always)]
    fn text<'a>(
        &self,
        text: &[u8],
        (value, rest): (&[u8], &'a [u8]),
        columns: &mut [Column],
    ) -> Option<&'a [u8]> {
        if !self.rules.is_empty() {
            self.holds(&Cell::Text(Cow::Borrowed(value))).then_some(())?;
        }
        if self.stored
            && let Some(column) = columns.get_mut(self.field)
            && let Data::Text(values) = &mut column.data
        {
            values.push_start(text, value.len());
            column.pushed();
        }
        Some(rest)
    }

    #[inline(always)]
    fn double_holds(&self, value: f64) -> bool {
        match self.rules.as_slice() {
            [] => true,
            [Rule::Range { low: Some(Value::F64(low)), high: Some(Value::F64(high)), .. }] => {
                value >= *low && value <= *high
            }
            _ => self.holds(&Cell::F64(value)),
        }
    }

    fn holds(&self, value: &Cell<'_>) -> bool {
        self.rules.iter().all(|r| r.holds(value))
    }

    /// Checks and stores a value, and gives the text after it.
    #[inline(always)]
    fn rest<'a>(&self, value: Cell<'_>, rest: &'a [u8], columns: &mut [Column]) -> Option<&'a [u8]> {
        if !self.rules.is_empty() && !self.holds(&value) {
            return None;
        }
        if self.stored {
            value.push_to(columns.get_mut(self.field)?);
        }
        Some(rest)
    }
}

enum Token {
    Null,
    /// Where the text before the value ends and the text after it starts: the quotes belong to those texts.
    Value {
        start: usize,
        end: usize,
        quoted: bool,
    },
}

/// Splits a line that is known to be legal JSON.
struct Lexer<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn skip(&mut self, what: impl Fn(u8) -> bool) {
        let rest = self.line.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|c| what(**c)).count();
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip(|c| c.is_ascii_whitespace());
        (self.line.get(self.at) == Some(&byte)).then(|| self.at += 1)
    }

    /// The characters of a string without escapes; stops before its closing quote.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let start = self.at;
        self.skip(|c| c != b'"' && c != b'\\');
        (self.line.get(self.at) == Some(&b'"')).then(|| self.line.get(start..self.at)).flatten()
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = self.string()?;
        self.at += 1;
        std::str::from_utf8(name).ok()
    }

    fn value(&mut self) -> Option<Token> {
        self.skip(|c| c.is_ascii_whitespace());
        let start = self.at;
        match self.line.get(self.at)? {
            b'"' => {
                self.string()?;
                let end = self.at;
                self.at += 1;
                Some(Token::Value { start: start + 1, end, quoted: true })
            }
            b'{' | b'[' => None,
            first => {
                self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.'));
                let null = Some(Token::Null).filter(|_| *first == b'n');
                null.or(Some(Token::Value { start, end: self.at, quoted: false }))
            }
        }
    }
}
