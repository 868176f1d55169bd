//! Nothing that a request says is lost on the way into a template or a root: each value of each request of every program is changed, one at a time,
//! and what is made of the request must change too, or be left as a call.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use dpl::{
    artifact::Artifact,
    lower::Script,
    platform::Platform,
    target::bundle::{
        Form::{self, CloudFormation, Terraform},
        map::map,
        scripts,
    },
};
use serde_json::Value as Json;

use super::{cases, programs};

/// What may be lost: the form, the operation, where the value stands (all of it below a name that ends in `.*`), and why that is no loss.
const NO_LOSS: &[(Form, &str, &str, &str)] = &[
    (CloudFormation, "glue.CreateDataQualityRuleset", "TargetTable.CatalogId", OWN_CATALOG),
    (CloudFormation, "lakeformation.AddLFTagsToResource", "CatalogId", OWN_CATALOG),
    (CloudFormation, "lakeformation.PutDataLakeSettings", "CatalogId", OWN_CATALOG),
    (
        CloudFormation,
        "glue.CreateDatabase",
        "Tags.*",
        "a database bears no tags there; docs/deploying.md says so",
    ),
    (CloudFormation, "glue.CreateTable", "TableInput.PartitionKeys[].Parameters.labels", LABELS),
    (CloudFormation, "glue.CreateTable", "TableInput.StorageDescriptor.Columns[].Parameters.labels", LABELS),
    (CloudFormation, "lakeformation.BatchGrantPermissions", "Entries[].Id", ONLY_AN_ID),
    (Terraform, "lakeformation.BatchGrantPermissions", "Entries[].Id", ONLY_AN_ID),
    (CloudFormation, "lambda.AddPermission", "StatementId", ONLY_AN_ID),
    (CloudFormation, "s3.CreateBucket", "CreateBucketConfiguration.LocationConstraint", OWN_REGION),
    (Terraform, "s3.CreateBucket", "CreateBucketConfiguration.LocationConstraint", OWN_REGION),
    (Terraform, "dynamodb.CreateTable", "SSESpecification.SSEType", "a key of one's own says as much"),
    (
        Terraform,
        "identitystore.GetGroupId",
        "AlternateIdentifier.UniqueAttribute.AttributePath",
        "it is always the name",
    ),
];
const OWN_CATALOG: &str = "the catalog of the account in which the stack is made";
const OWN_REGION: &str = "the region in which it is made";
const ONLY_AN_ID: &str = "nothing but a name within the request";
const LABELS: &str = "columns have no parameters there; the LF-tags of the columns say the same";

/// Where values stand in a request: members by name, and `[]` for the elements of a list.
fn leaves(value: &Json, path: &str, found: &mut Vec<(String, String)>, pointer: &str) {
    match value {
        // A reference to another answer: whether that is there is another test's to ask.
        Json::Object(members) if members.keys().any(|name| name.starts_with('$')) => {}
        Json::Object(members) => {
            for (name, value) in members {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                leaves(value, &format!("{path}.{name}"), found, &format!("{pointer}/{escaped}"));
            }
        }
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}[]"), found, &format!("{pointer}/{at}"));
            }
        }
        _ => found.push((path.trim_start_matches('.').to_owned(), pointer.to_owned())),
    }
}

/// Another value of the same type.
fn another(value: &Json) -> Json {
    match value {
        Json::Bool(truth) => Json::Bool(!truth),
        Json::Number(number) => Json::from(number.as_i64().unwrap_or(0) + 1),
        // A document that is text stays one.
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            Ok(Json::Object(mut members)) => {
                members.insert("Changed".to_owned(), Json::from(1));
                Json::String(Json::Object(members).to_string())
            }
            _ => Json::String(format!("{text}x")),
        },
        other => other.clone(),
    }
}

