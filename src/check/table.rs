//! Tables: columns, keys, partitions, what a format can hold, contracts.

use std::collections::BTreeMap;

use super::{
    domain::{folded, is_plain, unquotable},
    field,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Base, Column, DataType, Platform, ResourceId, Table, ValueKind},
    source::Span,
    suggest,
};

/// The digits of a second that Iceberg keeps before its version 3.
const MICROSECONDS: u8 = 6;

fn each(
    platform: &Platform,
    diagnostics: &mut Diagnostics,
    rule: impl Fn(&Table, &[Column], &mut Diagnostics),
) {
    for table in &platform.tables {
        rule(table, &platform.schema(table.schema).columns, diagnostics);
    }
}

/// A table has columns.
pub fn tables_have_columns(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |table, columns, diagnostics| {
        let left = columns.iter().filter(|column| !table.partition.contains(&column.name)).count();
        let span = platform.resource(table.resource).span;
        if columns.is_empty() {
            diagnostics.push(
                Diagnostic::error(
                    catalogue::TABLE_EMPTY,
                    span,
                    format!("`{}` has no columns", table.name),
                    "a table without columns",
                )
                .help("add a line `name : type` for each column"),
            );
        } else if left == 0 {
            diagnostics.push(
                Diagnostic::error(
                    catalogue::TABLE_EMPTY,
                    span,
                    format!("every column of `{}` divides it", table.name),
                    "nothing is left to store in its files",
                )
                .help("leave the columns out of `partition` that readers do not look for"),
            );
        }
    });
}

/// Names stay different when Glue folds them to small letters.
pub fn names_stay_different(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |table, columns, diagnostics| {
        let resource = platform.resource(table.resource);
        let written = platform.field(table.resource, "name");
        let span = written.map_or(resource.span, |value| value.span);
        if !is_plain(&table.name) {
            diagnostics.push(unquotable(span, "table", &table.name));
        } else if let Some(ValueKind::Text(text)) = written.map(|value| &value.kind)
            && *text != table.name
        {
            diagnostics.push(folded(span, "table", text, &table.name));
        }
        let mut names: Vec<(String, &Column)> =
            columns.iter().map(|column| (column.name.to_lowercase(), column)).collect();
        names.sort_by_key(|(name, column)| (name.clone(), column.span));
        for pair in names.windows(2) {
            if let [(first, one), (second, other)] = pair
                && first == second
                && one.name != other.name
            {
                diagnostics.push(same_when_folded(one, other, first));
            }
        }
    });
}

fn same_when_folded(one: &Column, other: &Column, kept: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::SAME_COLUMN,
        other.span,
        format!("`{}` and `{}` are the same column for Glue", one.name, other.name),
        format!("kept as `{kept}` too"),
    )
    .related(one.span, "the same in small letters")
    .help("give one of them another name")
}

/// A key is always there.
pub fn keys_are_never_null(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |_, columns, diagnostics| {
        for column in columns.iter().filter(|column| column.key && column.ty.nullable) {
            diagnostics.push(
                Diagnostic::error(
                    catalogue::NULLABLE_KEY,
                    column.span,
                    format!("the key `{}` may be null", column.name),
                    "a key that may be missing tells no rows apart",
                )
                .help("leave out the `?`, or the word `key`"),
            );
        }
    });
}

/// Partitions are columns of the table with plain values, each once.
pub fn partitions_are_plain_columns(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |table, columns, diagnostics| {
        let Some(ValueKind::List(items)) =
            platform.field(table.resource, "partition").map(|value| &value.kind)
        else {
            return;
        };
        let mut seen: Vec<&str> = Vec::new();
        for item in items {
            let ValueKind::Column(name) = &item.kind else { continue };
            match columns.iter().find(|column| column.name == *name) {
                None => diagnostics.push(unknown_partition(item.span, name, table, columns)),
                Some(_) if seen.contains(&name.as_str()) => {
                    diagnostics.push(doubled_partition(item.span, name))
                }
                Some(column) => diagnostics.extend(compound_partition(item.span, column)),
            }
            seen.push(name);
        }
    });
}

fn unknown_partition(span: Span, name: &str, table: &Table, columns: &[Column]) -> Diagnostic {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::PARTITION,
        span,
        format!("`{}` has no column `{name}`", table.name),
        "not a column of the table",
    );
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!(
            "its columns are {}",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        )),
    }
}

fn doubled_partition(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(catalogue::PARTITION, span, format!("`{name}` divides the table twice"), "named before")
        .help("leave it out here")
}

fn compound_partition(span: Span, column: &Column) -> Option<Diagnostic> {
    let plain =
        !matches!(column.ty.base, Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Bytes | Base::Json);
    (!plain).then(|| {
        Diagnostic::error(
            catalogue::PARTITION,
            span,
            format!("`{}` can't divide a table", column.name),
            "its values are no names of folders",
        )
        .related(column.span, "declared here")
        .help("divide by a column with plain values: text, a number, a day")
    })
}

