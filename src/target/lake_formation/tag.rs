//! Labels as LF-tags. A thing has one value of a tag, and a column may have several labels: each label is a tag of its own, whose one value says
//! that it is there. Tags grant nothing; what is granted stands in `grant` sentences.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    Calls, account_file,
    document::{AddLfTagsToResource, CreateLfTag, Resource},
};
use crate::{
    artifact::Artifacts,
    platform::{Domain, Platform, Table},
};

/// The only value of a label's tag.
const THERE: &str = "true";

/// The tags of every account, before what bears them.
pub fn create(platform: &Platform, out: &mut Artifacts) {
    let mut wanted: BTreeMap<&str, BTreeSet<&SmolStr>> = BTreeMap::new();
    for domain in platform.domains.iter().filter(|domain| !platform.resource(domain.resource).external) {
        let Some(account) = platform.resource(domain.resource).account else { continue };
        let tables = domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
        let columns = tables.flat_map(|table| &platform.schema(table.schema).columns);
        let labels: Vec<&SmolStr> = columns.flat_map(|column| &column.ty.labels).collect();
        if !labels.is_empty() {
            wanted.entry(&platform.account(account).name).or_default().extend(labels);
        }
    }
    for account in platform.accounts.iter().filter(|account| !account.external) {
        let Some(labels) = wanted.get(account.name.as_str()) else { continue };
        let mut calls = Calls::new(account);
        for label in labels {
            calls.push(&format!("tag.{label}"), "lakeformation", "CreateLFTag", &tag(&account.id, label));
        }
        out.files.push(account_file(platform, account, "tags", &calls));
    }
}

fn tag<'a>(catalog_id: &'a str, label: &'a str) -> CreateLfTag<'a> {
    CreateLfTag { catalog_id, tag_key: label, tag_values: vec![THERE] }
}

/// The tags of a table's columns: those with the same labels in one call.
pub fn lower(platform: &Platform, domain: &Domain, table: &Table, calls: &mut Calls<'_>) {
    let mut labelled: BTreeMap<&[SmolStr], Vec<String>> = BTreeMap::new();
    for column in &platform.schema(table.schema).columns {
        if !column.ty.labels.is_empty() {
            labelled.entry(&column.ty.labels).or_default().push(column.name.to_lowercase());
        }
    }
    let catalog_id = calls.account.id.as_str();
    for (labels, columns) in labelled {
        let request = AddLfTagsToResource {
            catalog_id,
            resource: Resource::TableWithColumns {
                catalog_id,
                database_name: &domain.database,
                name: &table.name,
                column_names: columns.iter().map(String::as_str).collect(),
            },
            lf_tags: labels.iter().map(|label| tag(catalog_id, label)).collect(),
        };
        let id = format!("tags.{}.{}", table.name, labels.join("."));
        calls.push(&id, "lakeformation", "AddLFTagsToResource", &request);
    }
}
