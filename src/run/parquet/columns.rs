//! Columns of a file as columns of batches.

use super::super::schema::Field;
use super::fault;
use crate::window::{Class, Column, Data, Type, decimal, time};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::schema::types::ColumnDescriptor;
use std::io;

/// How the values of a column are read as values of a type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// As they stand.
    Plain,
    /// Times: microseconds are the value times the first number, divided by the second.
    Time(i64, i64),
    /// Decimals of fewer digits after the point, by so many.
    Decimal(u8),
}

/// A column that a field is read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub column: usize,
    pub reading: Reading,
    /// The definition level of a value that is there.
    pub defined: i16,
}

/// How a column is read as a field; a sentence where it can't be.
pub(super) fn found(index: usize, column: &ColumnDescriptor, field: &Field) -> Result<Found, String> {
    let refused = || {
        let logical = column.logical_type_ref().map(|logical| format!(" ({logical:?})")).unwrap_or_default();
        format!("column `{}` is {}{logical}, and not a {}", field.name, column.physical_type(), field.ty)
    };
    if column.max_rep_level() > 0 || column.path().parts().len() > 1 {
        return Err(format!("column `{}` is nested, and not a {}", field.name, field.ty));
    }
    let reading = reading(column, field.ty).ok_or_else(refused)?;
    Ok(Found { column: index, reading, defined: column.max_def_level() })
}

fn reading(column: &ColumnDescriptor, ty: Type) -> Option<Reading> {
    let physical = column.physical_type();
    let signed = !matches!(
        column.converted_type(),
        ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
    );
    let scale = match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(decimal)), _) => Some((decimal.precision, decimal.scale)),
        (None, ConvertedType::DECIMAL) => Some((column.type_precision(), column.type_scale())),
        _ => None,
    };
    let plain = |fits: bool| fits.then_some(Reading::Plain);
    match ty {
        Type::Boolean => plain(physical == Physical::BOOLEAN),
        Type::Date => plain(physical == Physical::INT32 && column.converted_type() == ConvertedType::DATE),
        Type::Int => plain(physical == Physical::INT32 && scale.is_none() && signed),
        Type::BigInt => {
            plain(matches!(physical, Physical::INT32 | Physical::INT64) && scale.is_none() && signed)
        }
        Type::Double => plain(matches!(physical, Physical::FLOAT | Physical::DOUBLE)),
        Type::Decimal { precision, scale: wanted } => {
            let (digits, scale) = scale?;
            let up = u8::try_from(i32::from(wanted).checked_sub(scale)?).ok()?;
            (digits - scale <= i32::from(precision) - i32::from(wanted)).then_some(Reading::Decimal(up))
        }
        Type::String | Type::Bytes => plain(
            matches!(physical, Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY) && scale.is_none(),
        ),
        Type::Timestamp(_) | Type::TimestampLtz(_) => {
            time_reading(column, matches!(ty, Type::TimestampLtz(_)))
        }
    }
}

/// Times of 96 bits say nothing of a zone.
fn time_reading(column: &ColumnDescriptor, zoned: bool) -> Option<Reading> {
    if column.physical_type() == Physical::INT96 {
        return Some(Reading::Plain);
    }
    let (adjusted, reading) = match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(time)), _) => {
            let reading = match time.unit {
                TimeUnit::MILLIS => Reading::Time(1000, 1),
                TimeUnit::MICROS => Reading::Time(1, 1),
                TimeUnit::NANOS => Reading::Time(1, 1000),
            };
            (time.is_adjusted_to_u_t_c, reading)
        }
        (None, ConvertedType::TIMESTAMP_MILLIS) => (true, Reading::Time(1000, 1)),
        (None, ConvertedType::TIMESTAMP_MICROS) => (true, Reading::Time(1, 1)),
        _ => return None,
    };
    (adjusted == zoned).then_some(reading)
}

impl Found {
    /// Whether a column can hold nothing that is no value of a type. It is to be asked of types whose values are all that a Parquet type has.
    pub fn always_fits(&self, ty: Type) -> bool {
        matches!(self.reading, Reading::Plain)
            && matches!(
                ty,
                Type::Boolean | Type::Int | Type::BigInt | Type::Double | Type::Date | Type::Bytes
            )
    }
}

/// Reads `count` values; those that are no values of the type are null, and their rows are noted.
pub(super) fn read(
    reader: &mut ColumnReader,
    found: &Found,
    ty: Type,
    count: usize,
    wrong: &mut Vec<usize>,
) -> io::Result<Column> {
    let mut out = Out { column: Column::new(ty.class()), wrong };
    match reader {
        ColumnReader::BoolColumnReader(r) => values(r, found, count, &mut out, |column, value| {
            push(column, |data| {
                if let Data::Bool(v) = data {
                    v.push(value)
                }
            })
        }),
        ColumnReader::Int32ColumnReader(r) => {
            values(r, found, count, &mut out, |column, value| whole(column, value.into(), found, ty))
        }
        ColumnReader::Int64ColumnReader(r) => {
            let (levels, mut values) = records(r, found, count)?;
            if levels.is_empty() && times(&mut values, found.reading, ty) {
                return Ok(Column::of(Data::I64(values)));
            }
            place(&levels, values, found, count, &mut out, |column, value| whole(column, value, found, ty));
            Ok(())
        }
        ColumnReader::Int96ColumnReader(r) => values(r, found, count, &mut out, |column, value| {
            let micros = truncated(value.to_micros(), ty);
            push(column, |data| {
                if let Data::I64(v) = data {
                    v.push(micros)
                }
            })
        }),
        ColumnReader::FloatColumnReader(r) => values(r, found, count, &mut out, |column, value| {
            push(column, |data| {
                if let Data::F64(v) = data {
                    v.push(value.into())
                }
            })
        }),
        ColumnReader::DoubleColumnReader(r) => {
            let (levels, values) = records(r, found, count)?;
            if levels.is_empty() {
                return Ok(Column::of(Data::F64(values)));
            }
            place(&levels, values, found, count, &mut out, |column, value| {
                push(column, |data| {
                    if let Data::F64(v) = data {
                        v.push(value)
                    }
                })
            });
            Ok(())
        }
        ColumnReader::ByteArrayColumnReader(r) => {
            values(r, found, count, &mut out, |column, value| bytes(column, value.data(), found, ty))
        }
        ColumnReader::FixedLenByteArrayColumnReader(r) => {
            values(r, found, count, &mut out, |column, value| bytes(column, value.data(), found, ty))
        }
    }?;
    Ok(out.column)
}

