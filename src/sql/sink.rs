//! The columns of a query, brought to those of the stream that it writes to.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Base, Column, DataType, Platform, Schema, SchemaId},
    source::Span,
    suggest,
};

use super::{
    plan::{Expr, ExprKind, Field, Literal, Relation, RelationKind},
    types,
};

/// The stream that a query writes to.
pub struct Sink<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its rows.
    pub schema: &'a Schema,
    /// Where the fields of records are.
    pub platform: &'a Platform,
    /// Where the query names it.
    pub span: Span,
    /// The name that stands behind an expression in the text, which ends at an offset.
    pub alias: &'a dyn Fn(u32) -> Option<Span>,
}

/// Puts a query's columns in the order of the sink's, each with the sink's type; reports what does not fit.
pub fn fit(query: Relation, sink: &Sink<'_>, diagnostics: &mut Diagnostics) -> Option<Relation> {
    let (input, exprs) = match query.kind {
        RelationKind::Project { input, exprs } => (input, exprs),
        RelationKind::Union(parts) => {
            let parts =
                parts.into_iter().map(|part| fit(part, sink, diagnostics)).collect::<Option<Vec<_>>>()?;
            let fields = parts.first().map(|part| part.fields.clone()).unwrap_or_default();
            return Some(Relation { kind: RelationKind::Union(parts), fields, span: query.span });
        }
        _ => return Some(query),
    };
    let named = named(query.fields, exprs, sink);
    let known: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
    let missing: Vec<&Column> =
        sink.schema.columns.iter().filter(|column| !known.contains(&column.name.as_str())).collect();
    let extra: Vec<&(SmolStr, Expr)> =
        named.iter().filter(|(name, _)| sink.schema.column(name).is_none()).collect();
    let before = diagnostics.len();
    for (name, expr) in &extra {
        diagnostics.push(unknown_column(name, expr.span, sink, &missing));
    }
    if extra.is_empty() && !missing.is_empty() {
        diagnostics.push(missing_columns(&missing, query.span, sink));
    }
    let mut fields = Vec::new();
    let mut fitted = Vec::new();
    for column in &sink.schema.columns {
        let Some((_, expr)) = named.iter().find(|(name, _)| *name == column.name) else { continue };
        fields.push(Field { name: column.name.clone(), ty: expr.ty.clone() });
        fitted.extend(converted(expr.clone(), column, sink, diagnostics));
    }
    let whole = diagnostics.len() == before;
    whole.then_some(Relation {
        kind: RelationKind::Project { input, exprs: fitted },
        fields,
        span: query.span,
    })
}

/// The query's columns by name; one without a name has that of the sink's column at its place.
fn named(fields: Vec<Field>, exprs: Vec<Expr>, sink: &Sink<'_>) -> Vec<(SmolStr, Expr)> {
    let with_name = |(at, (field, expr)): (usize, (Field, Expr))| {
        let at_place = sink.schema.columns.get(at).map(|column| column.name.clone()).unwrap_or_default();
        (if field.name.is_empty() { at_place } else { field.name }, expr)
    };
    fields.into_iter().zip(exprs).enumerate().map(with_name).collect()
}

/// An expression as a sink's column, converted where no value changes.
fn converted(expr: Expr, column: &Column, sink: &Sink<'_>, diagnostics: &mut Diagnostics) -> Option<Expr> {
    if let ExprKind::Call(name, args) = &expr.kind
        && name == "ROW"
    {
        return record(&expr, args, column, sink, diagnostics);
    }
    let (from, to) = (&expr.ty.base, &column.ty.base);
    if !types::widens(from, to) {
        diagnostics.push(wrong_type(&expr, column, sink));
        return None;
    }
    if expr.ty.nullable && !column.ty.nullable {
        diagnostics.push(may_be_null(&expr, column, sink));
        return None;
    }
    let leaked: Vec<&SmolStr> =
        expr.ty.labels.iter().filter(|label| !column.ty.labels.contains(label)).collect();
    if let Some(label) = leaked.first() {
        diagnostics.push(leak(label, &expr, column, sink));
        return None;
    }
    if from == to || matches!(expr.kind, ExprKind::Error) {
        return Some(expr);
    }
    let (span, ty) = (expr.span, DataType { base: to.clone(), ..expr.ty.clone() });
    let kind = match expr.kind {
        kind @ ExprKind::Literal(Literal::Null) => kind,
        kind => ExprKind::Cast(Box::new(Expr { kind, ty: expr.ty, span })),
    };
    Some(Expr { kind, ty, span })
}

