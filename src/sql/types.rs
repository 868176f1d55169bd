//! Types of results, as Flink derives them. What the native operator can hold gets its types from there, so that plan and operator agree.

use crate::{
    platform::{Base, DataType},
    window::{self, Aggregate, Arithmetic, Comparison, Spread, Type},
};

use super::plan::AggregateFunction;

/// The operator's type for a type of data; `None` for what it can't hold.
pub fn physical(base: &Base) -> Option<Type> {
    match base {
        Base::String => Some(Type::String),
        Base::Boolean => Some(Type::Boolean),
        Base::Int => Some(Type::Int),
        Base::BigInt => Some(Type::BigInt),
        Base::Double => Some(Type::Double),
        Base::Decimal(precision, scale) => Type::decimal(*precision, *scale),
        Base::Date => Some(Type::Date),
        Base::Timestamp(digits) => Type::timestamp(*digits),
        Base::TimestampLtz(digits) => Type::timestamp_ltz(*digits),
        Base::Bytes => Some(Type::Bytes),
        Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Location | Base::Json | Base::Unknown => None,
    }
}

fn logical(ty: Type) -> Base {
    match ty {
        Type::Boolean => Base::Boolean,
        Type::Int => Base::Int,
        Type::BigInt => Base::BigInt,
        Type::Double => Base::Double,
        Type::Decimal { precision, scale } => Base::Decimal(precision, scale),
        Type::String => Base::String,
        Type::Bytes => Base::Bytes,
        Type::Date => Base::Date,
        Type::Timestamp(digits) => Base::Timestamp(digits),
        Type::TimestampLtz(digits) => Base::TimestampLtz(digits),
    }
}

/// The type of `a op b`; `None` where that is not defined.
pub fn arithmetic(op: Arithmetic, a: &Base, b: &Base) -> Option<Base> {
    unknown(a, b).or_else(|| window::arithmetic_type(op, physical(a)?, physical(b)?).map(logical))
}

/// The type that both can be brought to without loss: of CASE's branches, and for comparison.
pub fn common(a: &Base, b: &Base) -> Option<Base> {
    if a == b {
        return Some(a.clone());
    }
    match (a, b) {
        (Base::Unknown, _) | (_, Base::Unknown) => Some(Base::Unknown),
        (Base::Timestamp(a), Base::Timestamp(b)) => Some(Base::Timestamp(*a.max(b))),
        (Base::TimestampLtz(a), Base::TimestampLtz(b)) => Some(Base::TimestampLtz(*a.max(b))),
        _ => window::common_type(physical(a)?, physical(b)?).map(logical),
    }
}

/// The type of an aggregate over values of a type; `None` where that is not defined.
pub fn aggregate(function: AggregateFunction, argument: &Base) -> Option<Base> {
    if function == AggregateFunction::Count {
        return Some(Base::BigInt);
    }
    if *argument == Base::Unknown {
        return Some(Base::Unknown);
    }
    let argument = window::Expr::column(0, physical(argument)?);
    operator_aggregate(function, argument).ty().map(logical)
}

/// The operator's aggregate over an argument.
pub fn operator_aggregate(function: AggregateFunction, argument: window::Expr) -> Aggregate {
    let spread = |root, sample| Spread { root, sample };
    match function {
        AggregateFunction::Count => Aggregate::Count(argument),
        AggregateFunction::Sum => Aggregate::Sum(argument),
        AggregateFunction::Avg => Aggregate::Avg(argument),
        AggregateFunction::Min => Aggregate::Min(argument),
        AggregateFunction::Max => Aggregate::Max(argument),
        AggregateFunction::FirstValue => Aggregate::First(argument),
        AggregateFunction::LastValue => Aggregate::Last(argument),
        AggregateFunction::StddevPop => Aggregate::Spread(argument, spread(true, false)),
        AggregateFunction::StddevSamp => Aggregate::Spread(argument, spread(true, true)),
        AggregateFunction::VarPop => Aggregate::Spread(argument, spread(false, false)),
        AggregateFunction::VarSamp => Aggregate::Spread(argument, spread(false, true)),
    }
}

