//! OVER: rows in the order of event time, each with what is computed over it and rows before it in its part.
//!
//! | topic | rule |
//! | --- | --- |
//! | order | by event time; rows of one time as they came |
//! | when | a row's turn comes when the watermark reaches its time |
//! | late, of all rows before | the watermark has reached the row's time as it comes |
//! | late, where rows leave | the row's time is not behind the last time at which its part did something, 0 before the first: a row may be late for one part and not for another, and none from 1970 or before counts |
//! | ties | in RANGE rows of one time count for one another, in ROWS those that came before |
//! | leaving | the oldest first, before the new ones are added. So it is with state in RocksDB, as on Managed Flink; Flink's state on the heap takes times in the order of a hash table, which shows in sums of doubles |
//! | forgetting | a part of RANGE that was silent for one and a half times its length begins anew; so do its sums |
//!
//! As `RowTimeRangeBoundedPrecedingFunction`, `RowTimeRowsBoundedPrecedingFunction` and `AbstractRowTimeUnboundedPrecedingOver` of Flink 2.3.

pub(super) mod accumulate;
mod plan;
mod saved;

pub use plan::{Frame, Over, OverCall, OverFunction};

use super::column::{Batch, Column, Value};
use super::eval::{Rows, eval};
use super::in_order::InOrder;
use super::operator::{Error, Held, Stats};
use super::parted::Parted;
use accumulate::{Accumulator, Kind};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

/// As many rows are handed over at once, at most.
const RESULTS: usize = 4096;

/// Rows that wait for their turn, and those that still count.
#[derive(Debug)]
pub(super) struct OverRows {
    over: Over,
    kinds: Vec<Kind>,
    parts: Parted<Part>,
}

#[derive(Debug, Default)]
struct Part {
    /// Rows whose turn has not come, by their time.
    waiting: BTreeMap<i64, Vec<Row>>,
    /// The arguments of rows that may leave, the oldest first, with their times.
    held: VecDeque<(i64, Vec<Value>)>,
    /// Made with the first row whose turn comes.
    accumulators: Vec<Accumulator>,
    /// When something was done last; 0 before the first time.
    last: i64,
    /// When the part is forgotten.
    cleanup: Option<i64>,
}

#[derive(Debug)]
struct Row {
    values: Vec<Value>,
    arguments: Vec<Value>,
}

/// What rows are parted by, and what is computed of them.
pub(super) struct Prepared {
    partition: Vec<Column>,
    arguments: Vec<Option<Column>>,
}

impl OverRows {
    pub fn new(over: Over) -> OverRows {
        OverRows {
            kinds: over.calls.iter().map(|call| Kind::of(call, &over)).collect(),
            over,
            parts: Parted::new(),
        }
    }

    /// The rows of the last batch that were late, ascending.
    pub fn late(&self) -> &[u32] {
        self.parts.late()
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.parts.stats(self.row_memory(), self.part_memory())
    }

    /// What is held now.
    pub fn held(&self) -> Held {
        self.parts.held(self.row_memory(), self.part_memory())
    }

    fn row_memory(&self) -> usize {
        (self.over.input.len() + self.kinds.len() + 1) * size_of::<Value>()
    }

    fn part_memory(&self) -> usize {
        self.kinds.len() * size_of::<Accumulator>()
    }

    fn takes(&mut self, prepared: &Prepared, batch: &Batch, row: usize) -> bool {
        let time = match batch.columns.get(self.over.time).map(|column| column.get(row)) {
            Some(Value::I64(micros)) => micros.div_euclid(1000),
            _ => return true,
        };
        let bounded = self.over.frame.is_bounded();
        if !bounded && self.parts.watermark().is_some_and(|watermark| time <= watermark) {
            return false;
        }
        let keys: Vec<Value> = prepared.partition.iter().map(|column| column.get(row)).collect();
        let place = self.parts.place(value_bytes(&keys), Part::default);
        let Some(part) = self.parts.get_mut(place) else { return true };
        if bounded && time <= part.last {
            return false;
        }
        let argument =
            |column: &Option<Column>| column.as_ref().map_or(Value::Null, |column| column.get(row));
        let values = batch.columns.iter().map(|column| column.get(row)).collect();
        let arguments = prepared.arguments.iter().map(argument).collect();
        part.waiting.entry(time).or_default().push(Row { values, arguments });
        let mut cleanup = None;
        if let Frame::Range(Some(length)) = self.over.frame
            && part.cleanup.is_none_or(|cleanup| cleanup < time.saturating_add(length + 1))
        {
            cleanup = Some(time.saturating_add((length as f64 * 1.5) as i64 + 1));
            part.cleanup = cleanup;
        }
        self.parts.wake(place, time);
        cleanup.into_iter().for_each(|cleanup| self.parts.wake(place, cleanup));
        self.parts.came();
        true
    }