/// Files of a format can hold the columns.
pub fn formats_hold_their_columns(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |table, columns, diagnostics| {
        let Some(format) = field::made(platform, table.resource, "format") else { return };
        let version = format.field("version").and_then(|value| match value.kind {
            ValueKind::Int(version) => Some(version),
            _ => None,
        });
        for column in columns {
            if format.is("flat") && !is_flat(&column.ty) {
                diagnostics.push(not_held(
                    column,
                    &format.constructor.name,
                    "has one value a column",
                    "use `parquet` or `json`",
                ));
            } else if finest(platform, &column.ty) > MICROSECONDS
                && version.is_some_and(|version| version < 3)
            {
                let help = "write `timestamp(6)`, or `iceberg(version = 3)`";
                diagnostics.push(not_held(
                    column,
                    &format.constructor.name,
                    "keeps microseconds at most",
                    help,
                ));
            }
        }
    });
}

fn is_flat(ty: &DataType) -> bool {
    !matches!(ty.base, Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Bytes)
}

fn finest(platform: &Platform, ty: &DataType) -> u8 {
    match &ty.base {
        Base::Timestamp(digits) | Base::TimestampLtz(digits) => *digits,
        Base::List(item) => finest(platform, item),
        Base::Map(key, value) => finest(platform, key).max(finest(platform, value)),
        Base::Record(schema) => platform
            .schema(*schema)
            .columns
            .iter()
            .map(|column| finest(platform, &column.ty))
            .max()
            .unwrap_or_default(),
        _ => 0,
    }
}

fn not_held(column: &Column, format: &str, because: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::FORMAT_COLUMN,
        column.span,
        format!("`{format}` can't hold `{}`", column.name),
        format!("{format} {because}"),
    )
    .help(help)
}

/// A table has one contract.
pub fn tables_have_one_contract(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut found: BTreeMap<ResourceId, Span> = BTreeMap::new();
    for (_, contract) in platform.of_kind("contract") {
        let Some(table) = contract.parent else { continue };
        match found.get(&table) {
            Some(first) => diagnostics.push(
                Diagnostic::error(
                    catalogue::CONTRACTS,
                    contract.span,
                    format!("`{}` has two contracts", platform.resource(table).name),
                    "a second one",
                )
                .related(*first, "the first")
                .help("promise everything in one of them"),
            ),
            None => {
                found.insert(table, contract.span);
            }
        }
    }
}

/// What is run on a schedule has rules.
pub fn scheduled_contracts_have_rules(platform: &Platform, diagnostics: &mut Diagnostics) {
    for checked in platform.domains.iter().flat_map(|domain| platform.checked(domain)) {
        let is_said = |field| checked.table.contract.is_some_and(|id| platform.field(id, field).is_some());
        let mut columns = platform.schema(checked.table.schema).columns.iter();
        let ruled = columns.any(|column| {
            let flat = !matches!(column.ty.base, Base::List(_) | Base::Map(..) | Base::Record(_));
            column.key || flat && (!column.ty.nullable || !column.ty.refinement.is_empty())
        });
        if !(ruled || is_said("volume") || is_said("freshness") && is_said("fresh_by")) {
            let name = &checked.table.name;
            diagnostics.push(
                Diagnostic::error(
                    catalogue::NO_RULES,
                    checked.span,
                    format!("the contract of `{name}` has no rule that could be run"),
                    "runs nothing",
                )
                .help("promise something: a `volume`, `freshness` with `fresh_by`, or columns that are never null"),
            );
        }
    }
}

/// What measures a contract's freshness is a point in time that the table has.
pub fn freshness_can_be_measured(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |table, columns, diagnostics| {
        let Some(contract) = table.contract else { return };
        let Some(written) = platform.field(contract, "fresh_by") else { return };
        let ValueKind::Column(name) = &written.kind else { return };
        if platform.field(contract, "freshness").is_none() {
            diagnostics.push(
                Diagnostic::error(
                    catalogue::FRESH_BY,
                    written.span,
                    format!("`{}` promises no freshness that `{name}` could measure", table.name),
                    "measures nothing",
                )
                .help("add `freshness = 24h`, or leave it out"),
            );
        }
        match columns.iter().find(|column| column.name == *name) {
            None => {
                let names = columns.iter().map(|column| column.name.as_str());
                let diagnostic = Diagnostic::error(
                    catalogue::FRESH_BY,
                    written.span,
                    format!("`{}` has no column `{name}`", table.name),
                    "not a column of the table",
                );
                diagnostics.push(match suggest::nearest(name, names) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(written.span, near),
                    None => diagnostic.help("name a column with a `timestamp` or `timestamp_ltz`"),
                });
            }
            Some(column) if !matches!(column.ty.base, Base::Timestamp(_) | Base::TimestampLtz(_)) => {
                diagnostics.push(
                    Diagnostic::error(
                        catalogue::FRESH_BY,
                        written.span,
                        format!("`{name}` does not say when a row came to be"),
                        "not a point in time",
                    )
                    .related(column.span, "declared here")
                    .help("name a column with a `timestamp` or `timestamp_ltz`"),
                );
            }
            Some(_) => {}
        }
    });
}
