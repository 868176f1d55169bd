//! Rows beside the row of the other side that was the latest of its key at their time.
//!
//! | topic | rule |
//! | --- | --- |
//! | versions | a row of the right side is the version of its key from its time on; of equal times the one that came last; one that comes behind a later one of its key is none |
//! | when | a left row is looked up when the watermark of both sides reaches its time |
//! | late | no left row is: one that comes behind the watermark is looked up with the next, among the versions that are still there |
//! | nulls | a key with a null is a key like any other, as in Flink, and unlike in other joins |
//! | forgetting | where a row of a key is due, all its versions but the latest by then go |
//!
//! As `TemporalRowTimeJoinOperator` and `RowTimeDeduplicateFunction` of Flink 2.3.

use super::super::super::clock::Mark;
use super::super::super::column::{Batch, Column, Data};
use super::super::super::keys::Keys;
use super::super::super::operator::{Error, Held, Stats};
use super::super::super::save::Saved;
use super::super::piece::{Down, Piece};
use super::forget::{FEW, forget_keys};
use super::pairs::{Pairs, Store, TOGETHER};
use std::collections::BTreeSet;

/// The rows that wait, and the versions.
#[derive(Debug)]
pub(super) struct Lookup {
    pairs: Pairs,
    /// The column of each side that is its event time.
    times: [usize; 2],
    keys: Keys,
    /// With so many keys it is looked at which have rows.
    next_keys: usize,
    states: Vec<State>,
    stores: [Store; 2],
    /// Rows of each side that are not kept any more.
    dead: [usize; 2],
    /// When to look rows of a key up.
    timers: BTreeSet<(i64, u32)>,
    /// What is looked up, and not handed on yet.
    found: Found,
    stats: Stats,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct State {
    /// The left rows whose turn has not come, with their times, in the order in which they came.
    waiting: Vec<(i64, u32)>,
    /// The right rows by their times.
    versions: Vec<(i64, u32)>,
    timer: Option<i64>,
}

/// Left rows with what they were looked up to, and the watermarks between them.
#[derive(Debug, Default)]
struct Found {
    left: Vec<u32>,
    right: Vec<Option<u32>>,
    marks: Vec<Mark>,
}

impl Lookup {
    pub fn new(pairs: Pairs, times: [usize; 2]) -> Lookup {
        let [left, right] = &pairs.types;
        Lookup {
            stores: [Store::new(left), Store::new(right)],
            keys: Keys::new(pairs.key_types()),
            pairs,
            times,
            next_keys: FEW,
            states: Vec::new(),
            dead: [0, 0],
            timers: BTreeSet::new(),
            found: Found::default(),
            stats: Stats::default(),
        }
    }

    /// Takes rows of a side, and hands on those that are due with each watermark, each watermark behind its rows.
    pub fn take(&mut self, side: usize, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        if piece.batch.len > 0 {
            self.arrive(side, &piece, down)?;
        } else {
            for mark in piece.marks {
                self.pass(mark.watermark, down)?;
            }
        }
        self.hand_on(down)?;
        self.tidy_up();
        let held = self.held();
        self.stats.most_groups = self.stats.most_groups.max(held.groups);
        self.stats.most_memory = self.stats.most_memory.max(held.memory);
        if piece.idle { down(Piece::time(&[], true)) } else { Ok(()) }
    }

    fn arrive(&mut self, side: usize, piece: &Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        let batch = piece.batch;
        let keys = self.pairs.keys(side, &batch.columns, batch.len)?;
        let mut ids = Vec::new();
        self.keys.intern(&keys, batch.len, &mut ids);
        self.states.resize_with(self.keys.len(), State::default);
        let first = self.append(side, batch);
        let time = self.times.get(side).and_then(|column| batch.columns.get(*column));
        let Some(time @ Column { data: Data::I64(times), .. }) = time else { return Ok(()) };
        let mut marks = piece.marks.iter().peekable();
        for (row, (key, micros)) in ids.into_iter().zip(times).enumerate() {
            while let Some(mark) = marks.next_if(|mark| mark.rows <= row) {
                self.pass(mark.watermark, &mut *down)?;
            }
            if time.is_null(row) {
                self.stats.without_event_time += 1;
                self.let_go(side, 1);
                continue;
            }
            self.add(side, key, micros.div_euclid(1000), (first + row) as u32);
        }
        for mark in marks {
            self.pass(mark.watermark, &mut *down)?;
        }
        Ok(())
    }

    /// Keeps all rows of a batch; where they begin.
    fn append(&mut self, side: usize, batch: &Batch) -> usize {
        let Some(store) = self.stores.get_mut(side) else { return 0 };
        store.append_all(batch)
    }

    fn let_go(&mut self, side: usize, rows: usize) {
        if let Some(dead) = self.dead.get_mut(side) {
            *dead += rows;
        }
    }

    fn add(&mut self, side: usize, key: u32, time: i64, row: u32) {
        let Some(state) = self.states.get_mut(key as usize) else { return };
        let [_, dead] = &mut self.dead;
        if side == 0 {
            state.waiting.push((time, row));
        } else {
            match state.versions.last().map(|(latest, _)| time.cmp(latest)) {
                Some(std::cmp::Ordering::Less) => {
                    *dead += 1;
                    return;
                }
                Some(std::cmp::Ordering::Equal) => {
                    state.versions.pop();
                    *dead += 1;
                }
                _ => {}
            }
            state.versions.push((time, row));
        }
        if state.timer.is_none_or(|timer| timer > time) {
            state.timer.map(|timer| self.timers.remove(&(timer, key)));
            state.timer = Some(time);
            self.timers.insert((time, key));
        }
    }

