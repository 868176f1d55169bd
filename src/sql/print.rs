//! Expressions as Flink SQL. Names stand in backticks and text in single quotes, so that no name and no text can be anything else.

mod pattern;

use crate::platform::{Base, Platform, SchemaId};

pub use pattern::recognize;

use super::{
    over::{Frame, OverCall, OverFunction},
    plan::{AggregateCall, Expr, ExprKind, Literal},
    types,
};

/// A name in backticks.
pub fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Text in single quotes.
pub fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A type as Flink writes it; `None` for one that it does not have.
pub fn data_type(base: &Base) -> Option<String> {
    spelled(base, &|_| None)
}

/// The type of a column of a table, in which records have their fields. What is inside a value may be null in Flink, whatever the schema says: of a
/// field that is declared otherwise Flink makes -1 where the record is null.
pub fn column_type(platform: &Platform, base: &Base) -> String {
    let record = |id: SchemaId| {
        let fields = platform.schema(id).columns.iter();
        let fields: Vec<String> = fields
            .map(|field| format!("{} {}", name(&field.name), column_type(platform, &field.ty.base)))
            .collect();
        Some(format!("ROW<{}>", fields.join(", ")))
    };
    spelled(base, &record).unwrap_or_default()
}

fn spelled(base: &Base, record: &dyn Fn(SchemaId) -> Option<String>) -> Option<String> {
    Some(match base {
        Base::String => "STRING".into(),
        Base::Boolean => "BOOLEAN".into(),
        Base::Int => "INT".into(),
        Base::BigInt => "BIGINT".into(),
        Base::Double => "DOUBLE".into(),
        Base::Decimal(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        Base::Date => "DATE".into(),
        Base::Timestamp(digits) => format!("TIMESTAMP({digits})"),
        Base::TimestampLtz(digits) => format!("TIMESTAMP_LTZ({digits})"),
        Base::Bytes => "BYTES".into(),
        Base::List(item) => format!("ARRAY<{}>", spelled(&item.base, record)?),
        Base::Map(key, value) => {
            format!("MAP<{}, {}>", spelled(&key.base, record)?, spelled(&value.base, record)?)
        }
        Base::Location | Base::Json => "STRING".into(),
        Base::Record(id) => return record(*id),
        Base::Unknown => return None,
    })
}

/// An expression, given the text of each column of its input.
pub fn expr(whole: &Expr, columns: &[String]) -> String {
    let inner = |part: &Expr| operand(part, whole, columns);
    match &whole.kind {
        ExprKind::Column(index) => columns.get(*index).cloned().unwrap_or_default(),
        ExprKind::Literal(literal) => self::literal(literal, &whole.ty.base),
        ExprKind::Arithmetic(op, a, b) => format!("{} {} {}", inner(a), types::symbol(*op), inner(b)),
        ExprKind::Negate(a) => format!("-{}", inner(a)),
        ExprKind::Compare(op, a, b) => format!("{} {} {}", inner(a), types::comparison(*op), inner(b)),
        ExprKind::And(list) => list.iter().map(inner).collect::<Vec<_>>().join(" AND "),
        ExprKind::Or(list) => list.iter().map(inner).collect::<Vec<_>>().join(" OR "),
        ExprKind::Not(a) => match &a.kind {
            ExprKind::IsNull(a) => format!("{} IS NOT NULL", inner(a)),
            _ => format!("NOT {}", inner(a)),
        },
        ExprKind::IsNull(a) => format!("{} IS NULL", inner(a)),
        ExprKind::Case(arms, otherwise) => {
            let arms = arms.iter().map(|arm| {
                format!(" WHEN {} THEN {}", expr(&arm.condition, columns), expr(&arm.value, columns))
            });
            let otherwise = otherwise.iter().map(|value| format!(" ELSE {}", expr(value, columns)));
            format!("CASE{} END", arms.chain(otherwise).collect::<String>())
        }
        ExprKind::Cast(a) => cast("CAST", a, &whole.ty.base, columns),
        ExprKind::TryCast(a) => cast("TRY_CAST", a, &whole.ty.base, columns),
        ExprKind::Like(a, pattern, escape) => {
            let escape =
                escape.map(|escape| format!(" ESCAPE {}", text(&escape.to_string()))).unwrap_or_default();
            format!("{} LIKE {}{escape}", inner(a), text(pattern))
        }
        ExprKind::Call(function, args) => match inside(function, args, columns) {
            Some(text) => of_type(function, text, &whole.ty.base),
            None => {
                let args: Vec<String> = args.iter().map(|argument| expr(argument, columns)).collect();
                call(function, &args)
            }
        },
        ExprKind::Error => String::new(),
    }
}

/// What is taken out of a value, and a list or map that is made.
fn inside(function: &str, args: &[Expr], columns: &[String]) -> Option<String> {
    let all = || args.iter().map(|argument| expr(argument, columns)).collect::<Vec<_>>().join(", ");
    // What a value is taken out of stands in parentheses unless it is a name or a call.
    let of = |value: &Expr| match value.kind {
        ExprKind::Column(_) | ExprKind::Call(..) => expr(value, columns),
        _ => format!("({})", expr(value, columns)),
    };
    match (function, args) {
        ("ITEM", [value, index]) => Some(format!("{}[{}]", of(value), expr(index, columns))),
        ("ARRAY" | "MAP", _) => Some(format!("{function}[{}]", all())),
        (field, [record]) => {
            let (_, field) = field.split_once(' ').filter(|(word, _)| *word == "FIELD")?;
            Some(format!("{}.{}", of(record), name(field)))
        }
        _ => None,
    }
}

/// A list or map that is made has the type that it has in the plan: Flink takes what is in it for never null, and what is behind its end for -1.
fn of_type(function: &str, text: String, base: &Base) -> String {
    match (function, data_type(base)) {
        ("ARRAY" | "MAP", Some(ty)) => format!("CAST({text} AS {ty})"),
        _ => text,
    }
}

/// A call; a word of a syntax of its own stands behind the function's name.
fn call(function: &str, args: &[String]) -> String {
    match (function.split_once(' '), args) {
        (Some(("IS", _)), [a, b]) => format!("(({a}) {function} ({b}))"),
        (Some(("IS", _)), [value]) => format!("(({value}) {function})"),
        (Some(("SIMILAR", _)), [value, pattern]) => format!("(({value}) SIMILAR TO ({pattern}))"),
        (Some(("SIMILAR", _)), [value, pattern, escape]) => {
            format!("(({value}) SIMILAR TO ({pattern}) ESCAPE {escape})")
        }
        (Some(("EXTRACT", unit)), [value]) => format!("EXTRACT({unit} FROM {value})"),
        (Some((rounding @ ("FLOOR" | "CEIL"), unit)), [value]) => format!("{rounding}({value} TO {unit})"),
        (Some(("TRIM", side)), [characters, text]) => format!("TRIM({side} {characters} FROM {text})"),
        (Some((function, unit)), args) => format!("{function}({unit}, {})", args.join(", ")),
        (None, [what, text]) if function == "POSITION" => format!("POSITION({what} IN {text})"),
        (None, [value, pattern]) if function == "LIKE" => format!("(({value}) LIKE ({pattern}))"),
        (None, [value, pattern, escape]) if function == "LIKE" => {
            format!("(({value}) LIKE ({pattern}) ESCAPE {escape})")
        }
        (None, [text, by, from]) if function == "OVERLAY" => {
            format!("OVERLAY({text} PLACING {by} FROM {from})")
        }
        (None, [text, by, from, count]) if function == "OVERLAY" => {
            format!("OVERLAY({text} PLACING {by} FROM {from} FOR {count})")
        }
        (None, args) => format!("{function}({})", args.join(", ")),
    }
}

/// An aggregate, given the text of each column of its input.
pub fn aggregate(call: &AggregateCall, columns: &[String]) -> String {
    let argument = call.argument.as_ref().map_or_else(|| "*".to_owned(), |argument| expr(argument, columns));
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let filter = call
        .filter
        .as_ref()
        .map(|filter| format!(" FILTER (WHERE {})", expr(filter, columns)))
        .unwrap_or_default();
    format!("{}({distinct}{argument}){filter}", call.function.name())
}

/// A call before OVER, given the text of each column of its input.
pub fn before_over(call: &OverCall, columns: &[String]) -> String {
    let argument = call.argument.as_ref().map_or_else(|| "*".to_owned(), |argument| expr(argument, columns));
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let offset = match call.function {
        OverFunction::Lag(offset) => format!(", {offset}"),
        OverFunction::Aggregate(_) => String::new(),
    };
    format!("{}({distinct}{argument}{offset})", call.function.name())
}

/// Which rows count beside each.
pub fn frame(frame: Frame) -> String {
    let (unit, start) = match frame {
        Frame::Rows(None) => ("ROWS", "UNBOUNDED".to_owned()),
        Frame::Range(None) => ("RANGE", "UNBOUNDED".to_owned()),
        Frame::Rows(Some(count)) => ("ROWS", count.to_string()),
        Frame::Range(Some(milliseconds)) => ("RANGE", short_interval(milliseconds)),
    };
    format!("{unit} BETWEEN {start} PRECEDING AND CURRENT ROW")
}

/// A duration before PRECEDING, where Flink takes three digits of a unit at most ("DAY_INTERVAL_TYPES precision is not supported: 4").
pub fn short_interval(milliseconds: u64) -> String {
    let text = interval(milliseconds);
    if milliseconds < 1_000_000 || !text.contains('(') {
        return text;
    }
    let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("INTERVAL '{days} {hours:02}:{minutes:02}:{seconds:02}.{:03}' DAY(3) TO SECOND(3)", rest % 1_000)
}

/// A duration, in the largest unit that it is a whole number of. Flink takes two digits of a unit unless it is told of more.
pub fn interval(milliseconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1_000, "SECOND")];
    let whole = UNITS.iter().find(|(length, _)| milliseconds > 0 && milliseconds.is_multiple_of(*length));
    match whole {
        Some((length, unit)) => {
            let count = (milliseconds / length).to_string();
            let digits = if count.len() > 2 { format!("({})", count.len()) } else { String::new() };
            format!("INTERVAL '{count}' {unit}{digits}")
        }
        None => {
            let seconds = (milliseconds / 1_000).to_string();
            format!("INTERVAL '{seconds}.{:03}' SECOND({}, 3)", milliseconds % 1_000, seconds.len().max(2))
        }
    }
}

