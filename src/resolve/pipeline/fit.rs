//! Which value fits which type, and types in words.

use smol_str::SmolStr;

use crate::platform::{Base, DataType, Platform, Refinement};

/// How a value of one type stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Every value of the one is one of the other.
    Yes,
    /// Every value but `none`.
    ButForNone,
    /// No.
    No,
}

/// Whether a value of type `from` can stand where `to` is wanted.
pub(super) fn fit(platform: &Platform, from: &DataType, to: &DataType) -> Fit {
    match (base_fits(platform, &from.base, &to.base), from.nullable && !to.nullable) {
        (false, _) => Fit::No,
        _ if disjoint(&from.refinement, &to.refinement) || is_open(from, to) => Fit::No,
        (true, true) => Fit::ButForNone,
        (true, false) => Fit::Yes,
    }
}

fn base_fits(platform: &Platform, from: &Base, to: &Base) -> bool {
    match (from, to) {
        (Base::Unknown | Base::Json, _) | (_, Base::Unknown | Base::Json) => true,
        (Base::Int, Base::BigInt | Base::Double | Base::Decimal(..)) => true,
        (Base::BigInt, Base::Double | Base::Decimal(..))
        | (Base::Decimal(..), Base::Double | Base::Decimal(..)) => true,
        (Base::Location, Base::String) => true,
        (Base::List(from), Base::List(to)) => fit(platform, from, to) == Fit::Yes,
        (Base::Map(from_key, from), Base::Map(to_key, to)) => {
            fit(platform, from_key, to_key) == Fit::Yes && fit(platform, from, to) == Fit::Yes
        }
        (Base::Record(from), Base::Record(to)) => {
            from == to || {
                let from = platform.schema(*from);
                platform.schema(*to).columns.iter().all(|wanted| match from.column(&wanted.name) {
                    Some(given) => fit(platform, &given.ty, &wanted.ty) == Fit::Yes,
                    None => wanted.ty.nullable,
                })
            }
        }
        _ => from == to,
    }
}

/// The values of one enumeration that another does not have; none where one of them is no enumeration.
pub(super) fn strangers<'t>(from: &'t DataType, to: &DataType) -> Vec<&'t str> {
    let known = &to.refinement.one_of;
    let unknown = from.refinement.one_of.iter().filter(|value| !known.is_empty() && !known.contains(value));
    unknown.map(SmolStr::as_str).collect()
}

/// Whether any text may come where one of several is wanted.
pub(super) fn is_open(from: &DataType, to: &DataType) -> bool {
    let text = matches!(from.base, Base::String | Base::Location) && to.base == Base::String;
    text && from.refinement.one_of.is_empty() && !to.refinement.one_of.is_empty()
}

/// Where inside of a value it is that one type does not fit another of the same kind: `its \`lines\`'s elements`, and what both are there.
pub(super) fn misfit(
    platform: &Platform,
    from: &DataType,
    to: &DataType,
) -> Option<(String, String, String)> {
    let (mut from, mut to, mut place) = (from, to, String::new());
    for _ in 0..DEEPEST {
        let (inner, step) = match (&from.base, &to.base) {
            (Base::List(given), Base::List(wanted)) => {
                ((given.as_ref(), wanted.as_ref()), "'s elements".to_owned())
            }
            (Base::Map(_, given), Base::Map(_, wanted)) => {
                ((given.as_ref(), wanted.as_ref()), "'s values".to_owned())
            }
            (Base::Record(given), Base::Record(wanted)) if given != wanted => {
                let given = platform.schema(*given);
                let wrong = platform.schema(*wanted).columns.iter().find_map(|wanted| {
                    let given = given.column(&wanted.name)?;
                    let wrong = fit(platform, &given.ty, &wanted.ty) != Fit::Yes;
                    wrong.then_some((&given.ty, &wanted.ty, &wanted.name))
                });
                let (given, wanted, name) = wrong?;
                ((given, wanted), format!("'s `{name}`"))
            }
            _ => break,
        };
        (from, to) = inner;
        place.push_str(&step);
    }
    (!place.is_empty()).then(|| (place, exactly(platform, from), exactly(platform, to)))
}

/// As far as values inside of values are looked at to say what is wrong.
const DEEPEST: usize = 8;

