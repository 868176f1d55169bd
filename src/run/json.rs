//! Any legal JSON object as a row, and why it is none.

use super::rows::{Bad, Cell, Shape, check, excerpt};
use crate::window::cast::parse_text;
use crate::window::decimal;
use crate::window::time::{self, Style};
use crate::window::{Type, Value};
use rustc_hash::FxHashMap;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// So many names are compared faster than hashed.
const FEW: usize = 12;

/// As deep as Flink's JSON format reads rows (Jackson's `StreamReadConstraints`).
const DEEPEST: usize = 1000;

/// Whether values nest deeper than Flink reads. Of what is no JSON any answer is right.
fn is_too_deep(line: &[u8]) -> bool {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    line.len() > DEEPEST
        && line.iter().any(|byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = inside,
                b'"' => inside = !inside,
                b'[' | b'{' if !inside => depth += 1,
                b']' | b'}' if !inside => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > DEEPEST
        })
}

/// Reads objects with the fields of a schema.
#[derive(Clone, Debug)]
pub(super) struct JsonReader {
    pub shape: Shape,
    pub style: Style,
    by_name: FxHashMap<String, usize>,
}

impl JsonReader {
    pub fn new(shape: Shape, style: Style) -> JsonReader {
        let by_name = shape.schema.fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        JsonReader { shape, style, by_name }
    }

    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The field of a name, which is likely to be the `next` one.
    pub fn field_after(&self, name: &[u8], next: usize) -> Option<usize> {
        match self.by_name.len() {
            0..=FEW => self.shape.field_from(name, next),
            _ => self.field(std::str::from_utf8(name).ok()?),
        }
    }

    /// Reads one line. Unknown fields are ignored, an absent field is null, and of two fields of one name the
    /// first counts.
    pub fn read<'a>(&self, line: &'a [u8]) -> Result<Vec<Cell<'a>>, Bad> {
        let malformed = |reason: String| Bad { reason, event_time: None };
        if is_too_deep(line) {
            return Err(malformed(format!("the row nests deeper than {DEEPEST} times")));
        }
        let mut source = serde_json::Deserializer::from_slice(line);
        let members = Members(self).deserialize(&mut source).and_then(|m| source.end().map(|()| m));
        let members = members.map_err(|e| malformed(describe(&e, line)))?;
        check(&self.shape, |index, ty| match members.get(index) {
            Some(Some(raw)) => self.cell(index, raw.get(), ty).map(|cell| (cell, Cow::Borrowed(raw.get()))),
            _ => Ok((Cell::Null, Cow::Borrowed(""))),
        })
    }

    fn cell<'a>(&self, index: usize, raw: &'a str, ty: Type) -> Result<Cell<'a>, String> {
        if raw == "null" {
            return Ok(Cell::Null);
        }
        let cell = match raw.as_bytes().first() {
            Some(b'"') => self.text_cell(raw, ty),
            Some(b't' | b'f') if ty == Type::Boolean => Some(Cell::Bool(raw == "true")),
            Some(b'-' | b'0'..=b'9') => number_cell(raw, ty),
            _ => None,
        };
        cell.ok_or_else(|| {
            let name = self.shape.schema.fields.get(index).map_or("", |f| f.name.as_str());
            format!("{name} {} is not a {ty}{}", excerpt(raw), hint(raw, ty, self.style))
        })
    }

    fn text_cell<'a>(&self, raw: &'a str, ty: Type) -> Option<Cell<'a>> {
        let text: Cow<'a, str> = match raw.strip_prefix('"')?.strip_suffix('"')? {
            plain if !plain.contains('\\') => Cow::Borrowed(plain),
            _ => Cow::Owned(serde_json::from_str(raw).ok()?),
        };
        match ty {
            Type::String => Some(Cell::Text(match text {
                Cow::Borrowed(t) => Cow::Borrowed(t.as_bytes()),
                Cow::Owned(t) => Cow::Owned(t.into_bytes()),
            })),
            Type::Bytes => base64(text.as_bytes()).map(|b| Cell::Text(Cow::Owned(b))),
            Type::Date => time::parse_date(text.as_bytes())?.try_into().ok().map(Cell::I32),
            Type::Timestamp(_) | Type::TimestampLtz(_) => {
                timestamp(text.as_bytes(), ty, self.style).map(Cell::I64)
            }
            Type::Double => match &*text {
                "NaN" => Some(Cell::F64(f64::NAN)),
                "Infinity" => Some(Cell::F64(f64::INFINITY)),
                "-Infinity" => Some(Cell::F64(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A timestamp with a zone where the type has one, and without where it has none, cut to the type's precision.
pub(super) fn timestamp(text: &[u8], ty: Type, style: Style) -> Option<i64> {
    let (micros, zoned) = time::parse_timestamp(text, style)?;
    match ty {
        Type::Timestamp(p) if !zoned => Some(time::truncate_micros(micros, p)),
        Type::TimestampLtz(p) if zoned => Some(time::truncate_micros(micros, p)),
        _ => None,
    }
}

fn hint(raw: &str, ty: Type, style: Style) -> &'static str {
    let iso = style == Style::Iso;
    match ty {
        Type::Timestamp(_) if iso && raw.ends_with("Z\"") => ": it has a zone, and timestamp has none",
        Type::Timestamp(_) if iso => " like 2026-01-31T12:30:00.000",
        Type::TimestampLtz(_) if iso => " like 2026-01-31T12:30:00.000Z",
        Type::Timestamp(_) => " like 2026-01-31 12:30:00.000",
        Type::TimestampLtz(_) => " like 2026-01-31 12:30:00.000Z",
        _ => "",
    }
}

fn number_cell(raw: &str, ty: Type) -> Option<Cell<'static>> {
    match ty {
        Type::Double => raw.parse().ok().filter(|x: &f64| x.is_finite()).map(Cell::F64),
        Type::Int => whole(raw)?.try_into().ok().map(Cell::I32),
        Type::BigInt => whole(raw)?.try_into().ok().map(Cell::I64),
        Type::Decimal { precision, scale } => {
            decimal::parse(raw.as_bytes(), precision, scale).ok().map(Cell::I128)
        }
        _ => None,
    }
}

/// A number without a fraction, in whatever notation: 60, 60.0 and 6e1 are whole.
fn whole(raw: &str) -> Option<i128> {
    match raw.parse() {
        Ok(value) => Some(value),
        Err(_) => {
            let value = decimal::parse(raw.as_bytes(), 38, 18).ok()?;
            let unit = decimal::power(18)?;
            (value % unit == 0).then_some(value / unit)
        }
    }
}

/// Standard base64 with padding, as Flink's JSON writes bytes.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let padding = text.iter().rev().take_while(|c| **c == b'=').count();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.get(..text.len() - padding)?.chunks(4) {
        let bits = chunk.iter().try_fold(0_u32, |n, c| Some(n << 6 | u32::from(digit(*c)?)))?;
        let bits = bits << (6 * (4 - chunk.len()));
        out.extend(bits.to_be_bytes().iter().skip(1).take(chunk.len() - 1));
    }
    Some(out)
}