/// All that is made, and what is left.
fn made(platform: &Platform, form: Form, scripts: &[(&Artifact, Script)]) -> String {
    let mapped = map(platform, form, scripts);
    let resources: Vec<(&str, &Json)> =
        mapped.resources.iter().map(|it| (it.ty.as_str(), &it.properties)).collect();
    let asked: Vec<(&String, &Json)> =
        mapped.questions.iter().map(|((_, name), it)| (name, &it.input)).collect();
    let left: Vec<(&Vec<String>, &Vec<String>)> =
        mapped.left.iter().map(|it| (&it.calls, &it.before)).collect();
    format!("{resources:?}{asked:?}{left:?}")
}

/// The calls that are left, by their files and ids: nothing of them is lost.
fn left(platform: &Platform, form: Form, scripts: &[(&Artifact, Script)]) -> BTreeSet<(String, String)> {
    let mapped = map(platform, form, scripts);
    let calls = mapped.left.iter().flat_map(|left| {
        let ids = left.calls.iter().chain(&left.before);
        ids.map(|id| (left.file.path.clone(), id.clone())).collect::<Vec<_>>()
    });
    calls.collect()
}

/// Whether an entry of [`NO_LOSS`] covers a value.
fn covers(entry: &(Form, &str, &str, &str), form: Form, operation: &str, path: &str) -> bool {
    let fits = match entry.2.strip_suffix(".*") {
        Some(above) => path.starts_with(&format!("{above}.")) || path.starts_with(&format!("{above}[")),
        None => path == entry.2,
    };
    (entry.0, entry.1) == (form, operation) && fits
}

#[test]
fn nothing_that_a_request_says_is_lost() {
    let mut programs = vec![("acme".to_owned(), programs::analyze(&programs::example("acme")))];
    for folder in ["bundles", "roots", "targets"] {
        let files = programs::files(&Path::new("tests/cases").join(folder));
        programs.extend(files.iter().map(|path| (path.display().to_string(), cases::analyze(path).1)));
    }
    let mut tried: BTreeSet<(Form, String, String)> = BTreeSet::new();
    let mut lost: BTreeMap<(Form, String, String), String> = BTreeMap::new();
    for (program, analysis) in &programs {
        assert!(!analysis.has_errors(), "{program}");
        let raw = dpl::compile(analysis, &[]);
        for form in [CloudFormation, Terraform] {
            let mut scripts = scripts(&raw);
            let whole = made(&analysis.platform, form, &scripts);
            let left = left(&analysis.platform, form, &scripts);
            for at in 0..scripts.len() {
                for call in 0..scripts[at].1.calls.len() {
                    let of = &scripts[at].1.calls[call];
                    if left.contains(&(scripts[at].0.path.clone(), of.id.clone())) {
                        continue;
                    }
                    let operation = format!("{}.{}", of.service, of.operation);
                    let mut found = Vec::new();
                    leaves(&of.input, "", &mut found, "");
                    for (path, pointer) in found {
                        if !tried.insert((form, operation.clone(), path.clone())) {
                            continue;
                        }
                        let place = |scripts: &mut [(_, Script)], value: Json| {
                            *scripts[at].1.calls[call].input.pointer_mut(&pointer).unwrap() = value;
                        };
                        let before = scripts[at].1.calls[call].input.pointer(&pointer).unwrap().clone();
                        place(&mut scripts, another(&before));
                        if made(&analysis.platform, form, &scripts) == whole {
                            lost.insert((form, operation.clone(), path), program.clone());
                        }
                        place(&mut scripts, before);
                    }
                }
            }
        }
    }
    assert!(tried.len() > 800, "only {} values were tried", tried.len());
    let silent: Vec<String> = lost
        .iter()
        .filter(|((form, operation, path), _)| !NO_LOSS.iter().any(|it| covers(it, *form, operation, path)))
        .map(|((form, operation, path), program)| format!("{form:?} {operation} {path} ({program})"))
        .collect();
    assert!(silent.is_empty(), "lost without a word:\n{}", silent.join("\n"));
    let idle: Vec<_> = NO_LOSS
        .iter()
        .filter(|entry| !lost.keys().any(|(form, operation, path)| covers(entry, *form, operation, path)))
        .collect();
    assert!(idle.is_empty(), "no loss any more, or never one: {idle:?}");
}
