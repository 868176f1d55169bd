//! Statements of SQL that functions are: their text names their parameters, and their result is rows.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::Integration,
    platform::{Base, DataType, Function, Platform, Value, ValueKind},
    source::Span,
    sql::parameters::{Piece, pieces},
    suggest,
    syntax::ast::ExprKind,
};

/// A statement names each of its parameters, and no other.
pub fn statements_name_their_parameters(platform: &Platform, diagnostics: &mut Diagnostics) {
    for function in &platform.functions {
        let integration = platform.library.integration(function.integration.integration);
        let Some(Value { kind: ValueKind::Text(sql), span }) = statement(integration, function) else {
            continue;
        };
        let named: Vec<_> = pieces(sql)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Parameter(name) => Some(name),
                Piece::Text(_) => None,
            })
            .collect();
        let known: Vec<&str> = function.params.iter().map(|param| param.name.as_str()).collect();
        let mut told: Vec<&str> = Vec::new();
        for name in &named {
            if !known.contains(&name.as_str()) && !told.contains(&name.as_str()) {
                told.push(name);
                diagnostics.push(unknown_parameter(*span, name, &known));
            }
        }
        let none = takes_none(integration);
        for param in &function.params {
            if !named.contains(&param.name) {
                diagnostics.push(lost_parameter(param.span, &param.name, *span));
            } else if matches!(
                param.ty.base,
                Base::Record(_) | Base::List(_) | Base::Map(..) | Base::Json | Base::Bytes
            ) {
                diagnostics.push(no_scalar(param.span, &param.name));
            } else if param.ty.nullable && !none {
                diagnostics.push(may_be_none(param.span, &param.name));
            }
        }
        check_result(platform, integration, function, diagnostics);
    }
}

/// The text of a function that is a statement.
fn statement<'f>(integration: &Integration, function: &'f Function) -> Option<&'f Value> {
    let at = integration.params.iter().position(|param| param.name == "sql")?;
    function.integration.fields.get(at)?.as_ref()
}

fn takes_none(integration: &Integration) -> bool {
    matches!(integration.properties.get("takes_none").map(|expr| &expr.kind), Some(ExprKind::Bool(true)))
}

fn check_result(
    platform: &Platform,
    integration: &Integration,
    function: &Function,
    diagnostics: &mut Diagnostics,
) {
    let Some(ty) = &function.result else { return };
    let span = platform.resource(function.resource).span;
    let flat = |ty: &DataType| match ty.base {
        Base::Record(id) => platform.schema(id).columns.iter().all(|column| {
            !matches!(
                column.ty.base,
                Base::Record(_) | Base::List(_) | Base::Map(..) | Base::Json | Base::Bytes
            )
        }),
        Base::Unknown => true,
        _ => false,
    };
    let fits = match &ty.base {
        Base::List(row) => !row.nullable && !ty.nullable && flat(row),
        Base::Unknown => true,
        _ => ty.nullable && flat(ty),
    };
    if !fits {
        diagnostics.push(no_rows(span));
        return;
    }
    let most = integration.properties.get("most_rows").and_then(|expr| match &expr.kind {
        ExprKind::Number(text) => text.parse::<u64>().ok(),
        _ => None,
    });
    if let (Some(most), Base::List(_)) = (most, &ty.base)
        && ty.refinement.max_length.is_none_or(|length| length > most)
    {
        diagnostics.push(too_many_rows(span, most));
    }
}

fn unknown_parameter(span: Span, name: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        format!("the statement names `:{name}`, which is no parameter of the function"),
        "no such parameter",
    );
    match suggest::nearest(name, known.iter().copied()) {
        Some(near) => {
            let sign = if span.len() as usize > name.len() { ":" } else { "" };
            diagnostic.help(format!("did you mean `:{near}`?")).fix(span, format!("{sign}{near}"))
        }
        None => diagnostic.help(format!("declare it: `{name}: string length 1..100`")),
    }
}

fn lost_parameter(span: Span, name: &str, statement: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        format!("the statement does not name `:{name}`, so that its value is lost"),
        "not in the statement",
    )
    .related(statement, "the statement")
    .help(format!("write `:{name}` where its value belongs, or leave the parameter out"))
}

fn no_scalar(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        format!("`{name}` is no single value, and can't be a parameter of a statement"),
        "not one value",
    )
    .help("give text, a number, a boolean, a date or an instant")
}

fn may_be_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        format!("`{name}` may be `none`, and Redshift's Data API has no such parameter"),
        "may be `none`",
    )
    .help("leave the `?` out, and give a value that stands for none: `NULLIF(:name, '-')`")
}

fn no_rows(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        "a statement returns rows: a list of a flat record, or one record that may be `none`",
        "no rows",
    )
    .help("write `-> list<Row> length 0..100`, or `-> Row?` for the first")
}

fn too_many_rows(span: Span, most: u64) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PARAMETER,
        span,
        format!("no more than {most} rows are read of this statement"),
        "how many rows?",
    )
    .help(format!("give the list a length: `length 0..{most}`; more is written to a bucket, by `UNLOAD` or `CREATE TABLE AS`"))
}
