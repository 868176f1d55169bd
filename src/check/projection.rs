//! Tables whose partitions Athena works out: it must know every value that there can be.

use super::field;
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Base, Column, Platform, Table, Value, ValueKind},
    source::Span,
};

/// What divides a projected table has values that can be listed.
pub fn projected_partitions_can_be_worked_out(platform: &Platform, diagnostics: &mut Diagnostics) {
    for table in &platform.tables {
        let since = platform.field(table.resource, "since");
        let projected = platform
            .field(table.resource, "projected")
            .filter(|value| matches!(value.kind, ValueKind::Bool(true)));
        let columns = partitions(platform, table);
        let by_day = columns.iter().any(|(column, _)| is_day(column));
        match projected {
            Some(projected) => {
                diagnostics.extend(divided(platform, table, projected.span));
                for (column, span) in &columns {
                    diagnostics.extend(listed(column, *span, since));
                }
                diagnostics.extend(since.filter(|_| !by_day).map(|since| useless(since.span)));
            }
            None => diagnostics.extend(since.map(|since| useless(since.span))),
        }
    }
}

fn is_day(column: &Column) -> bool {
    column.ty.base == Base::Date && column.ty.refinement.one_of.is_empty()
}

/// The columns that divide a table, each with the place where it is named.
fn partitions<'a>(platform: &'a Platform, table: &Table) -> Vec<(&'a Column, Span)> {
    let Some(ValueKind::List(items)) = platform.field(table.resource, "partition").map(|value| &value.kind)
    else {
        return Vec::new();
    };
    let schema = platform.schema(table.schema);
    let named = items.iter().filter_map(|item| match &item.kind {
        ValueKind::Column(name) => Some((schema.column(name)?, item.span)),
        _ => None,
    });
    named.collect()
}

fn divided(platform: &Platform, table: &Table, span: Span) -> Option<Diagnostic> {
    let iceberg = field::made(platform, table.resource, "format")
        .is_some_and(|format| format.constructor.name == "iceberg");
    let (said, help) = if iceberg {
        ("Iceberg knows its own partitions", "leave `projected` out")
    } else if table.partition.is_empty() {
        ("no column divides the table", "add `partition = [...]`, or leave `projected` out")
    } else {
        return None;
    };
    Some(
        Diagnostic::error(
            catalogue::PROJECTION,
            span,
            format!("`{}` has no partitions to work out", table.name),
            said,
        )
        .help(help),
    )
}

/// Whether a column's values can be listed.
fn listed(column: &Column, span: Span, since: Option<&Value>) -> Option<Diagnostic> {
    let refinement = &column.ty.refinement;
    let help = if !refinement.one_of.is_empty() {
        let comma = refinement.one_of.iter().find(|value| value.contains(','))?;
        return Some(with_a_comma(column, span, comma));
    } else {
        match &column.ty.base {
            Base::Boolean => return None,
            Base::Date if since.is_some() => return None,
            Base::Date => "say from when on: `since = \"2026-01-01\"`",
            Base::Int | Base::BigInt if refinement.min.is_some() && refinement.max.is_some() => return None,
            Base::Int | Base::BigInt => "say between what it lies: `in 0..23`",
            Base::String => "say which values there are: `one of [\"a\", \"b\"]`",
            // What can divide no table is told already.
            Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Bytes | Base::Json | Base::Unknown => {
                return None;
            }
            _ => "divide by a day, a number between two others, or text of a few values",
        }
    };
    Some(
        Diagnostic::error(
            catalogue::PROJECTION,
            span,
            format!("which values `{}` has can't be worked out", column.name),
            "no end of values",
        )
        .related(column.span, "declared here")
        .help(help),
    )
}

fn with_a_comma(column: &Column, span: Span, value: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::PROJECTION,
        span,
        format!("`{value}` has a comma, and Athena takes it for two values"),
        "can't be listed between commas",
    )
    .related(column.span, "declared here")
    .help("divide by a column without commas in its values")
}

fn useless(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::PROJECTION,
        span,
        "`since` says from when on Athena looks for days, and it looks for none here",
        "no projected day",
    )
    .help("add `projected = true` and divide the table by a `date`, or leave it out")
}
