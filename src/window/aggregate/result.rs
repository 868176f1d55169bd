//! Results of accumulators.

use super::super::cast::to_decimal;
use super::super::column::Value;
use super::super::decimal;
use super::super::types::{Class, Type};
use super::kind::Kind;
use super::state::Objects;
use super::{Spread, join, split};

impl Kind {
    pub(super) fn result(self, words: &[u64], class: Class, objects: &Objects) -> Value {
        match (self, words) {
            (Kind::CountAll | Kind::Count, [n, ..]) => Value::I64(*n as i64),
            (Kind::Sum { .. } | Kind::Avg { .. } | Kind::Value(..), [_, 0, ..]) => Value::Null,
            (Kind::SumDecimal | Kind::Decimal(_), [_, _, 0, ..]) => Value::Null,
            (Kind::SumDecimalReduced | Kind::AvgDecimal { .. }, [_, _, 0, ..] | [_, _, _, 1, ..]) => {
                Value::Null
            }
            (Kind::Avg { reduced, .. }, [sum, n, ..]) => match class {
                // AVG starts from 0.0, so a sum of nothing but -0.0 is 0.0.
                Class::F64 => Value::F64((f64::from_bits(*sum) + 0.0) / *n as f64),
                Class::I32 if reduced => Value::I32((i64::from(*sum as i32)).wrapping_div(*n as i64) as i32),
                Class::I32 => Value::I32((*sum as i64).wrapping_div(*n as i64) as i32),
                _ => Value::I64((*sum as i64).wrapping_div(*n as i64)),
            },
            (Kind::Sum { .. } | Kind::Value(..), [value, ..]) => match class {
                Class::Bool => Value::Bool(*value != 0),
                Class::I32 => Value::I32(*value as i32),
                Class::F64 => Value::F64(f64::from_bits(*value)),
                _ => Value::I64(*value as i64),
            },
            (Kind::SumDecimal | Kind::SumDecimalReduced | Kind::Decimal(_), [low, high, ..]) => {
                Value::I128(join(*low, *high))
            }
            (Kind::AvgDecimal { scale, result }, [low, high, n, ..]) => {
                let quotient = decimal::divide((join(*low, *high), scale), (i128::from(*n), 0), result);
                quotient.map_or(Value::Null, Value::I128)
            }
            (Kind::Variance { spread, ty, .. }, [n, _, m2, ..]) => {
                variance(*n, f64::from_bits(*m2), spread).map_or(Value::Null, |value| as_type(value, ty))
            }
            (Kind::Text(_), [word, ..]) => {
                objects.text(*word).map_or(Value::Null, |text| Value::Text(text.into()))
            }
            _ => Value::Null,
        }
    }

    /// The accumulator of a single value.
    pub(super) fn single(self, value: &Value) -> Vec<u64> {
        let number = match value {
            Value::I32(x) => i64::from(*x) as u64,
            Value::I64(x) => *x as u64,
            Value::F64(x) => x.to_bits(),
            _ => 0,
        };
        let wide = if let Value::I128(x) = value { split(*x) } else { (0, 0) };
        match self.initial().len() {
            1 => vec![1],
            2 => vec![number, 1],
            3 => vec![wide.0, wide.1, 1],
            _ => vec![wide.0, wide.1, 1, 0],
        }
    }
}

fn variance(n: u64, m2: f64, Spread { root, sample }: Spread) -> Option<f64> {
    let divisor = if sample { n.checked_sub(1)? } else { n };
    if divisor == 0 || m2 < 0.0 {
        return None;
    }
    let variance = m2 / divisor as f64;
    Some(if root { variance.sqrt() } else { variance })
}

/// A double as `CAST` makes it of a type.
fn as_type(value: f64, ty: Type) -> Value {
    match ty {
        Type::Int => Value::I32(value as i32),
        Type::BigInt => Value::I64(value as i64),
        Type::Decimal { .. } => to_decimal(&Value::F64(value), ty).unwrap_or(Value::Null),
        _ => Value::F64(value),
    }
}