struct Out<'a> {
    column: Column,
    wrong: &'a mut Vec<usize>,
}

fn push(column: &mut Column, add: impl FnOnce(&mut Data)) -> bool {
    add(&mut column.data);
    column.pushed();
    true
}

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    found: &Found,
    count: usize,
    out: &mut Out<'_>,
    add: impl FnMut(&mut Column, T::T) -> bool,
) -> io::Result<()> {
    let (levels, values) = records(reader, found, count)?;
    place(&levels, values, found, count, out, add);
    Ok(())
}

/// Turns values into microseconds, where all are times or numbers that need no closer look.
fn times(values: &mut [i64], reading: Reading, ty: Type) -> bool {
    match (reading, ty) {
        (Reading::Plain, Type::BigInt) => true,
        (Reading::Time(1, parts), _) => {
            values.iter_mut().for_each(|value| *value = truncated(value.div_euclid(parts), ty));
            true
        }
        _ => false,
    }
}

fn place<T>(
    levels: &[i16],
    values: Vec<T>,
    found: &Found,
    count: usize,
    out: &mut Out<'_>,
    mut add: impl FnMut(&mut Column, T) -> bool,
) {
    if levels.is_empty() {
        for (row, value) in values.into_iter().enumerate() {
            if !add(&mut out.column, value) {
                out.column.push_null();
                out.wrong.push(row);
            }
        }
        return;
    }
    let mut values = values.into_iter();
    for row in 0..count {
        let there = levels.get(row).is_none_or(|level| *level == found.defined);
        match values.next_if_there(there) {
            Some(value) => {
                if !add(&mut out.column, value) {
                    out.column.push_null();
                    out.wrong.push(row);
                }
            }
            None => out.column.push_null(),
        }
    }
}

/// The values that are there, and the definition level of each record where one has none.
fn records<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    found: &Found,
    count: usize,
) -> io::Result<(Vec<i16>, Vec<T::T>)> {
    let (mut levels, mut values, mut records) = (Vec::new(), Vec::new(), 0);
    while records < count {
        let defined = (found.defined > 0).then_some(&mut levels);
        let (read, _, _) = reader.read_records(count - records, defined, None, &mut values).map_err(fault)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a column has fewer values than rows"));
        }
        records += read;
    }
    if values.len() == count {
        levels.clear();
    }
    Ok((levels, values))
}

trait NextIf: Iterator {
    fn next_if_there(&mut self, there: bool) -> Option<Self::Item> {
        if there { self.next() } else { None }
    }
}

impl<I: Iterator> NextIf for I {}

fn whole(column: &mut Column, value: i64, found: &Found, ty: Type) -> bool {
    let value = match found.reading {
        Reading::Plain => Some(value),
        Reading::Time(times, parts) => {
            value.checked_mul(times).map(|value| truncated(value.div_euclid(parts), ty))
        }
        Reading::Decimal(up) => return wide(column, value.into(), up, ty),
    };
    let Some(value) = value else { return false };
    match (&mut column.data, i32::try_from(value)) {
        (Data::I64(v), _) => v.push(value),
        (Data::I32(v), Ok(value)) => v.push(value),
        _ => return false,
    }
    column.pushed();
    true
}

fn truncated(micros: i64, ty: Type) -> i64 {
    match ty {
        Type::Timestamp(p) | Type::TimestampLtz(p) => time::truncate_micros(micros, p),
        _ => micros,
    }
}

fn wide(column: &mut Column, value: i128, up: u8, ty: Type) -> bool {
    let Type::Decimal { precision, .. } = ty else { return false };
    let value = decimal::power(up).and_then(|unit| value.checked_mul(unit));
    match (value.filter(|value| decimal::fits(*value, precision)), &mut column.data) {
        (Some(value), Data::I128(v)) => v.push(value),
        _ => return false,
    }
    column.pushed();
    true
}

fn bytes(column: &mut Column, value: &[u8], found: &Found, ty: Type) -> bool {
    if let Reading::Decimal(up) = found.reading {
        if value.len() > 16 {
            return false;
        }
        let start = if value.first().is_some_and(|first| *first >= 0x80) { -1_i128 } else { 0 };
        let number = value.iter().fold(start, |number, byte| number << 8 | i128::from(*byte));
        return wide(column, number, up, ty);
    }
    let is_text = || value.is_ascii() || std::str::from_utf8(value).is_ok();
    if ty.class() != Class::Text || ty == Type::String && !is_text() {
        return false;
    }
    push(column, |data| {
        if let Data::Text(v) = data {
            v.push(value)
        }
    })
}