/// `ROW(…)` as a record of the sink's, field by field.
fn record(
    row: &Expr,
    args: &[Expr],
    column: &Column,
    sink: &Sink<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Expr> {
    let Base::Record(id) = column.ty.base else {
        let row = Expr { ty: DataType::plain(Base::Record(SchemaId(0))), ..row.clone() };
        diagnostics.push(wrong_type(&row, column, sink));
        return None;
    };
    let schema = sink.platform.schema(id);
    if schema.columns.len() != args.len() {
        diagnostics.push(other_fields(args.len(), schema, row.span));
        return None;
    }
    let inside =
        Sink { name: &schema.name, schema, span: sink.span, alias: sink.alias, platform: sink.platform };
    let fields = schema.columns.iter().zip(args).map(|(field, value)| {
        // A label of the column is one of all that is in it.
        let mut field = field.clone();
        field.ty.labels.extend(column.ty.labels.iter().cloned());
        converted(value.clone(), &field, &inside, diagnostics)
    });
    let fields = fields.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()?;
    let ty = DataType { base: column.ty.base.clone(), labels: Vec::new(), ..row.ty.clone() };
    Some(Expr { kind: ExprKind::Call(SmolStr::new_static("ROW"), fields), ty, span: row.span })
}

fn other_fields(given: usize, schema: &Schema, span: Span) -> Diagnostic {
    let names: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    Diagnostic::error(
        catalogue::SQL_SINK_TYPE,
        span,
        format!("`{}` has {} fields, and this has {given}", schema.name, names.len()),
        "another record",
    )
    .related(schema.span, "its fields")
    .help(format!("write ROW({})", names.join(", ")))
}

fn unknown_column(name: &str, span: Span, sink: &Sink<'_>, missing: &[&Column]) -> Diagnostic {
    let alias = (sink.alias)(span.end);
    let wanted: Vec<&str> = missing.iter().map(|column| column.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::SQL_SINK_COLUMNS,
        span,
        format!("`{}` has no column `{name}`", sink.name),
        "no column of the sink's",
    )
    .related(sink.schema.span, "the sink's columns");
    let only = if let [only] = wanted.as_slice() { Some(*only) } else { None };
    match suggest::nearest(name, wanted.iter().copied()).or(only) {
        Some(near) => {
            let diagnostic = diagnostic.help(format!("name it as the sink does: `AS {near}`"));
            match alias {
                Some(alias) => diagnostic.fix(alias, near),
                None => diagnostic,
            }
        }
        None if wanted.is_empty() => diagnostic.help("leave it out, or add it to the sink's schema"),
        None => diagnostic.help(format!("the sink still wants {}", listed(&wanted))),
    }
}

fn missing_columns(missing: &[&Column], span: Span, sink: &Sink<'_>) -> Diagnostic {
    let wanted: Vec<String> = missing
        .iter()
        .map(|column| format!("{} : {}", column.name, types::spelled_nullable(&column.ty)))
        .collect();
    let names: Vec<&str> = missing.iter().map(|column| column.name.as_str()).collect();
    Diagnostic::error(
        catalogue::SQL_SINK_COLUMNS,
        span,
        format!("the query does not compute {} of `{}`", listed(&names), sink.name),
        "a column is missing",
    )
    .related(sink.schema.span, "the sink's columns")
    .help(format!("add to the SELECT list: {}", wanted.join(", ")))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn wrong_type(expr: &Expr, column: &Column, sink: &Sink<'_>) -> Diagnostic {
    let (from, to) = (types::spelled(&expr.ty.base), types::spelled(&column.ty.base));
    let diagnostic = Diagnostic::error(
        catalogue::SQL_SINK_TYPE,
        expr.span,
        format!("`{}` of `{}` is {to}, and this is {from}", column.name, sink.name),
        format!("this is {from}"),
    )
    .related(column.span, format!("{to} here"));
    let sql =
        super::print::data_type(&column.ty.base).filter(|_| types::casts(&expr.ty.base, &column.ty.base));
    match sql {
        Some(sql) => diagnostic.help(format!("convert it: CAST(… AS {sql})")),
        None => diagnostic.help("compute another value, or change the sink's schema"),
    }
}

fn may_be_null(expr: &Expr, column: &Column, sink: &Sink<'_>) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_SINK_NULL,
        expr.span,
        format!("`{}` of `{}` is never null, and this may be", column.name, sink.name),
        "may be null",
    )
    .related(column.span, format!("no `{}?` here", types::spelled(&column.ty.base)))
    .help("say what stands for null: COALESCE(…, …); leave those rows out with WHERE … IS NOT NULL; or add `?` in the sink's schema")
}

fn leak(label: &str, expr: &Expr, column: &Column, sink: &Sink<'_>) -> Diagnostic {
    Diagnostic::error(
        catalogue::LABEL_LEAK,
        expr.span,
        format!(
            "data labelled `@{label}` flows into `{}` of `{}`, which has no such label",
            column.name, sink.name
        ),
        format!("made of `@{label}` data"),
    )
    .related(column.span, format!("`@{label}` is missing here"))
    .help(format!("add `@{label}` to the sink's column, or clear the label: SHA256(…), COUNT(…)"))
}
