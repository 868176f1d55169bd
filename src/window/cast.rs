//! CAST, with Flink's rules: lossy numeric casts wrap, cut or become null; a text that is no value is an error.

use super::column::{Column, Data, Text, Value};
use super::decimal;
use super::time::{self, DAY, Style};
use super::types::{Class, Type};
use super::typing::as_decimal;

/// Whether `CAST(from AS to)` can be evaluated.
pub(super) fn exists(from: Type, to: Type) -> bool {
    use Type as T;
    match (from, to) {
        _ if from == to => true,
        (T::Bytes, T::String) | (T::String, T::Bytes) => true,
        (T::Bytes, _) | (_, T::Bytes) => false,
        (T::String, T::TimestampLtz(_)) => false,
        (T::String, _) | (_, T::String) => true,
        (T::Boolean, T::Int | T::BigInt | T::Double | T::Decimal { .. }) => true,
        (T::Int | T::BigInt | T::Double | T::Decimal { .. }, T::Boolean) => true,
        (T::Date, T::Timestamp(_) | T::TimestampLtz(_)) => true,
        (T::Timestamp(_) | T::TimestampLtz(_), T::Date) => true,
        (T::Timestamp(_) | T::TimestampLtz(_), T::Timestamp(_) | T::TimestampLtz(_)) => true,
        _ => from.is_numeric() && to.is_numeric(),
    }
}

fn map<T: Copy, R>(v: &[T], f: impl Fn(T) -> R) -> Vec<R> {
    v.iter().map(|x| f(*x)).collect()
}

/// Casts a column; an error is the position of a value that can't be cast.
pub(super) fn cast(column: &Column, from: Type, to: Type) -> Result<Column, usize> {
    if from == to {
        return Ok(column.clone());
    }
    let data = match (&column.data, to.class()) {
        (_, Class::Text) => Data::Text(to_text(column, from, to)),
        (Data::I32(v), Class::I64) if from == Type::Date => Data::I64(map(v, |x| i64::from(x) * DAY)),
        (Data::I32(v), Class::I64) => Data::I64(map(v, i64::from)),
        (Data::I32(v), Class::F64) => Data::F64(map(v, f64::from)),
        (Data::I64(v), Class::F64) => Data::F64(map(v, |x| x as f64)),
        (Data::I64(v), Class::I32) if from.is_timestamp() => Data::I32(map(v, day_of)),
        (Data::I64(v), Class::I32) => Data::I32(map(v, |x| x as i32)),
        (Data::I64(v), Class::I64) => Data::I64(map(v, |x| cut(x, to))),
        (Data::F64(v), Class::I32) => Data::I32(map(v, |x| x as i32)),
        (Data::F64(v), Class::I64) => Data::I64(map(v, |x| x as i64)),
        (Data::Bool(v), Class::I32) => Data::I32(map(v, i32::from)),
        (Data::Bool(v), Class::I64) => Data::I64(map(v, i64::from)),
        (Data::Bool(v), Class::F64) => Data::F64(map(v, |x| f64::from(u8::from(x)))),
        (Data::I32(v), Class::Bool) => Data::Bool(map(v, |x| x != 0)),
        (Data::I64(v), Class::Bool) => Data::Bool(map(v, |x| x != 0)),
        (Data::F64(v), Class::Bool) => Data::Bool(map(v, |x| x != 0.0)),
        _ => return by_value(column, from, to),
    };
    Ok(Column { data, nulls: column.nulls.clone() })
}

/// The day of a timestamp. Flink cuts toward zero, so that a time of day before 1970 falls on the day after.
fn day_of(micros: i64) -> i32 {
    (micros.div_euclid(1000) / (DAY / 1000)) as i32
}

fn cut(micros: i64, to: Type) -> i64 {
    match to {
        Type::Timestamp(p) | Type::TimestampLtz(p) => time::truncate_micros(micros, p),
        _ => micros,
    }
}

/// The casts that can fail or make nulls.
fn by_value(column: &Column, from: Type, to: Type) -> Result<Column, usize> {
    let mut out = Column::new(to.class());
    for i in 0..column.len() {
        let value = match column.get(i) {
            Value::Null => Value::Null,
            Value::Text(text) => parse_text(&text, to).ok_or(i)?,
            Value::I128(x) => from_decimal(x, as_decimal(from).unwrap_or_default().1, to),
            other => to_decimal(&other, to).ok_or(i)?,
        };
        out.push(&value);
    }
    Ok(out)
}

fn from_decimal(value: i128, scale: u8, to: Type) -> Value {
    let whole = || value / decimal::power(scale).unwrap_or(1);
    match to {
        Type::Int => Value::I32(whole() as i32),
        Type::BigInt => Value::I64(whole() as i64),
        Type::Double => Value::F64(decimal::to_f64(value, scale)),
        Type::Boolean => Value::Bool(value != 0),
        Type::Decimal { precision, scale: to } => {
            decimal::rescale(value, scale, precision, to).map_or(Value::Null, Value::I128)
        }
        _ => Value::Null,
    }
}

