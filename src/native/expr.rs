//! Expressions of the plan as expressions of the operator.

use crate::{
    diagnostic::Diagnostic,
    platform::Base,
    source::Span,
    sql::{
        plan::{Expr, ExprKind, Literal},
        types,
    },
    window::{self, Comparison, Function, Type, Value, decimal, time},
};

use super::{refused, scalar};

/// Where the operator has the columns of the plan, and of what types.
pub struct Columns {
    /// For each column of the plan, its number in the operator.
    pub places: Vec<usize>,
    /// The types of the operator's columns.
    pub types: Vec<Type>,
}

impl Columns {
    /// The columns of a stream, in order. One that the operator can't hold is refused where it is used.
    pub fn of_stream(bases: Vec<Base>) -> Self {
        let types = bases.iter().map(|base| types::physical(base).unwrap_or(Type::String)).collect();
        Self { places: (0..bases.len()).collect(), types }
    }
}

/// The operator's expression that computes the same.
pub fn convert(expr: &Expr, columns: &Columns) -> Result<window::Expr, Box<Diagnostic>> {
    let converted = match &expr.kind {
        ExprKind::Column(index) => return column(expr, *index, columns),
        ExprKind::Literal(literal) => return constant(expr, literal),
        ExprKind::Arithmetic(op, a, b) => {
            window::Expr::arithmetic(*op, convert(a, columns)?, convert(b, columns)?)
        }
        ExprKind::Negate(a) => window::Expr::call(Function::Negate, vec![convert(a, columns)?]),
        ExprKind::Compare(op, a, b) => {
            let (a, b) = sides(a, b, columns)?;
            window::Expr::compare(*op, a, b)
        }
        ExprKind::And(list) => window::Expr::and(all(list, columns)?),
        ExprKind::Or(list) => window::Expr::or(all(list, columns)?),
        ExprKind::Not(a) => convert(a, columns)?.not(),
        ExprKind::IsNull(a) => Ok(convert(a, columns)?.is_null()),
        ExprKind::Case(arms, otherwise) => {
            let ty = physical(expr)?;
            let arms = arms
                .iter()
                .map(|arm| Ok((convert(&arm.condition, columns)?, typed(&arm.value, ty, columns)?)));
            let arms = arms.collect::<Result<Vec<_>, Box<Diagnostic>>>()?;
            let otherwise = otherwise.as_ref().map(|value| typed(value, ty, columns)).transpose()?;
            window::Expr::case(arms, otherwise)
        }
        ExprKind::Cast(a) => typed(a, physical(expr)?, columns)?.cast(physical(expr)?),
        ExprKind::TryCast(a) => typed(a, physical(expr)?, columns)?.try_cast(physical(expr)?),
        ExprKind::Like(a, pattern, escape) => convert(a, columns)?.like(pattern, *escape),
        ExprKind::Call(name, args) => return call(expr, name, args, columns),
        ExprKind::Error => return Err(refused(expr.span, "this expression")),
    };
    converted.map_err(|error| refused(expr.span, &error.to_string()))
}

pub(super) fn all(list: &[Expr], columns: &Columns) -> Result<Vec<window::Expr>, Box<Diagnostic>> {
    list.iter().map(|part| convert(part, columns)).collect()
}

/// A value where another's type is wanted: NULL has none of its own.
fn typed(expr: &Expr, ty: Type, columns: &Columns) -> Result<window::Expr, Box<Diagnostic>> {
    match &expr.kind {
        ExprKind::Literal(Literal::Null) => literal(Value::Null, ty, expr.span),
        _ => convert(expr, columns),
    }
}

/// Two values that are compared; one that is NULL has the other's type.
fn sides(a: &Expr, b: &Expr, columns: &Columns) -> Result<(window::Expr, window::Expr), Box<Diagnostic>> {
    let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Literal(Literal::Null));
    match (is_null(a), is_null(b)) {
        (true, false) => Ok((typed(a, physical(b)?, columns)?, convert(b, columns)?)),
        (false, true) => Ok((convert(a, columns)?, typed(b, physical(a)?, columns)?)),
        _ => Ok((convert(a, columns)?, convert(b, columns)?)),
    }
}

