//! The documents: a template, and `deploy.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{
    NAME,
    stack::{Between, Stack, id_of, limit},
};
use crate::{
    artifact::Artifact,
    platform::{Account, Platform},
    source::Span,
    target::bundle::{
        document::{self, Documents, Rest},
        map::{Answer, Mapped, Question, Resource},
    },
};

/// Bytes of a template beside its resources, at most.
pub const ENVELOPE: usize = 1024;

/// A template: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<&'a str, Parameter>,
    resources: BTreeMap<&'a str, Entry<'a>>,
}

/// An id that AWS made up.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: &'static str,
    description: String,
}

/// One resource.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_replace_policy: Option<&'static str>,
    properties: &'a Json,
}

fn entry<'a>(resource: &'a Resource<'a>, waits: Vec<&'a str>) -> Entry<'a> {
    let keeps = resource.keeps.then_some("Retain");
    Entry {
        r#type: &resource.ty,
        depends_on: waits,
        deletion_policy: keeps,
        update_replace_policy: keeps,
        properties: &resource.properties,
    }
}

/// Bytes that a resource takes in a template, what it waits for included, at most.
pub fn size(resource: &Resource<'_>) -> usize {
    // Its properties stand four deep; names of what it waits for stand in the properties, mostly longer.
    printed(&resource.properties, 4)
        + resource.ty.len()
        + resource.logical.len()
        + resource.needs.len() * 64
        + 512
}

/// Bytes that a value takes where its lines are indented so many times, at most.
fn printed(value: &Json, depth: usize) -> usize {
    match value {
        Json::Null => 4,
        Json::Bool(_) => 5,
        Json::Number(number) => number.to_string().len(),
        Json::String(text) => quoted(text),
        Json::Array(items) => {
            let line = 2 * (depth + 1) + 2;
            items.iter().map(|it| line + printed(it, depth + 1)).sum::<usize>() + 2 * depth + 3
        }
        Json::Object(members) => {
            let line = 2 * (depth + 1) + 4;
            let all = members.iter().map(|(name, it)| line + quoted(name) + printed(it, depth + 1));
            all.sum::<usize>() + 2 * depth + 3
        }
    }
}

/// Bytes of a text in quotes, with what is escaped in it.
fn quoted(text: &str) -> usize {
    let more = text.bytes().map(|it| match it {
        b'"' | b'\\' => 1,
        0..0x20 => 5,
        _ => 0,
    });
    text.len() + more.sum::<usize>() + 2
}

/// A template's text.
pub fn text(stack: &Stack<'_>) -> String {
    let resources = stack.resources.iter().zip(&stack.waits).map(|(resource, waits)| {
        (resource.logical.as_str(), entry(resource, waits.iter().copied().collect()))
    });
    // What only another question takes is none of the template's.
    let used = |name: &str| stack.resources.iter().any(|it| refers(&it.properties, name));
    let parameters = stack.questions.iter().filter(|(name, _)| used(name)).map(|(name, it)| {
        let description = format!("{} of the answer to {}.{}", it.path, it.service, it.operation);
        (*name, Parameter { r#type: "String", description })
    });
    let template = Template {
        version: "2010-09-09",
        description: format!("{}: made by dpl from the program; change that and not this", stack.name),
        parameters: parameters.collect(),
        resources: resources.collect(),
    };
    document::text(&template)
}

/// Whether a value refers to a parameter.
fn refers(value: &Json, parameter: &str) -> bool {
    match value {
        Json::Object(members) => {
            members.get("Ref").and_then(Json::as_str) == Some(parameter)
                || members.values().any(|it| refers(it, parameter))
        }
        Json::Array(items) => items.iter().any(|it| refers(it, parameter)),
        _ => false,
    }
}

fn path(stack: &Stack<'_>) -> String {
    format!("{}/{NAME}/{}.template.json", stack.folder, stack.name)
}

/// A stack's template as a file.
pub fn template(stack: &Stack<'_>, text: String) -> Artifact {
    let source = stack.resources.first().map(|it| it.span).unwrap_or_default();
    documents(stack, source).file(path(stack), text)
}

fn documents<'a>(stack: &'a Stack<'_>, source: Span) -> Documents<'a> {
    Documents { family: NAME, folder: &stack.folder, source }
}

/// The stacks and the calls of one step may be made at the same time.
#[derive(Default, Serialize)]
struct Step<'a> {
    stacks: Vec<Described<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Rest<'a>>,
}

#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    account: &'a str,
    region: &'a str,
    template: String,
    bytes: usize,
    /// How it is handed over: `body` in the request itself, `bucket` as an object whose address is given, since it is too large for the request.
    template_by: &'static str,
    capabilities: [&'static str; 1],
    /// The template's parameters by their names: what to ask for each, and where the answer has it. `{"Ref": …}` in a question is the answer to another.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parameters: BTreeMap<&'a str, Asked<'a>>,
    /// The requests that make a set of stacks of the template, where it may be one: instead of the stack, with the template and the parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_set: Option<[Request<'a>; 2]>,
}

/// A request without the template and what it asks for.
#[derive(Serialize)]
struct Request<'a> {
    service: &'static str,
    operation: &'static str,
    input: Json,
    account: &'a str,
}

