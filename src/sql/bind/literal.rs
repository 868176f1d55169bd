//! Constants.

use smol_str::SmolStr;
use sqlparser::ast::{self, DateTimeField, Value};

use super::{Binder, Scope, derived, error, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::plan::{Expr, ExprKind, Literal},
    window::time::{self, Style},
};

impl Binder<'_> {
    pub(super) fn literal(&mut self, value: &Value, scope: &Scope<'_>, span: Span) -> Expr {
        let (literal, base) = match value {
            Value::Null => return null(span),
            Value::Boolean(value) => (Literal::Boolean(*value), Base::Boolean),
            Value::SingleQuotedString(text) => (Literal::Text(SmolStr::new(text)), Base::String),
            Value::Number(text, _) => match number(text) {
                Some(base) => (Literal::Number(SmolStr::new(text)), base),
                None => {
                    self.report(faults::bad_literal("number", text, "at most 38 digits", span));
                    return error(span);
                }
            },
            Value::DoubleQuotedString(text) => {
                let is_column = scope.fields.iter().any(|field| field.name == text.as_str());
                self.report(faults::quoted_text(text, is_column, span));
                return error(span);
            }
            _ => {
                self.unsupported(span, "this form of text");
                return error(span);
            }
        };
        Expr { kind: ExprKind::Literal(literal), ty: DataType::plain(base), span }
    }

    /// `DATE '…'`, `TIMESTAMP '…'`.
    pub(super) fn typed_literal(&mut self, typed: &ast::TypedString, span: Span) -> Expr {
        let Value::SingleQuotedString(text) = &typed.value.value else {
            self.unsupported(span, "this form of text");
            return error(span);
        };
        match typed.data_type {
            ast::DataType::Date => self.date(text, span),
            ast::DataType::Timestamp(None, _) => self.timestamp(text, span),
            _ => {
                self.unsupported(span, &format!("the literal {typed}"));
                error(span)
            }
        }
    }

    pub(super) fn date(&mut self, text: &str, span: Span) -> Expr {
        if time::parse_date(text.as_bytes()).is_none() {
            self.report(faults::bad_literal("date", text, "DATE '2026-01-31'", span));
            return error(span);
        }
        Expr {
            kind: ExprKind::Literal(Literal::Date(SmolStr::new(text))),
            ty: DataType::plain(Base::Date),
            span,
        }
    }

    /// A literal has the digits of a second that it is written with.
    pub(super) fn timestamp(&mut self, text: &str, span: Span) -> Expr {
        let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        match (time::parse_timestamp(text.as_bytes(), Style::Sql), u8::try_from(digits)) {
            (Some((_, false)), Ok(digits @ 0..=6)) => {
                let ty = DataType::plain(Base::Timestamp(digits));
                Expr { kind: ExprKind::Literal(Literal::Timestamp(SmolStr::new(text))), ty, span }
            }
            _ => {
                self.report(faults::bad_literal("timestamp", text, "TIMESTAMP '2026-01-31 12:00:00'", span));
                error(span)
            }
        }
    }

    /// An interval of fixed length in milliseconds.
    pub(super) fn interval(&mut self, expr: &ast::Expr) -> Option<i64> {
        let span = self.span(expr);
        let milliseconds = match expr {
            ast::Expr::Interval(interval) => fixed_interval(interval),
            ast::Expr::UnaryOp { op: ast::UnaryOperator::Minus, expr } => match expr.as_ref() {
                ast::Expr::Interval(interval) => fixed_interval(interval).and_then(i64::checked_neg),
                _ => None,
            },
            _ => None,
        };
        if milliseconds.is_none() {
            // The place of an INTERVAL begins behind that word.
            let behind = matches!(expr, ast::Expr::Interval(_));
            self.report(faults::bad_interval(span, self.places.text(span), behind));
        }
        milliseconds
    }
}

/// `NULL`: of any type.
fn null(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Null), ty: derived(Base::Unknown, []).or_null(), span }
}

/// The type of a number, as Calcite derives it: digits before the point count with a leading zero, an exponent makes it approximate.
fn number(text: &str) -> Option<Base> {
    if text.contains(['e', 'E']) {
        return text.parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| Base::Double);
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if scale == 0 {
        let whole = text.trim_end_matches('.');
        return match whole.parse::<i64>() {
            Ok(value) if i32::try_from(value).is_ok() => Some(Base::Int),
            Ok(_) => Some(Base::BigInt),
            Err(_) => decimal(digits, 0),
        };
    }
    decimal(digits, scale)
}

fn decimal(precision: usize, scale: usize) -> Option<Base> {
    let (precision, scale) = (u8::try_from(precision).ok()?, u8::try_from(scale).ok()?);
    (precision <= 38 && scale <= precision).then_some(Base::Decimal(precision, scale))
}

fn fixed_interval(interval: &ast::Interval) -> Option<i64> {
    if interval.last_field.is_some() || interval.fractional_seconds_precision.is_some() {
        return None;
    }
    let unit = match interval.leading_field.as_ref()? {
        DateTimeField::Second | DateTimeField::Seconds => 1_000,
        DateTimeField::Minute | DateTimeField::Minutes => 60_000,
        DateTimeField::Hour | DateTimeField::Hours => 3_600_000,
        DateTimeField::Day | DateTimeField::Days => 86_400_000,
        DateTimeField::Week(None) | DateTimeField::Weeks => 604_800_000,
        _ => return None,
    };
    let ast::Expr::Value(value) = interval.value.as_ref() else { return None };
    let text = match &value.value {
        Value::SingleQuotedString(text) | Value::Number(text, _) => text.trim(),
        _ => return None,
    };
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let amount = milliseconds(text, unit)?;
    if negative { amount.checked_neg() } else { Some(amount) }
}

/// A number of units, as whole milliseconds; a fraction down to the millisecond.
fn milliseconds(text: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 3 {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<i64>().ok()?;
    let whole = whole.parse::<i64>().ok()?.checked_mul(unit)?;
    let part = thousandths.checked_mul(unit)?;
    if part % 1_000 != 0 {
        return None;
    }
    whole.checked_add(part / 1_000)
}
