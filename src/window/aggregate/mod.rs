//! Aggregates: their result types, and accumulators as fixed runs of 64-bit words, so that a window's state is one
//! allocation whatever is aggregated.

mod kind;
mod merge;
mod result;
mod state;
mod update;

use super::cast::cast;
use super::column::Column;
use super::expr::Expr;
use super::keys::{decode, encode};
use super::query::Query;
use super::reduce::is_reduced;
use super::types::{Class, Type};
use super::typing::{avg_type, sum_type};
use kind::Kind;
use serde::{Deserialize, Serialize};
use state::Object;
pub(super) use state::State;
use update::Target;

/// An aggregate function over the rows of a window and key. Nulls count for nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// `FIRST_VALUE(x)`: the first value in the order of arrival. Of tumbling windows only.
    First(Expr),
    /// `LAST_VALUE(x)`: the last value in the order of arrival. Of tumbling windows only.
    Last(Expr),
    /// `VAR_POP`, `VAR_SAMP`, `STDDEV_POP` and `STDDEV_SAMP`, of the types of `AVG`, as Flink 2.3 computes them.
    Spread(Expr, Spread),
}

/// Which measure of how far values lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// Whether it is the root of the variance.
    pub root: bool,
    /// Whether the values are a sample of all there are.
    pub sample: bool,
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
            Aggregate::First(_) => "FIRST_VALUE",
            Aggregate::Last(_) => "LAST_VALUE",
            Aggregate::Spread(_, Spread { root: true, sample: true }) => "STDDEV_SAMP",
            Aggregate::Spread(_, Spread { root: true, sample: false }) => "STDDEV_POP",
            Aggregate::Spread(_, Spread { root: false, sample: true }) => "VAR_SAMP",
            Aggregate::Spread(_, Spread { root: false, sample: false }) => "VAR_POP",
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
            | Aggregate::Max(e)
            | Aggregate::First(e)
            | Aggregate::Last(e)
            | Aggregate::Spread(e, _) => Some(e),
        }
    }

    /// The type of its result; `None` where it is not defined on its argument's type.
    pub fn ty(&self) -> Option<Type> {
        match self {
            Aggregate::CountAll | Aggregate::Count(_) => Some(Type::BigInt),
            Aggregate::Sum(e) => sum_type(e.ty()),
            Aggregate::Avg(e) | Aggregate::Spread(e, _) => avg_type(e.ty()),
            Aggregate::Min(e) | Aggregate::Max(e) | Aggregate::First(e) | Aggregate::Last(e) => {
                (e.ty() != Type::Bytes).then_some(e.ty())
            }
        }
    }
}

/// An aggregate with what stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    /// Which.
    pub aggregate: Aggregate,
    /// Whether equal values count once. NaN equals NaN; 0.0 and -0.0 differ.
    pub distinct: bool,
    /// Only the rows for which this is true.
    pub filter: Option<Expr>,
}

impl From<Aggregate> for AggregateCall {
    fn from(aggregate: Aggregate) -> AggregateCall {
        AggregateCall { aggregate, distinct: false, filter: None }
    }
}

impl AggregateCall {
    /// Whether what has been seen before must be known.
    fn keeps_values(&self) -> bool {
        // The least of distinct values is the least.
        self.distinct && !matches!(self.aggregate, Aggregate::Min(_) | Aggregate::Max(_))
    }

    /// Whether accumulators can be merged with Flink's result: its functions FIRST_VALUE and LAST_VALUE can't, and the order in
    /// which it adds distinct doubles of merged windows is that of a hash table.
    pub fn merges(&self) -> bool {
        let order_matters = self.aggregate.argument().is_some_and(|e| e.ty() == Type::Double)
            && !matches!(self.aggregate, Aggregate::Count(_));
        let ends = matches!(self.aggregate, Aggregate::First(_) | Aggregate::Last(_));
        !(ends || self.keeps_values() && order_matters)
    }

    /// The expressions over the input.
    pub(super) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.aggregate.argument().into_iter().chain(&self.filter)
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
    /// Where the word stands that refers to the distinct values.
    seen: Option<usize>,
    /// The argument's layout.
    argument: Class,
    result: Class,
}