/// AWS makes policies of an organization in its management account and for whom that has delegated it to. Sets whose permissions AWS manages
/// leave the management account out, and so the roles are those of the accounts:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html>
fn stack_set<'a>(stack: &Stack<'_>, account: &'a Account) -> [Request<'a>; 2] {
    let request = |operation, input| Request { service: NAME, operation, input, account: &account.id };
    let name = &stack.name;
    [
        request("CreateStackSet", json!({ "StackSetName": name, "PermissionModel": "SELF_MANAGED" })),
        request(
            "CreateStackInstances",
            json!({ "StackSetName": name, "Accounts": [account.id], "Regions": [account.region] }),
        ),
    ]
}

#[derive(Serialize)]
struct Asked<'a> {
    service: &'a str,
    operation: &'a str,
    input: &'a Json,
    path: &'a str,
}

fn asked(question: &Question) -> Asked<'_> {
    let Question { service, operation, input, path } = question;
    Asked { service, operation, input, path }
}

/// The order across accounts; `bytes` are those of each stack's template.
pub fn deploy(
    platform: &Platform,
    (stacks, between): (&[Stack<'_>], &Between<'_>),
    bytes: &[usize],
    mapped: &Mapped<'_>,
) -> Option<Artifact> {
    let first = stacks.first()?;
    let source = first.resources.first()?.span;
    let direct = limit(platform, "template_body");
    let mut steps: BTreeMap<usize, Step<'_>> = BTreeMap::new();
    for (stack, &bytes) in stacks.iter().zip(bytes) {
        let account = platform.account(stack.account);
        steps.entry(stack.wave).or_default().stacks.push(Described {
            name: &stack.name,
            account: &account.id,
            region: &account.region,
            template: path(stack),
            bytes,
            template_by: if bytes > direct { "bucket" } else { "body" },
            capabilities: ["CAPABILITY_NAMED_IAM"],
            parameters: stack.questions.iter().map(|(name, it)| (*name, asked(it))).collect(),
            stack_set: stack.is_set.then(|| stack_set(stack, account)),
        });
    }
    let known = |answer: &Answer| match answer {
        Answer::Known(value) => {
            let parameter = value.get("Ref").and_then(Json::as_str);
            let questions = mapped.questions.iter();
            let asks = parameter.and_then(|name| questions.into_iter().find(|((_, it), _)| it == name));
            match asks {
                Some((_, question)) => serde_json::to_value(asked(question)).ok(),
                None => Some(json!({ "value": value })),
            }
        }
        // What CloudFormation knows a resource by is what its attributes are asked for here: an ARN, an id.
        Answer::Of(at, _) => {
            let resource = mapped.resources.get(*at)?;
            let stack = stacks.iter().find(|it| it.resources.iter().any(|it| std::ptr::eq(*it, resource)))?;
            serde_json::to_value(asked(&id_of(&stack.name, &resource.logical))).ok()
        }
    };
    let mut calls: BTreeMap<usize, Vec<&(usize, String)>> = BTreeMap::new();
    between.iter().for_each(|(wave, call)| calls.entry(*wave).or_default().push(call));
    for (wave, calls) in calls {
        steps.entry(wave).or_default().calls = document::between(&mapped.left, &calls, &known);
    }
    let between = between.iter().map(|(_, call)| *call).collect();
    Some(documents(first, source).deploy(steps.into_values().collect(), &mapped.left, &between, &known))
}
