//! A resource's calls: those of its values first, then its own, with the fields at their places.

use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

use super::{
    evaluate::{self, evaluate},
    scope::{Given, Made, Nothing, Scope, Surroundings, term},
    script::Call,
    spell,
};
use crate::{
    library::{self, FieldDecl},
    platform::{Construct, Platform, ResourceId, Value, ValueKind},
    syntax::ast::Expr,
};

/// The calls that make a resource, in order; none where its kind has none.
pub fn calls_of<'a>(platform: &'a Platform, surroundings: &'a dyn Surroundings, id: ResourceId) -> Vec<Call> {
    let (resource, kind) = (platform.resource(id), platform.kind_of(id));
    let outside =
        Scope { platform, surroundings, id, resource, construct: None, made: &[], earlier: &[], given: None };
    let mut calls = Vec::new();
    let mut made = Vec::new();
    for (field, value) in kind.fields.iter().zip(&resource.fields) {
        if let Some(value) = value.as_ref().filter(|value| may_make(value)) {
            let at = format!("{}.{}", resource.name, field.name);
            make_values(&outside, value, &at, &mut made, &mut calls);
        }
    }
    let mut earlier: Vec<(&str, String)> = Vec::new();
    for declared in &kind.calls {
        let id = format!("{}.{}", resource.name, declared.name);
        let fields = Fields { declared: &kind.fields, values: &resource.fields };
        let Some(call) = call(
            &Scope { made: &made, earlier: &earlier, ..outside },
            declared,
            id.clone(),
            &fields,
            &kind.calls,
        ) else {
            continue;
        };
        calls.push(call);
        earlier.push((&declared.name, id));
    }
    calls
}

/// Calls over a declaration that stand elsewhere than in its kind; `known` are results of calls before them.
pub fn calls_with<'a>(
    platform: &'a Platform,
    surroundings: &'a dyn Surroundings,
    id: ResourceId,
    declared: &'a [library::Call],
    known: &[(&'a str, String)],
) -> Vec<Call> {
    let resource = platform.resource(id);
    let mut earlier = known.to_vec();
    let mut calls = Vec::new();
    for template in declared {
        let scope = Scope {
            platform,
            surroundings,
            id,
            resource,
            construct: None,
            made: &[],
            earlier: &earlier,
            given: None,
        };
        let name = format!("{}.{}", resource.name, template.name);
        if let Some(call) =
            call(&scope, template, name.clone(), &Fields { declared: &[], values: &[] }, declared)
        {
            calls.push(call);
            earlier.push((&template.name, name));
        }
    }
    calls
}

/// The part of its calls' results that stands for a declaration: what a later call of the same script refers to it by.
pub fn made_by(platform: &Platform, id: ResourceId) -> Option<String> {
    let name = &platform.resource(id).name;
    let calls = platform.kind_of(id).calls.iter();
    calls.rev().find_map(|call| Some(format!("{name}.{}.{}", call.name, call.result.as_ref()?)))
}

/// The file with a declaration's calls; nothing where it belongs to no account or its kind to no service.
pub fn file_of(platform: &Platform, id: ResourceId) -> Option<String> {
    let account = platform.account(platform.resource(id).account?);
    let service = platform.kind_of(id).service.as_deref()?;
    Some(format!("{}/{service}/{}.calls.json", account.name, platform.file_stem(id)))
}

/// A property of a constructor's value, evaluated: what a target reads of it.
pub fn property(platform: &Platform, id: ResourceId, construct: &Construct, name: &str) -> Option<Json> {
    let template = platform.library.constructor(construct.constructor).properties.get(name)?;
    evaluate::json(&Scope { construct: Some(construct), ..alone(platform, id) }, template)
}

/// What a template over a request comes to. The names in it are the request's members, and whatever stands beside them in `given`.
pub fn of_request(
    platform: &Platform,
    account: ResourceId,
    given: Given<'_>,
    template: &Expr,
) -> Option<Json> {
    evaluate::json(&Scope { given: Some(given), ..alone(platform, account) }, template)
}

/// Whether a template over a request holds.
pub fn holds_of_request(platform: &Platform, account: ResourceId, given: Given<'_>, template: &Expr) -> bool {
    evaluate::holds(&Scope { given: Some(given), ..alone(platform, account) }, template)
}

/// The record that a declaration's fields lower to, of a kind without calls.
pub fn record(platform: &Platform, id: ResourceId) -> Map<String, Json> {
    let mut members = Map::new();
    let (fields, values) = (&platform.kind_of(id).fields, &platform.resource(id).fields);
    place_fields(&alone(platform, id), fields, values, None, &mut members);
    members
}

fn alone(platform: &Platform, id: ResourceId) -> Scope<'_, '_> {
    let resource = platform.resource(id);
    Scope {
        platform,
        surroundings: &Nothing,
        id,
        resource,
        construct: None,
        made: &[],
        earlier: &[],
        given: None,
    }
}

/// Fields with their values.
struct Fields<'a> {
    declared: &'a [FieldDecl],
    values: &'a [Option<Value>],
}