/// What an aggregate is computed over, for the rows of a batch.
#[derive(Debug)]
pub(super) struct Input<'a> {
    /// The argument; absent for `COUNT(*)`.
    pub argument: Option<std::borrow::Cow<'a, Column>>,
    /// For each row, whether FILTER lets it through.
    pub filter: Option<Vec<bool>>,
}

/// Rows to be added: the position of each in the argument's column, and the group it belongs to.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    pub rows: Vec<u32>,
    pub groups: Vec<u32>,
}

impl Assigned {
    pub fn clear(&mut self) {
        self.rows.clear();
        self.groups.clear();
    }

    fn only(&self, mut keep: impl FnMut(u32, u32) -> bool) -> Assigned {
        let pairs = self.rows.iter().copied().zip(self.groups.iter().copied());
        let (rows, groups) = pairs.filter(|(row, group)| keep(*row, *group)).unzip();
        Assigned { rows, groups }
    }
}

impl Layout {
    pub fn new(query: &Query) -> Layout {
        let reduced = is_reduced(query);
        let mut layout = Layout { cells: Vec::new(), initial: Vec::new() };
        for call in &query.aggregates {
            let kind = Kind::of(call, query, reduced);
            let aggregate = &call.aggregate;
            let result = aggregate.ty().map_or(Class::I64, Type::class);
            let argument = aggregate.argument().map_or(Class::I64, Expr::class);
            let offset = layout.initial.len();
            layout.initial.extend_from_slice(kind.initial());
            let seen = call.keeps_values().then_some(layout.initial.len());
            layout.initial.extend(seen.map(|_| 0));
            layout.cells.push(Cell { kind, offset, seen, argument, result });
        }
        layout
    }

    /// Words of a group.
    fn stride(&self) -> usize {
        self.initial.len()
    }

