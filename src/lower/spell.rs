//! Values as AWS's requests spell them.

use serde_json::{Map, Number, Value as Json, json as object};

use super::{
    evaluate, request,
    scope::{Scope, Term, term},
    script,
};
use crate::{
    library::Encoding,
    platform::{Construct, Location, Platform, Principal, ResourceId, Value, ValueKind, resource::Noun},
};

/// A term as JSON; `None` is left out.
pub fn json<'a>(scope: &Scope<'a, '_>, of: &Term<'a>) -> Option<Json> {
    match of {
        Term::None => None,
        Term::Value(of) => value(scope, of),
        Term::Resource(id) => referred(scope.platform, *id),
        Term::Location(of) => Some(Json::String(uri(scope.platform, of))),
        Term::Result(path) => Some(script::reference(path)),
        Term::Json(of) => Some(of.clone()),
    }
}

/// A term as text, for interpolation; `None` where it is nothing or has no text.
pub fn text<'a>(scope: &Scope<'a, '_>, of: &Term<'a>) -> Option<String> {
    match json(scope, of)? {
        Json::String(text) => Some(text),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A field's value under the spelling that its `as` asks for.
pub fn encode<'a>(scope: &Scope<'a, '_>, of: &Term<'a>, encoding: Encoding) -> Option<Json> {
    match encoding {
        Encoding::Plain => json(scope, of),
        Encoding::Seconds => whole(of, 1_000),
        Encoding::Minutes => whole(of, 60_000),
        Encoding::Hours => whole(of, 3_600_000),
        Encoding::Days => whole(of, 86_400_000),
        Encoding::SimplePattern => simple_pattern(scope, of),
        Encoding::Tags => tags(scope, of),
        Encoding::Name => match of {
            Term::Resource(id) => Some(scope.platform.resource(*id).physical.as_str().into()),
            _ => json(scope, of),
        },
        Encoding::Listed => json(scope, of).map(|item| Json::Array(vec![item])),
    }
}

fn value<'a>(scope: &Scope<'a, '_>, of: &'a Value) -> Option<Json> {
    Some(match &of.kind {
        ValueKind::None => return None,
        ValueKind::Bool(truth) => Json::Bool(*truth),
        ValueKind::Int(number) => Json::from(*number),
        ValueKind::Decimal(digits) => Json::Number(Number::from_f64(digits.parse().ok()?)?),
        ValueKind::Text(text) | ValueKind::Column(text) => Json::String(text.to_string()),
        ValueKind::Duration(milliseconds) => Json::from(milliseconds / 1000),
        ValueKind::Size(bytes) => Json::from(*bytes),
        ValueKind::Variant(id, index) => {
            let variant = scope.platform.library.enumeration(*id).variants.get(*index as usize)?;
            Json::String(variant.spelling.to_string())
        }
        ValueKind::List(items) => {
            Json::Array(items.iter().filter_map(|item| json(scope, &term(item))).collect())
        }
        ValueKind::Map(entries) => {
            let members =
                entries.iter().filter_map(|(key, item)| Some((key.to_string(), json(scope, &term(item))?)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        ValueKind::Ref(id) => referred(scope.platform, *id)?,
        ValueKind::Location(location) => Json::String(uri(scope.platform, location)),
        ValueKind::Construct(of) => return construct(scope, of),
        ValueKind::Principal(who) => Json::String(principal(scope.platform, who)?),
        ValueKind::Watermark(..) | ValueKind::Conditions(_) => return None,
    })
}

/// A constructor's value: the result of its calls, else what its `value` says, else the record that its fields lower to.
fn construct<'a>(scope: &Scope<'a, '_>, of: &'a Construct) -> Option<Json> {
    if let Some(made) = scope.made.iter().find(|made| std::ptr::eq(made.construct, of)) {
        return Some(script::reference(&made.reference));
    }
    let constructor = scope.platform.library.constructor(of.constructor);
    let inside = Scope { construct: Some(of), ..*scope };
    let template = constructor.properties.get("value").map(|template| evaluate::json(&inside, template));
    match template {
        Some(Some(Json::Object(mut members))) => {
            request::place_fields(&inside, &constructor.fields, &of.fields, None, &mut members);
            Some(Json::Object(members))
        }
        Some(other) => other,
        None => {
            let mut members = Map::new();
            request::place_fields(&inside, &constructor.fields, &of.fields, None, &mut members);
            Some(Json::Object(members))
        }
    }
}

/// What stands for a declaration: what AWS calls it, or what the calls answer that make it.
fn referred(platform: &Platform, id: ResourceId) -> Option<Json> {
    if let Some(name) = resource(platform, id) {
        return Some(Json::String(name));
    }
    let made = platform.kind_of(id).made_up.then(|| request::made_by(platform, id)).flatten()?;
    Some(script::reference_in(&made, &request::file_of(platform, id)?))
}

/// What AWS calls a declaration: its ARN, its id where it is an account.
fn resource(platform: &Platform, id: ResourceId) -> Option<String> {
    if let Some(arn) = &platform.resource(id).arn {
        return Some(arn.to_string());
    }
    match platform.resource(id).noun {
        Noun::Account(account) => Some(platform.account(account).id.to_string()),
        _ => None,
    }
}

fn principal(platform: &Platform, who: &Principal) -> Option<String> {
    match who {
        Principal::Resource(id) => resource(platform, *id),
        Principal::Account(id) => Some(platform.account(*id).id.to_string()),
        Principal::ForeignAccount(id) => Some(id.to_string()),
        Principal::Service(id) => platform.library.service(*id).principal.as_ref().map(ToString::to_string),
    }
}

/// A place as its `s3://` URI.
pub fn uri(platform: &Platform, of: &Location) -> String {
    format!("s3://{}/{}", platform.resource(of.bucket).physical, of.key)
}

/// A duration in whole units; the checks have seen to it that it is a multiple.
fn whole(of: &Term<'_>, unit: u64) -> Option<Json> {
    match of {
        Term::Value(Value { kind: ValueKind::Duration(milliseconds), .. }) => {
            Some(Json::from(milliseconds / unit))
        }
        Term::Value(Value { kind: ValueKind::Int(number), .. }) => Some(Json::from(*number)),
        _ => None,
    }
}

/// Patterns as DataSync's one filter rule.
fn simple_pattern<'a>(scope: &Scope<'a, '_>, of: &Term<'a>) -> Option<Json> {
    let Json::Array(patterns) = json(scope, of)? else { return None };
    let joined: Vec<&str> = patterns.iter().filter_map(Json::as_str).collect();
    (!joined.is_empty()).then(|| object!([{ "FilterType": "SIMPLE_PATTERN", "Value": joined.join("|") }]))
}

/// A map as `[{Key, Value}]`, sorted by key; nothing where it is empty.
fn tags<'a>(scope: &Scope<'a, '_>, of: &Term<'a>) -> Option<Json> {
    let Json::Object(members) = json(scope, of)? else { return None };
    let mut pairs: Vec<(String, Json)> = members.into_iter().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    let list: Vec<Json> =
        pairs.into_iter().map(|(key, value)| object!({ "Key": key, "Value": value })).collect();
    (!list.is_empty()).then_some(Json::Array(list))
}