/// A CSV field as a value of a type.
pub(super) fn text_value(text: &[u8], ty: Type, style: Style) -> Option<Cell<'static>> {
    match ty {
        Type::String => std::str::from_utf8(text).ok().map(|t| Cell::Text(Cow::Owned(t.as_bytes().to_vec()))),
        Type::Bytes => base64(text).map(|b| Cell::Text(Cow::Owned(b))),
        Type::Timestamp(_) | Type::TimestampLtz(_) => timestamp(text.trim_ascii(), ty, style).map(Cell::I64),
        Type::Int | Type::BigInt => number_cell(std::str::from_utf8(text.trim_ascii()).ok()?, ty),
        Type::Decimal { .. } => parse_text(text, ty).filter(|v| *v != Value::Null).map(Cell::from_value),
        _ => parse_text(text, ty).map(Cell::from_value),
    }
}

/// A parser's complaint, without its line (each row is parsed alone).
fn describe(error: &serde_json::Error, line: &[u8]) -> String {
    if line.trim_ascii_start().first().is_some_and(|c| *c != b'{') && !error.is_syntax() {
        return "the row is not a JSON object".to_string();
    }
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("the row is not JSON: {what} at column {}", error.column())
}

/// Collects the values of the schema's fields.
struct Members<'r>(&'r JsonReader);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = vec![None; self.0.shape.schema.fields.len()];
        while let Some(field) = map.next_key_seed(Name(self.0))? {
            match field.and_then(|i| found.get_mut(i)) {
                Some(slot @ None) => *slot = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// A member's name as the number of a field.
struct Name<'r>(&'r JsonReader);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.field(name))
    }
}
