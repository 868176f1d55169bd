//! Functions of the values of one row, with Flink's meaning, observed on Flink 2.3 by the differential test. Each is null where an argument is,
//! unless it says otherwise.

mod angle;
mod calendar;
mod date;
mod form;
mod formatter;
mod json;
mod letters;
mod number;
mod prepared;
mod regular;
mod similar;
mod simple;
mod text;
mod url;

pub use form::{Form, Use};
pub use json::Path;
pub use prepared::Prepared;
pub use regular::Regular;
pub use similar::similar_to_java;

use super::column::{Column, Value};
use super::types::Type;
use super::typing::common_type;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// `SECOND`
    Second,
    /// `MINUTE`
    Minute,
    /// `HOUR`
    Hour,
    /// `DAY`: of the month, where it is a part of a time.
    Day,
    /// `WEEK`: of ISO 8601, where it is a part of a time; from Sunday, where it is cut to.
    Week,
    /// `MONTH`
    Month,
    /// `QUARTER`
    Quarter,
    /// `YEAR`
    Year,
    /// `MILLISECOND`, of a second
    Millisecond,
    /// `MICROSECOND`, of a second
    Microsecond,
    /// `NANOSECOND`, of a second
    Nanosecond,
    /// `EPOCH`: seconds since 1970.
    Epoch,
    /// `ISODOW`, from 1 for Monday.
    IsoWeekDay,
    /// `ISOYEAR`: of the week of ISO 8601.
    IsoYear,
    /// `DECADE`
    Decade,
    /// `CENTURY`
    Century,
    /// `MILLENNIUM`
    Millennium,
    /// `DOW`, from 1 for Sunday.
    WeekDay,
    /// `DOY`, from 1.
    YearDay,
}

impl Unit {
    /// The unit of that name, in capitals.
    pub fn named(name: &str) -> Option<Unit> {
        Some(match name {
            "SECOND" => Unit::Second,
            "MINUTE" => Unit::Minute,
            "HOUR" => Unit::Hour,
            "DAY" => Unit::Day,
            "WEEK" => Unit::Week,
            "MONTH" => Unit::Month,
            "QUARTER" => Unit::Quarter,
            "YEAR" => Unit::Year,
            "MILLISECOND" => Unit::Millisecond,
            "MICROSECOND" => Unit::Microsecond,
            "NANOSECOND" => Unit::Nanosecond,
            "EPOCH" => Unit::Epoch,
            "ISODOW" => Unit::IsoWeekDay,
            "ISOYEAR" => Unit::IsoYear,
            "DECADE" => Unit::Decade,
            "CENTURY" => Unit::Century,
            "MILLENNIUM" => Unit::Millennium,
            "DOW" => Unit::WeekDay,
            "DOY" => Unit::YearDay,
            _ => return None,
        })
    }

    /// Whether times can be moved by it and cut to it: whether it is a length, and no part alone.
    fn is_length(self) -> bool {
        matches!(
            self,
            Unit::Second
                | Unit::Minute
                | Unit::Hour
                | Unit::Day
                | Unit::Week
                | Unit::Month
                | Unit::Quarter
                | Unit::Year
        )
    }

    /// Whether a date has it.
    fn is_of_days(self) -> bool {
        !matches!(
            self,
            Unit::Second
                | Unit::Minute
                | Unit::Hour
                | Unit::Millisecond
                | Unit::Microsecond
                | Unit::Nanosecond
        )
    }
}

