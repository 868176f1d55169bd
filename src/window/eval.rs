//! Evaluation of expressions, a batch at a time. Branches that SQL does not take are not evaluated, so that
//! `CASE WHEN d <> 0 THEN n / d END` never divides by zero.

use super::cast::cast;
use super::column::{Column, Data, Text, Value};
use super::compare::{compare, compare_total, merge_nulls};
use super::decimal;
use super::expr::{Arithmetic, Expr, Function, Node};
use super::functions::Fault;
use super::text;
use super::types::{Class, Type};
use super::typing::as_decimal;
use std::borrow::Cow;
use std::fmt;

/// A fault of a row's values that Flink answers by failing the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// The row of the batch.
    pub row: usize,
    /// What went wrong.
    pub kind: EvalErrorKind,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// An exact number divided by zero.
    DivisionByZero,
    /// A value that the type of a CAST does not have.
    Cast(Type),
    /// A value that a function does not take.
    Function(&'static str),
}

impl fmt::Display for EvalErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvalErrorKind::DivisionByZero => f.write_str("division by zero"),
            EvalErrorKind::Cast(ty) => write!(f, "a value can't be cast to {ty}"),
            EvalErrorKind::Function(name) => write!(f, "a value is none that {name} takes"),
        }
    }
}

impl std::error::Error for EvalErrorKind {}

/// The rows that are evaluated.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    /// All of this many.
    All(usize),
    /// These.
    Some(&'a [u32]),
}

impl Rows<'_> {
    pub(super) fn len(self) -> usize {
        match self {
            Rows::All(len) => len,
            Rows::Some(rows) => rows.len(),
        }
    }

    /// The row at a position.
    fn row(self, position: usize) -> usize {
        match self {
            Rows::All(_) => position,
            Rows::Some(rows) => rows.get(position).map_or(position, |r| *r as usize),
        }
    }

    /// The rows at some positions.
    pub(super) fn pick(self, positions: &[u32]) -> Vec<u32> {
        match self {
            Rows::All(_) => positions.to_vec(),
            Rows::Some(rows) => positions.iter().filter_map(|p| rows.get(*p as usize).copied()).collect(),
        }
    }
}

type Evaluated<'a> = Result<Cow<'a, Column>, EvalError>;

/// The expression's value for each of the rows.
pub(super) fn eval<'a>(expr: &Expr, columns: &'a [Column], rows: Rows<'_>) -> Evaluated<'a> {
    let of = |e: &Expr| eval(e, columns, rows);
    let column = match &expr.node {
        Node::Column(index) => return Ok(read_column(*index, expr.class(), columns, rows)),
        Node::Literal(value) => constant(value, expr.class(), rows.len()),
        Node::Arithmetic(op, a, b) => {
            let (x, y) = (of(a)?, of(b)?);
            arithmetic(*op, (&x, a.ty), (&y, b.ty), expr.ty)
                .map_err(|p| EvalError { row: rows.row(p), kind: EvalErrorKind::DivisionByZero })?
        }
        Node::Compare(op, a, b) => compare(*op, (&*of(a)?, a.ty), (&*of(b)?, b.ty)),
        Node::CompareTotal(op, a, b) => compare_total(*op, &*of(a)?, &*of(b)?),
        Node::And(list) => connect(list, false, columns, rows)?,
        Node::Or(list) => connect(list, true, columns, rows)?,
        Node::Not(inner) => not(&*of(inner)?),
        Node::IsNull(inner, wanted) => is_null(&*of(inner)?, *wanted),
        Node::Case(arms, otherwise) => case(arms, otherwise, columns, rows)?,
        Node::Cast(inner) => cast(&*of(inner)?, inner.ty, expr.ty)
            .map_err(|p| EvalError { row: rows.row(p), kind: EvalErrorKind::Cast(expr.ty) })?,
        Node::TryCast(inner) => try_cast(&*of(inner)?, inner.ty, expr.ty),
        Node::Coalesce(list) => coalesce(list, columns, rows)?,
        Node::Call(Function::Scalar(scalar), args) => {
            let types: Vec<Type> = args.iter().map(|argument| argument.ty).collect();
            let args = args.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            let fault = |fault: Fault| EvalError {
                row: rows.row(fault.0),
                kind: EvalErrorKind::Function(scalar.name()),
            };
            scalar.eval(&args, &types, expr.ty).map_err(fault)?
        }
        Node::Prepared(function, args) => {
            let args = args.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            let fault = |fault: Fault| EvalError {
                row: rows.row(fault.0),
                kind: EvalErrorKind::Function(function.name()),
            };
            function.eval(&args, expr.ty).map_err(fault)?
        }
        Node::Call(function, args) => {
            let args = args.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            call(*function, &args)
        }
        Node::Like(inner, pattern) => like(&*of(inner)?, pattern),
    };
    Ok(Cow::Owned(column))
}

