//! Whether every value of a type is a value of another, of the other version of the program.

use std::cmp::Ordering;

use crate::platform::{Base, DataType, Platform, Refinement};

/// A type and the version that it is of.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    pub platform: &'a Platform,
    pub ty: &'a DataType,
}

/// Records inside records are compared so deep.
const DEEPEST: usize = 32;

/// Whether whoever expects `wide` can take every value of `narrow`.
pub fn takes(wide: Typed<'_>, narrow: Typed<'_>) -> bool {
    takes_at(wide, narrow, 0)
}

fn takes_at(wide: Typed<'_>, narrow: Typed<'_>, depth: usize) -> bool {
    if depth > DEEPEST {
        return true;
    }
    (wide.ty.nullable || !narrow.ty.nullable)
        && base(wide, narrow, depth)
        && refined(&wide.ty.refinement, &narrow.ty.refinement)
}

fn base(wide: Typed<'_>, narrow: Typed<'_>, depth: usize) -> bool {
    let inner = |a, b| {
        takes_at(
            Typed { platform: wide.platform, ty: a },
            Typed { platform: narrow.platform, ty: b },
            depth + 1,
        )
    };
    match (&wide.ty.base, &narrow.ty.base) {
        (Base::BigInt, Base::Int) | (Base::Double, Base::Int) => true,
        (Base::Decimal(precision, scale), Base::Decimal(p, s)) => {
            scale >= s && precision.saturating_sub(*scale) >= p.saturating_sub(*s)
        }
        (Base::Timestamp(a), Base::Timestamp(b)) | (Base::TimestampLtz(a), Base::TimestampLtz(b)) => a >= b,
        (Base::List(a), Base::List(b)) => inner(a, b),
        (Base::Map(key, value), Base::Map(other, of)) => inner(key, other) && inner(value, of),
        (Base::Record(a), Base::Record(b)) => {
            let (wide, narrow) = (wide.platform.schema(*a), narrow.platform.schema(*b));
            wide.columns.iter().all(|column| match narrow.column(&column.name) {
                Some(other) => inner(&column.ty, &other.ty),
                None => column.ty.nullable,
            })
        }
        (a, b) => a == b,
    }
}

/// Whether a condition holds wherever another one does.
fn refined(wide: &Refinement, narrow: &Refinement) -> bool {
    let bound = |wide: Option<&str>, narrow: Option<&str>, good: Ordering| match (wide, narrow) {
        (None, _) => true,
        (Some(a), Some(b)) => a == b || number(a).partial_cmp(&number(b)) == Some(good),
        (Some(_), None) => false,
    };
    let listed = !narrow.one_of.is_empty();
    bound(wide.min.as_deref(), narrow.min.as_deref(), Ordering::Less)
        && bound(wide.max.as_deref(), narrow.max.as_deref(), Ordering::Greater)
        && wide.min_length.is_none_or(|least| narrow.min_length.is_some_and(|it| it >= least))
        && wide.max_length.is_none_or(|most| narrow.max_length.is_some_and(|it| it <= most))
        && (wide.matching.is_none() || wide.matching == narrow.matching)
        && (wide.one_of.is_empty() || (listed && narrow.one_of.iter().all(|it| wide.one_of.contains(it))))
}

fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok()
}

/// A type as a program writes it, without conditions.
pub fn written(typed: Typed<'_>) -> String {
    let of = |ty| written(Typed { ty, ..typed });
    let base = match &typed.ty.base {
        Base::List(item) => format!("list<{}>", of(item)),
        Base::Map(key, value) => format!("map<{}, {}>", of(key), of(value)),
        Base::Record(id) => typed.platform.schema(*id).name.to_string(),
        Base::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
        Base::Timestamp(digits) => format!("timestamp({digits})"),
        Base::TimestampLtz(digits) => format!("timestamp_ltz({digits})"),
        other => format!("{other:?}").to_lowercase(),
    };
    format!("{base}{}", if typed.ty.nullable { "?" } else { "" })
}
