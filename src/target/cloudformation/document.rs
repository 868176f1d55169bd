//! The documents: a template, and `deploy.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::{
    NAME,
    map::{Left, Resource},
    order::{Stack, limit},
};
use crate::{artifact::Artifact, platform::Platform};

/// Bytes of a template beside its resources, at most.
pub const ENVELOPE: usize = 1024;

/// A template: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: String,
    resources: BTreeMap<&'a str, Entry<'a>>,
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
    let text = serde_json::to_string_pretty(&entry(resource, Vec::new())).unwrap_or_default();
    // Each line is indented by four more; names of what it waits for stand in the properties, mostly longer.
    let lines = text.lines().count();
    text.len() + lines * 4 + resource.logical.len() + resource.needs.len() * 64 + 256
}

/// A template's text.
pub fn text(stack: &Stack<'_>) -> String {
    let resources = stack.resources.iter().zip(&stack.waits).map(|(resource, waits)| {
        (resource.logical.as_str(), entry(resource, waits.iter().copied().collect()))
    });
    let template = Template {
        version: "2010-09-09",
        description: format!("{}: made by dpl from the program; change that and not this", stack.name),
        resources: resources.collect(),
    };
    let mut text = serde_json::to_string_pretty(&template).unwrap_or_default();
    text.push('\n');
    text
}

fn path(stack: &Stack<'_>) -> String {
    format!("{}/{NAME}/{}.template.json", stack.folder, stack.name)
}

/// A stack's template as a file.
pub fn template(stack: &Stack<'_>) -> Artifact {
    Artifact {
        path: path(stack),
        account: stack.folder.clone(),
        family: NAME,
        declaration: stack.folder.clone(),
        source: stack.resources.first().map(|it| it.span).unwrap_or_default(),
        text: text(stack),
        notes: Vec::new(),
        statements: Vec::new(),
    }
}

/// `deploy.json`.
#[derive(Serialize)]
struct Deploy<'a> {
    version: u32,
    /// In order; the stacks of one step may be made at the same time.
    steps: Vec<Step<'a>>,
    /// Calls that no template makes, to be made behind the stacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Rest<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    stacks: Vec<Described<'a>>,
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
}

#[derive(Serialize)]
struct Rest<'a> {
    file: &'a str,
    ids: &'a [String],
}

/// The order across accounts.
pub fn deploy(platform: &Platform, stacks: &[Stack<'_>], left: &[Left<'_>]) -> Option<Artifact> {
    let first = stacks.first()?;
    let source = first.resources.first()?.span;
    let direct = limit(platform, "template_body");
    let mut steps: BTreeMap<usize, Vec<Described<'_>>> = BTreeMap::new();
    for stack in stacks {
        let account = platform.account(stack.account);
        let bytes = text(stack).len();
        steps.entry(stack.wave).or_default().push(Described {
            name: &stack.name,
            account: &account.id,
            region: &account.region,
            template: path(stack),
            bytes,
            template_by: if bytes > direct { "bucket" } else { "body" },
            capabilities: ["CAPABILITY_NAMED_IAM"],
        });
    }
    let deploy = Deploy {
        version: 1,
        steps: steps.into_values().map(|stacks| Step { stacks }).collect(),
        calls: left.iter().map(|left| Rest { file: &left.file.path, ids: &left.calls }).collect(),
    };
    let mut text = serde_json::to_string_pretty(&deploy).unwrap_or_default();
    text.push('\n');
    Some(Artifact {
        path: "deploy.json".to_owned(),
        account: first.folder.clone(),
        family: NAME,
        declaration: first.folder.clone(),
        source,
        text,
        notes: Vec::new(),
        statements: Vec::new(),
    })
}