/// A function of the values of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scalar {
    /// `SQRT(x)`
    Sqrt,
    /// `FLOOR(x)`
    Floor,
    /// `CEIL(x)`
    Ceil,
    /// `ROUND(x, digits)`, half away from zero.
    Round(i32),
    /// `TRUNCATE(x, digits)`
    Truncate(i32),
    /// `SIGN(x)`
    Sign,
    /// `GREATEST(a, …)`
    Greatest,
    /// `LEAST(a, …)`
    Least,
    /// `TRIM(BOTH characters FROM s)`
    Trim,
    /// `TRIM(LEADING characters FROM s)`
    TrimLeading,
    /// `TRIM(TRAILING characters FROM s)`
    TrimTrailing,
    /// `REPLACE(s, what, by)`
    Replace,
    /// `OVERLAY(s PLACING by FROM first)` and `OVERLAY(s PLACING by FROM first FOR count)`
    Overlay,
    /// `LOCATE(what, s)` and `LOCATE(what, s, first)`
    Locate,
    /// `LPAD(s, length, with)`
    PadLeft,
    /// `RPAD(s, length, with)`
    PadRight,
    /// `LEFT(s, count)`
    Left,
    /// `RIGHT(s, count)`
    Right,
    /// `REPEAT(s, times)`
    Repeat,
    /// `REVERSE(s)`
    Reverse,
    /// `SPLIT_INDEX(s, separator, index)`
    SplitIndex,
    /// `CONCAT_WS(separator, s, …)`, which leaves nulls out.
    ConcatWith,
    /// `ASIN(x)`
    Asin,
    /// `ACOS(x)`
    Acos,
    /// `ATAN(x)`
    Atan,
    /// `ATAN2(y, x)`
    Atan2,
    /// `SINH(x)`
    Sinh,
    /// `COSH(x)`
    Cosh,
    /// `TANH(x)`
    Tanh,
    /// `DEGREES(x)`
    Degrees,
    /// `RADIANS(x)`
    Radians,
    /// `BIN(x)`
    Bin,
    /// `HEX(x)` of a number or a text.
    Hex,
    /// `INITCAP(s)`
    Initcap,
    /// `ASCII(s)`
    Ascii,
    /// `CHR(code)`
    Chr,
    /// `TO_BASE64(s)`
    ToBase64,
    /// `FROM_BASE64(s)`
    FromBase64,
    /// `IS_ALPHA(s)`, false of null.
    IsAlpha,
    /// `IS_DIGIT(s)`, false of null.
    IsDigit,
    /// `IS_DECIMAL(s)`, false of null.
    IsDecimal,
    /// `PARSE_URL(url, part)` and `PARSE_URL(url, part, name)`
    ParseUrl,
    /// `TO_DATE(s)`
    ToDate,
    /// `TO_TIMESTAMP(s)`
    ToTimestamp,
    /// `TO_TIMESTAMP_LTZ(since, digits)`, of seconds where it is so, of milliseconds otherwise.
    ToTimestampLtz(bool),
    /// `MD5(s)`
    Md5,
    /// `SHA1(s)`
    Sha1,
    /// `SHA224(s)`
    Sha224,
    /// `SHA256(s)`
    Sha256,
    /// `SHA384(s)`
    Sha384,
    /// `SHA512(s)`
    Sha512,
    /// `EXTRACT(unit FROM t)`
    Extract(Unit),
    /// `FLOOR(t TO unit)`
    FloorTo(Unit),
    /// `CEIL(t TO unit)`
    CeilTo(Unit),
    /// `TIMESTAMPADD(unit, count, t)`
    AddTime(Unit),
    /// `TIMESTAMPDIFF(unit, from, to)`
    TimeBetween(Unit),
}

