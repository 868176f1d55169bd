//! A table whose partitions Athena works out, instead of asking the catalog for them (Amazon Athena User Guide, "Supported types for partition
//! projection"). Folders are Hive's, `column=value`, which is where Athena looks unless it is told otherwise.

use std::collections::BTreeMap;

use crate::platform::{Base, Column, Platform, Table, ValueKind};

/// The properties that say so; none where the table does not want it.
pub fn properties(platform: &Platform, table: &Table) -> BTreeMap<String, String> {
    let mut properties = BTreeMap::new();
    if !matches!(
        platform.field(table.resource, "projected").map(|value| &value.kind),
        Some(ValueKind::Bool(true))
    ) {
        return properties;
    }
    let since = match platform.field(table.resource, "since").map(|value| &value.kind) {
        Some(ValueKind::Text(day)) => day.as_str(),
        _ => "",
    };
    properties.insert("projection.enabled".to_owned(), "true".to_owned());
    let schema = platform.schema(table.schema);
    for column in table.partition.iter().filter_map(|name| schema.column(name)) {
        let prefix = format!("projection.{}", column.name.to_lowercase());
        let told = of_column(column, since);
        properties.extend(told.into_iter().map(|(name, value)| (format!("{prefix}.{name}"), value)));
    }
    properties
}

fn of_column(column: &Column, since: &str) -> Vec<(&'static str, String)> {
    let refinement = &column.ty.refinement;
    if !refinement.one_of.is_empty() {
        return vec![("type", "enum".into()), ("values", refinement.one_of.join(","))];
    }
    match (&column.ty.base, &refinement.min, &refinement.max) {
        (Base::Boolean, ..) => vec![("type", "enum".into()), ("values", "false,true".into())],
        (Base::Date, ..) => vec![
            ("type", "date".into()),
            ("format", "yyyy-MM-dd".into()),
            ("range", format!("{since},NOW")),
            ("interval", "1".into()),
            ("interval.unit", "DAYS".into()),
        ],
        (_, Some(min), Some(max)) => vec![("type", "integer".into()), ("range", format!("{min},{max}"))],
        _ => Vec::new(),
    }
}
