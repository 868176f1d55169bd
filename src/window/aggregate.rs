//! Aggregates: their result types, and accumulators as fixed runs of 64-bit words, so that a window's state is one
//! allocation whatever is aggregated.

use super::cast::cast;
use super::column::{Column, Data, Value};
use super::decimal;
use super::expr::Expr;
use super::query::Query;
use super::reduce::{is_reduced, key_of};
use super::types::{Class, Type};
use super::typing::{as_decimal, avg_type, sum_type};
use std::ops::Range;

/// An aggregate function over the rows of a window and key. Nulls count for nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Aggregate {
    /// `COUNT(*)`, BIGINT.
    CountAll,
    /// `COUNT(x)`, BIGINT.
    Count(Expr),
    /// `SUM(x)`, of x's type, wrapping; DECIMAL(38, s) for decimals, where an overflow forgets what was summed.
    Sum(Expr),
    /// `AVG(x)`, of x's type; integers are truncated toward zero; DECIMAL(38, max(s, 6)) for decimals.
    Avg(Expr),
    /// `MIN(x)`: the first of the values that no other is less than.
    Min(Expr),
    /// `MAX(x)`: the first of the values that no other is greater than.
    Max(Expr),
}

impl Aggregate {
    /// Its name in SQL.
    pub fn name(&self) -> &'static str {
        match self {
            Aggregate::CountAll | Aggregate::Count(_) => "COUNT",
            Aggregate::Sum(_) => "SUM",
            Aggregate::Avg(_) => "AVG",
            Aggregate::Min(_) => "MIN",
            Aggregate::Max(_) => "MAX",
        }
    }

    /// What it is computed over.
    pub fn argument(&self) -> Option<&Expr> {
        match self {
            Aggregate::CountAll => None,
            Aggregate::Count(e)
            | Aggregate::Sum(e)
            | Aggregate::Avg(e)
            | Aggregate::Min(e)
            | Aggregate::Max(e) => Some(e),
        }
    }

    /// The type of its result; `None` where it is not defined on its argument's type.
    pub fn ty(&self) -> Option<Type> {
        match self {
            Aggregate::CountAll | Aggregate::Count(_) => Some(Type::BigInt),
            Aggregate::Sum(e) => sum_type(e.ty()),
            Aggregate::Avg(e) => avg_type(e.ty()),
            Aggregate::Min(e) | Aggregate::Max(e) => (e.ty() != Type::Bytes).then_some(e.ty()),
        }
    }
}

/// How an accumulator is laid out and what is done to it.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// `[count]`
    CountAll,
    /// `[count]`
    Count,
    /// `[sum, count]`; starts with the first value or, where reduced, with zero.
    Sum { class: Class, reduced: bool },
    /// `[sum, count]`; integers are summed in 64 bits or, where reduced, in their own width.
    Avg { reduced: bool },
    /// `[low, high, count]`; a count of 0 is null.
    SumDecimal,
    /// `[low, high, count, overflowed]`
    SumDecimalReduced,
    /// `[low, high, count, overflowed]`
    AvgDecimal { scale: u8, result: (u8, u8) },
    /// Nothing: the value of a grouping column, as another type.
    Key { key: usize, from: Type, to: Type },
    /// `[value, seen]`; the flag says whether less or greater wins.
    Extreme(bool),
    /// `[low, high, seen]`
    ExtremeDecimal(bool),
    /// `[place among the texts + 1]`
    ExtremeText(bool),
}

impl Kind {
    fn of(aggregate: &Aggregate, query: &Query, reduced: bool) -> Kind {
        let Some(argument) = aggregate.argument() else { return Kind::CountAll };
        let (class, to) = (argument.class(), aggregate.ty().unwrap_or(argument.ty()));
        let key = key_of(argument, query).filter(|_| reduced);
        match (aggregate, key) {
            (Aggregate::CountAll | Aggregate::Count(_), _) => Kind::Count,
            (Aggregate::Sum(_), _) if class != Class::I128 => Kind::Sum { class, reduced },
            (Aggregate::Sum(_), _) if reduced => Kind::SumDecimalReduced,
            (Aggregate::Sum(_), _) => Kind::SumDecimal,
            (_, Some(key)) => Kind::Key { key, from: argument.ty(), to },
            (Aggregate::Avg(_), None) => match (argument.ty(), as_decimal(to)) {
                (Type::Decimal { scale, .. }, Some(result)) => Kind::AvgDecimal { scale, result },
                _ => Kind::Avg { reduced },
            },
            (Aggregate::Min(_) | Aggregate::Max(_), None) => {
                let least = matches!(aggregate, Aggregate::Min(_));
                match class {
                    Class::I128 => Kind::ExtremeDecimal(least),
                    Class::Text => Kind::ExtremeText(least),
                    _ => Kind::Extreme(least),
                }
            }
        }
    }

