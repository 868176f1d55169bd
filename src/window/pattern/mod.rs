//! MATCH_RECOGNIZE: rows of a part, in the order of event time, that follow one another as a pattern says.
//!
//! | topic | rule |
//! | --- | --- |
//! | order | by event time; rows of one time by what else is ordered by, then as they came |
//! | when | a row is looked at when the watermark reaches its time |
//! | late | the watermark has reached the row's time as it comes |
//! | variables | one behind the other, with no row between. A greedy one keeps a row that it could take from the variable behind it, and no other way is tried then; a reluctant one leaves both ways open |
//! | conditions | read the rows that are taken, and the row that is looked at as the last one of its own variable |
//! | several matches | the one that began first is told first, and waits for nothing but what began before it; with it goes what AFTER MATCH says |
//! | WITHIN | what began so long before a row, or before the watermark, is no match any more |
//! | time of a match | that of the row, or the watermark, at which it is told |
//! | aggregates | SUM starts with its first value, and forgets what overflowed; AVG starts from 0; integers are averaged as BIGINT |
//!
//! As `CepOperator` and `NFA` of Flink 2.3.

mod automaton;
mod part;
mod plan;
mod queue;
mod rows;
mod saved;

pub use plan::{Call, Pattern, Read, Skip, Told, Variable};

use super::aggregate::Aggregate;
use super::column::{Batch, Column, Value};
use super::eval::{EvalError, Rows, eval, holds};
use super::in_order::InOrder;
use super::operator::{Error, Held, Stats};
use super::order::compare;
use super::over::accumulate::Kind;
use super::over::value_bytes;
use super::parted::Parted;
use automaton::Automaton;
use part::{Part, Searched};
use rows::{Row, Taken};
use std::borrow::Cow;

/// As many matches are handed over at once, at most, but for those of one part.
const RESULTS: usize = 4096;

/// Rows that wait for their turn, and those of matches that have begun.
#[derive(Debug)]
pub(super) struct PatternRows {
    searched: Searched,
    parts: Parted<Part>,
}

/// What is computed of rows as they come.
pub(super) struct Prepared {
    arguments: Vec<Column>,
    order: Vec<Column>,
    /// For each variable, which rows are of it, where their own columns say so.
    holds: Vec<Option<Vec<bool>>>,
}

impl PatternRows {
    pub fn new(pattern: Pattern) -> PatternRows {
        let searched = Searched {
            automaton: Automaton::of(&pattern.variables),
            kinds: pattern.calls.iter().map(|call| kind(&call.aggregate)).collect(),
            pattern,
        };
        PatternRows { searched, parts: Parted::new() }
    }

    /// The rows of the last batch that were late, ascending.
    pub fn late(&self) -> &[u32] {
        self.parts.late()
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.parts.stats(self.row_memory(), 0)
    }

    /// What is held now.
    pub fn held(&self) -> Held {
        self.parts.held(self.row_memory(), 0)
    }

    fn row_memory(&self) -> usize {
        let Pattern { input, calls, order, variables, .. } = &self.searched.pattern;
        let accumulators = calls.len() * size_of::<super::over::accumulate::Accumulator>();
        let values = input.len() + calls.len() + order.len();
        size_of::<Row>()
            + size_of::<rows::Node>()
            + values * size_of::<Value>()
            + accumulators
            + variables.len()
    }

    /// What is to be done in a part: its rows up to the watermark are looked at.
    fn turn(&mut self, place: u32, watermark: i64, matches: &mut Matches) -> Result<(), EvalError> {
        let PatternRows { searched, parts } = self;
        let Some(part) = parts.get_mut(place) else { return Ok(()) };
        let mut before = part.begun_rows();
        let mut lasting = Vec::new();
        let mut tell = |taken: &Taken, tip: u32, time: i64| matches.add(searched, taken, tip, time);
        while let Some(first) = part.waiting.first_entry()
            && *first.key() <= watermark
        {
            let (time, mut due) = first.remove_entry();
            before += due.len();
            part.pass(searched, time, &mut tell);
            due.sort_by(|a, b| compare(&a.order, &b.order, &searched.pattern.order));
            for row in due {
                let began = part.look(searched, row, time, &mut tell)?;
                let ends = searched.pattern.within_ms.map(|within| time.saturating_add(within));
                lasting.extend(ends.filter(|ends| began && *ends > watermark));
            }
        }
        part.pass(searched, watermark, &mut tell);
        let (now, is_new) = (part.begun_rows(), part.is_new());
        lasting.into_iter().for_each(|ends| parts.wake(place, ends));
        parts.recount(before, now);
        if is_new {
            parts.forget(place, || Part::new(searched));
        }
        Ok(())
    }
}

impl InOrder for PatternRows {
    type Prepared = Prepared;

