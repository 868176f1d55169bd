//! The condition behind a grant's `where`: read as SQL, checked against the table's columns, and printed the way Lake Formation reads it.
//! Its row filters take comparisons, `AND`, `OR`, `NOT`, `IN`, `BETWEEN`, `LIKE` and `IS NULL` over columns and constants, and nothing else.

use std::{fmt::Write as _, sync::Arc};

use smol_str::SmolStr;
use sqlparser::keywords::ALL_KEYWORDS;

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Column, RowFilter, Target, resource::Noun},
    source::Span,
    sql::{
        bind, parse,
        plan::{Expr, ExprKind, Field, Literal},
        types,
    },
    syntax::ast::Sql,
};

/// The longest expression that Lake Formation keeps, in characters (`FilterExpression`).
const LONGEST: usize = 2048;

impl Context<'_> {
    /// The rows that a grant is limited to. What can't be read lets no row through: without it the grant would be wider than it says.
    pub(super) fn granted_rows(&mut self, sql: Sql, on: &Target) -> RowFilter {
        let read = self.row_filter(sql, on);
        if let Some(filter) = read.as_ref().filter(|it| it.text.chars().count() > LONGEST) {
            self.diagnostics.push(too_long(filter.span));
        }
        read.unwrap_or(RowFilter { text: SmolStr::new_static("FALSE"), condition: None, span: sql.span })
    }

    /// The condition; `None` where it is at fault, which is reported. On what is no table it is kept as written, for a rule to refuse.
    pub(super) fn row_filter(&mut self, sql: Sql, on: &Target) -> Option<RowFilter> {
        let Noun::Table(at) = self.platform.resource(on.resource).noun else {
            let text = SmolStr::new(self.sources.text(sql.span).trim());
            return Some(RowFilter { text, condition: None, span: sql.span });
        };
        let schema = self.platform.tables.get(at as usize)?.schema;
        let columns = self.platform.schema(schema).columns.clone();
        let fields: Vec<Field> =
            columns.iter().map(|column| Field { name: column.name.clone(), ty: column.ty.clone() }).collect();
        let (expr, places) = parse::condition(self.sources, sql.span, self.diagnostics)?;
        let condition =
            bind::condition(&expr, &places, &fields, self.platform, &self.library, self.diagnostics);
        let mut text = String::new();
        match print(&condition, &columns, &mut text) {
            Ok(()) => {
                Some(RowFilter { text: text.into(), condition: Some(Arc::new(condition)), span: sql.span })
            }
            Err(refused) => {
                self.diagnostics.extend(refused.what.map(|what| not_in_filters(refused.span, what)));
                None
            }
        }
    }
}

/// An expression that a row filter can't hold; without words where its fault is reported already.
struct Refused {
    span: Span,
    what: Option<&'static str>,
}

fn print(expr: &Expr, columns: &[Column], out: &mut String) -> Result<(), Refused> {
    let refuse = |what| Err(Refused { span: expr.span, what });
    match &expr.kind {
        ExprKind::Column(at) => columns.get(*at).map_or(refuse(None), |column| {
            out.push_str(&name(&column.name));
            Ok(())
        }),
        ExprKind::Literal(literal) => {
            out.push_str(&constant(literal));
            Ok(())
        }
        ExprKind::Compare(op, left, right) => {
            operand(left, columns, out)?;
            let _ = write!(out, " {} ", types::comparison(*op));
            operand(right, columns, out)
        }
        ExprKind::And(parts) => joined(parts, " AND ", columns, out),
        ExprKind::Or(parts) => joined(parts, " OR ", columns, out),
        ExprKind::Not(of) => {
            out.push_str("NOT ");
            operand(of, columns, out)
        }
        ExprKind::IsNull(of) => {
            operand(of, columns, out)?;
            out.push_str(" IS NULL");
            Ok(())
        }
        ExprKind::Like(of, pattern, escape) => {
            operand(of, columns, out)?;
            let _ = write!(out, " LIKE {}", quoted(pattern));
            if let Some(escape) = escape {
                let _ = write!(out, " ESCAPE {}", quoted(&escape.to_string()));
            }
            Ok(())
        }
        ExprKind::Negate(of) if matches!(of.kind, ExprKind::Literal(Literal::Number(_))) => {
            out.push('-');
            print(of, columns, out)
        }
        ExprKind::Arithmetic(..) | ExprKind::Negate(_) => refuse(Some("arithmetic")),
        ExprKind::Case(..) => refuse(Some("`CASE`")),
        ExprKind::Cast(_) | ExprKind::TryCast(_) => refuse(Some("`CAST`")),
        ExprKind::Call(..) => refuse(Some("functions")),
        ExprKind::Error => refuse(None),
    }
}

/// In parentheses where it is a condition of its own.
fn operand(expr: &Expr, columns: &[Column], out: &mut String) -> Result<(), Refused> {
    let whole = !matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_) | ExprKind::Negate(_));
    if whole {
        out.push('(');
    }
    print(expr, columns, out)?;
    if whole {
        out.push(')');
    }
    Ok(())
}

fn joined(parts: &[Expr], word: &str, columns: &[Column], out: &mut String) -> Result<(), Refused> {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(word);
        }
        match part.kind {
            ExprKind::Compare(..) | ExprKind::IsNull(_) | ExprKind::Like(..) => print(part, columns, out)?,
            _ => operand(part, columns, out)?,
        }
    }
    Ok(())
}

/// A column's name as Glue keeps it, in quotes where it is a word of SQL or no plain word.
fn name(name: &str) -> String {
    let kept = name.to_lowercase();
    let plain = kept.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let word = ALL_KEYWORDS.binary_search(&kept.to_uppercase().as_str()).is_ok();
    if plain && !word { kept } else { format!("\"{}\"", kept.replace('"', "\"\"")) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn constant(literal: &Literal) -> String {
    match literal {
        Literal::Null => "NULL".to_owned(),
        Literal::Boolean(truth) => truth.to_string().to_uppercase(),
        Literal::Number(digits) => digits.to_string(),
        Literal::Text(text) => quoted(text),
        Literal::Date(day) => format!("DATE {}", quoted(day)),
        Literal::Timestamp(instant) => format!("TIMESTAMP {}", quoted(instant)),
    }
}

fn not_in_filters(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ROW_FILTER_TERM,
        span,
        format!("Lake Formation's row filters have no {what}"),
        "more than a comparison of a column with a constant",
    )
    .help("compare columns with constants, or keep what is compared in a column of its own")
}

fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ROW_FILTER_TERM,
        span,
        format!("a row filter has {LONGEST} characters at most"),
        "longer than Lake Formation keeps",
    )
    .help("keep what decides in a column of its own, and filter by that")
}
