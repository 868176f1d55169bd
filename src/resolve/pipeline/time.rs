//! Days and times that are written down: text in ISO 8601, where one is wanted or compared with.

use smol_str::ToSmolStr;

use super::{Builder, fault, fit};
use crate::{
    platform::{
        Base, DataType,
        pipeline::{Expression, ExpressionKind},
    },
    syntax::ast::{Expr, ExprKind, StringPart},
};

impl Builder<'_, '_> {
    /// Text where a day or a time is wanted; nothing where it is no text, or where something else is wanted.
    pub(super) fn time(&mut self, expr: &Expr, wanted: &DataType, what: &str) -> Option<Option<Expression>> {
        let (ExprKind::String(parts), Some(example)) = (&expr.kind, example(&wanted.base)) else {
            return None;
        };
        let ty = DataType { nullable: false, ..wanted.clone() };
        Some(match parts.as_slice() {
            [StringPart::Text(text)] if is_written(text, &wanted.base) => {
                Some(Expression { kind: ExpressionKind::Text(text.to_smolstr()), ty, span: expr.span })
            }
            _ => {
                let wanted = fit::described(self.context.platform, &ty);
                self.report(fault::no_time(expr.span, what, &wanted, example));
                None
            }
        })
    }

    /// Both sides of a comparison: text beside a day or a time is one.
    pub(super) fn sides(&mut self, a: &Expr, b: &Expr) -> Option<(Expression, Expression)> {
        let is_text = |side: &Expr| matches!(side.kind, ExprKind::String(_));
        let (text, other) = match (is_text(a), is_text(b)) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => return Some((self.expression(a)?, self.expression(b)?)),
        };
        let other = self.expression(other)?;
        let text = match self.time(text, &other.ty, "this comparison") {
            Some(time) => time,
            None => self.expression(text),
        }?;
        Some(if is_text(a) { (text, other) } else { (other, text) })
    }
}

/// How a value of a type is written, of days and times.
fn example(base: &Base) -> Option<&'static str> {
    match base {
        Base::Date => Some("2026-01-31"),
        Base::Timestamp(_) => Some("2026-01-31T12:00:00"),
        Base::TimestampLtz(_) => Some("2026-01-31T12:00:00Z"),
        _ => None,
    }
}

/// Whether a text is written as JSON has values of that type.
fn is_written(text: &str, base: &Base) -> bool {
    match base {
        Base::Date => text.parse::<chrono::NaiveDate>().is_ok(),
        Base::Timestamp(_) => text.parse::<chrono::NaiveDateTime>().is_ok(),
        Base::TimestampLtz(_) => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        _ => false,
    }
}