/// `None` for a double that is no number: Flink's job fails there.
pub(super) fn to_decimal(value: &Value, to: Type) -> Option<Value> {
    let (precision, scale) = as_decimal(to)?;
    let whole = match value {
        Value::Bool(b) => i128::from(*b),
        Value::I32(x) => i128::from(*x),
        Value::I64(x) => i128::from(*x),
        Value::F64(x) if x.is_finite() => {
            let read = decimal::parse(format!("{x:e}").as_bytes(), precision, scale);
            return Some(read.map_or(Value::Null, Value::I128));
        }
        _ => return None,
    };
    Some(decimal::rescale(whole, 0, precision, scale).map_or(Value::Null, Value::I128))
}

/// A text as a value of another type; `None` where it is none.
pub(crate) fn parse_text(text: &[u8], to: Type) -> Option<Value> {
    let trimmed = text.trim_ascii();
    let words = std::str::from_utf8(trimmed).ok()?;
    match to {
        Type::Boolean => parse_boolean(words).map(Value::Bool),
        Type::Int => parse_whole(trimmed)?.try_into().ok().map(Value::I32),
        Type::BigInt => parse_whole(trimmed).map(Value::I64),
        Type::Double => parse_double(words).map(Value::F64),
        Type::Decimal { precision, scale } => match decimal::parse(trimmed, precision, scale) {
            Ok(value) => Some(Value::I128(value)),
            Err(decimal::ParseError::TooLarge) => Some(Value::Null),
            Err(decimal::ParseError::NotANumber) => None,
        },
        Type::Date => parse_date(trimmed)?.try_into().ok().map(Value::I32),
        Type::Timestamp(_) => {
            let (micros, zoned) = time::parse_timestamp(trimmed, Style::Sql)?;
            (!zoned).then(|| Value::I64(cut(micros, to)))
        }
        _ => None,
    }
}

/// A date as CAST reads it: `2026`, `2026-1` and `2026-01-31`, the first day where it is left out.
fn parse_date(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut parts = text.splitn(3, '-').map(|part| {
        let digits = part.trim();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse::<i64>().ok() } else { None }
    });
    let (year, month, day) =
        (parts.next()??, parts.next().unwrap_or(Some(1))?, parts.next().unwrap_or(Some(1))?);
    let days = time::days_from_civil(year, month, day);
    // A day that the month does not have would be one of another month.
    (year <= 9999 && time::civil_from_days(days) == (year, month, day)).then_some(days)
}

fn parse_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A whole number; digits after a point are cut.
fn parse_whole(text: &[u8]) -> Option<i64> {
    let point = text.iter().position(|c| *c == b'.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at_checked(point)?;
    let fraction = fraction.strip_prefix(b".").unwrap_or(fraction);
    let valid = fraction.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(whole).ok().filter(|_| valid)?.parse().ok()
}

/// Java's `Double.parseDouble`, but for hexadecimal notation.
fn parse_double(text: &str) -> Option<f64> {
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    match text.trim_start_matches(['+', '-']) {
        "NaN" => Some(f64::NAN),
        "Infinity" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        "Infinity" => Some(f64::INFINITY),
        _ if digits.ends_with(|c: char| c.is_ascii_digit() || c == '.') => digits.parse().ok(),
        _ => None,
    }
}

fn to_text(column: &Column, from: Type, to: Type) -> Text {
    let mut out = Text::default();
    let mut text = Vec::new();
    for i in 0..column.len() {
        text.clear();
        match column.get(i) {
            Value::Null => {}
            Value::Bool(b) => text.extend_from_slice(if b { b"TRUE" } else { b"FALSE" }),
            Value::I32(days) if from == Type::Date => time::write_date(days.into(), &mut text),
            Value::I32(x) => text.extend_from_slice(x.to_string().as_bytes()),
            Value::I64(x) => match from {
                Type::Timestamp(p) | Type::TimestampLtz(p) => {
                    time::write_timestamp(x, Style::Sql, (p, p), &mut text);
                }
                _ => text.extend_from_slice(x.to_string().as_bytes()),
            },
            Value::F64(x) => text.extend_from_slice(java_double(x).as_bytes()),
            Value::I128(x) => decimal::write(x, as_decimal(from).unwrap_or_default().1, &mut text),
            Value::Text(t) if to == Type::String => {
                text.extend_from_slice(String::from_utf8_lossy(&t).as_bytes())
            }
            Value::Text(t) => text.extend_from_slice(&t),
        }
        out.push(&text);
    }
    out
}

/// A double as Java's `Double.toString` writes it: plain from 0.001 up to 10,000,000, otherwise `d.dddEx`,
/// with the shortest digits that read back as the same double.
fn java_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_string();
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}
