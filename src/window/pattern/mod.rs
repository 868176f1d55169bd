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
use super::operator::Error;
use super::order::compare;
use super::over::accumulate::Kind;
use super::over::value_bytes;
use automaton::Automaton;
use part::{Part, Searched};
use rows::{Row, Taken};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// As many matches are handed over at once, at most, but for those of one part.
const RESULTS: usize = 4096;

/// Rows that wait for their turn, and those of matches that have begun.
#[derive(Debug)]
pub(super) struct PatternRows {
    searched: Searched,
    /// The place of each part, by the bytes of its keys.
    places: FxHashMap<Box<[u8]>, u32>,
    parts: Vec<Option<Part>>,
    free: Vec<u32>,
    /// When something is to be done, and in which part.
    timers: BTreeSet<(i64, u32)>,
    rows: usize,
    most_rows: usize,
    watermark: Option<i64>,
    /// The rows since they were forgotten that were late.
    late: Vec<u32>,
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
        PatternRows {
            searched,
            places: FxHashMap::default(),
            parts: Vec::new(),
            free: Vec::new(),
            timers: BTreeSet::new(),
            rows: 0,
            most_rows: 0,
            watermark: None,
            late: Vec::new(),
        }
    }

    /// The rows that were late since [`PatternRows::forget_late`], ascending.
    pub fn late(&self) -> &[u32] {
        &self.late
    }

    /// Begins to tell late rows anew.
    pub fn forget_late(&mut self) {
        self.late.clear();
    }

    /// The most rows held at once.
    pub fn most_rows(&self) -> usize {
        self.most_rows
    }

    /// The rows held now.
    pub fn held_rows(&self) -> usize {
        self.rows
    }

    /// The parts that are known.
    pub fn parts(&self) -> usize {
        self.places.len()
    }

    /// About as many bytes are held now.
    pub fn memory(&self) -> usize {
        self.rows * self.row_memory() + self.parts.capacity() * size_of::<Option<Part>>()
    }

    /// About as many bytes were held at once.
    pub fn most_memory(&self) -> usize {
        self.most_rows * self.row_memory() + self.parts.capacity() * size_of::<Option<Part>>()
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

    pub fn prepared(&self, batch: &Batch) -> Result<Prepared, Error> {
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
    pub fn add(&mut self, prepared: &Prepared, batch: &Batch, row: usize) {
        let time = match batch.columns.get(self.searched.pattern.time).map(|column| column.get(row)) {
            Some(Value::I64(micros)) => micros.div_euclid(1000),
            _ => return,
        };
        if self.watermark.is_some_and(|watermark| time <= watermark) {
            self.late.push(row as u32);
            return;
        }
        let values: Vec<Value> = batch.columns.iter().map(|column| column.get(row)).collect();
        let keys = self.searched.pattern.partition.iter().filter_map(|column| values.get(*column));
        let place = self.place(value_bytes(keys));
        let Some(Some(part)) = self.parts.get_mut(place as usize) else { return };
        let of_row = |columns: &[Column]| columns.iter().map(|column| column.get(row)).collect();
        let holds = prepared.holds.iter().map(|known| known.as_ref()?.get(row).copied());
        part.waiting.entry(time).or_default().push(Row {
            arguments: of_row(&prepared.arguments),
            order: of_row(&prepared.order),
            holds: holds.collect(),
            values,
        });
        part.timers += usize::from(self.timers.insert((time, place)));
        self.rows += 1;
        self.most_rows = self.most_rows.max(self.rows);
    }

    /// The part of a key; a new one where there is none.
    fn place(&mut self, key: Box<[u8]>) -> u32 {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let part = Some(Part::new(key.clone(), &self.searched));
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(slot) = self.parts.get_mut(place as usize) {
                    *slot = part;
                }
                place
            }
            None => {
                self.parts.push(part);
                (self.parts.len() - 1) as u32
            }
        };
        self.places.insert(key, place);
        place
    }

    /// What is told of matches once the watermark is so far; `None` once there are no more.
    pub fn fired(&mut self, watermark: i64) -> Result<Option<Batch>, Error> {
        self.watermark = Some(watermark);
        let mut matches = Matches::new(&self.searched.pattern);
        while matches.len < RESULTS
            && let Some((time, place)) = self.timers.first().copied()
            && time <= watermark
        {
            self.timers.pop_first();
            self.turn(place, watermark, &mut matches).map_err(Error::Result)?;
        }
        matches.batch(&self.searched.pattern).map_err(Error::Result)
    }

    /// What is to be done in a part: its rows up to the watermark are looked at.
    fn turn(&mut self, place: u32, watermark: i64, matches: &mut Matches) -> Result<(), EvalError> {
        let PatternRows { searched, places, parts, free, timers, rows, .. } = self;
        let Some(slot) = parts.get_mut(place as usize) else { return Ok(()) };
        let Some(part) = slot else { return Ok(()) };
        part.timers -= 1;
        let before = part.held();
        let mut tell = |taken: &Taken, tip: u32, time: i64| matches.add(searched, taken, tip, time);
        while let Some(first) = part.waiting.first_entry()
            && *first.key() <= watermark
        {
            let (time, mut due) = first.remove_entry();
            part.pass(searched, time, &mut tell);
            due.sort_by(|a, b| compare(&a.order, &b.order, &searched.pattern.order));
            for row in due {
                let began = part.look(searched, row, time, &mut tell)?;
                let ends = searched.pattern.within_ms.map(|within| time.saturating_add(within));
                if let Some(ends) = ends.filter(|ends| began && *ends > watermark) {
                    part.timers += usize::from(timers.insert((ends, place)));
                }
            }
        }
        part.pass(searched, watermark, &mut tell);
        *rows = (*rows + part.held()).saturating_sub(before);
        if part.timers == 0 && part.is_new() {
            places.remove(&part.key);
            *slot = None;
            free.push(place);
        }
        Ok(())
    }
}

impl Part {
    /// The rows that are held, those of matches that have begun once for each.
    fn held(&self) -> usize {
        let taken = self.taken.nodes.len().max(self.taken.rows.len());
        taken + self.waiting.values().map(Vec::len).sum::<usize>()
    }
}

/// How an aggregate is computed.
fn kind(aggregate: &Aggregate) -> Kind {
    let ty = aggregate.argument().map(super::expr::Expr::ty);
    match (aggregate, ty) {
        (Aggregate::Sum(_), Some(ty)) => Kind::Sum { ty, from_zero: false },
        (Aggregate::Avg(_), Some(ty)) => {
            Kind::Average { ty, result: aggregate.ty().unwrap_or(ty), from_zero: true }
        }
        (Aggregate::Min(_), _) => Kind::Best { greatest: false },
        (Aggregate::Max(_), _) => Kind::Best { greatest: true },
        _ => Kind::Count,
    }
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
