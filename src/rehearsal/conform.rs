//! Whether a JSON value has a type: results that are made up, events that are given.

use serde_json::Value as Json;

use super::mismatch::shortened;
use crate::platform::{Base, Column, DataType, Pipeline, Platform};

/// What is wrong with a value for a type, in words that begin with the place: `lines[2].item is 5, and no text`.
pub fn conforms(platform: &Platform, ty: &DataType, value: &Json) -> Result<(), String> {
    at(platform, ty, value, "it")
}

/// The same for the event of a pipeline.
pub fn event_conforms(platform: &Platform, pipeline: &Pipeline, event: &Json) -> Result<(), String> {
    match (pipeline.params.as_slice(), pipeline.whole_event) {
        ([only], true) => conforms(platform, &only.ty, event),
        (params, _) => record(platform, params, event, "it"),
    }
}

fn at(platform: &Platform, ty: &DataType, value: &Json, place: &str) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("{place} is {}, and no {wanted}", short(value)));
    match (&ty.base, value) {
        (Base::Json | Base::Unknown, _) => Ok(()),
        (_, Json::Null) if ty.nullable => Ok(()),
        (_, Json::Null) => Err(format!("{place} is null, which it can't be")),
        (Base::Boolean, Json::Bool(_)) => Ok(()),
        (Base::Boolean, _) => wrong("boolean"),
        (Base::Int | Base::BigInt, Json::Number(number)) if number.is_i64() => bounded(ty, value, place),
        (Base::Int | Base::BigInt, _) => wrong("whole number"),
        (Base::Double | Base::Decimal(..), Json::Number(_)) => bounded(ty, value, place),
        (Base::Double | Base::Decimal(..), _) => wrong("number"),
        (Base::List(element), Json::Array(items)) => {
            sized(ty, items.len(), "elements", place)?;
            let mut items = items.iter().enumerate();
            items.try_for_each(|(index, item)| at(platform, element, item, &format!("{place}[{index}]")))
        }
        (Base::List(_), _) => wrong("list"),
        (Base::Map(_, inner), Json::Object(members)) => {
            let mut members = members.iter();
            members.try_for_each(|(name, member)| at(platform, inner, member, &below(place, name)))
        }
        (Base::Record(id), _) => record(platform, &platform.schema(*id).columns, value, place),
        (Base::Map(..), _) => wrong("object"),
        (_, Json::String(text)) => texts(ty, text, place),
        _ => wrong("text"),
    }
}

fn record(platform: &Platform, columns: &[Column], value: &Json, place: &str) -> Result<(), String> {
    let Json::Object(members) = value else {
        return Err(format!("{place} is {}, and no object", short(value)));
    };
    for column in columns {
        match members.get(column.name.as_str()) {
            Some(member) => at(platform, &column.ty, member, &below(place, &column.name))?,
            None if column.ty.nullable => {}
            None => return Err(format!("{place} has no `{}`", column.name)),
        }
    }
    match members.keys().find(|name| !columns.iter().any(|column| column.name == **name)) {
        None => Ok(()),
        Some(name) => {
            Err(match crate::suggest::nearest(name, columns.iter().map(|column| column.name.as_str())) {
                Some(near) => format!("{place} has a `{name}`, which there is not; did you mean `{near}`?"),
                None => format!("{place} has a `{name}`, which there is not"),
            })
        }
    }
}

/// The place of a member: `it` is not said of what is in it.
fn below(place: &str, name: &str) -> String {
    if place == "it" { format!("`{name}`") } else { format!("{place}.`{name}`") }
}

fn bounded(ty: &DataType, value: &Json, place: &str) -> Result<(), String> {
    let number = value.as_f64().unwrap_or_default();
    let limit = |text: &Option<smol_str::SmolStr>| text.as_deref().and_then(|text| text.parse::<f64>().ok());
    let (min, max) = (limit(&ty.refinement.min), limit(&ty.refinement.max));
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        return Err(format!("{place} is {value}, outside its bounds"));
    }
    Ok(())
}

fn texts(ty: &DataType, text: &str, place: &str) -> Result<(), String> {
    sized(ty, text.chars().count(), "characters", place)?;
    let allowed = &ty.refinement.one_of;
    if !allowed.is_empty() && !allowed.iter().any(|one| one == text) {
        return Err(format!("{place} is \"{text}\", and none of {}", crate::suggest::listed(allowed)));
    }
    Ok(())
}

fn sized(ty: &DataType, length: usize, of: &str, place: &str) -> Result<(), String> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let (min, max) = (ty.refinement.min_length.unwrap_or(0), ty.refinement.max_length.unwrap_or(u64::MAX));
    if length < min || length > max {
        return Err(format!("{place} has {length} {of}, outside its bounds"));
    }
    Ok(())
}

/// A value of a sentence.
fn short(value: &Json) -> String {
    shortened(value, 60)
}
