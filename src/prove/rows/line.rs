//! The values of a type in their order, as exact points on a line.

use smol_str::SmolStr;

use crate::{
    platform::Base,
    sql::plan::{Expr, ExprKind, Literal},
    window::time::{self, Style},
};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    Number(i128),
    Text(SmolStr),
}

/// The values that a column can have but null and NaN.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    /// Text, by code points.
    Text,
    /// Multiples of `step` from `least` to `most`, counted in parts of `10^-scale`.
    Grid { scale: u32, step: i128, least: i128, most: i128, of: Of },
    /// What is not compared with constants here.
    Unordered,
}

/// What the numbers on a grid are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Booleans,
    Exact,
    Doubles,
    Days,
    Microseconds,
}

/// No date is as far away.
const FAR: i128 = i128::MAX / 4;

impl Line {
    /// The line of a type, fine enough for some constants.
    pub(super) fn of(base: &Base, constants: &[&Expr]) -> Self {
        let grid = |least, most, of| Self::Grid { scale: 0, step: 1, least, most, of };
        match base {
            Base::String => Self::Text,
            Base::Boolean => grid(0, 1, Of::Booleans),
            Base::Int => Self::exact(0, i32::MIN.into(), i32::MAX.into(), constants),
            Base::BigInt => Self::exact(0, i64::MIN.into(), i64::MAX.into(), constants),
            Base::Decimal(precision, scale) => {
                let most = 10_i128.checked_pow((*precision).into()).map_or(FAR, |above| above - 1);
                Self::exact((*scale).into(), -most, most, constants)
            }
            Base::Double => grid(double(f64::NEG_INFINITY), double(f64::INFINITY), Of::Doubles),
            Base::Date => grid(-FAR, FAR, Of::Days),
            Base::Timestamp(_) => grid(-FAR, FAR, Of::Microseconds),
            _ => Self::Unordered,
        }
    }

    /// Numbers of so many digits behind the point, on a grid that the constants lie on.
    fn exact(digits: u32, least: i128, most: i128, constants: &[&Expr]) -> Self {
        let finest = constants.iter().filter_map(|it| Some(number(it)?.1)).max().unwrap_or(0);
        let scale = finest.max(digits);
        let step = 10_i128.checked_pow(scale - digits);
        let ends = step.and_then(|step| Some((least.checked_mul(step)?, most.checked_mul(step)?)));
        match (step, ends) {
            (Some(step), Some((least, most))) => Self::Grid { scale, step, least, most, of: Of::Exact },
            _ => Self::Unordered,
        }
    }

    /// Where a constant is; `None` where it is not on the line.
    pub(super) fn point(&self, constant: &Expr) -> Option<Point> {
        let (literal, negative) = literal(constant)?;
        let number = match (self, literal) {
            (Self::Text, Literal::Text(text)) => return Some(Point::Text(text.clone())),
            (Self::Grid { of: Of::Booleans, .. }, Literal::Boolean(truth)) => i128::from(*truth),
            (Self::Grid { of: Of::Exact, scale, .. }, Literal::Number(_)) => {
                let (value, digits) = number(constant)?;
                return value
                    .checked_mul(10_i128.checked_pow(scale.checked_sub(digits)?)?)
                    .map(Point::Number);
            }
            (Self::Grid { of: Of::Doubles, .. }, Literal::Number(text)) => {
                let value: f64 = text.parse().ok()?;
                double(if negative { -value } else { value })
            }
            (Self::Grid { of: Of::Days, .. }, Literal::Date(day)) => time::parse_date(day.as_bytes())?.into(),
            (Self::Grid { of: Of::Microseconds, .. }, Literal::Timestamp(instant)) => {
                time::parse_timestamp(instant.as_bytes(), Style::Sql)?.0.into()
            }
            _ => return None,
        };
        Some(Point::Number(number))
    }

    /// Whether there is a value at a point.
    pub(super) fn has(&self, point: &Point) -> bool {
        match (self, point) {
            (Self::Grid { step, least, most, .. }, Point::Number(at)) => {
                at.rem_euclid(*step) == 0 && least <= at && at <= most
            }
            _ => true,
        }
    }

    /// Whether there is a value between two points; without one, from or to the line's end.
    pub(super) fn has_between(&self, low: Option<&Point>, high: Option<&Point>) -> bool {
        match self {
            Self::Unordered => true,
            Self::Text => match (low, high) {
                (Some(Point::Text(low)), Some(Point::Text(high))) => *format!("{low}\0") < **high,
                (None, Some(Point::Text(high))) => !high.is_empty(),
                _ => true,
            },
            Self::Grid { step, least, most, .. } => {
                let next = match low {
                    Some(Point::Number(low)) => {
                        let above = low.div_euclid(*step).saturating_add(1).saturating_mul(*step);
                        above.max(*least)
                    }
                    _ => *least,
                };
                let end = match high {
                    Some(Point::Number(high)) => high.saturating_sub(1).min(*most),
                    _ => *most,
                };
                next <= end
            }
        }
    }
}

/// A constant with its sign.
pub(super) fn literal(expr: &Expr) -> Option<(&Literal, bool)> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some((literal, false)),
        ExprKind::Negate(of) => match &of.kind {
            ExprKind::Literal(literal @ Literal::Number(_)) => Some((literal, true)),
            _ => None,
        },
        _ => None,
    }
}

/// A number without exponent: its digits, and how many of them are behind the point.
pub(super) fn number(expr: &Expr) -> Option<(i128, u32)> {
    let (Literal::Number(text), negative) = literal(expr)? else { return None };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let value: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((if negative { -value } else { value }, u32::try_from(fraction.len()).ok()?))
}

/// The place of a binary floating-point number among all of them.
fn double(value: f64) -> i128 {
    let size = i128::from(value.abs().to_bits());
    if value.is_sign_negative() { -size } else { size }
}
