//! Templates: constant expressions over a declaration's fields.

use serde_json::{Map, Number, Value as Json};

use super::{
    function,
    scope::{Scope, Term, term, text},
    spell,
};
use crate::{
    platform::ValueKind,
    syntax::ast::{BinaryOp, Expr, ExprKind, StringPart, UnaryOp},
};

/// What an expression comes to. One that means nothing here comes to nothing: `verify.rs` finds those in the library before anybody uses it.
pub fn evaluate<'a>(scope: &Scope<'a, '_>, expr: &'a Expr) -> Term<'a> {
    match &expr.kind {
        ExprKind::Bool(value) => Term::Json(Json::Bool(*value)),
        ExprKind::Number(digits) => number(digits),
        ExprKind::Duration(milliseconds) => Term::Json(Json::from(milliseconds / 1000)),
        ExprKind::Size(bytes) => Term::Json(Json::from(*bytes)),
        ExprKind::String(parts) => interpolate(scope, parts),
        ExprKind::Name(name) => scope.name(name),
        ExprKind::Field(of, member) => match given(scope, expr) {
            Some(there) => there.cloned().map_or(Term::None, Term::Json),
            None => select(scope, evaluate(scope, of), &member.name),
        },
        ExprKind::Call(callee, args) => match &callee.kind {
            ExprKind::Name(name) => function::apply(scope, name, args),
            _ => Term::None,
        },
        ExprKind::List(items) => {
            Term::Json(Json::Array(items.iter().filter_map(|item| json(scope, item)).collect()))
        }
        ExprKind::Record(fields) => {
            let members = fields
                .iter()
                .filter_map(|field| Some((field.name.name.to_string(), json(scope, &field.value)?)));
            Term::Json(Json::Object(members.collect::<Map<_, _>>()))
        }
        ExprKind::Unary(UnaryOp::Not, of) => Term::Json(Json::Bool(!evaluate(scope, of).holds())),
        ExprKind::Unary(UnaryOp::Negate, of) => match json(scope, of).and_then(|value| value.as_i64()) {
            Some(value) => Term::Json(Json::from(-value)),
            None => Term::None,
        },
        ExprKind::Binary(operator, _, left, right) => combine(scope, *operator, left, right),
        _ => Term::None,
    }
}

/// What an expression comes to, as JSON; `None` is left out.
pub fn json<'a>(scope: &Scope<'a, '_>, expr: &'a Expr) -> Option<Json> {
    match evaluate(scope, expr) {
        Term::Json(of) => Some(of),
        other => spell::json(scope, &other),
    }
}

/// Whether a condition holds.
pub fn holds<'a>(scope: &Scope<'a, '_>, expr: &'a Expr) -> bool {
    match given(scope, expr) {
        Some(there) => there.is_some_and(|it| !matches!(it, Json::Null | Json::Bool(false))),
        None => evaluate(scope, expr).holds(),
    }
}

/// What a path over a request's members leads to, where the expression is one: nothing is copied on the way.
pub fn given<'s>(scope: &Scope<'_, 's>, expr: &Expr) -> Option<Option<&'s Json>> {
    let names = scope.given?;
    match &expr.kind {
        ExprKind::Name(name) => Some(names.get(name)),
        ExprKind::Field(of, member) => Some(given(scope, of)?.and_then(|it| it.get(member.name.as_str()))),
        _ => None,
    }
}

fn number<'a>(digits: &str) -> Term<'a> {
    let whole = digits.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| digits.parse::<f64>().ok().and_then(Number::from_f64));
    number.map_or(Term::None, |number| Term::Json(Json::Number(number)))
}

/// Text with its expressions filled in; nothing where one of them is nothing.
fn interpolate<'a>(scope: &Scope<'a, '_>, parts: &'a [StringPart]) -> Term<'a> {
    let mut result = String::new();
    for part in parts {
        match part {
            StringPart::Text(piece) => result.push_str(piece),
            StringPart::Expr(expr) => match spell::text(scope, &evaluate(scope, expr)) {
                Some(piece) => result.push_str(&piece),
                None => return Term::None,
            },
        }
    }
    text(result)
}

/// `of.name`.
fn select<'a>(scope: &Scope<'a, '_>, of: Term<'a>, name: &str) -> Term<'a> {
    match of {
        Term::Resource(id) => scope.member(id, name),
        Term::Location(location) => match name {
            "bucket" => Term::Resource(location.bucket),
            "key" => text(location.key.as_str()),
            _ => Term::None,
        },
        Term::Value(value) => match &value.kind {
            ValueKind::Construct(construct) => scope.construct_field(construct, name).unwrap_or(Term::None),
            ValueKind::Map(entries) => {
                entries.iter().find(|(key, _)| key == name).map_or(Term::None, |(_, value)| term(value))
            }
            _ => Term::None,
        },
        Term::Result(path) => Term::Result(format!("{path}.{name}")),
        Term::Json(Json::Object(mut members)) => members.shift_remove(name).map_or(Term::None, Term::Json),
        Term::None | Term::Json(_) => Term::None,
    }
}

fn combine<'a>(scope: &Scope<'a, '_>, operator: BinaryOp, left: &'a Expr, right: &'a Expr) -> Term<'a> {
    let truth = |holds: bool| Term::Json(Json::Bool(holds));
    match operator {
        BinaryOp::Coalesce => match evaluate(scope, left) {
            Term::None => evaluate(scope, right),
            present => present,
        },
        BinaryOp::And => truth(evaluate(scope, left).holds() && evaluate(scope, right).holds()),
        BinaryOp::Or => truth(evaluate(scope, left).holds() || evaluate(scope, right).holds()),
        BinaryOp::Equal => truth(json(scope, left) == json(scope, right)),
        BinaryOp::NotEqual => truth(json(scope, left) != json(scope, right)),
        _ => Term::None,
    }
}