/// The type of `ROUND` and `TRUNCATE` to so many digits; `None` where that is not defined.
pub fn rounded(base: &Base, digits: i32) -> Option<Base> {
    if *base == Base::Unknown {
        return Some(Base::Unknown);
    }
    window::round_type(physical(base)?, digits).map(logical)
}

/// Whether every value of a type is one of the other, unchanged.
pub fn widens(from: &Base, to: &Base) -> bool {
    match (from, to) {
        (Base::Unknown, _) | (_, Base::Unknown) => true,
        (Base::Int, Base::BigInt | Base::Double) => true,
        (Base::Int, Base::Decimal(precision, scale)) => precision.saturating_sub(*scale) >= 10,
        (Base::BigInt, Base::Decimal(precision, scale)) => precision.saturating_sub(*scale) >= 19,
        (Base::Decimal(p, s), Base::Decimal(q, t)) => t >= s && q.saturating_sub(*t) >= p.saturating_sub(*s),
        (Base::Timestamp(a), Base::Timestamp(b)) | (Base::TimestampLtz(a), Base::TimestampLtz(b)) => a <= b,
        (a, b) => a == b,
    }
}

/// Whether SQL has a conversion.
pub fn casts(from: &Base, to: &Base) -> bool {
    match (physical(from), physical(to)) {
        _ if matches!(from, Base::Unknown) || matches!(to, Base::Unknown) => true,
        (Some(a), Some(b)) => a == b || window::Expr::column(0, a).cast(b).is_ok(),
        _ => {
            from == to
                || matches!(
                    (from, to),
                    (Base::Timestamp(_) | Base::TimestampLtz(_), Base::Timestamp(_) | Base::TimestampLtz(_))
                )
        }
    }
}

/// Whether values of the type have an order.
pub fn ordered(base: &Base) -> bool {
    !matches!(base, Base::List(_) | Base::Map(..) | Base::Record(_) | Base::Json)
}

/// Whether arithmetic is defined.
pub fn numeric(base: &Base) -> bool {
    matches!(base, Base::Int | Base::BigInt | Base::Double | Base::Decimal(..) | Base::Unknown)
}

fn unknown(a: &Base, b: &Base) -> Option<Base> {
    (*a == Base::Unknown || *b == Base::Unknown).then_some(Base::Unknown)
}

/// A type as the language writes it.
pub fn spelled(base: &Base) -> String {
    match base {
        Base::String => "string".into(),
        Base::Boolean => "boolean".into(),
        Base::Int => "int".into(),
        Base::BigInt => "bigint".into(),
        Base::Double => "double".into(),
        Base::Decimal(precision, scale) => format!("decimal({precision}, {scale})"),
        Base::Date => "date".into(),
        Base::Timestamp(digits) => format!("timestamp({digits})"),
        Base::TimestampLtz(digits) => format!("timestamp_ltz({digits})"),
        Base::Bytes => "bytes".into(),
        Base::List(item) => format!("list<{}>", spelled_nullable(item)),
        Base::Map(key, value) => format!("map<{}, {}>", spelled_nullable(key), spelled_nullable(value)),
        Base::Record(_) => "record".into(),
        Base::Location => "location".into(),
        Base::Json => "json".into(),
        Base::Unknown => "unknown".into(),
    }
}

/// A type with its `?`.
pub fn spelled_nullable(ty: &DataType) -> String {
    format!("{}{}", spelled(&ty.base), if ty.nullable { "?" } else { "" })
}

/// An operator's sign.
pub const fn symbol(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
    }
}

/// A comparison's sign.
pub const fn comparison(op: Comparison) -> &'static str {
    match op {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
