//! Functions that are made for a constant, and constants that are written as functions.

use crate::{
    diagnostic::Diagnostic,
    sql::plan::{Expr, ExprKind, Literal},
    window::{self, Form, Function, Path, Prepared, Regular, Scalar, Type, Use, Value, similar_to_java},
};

use super::{
    expr::{Columns, all},
    refused, refused_for,
};

type Result = std::result::Result<window::Expr, Box<Diagnostic>>;

/// The form that `FROM_UNIXTIME` has of its own.
const SECONDS: &str = "yyyy-MM-dd HH:mm:ss";

/// A call of one of these; `None` for any other function.
pub fn call(expr: &Expr, name: &str, args: &[Expr], columns: &Columns) -> Option<Result> {
    let made = match (name, args) {
        ("PI", []) => constant(expr, std::f64::consts::PI),
        ("E", []) => constant(expr, std::f64::consts::E),
        ("TO_TIMESTAMP_LTZ", [since, digits]) => to_timestamp_ltz(expr, since, digits, columns),
        ("REGEXP", [_, pattern]) => {
            regular(name, pattern).map(Prepared::Regexp).and_then(of(expr, args, columns))
        }
        ("SIMILAR TO", [_, pattern, escape @ ..]) => {
            similar(pattern, escape.first()).map(Prepared::Similar).and_then(of(expr, args, columns))
        }
        ("REGEXP_EXTRACT", [_, pattern, _]) => {
            regular(name, pattern).map(Prepared::RegexpExtract).and_then(of(expr, args, columns))
        }
        ("REGEXP_REPLACE", [_, pattern, _]) => regular(name, pattern)
            .and_then(|made| match made.fits_empty() {
                // Java looks for it within characters of two halves, too.
                true => Err(refused(pattern.span, "a replacement of what fits an empty text")),
                false => Ok(Prepared::RegexpReplace(made)),
            })
            .and_then(of(expr, args, columns)),
        ("JSON_VALUE", [_, at]) => path(name, at).map(Prepared::JsonValue).and_then(of(expr, args, columns)),
        ("JSON_QUERY", [_, at]) => path(name, at).map(Prepared::JsonQuery).and_then(of(expr, args, columns)),
        ("JSON_EXISTS", [_, at]) => {
            path(name, at).map(Prepared::JsonExists).and_then(of(expr, args, columns))
        }
        ("DATE_FORMAT", [_, written]) => {
            form(name, written, Use::Format).map(Prepared::DateFormat).and_then(of(expr, args, columns))
        }
        ("TO_TIMESTAMP", [_, written]) => {
            form(name, written, Use::Parse).map(Prepared::ToTimestamp).and_then(of(expr, args, columns))
        }
        ("TO_DATE", [_, written]) => {
            form(name, written, Use::SimpleParse).map(Prepared::ToDate).and_then(of(expr, args, columns))
        }
        ("FROM_UNIXTIME", [_, written]) => form(name, written, Use::SimpleFormat)
            .map(Prepared::FromUnixtime)
            .and_then(of(expr, args, columns)),
        ("FROM_UNIXTIME", [_]) => Form::new(SECONDS, Use::SimpleFormat)
            .map_err(|why| refused(expr.span, &why))
            .map(Prepared::FromUnixtime)
            .and_then(of(expr, args, columns)),
        _ => return None,
    };
    Some(made)
}

/// Makes the call of a function: the second argument is the constant.
fn of<'a>(expr: &'a Expr, args: &'a [Expr], columns: &'a Columns) -> impl FnOnce(Prepared) -> Result {
    move |function| {
        let mut given = all(args, columns)?;
        if given.len() > 1 {
            given.remove(1);
        }
        // What escapes is in the pattern already.
        if let Prepared::Similar(_) = function {
            given.truncate(1);
        }
        // Seconds are a BIGINT, which an INT becomes.
        if let (Prepared::FromUnixtime(_), [seconds]) = (&function, given.as_mut_slice()) {
            *seconds =
                seconds.clone().cast(Type::BigInt).map_err(|error| refused(expr.span, &error.to_string()))?;
        }
        window::Expr::prepared(function, given).map_err(|error| refused(expr.span, &error.to_string()))
    }
}

fn constant(expr: &Expr, value: f64) -> Result {
    window::Expr::literal(Value::F64(value), Type::Double)
        .map_err(|error| refused(expr.span, &error.to_string()))
}

/// Only digits of seconds and milliseconds mean the same in each version of Flink.
fn to_timestamp_ltz(expr: &Expr, since: &Expr, digits: &Expr, columns: &Columns) -> Result {
    let seconds = match &digits.kind {
        ExprKind::Literal(Literal::Number(text)) if text == "0" => true,
        ExprKind::Literal(Literal::Number(text)) if text == "3" => false,
        _ => return Err(refused(digits.span, "`TO_TIMESTAMP_LTZ` of other digits than 0 and 3")),
    };
    let since = all(std::slice::from_ref(since), columns)?.into_iter().map(|value| value.cast(Type::BigInt));
    since
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|since| window::Expr::call(Function::Scalar(Scalar::ToTimestampLtz(seconds)), since))
        .map_err(|error| refused(expr.span, &error.to_string()))
}

/// The text of a constant.
fn written<'a>(name: &str, what: &str, expr: &'a Expr) -> std::result::Result<&'a str, Box<Diagnostic>> {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) => Ok(text),
        _ => Err(refused(expr.span, &format!("`{name}` of {what} that is no constant"))),
    }
}

fn regular(name: &str, pattern: &Expr) -> std::result::Result<Regular, Box<Diagnostic>> {
    Regular::new(written(name, "a regular expression", pattern)?).map_err(|why| refused(pattern.span, &why))
}

/// A pattern of SIMILAR TO, which Flink makes a regular expression of that fits all of the text.
fn similar(pattern: &Expr, escape: Option<&Expr>) -> std::result::Result<Regular, Box<Diagnostic>> {
    let name = "SIMILAR TO";
    let escape = escape.map(|escape| written(name, "an escape character", escape)).transpose()?;
    let escape = escape.and_then(|text| text.chars().next());
    let java = similar_to_java(written(name, "a pattern", pattern)?, escape)
        .ok_or_else(|| refused(pattern.span, "this pattern of `SIMILAR TO`"))?;
    Regular::new(&format!(r"\A(?:{java})\z")).map_err(|why| refused(pattern.span, &why))
}

fn form(name: &str, pattern: &Expr, purpose: Use) -> std::result::Result<Form, Box<Diagnostic>> {
    Form::new(written(name, "a form", pattern)?, purpose).map_err(|why| refused(pattern.span, &why))
}

fn path(name: &str, at: &Expr) -> std::result::Result<Path, Box<Diagnostic>> {
    Path::new(written(name, "a path", at)?).ok_or_else(|| {
        refused_for(
            at.span,
            "this path",
            "members and places are found here: `$.a['b c'][0]`, with `lax` or `strict` before it",
        )
    })
}
