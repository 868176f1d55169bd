//! Values, columns and batches: columnar data with optional null flags.

use super::types::{Class, Type};
use serde::{Deserialize, Serialize};

/// One value, laid out by its type's [`Class`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// No value, of any type.
    Null,
    /// Boolean.
    Bool(bool),
    /// Integer, or days since 1970-01-01.
    I32(i32),
    /// Big integer, or microseconds since the epoch.
    I64(i64),
    /// Double. Written as its bits, of which none may be lost.
    #[serde(with = "bits")]
    F64(f64),
    /// Unscaled decimal.
    I128(i128),
    /// String (UTF-8) or bytes.
    Text(Box<[u8]>),
}

/// A double as a number of 64 bits.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        value.to_bits().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}

impl Value {
    /// A string value.
    pub fn text(s: &str) -> Value {
        Value::Text(s.as_bytes().into())
    }

    /// Appends its bytes, such that two keys of the same columns are equal exactly where their bytes are. NaN equals NaN; 0.0 and -0.0 differ.
    pub(super) fn write_key(&self, key: &mut Vec<u8>) {
        key.push(u8::from(*self != Value::Null));
        match self {
            Value::Null => {}
            Value::Bool(x) => key.push(u8::from(*x)),
            Value::I32(x) => key.extend_from_slice(&x.to_le_bytes()),
            Value::I64(x) => key.extend_from_slice(&x.to_le_bytes()),
            Value::F64(x) if x.is_nan() => key.extend_from_slice(&f64::NAN.to_bits().to_le_bytes()),
            Value::F64(x) => key.extend_from_slice(&x.to_bits().to_le_bytes()),
            Value::I128(x) => key.extend_from_slice(&x.to_le_bytes()),
            Value::Text(x) => {
                key.extend_from_slice(&(x.len() as u64).to_le_bytes());
                key.extend_from_slice(x);
            }
        }
    }

    /// Whether this value may stand in a column of this type.
    pub fn fits(&self, ty: Type) -> bool {
        match self {
            Value::Null => true,
            Value::Bool(_) => ty.class() == Class::Bool,
            Value::I32(_) => ty.class() == Class::I32,
            Value::I64(_) => ty.class() == Class::I64,
            Value::F64(_) => ty.class() == Class::F64,
            Value::I128(v) => match ty {
                Type::Decimal { precision, .. } => super::decimal::fits(*v, precision),
                _ => false,
            },
            Value::Text(b) => match ty {
                Type::String => std::str::from_utf8(b).is_ok(),
                _ => ty == Type::Bytes,
            },
        }
    }
}

/// Byte strings, one after the other in one allocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Text {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends one.
    #[inline]
    pub fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    /// Appends the first `len` bytes of a text. Where few are wanted and more stand there, 16 are copied and cut: quicker than as many as
    /// there are.
    #[inline(always)]
    pub fn push_start(&mut self, text: &[u8], len: usize) {
        match text.first_chunk::<16>().filter(|_| len <= 16) {
            Some(chunk) => {
                let end = self.bytes.len() + len;
                self.bytes.extend_from_slice(chunk);
                self.bytes.truncate(end);
                self.ends.push(end);
            }
            None => self.push(text.get(..len).unwrap_or(text)),
        }
    }

    /// The `i`-th, empty where there is none.
    #[inline]
    pub fn get(&self, i: usize) -> &[u8] {
        let start = i.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let text = start.zip(self.ends.get(i)).and_then(|(start, end)| self.bytes.get(start..*end));
        text.unwrap_or_default()
    }

    /// Where each ends in [`Text::bytes`]; it starts where the one before ends.
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// All strings joined.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All strings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|i| self.get(i))
    }

    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// The values of a column; what stands at a null's place has no meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Booleans.
    Bool(Vec<bool>),
    /// Integers and dates.
    I32(Vec<i32>),
    /// Big integers and timestamps.
    I64(Vec<i64>),
    /// Doubles.
    F64(Vec<f64>),
    /// Unscaled decimals.
    I128(Vec<i128>),
    /// Strings and byte strings.
    Text(Text),
}

