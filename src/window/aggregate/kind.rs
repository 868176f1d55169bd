//! How accumulators are laid out.

use super::super::query::Query;
use super::super::reduce::key_of;
use super::super::types::{Class, Type};
use super::super::typing::as_decimal;
use super::{Aggregate, AggregateCall, Spread};

/// Which of a group's values is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Least,
    Greatest,
    First,
    Last,
}

/// How an accumulator is laid out and what is done to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `[count]`
    CountAll,
    /// `[count]`
    Count,
    /// `[sum, count]`; starts with the first value or, where reduced, with zero.
    Sum { class: Class, reduced: bool },
    /// `[sum, count]`; integers are summed in 64 bits or, where reduced, in their own width.
    Avg { class: Class, reduced: bool },
    /// `[low, high, count]`; a count of 0 is null.
    SumDecimal,
    /// `[low, high, count, overflowed]`
    SumDecimalReduced,
    /// `[low, high, count, overflowed]`
    AvgDecimal { scale: u8, result: (u8, u8) },
    /// `[count, mean, sum of squared distances from it]`
    Variance { scale: u8, spread: Spread, ty: Type },
    /// Nothing: the value of a grouping column, as another type.
    Key { key: usize, from: Type, to: Type },
    /// `[value, seen]`
    Value(Pick, Class),
    /// `[low, high, seen]`
    Decimal(Pick),
    /// `[text]`
    Text(Pick),
}

impl Kind {
    pub fn of(call: &AggregateCall, query: &Query, reduced: bool) -> Kind {
        let aggregate = &call.aggregate;
        let Some(argument) = aggregate.argument() else { return Kind::CountAll };
        let (class, to) = (argument.class(), aggregate.ty().unwrap_or(argument.ty()));
        let key = key_of(argument, query).filter(|_| reduced && call.filter.is_none());
        let pick = match aggregate {
            Aggregate::CountAll | Aggregate::Count(_) => return Kind::Count,
            Aggregate::Sum(_) if class != Class::I128 => return Kind::Sum { class, reduced },
            Aggregate::Sum(_) if reduced => return Kind::SumDecimalReduced,
            Aggregate::Sum(_) => return Kind::SumDecimal,
            Aggregate::Avg(_) | Aggregate::Min(_) | Aggregate::Max(_) if key.is_some() => {
                return Kind::Key { key: key.unwrap_or_default(), from: argument.ty(), to };
            }
            Aggregate::Avg(_) => {
                return match (argument.ty(), as_decimal(to)) {
                    (Type::Decimal { scale, .. }, Some(result)) => Kind::AvgDecimal { scale, result },
                    _ => Kind::Avg { class, reduced },
                };
            }
            Aggregate::Spread(_, spread) => {
                let scale = if let Type::Decimal { scale, .. } = argument.ty() { scale } else { 0 };
                return Kind::Variance { scale, spread: *spread, ty: to };
            }
            Aggregate::Min(_) => Pick::Least,
            Aggregate::Max(_) => Pick::Greatest,
            Aggregate::First(_) => Pick::First,
            Aggregate::Last(_) => Pick::Last,
        };
        match class {
            Class::I128 => Kind::Decimal(pick),
            Class::Text => Kind::Text(pick),
            class => Kind::Value(pick, class),
        }
    }

    /// What a new group starts with.
    pub fn initial(self) -> &'static [u64] {
        const NEGATIVE_ZERO: u64 = 1 << 63;
        match self {
            Kind::CountAll | Kind::Count | Kind::Text(_) => &[0],
            // -0.0 is the neutral element of addition: Flink's SUM takes the first value as it is.
            Kind::Sum { class: Class::F64, reduced: false } => &[NEGATIVE_ZERO, 0],
            Kind::Sum { .. } | Kind::Avg { .. } | Kind::Value(..) => &[0, 0],
            Kind::SumDecimal | Kind::Decimal(_) | Kind::Variance { .. } => &[0, 0, 0],
            Kind::SumDecimalReduced | Kind::AvgDecimal { .. } => &[0, 0, 0, 0],
            Kind::Key { .. } => &[],
        }
    }
}

/// Whether a value beats the one that is held.
#[inline]
pub(super) fn wins<T: PartialOrd>(pick: Pick, value: T, held: T) -> bool {
    match pick {
        Pick::Least => value < held,
        Pick::Greatest => value > held,
        Pick::First => false,
        Pick::Last => true,
    }
}