    fn initial(self) -> &'static [u64] {
        const NEGATIVE_ZERO: u64 = 1 << 63;
        match self {
            Kind::CountAll | Kind::Count | Kind::ExtremeText(_) => &[0],
            // -0.0 is the neutral element of addition: Flink's SUM takes the first value as it is.
            Kind::Sum { class: Class::F64, reduced: false } => &[NEGATIVE_ZERO, 0],
            Kind::Sum { .. } | Kind::Avg { .. } | Kind::Extreme(_) => &[0, 0],
            Kind::SumDecimal | Kind::ExtremeDecimal(_) => &[0, 0, 0],
            Kind::SumDecimalReduced | Kind::AvgDecimal { .. } => &[0, 0, 0, 0],
            Kind::Key { .. } => &[],
        }
    }
}

/// The accumulators of one group, side by side.
#[derive(Debug)]
pub(super) struct Layout {
    cells: Vec<Cell>,
    /// What a new group starts with.
    pub initial: Vec<u64>,
}

#[derive(Debug)]
struct Cell {
    kind: Kind,
    offset: usize,
    result: Class,
}

/// The accumulators of a window's groups.
#[derive(Debug, Default)]
pub(super) struct State {
    /// One run of [`Layout::initial`]'s length per group.
    pub words: Vec<u64>,
    /// The strings that MIN and MAX hold.
    pub texts: Vec<Box<[u8]>>,
    /// Bytes in those strings.
    pub text_bytes: usize,
}

/// Rows to be added: the position of each in the argument's column, and the group it belongs to.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub rows: Vec<u32>,
    pub groups: Vec<u32>,
}

impl Layout {
    pub fn new(query: &Query) -> Layout {
        let reduced = is_reduced(query);
        let mut layout = Layout { cells: Vec::new(), initial: Vec::new() };
        for aggregate in &query.aggregates {
            let kind = Kind::of(aggregate, query, reduced);
            let result = aggregate.ty().map_or(Class::I64, Type::class);
            layout.cells.push(Cell { kind, offset: layout.initial.len(), result });
            layout.initial.extend_from_slice(kind.initial());
        }
        layout
    }

    /// Adds rows to the `index`-th aggregate; `argument` is absent for `COUNT(*)`.
    pub fn update(&self, index: usize, argument: Option<&Column>, assigned: &Assigned, state: &mut State) {
        let Some(cell) = self.cells.get(index) else { return };
        let mut target = Target { assigned, state, stride: self.initial.len(), offset: cell.offset };
        match argument {
            None => target.count_all(),
            Some(column) => cell.kind.update(column, &mut target),
        }
    }

    /// The results of the `index`-th aggregate for some groups, whose keys are given.
    pub fn results(&self, index: usize, groups: Range<usize>, state: &State, keys: &[Column]) -> Column {
        let Some(cell) = self.cells.get(index) else { return Column::new(Class::I64) };
        if let Kind::Key { key, from, to } = cell.kind {
            // Every type can be cast to the type of its average, and no value fails there.
            return keys.get(key).and_then(|k| cast(k, from, to).ok()).unwrap_or(Column::new(cell.result));
        }
        let mut out = Column::new(cell.result);
        for group in groups {
            let start = group * self.initial.len() + cell.offset;
            let words = state.words.get(start..).unwrap_or_default();
            out.push(&cell.kind.result(words, cell.result, &state.texts));
        }
        out
    }
}

struct Target<'a> {
    assigned: &'a Assigned,
    state: &'a mut State,
    stride: usize,
    offset: usize,
}