    /// Adds rows to all aggregates.
    pub fn update(&self, inputs: &[Input<'_>], assigned: &Assigned, state: &mut State) {
        for (cell, input) in self.cells.iter().zip(inputs) {
            let filtered = input
                .filter
                .as_ref()
                .map(|filter| assigned.only(|row, _| filter.get(row as usize) == Some(&true)));
            let assigned = filtered.as_ref().unwrap_or(assigned);
            let fresh = cell
                .seen
                .zip(input.argument.as_deref())
                .map(|(seen, column)| self.unseen(seen, column, assigned, state));
            let assigned = fresh.as_ref().unwrap_or(assigned);
            let mut target = Target { assigned, state, stride: self.stride(), offset: cell.offset };
            match input.argument.as_deref() {
                None => target.count_all(),
                Some(column) => cell.kind.update(column, &mut target),
            }
        }
    }

    /// The rows whose value their group has not seen yet; it has then.
    fn unseen(&self, seen: usize, column: &Column, assigned: &Assigned, state: &mut State) -> Assigned {
        let mut value = Vec::new();
        assigned.only(|row, group| {
            if column.is_null(row as usize) {
                return false;
            }
            value.clear();
            encode(column, row as usize, &mut value);
            let word = state.words.get_mut(group as usize * self.stride() + seen);
            word.is_some_and(|word| state.objects.insert(word, &value))
        })
    }

    /// Reads the first words of some groups.
    pub fn warm(&self, state: &State, groups: impl Iterator<Item = u32>) {
        let words = groups.filter_map(|group| state.words.get(group as usize * self.stride()));
        std::hint::black_box(words.fold(0, |sum, word| sum ^ word));
    }

    /// Adds all accumulators elsewhere, in their order, to those of the given groups.
    pub fn merge(&self, into: &mut State, groups: &[u32], from: &State) {
        if self.stride() == 0 {
            return;
        }
        for cell in &self.cells {
            let place = (self.stride(), cell.offset);
            if cell.seen.is_none() && cell.kind.merge_all(&mut into.words, groups, &from.words, place) {
                continue;
            }
            for (words, group) in from.words.chunks_exact(self.stride()).zip(groups) {
                self.merge_cell(cell, into, *group as usize, words, |word| from.objects.get(word));
            }
        }
    }

    /// Adds a group's accumulators to those of another; the first is empty then.
    pub fn merge_within(&self, state: &mut State, group: usize, other: usize) {
        let (words, objects) = self.take(state, other);
        for cell in &self.cells {
            let object_of = |word| objects.iter().find(|(w, _)| *w == word).map(|(_, object)| object);
            self.merge_cell(cell, state, group, &words, object_of);
        }
    }

    /// Takes a group's accumulators out, with what they refer to; it is new then.
    fn take(&self, state: &mut State, group: usize) -> (Vec<u64>, Vec<(u64, Object)>) {
        let start = group * self.stride();
        let Some(words) = state.words.get_mut(start..start + self.stride()) else {
            return Default::default();
        };
        let taken = words.to_vec();
        words.copy_from_slice(&self.initial);
        let places = self.cells.iter().flat_map(|cell| {
            let text = matches!(cell.kind, Kind::Text(_)).then_some(cell.offset);
            text.into_iter().chain(cell.seen)
        });
        let words = places.filter_map(|place| taken.get(place)).filter(|word| **word != 0);
        let objects = words.filter_map(|word| Some((*word, state.objects.take(*word)?))).collect();
        (taken, objects)
    }

    #[expect(
        clippy::iter_over_hash_type,
        reason = "counts and sums of whole numbers have no order; the hash has no seed"
    )]
    fn merge_cell<'o>(
        &self,
        cell: &Cell,
        into: &mut State,
        group: usize,
        from: &[u64],
        object_of: impl Fn(u64) -> Option<&'o Object>,
    ) {
        let start = group * self.stride();
        let State { words, objects } = into;
        let Some(words) = words.get_mut(start..start + self.stride()) else { return };
        let width = cell.kind.initial().len();
        let place = cell.offset..cell.offset + width;
        let Some(seen) = cell.seen else {
            let object = from.get(cell.offset).filter(|_| matches!(cell.kind, Kind::Text(_)));
            let object = object.and_then(|word| object_of(*word));
            if let (Some(words), Some(from)) = (words.get_mut(place.clone()), from.get(place)) {
                cell.kind.merge(words, from, objects, object);
            }
            return;
        };
        // Each value that is new to the group is added as if it came now.
        let Some(Object::Set(values)) = from.get(seen).and_then(|word| object_of(*word)) else { return };
        for value in values {
            let is_new = words.get_mut(seen).is_some_and(|word| objects.insert(word, value));
            if is_new
                && let Some(value) = decode(&mut &**value, cell.argument)
                && let Some(words) = words.get_mut(place.clone())
            {
                cell.kind.merge(words, &cell.kind.single(&value), objects, None);
            }
        }
    }

    /// Appends a new group.
    pub fn push(&self, state: &mut State) {
        state.words.extend_from_slice(&self.initial);
    }

    /// Makes a group new.
    pub fn reset(&self, state: &mut State, group: usize) {
        self.take(state, group);
    }

    /// The results of the `index`-th aggregate for some groups, whose keys are given.
    pub fn results(&self, index: usize, groups: &[u32], state: &State, keys: &[Column]) -> Column {
        let Some(cell) = self.cells.get(index) else { return Column::new(Class::I64) };
        if let Kind::Key { key, from, to } = cell.kind {
            // Every type can be cast to the type of its average, and no value fails there.
            return keys.get(key).and_then(|k| cast(k, from, to).ok()).unwrap_or(Column::new(cell.result));
        }
        let mut out = Column::new(cell.result);
        for group in groups {
            let start = *group as usize * self.stride() + cell.offset;
            let words = state.words.get(start..).unwrap_or_default();
            out.push(&cell.kind.result(words, cell.result, &state.objects));
        }
        out
    }
}

fn join(low: u64, high: u64) -> i128 {
    (u128::from(high) << 64 | u128::from(low)) as i128
}

fn split(value: i128) -> (u64, u64) {
    (value as u64, (value >> 64) as u64)
}