    fn prepared(&mut self, batch: &Batch) -> Result<Prepared, Error> {
        let all = Rows::All(batch.len);
        let computed = |expr| eval(expr, &batch.columns, all).map(Cow::into_owned).map_err(Error::Result);
        let Pattern { calls, order, variables, .. } = &self.searched.pattern;
        let arguments = calls.iter().filter_map(|call| call.aggregate.argument()).map(computed);
        // Where a condition can't be computed of all rows, it is looked at when it is asked for.
        let known = |(at, variable): (usize, &Variable)| {
            let condition = variable.condition.as_ref()?;
            let columns = condition.reads.iter().map(|read| match read {
                Read::Row { variable, column, first: false, offset: 0 }
                    if variable.is_none_or(|variable| variable == at) =>
                {
                    batch.columns.get(*column).cloned()
                }
                _ => None,
            });
            let kept = holds(&condition.expr, &columns.collect::<Option<Vec<Column>>>()?, all).ok()?;
            let mut known = vec![false; batch.len];
            for row in kept {
                if let Some(known) = known.get_mut(row as usize) {
                    *known = true;
                }
            }
            Some(known)
        };
        Ok(Prepared {
            arguments: arguments.collect::<Result<_, _>>()?,
            order: order.iter().map(|(expr, _)| computed(expr)).collect::<Result<_, _>>()?,
            holds: variables.iter().enumerate().map(known).collect(),
        })
    }

    /// Takes a row, or notes that it is late.
    fn add(&mut self, prepared: &Prepared, batch: &Batch, row: usize) {
        let time = match batch.columns.get(self.searched.pattern.time).map(|column| column.get(row)) {
            Some(Value::I64(micros)) => micros.div_euclid(1000),
            _ => return,
        };
        if self.parts.watermark().is_some_and(|watermark| time <= watermark) {
            self.parts.note_late(row);
            return;
        }
        let values: Vec<Value> = batch.columns.iter().map(|column| column.get(row)).collect();
        let keys = self.searched.pattern.partition.iter().filter_map(|column| values.get(*column));
        let place = self.parts.place(value_bytes(keys), || Part::new(&self.searched));
        let Some(part) = self.parts.get_mut(place) else { return };
        let of_row = |columns: &[Column]| columns.iter().map(|column| column.get(row)).collect();
        let holds = prepared.holds.iter().map(|known| known.as_ref()?.get(row).copied());
        part.waiting.entry(time).or_default().push(Row {
            arguments: of_row(&prepared.arguments),
            order: of_row(&prepared.order),
            holds: holds.collect(),
            values,
        });
        self.parts.wake(place, time);
        self.parts.came();
    }

    /// What is told of matches once the watermark is so far; `None` once there are no more.
    fn fired(&mut self, watermark: i64) -> Result<Option<Batch>, Error> {
        let mut next = self.parts.due(watermark);
        if next.is_none() {
            return Ok(None);
        }
        let mut matches = Matches::new(&self.searched.pattern);
        while let Some((_, place)) = next {
            self.turn(place, watermark, &mut matches).map_err(Error::Result)?;
            next = if matches.len < RESULTS { self.parts.due(watermark) } else { None };
        }
        matches.batch(&self.searched.pattern).map_err(Error::Result)
    }

    fn forget_late(&mut self) {
        self.parts.forget_late();
    }
}

impl Part {
    /// The rows of matches that have begun, once for each.
    fn begun_rows(&self) -> usize {
        self.taken.nodes.len().max(self.taken.rows.len())
    }
}

/// How an aggregate is computed: AVG starts from 0, and SUM does not.
fn kind(aggregate: &Aggregate) -> Kind {
    Kind::of_aggregate(aggregate, false, matches!(aggregate, Aggregate::Avg(_)))
}

/// What is read of matches, until what is told is computed of it.
struct Matches {
    len: usize,
    keys: Vec<Column>,
    /// What each measure reads.
    reads: Vec<Vec<Column>>,
}

impl Matches {
    fn new(pattern: &Pattern) -> Matches {
        let column =
            |ty: Option<super::types::Type>| Column::new(ty.unwrap_or(super::types::Type::String).class());
        let keys = pattern.partition.iter().map(|key| column(pattern.input.get(*key).copied()));
        let reads = |told: &Told| told.reads.iter().map(|read| column(pattern.type_of(read))).collect();
        Matches { len: 0, keys: keys.collect(), reads: pattern.measures.iter().map(reads).collect() }
    }

    /// Adds the match whose last row is a node's.
    fn add(&mut self, searched: &Searched, taken: &Taken, tip: u32, time: i64) {
        let Searched { pattern, kinds, .. } = searched;
        self.len += 1;
        for (column, key) in self.keys.iter_mut().zip(&pattern.partition) {
            let value = taken.row(tip).and_then(|row| row.values.get(*key));
            column.push(value.unwrap_or(&Value::Null));
        }
        for (columns, told) in self.reads.iter_mut().zip(&pattern.measures) {
            for (column, read) in columns.iter_mut().zip(&told.reads) {
                column.push(&match read {
                    Read::Time(_) => Value::I64(time.saturating_mul(1000)),
                    read => taken.read(pattern, kinds, Some(tip), None, read),
                });
            }
        }
    }

    fn batch(self, pattern: &Pattern) -> Result<Option<Batch>, EvalError> {
        let Matches { len, keys: mut columns, reads } = self;
        if len == 0 {
            return Ok(None);
        }
        for (told, reads) in pattern.measures.iter().zip(&reads) {
            columns.push(eval(&told.expr, reads, Rows::All(len))?.into_owned());
        }
        Ok(Some(Batch { len, columns, selection: None }))
    }
}