/// A type as it would be written, with its conditions.
pub(super) fn exactly(platform: &Platform, ty: &DataType) -> String {
    let mut text = described(platform, ty);
    let Refinement { min, max, min_length, max_length, matching, one_of } = &ty.refinement;
    if !one_of.is_empty() {
        text.push_str(&format!(" one of [\"{}\"]", one_of.join("\", \"")));
    }
    if min.is_some() || max.is_some() {
        text.push_str(&format!(
            " in {}..{}",
            min.as_deref().unwrap_or_default(),
            max.as_deref().unwrap_or_default()
        ));
    }
    if min_length.is_some() || max_length.is_some() {
        let bound = |bound: &Option<u64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        text.push_str(&format!(" length {}..{}", bound(min_length), bound(max_length)));
    }
    if let Some(pattern) = matching {
        text.push_str(&format!(" matching {pattern:?}"));
    }
    text
}

/// Whether no value satisfies both; of enumerations, whether the one has a value that the other does not know.
fn disjoint(from: &Refinement, to: &Refinement) -> bool {
    let number = |text: &Option<SmolStr>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let above =
        |low: Option<f64>, high: Option<f64>| matches!((low, high), (Some(low), Some(high)) if low > high);
    let longer =
        |low: Option<u64>, high: Option<u64>| matches!((low, high), (Some(low), Some(high)) if low > high);
    above(number(&from.min), number(&to.max))
        || above(number(&to.min), number(&from.max))
        || longer(from.min_length, to.max_length)
        || longer(to.min_length, from.max_length)
        || (!to.one_of.is_empty() && from.one_of.iter().any(|value| !to.one_of.contains(value)))
}

/// The narrowest of two types that holds the values of both.
pub(super) fn common(platform: &Platform, a: &DataType, b: &DataType) -> Option<DataType> {
    let nullable = a.nullable || b.nullable;
    let mut ty = if a.base == b.base {
        DataType { refinement: widened(&a.refinement, &b.refinement), ..a.clone() }
    } else if base_fits(platform, &a.base, &b.base) {
        DataType::plain(b.base.clone())
    } else if base_fits(platform, &b.base, &a.base) {
        DataType::plain(a.base.clone())
    } else {
        return None;
    };
    ty.nullable = nullable;
    ty.labels = a.labels.iter().chain(&b.labels).cloned().collect();
    ty.labels.sort();
    ty.labels.dedup();
    Some(ty)
}

/// The conditions that the values of both satisfy.
fn widened(a: &Refinement, b: &Refinement) -> Refinement {
    let bound = |a: &Option<SmolStr>, b: &Option<SmolStr>, wider: fn(f64, f64) -> bool| {
        let (a, b) = (a.as_ref()?, b.as_ref()?);
        Some(if wider(a.parse().ok()?, b.parse().ok()?) { a.clone() } else { b.clone() })
    };
    let mut one_of = Vec::new();
    if !a.one_of.is_empty() && !b.one_of.is_empty() {
        one_of.clone_from(&a.one_of);
        one_of.extend(b.one_of.iter().filter(|value| !a.one_of.contains(value)).cloned());
    }
    Refinement {
        min: bound(&a.min, &b.min, |a, b| a < b),
        max: bound(&a.max, &b.max, |a, b| a > b),
        min_length: a.min_length.zip(b.min_length).map(|(a, b)| a.min(b)),
        max_length: a.max_length.zip(b.max_length).map(|(a, b)| a.max(b)),
        matching: a.matching.clone().filter(|_| a.matching == b.matching),
        one_of,
    }
}

/// Whether it is a number.
pub(super) fn is_number(base: &Base) -> bool {
    matches!(base, Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) | Base::Json | Base::Unknown)
}

/// Whether it has no parts, so that it can be compared and made text.
pub(super) fn is_scalar(base: &Base) -> bool {
    !matches!(base, Base::List(_) | Base::Map(..) | Base::Record(_))
}

/// A type as it would be written.
pub(super) fn described(platform: &Platform, ty: &DataType) -> String {
    let name = match &ty.base {
        Base::String => "string".to_owned(),
        Base::Boolean => "boolean".to_owned(),
        Base::Int => "int".to_owned(),
        Base::BigInt => "bigint".to_owned(),
        Base::Double => "double".to_owned(),
        Base::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
        Base::Date => "date".to_owned(),
        Base::Timestamp(digits) => format!("timestamp({digits})"),
        Base::TimestampLtz(digits) => format!("timestamp_ltz({digits})"),
        Base::Bytes => "bytes".to_owned(),
        Base::List(element) => format!("list<{}>", described(platform, element)),
        Base::Map(key, value) => format!("map<{}, {}>", described(platform, key), described(platform, value)),
        Base::Record(id) => platform.schema(*id).name.to_string(),
        Base::Location => "location".to_owned(),
        Base::Json | Base::Unknown => "json".to_owned(),
    };
    if ty.nullable { format!("{name}?") } else { name }
}
