//! What is computed over the rows of a frame: values come in and go out, one by one, as Flink's functions have it.
//!
//! | function | rule |
//! | --- | --- |
//! | SUM, AVG | Calcite makes `$SUM0` and `COUNT` of them (`SqlToRelConverter`): the sum starts from 0 and keeps what adding and subtracting doubles leaves; a decimal sum that overflowed stays null. Of what is never null it is SUM itself, which starts with its first value |
//! | MIN, MAX | of all rows before, plain `<` and `>`, the first value sticks; where rows leave, Java's order of values: -0.0 before 0.0, NaN last (`MinWithRetractAggFunction`) |
//! | FIRST_VALUE, LAST_VALUE | nulls are left out |
//! | LAG | nulls count; of rows of one time in RANGE all have the value of the last |

use super::super::aggregate::Aggregate;
use super::super::column::Value;
use super::super::decimal;
use super::super::types::Type;
use super::super::typing::as_decimal;
use super::plan::{Over, OverCall, OverFunction};
use super::value_bytes;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

/// How a call is computed.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Kind {
    CountAll,
    Count,
    /// From 0, or from the first value.
    Sum {
        ty: Type,
        from_zero: bool,
    },
    /// The argument's type and the result's.
    Average {
        ty: Type,
        result: Type,
        from_zero: bool,
    },
    /// The least of all so far, or the greatest.
    Best {
        greatest: bool,
    },
    /// The same of rows of which some leave.
    Ordered {
        greatest: bool,
    },
    /// The first of all so far, or the last.
    End {
        last: bool,
    },
    /// The same of rows of which some leave.
    Queue {
        last: bool,
    },
    Lag(usize),
}

impl Kind {
    pub fn of(call: &OverCall, over: &Over) -> Kind {
        let (bounded, from_zero) = (over.frame.is_bounded(), over.may_be_null(call));
        match &call.function {
            OverFunction::Lag(_, offset) => Kind::Lag(*offset as usize),
            OverFunction::Aggregate(aggregate) => Kind::of_aggregate(aggregate, bounded, from_zero),
        }
    }

    /// Of an aggregate over rows of which some leave where it is bounded; sums start from zero or from nothing.
    pub fn of_aggregate(aggregate: &Aggregate, bounded: bool, from_zero: bool) -> Kind {
        match aggregate {
            Aggregate::CountAll => Kind::CountAll,
            Aggregate::Count(_) | Aggregate::Spread(..) => Kind::Count,
            Aggregate::Sum(x) => Kind::Sum { ty: x.ty(), from_zero },
            Aggregate::Avg(x) => {
                Kind::Average { ty: x.ty(), result: aggregate.ty().unwrap_or(x.ty()), from_zero }
            }
            Aggregate::Min(_) | Aggregate::Max(_) => {
                let greatest = matches!(aggregate, Aggregate::Max(_));
                if bounded { Kind::Ordered { greatest } } else { Kind::Best { greatest } }
            }
            Aggregate::First(_) | Aggregate::Last(_) => {
                let last = matches!(aggregate, Aggregate::Last(_));
                if bounded { Kind::Queue { last } } else { Kind::End { last } }
            }
        }
    }
}

/// What is known of the rows of a part's frame.
#[derive(Clone, Debug)]
pub(in super::super) struct Accumulator {
    pub state: State,
    /// How often each value is there, where equal ones count once.
    pub seen: Option<FxHashMap<Box<[u8]>, u64>>,
}

#[derive(Clone, Debug)]
pub(in super::super) enum State {
    Count(i64),
    /// The sum, null where it overflowed, and of how many values.
    Sum(Value, i64),
    Value(Value),
    Ordered(BTreeMap<Total, u64>),
    Queue(VecDeque<Value>),
}

