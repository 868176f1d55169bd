//! The documents: a root in Terraform's JSON syntax, and `deploy.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{
    NAME,
    root::{Plan, Root, address},
};
use crate::{
    artifact::Artifact,
    platform::{Account, AccountId, Platform},
    source::Span,
    target::bundle::{
        document::{Documents, Rest, between, text},
        map::{Answer, Mapped, Resource},
    },
};

/// <https://developer.hashicorp.com/terraform/language/syntax/json>
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "//")]
    comment: &'static str,
    terraform: Settings,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    variable: BTreeMap<String, Json>,
    provider: Providers<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: Blocks<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    resource: Blocks<'a>,
}

/// By type, and by name.
type Blocks<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Json>>;

#[derive(Serialize)]
struct Settings {
    required_version: &'static str,
    required_providers: Json,
}

#[derive(Serialize)]
struct Providers<'a> {
    aws: Vec<Provider<'a>>,
}

/// The provider refuses to act in an account that is not listed:
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs#allowed_account_ids-1>
#[derive(Serialize)]
struct Provider<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    /// Whose credentials an alias has.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    region: &'a str,
    allowed_account_ids: [&'a str; 1],
}

/// A resource's arguments, with what Terraform itself takes.
fn block(platform: &Platform, resource: &Resource<'_>, waits: &BTreeSet<String>) -> Json {
    let mut members = match &resource.properties {
        Json::Object(members) => members.clone(),
        _ => Map::new(),
    };
    if resource.acts_in != resource.account {
        members.insert("provider".into(), format!("aws.{}", platform.account(resource.acts_in).name).into());
    }
    if resource.keeps {
        members.insert("lifecycle".into(), json!({ "prevent_destroy": true }));
    }
    // What is looked up behind resources would be looked up in each run anew.
    if !waits.is_empty() && !resource.looked_up {
        members.insert("depends_on".into(), json!(waits));
    }
    Json::Object(members)
}

/// The variable with the profile of an alias.
fn profile(account: &str) -> String {
    format!("{account}_profile")
}

fn variable(account: &str) -> Json {
    let description =
        format!("Profile with credentials of the account `{account}`; those of the run where it is null");
    json!({ "type": "string", "default": null, "description": description })
}

/// The provider of another account in which a root acts.
fn alias(account: &Account) -> Provider<'_> {
    Provider {
        alias: Some(&account.name),
        profile: Some(format!("${{var.{}}}", profile(&account.name))),
        region: &account.region,
        allowed_account_ids: [&account.id],
    }
}

fn path(folder: &str) -> String {
    format!("{folder}/{NAME}/main.tf.json")
}

/// A root as a file.
pub fn root(platform: &Platform, root: &Root<'_>) -> Artifact {
    let account = platform.account(root.account);
    let mut blocks: [Blocks<'_>; 2] = Default::default();
    let [data, resource] = &mut blocks;
    for (it, waits) in &root.resources {
        let place = if it.looked_up { &mut *data } else { &mut *resource };
        place.entry(&it.ty).or_default().insert(&it.logical, block(platform, it, waits));
    }
    let [data, resource] = blocks;
    let others: BTreeSet<AccountId> =
        root.resources.iter().map(|(it, _)| it.acts_in).filter(|it| *it != root.account).collect();
    let elsewhere: Vec<&Account> = others.into_iter().map(|it| platform.account(it)).collect();
    let own =
        Provider { alias: None, profile: None, region: &account.region, allowed_account_ids: [&account.id] };
    let document = Document {
        comment: "made by dpl from the program; change that and not this",
        terraform: Settings {
            required_version: ">= 1.3",
            required_providers: json!({ "aws": { "source": "hashicorp/aws", "version": "~> 6.25" } }),
        },
        variable: elsewhere.iter().map(|it| (profile(&it.name), variable(&it.name))).collect(),
        provider: Providers { aws: [own].into_iter().chain(elsewhere.iter().map(|it| alias(it))).collect() },
        data,
        resource,
    };
    let source = root.resources.first().map(|(it, _)| it.span).unwrap_or_default();
    documents(&root.folder, source).file(path(&root.folder), text(&document))
}

fn documents(folder: &str, source: Span) -> Documents<'_> {
    Documents { family: NAME, folder, source }
}

/// The roots and the calls of one step may be applied and made at the same time.
#[derive(Serialize)]
struct Step<'a> {
    roots: Vec<Described<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Rest<'a>>,
}

#[derive(Serialize)]
struct Described<'a> {
    account: &'a str,
    region: &'a str,
    /// The folder in which Terraform is run.
    root: String,
    /// What is applied with `-target`; the whole root where this is left out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    targets: &'a BTreeSet<String>,
}

/// The order across accounts.
pub fn deploy(platform: &Platform, plan: &Plan<'_>, mapped: &Mapped<'_>) -> Option<Artifact> {
    let first = plan.roots.first()?;
    let source = first.resources.first()?.0.span;
    let known = |answer: &Answer| match answer {
        Answer::Known(value) => Some(json!({ "value": value })),
        Answer::Of(at, attribute) => {
            let resource = mapped.resources.get(*at)?;
            let root = format!("{}/{NAME}", platform.account(resource.account).name);
            let attribute = attribute.as_deref().unwrap_or("id");
            Some(json!({ "root": root, "address": address(resource), "attribute": attribute }))
        }
    };
    let steps = plan.steps.iter().map(|step| {
        let roots = step.turns.iter().map(|turn| {
            let account = platform.account(turn.account);
            let root = format!("{}/{NAME}", account.name);
            Described { account: &account.id, region: &account.region, root, targets: &turn.targets }
        });
        Step { roots: roots.collect(), calls: between(&mapped.left, &step.calls, &known) }
    });
    let calls = plan.steps.iter().flat_map(|step| &step.calls).copied().collect();
    Some(documents(&first.folder, source).deploy(steps.collect(), &mapped.left, &calls, &known))
}