    /// Lets time pass: the rows that are due are looked up.
    fn pass(&mut self, watermark: i64, down: Down<'_>) -> Result<(), Error> {
        while let Some((when, key)) = self.timers.first().copied()
            && when <= watermark
        {
            self.timers.pop_first();
            self.look_up(key, watermark);
            if self.found.left.len() >= TOGETHER {
                self.hand_on(&mut *down)?;
            }
        }
        self.found.marks.push(Mark { rows: self.found.left.len(), watermark });
        Ok(())
    }

    /// Looks up the rows of a key that are due, in the order in which they came.
    fn look_up(&mut self, key: u32, watermark: i64) {
        let Some(State { waiting, versions, timer }) = self.states.get_mut(key as usize) else { return };
        let before = waiting.len();
        let found = &mut self.found;
        waiting.retain(|(time, row)| {
            if *time > watermark {
                return true;
            }
            let version = versions.partition_point(|(from, _)| from <= time).checked_sub(1);
            found.left.push(*row);
            found.right.push(version.and_then(|at| versions.get(at)).map(|(_, row)| *row));
            false
        });
        *timer = waiting.iter().map(|(time, _)| *time).min();
        self.timers.extend(timer.map(|timer| (timer, key)));
        let (left, older) =
            (before - waiting.len(), versions.partition_point(|(from, _)| *from <= watermark));
        let gone = versions.drain(..older.saturating_sub(1)).count();
        self.let_go(0, left);
        self.let_go(1, gone);
    }

    /// Hands on what was looked up. Rows for which there is nothing, or something that the condition does not hold for, stand alone or go.
    fn hand_on(&mut self, down: Down<'_>) -> Result<(), Error> {
        let Found { left, mut right, mut marks } = std::mem::take(&mut self.found);
        if left.is_empty() && marks.is_empty() {
            return Ok(());
        }
        let [of_left, of_right] = &self.stores;
        self.pairs.hold([&of_left.columns, &of_right.columns], &left, &mut right)?;
        let keeps = self.pairs.keeps.first() == Some(&true);
        let kept: Vec<u32> =
            (0_u32..).zip(&right).filter(|(_, row)| keeps || row.is_some()).map(|(at, _)| at).collect();
        for mark in &mut marks {
            mark.rows = kept.partition_point(|at| (*at as usize) < mark.rows);
        }
        let pick = |at: &u32| left.get(*at as usize).copied();
        let left: Vec<u32> = kept.iter().filter_map(pick).collect();
        let right: Vec<Option<u32>> = kept.iter().filter_map(|at| right.get(*at as usize).copied()).collect();
        let mut columns: Vec<Column> = of_left.columns.iter().map(|column| column.gather(&left)).collect();
        columns.extend(of_right.columns.iter().map(|column| column.gather_some(&right)));
        let batch = Batch { len: left.len(), columns, selection: None };
        down(Piece { batch: &batch, marks: &marks, idle: false })
    }

    /// Forgets rows that are not kept, and keys without rows, once they are most of what there is.
    fn tidy_up(&mut self) {
        for (at, (store, dead)) in self.stores.iter_mut().zip(&mut self.dead).enumerate() {
            if *dead < FEW.max(store.len / 2) && *dead < store.len {
                continue;
            }
            let mut rows = Vec::with_capacity(store.len.saturating_sub(*dead));
            for state in &mut self.states {
                let kept = if at == 0 { &mut state.waiting } else { &mut state.versions };
                for (_, row) in kept {
                    rows.push(*row);
                    *row = rows.len() as u32 - 1;
                }
            }
            store.keep(&rows);
            *dead = 0;
        }
        forget_keys(&mut self.keys, &mut self.states, &mut self.timers, &mut self.next_keys, State::is_live);
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub fn held(&self) -> Held {
        let rows: usize = self.stores.iter().zip(self.dead).map(|(store, dead)| store.len - dead).sum();
        let stores: usize = self.stores.iter().map(Store::memory).sum();
        let states = self.states.capacity() * size_of::<State>() + rows * size_of::<(i64, u32)>();
        Held { windows: 0, groups: rows, keys: self.keys.len(), memory: stores + states + self.keys.memory() }
    }

    /// Between batches nothing is found that was not handed on.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.stats.save(out);
        self.keys.save(out);
        for state in &self.states {
            state.waiting.save(out);
            state.versions.save(out);
            state.timer.save(out);
        }
        self.stores.iter().for_each(|store| store.save(out));
        self.dead.iter().for_each(|dead| dead.save(out));
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.stats = Saved::load(from)?;
        self.keys.load(from)?;
        self.states.resize_with(self.keys.len(), State::default);
        for (state, key) in self.states.iter_mut().zip(0_u32..) {
            state.waiting = Saved::load(from)?;
            state.versions = Saved::load(from)?;
            state.timer = Saved::load(from)?;
            self.timers.extend(state.timer.map(|timer| (timer, key)));
        }
        self.stores.iter_mut().try_for_each(|store| store.load(from))?;
        for dead in &mut self.dead {
            *dead = Saved::load(from)?;
        }
        Some(())
    }
}

impl State {
    fn is_live(&self) -> bool {
        !self.waiting.is_empty() || !self.versions.is_empty()
    }
}
