//! A table: Glue's description of it. How a format's files are read is the standard library's to say.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    Calls,
    document::{Column, CreateTable, SerdeInfo, StorageDescriptor, Table as Described, TableInput},
    domain, iceberg, projection,
    types::hive,
};
use crate::{
    lower,
    platform::{self, Construct, Domain, Platform, Table, ValueKind},
};

/// What a table's contract promises, in the table's own properties, where those who read the catalog find it.
pub fn promises(platform: &Platform, table: &Table) -> BTreeMap<String, String> {
    let Some(contract) = table.contract else { return BTreeMap::new() };
    let promised = lower::record(platform, contract).into_iter().map(|(name, value)| {
        let text = match value {
            Json::String(text) => text,
            other => other.to_string(),
        };
        (format!("contract.{name}"), text)
    });
    promised.collect()
}

/// The longest comment that Glue keeps, in characters.
const LONGEST_COMMENT: usize = 255;

pub fn lower(platform: &Platform, domain: &Domain, table: &Table, calls: &mut Calls<'_>) {
    let Some(ValueKind::Construct(format)) =
        platform.field(table.resource, "format").map(|value| &value.kind)
    else {
        return;
    };
    let catalog = calls.account.id.as_str();
    let location = domain::uri(platform, &table.location);
    let described = match &*platform.library.constructor(format.constructor).name {
        "iceberg" => iceberg::describe(platform, table, format, &location),
        _ => Described::Hive { table_input: Box::new(files(platform, table, format, &location)) },
    };
    let request = CreateTable { catalog_id: catalog, database_name: &domain.database, table: described };
    calls.push(&table.name, "glue", "CreateTable", &request);
}

fn files<'a>(
    platform: &'a Platform,
    table: &'a Table,
    format: &'a Construct,
    location: &'a str,
) -> TableInput<'a> {
    let schema = platform.schema(table.schema);
    let (keys, columns): (Vec<_>, Vec<_>) =
        schema.columns.iter().partition(|column| table.partition.contains(&column.name));
    let keys = table.partition.iter().filter_map(|name| keys.iter().find(|column| column.name == *name));
    let property = |name: &str| lower::property(platform, table.resource, format, name);
    TableInput {
        name: &table.name,
        description: platform.resource(table.resource).doc.as_deref(),
        storage_descriptor: Some(StorageDescriptor {
            columns: columns.into_iter().map(|column| described(platform, column)).collect(),
            location,
            input_format: property("input_format").unwrap_or_default(),
            output_format: property("output_format").unwrap_or_default(),
            serde_info: SerdeInfo {
                serialization_library: property("serde").unwrap_or_default(),
                parameters: property("serde_parameters"),
            },
        }),
        // Athena wants the member even where it is empty.
        partition_keys: Some(keys.map(|column| described(platform, column)).collect()),
        table_type: Some("EXTERNAL_TABLE"),
        parameters: property("parameters").map(|parameters| completed(parameters, added(platform, table))),
        target_table: None,
    }
}

/// What a table of files has in its properties beside what its format says.
fn added(platform: &Platform, table: &Table) -> BTreeMap<String, String> {
    let mut added = promises(platform, table);
    added.extend(projection::properties(platform, table));
    added
}

/// With Hive's mark of a table whose files stay when it is dropped, and what is said beside.
fn completed(mut parameters: Json, added: BTreeMap<String, String>) -> Json {
    if let Json::Object(members) = &mut parameters {
        members.insert("EXTERNAL".into(), "TRUE".into());
        members.extend(added.into_iter().map(|(name, text)| (name, Json::String(text))));
    }
    parameters
}

fn described(platform: &Platform, column: &platform::Column) -> Column {
    let labels = column.ty.labels.join(",");
    Column {
        name: column.name.to_lowercase(),
        ty: hive(platform, &column.ty),
        comment: comment(column),
        parameters: if labels.is_empty() { BTreeMap::new() } else { BTreeMap::from([("labels", labels)]) },
    }
}

/// The doc comment on one line, as far as there is room for it.
pub fn comment(column: &platform::Column) -> Option<String> {
    let doc = column.doc.as_ref()?;
    Some(doc.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_COMMENT).collect())
}
