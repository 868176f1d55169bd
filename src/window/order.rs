//! The order of rows by several values.

use super::column::Value;
use super::expr::Expr;
use std::cmp::Ordering;

/// The order of two rows. A comparison with NaN says that they are equal, as the code does that Flink generates.
pub(super) fn compare(a: &[Value], b: &[Value], order: &[(Expr, bool)]) -> Ordering {
    let pairs = a.iter().zip(b).zip(order);
    let ordered = pairs.map(|((a, b), (_, descending))| {
        let order = compare_values(a, b);
        if *descending { order.reverse() } else { order }
    });
    ordered.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn compare_values(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::I32(a), Value::I32(b)) => a.cmp(b),
        (Value::I64(a), Value::I64(b)) => a.cmp(b),
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::I128(a), Value::I128(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        // One column has values of one layout.
        _ => Ordering::Equal,
    }
}