/// A part of an expression, in parentheses where it would be read otherwise without.
fn operand(part: &Expr, whole: &Expr, columns: &[String]) -> String {
    let text = expr(part, columns);
    let needs = match (&part.kind, &whole.kind) {
        (ExprKind::Literal(Literal::Number(number)), _) => number.starts_with('-'),
        (
            ExprKind::Compare(..) | ExprKind::IsNull(_) | ExprKind::Like(..),
            ExprKind::And(_) | ExprKind::Or(_),
        ) => false,
        (ExprKind::Not(a), ExprKind::And(_) | ExprKind::Or(_)) => !matches!(a.kind, ExprKind::IsNull(_)),
        (ExprKind::Arithmetic(..), ExprKind::Compare(..) | ExprKind::IsNull(_)) => false,
        (
            ExprKind::Arithmetic(..)
            | ExprKind::Negate(_)
            | ExprKind::Compare(..)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::IsNull(_)
            | ExprKind::Like(..),
            _,
        ) => true,
        _ => false,
    };
    if needs { format!("({text})") } else { text }
}

fn cast(word: &str, value: &Expr, base: &Base, columns: &[String]) -> String {
    format!("{word}({} AS {})", expr(value, columns), data_type(base).unwrap_or_default())
}

fn literal(literal: &Literal, base: &Base) -> String {
    match literal {
        // A NULL alone has no type; behind a CAST it has its own.
        Literal::Null => match data_type(base) {
            Some(ty) => format!("CAST(NULL AS {ty})"),
            None => "NULL".into(),
        },
        Literal::Boolean(true) => "TRUE".into(),
        Literal::Boolean(false) => "FALSE".into(),
        Literal::Number(number) => number.to_string(),
        Literal::Text(value) => text(value),
        Literal::Date(value) => format!("DATE {}", text(value)),
        Literal::Timestamp(value) => format!("TIMESTAMP {}", text(value)),
    }
}