/// Casts what can be; the rest is null.
fn try_cast(column: &Column, from: Type, to: Type) -> Column {
    if let Ok(whole) = cast(column, from, to) {
        return whole;
    }
    let mut out = Column::new(to.class());
    for row in 0..column.len() {
        let value = cast(&column.gather(&[row as u32]), from, to);
        out.push(&value.map_or(Value::Null, |column| column.get(0)));
    }
    out
}

/// The positions at which a condition is true.
pub(super) fn holds(condition: &Expr, columns: &[Column], rows: Rows<'_>) -> Result<Vec<u32>, EvalError> {
    let column = eval(condition, columns, rows)?;
    Ok(positions(&column, |value, null| value && !null))
}

fn positions(column: &Column, want: impl Fn(bool, bool) -> bool) -> Vec<u32> {
    let Data::Bool(values) = &column.data else { return Vec::new() };
    let wanted = values.iter().enumerate().filter(|(i, v)| want(**v, column.is_null(*i)));
    wanted.map(|(i, _)| i as u32).collect()
}

fn read_column<'a>(index: usize, class: Class, columns: &'a [Column], rows: Rows<'_>) -> Cow<'a, Column> {
    match (columns.get(index), rows) {
        (Some(column), Rows::All(_)) => Cow::Borrowed(column),
        (Some(column), Rows::Some(rows)) => Cow::Owned(column.gather(rows)),
        (None, _) => Cow::Owned(constant(&Value::Null, class, rows.len())),
    }
}

fn constant(value: &Value, class: Class, len: usize) -> Column {
    let data = match value {
        Value::Bool(x) => Data::Bool(vec![*x; len]),
        Value::I32(x) => Data::I32(vec![*x; len]),
        Value::I64(x) => Data::I64(vec![*x; len]),
        Value::F64(x) => Data::F64(vec![*x; len]),
        Value::I128(x) => Data::I128(vec![*x; len]),
        Value::Null | Value::Text(_) => {
            let mut column = Column::new(class);
            (0..len).for_each(|_| column.push(value));
            return column;
        }
    };
    Column::of(data)
}