impl Accumulator {
    pub fn new(kind: Kind, distinct: bool) -> Accumulator {
        let state = match kind {
            Kind::CountAll | Kind::Count => State::Count(0),
            Kind::Sum { ty, from_zero } | Kind::Average { ty, from_zero, .. } => {
                State::Sum(if from_zero { zero(ty) } else { Value::Null }, 0)
            }
            Kind::Best { .. } | Kind::End { .. } => State::Value(Value::Null),
            Kind::Ordered { .. } => State::Ordered(BTreeMap::new()),
            Kind::Queue { .. } | Kind::Lag(_) => State::Queue(VecDeque::new()),
        };
        Accumulator { state, seen: distinct.then(FxHashMap::default) }
    }

    /// A row comes in, with this value of the argument.
    pub fn add(&mut self, kind: Kind, value: &Value) {
        if skips(kind, value) || !self.is_new(value) {
            return;
        }
        match (&mut self.state, kind) {
            (State::Count(count), _) => *count += 1,
            (State::Sum(sum, count), Kind::Sum { from_zero, .. } | Kind::Average { from_zero, .. }) => {
                *count += 1;
                *sum = match &*sum {
                    Value::Null if from_zero => Value::Null,
                    Value::Null => value.clone(),
                    sum => added(sum, value),
                };
            }
            (State::Value(held), Kind::Best { greatest }) => {
                let order = value_order(value, held);
                if *held == Value::Null
                    || order == Some(if greatest { Ordering::Greater } else { Ordering::Less })
                {
                    *held = value.clone();
                }
            }
            (State::Value(held), Kind::End { last }) if last || *held == Value::Null => *held = value.clone(),
            (State::Ordered(values), _) => *values.entry(Total(value.clone())).or_default() += 1,
            (State::Queue(values), Kind::Lag(offset)) => {
                values.push_back(value.clone());
                if values.len() > offset + 1 {
                    values.pop_front();
                }
            }
            (State::Queue(values), _) => values.push_back(value.clone()),
            _ => {}
        }
    }

    /// The row that came first goes out, with this value of the argument.
    pub fn remove(&mut self, kind: Kind, value: &Value) {
        if skips(kind, value) || !self.is_gone(value) {
            return;
        }
        match (&mut self.state, kind) {
            (State::Count(count), _) => *count -= 1,
            (State::Sum(sum, count), Kind::Sum { ty, from_zero } | Kind::Average { ty, from_zero, .. }) => {
                *count -= 1;
                *sum = match &*sum {
                    Value::Null if from_zero => Value::Null,
                    Value::Null => subtracted(&zero(ty), value),
                    sum => subtracted(sum, value),
                };
            }
            (State::Ordered(values), _) => {
                let key = Total(value.clone());
                if let Some(count) = values.get_mut(&key) {
                    *count -= 1;
                    if *count == 0 {
                        values.remove(&key);
                    }
                }
            }
            (State::Queue(values), _) => drop(values.pop_front()),
            _ => {}
        }
    }

    /// Whether a value counts as it comes in: with DISTINCT, where it is not there yet.
    fn is_new(&mut self, value: &Value) -> bool {
        let Some(seen) = &mut self.seen else { return true };
        let count = seen.entry(value_bytes([value])).or_default();
        *count += 1;
        *count == 1
    }

    /// Whether a value counts as it goes out.
    fn is_gone(&mut self, value: &Value) -> bool {
        let Some(seen) = &mut self.seen else { return true };
        let key = value_bytes([value]);
        let Some(count) = seen.get_mut(&key) else { return false };
        *count -= 1;
        let gone = *count == 0;
        if gone {
            seen.remove(&key);
        }
        gone
    }

    pub fn result(&self, kind: Kind) -> Value {
        match (&self.state, kind) {
            (State::Count(count), _) => Value::I64(*count),
            (State::Sum(_, 0), _) => Value::Null,
            (State::Sum(sum, count), Kind::Average { ty, result, .. }) => average(sum, *count, ty, result),
            (State::Sum(sum, _), _) => sum.clone(),
            (State::Value(value), _) => value.clone(),
            (State::Ordered(values), Kind::Ordered { greatest }) => {
                let best = if greatest { values.keys().next_back() } else { values.keys().next() };
                best.map_or(Value::Null, |Total(value)| value.clone())
            }
            (State::Queue(values), Kind::Lag(offset)) => {
                values.front().filter(|_| values.len() > offset).cloned().unwrap_or(Value::Null)
            }
            (State::Queue(values), Kind::Queue { last }) => {
                let end = if last { values.back() } else { values.front() };
                end.cloned().unwrap_or(Value::Null)
            }
            _ => Value::Null,
        }
    }
}

