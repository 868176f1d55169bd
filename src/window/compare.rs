//! Comparison of columns.

use super::column::{Column, Data};
use super::decimal;
use super::expr::Comparison;
use super::types::Type;

fn zip<T: Copy>(a: &[T], b: &[T], f: impl Fn(T, T) -> bool) -> Vec<bool> {
    a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect()
}

fn partial<T: Copy + PartialOrd>(op: Comparison, a: &[T], b: &[T]) -> Vec<bool> {
    match op {
        Comparison::Equal => zip(a, b, |x, y| x == y),
        Comparison::NotEqual => zip(a, b, |x, y| x != y),
        Comparison::Less => zip(a, b, |x, y| x < y),
        Comparison::LessOrEqual => zip(a, b, |x, y| x <= y),
        Comparison::Greater => zip(a, b, |x, y| x > y),
        Comparison::GreaterOrEqual => zip(a, b, |x, y| x >= y),
    }
}

fn scale(ty: Type) -> u8 {
    match ty {
        Type::Decimal { scale, .. } => scale,
        _ => 0,
    }
}

/// `a op b`, row by row; null where either is.
pub(super) fn compare(op: Comparison, (a, ta): (&Column, Type), (b, tb): (&Column, Type)) -> Column {
    let data = match (&a.data, &b.data) {
        (Data::Bool(x), Data::Bool(y)) => partial(op, x, y),
        (Data::I32(x), Data::I32(y)) => partial(op, x, y),
        (Data::I64(x), Data::I64(y)) => partial(op, x, y),
        (Data::F64(x), Data::F64(y)) => partial(op, x, y),
        (Data::I128(x), Data::I128(y)) => {
            let (sa, sb) = (scale(ta), scale(tb));
            zip(x, y, |x, y| op.holds(decimal::compare((x, sa), (y, sb))))
        }
        (Data::Text(x), Data::Text(y)) => x.iter().zip(y.iter()).map(|(x, y)| op.holds(x.cmp(y))).collect(),
        // Both sides were brought to one layout when the expression was built.
        _ => vec![false; a.len()],
    };
    Column { data: Data::Bool(data), nulls: merge_nulls(a, b) }
}

/// `a op b` of doubles in the order of Java's `Double.compare`: -0.0 before 0.0, NaN last and equal to itself.
pub(super) fn compare_total(op: Comparison, a: &Column, b: &Column) -> Column {
    let canonical = |x: f64| if x.is_nan() { f64::NAN } else { x };
    let data = match (&a.data, &b.data) {
        (Data::F64(x), Data::F64(y)) => zip(x, y, |x, y| op.holds(canonical(x).total_cmp(&canonical(y)))),
        _ => vec![false; a.len()],
    };
    Column { data: Data::Bool(data), nulls: merge_nulls(a, b) }
}

/// True where either column is null.
pub(super) fn merge_nulls(a: &Column, b: &Column) -> Option<Vec<bool>> {
    match (&a.nulls, &b.nulls) {
        (None, other) | (other, None) => other.clone(),
        (Some(x), Some(y)) => Some(x.iter().zip(y).map(|(x, y)| *x || *y).collect()),
    }
}