    /// What is to be done in a part at a time: its rows of that time with their results.
    fn turn(&mut self, time: i64, place: u32) -> Vec<(Vec<Value>, Vec<Value>)> {
        let OverRows { over, kinds, parts } = self;
        let Some(part) = parts.get_mut(place) else { return Vec::new() };
        if part.cleanup.is_some_and(|cleanup| cleanup <= time) {
            let rows = part.held.len() + part.waiting.values().map(Vec::len).sum::<usize>();
            *part = Part::default();
            parts.recount(rows, 0);
            parts.forget(place, Part::default);
            return Vec::new();
        }
        if over.frame.is_bounded() {
            part.last = time;
        }
        let Some(due) = part.waiting.remove(&time) else { return Vec::new() };
        if part.accumulators.is_empty() {
            let new =
                kinds.iter().zip(&over.calls).map(|(kind, call)| Accumulator::new(*kind, call.distinct));
            part.accumulators = new.collect();
        }
        let before = part.held.len() + due.len();
        let results = match over.frame {
            Frame::Rows(_) => part.one_by_one(due, time, over.frame, kinds),
            Frame::Range(_) => part.together(due, time, over.frame, kinds),
        };
        let now = part.held.len();
        parts.recount(before, now);
        results
    }
}

impl InOrder for OverRows {
    type Prepared = Prepared;

    fn prepared(&mut self, batch: &Batch) -> Result<Prepared, Error> {
        let computed = |expr| {
            eval(expr, &batch.columns, Rows::All(batch.len)).map(Cow::into_owned).map_err(Error::Result)
        };
        let arguments = self.over.calls.iter().map(|call| call.argument().map(computed).transpose());
        Ok(Prepared {
            partition: self.over.partition.iter().map(computed).collect::<Result<_, _>>()?,
            arguments: arguments.collect::<Result<_, _>>()?,
        })
    }

    /// Takes a row, or notes that it is late.
    fn add(&mut self, prepared: &Prepared, batch: &Batch, row: usize) {
        if !self.takes(prepared, batch, row) {
            self.parts.note_late(row);
        }
    }

    /// Rows whose turn has come, with what is computed over them; `None` once there are no more.
    fn fired(&mut self, watermark: i64) -> Result<Option<Batch>, Error> {
        let mut next = self.parts.due(watermark);
        if next.is_none() {
            return Ok(None);
        }
        let mut columns: Vec<Column> =
            self.over.output_types().iter().map(|ty| Column::new(ty.class())).collect();
        let mut len = 0;
        while let Some((time, place)) = next {
            for (row, results) in self.turn(time, place) {
                columns
                    .iter_mut()
                    .zip(row.iter().chain(&results))
                    .for_each(|(column, value)| column.push(value));
                len += 1;
            }
            next = if len < RESULTS { self.parts.due(watermark) } else { None };
        }
        Ok((len > 0).then_some(Batch { len, columns, selection: None }))
    }

    fn forget_late(&mut self) {
        self.parts.forget_late();
    }
}

impl Part {
    /// Each row counts for itself and those behind it.
    fn one_by_one(
        &mut self,
        due: Vec<Row>,
        time: i64,
        frame: Frame,
        kinds: &[Kind],
    ) -> Vec<(Vec<Value>, Vec<Value>)> {
        let with_results = |row: Row| {
            if let Frame::Rows(Some(count)) = frame
                && self.held.len() > count as usize
            {
                self.leave(kinds);
            }
            self.come(&row.arguments, kinds);
            if frame.is_bounded() {
                self.held.push_back((time, row.arguments));
            }
            (row.values, self.results(kinds))
        };
        due.into_iter().map(with_results).collect()
    }

    /// Rows of one time count for one another.
    fn together(
        &mut self,
        due: Vec<Row>,
        time: i64,
        frame: Frame,
        kinds: &[Kind],
    ) -> Vec<(Vec<Value>, Vec<Value>)> {
        if let Frame::Range(Some(length)) = frame {
            while self.held.front().is_some_and(|(old, _)| time.saturating_sub(*old) > length) {
                self.leave(kinds);
            }
        }
        due.iter().for_each(|row| self.come(&row.arguments, kinds));
        let results = self.results(kinds);
        let with_results = |row: Row| {
            if frame.is_bounded() {
                self.held.push_back((time, row.arguments));
            }
            (row.values, results.clone())
        };
        due.into_iter().map(with_results).collect()
    }

    fn come(&mut self, arguments: &[Value], kinds: &[Kind]) {
        for ((accumulator, kind), value) in self.accumulators.iter_mut().zip(kinds).zip(arguments) {
            accumulator.add(*kind, value);
        }
    }

    /// The oldest row goes.
    fn leave(&mut self, kinds: &[Kind]) {
        let Some((_, arguments)) = self.held.pop_front() else { return };
        for ((accumulator, kind), value) in self.accumulators.iter_mut().zip(kinds).zip(&arguments) {
            accumulator.remove(*kind, value);
        }
    }

    fn results(&self, kinds: &[Kind]) -> Vec<Value> {
        self.accumulators.iter().zip(kinds).map(|(accumulator, kind)| accumulator.result(*kind)).collect()
    }
}

/// The bytes of values, such that they are equal exactly where all of them are.
pub(super) fn value_bytes<'a>(values: impl IntoIterator<Item = &'a Value>) -> Box<[u8]> {
    let mut key = Vec::new();
    values.into_iter().for_each(|value| value.write_key(&mut key));
    key.into()
}
