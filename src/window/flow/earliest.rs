//! The first row of each key.
//!
//! | topic | rule |
//! | --- | --- |
//! | first | the one of the least event time, of equal ones the one that came first |
//! | when | when the watermark reaches its time |
//! | late | the watermark is behind the row's time as it comes |
//! | state | a row of each key that waits, and that a key has been told, for ever |
//!
//! As `RowTimeDeduplicateKeepFirstRowFunction` of Flink 2.3.

use super::super::column::{Batch, Column, Data, Value};
use super::super::eval::{Rows, eval};
use super::super::in_order::InOrder;
use super::super::keys::Keys;
use super::super::operator::Error;
use super::super::save::Saved;
use super::plan::Earliest;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The rows that may be the first of their key.
#[derive(Debug)]
pub(super) struct FirstRows {
    earliest: Earliest,
    keys: Keys,
    /// What is known of each key.
    states: Vec<State>,
    /// When to tell the first row of a key.
    timers: BTreeSet<(i64, u32)>,
    rows: usize,
    most_rows: usize,
    watermark: Option<i64>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unknown,
    /// A row of this time.
    Waiting(i64, Vec<Value>),
    Told,
}

impl FirstRows {
    pub fn new(earliest: Earliest) -> FirstRows {
        FirstRows {
            keys: Keys::new(earliest.partition.iter().map(super::super::expr::Expr::ty).collect()),
            earliest,
            states: Vec::new(),
            timers: BTreeSet::new(),
            rows: 0,
            most_rows: 0,
            watermark: None,
        }
    }

    /// The rows that wait, and the most that did at once.
    pub fn rows(&self) -> (usize, usize) {
        (self.rows, self.most_rows)
    }

    /// The keys that are known.
    pub fn keys(&self) -> usize {
        self.states.len()
    }

    /// About as many bytes are held with so many rows.
    pub fn memory(&self, rows: usize) -> usize {
        let states = self.states.capacity() * size_of::<State>();
        states + self.keys.memory() + rows * self.earliest.input.len() * size_of::<Value>()
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.keys.save(out);
        for state in &self.states {
            match state {
                State::Unknown => 0_u8.save(out),
                State::Waiting(time, row) => {
                    1_u8.save(out);
                    time.save(out);
                    row.save(out);
                }
                State::Told => 2_u8.save(out),
            }
        }
        [self.rows, self.most_rows].iter().for_each(|count| count.save(out));
        self.watermark.save(out);
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.keys.load(from)?;
        for key in 0..u32::try_from(self.keys.len()).ok()? {
            let state = match u8::load(from)? {
                0 => State::Unknown,
                1 => {
                    let time = i64::load(from)?;
                    self.timers.insert((time, key));
                    State::Waiting(time, Vec::load(from)?)
                }
                2 => State::Told,
                _ => return None,
            };
            self.states.push(state);
        }
        self.rows = Saved::load(from)?;
        self.most_rows = Saved::load(from)?;
        self.watermark = Saved::load(from)?;
        Some(())
    }
}

impl InOrder for FirstRows {
    /// The number of each row's key.
    type Prepared = Vec<u32>;

    fn prepared(&mut self, batch: &Batch) -> Result<Vec<u32>, Error> {
        let keys = self.earliest.partition.iter();
        let keys = keys.map(|key| eval(key, &batch.columns, Rows::All(batch.len)).map_err(Error::Result));
        let keys: Vec<Cow<'_, Column>> = keys.collect::<Result<_, _>>()?;
        let mut ids = Vec::new();
        self.keys.intern(&keys, batch.len, &mut ids);
        self.states.resize_with(self.keys.len(), State::default);
        Ok(ids)
    }

    fn add(&mut self, keys: &Vec<u32>, batch: &Batch, row: usize) {
        let Some(&key) = keys.get(row) else { return };
        let time = match batch.columns.get(self.earliest.time).map(|column| column.get(row)) {
            Some(Value::I64(micros)) => micros.div_euclid(1000),
            _ => return,
        };
        if self.watermark.is_some_and(|watermark| time < watermark) {
            return;
        }
        let Some(state) = self.states.get_mut(key as usize) else { return };
        match state {
            State::Told => return,
            State::Waiting(first, _) if *first <= time => return,
            State::Waiting(first, _) => {
                self.timers.remove(&(*first, key));
            }
            State::Unknown => self.rows += 1,
        }
        *state = State::Waiting(time, batch.columns.iter().map(|column| column.get(row)).collect());
        self.timers.insert((time, key));
        self.most_rows = self.most_rows.max(self.rows);
    }

    /// The first rows that a watermark has reached.
    fn fired(&mut self, watermark: i64) -> Result<Option<Batch>, Error> {
        self.watermark = Some(watermark);
        if self.timers.first().is_none_or(|(time, _)| *time > watermark) {
            return Ok(None);
        }
        let mut columns: Vec<Column> = self.earliest.input.iter().map(|ty| Column::new(ty.class())).collect();
        let mut len = 0;
        while let Some((time, key)) = self.timers.first().copied()
            && time <= watermark
        {
            self.timers.pop_first();
            let state = self.states.get_mut(key as usize).map(|state| std::mem::replace(state, State::Told));
            if let Some(State::Waiting(_, row)) = state {
                columns.iter_mut().zip(&row).for_each(|(column, value)| column.push(value));
                len += 1;
                self.rows -= 1;
            }
        }
        columns.push(Column::of(Data::I64(vec![1; len])));
        Ok((len > 0).then_some(Batch { len, columns, selection: None }))
    }
}