/// Whether a value could have constructors' values in it.
fn may_make(value: &Value) -> bool {
    match &value.kind {
        ValueKind::List(items) => items.iter().any(may_make),
        kind => matches!(kind, ValueKind::Construct(_)),
    }
}

/// Makes the constructors' values that take calls of their own, the innermost first.
fn make_values<'a>(
    scope: &Scope<'a, '_>,
    value: &'a Value,
    at: &str,
    made: &mut Vec<Made<'a>>,
    calls: &mut Vec<Call>,
) {
    match &value.kind {
        ValueKind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                make_values(scope, item, &format!("{at}.{index}"), made, calls);
            }
        }
        ValueKind::Construct(construct) => make_construct(scope, construct, at, made, calls),
        _ => {}
    }
}

fn make_construct<'a>(
    scope: &Scope<'a, '_>,
    construct: &'a Construct,
    at: &str,
    made: &mut Vec<Made<'a>>,
    calls: &mut Vec<Call>,
) {
    let constructor = scope.platform.library.constructor(construct.constructor);
    for (field, value) in constructor.fields.iter().zip(&construct.fields) {
        if let Some(value) = value.as_ref().filter(|value| may_make(value)) {
            make_values(scope, value, &format!("{at}.{}", field.name), made, calls);
        }
    }
    let mut earlier: Vec<(&str, String)> = Vec::new();
    let mut result = None;
    for declared in &constructor.calls {
        let id = if constructor.calls.len() == 1 { at.to_owned() } else { format!("{at}.{}", declared.name) };
        let inside = Scope { construct: Some(construct), made, earlier: &earlier, ..*scope };
        let fields = Fields { declared: &constructor.fields, values: &construct.fields };
        let Some(call) = call(&inside, declared, id.clone(), &fields, &constructor.calls) else { continue };
        calls.push(call);
        result = declared.result.as_ref().map(|member| format!("{id}.{member}")).or(result);
        earlier.push((&declared.name, id));
    }
    made.extend(result.map(|reference| Made { construct, reference }));
}

/// One call, unless its condition does not hold.
fn call<'a>(
    scope: &Scope<'a, '_>,
    declared: &'a library::Call,
    id: String,
    fields: &Fields<'a>,
    all: &[library::Call],
) -> Option<Call> {
    if declared.only_if.as_ref().is_some_and(|condition| !evaluate(scope, condition).holds()) {
        return None;
    }
    let mut members = Map::new();
    for (member, template) in &declared.input {
        if let Some(value) = evaluate::json(scope, template) {
            members.insert(member.to_string(), value);
        }
    }
    let first = all.first().is_some_and(|first| std::ptr::eq(first, declared));
    place_fields(scope, fields.declared, fields.values, Some((&declared.name, first)), &mut members);
    Some(Call {
        id,
        service: declared.service.to_string(),
        operation: declared.operation.to_string(),
        input: Json::Object(members),
        account: scope.account(scope.resource).map(|account| account.id.to_string()).unwrap_or_default(),
    })
}

/// Puts each value where its field's `->` says: into the call of that name, or into the first where the field names none.
pub fn place_fields<'a>(
    scope: &Scope<'a, '_>,
    fields: &'a [FieldDecl],
    values: &'a [Option<Value>],
    call: Option<(&SmolStr, bool)>,
    members: &mut Map<String, Json>,
) {
    for (field, value) in fields.iter().zip(values) {
        let (Some(lowering), Some(value)) = (&field.lowers_to, value) else { continue };
        let here = match (&lowering.call, call) {
            (Some(named), Some((name, _))) => named == name,
            (None, Some((_, first))) => first,
            (_, None) => true,
        };
        if here && let Some(spelled) = spell::encode(scope, &term(value), lowering.encoding) {
            place(members, &lowering.path, spelled);
        }
    }
}

/// Sets the member at a path, making the records on the way.
fn place(members: &mut Map<String, Json>, path: &[SmolStr], value: Json) {
    let Some((last, way)) = path.split_last() else { return };
    let mut at = members;
    for step in way {
        let next = at.entry(step.as_str()).or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(inner) = next else { return };
        at = inner;
    }
    at.insert(last.to_string(), value);
}
