//! A stream's schema as the records that are read.

use regex::Regex;

use crate::{
    diagnostic::Diagnostic,
    platform::{Column, Platform, Stream, ValueKind},
    run::{Field, Rule, Schema},
    sql::types,
    window::{Type, Value, time::Style},
};

use super::refused;

/// How a stream's format writes timestamps: as Flink does where it has no option for it.
pub fn style(platform: &Platform, stream: &Stream) -> Style {
    let constructor = platform.library.constructor(stream.format.constructor);
    let at = constructor.fields.iter().position(|field| field.name == "timestamps");
    let value = at.and_then(|at| stream.format.fields.get(at)?.as_ref());
    let variant = value.and_then(|value| match value.kind {
        ValueKind::Variant(id, index) => platform.library.enumeration(id).variants.get(index as usize),
        _ => None,
    });
    match variant {
        Some(variant) if variant.name == "iso" => Style::Iso,
        _ => Style::Sql,
    }
}

/// The records of a stream, with what is demanded of them.
pub fn schema(platform: &Platform, stream: &Stream) -> Result<Schema, Box<Diagnostic>> {
    let schema = platform.schema(stream.schema);
    let fields = schema.columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Schema::new(fields).map_err(|error| refused(schema.span, &error.to_string()))
}

fn field(column: &Column) -> Result<Field, Box<Diagnostic>> {
    let ty = types::physical(&column.ty.base).ok_or_else(|| {
        refused(column.span, &format!("a column of type {}", types::spelled(&column.ty.base)))
    })?;
    let rules = rules(column, ty)
        .ok_or_else(|| refused(column.span, &format!("the conditions of `{}`", column.name)))?;
    Ok(Field { name: column.name.to_string(), ty, nullable: column.ty.nullable, rules })
}

/// `None` where a condition can't be checked by the operator.
fn rules(column: &Column, ty: Type) -> Option<Vec<Rule>> {
    let refinement = &column.ty.refinement;
    let mut rules = Vec::new();
    if refinement.min.is_some() || refinement.max.is_some() {
        rules.push(Rule::range(ty, refinement.min.as_deref(), refinement.max.as_deref())?);
    }
    if refinement.min_length.is_some() || refinement.max_length.is_some() {
        rules.push(Rule::Length(
            refinement.min_length.unwrap_or(0),
            refinement.max_length.unwrap_or(u64::MAX),
        ));
    }
    if let Some(pattern) = &refinement.matching {
        rules.push(Rule::Matching(Regex::new(&format!("^(?:{pattern})$")).ok()?));
    }
    if !refinement.one_of.is_empty() {
        rules.push(Rule::OneOf(refinement.one_of.iter().map(|allowed| Value::text(allowed)).collect()));
    }
    Some(rules)
}
