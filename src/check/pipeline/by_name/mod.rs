//! Calls of AWS by botocore's names: whether there is such an operation, whether it takes what the function gives it, and whether it answers what the
//! function returns. What is looked up are the library's models; a service without one is said to be unchecked.

mod answer;
mod begun;
mod fault;
mod request;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{
    diagnostic::Diagnostics,
    library::models::{self, Model, Shape},
    platform::{Function, Platform, SchemaId, ValueKind, wire},
    source::Span,
    suggest,
};

/// What is called is what AWS has, and takes and answers what is declared.
pub fn calls_by_name_are_ones_that_aws_takes(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut known: FxHashMap<SmolStr, Option<Model>> = FxHashMap::default();
    for function in &platform.functions {
        if platform.library.integration(function.integration.integration).name != "aws" {
            continue;
        }
        let Some((service, at)) = text(platform, function, "service") else { continue };
        let model = known.entry(service.clone()).or_insert_with(|| Model::of(&service));
        match model {
            Some(model) => operation(&mut Call { platform, function, model, diagnostics }, &service),
            None if models::services().any(|name| name == service) => {
                diagnostics.push(fault::unchecked(at, &service));
            }
            None => diagnostics.push(fault::no_service(at, &service)),
        }
    }
}

/// One function that calls an operation of a service.
struct Call<'c> {
    platform: &'c Platform,
    function: &'c Function,
    model: &'c Model,
    diagnostics: &'c mut Diagnostics,
}

fn operation(call: &mut Call<'_>, service: &str) {
    let Some((name, span)) = text(call.platform, call.function, "operation") else { return };
    let Some(operation) = call.model.operation(&name) else {
        let names = call.model.operations();
        call.diagnostics.push(fault::no_operation(span, service, &name, &names));
        return;
    };
    request::check(call, &name, operation.takes, span);
    answer::check(call, &name, operation.answers, span);
    begun::check(call, service, &name, span);
}

/// A field of the integration that is text, and its place.
fn text(platform: &Platform, function: &Function, field: &str) -> Option<(SmolStr, Span)> {
    let integration = platform.library.integration(function.integration.integration);
    let at = integration.params.iter().position(|param| param.name == field)?;
    let value = function.integration.fields.get(at)?.as_ref()?;
    match &value.kind {
        ValueKind::Text(text) => Some((text.clone(), value.span)),
        _ => None,
    }
}

/// Whether two names are one in Step Functions' spelling.
fn is_spelled(a: &str, b: &str) -> bool {
    a == b || wire::sdk_member(a) == wire::sdk_member(b)
}

/// Pairs of records and structures that are being looked at, so that those that hold themselves end.
type Seen = Vec<(SchemaId, &'static str)>;

/// A type of AWS in words.
fn described(model: &Model, shape: Shape) -> String {
    match shape {
        Shape::Text | Shape::Blob => "`string`".into(),
        Shape::Int => "`int`".into(),
        Shape::Long => "`bigint`".into(),
        Shape::Float => "`double`".into(),
        Shape::Bool => "`boolean`".into(),
        Shape::Time => "`string` or `timestamp_ltz(3)`".into(),
        Shape::Any => "`json`".into(),
        Shape::List(element) => format!("a list, of {} each", described(model, model.shape(element))),
        Shape::Map(value) => format!("a map from text, to {} each", described(model, model.shape(value))),
        Shape::Structure(name) => {
            let members = model.members(name);
            let names: Vec<&str> = members.iter().map(|member| member.name).collect();
            if names.is_empty() {
                "an empty record".into()
            } else {
                format!("a record with {}", some(&names))
            }
        }
        Shape::Enumeration(name) => format!("`string` one of {}", some(&model.words(name))),
    }
}

/// The first of several words.
fn some(words: &[&str]) -> String {
    match words.get(..MOST_WORDS) {
        Some(first) if words.len() > MOST_WORDS => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and {} others", first.join(", "), words.len() - MOST_WORDS)
        }
        _ => suggest::listed(words),
    }
}

/// As many words are listed in a message.
const MOST_WORDS: usize = 8;