impl Target<'_> {
    fn count_all(&mut self) {
        for group in &self.assigned.groups {
            if let Some(count) = self.state.words.get_mut(*group as usize * self.stride + self.offset) {
                *count += 1;
            }
        }
    }

    /// Calls `add` with a group's words and a value, for every value that is not null.
    #[inline]
    fn each<T: Copy, const N: usize>(
        &mut self,
        values: &[T],
        column: &Column,
        add: impl Fn(&mut [u64; N], T),
    ) {
        let pairs = self.assigned.rows.iter().zip(&self.assigned.groups);
        for (row, group) in pairs {
            let start = *group as usize * self.stride + self.offset;
            let words = self.state.words.get_mut(start..start + N).and_then(|w| w.first_chunk_mut::<N>());
            if let (Some(value), Some(words)) = (values.get(*row as usize), words)
                && !column.is_null(*row as usize)
            {
                add(words, *value);
            }
        }
    }

    fn extreme_text(&mut self, texts: &super::column::Text, column: &Column, least: bool) {
        for (row, group) in self.assigned.rows.iter().zip(&self.assigned.groups) {
            let row = *row as usize;
            let start = *group as usize * self.stride + self.offset;
            let Some(place) = self.state.words.get_mut(start).filter(|_| !column.is_null(row)) else {
                continue;
            };
            let new = texts.get(row);
            let held = usize::try_from(*place).ok().and_then(|p| p.checked_sub(1));
            match held.and_then(|p| self.state.texts.get_mut(p)) {
                None => {
                    self.state.texts.push(new.into());
                    *place = self.state.texts.len() as u64;
                    self.state.text_bytes += new.len();
                }
                Some(old) if (least && new < &**old) || (!least && new > &**old) => {
                    self.state.text_bytes = self.state.text_bytes + new.len() - old.len();
                    *old = new.into();
                }
                Some(_) => {}
            }
        }
    }
}

fn join(low: u64, high: u64) -> i128 {
    (u128::from(high) << 64 | u128::from(low)) as i128
}

fn split(value: i128) -> (u64, u64) {
    (value as u64, (value >> 64) as u64)
}

/// Takes over `value` where none is held yet or it beats the one held.
#[inline]
fn keep<T: Copy>(words: &mut [u64; 2], value: T, to: impl Fn(T) -> u64, wins: impl Fn(T, u64) -> bool) {
    let [held, seen] = words;
    if *seen == 0 || wins(value, *held) {
        *held = to(value);
        *seen = 1;
    }
}