/// Applies one expression to whichever vector a [`Data`] holds.
macro_rules! each {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::Bool($v) => $body,
            Data::I32($v) => $body,
            Data::I64($v) => $body,
            Data::F64($v) => $body,
            Data::I128($v) => $body,
            Data::Text($v) => $body,
        }
    };
}

impl Data {
    /// An empty vector for this layout.
    pub fn new(class: Class) -> Data {
        match class {
            Class::Bool => Data::Bool(Vec::new()),
            Class::I32 => Data::I32(Vec::new()),
            Class::I64 => Data::I64(Vec::new()),
            Class::F64 => Data::F64(Vec::new()),
            Class::I128 => Data::I128(Vec::new()),
            Class::Text => Data::Text(Text::default()),
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        each!(self, v => v.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push_default(&mut self) {
        match self {
            Data::Bool(v) => v.push(false),
            Data::I32(v) => v.push(0),
            Data::I64(v) => v.push(0),
            Data::F64(v) => v.push(0.0),
            Data::I128(v) => v.push(0),
            Data::Text(v) => v.push(&[]),
        }
    }
}

/// A column: values and which of them are null.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The values.
    pub data: Data,
    /// True where null; absent while there are no nulls.
    pub nulls: Option<Vec<bool>>,
}

impl Column {
    /// An empty column for this layout.
    pub fn new(class: Class) -> Column {
        Column { data: Data::new(class), nulls: None }
    }

    /// A column without nulls.
    pub fn of(data: Data) -> Column {
        Column { data, nulls: None }
    }

    /// The layout.
    pub fn class(&self) -> Class {
        match &self.data {
            Data::Bool(_) => Class::Bool,
            Data::I32(_) => Class::I32,
            Data::I64(_) => Class::I64,
            Data::F64(_) => Class::F64,
            Data::I128(_) => Class::I128,
            Data::Text(_) => Class::Text,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether row `i` is null.
    #[inline]
    pub fn is_null(&self, i: usize) -> bool {
        self.nulls.as_ref().is_some_and(|n| n.get(i).copied().unwrap_or(true))
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        let len = self.len();
        self.nulls.get_or_insert_with(|| vec![false; len]).push(true);
        self.data.push_default();
    }

    /// To be called after a value was pushed into `data`.
    #[inline]
    pub fn pushed(&mut self) {
        if let Some(nulls) = &mut self.nulls {
            nulls.push(false);
        }
    }

    /// Appends a value; one of another layout is appended as null.
    pub fn push(&mut self, value: &Value) {
        match (&mut self.data, value) {
            (Data::Bool(v), Value::Bool(x)) => v.push(*x),
            (Data::I32(v), Value::I32(x)) => v.push(*x),
            (Data::I64(v), Value::I64(x)) => v.push(*x),
            (Data::F64(v), Value::F64(x)) => v.push(*x),
            (Data::I128(v), Value::I128(x)) => v.push(*x),
            (Data::Text(v), Value::Text(x)) => v.push(x),
            _ => return self.push_null(),
        }
        self.pushed();
    }

    /// Row `i`; null where there is none.
    pub fn get(&self, i: usize) -> Value {
        if self.is_null(i) {
            return Value::Null;
        }
        let value = match &self.data {
            Data::Bool(v) => v.get(i).map(|x| Value::Bool(*x)),
            Data::I32(v) => v.get(i).map(|x| Value::I32(*x)),
            Data::I64(v) => v.get(i).map(|x| Value::I64(*x)),
            Data::F64(v) => v.get(i).map(|x| Value::F64(*x)),
            Data::I128(v) => v.get(i).map(|x| Value::I128(*x)),
            Data::Text(v) => (i < v.len()).then(|| Value::Text(v.get(i).into())),
        };
        value.unwrap_or(Value::Null)
    }

    /// Forgets every row, keeping the memory.
    pub fn clear(&mut self) {
        each!(&mut self.data, v => v.clear());
        self.nulls = None;
    }

    /// Forgets the rows from `len` on.
    pub fn truncate(&mut self, len: usize) {
        each!(&mut self.data, v => v.truncate(len));
        if let Some(nulls) = &mut self.nulls {
            nulls.truncate(len);
        }
    }

    /// Appends some rows of a column of the same layout.
    pub(super) fn append(&mut self, from: &Column, rows: &[u32]) {
        fn add<T: Copy>(to: &mut Vec<T>, from: &[T], rows: &[u32]) {
            to.extend(rows.iter().filter_map(|row| from.get(*row as usize).copied()));
        }
        let before = self.len();
        match (&mut self.data, &from.data) {
            (Data::Bool(to), Data::Bool(from)) => add(to, from, rows),
            (Data::I32(to), Data::I32(from)) => add(to, from, rows),
            (Data::I64(to), Data::I64(from)) => add(to, from, rows),
            (Data::F64(to), Data::F64(from)) => add(to, from, rows),
            (Data::I128(to), Data::I128(from)) => add(to, from, rows),
            (Data::Text(to), Data::Text(from)) => {
                rows.iter().for_each(|row| to.push(from.get(*row as usize)));
            }
            // A plan that was validated has none of two layouts.
            _ => return rows.iter().for_each(|_| self.push_null()),
        }
        if self.nulls.is_some() || from.nulls.is_some() {
            let nulls = self.nulls.get_or_insert_with(|| vec![false; before]);
            nulls.extend(rows.iter().map(|row| from.is_null(*row as usize)));
        }
    }

    /// As many nulls.
    pub(super) fn all_null(class: Class, len: usize) -> Column {
        let mut column = Column::new(class);
        (0..len).for_each(|_| column.push_null());
        column
    }

    /// Bytes of memory that its rows take.
    pub(super) fn memory(&self) -> usize {
        let values = match &self.data {
            Data::Bool(v) => v.capacity(),
            Data::I32(v) => v.capacity() * 4,
            Data::I64(v) => v.capacity() * 8,
            Data::F64(v) => v.capacity() * 8,
            Data::I128(v) => v.capacity() * 16,
            Data::Text(v) => v.bytes.capacity() + v.ends.capacity() * size_of::<usize>(),
        };
        values + self.nulls.as_ref().map_or(0, Vec::capacity)
    }

    /// The given rows, in the given order.
    pub(super) fn gather(&self, rows: &[u32]) -> Column {
        fn pick<T: Copy>(from: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().filter_map(|r| from.get(*r as usize).copied()).collect()
        }
        let data = match &self.data {
            Data::Bool(v) => Data::Bool(pick(v, rows)),
            Data::I32(v) => Data::I32(pick(v, rows)),
            Data::I64(v) => Data::I64(pick(v, rows)),
            Data::F64(v) => Data::F64(pick(v, rows)),
            Data::I128(v) => Data::I128(pick(v, rows)),
            Data::Text(v) => {
                let mut out = Text::default();
                rows.iter().for_each(|r| out.push(v.get(*r as usize)));
                Data::Text(out)
            }
        };
        Column { data, nulls: self.nulls.as_ref().map(|n| pick(n, rows)) }
    }

    /// The given rows, in the given order, and null where there is none.
    pub(super) fn gather_some(&self, rows: &[Option<u32>]) -> Column {
        let known: Vec<u32> = rows.iter().flatten().copied().collect();
        if known.len() == rows.len() {
            return self.gather(&known);
        }
        let mut column = Column::new(self.class());
        rows.iter().for_each(|row| match row {
            Some(row) => column.push(&self.get(*row as usize)),
            None => column.push_null(),
        });
        column
    }
}

/// Rows that arrive together, in arrival order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// How many rows there are.
    pub len: usize,
    /// One column per input column of the query. One that the query does not read may be left empty.
    pub columns: Vec<Column>,
    /// The rows that count, ascending; `None` for all. The others only move the watermark: rows that were
    /// rejected for something else than their event time.
    pub selection: Option<Vec<u32>>,
}
