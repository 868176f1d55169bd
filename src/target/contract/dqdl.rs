//! Promises as rules of Glue Data Quality, in its language DQDL (AWS Glue Developer Guide, "Data Quality Definition Language (DQDL) reference").
//! Rules know no lists and records, so that columns of those have none. A missing value breaks every rule on values, and has no length: where a
//! column may be null, rules are about the rows that have it.

use super::{Promised, constant, whole};
use crate::platform::{Base, Column};

/// The rules of a table; none where nothing is promised that a rule could say.
pub fn ruleset(one: &Promised<'_>) -> Option<String> {
    let columns = &one.platform.schema(one.table.schema).columns;
    let mut rules = Vec::new();
    let keys: Vec<String> = columns.iter().filter(|column| column.key).map(name).collect();
    if !keys.is_empty() {
        rules.push(format!("IsPrimaryKey {}", keys.join(" ")));
    }
    for column in columns.iter().filter(|column| is_flat(&column.ty.base)) {
        of_column(column, &mut rules);
    }
    rules.extend(one.number("volume_rows").map(|rows| format!("RowCount >= {rows}")));
    rules.extend(freshness(one));
    (!rules.is_empty()).then(|| format!("Rules = [\n    {}\n]", rules.join(",\n    ")))
}

/// `DataFreshness` asks every row for its age; what is promised is that one of them is young.
fn freshness(one: &Promised<'_>) -> Option<String> {
    let (column, seconds) = (one.fresh_by()?, one.number("freshness_seconds")?);
    let query = format!(
        "select count(*) from primary where {column} >= current_timestamp() - interval {seconds} seconds"
    );
    Some(format!("CustomSql {} > 0", quoted(&query)))
}

fn of_column(column: &Column, rules: &mut Vec<String>) {
    let (name, refinement) = (name(column), &column.ty.refinement);
    if !column.ty.nullable && !column.key {
        rules.push(format!("IsComplete {name}"));
    }
    let only = if column.ty.nullable {
        format!(" where \"{} is not null\"", column.name.to_lowercase())
    } else {
        String::new()
    };
    let mut values = |what: &str, condition: String| rules.push(format!("{what} {name} {condition}{only}"));
    refinement.min.iter().for_each(|min| values("ColumnValues", format!(">= {min}")));
    refinement.max.iter().for_each(|max| values("ColumnValues", format!("<= {max}")));
    refinement.min_length.iter().for_each(|min| values("ColumnLength", format!(">= {min}")));
    refinement.max_length.iter().for_each(|max| values("ColumnLength", format!("<= {max}")));
    refinement
        .matching
        .iter()
        .for_each(|pattern| values("ColumnValues", format!("matches {}", quoted(&whole(pattern)))));
    if !refinement.one_of.is_empty() {
        let listed: Vec<String> = refinement.one_of.iter().map(|one| value(&column.ty.base, one)).collect();
        values("ColumnValues", format!("in [{}]", listed.join(", ")));
    }
}

fn is_flat(base: &Base) -> bool {
    !matches!(base, Base::List(_) | Base::Map(..) | Base::Record(_))
}

fn name(column: &Column) -> String {
    quoted(&column.name.to_lowercase())
}

fn value(base: &Base, text: &str) -> String {
    let constant = constant(base, text);
    if constant.is_string() { quoted(text) } else { constant.to_string() }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}
