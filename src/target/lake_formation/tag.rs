//! Labels as LF-tags. A thing has one value of a tag, and a column may have several labels: each label is a tag of its own, which says `true` of
//! the columns that have it. Grants choose columns by expressions of tags. A database, its tables and their columns have each other's tags from the
//! outside in, and an expression knows no names: so a domain in which labels choose has a tag of its own, and there `false` is said as well, of
//! each declared column by itself. What nobody declared has neither and is chosen by nothing.
//! <https://docs.aws.amazon.com/lake-formation/latest/dg/lf-tag-considerations.html>

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    Calls, account_file,
    document::{AddLfTagsToResource, CreateLfTag, LfTag, Resource},
    grant::{Granted, On},
};
use crate::{
    access::short_hash,
    artifact::Artifacts,
    platform::{Domain, LabelRule, Platform, Table},
};

/// The values of a label's tag. A domain's own has the second alone.
const VALUES: [&str; 2] = ["false", "true"];

/// How many characters of a tag's key all of AWS takes.
const LONGEST: usize = 50;

/// The tag of a label. Lake Formation keeps small letters only, so that a label with others, or a long one, has a digest behind it.
fn key(label: &str) -> String {
    if label.len() <= LONGEST && !label.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return label.to_owned();
    }
    let digest = short_hash(label);
    let beginning: String = label.to_lowercase().chars().take(LONGEST - digest.len() - 1).collect();
    format!("{beginning}-{digest}")
}

/// The tag of a domain. No label has a dot.
fn domain_key(database: &str) -> String {
    key(&format!("domain.{database}"))
}

fn value(there: bool) -> Vec<&'static str> {
    vec![if there { "true" } else { "false" }]
}

/// The expression that means the columns of a domain that meet a rule.
pub fn expression(database: &str, rule: &LabelRule) -> Vec<LfTag> {
    let own = LfTag { tag_key: domain_key(database), tag_values: value(true) };
    let of_labels =
        rule.0.iter().map(|(label, there)| LfTag { tag_key: key(label), tag_values: value(*there) });
    let mut all: Vec<LfTag> = std::iter::once(own).chain(of_labels).collect();
    all.sort_by(|a, b| a.tag_key.cmp(&b.tag_key));
    all
}

/// A rule in the id of a call.
pub fn named(rule: &LabelRule) -> String {
    let terms = rule.0.iter().map(|(label, there)| format!("{}{label}", if *there { "" } else { "not_" }));
    format!("labels.{}", terms.collect::<Vec<_>>().join("."))
}

fn rules(granted: &[Granted]) -> impl Iterator<Item = &LabelRule> {
    granted.iter().filter_map(|(on, _)| match on {
        On::Labelled(rule) => Some(rule),
        _ => None,
    })
}

/// The labels whose absence a domain's grants choose by.
pub fn denied(granted: &[Granted]) -> BTreeSet<&SmolStr> {
    rules(granted).flat_map(|rule| &rule.0).filter(|(_, there)| !**there).map(|(label, _)| label).collect()
}

/// The tags of every account, before what bears them.
pub fn create(platform: &Platform, grants: &BTreeMap<u32, Vec<Granted>>, out: &mut Artifacts) {
    let mut wanted: BTreeMap<&str, BTreeMap<String, LfTag>> = BTreeMap::new();
    for (at, domain) in (0u32..).zip(&platform.domains) {
        let resource = platform.resource(domain.resource);
        let Some(account) = resource.account.filter(|_| !resource.external) else { continue };
        let granted = grants.get(&at).map_or(&[][..], Vec::as_slice);
        let tables = domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
        let columns = tables.flat_map(|table| &platform.schema(table.schema).columns);
        let mut labels: BTreeSet<SmolStr> =
            columns.flat_map(|column| platform.labels_of(&column.ty)).collect();
        labels.extend(rules(granted).flat_map(|rule| rule.0.keys().cloned()));
        let own = rules(granted).next().map(|_| domain_key(&domain.database));
        if labels.is_empty() {
            continue;
        }
        let tags = wanted.entry(&platform.account(account).name).or_default();
        tags.extend(labels.iter().map(|label| {
            let tag = LfTag { tag_key: key(label), tag_values: VALUES.to_vec() };
            (format!("tag.{label}"), tag)
        }));
        tags.extend(own.map(|tag_key| {
            (format!("tag.domain.{}", domain.database), LfTag { tag_key, tag_values: value(true) })
        }));
    }
    for account in platform.accounts.iter().filter(|account| !account.external) {
        let Some(tags) = wanted.remove(account.name.as_str()) else { continue };
        let mut calls = Calls::new(account);
        for (id, tag) in tags {
            let request = CreateLfTag { catalog_id: &account.id, tag };
            calls.push(&id, "lakeformation", "CreateLFTag", &request);
        }
        out.files.push(account_file(platform, account, "tags", &calls));
    }
}

/// The tags of a table's columns: those with the same tags in one call. `denied` are labels that are said to be absent where they are.
pub fn lower(
    platform: &Platform,
    domain: &Domain,
    table: &Table,
    denied: &BTreeSet<&SmolStr>,
    calls: &mut Calls<'_>,
) {
    let mut tagged: BTreeMap<BTreeMap<SmolStr, bool>, Vec<String>> = BTreeMap::new();
    for column in &platform.schema(table.schema).columns {
        let mut tags: BTreeMap<SmolStr, bool> =
            denied.iter().map(|label| ((*label).clone(), false)).collect();
        tags.extend(platform.labels_of(&column.ty).into_iter().map(|label| (label, true)));
        if !tags.is_empty() {
            tagged.entry(tags).or_default().push(column.name.to_lowercase());
        }
    }
    let catalog_id = calls.account.id.as_str();
    for (tags, columns) in tagged {
        let rule = LabelRule(tags);
        let request = AddLfTagsToResource {
            catalog_id,
            resource: Resource::TableWithColumns {
                catalog_id,
                database_name: &domain.database,
                name: &table.name,
                column_names: columns.iter().map(String::as_str).collect(),
            },
            lf_tags: rule
                .0
                .iter()
                .map(|(label, there)| CreateLfTag {
                    catalog_id,
                    tag: LfTag { tag_key: key(label), tag_values: value(*there) },
                })
                .collect(),
        };
        let id = format!("tags.{}.{}", table.name, named(&rule).trim_start_matches("labels."));
        calls.push(&id, "lakeformation", "AddLFTagsToResource", &request);
    }
}

/// The tag of a domain in which labels choose.
pub fn of_domain(domain: &Domain, granted: &[Granted], calls: &mut Calls<'_>) {
    if rules(granted).next().is_none() {
        return;
    }
    let catalog_id = calls.account.id.as_str();
    let request = AddLfTagsToResource {
        catalog_id,
        resource: Resource::Database { catalog_id, name: &domain.database },
        lf_tags: vec![CreateLfTag {
            catalog_id,
            tag: LfTag { tag_key: domain_key(&domain.database), tag_values: value(true) },
        }],
    };
    calls.push("tags.database", "lakeformation", "AddLFTagsToResource", &request);
}