impl Scalar {
    /// Its name in SQL.
    pub(super) fn name(self) -> &'static str {
        match self {
            Scalar::Sqrt => "SQRT",
            Scalar::Floor | Scalar::FloorTo(_) => "FLOOR",
            Scalar::Ceil | Scalar::CeilTo(_) => "CEIL",
            Scalar::Round(_) => "ROUND",
            Scalar::Truncate(_) => "TRUNCATE",
            Scalar::Sign => "SIGN",
            Scalar::Greatest => "GREATEST",
            Scalar::Least => "LEAST",
            Scalar::Trim | Scalar::TrimLeading | Scalar::TrimTrailing => "TRIM",
            Scalar::Replace => "REPLACE",
            Scalar::Overlay => "OVERLAY",
            Scalar::Locate => "LOCATE",
            Scalar::PadLeft => "LPAD",
            Scalar::PadRight => "RPAD",
            Scalar::Left => "LEFT",
            Scalar::Right => "RIGHT",
            Scalar::Repeat => "REPEAT",
            Scalar::Reverse => "REVERSE",
            Scalar::SplitIndex => "SPLIT_INDEX",
            Scalar::ConcatWith => "CONCAT_WS",
            Scalar::Asin => "ASIN",
            Scalar::Acos => "ACOS",
            Scalar::Atan => "ATAN",
            Scalar::Atan2 => "ATAN2",
            Scalar::Sinh => "SINH",
            Scalar::Cosh => "COSH",
            Scalar::Tanh => "TANH",
            Scalar::Degrees => "DEGREES",
            Scalar::Radians => "RADIANS",
            Scalar::Bin => "BIN",
            Scalar::Hex => "HEX",
            Scalar::Initcap => "INITCAP",
            Scalar::Ascii => "ASCII",
            Scalar::Chr => "CHR",
            Scalar::ToBase64 => "TO_BASE64",
            Scalar::FromBase64 => "FROM_BASE64",
            Scalar::IsAlpha => "IS_ALPHA",
            Scalar::IsDigit => "IS_DIGIT",
            Scalar::IsDecimal => "IS_DECIMAL",
            Scalar::ParseUrl => "PARSE_URL",
            Scalar::ToDate => "TO_DATE",
            Scalar::ToTimestamp => "TO_TIMESTAMP",
            Scalar::ToTimestampLtz(_) => "TO_TIMESTAMP_LTZ",
            Scalar::Md5 => "MD5",
            Scalar::Sha1 => "SHA1",
            Scalar::Sha224 => "SHA224",
            Scalar::Sha256 => "SHA256",
            Scalar::Sha384 => "SHA384",
            Scalar::Sha512 => "SHA512",
            Scalar::Extract(_) => "EXTRACT",
            Scalar::AddTime(_) => "TIMESTAMPADD",
            Scalar::TimeBetween(_) => "TIMESTAMPDIFF",
        }
    }

    /// The type of its result; `None` where it is not defined on such arguments.
    pub(super) fn result(self, args: &[Type]) -> Option<Type> {
        use Type::{BigInt, Date, Double, Int, String};
        match (self, args) {
            (
                Scalar::Sqrt
                | Scalar::Asin
                | Scalar::Acos
                | Scalar::Atan
                | Scalar::Sinh
                | Scalar::Cosh
                | Scalar::Tanh
                | Scalar::Degrees
                | Scalar::Radians,
                [Double],
            )
            | (Scalar::Atan2, [Double, Double]) => Some(Double),
            (Scalar::Bin, [BigInt])
            | (Scalar::Hex, [BigInt | String])
            | (Scalar::Chr, [Int])
            | (Scalar::Initcap | Scalar::ToBase64 | Scalar::FromBase64, [String])
            | (Scalar::ParseUrl, [String, String] | [String, String, String]) => Some(String),
            (Scalar::Ascii, [String]) => Some(Int),
            (Scalar::IsAlpha | Scalar::IsDigit | Scalar::IsDecimal, [String]) => Some(Type::Boolean),
            (Scalar::ToDate, [String]) => Some(Date),
            (Scalar::ToTimestamp, [String]) => Some(Type::Timestamp(3)),
            (Scalar::ToTimestampLtz(_), [BigInt]) => Some(Type::TimestampLtz(3)),
            (Scalar::Floor | Scalar::Ceil, [ty]) => floor_type(*ty),
            (Scalar::Round(digits) | Scalar::Truncate(digits), [ty]) => round_type(*ty, digits),
            (Scalar::Sign, [ty]) => ty.is_numeric().then_some(*ty),
            (Scalar::Greatest | Scalar::Least, [first, rest @ ..]) => {
                rest.iter().try_fold(*first, |common, ty| common_type(common, *ty))
            }
            (Scalar::Trim | Scalar::TrimLeading | Scalar::TrimTrailing, [String, String])
            | (Scalar::Replace, [String, String, String])
            | (Scalar::Overlay, [String, String, Int] | [String, String, Int, Int])
            | (Scalar::PadLeft | Scalar::PadRight, [String, Int, String])
            | (Scalar::Left | Scalar::Right | Scalar::Repeat, [String, Int])
            | (Scalar::SplitIndex, [String, String, Int])
            | (Scalar::Reverse, [String])
            | (
                Scalar::Md5
                | Scalar::Sha1
                | Scalar::Sha224
                | Scalar::Sha256
                | Scalar::Sha384
                | Scalar::Sha512,
                [String],
            ) => Some(String),
            (Scalar::ConcatWith, [_, ..]) => args.iter().all(|ty| *ty == String).then_some(String),
            (Scalar::Locate, [String, String] | [String, String, Int]) => Some(Int),
            (Scalar::Extract(unit), [Date]) => unit.is_of_days().then_some(BigInt),
            (Scalar::Extract(_), [ty]) => ty.is_timestamp().then_some(BigInt),
            (Scalar::FloorTo(unit) | Scalar::CeilTo(unit), [ty]) => {
                (ty.is_timestamp() && unit.is_length()).then_some(*ty)
            }
            (Scalar::AddTime(unit), [Int, Date]) => (unit.is_of_days() && unit.is_length()).then_some(Date),
            (Scalar::AddTime(unit), [Int, ty]) => (ty.is_timestamp() && unit.is_length()).then_some(*ty),
            (Scalar::TimeBetween(unit), [a, b]) => {
                let same = a == b || matches!((a, b), (Type::Timestamp(_), Type::Timestamp(_)));
                (same && a.is_timestamp() && unit.is_length()).then_some(Int)
            }
            _ => None,
        }
    }

    /// Its value for each row.
    pub(super) fn eval(self, args: &[Cow<'_, Column>], types: &[Type], ty: Type) -> Result<Column, Fault> {
        let sees_null =
            matches!(self, Scalar::ConcatWith | Scalar::IsAlpha | Scalar::IsDigit | Scalar::IsDecimal);
        by_row(args, ty, sees_null, |values| match self {
            Scalar::FromBase64 | Scalar::ToTimestamp | Scalar::ToDate | Scalar::Overlay => {
                self.fallible(values)
            }
            _ => Ok(self.value(values, types, ty)),
        })
    }

    /// The functions on some of whose values Flink's job fails.
    fn fallible(self, args: &[Value]) -> Result<Option<Value>, ()> {
        let Some(text) = args.first().and_then(text::text_of) else { return Ok(None) };
        match self {
            Scalar::FromBase64 => {
                let bytes = letters::from_base64(text.as_bytes()).ok_or(())?;
                Ok(Some(Value::text(&String::from_utf8_lossy(&bytes))))
            }
            Scalar::Overlay => text::overlaid(args),
            Scalar::ToDate => date::parse(&text).map(|days| days.map(Value::I32)),
            _ => timestamp(formatter::parse_plain(&text)),
        }
    }

    fn value(self, args: &[Value], types: &[Type], ty: Type) -> Option<Value> {
        let first = types.first().copied().unwrap_or(ty);
        match self {
            Scalar::Sqrt | Scalar::Floor | Scalar::Ceil | Scalar::Sign => {
                number::unary(self, args.first()?, first, ty)
            }
            Scalar::Atan2 => match args {
                [Value::F64(y), Value::F64(x)] => Some(Value::F64(angle::atan2(*y, *x))),
                _ => None,
            },
            Scalar::ToTimestampLtz(seconds) => calendar::since(args.first()?, seconds),
            Scalar::Round(digits) => number::rounded(args.first()?, first, ty, digits, false),
            Scalar::Truncate(digits) => number::rounded(args.first()?, first, ty, digits, true),
            Scalar::Greatest => number::extreme(args, std::cmp::Ordering::Greater),
            Scalar::Least => number::extreme(args, std::cmp::Ordering::Less),
            Scalar::Extract(unit) => calendar::part(unit, args.first()?).map(Value::I64),
            Scalar::FloorTo(unit) => calendar::floor(unit, calendar::micros(args.first()?)?).map(Value::I64),
            Scalar::CeilTo(unit) => calendar::ceil(unit, calendar::micros(args.first()?)?).map(Value::I64),
            Scalar::AddTime(unit) => calendar::moved(unit, args.first()?, args.get(1)?),
            Scalar::TimeBetween(unit) => {
                let (from, to) = (calendar::micros(args.first()?)?, calendar::micros(args.get(1)?)?);
                calendar::between(unit, from, to).map(|count| Value::I32(count as i32))
            }
            _ => match args.first()? {
                Value::F64(x) => angle::of_one(self, *x).map(Value::F64),
                _ => text::value(self, args),
            },
        }
    }
}

