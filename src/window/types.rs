//! Physical types: what a column may hold.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a column or expression, with Flink's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Type {
    /// `BOOLEAN`.
    Boolean,
    /// `INT`, 32 bits, arithmetic wraps.
    Int,
    /// `BIGINT`, 64 bits, arithmetic wraps.
    BigInt,
    /// `DOUBLE`, IEEE 754.
    Double,
    /// `DECIMAL(precision, scale)`, exact; a value that does not fit becomes null.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// `STRING`, UTF-8, ordered by its bytes.
    String,
    /// `BYTES`.
    Bytes,
    /// `DATE`, days since 1970-01-01.
    Date,
    /// `TIMESTAMP(p)`, microseconds since 1970-01-01T00:00:00 without a zone; p is at most 6.
    Timestamp(u8),
    /// `TIMESTAMP_LTZ(p)`, microseconds since 1970-01-01T00:00:00Z; p is at most 6.
    TimestampLtz(u8),
}

/// How values of a type are laid out in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `bool`.
    Bool,
    /// `i32`: integers and dates.
    I32,
    /// `i64`: big integers and timestamps.
    I64,
    /// `f64`.
    F64,
    /// `i128`: the unscaled value of a decimal.
    I128,
    /// Bytes: strings and byte strings.
    Text,
}

impl Type {
    /// A decimal type, if precision (1 to 38) and scale (at most the precision) are ones that exist.
    pub fn decimal(precision: u8, scale: u8) -> Option<Type> {
        ((1..=38).contains(&precision) && scale <= precision).then_some(Type::Decimal { precision, scale })
    }

    /// `TIMESTAMP(precision)`; the operator keeps microseconds, so the precision is at most 6.
    pub fn timestamp(precision: u8) -> Option<Type> {
        (precision <= 6).then_some(Type::Timestamp(precision))
    }

    /// Whether it can be an event time: Flink's are of milliseconds.
    pub(super) fn is_event_time(self) -> bool {
        matches!(self, Type::Timestamp(0..=3) | Type::TimestampLtz(0..=3))
    }

    /// `TIMESTAMP_LTZ(precision)`; the operator keeps microseconds, so the precision is at most 6.
    pub fn timestamp_ltz(precision: u8) -> Option<Type> {
        (precision <= 6).then_some(Type::TimestampLtz(precision))
    }

    /// Whether the parameters of this type are in range (the fields of a decimal can be written directly).
    pub fn is_valid(self) -> bool {
        match self {
            Type::Decimal { precision, scale } => Type::decimal(precision, scale).is_some(),
            Type::Timestamp(p) | Type::TimestampLtz(p) => p <= 6,
            _ => true,
        }
    }

    /// How values of this type are laid out.
    pub fn class(self) -> Class {
        match self {
            Type::Boolean => Class::Bool,
            Type::Int | Type::Date => Class::I32,
            Type::BigInt | Type::Timestamp(_) | Type::TimestampLtz(_) => Class::I64,
            Type::Double => Class::F64,
            Type::Decimal { .. } => Class::I128,
            Type::String | Type::Bytes => Class::Text,
        }
    }

    /// Whether arithmetic is defined on this type.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Int | Type::BigInt | Type::Double | Type::Decimal { .. })
    }

    /// Whether this is a timestamp, with or without a zone.
    pub fn is_timestamp(self) -> bool {
        matches!(self, Type::Timestamp(_) | Type::TimestampLtz(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Boolean => f.write_str("boolean"),
            Type::Int => f.write_str("int"),
            Type::BigInt => f.write_str("bigint"),
            Type::Double => f.write_str("double"),
            Type::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Date => f.write_str("date"),
            Type::Timestamp(p) => write!(f, "timestamp({p})"),
            Type::TimestampLtz(p) => write!(f, "timestamp_ltz({p})"),
        }
    }
}