impl Kind {
    fn update(self, column: &Column, target: &mut Target<'_>) {
        match (self, &column.data) {
            (Kind::CountAll | Kind::Count, data) => count(data, column, target),
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::F64(v)) => target.each(v, column, |[sum, n], x| {
                *sum = (f64::from_bits(*sum) + x).to_bits();
                *n += 1;
            }),
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::I64(v)) => target.each(v, column, |[sum, n], x| {
                *sum = sum.wrapping_add(x as u64);
                *n += 1;
            }),
            // The low 32 bits are the wrapped sum of 32-bit values, so one accumulator serves SUM and AVG.
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::I32(v)) => target.each(v, column, |[sum, n], x| {
                *sum = sum.wrapping_add(i64::from(x) as u64);
                *n += 1;
            }),
            (Kind::SumDecimal, Data::I128(v)) => target.each(v, column, add_decimal),
            (Kind::SumDecimalReduced | Kind::AvgDecimal { .. }, Data::I128(v)) => {
                target.each(v, column, average_decimal)
            }
            (Kind::Extreme(least), data) => extreme(data, column, least, target),
            (Kind::ExtremeDecimal(least), Data::I128(v)) => target.each(v, column, |[low, high, seen], x| {
                let held = join(*low, *high);
                if *seen == 0 || (least && x < held) || (!least && x > held) {
                    (*low, *high) = split(x);
                    *seen = 1;
                }
            }),
            (Kind::ExtremeText(least), Data::Text(t)) => target.extreme_text(t, column, least),
            // An argument always has the layout that its type says.
            _ => {}
        }
    }

    fn result(self, words: &[u64], class: Class, texts: &[Box<[u8]>]) -> Value {
        match (self, words) {
            (Kind::CountAll | Kind::Count, [n, ..]) => Value::I64(*n as i64),
            (Kind::Sum { .. } | Kind::Avg { .. }, [_, 0, ..]) | (Kind::Extreme(..), [_, 0, ..]) => {
                Value::Null
            }
            (Kind::SumDecimal | Kind::ExtremeDecimal(_), [_, _, 0, ..]) => Value::Null,
            (Kind::SumDecimalReduced | Kind::AvgDecimal { .. }, [_, _, 0, ..] | [_, _, _, 1, ..]) => {
                Value::Null
            }
            (Kind::Avg { reduced }, [sum, n, ..]) => match class {
                // AVG starts from 0.0, so a sum of nothing but -0.0 is 0.0.
                Class::F64 => Value::F64((f64::from_bits(*sum) + 0.0) / *n as f64),
                Class::I32 if reduced => Value::I32((i64::from(*sum as i32)).wrapping_div(*n as i64) as i32),
                Class::I32 => Value::I32((*sum as i64).wrapping_div(*n as i64) as i32),
                _ => Value::I64((*sum as i64).wrapping_div(*n as i64)),
            },
            (Kind::Sum { .. } | Kind::Extreme(..), [value, ..]) => match class {
                Class::Bool => Value::Bool(*value != 0),
                Class::I32 => Value::I32(*value as i32),
                Class::F64 => Value::F64(f64::from_bits(*value)),
                _ => Value::I64(*value as i64),
            },
            (Kind::SumDecimal | Kind::SumDecimalReduced | Kind::ExtremeDecimal(_), [low, high, ..]) => {
                Value::I128(join(*low, *high))
            }
            (Kind::AvgDecimal { scale, result }, [low, high, n, ..]) => {
                let quotient = decimal::divide((join(*low, *high), scale), (i128::from(*n), 0), result);
                quotient.map_or(Value::Null, Value::I128)
            }
            (Kind::ExtremeText(_), [place, ..]) => {
                let held = usize::try_from(*place).ok().and_then(|p| p.checked_sub(1));
                held.and_then(|p| texts.get(p)).map_or(Value::Null, |t| Value::Text(t.clone()))
            }
            _ => Value::Null,
        }
    }
}

fn count(data: &Data, column: &Column, target: &mut Target<'_>) {
    let ones = vec![(); data.len()];
    target.each(&ones, column, |[n], ()| *n += 1);
}

fn add_decimal([low, high, n]: &mut [u64; 3], value: i128) {
    let sum = if *n == 0 { Some(value) } else { join(*low, *high).checked_add(value) };
    match sum.filter(|s| decimal::fits(*s, 38)) {
        Some(sum) => {
            (*low, *high) = split(sum);
            *n += 1;
        }
        None => *n = 0,
    }
}

fn average_decimal([low, high, n, overflowed]: &mut [u64; 4], value: i128) {
    match join(*low, *high).checked_add(value).filter(|s| decimal::fits(*s, 38)) {
        Some(sum) => (*low, *high) = split(sum),
        None => *overflowed = 1,
    }
    *n += 1;
}

fn extreme(data: &Data, column: &Column, least: bool, target: &mut Target<'_>) {
    match (data, least) {
        (Data::Bool(v), true) => {
            target.each(v, column, |w, x| keep(w, x, u64::from, |x, h| u64::from(x) < h))
        }
        (Data::Bool(v), false) => {
            target.each(v, column, |w, x| keep(w, x, u64::from, |x, h| u64::from(x) > h))
        }
        (Data::I32(v), true) => target.each(v, column, |w, x| keep(w, x, |x| x as u64, |x, h| x < h as i32)),
        (Data::I32(v), false) => target.each(v, column, |w, x| keep(w, x, |x| x as u64, |x, h| x > h as i32)),
        (Data::I64(v), true) => target.each(v, column, |w, x| keep(w, x, |x| x as u64, |x, h| x < h as i64)),
        (Data::I64(v), false) => target.each(v, column, |w, x| keep(w, x, |x| x as u64, |x, h| x > h as i64)),
        (Data::F64(v), true) => {
            target.each(v, column, |w, x| keep(w, x, f64::to_bits, |x, h| x < f64::from_bits(h)))
        }
        (Data::F64(v), false) => {
            target.each(v, column, |w, x| keep(w, x, f64::to_bits, |x, h| x > f64::from_bits(h)))
        }
        _ => {}
    }
}