fn zip<T: Copy>(a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> Vec<T> {
    a.iter().zip(b).map(|(x, y)| f(*x, *y)).collect()
}

fn arithmetic(
    op: Arithmetic,
    (a, ta): (&Column, Type),
    (b, tb): (&Column, Type),
    ty: Type,
) -> Result<Column, usize> {
    let nulls = merge_nulls(a, b);
    if let (true, Some(p)) = (matches!(op, Arithmetic::Divide | Arithmetic::Remainder), zero(b, &nulls)) {
        return Err(p);
    }
    let data = match (&a.data, &b.data) {
        (Data::I32(x), Data::I32(y)) => Data::I32(match op {
            Arithmetic::Add => zip(x, y, i32::wrapping_add),
            Arithmetic::Subtract => zip(x, y, i32::wrapping_sub),
            Arithmetic::Multiply => zip(x, y, i32::wrapping_mul),
            // A zero here stands at a null's place.
            Arithmetic::Divide => zip(x, y, |x, y| x.wrapping_div(if y == 0 { 1 } else { y })),
            Arithmetic::Remainder => zip(x, y, |x, y| x.wrapping_rem(if y == 0 { 1 } else { y })),
        }),
        (Data::I64(x), Data::I64(y)) => Data::I64(match op {
            Arithmetic::Add => zip(x, y, i64::wrapping_add),
            Arithmetic::Subtract => zip(x, y, i64::wrapping_sub),
            Arithmetic::Multiply => zip(x, y, i64::wrapping_mul),
            Arithmetic::Divide => zip(x, y, |x, y| x.wrapping_div(if y == 0 { 1 } else { y })),
            Arithmetic::Remainder => zip(x, y, |x, y| x.wrapping_rem(if y == 0 { 1 } else { y })),
        }),
        (Data::F64(x), Data::F64(y)) => Data::F64(match op {
            Arithmetic::Add => zip(x, y, |x, y| x + y),
            Arithmetic::Subtract => zip(x, y, |x, y| x - y),
            Arithmetic::Multiply => zip(x, y, |x, y| x * y),
            Arithmetic::Divide => zip(x, y, |x, y| x / y),
            Arithmetic::Remainder => zip(x, y, |x, y| x % y),
        }),
        _ => return Ok(decimal_arithmetic(op, (a, ta), (b, tb), ty)),
    };
    Ok(Column { data, nulls })
}

/// The first exact zero that is not null.
fn zero(column: &Column, nulls: &Option<Vec<bool>>) -> Option<usize> {
    let live = |p: &usize| !nulls.as_ref().is_some_and(|n| n.get(*p).copied().unwrap_or(true));
    let zeros = |is_zero: &dyn Fn(usize) -> bool| (0..column.len()).filter(|p| is_zero(*p)).find(live);
    match &column.data {
        Data::I32(v) => zeros(&|p| v.get(p) == Some(&0)),
        Data::I64(v) => zeros(&|p| v.get(p) == Some(&0)),
        Data::I128(v) => zeros(&|p| v.get(p) == Some(&0)),
        _ => None,
    }
}

fn decimal_arithmetic(
    op: Arithmetic,
    (a, ta): (&Column, Type),
    (b, tb): (&Column, Type),
    ty: Type,
) -> Column {
    let scale = |t| as_decimal(t).unwrap_or_default().1;
    let (sa, sb, to) = (scale(ta), scale(tb), as_decimal(ty).unwrap_or_default());
    let mut out = Column::new(Class::I128);
    for i in 0..a.len() {
        let result = match (a.get(i), b.get(i)) {
            (Value::I128(x), Value::I128(y)) => match op {
                Arithmetic::Add => decimal::add((x, sa), (y, sb), to),
                Arithmetic::Subtract => decimal::add((x, sa), (-y, sb), to),
                Arithmetic::Multiply => decimal::multiply((x, sa), (y, sb), to),
                Arithmetic::Divide => decimal::divide((x, sa), (y, sb), to),
                Arithmetic::Remainder => decimal::remainder((x, sa), (y, sb), to),
            },
            _ => None,
        };
        out.push(&result.map_or(Value::Null, Value::I128));
    }
    out
}

/// AND (`absorbing` false) and OR (`absorbing` true) with three-valued logic.
fn connect(list: &[Expr], absorbing: bool, columns: &[Column], rows: Rows<'_>) -> Result<Column, EvalError> {
    let mut values = vec![!absorbing; rows.len()];
    let mut nulls = vec![false; rows.len()];
    let mut open: Vec<u32> = (0..rows.len() as u32).collect();
    for operand in list {
        let column = eval(operand, columns, Rows::Some(&rows.pick(&open)))?;
        let Data::Bool(found) = &column.data else { continue };
        let mut still = Vec::with_capacity(open.len());
        for (k, (position, value)) in open.iter().zip(found).enumerate() {
            let null = column.is_null(k);
            let decided = !null && *value == absorbing;
            let at = *position as usize;
            if let (Some(v), Some(n)) = (values.get_mut(at), nulls.get_mut(at)) {
                *v = if decided { absorbing } else { !absorbing };
                *n = !decided && (*n || null);
            }
            if !decided {
                still.push(*position);
            }
        }
        open = still;
    }
    let nulls = nulls.contains(&true).then_some(nulls);
    Ok(Column { data: Data::Bool(values), nulls })
}

fn not(column: &Column) -> Column {
    let Data::Bool(values) = &column.data else { return column.clone() };
    Column { data: Data::Bool(values.iter().map(|v| !v).collect()), nulls: column.nulls.clone() }
}

fn is_null(column: &Column, wanted: bool) -> Column {
    Column::of(Data::Bool((0..column.len()).map(|i| column.is_null(i) == wanted).collect()))
}

/// Parts of a column, each with the positions it stands at.
struct Scatter {
    class: Class,
    parts: Vec<(Vec<u32>, Column)>,
}

impl Scatter {
    fn assemble(self, len: usize) -> Column {
        let mut from = vec![(0_usize, 0_usize); len];
        for (part, (positions, _)) in self.parts.iter().enumerate() {
            for (k, position) in positions.iter().enumerate() {
                if let Some(slot) = from.get_mut(*position as usize) {
                    *slot = (part, k);
                }
            }
        }
        let mut out = Column::new(self.class);
        for (part, k) in from {
            out.push(&self.parts.get(part).map_or(Value::Null, |(_, column)| column.get(k)));
        }
        out
    }
}

fn case(
    arms: &[(Expr, Expr)],
    otherwise: &Expr,
    columns: &[Column],
    rows: Rows<'_>,
) -> Result<Column, EvalError> {
    let mut scatter = Scatter { class: otherwise.class(), parts: Vec::new() };
    let mut open: Vec<u32> = (0..rows.len() as u32).collect();
    for (condition, value) in arms {
        let open_rows = rows.pick(&open);
        let tested = eval(condition, columns, Rows::Some(&open_rows))?;
        let taken = Rows::Some(&open).pick(&positions(&tested, |value, null| value && !null));
        open = Rows::Some(&open).pick(&positions(&tested, |value, null| !value || null));
        let values = eval(value, columns, Rows::Some(&rows.pick(&taken)))?.into_owned();
        scatter.parts.push((taken, values));
    }
    let values = eval(otherwise, columns, Rows::Some(&rows.pick(&open)))?.into_owned();
    scatter.parts.push((open, values));
    Ok(scatter.assemble(rows.len()))
}

fn coalesce(list: &[Expr], columns: &[Column], rows: Rows<'_>) -> Result<Column, EvalError> {
    let class = list.first().map_or(Class::Bool, Expr::class);
    let mut scatter = Scatter { class, parts: Vec::new() };
    let mut open: Vec<u32> = (0..rows.len() as u32).collect();
    for operand in list {
        let values = eval(operand, columns, Rows::Some(&rows.pick(&open)))?.into_owned();
        let nulls = is_null(&values, true);
        let still = Rows::Some(&open).pick(&positions(&nulls, |null, _| null));
        scatter.parts.push((open, values));
        open = still;
    }
    Ok(scatter.assemble(rows.len()))
}

fn like(column: &Column, pattern: &text::Pattern) -> Column {
    let Data::Text(values) = &column.data else { return column.clone() };
    let data = Data::Bool(values.iter().map(|t| pattern.matches(t)).collect());
    Column { data, nulls: column.nulls.clone() }
}

fn call(function: Function, args: &[Cow<'_, Column>]) -> Column {
    match (function, args) {
        (Function::Negate, [x]) => negate(x),
        (Function::Abs, [x]) => abs(x),
        (Function::Upper, [x]) => map_text(x, |t| t.to_uppercase()),
        (Function::Lower, [x]) => map_text(x, |t| t.to_lowercase()),
        (Function::CharLength, [x]) => match &x.data {
            Data::Text(t) => {
                Column { data: Data::I32(t.iter().map(text::char_length).collect()), nulls: x.nulls.clone() }
            }
            _ => x.clone().into_owned(),
        },
        (Function::Substring, [text, from]) => substring(text, from, None),
        (Function::Substring, [text, from, length]) => substring(text, from, Some(length)),
        _ => concat(args),
    }
}

fn negate(x: &Column) -> Column {
    let data = match &x.data {
        Data::I32(v) => Data::I32(v.iter().map(|x| x.wrapping_neg()).collect()),
        Data::I64(v) => Data::I64(v.iter().map(|x| x.wrapping_neg()).collect()),
        Data::F64(v) => Data::F64(v.iter().map(|x| -x).collect()),
        Data::I128(v) => Data::I128(v.iter().map(|x| -x).collect()),
        other => other.clone(),
    };
    Column { data, nulls: x.nulls.clone() }
}

fn abs(x: &Column) -> Column {
    let data = match &x.data {
        Data::I32(v) => Data::I32(v.iter().map(|x| x.wrapping_abs()).collect()),
        Data::I64(v) => Data::I64(v.iter().map(|x| x.wrapping_abs()).collect()),
        Data::F64(v) => Data::F64(v.iter().map(|x| x.abs()).collect()),
        Data::I128(v) => Data::I128(v.iter().map(|x| x.abs()).collect()),
        other => other.clone(),
    };
    Column { data, nulls: x.nulls.clone() }
}

fn map_text(x: &Column, f: impl Fn(&str) -> String) -> Column {
    match &x.data {
        Data::Text(t) => Column { data: Data::Text(text::map(t, f)), nulls: x.nulls.clone() },
        _ => x.clone(),
    }
}

fn substring(text: &Column, from: &Column, length: Option<&Cow<'_, Column>>) -> Column {
    let mut out = Column::new(Class::Text);
    for i in 0..text.len() {
        let length = length.map(|l| l.get(i));
        let part = match (text.get(i), from.get(i), length) {
            (Value::Text(t), Value::I32(f), None) => text::substring(&t, f, None).map(Into::into),
            (Value::Text(t), Value::I32(f), Some(Value::I32(n))) => {
                text::substring(&t, f, Some(n)).map(Into::into)
            }
            _ => None,
        };
        out.push(&part.map_or(Value::Null, Value::Text));
    }
    out
}

fn concat(parts: &[Cow<'_, Column>]) -> Column {
    let len = parts.first().map_or(0, |p| p.len());
    let mut joined = Text::default();
    let mut nulls = vec![false; len];
    let mut text = Vec::new();
    for (i, null) in nulls.iter_mut().enumerate() {
        text.clear();
        for part in parts {
            *null |= part.is_null(i);
            if let Data::Text(t) = &part.data {
                text.extend_from_slice(t.get(i));
            }
        }
        joined.push(&text);
    }
    let nulls = nulls.contains(&true).then_some(nulls);
    Column { data: Data::Text(joined), nulls }
}