/// Nulls count for nothing, but of rows and of what stands before a row.
fn skips(kind: Kind, value: &Value) -> bool {
    *value == Value::Null && !matches!(kind, Kind::CountAll | Kind::Lag(_))
}

fn zero(ty: Type) -> Value {
    match ty {
        Type::Int => Value::I32(0),
        Type::Double => Value::F64(0.0),
        Type::Decimal { .. } => Value::I128(0),
        _ => Value::I64(0),
    }
}

fn added(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => Value::F64(a + b),
        (Value::I32(a), Value::I32(b)) => Value::I32(a.wrapping_add(*b)),
        (Value::I64(a), Value::I64(b)) => Value::I64(a.wrapping_add(*b)),
        (Value::I128(a), Value::I128(b)) => fitting(a.checked_add(*b)),
        _ => Value::Null,
    }
}

fn subtracted(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => Value::F64(a - b),
        (Value::I32(a), Value::I32(b)) => Value::I32(a.wrapping_sub(*b)),
        (Value::I64(a), Value::I64(b)) => Value::I64(a.wrapping_sub(*b)),
        (Value::I128(a), Value::I128(b)) => fitting(a.checked_sub(*b)),
        _ => Value::Null,
    }
}

/// A sum of decimals has 38 digits.
fn fitting(sum: Option<i128>) -> Value {
    sum.filter(|sum| decimal::fits(*sum, 38)).map_or(Value::Null, Value::I128)
}

fn average(sum: &Value, count: i64, ty: Type, result: Type) -> Value {
    match sum {
        Value::F64(sum) => Value::F64(sum / count as f64),
        Value::I32(sum) => Value::I32(i64::from(*sum).wrapping_div(count) as i32),
        Value::I64(sum) => Value::I64(sum.wrapping_div(count)),
        Value::I128(sum) => {
            let (Some((_, scale)), Some(result)) = (as_decimal(ty), as_decimal(result)) else {
                return Value::Null;
            };
            // The sum is brought to the scale of the result before it is divided, and may not fit then.
            let shifted = (scale..result.1).try_fold(*sum, |sum, _| sum.checked_mul(10));
            let shifted = shifted.filter(|sum| decimal::fits(*sum, 38));
            let quotient = shifted
                .and_then(|sum| decimal::divide((sum, result.1.max(scale)), (i128::from(count), 0), result));
            quotient.map_or(Value::Null, Value::I128)
        }
        _ => Value::Null,
    }
}

/// The order of two values of one column; none where one is NaN or null.
fn value_order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b),
        (Value::Null, _) | (_, Value::Null) => None,
        _ => Some(Total(a.clone()).cmp(&Total(b.clone()))),
    }
}

/// A value in Java's order, in which all are comparable.
#[derive(Clone, Debug)]
pub(in super::super) struct Total(pub Value);

impl Ord for Total {
    fn cmp(&self, other: &Total) -> Ordering {
        let canonical = |x: f64| if x.is_nan() { f64::NAN } else { x };
        match (&self.0, &other.0) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::I32(a), Value::I32(b)) => a.cmp(b),
            (Value::I64(a), Value::I64(b)) => a.cmp(b),
            (Value::F64(a), Value::F64(b)) => canonical(*a).total_cmp(&canonical(*b)),
            (Value::I128(a), Value::I128(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            // One column has values of one layout, and nulls are left out.
            _ => Ordering::Equal,
        }
    }
}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Total) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Total {
    fn eq(&self, other: &Total) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Total {}
