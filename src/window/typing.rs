//! The types of results, as Flink's planner derives them.

use super::expr::Arithmetic;
use super::types::Type;
use std::fmt;

/// Why an expression has no type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeError {
    /// An operator that is not defined on these types.
    Operator {
        /// The operator, as written in SQL.
        operator: &'static str,
        /// The types of its operands.
        operands: Vec<Type>,
    },
    /// A conversion that does not exist.
    Cast {
        /// The type converted from.
        from: Type,
        /// The type wanted.
        to: Type,
    },
    /// A literal that is no value of its type, or a type whose parameters are out of range.
    Literal(Type),
    /// A pattern of LIKE whose escape character stands before something else than `%`, `_` or itself.
    Pattern,
    /// An expression list that may not be empty.
    Empty(&'static str),
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeError::Operator { operator, operands } => {
                let list: Vec<String> = operands.iter().map(Type::to_string).collect();
                write!(f, "`{operator}` is not defined on {}", list.join(" and "))
            }
            TypeError::Cast { from, to } => write!(f, "{from} can't be cast to {to}"),
            TypeError::Literal(ty) => write!(f, "the literal is no {ty}"),
            TypeError::Pattern => {
                f.write_str("the escape character of LIKE must stand before `%`, `_` or itself")
            }
            TypeError::Empty(what) => write!(f, "`{what}` needs at least one operand"),
        }
    }
}

impl std::error::Error for TypeError {}

/// The decimal that holds every value of an exact type.
pub(super) fn as_decimal(ty: Type) -> Option<(u8, u8)> {
    match ty {
        Type::Int => Some((10, 0)),
        Type::BigInt => Some((19, 0)),
        Type::Decimal { precision, scale } => Some((precision, scale)),
        _ => None,
    }
}

/// Cuts a derived precision to 38 digits, keeping the digits before the point and at least 6 after it
/// (Flink's `LogicalTypeMerging`, which follows SQL Server and Hive).
fn adjusted(precision: u32, scale: u32) -> Type {
    let (precision, scale) = if precision <= 38 {
        (precision, scale)
    } else {
        let least = scale.min(6);
        (38, 38_u32.saturating_sub(precision - scale).max(least))
    };
    Type::Decimal { precision: precision as u8, scale: scale as u8 }
}

/// The result type of `a op b`.
pub fn arithmetic_type(op: Arithmetic, a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::Double, other) | (other, Type::Double) if other.is_numeric() => {
            (op != Arithmetic::Remainder).then_some(Type::Double)
        }
        (Type::Int, Type::Int) => Some(Type::Int),
        (Type::BigInt, Type::Int) if op == Arithmetic::Remainder => Some(Type::Int),
        (Type::Int | Type::BigInt, Type::Int | Type::BigInt) => Some(Type::BigInt),
        _ => Some(decimal_type(op, as_decimal(a)?, as_decimal(b)?)),
    }
}

fn decimal_type(op: Arithmetic, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> Type {
    let [p1, s1, p2, s2] = [p1, s1, p2, s2].map(u32::from);
    match op {
        Arithmetic::Add | Arithmetic::Subtract => {
            let scale = s1.max(s2);
            adjusted((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        Arithmetic::Multiply => adjusted(p1 + p2 + 1, s1 + s2),
        Arithmetic::Divide => {
            let scale = 6.max(s1 + p2 + 1);
            adjusted(p1 - s1 + s2 + scale, scale)
        }
        Arithmetic::Remainder if s1 == 0 && s2 == 0 => adjusted(p2, 0),
        Arithmetic::Remainder => {
            let scale = s1.max(s2);
            adjusted((p1 - s1).min(p2 - s2) + scale, scale)
        }
    }
}

/// The type that CASE and COALESCE give to branches of these types, and to which comparison brings them.
pub fn common_type(a: Type, b: Type) -> Option<Type> {
    if a == b {
        return Some(a);
    }
    match (a, b) {
        (Type::Double, other) | (other, Type::Double) => other.is_numeric().then_some(Type::Double),
        (Type::Int | Type::BigInt, Type::Int | Type::BigInt) => Some(Type::BigInt),
        (Type::Timestamp(p), Type::Timestamp(q)) => Some(Type::Timestamp(p.max(q))),
        (Type::TimestampLtz(p), Type::TimestampLtz(q)) => Some(Type::TimestampLtz(p.max(q))),
        (Type::Date, Type::Timestamp(p)) | (Type::Timestamp(p), Type::Date) => Some(Type::Timestamp(p)),
        _ => {
            let ((p1, s1), (p2, s2)) = (as_decimal(a)?, as_decimal(b)?);
            let whole = (p1 - s1).max(p2 - s2);
            // Where 38 digits do not hold both, those before the point stay (Flink 2.3.0: DECIMAL(1, 1) and DECIMAL(38, 0) meet in DECIMAL(38, 0)).
            let scale = s1.max(s2).min(38 - whole);
            Some(Type::Decimal { precision: whole + scale, scale })
        }
    }
}

/// The result type of `SUM(ty)`.
pub(super) fn sum_type(ty: Type) -> Option<Type> {
    match ty {
        Type::Decimal { scale, .. } => Some(Type::Decimal { precision: 38, scale }),
        _ => ty.is_numeric().then_some(ty),
    }
}

/// The result type of `AVG(ty)`.
pub(super) fn avg_type(ty: Type) -> Option<Type> {
    match ty {
        Type::Decimal { scale, .. } => Some(Type::Decimal { precision: 38, scale: scale.max(6) }),
        _ => ty.is_numeric().then_some(ty),
    }
}