/// The operator's type of an expression.
pub(super) fn physical(expr: &Expr) -> Result<Type, Box<Diagnostic>> {
    types::physical(&expr.ty.base)
        .ok_or_else(|| refused(expr.span, &format!("a {}", types::spelled(&expr.ty.base))))
}

fn column(expr: &Expr, index: usize, columns: &Columns) -> Result<window::Expr, Box<Diagnostic>> {
    let ty = physical(expr)?;
    let place = columns.places.get(index).copied();
    let known = place.and_then(|place| columns.types.get(place).copied());
    match (place, known) {
        (Some(place), Some(known)) if known == ty => Ok(window::Expr::column(place, ty)),
        (Some(place), Some(known)) => window::Expr::column(place, known)
            .cast(ty)
            .map_err(|error| refused(expr.span, &error.to_string())),
        _ => Err(refused(expr.span, "this column")),
    }
}

fn literal(value: Value, ty: Type, span: Span) -> Result<window::Expr, Box<Diagnostic>> {
    window::Expr::literal(value, ty).map_err(|error| refused(span, &error.to_string()))
}

fn constant(expr: &Expr, constant: &Literal) -> Result<window::Expr, Box<Diagnostic>> {
    let ty = physical(expr)?;
    let value = match constant {
        Literal::Null => Some(Value::Null),
        Literal::Boolean(value) => Some(Value::Bool(*value)),
        Literal::Text(text) => Some(Value::text(text)),
        Literal::Number(text) => number(text, ty),
        Literal::Date(text) => {
            time::parse_date(text.as_bytes()).and_then(|days| i32::try_from(days).ok()).map(Value::I32)
        }
        Literal::Timestamp(text) => {
            time::parse_timestamp(text.as_bytes(), time::Style::Sql).map(|(micros, _)| Value::I64(micros))
        }
    };
    let value = value.ok_or_else(|| refused(expr.span, "this constant"))?;
    literal(value, ty, expr.span)
}

fn number(text: &str, ty: Type) -> Option<Value> {
    match ty {
        Type::Int => text.trim_end_matches('.').parse().ok().map(Value::I32),
        Type::BigInt => text.trim_end_matches('.').parse().ok().map(Value::I64),
        Type::Double => text.parse().ok().map(Value::F64),
        Type::Decimal { precision, scale } => {
            decimal::parse(text.as_bytes(), precision, scale).ok().map(Value::I128)
        }
        _ => None,
    }
}

fn call(expr: &Expr, name: &str, args: &[Expr], columns: &Columns) -> Result<window::Expr, Box<Diagnostic>> {
    let function = match name {
        "ABS" => Function::Abs,
        "UPPER" => Function::Upper,
        "LOWER" => Function::Lower,
        "CHAR_LENGTH" | "CHARACTER_LENGTH" => Function::CharLength,
        "SUBSTRING" => Function::Substring,
        "CONCAT" => Function::Concat,
        "COALESCE" | "NULLIF" => return by_type(expr, name, args, columns),
        _ => return scalar::call(expr, name, args, columns),
    };
    window::Expr::call(function, all(args, columns)?).map_err(|error| refused(expr.span, &error.to_string()))
}

/// Calls whose arguments may be NULL without a type.
fn by_type(
    expr: &Expr,
    name: &str,
    args: &[Expr],
    columns: &Columns,
) -> Result<window::Expr, Box<Diagnostic>> {
    let ty = physical(expr)?;
    let args = args.iter().map(|argument| typed(argument, ty, columns)).collect::<Result<Vec<_>, _>>()?;
    let built = match (name, args.as_slice()) {
        ("NULLIF", [value, other]) => window::Expr::compare(Comparison::Equal, value.clone(), other.clone())
            .and_then(|equal| {
                let null = window::Expr::literal(Value::Null, ty)?;
                window::Expr::case(vec![(equal, null)], Some(value.clone()))
            }),
        _ => window::Expr::coalesce(args),
    };
    built.map_err(|error| refused(expr.span, &error.to_string()))
}