/// The first row on whose values a function fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault(pub(super) usize);

/// A function's value for each row; null where an argument is, unless it sees to that itself.
fn by_row(
    args: &[Cow<'_, Column>],
    ty: Type,
    sees_null: bool,
    value: impl Fn(&[Value]) -> Result<Option<Value>, ()>,
) -> Result<Column, Fault> {
    let len = args.first().map_or(0, |first| first.len());
    let mut out = Column::new(ty.class());
    let mut values = Vec::with_capacity(args.len());
    for row in 0..len {
        values.clear();
        values.extend(args.iter().map(|column| column.get(row)));
        let null = !sees_null && values.contains(&Value::Null);
        let made = if null { None } else { value(&values).map_err(|()| Fault(row))? };
        out.push(&made.unwrap_or(Value::Null));
    }
    Ok(out)
}

/// A time that was read: one that no 64 bits of microseconds hold fails.
fn timestamp(micros: Option<i64>) -> Result<Option<Value>, ()> {
    match micros {
        Some(micros) if !formatter::within(micros) => Err(()),
        micros => Ok(micros.map(Value::I64)),
    }
}

/// The type of `FLOOR` and `CEIL`.
fn floor_type(ty: Type) -> Option<Type> {
    match ty {
        Type::Decimal { precision, scale } => {
            Type::decimal((precision - scale + u8::from(scale > 0)).clamp(1, 38), 0)
        }
        _ => ty.is_numeric().then_some(ty),
    }
}

/// The type of `ROUND` and `TRUNCATE` to a constant number of digits (Flink's `LogicalTypeMerging.findRoundDecimalType`).
pub fn round_type(ty: Type, digits: i32) -> Option<Type> {
    match ty {
        Type::Decimal { precision, scale } if digits >= i32::from(scale) => Type::decimal(precision, scale),
        Type::Decimal { precision, scale } if digits < 0 => Type::decimal((1 + precision - scale).min(38), 0),
        Type::Decimal { precision, scale } => {
            let digits = u8::try_from(digits).ok()?;
            Type::decimal((1 + precision - scale + digits).min(38), digits)
        }
        _ => ty.is_numeric().then_some(ty),
    }
}
