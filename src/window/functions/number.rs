//! Functions of numbers.

use super::super::column::Value;
use super::super::decimal;
use super::super::types::Type;
use super::Scalar;
use std::cmp::Ordering;

fn scale(ty: Type) -> u8 {
    match ty {
        Type::Decimal { scale, .. } => scale,
        _ => 0,
    }
}

pub(super) fn unary(function: Scalar, x: &Value, from: Type, to: Type) -> Option<Value> {
    Some(match (function, x) {
        (Scalar::Sqrt, Value::F64(x)) => Value::F64(x.sqrt()),
        (Scalar::Floor, Value::F64(x)) => Value::F64(x.floor()),
        (Scalar::Ceil, Value::F64(x)) => Value::F64(x.ceil()),
        (Scalar::Floor, Value::I128(x)) => Value::I128(x.div_euclid(decimal::power(scale(from))?)),
        (Scalar::Ceil, Value::I128(x)) => Value::I128(-(-x).div_euclid(decimal::power(scale(from))?)),
        (Scalar::Sign, Value::I32(x)) => Value::I32(x.signum()),
        (Scalar::Sign, Value::I64(x)) => Value::I64(x.signum()),
        (Scalar::Sign, Value::F64(x)) if *x == 0.0 || x.is_nan() => Value::F64(*x),
        (Scalar::Sign, Value::F64(x)) => Value::F64(x.signum()),
        (Scalar::Sign, Value::I128(x)) => {
            let value = decimal::rescale(x.signum(), 0, precision(to), scale(to))?;
            Value::I128(value)
        }
        (Scalar::Floor | Scalar::Ceil, whole) => whole.clone(),
        _ => return None,
    })
}

fn precision(ty: Type) -> u8 {
    match ty {
        Type::Decimal { precision, .. } => precision,
        _ => 38,
    }
}

/// `ROUND`, half away from zero, and `TRUNCATE`, toward zero. A double is rounded by the shortest decimal text that is its own, as
/// `BigDecimal.valueOf` reads it.
pub(super) fn rounded(x: &Value, from: Type, to: Type, digits: i32, cut: bool) -> Option<Value> {
    Some(match x {
        Value::F64(x) => Value::F64(rounded_double(*x, digits, cut)),
        Value::I32(x) => Value::I32(at_place(i128::from(*x), 0, digits, cut)? as i32),
        Value::I64(x) => Value::I64(at_place(i128::from(*x), 0, digits, cut)? as i64),
        Value::I128(x) => {
            let value = at_place(*x, i32::from(scale(from)), digits, cut)?;
            Value::I128(decimal::rescale(value, scale(from), precision(to), scale(to))?)
        }
        _ => return None,
    })
}

/// A number of so many digits behind the point, with those behind a place made zero.
fn at_place(x: i128, scale: i32, digits: i32, cut: bool) -> Option<i128> {
    let drop = scale - digits;
    if drop <= 0 {
        return Some(x);
    }
    let Some(unit) = u8::try_from(drop).ok().and_then(decimal::power) else { return Some(0) };
    let (whole, rest) = (x / unit, x % unit);
    let up = !cut && rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2);
    (whole + if up { x.signum() } else { 0 }).checked_mul(unit)
}

fn rounded_double(x: f64, digits: i32, cut: bool) -> f64 {
    if !x.is_finite() || x == 0.0 {
        return x + 0.0;
    }
    // `d.ddde±x`: the shortest digits that read as x.
    let text = format!("{:e}", x.abs());
    let Some((mantissa, exponent)) = text.split_once('e') else { return x };
    let Ok(exponent) = exponent.parse::<i32>() else { return x };
    let all: String = mantissa.chars().filter(|digit| *digit != '.').collect();
    let Ok(value) = all.parse::<i128>() else { return x };
    // x = value * 10^power
    let power = exponent - (all.len() as i32 - 1);
    let Some(value) = at_place(value, -power, digits, cut) else { return x };
    let rounded: f64 = format!("{value}e{power}").parse().unwrap_or(x);
    // BigDecimal has no zero with a sign.
    if rounded == 0.0 { 0.0 } else { rounded.copysign(x) }
}

/// The first of the greatest or least values.
pub(super) fn extreme(args: &[Value], wanted: Ordering) -> Option<Value> {
    let mut best = args.first()?;
    for value in args {
        if order(value, best) == Some(wanted) {
            best = value;
        }
    }
    Some(best.clone())
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::I32(a), Value::I32(b)) => Some(a.cmp(b)),
        (Value::I64(a), Value::I64(b)) => Some(a.cmp(b)),
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b),
        (Value::I128(a), Value::I128(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
