//! Rows whose event times are close beside one another.
//!
//! What is kept, joined and dropped, and when, is what Flink's `TimeIntervalJoin` does (2.3.0, with
//! `table.exec.interval-join.min-cleanup-interval` at its default of 0), late rows and its approximations included: on time no row depends on
//! them. Pairs are looked for row by row, and looked at, written and padded many together.

use super::super::super::clock::Mark;
use super::super::super::column::{Batch, Column, Data};
use super::super::super::keys::Keys;
use super::super::super::operator::{Error, Held, Stats};
use super::super::super::save::Saved;
use super::super::piece::{Down, Piece};
use super::forget::{FEW, forget_keys};
use super::pairs::{Pairs, Store, TOGETHER};
use std::collections::BTreeSet;

/// The rows that may still have partners.
#[derive(Debug)]
pub(super) struct IntervalJoin {
    pairs: Pairs,
    /// The column of each side that is its event time.
    times: [usize; 2],
    /// How far a partner's time may lie behind a row of each side: after a left row, after a right row.
    reach: [i64; 2],
    /// Whether no time lies within the bounds.
    never: bool,
    keys: Keys,
    /// With so many keys it is looked at which have rows.
    next_keys: usize,
    /// What is kept of each key.
    states: Vec<State>,
    sides: [Side; 2],
    /// When to look for rows of a key that have no partner any more.
    timers: BTreeSet<(i64, u32)>,
    /// How far time is, from 0.
    time: i64,
    /// Rows of a side with times up to here are gone, as far as is known.
    gone: [i64; 2],
    stats: Stats,
}

/// The rows of a side.
#[derive(Debug)]
struct Side {
    store: Store,
    /// For each, whether it had a partner.
    found: Vec<bool>,
    /// Rows that are not kept any more.
    dead: usize,
    /// Rows that this batch lets go.
    going: Vec<u32>,
}

#[derive(Debug, Default)]
struct State {
    /// The rows of each side, by their times, equal ones in the order of their arrival.
    rows: [Vec<(i64, u32)>; 2],
    /// When rows of each side are looked for that have no partner any more.
    timers: [Option<i64>; 2],
    /// A key with a null, which equals nothing.
    alone: bool,
}

/// A row of a side as it comes.
#[derive(Clone, Copy)]
struct Arrival {
    side: usize,
    row: u32,
    key: u32,
    time: i64,
}

impl IntervalJoin {
    /// Joins rows whose left time less the right one lies within bounds in milliseconds.
    pub fn new(pairs: Pairs, times: [usize; 2], (lower, upper): (i64, i64)) -> IntervalJoin {
        let side = |at: usize| Side {
            store: Store::new(pairs.types.get(at).map_or(&[][..], Vec::as_slice)),
            found: Vec::new(),
            dead: 0,
            going: Vec::new(),
        };
        IntervalJoin {
            sides: [side(0), side(1)],
            keys: Keys::new(pairs.key_types()),
            next_keys: FEW,
            pairs,
            times,
            reach: [lower.saturating_neg(), upper],
            never: lower > upper,
            states: Vec::new(),
            timers: BTreeSet::new(),
            time: 0,
            gone: [0, 0],
            stats: Stats::default(),
        }
    }

    pub fn take(&mut self, side: usize, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        let mut both = [Vec::new(), Vec::new()];
        if piece.batch.len > 0 {
            self.arrive(side, &piece, &mut both, down)?;
        } else {
            piece.marks.iter().for_each(|mark| self.pass(mark.watermark));
        }
        self.write(&mut both, down)?;
        self.let_go(down)?;
        self.tidy_up();
        let held = self.held();
        self.stats.most_groups = self.stats.most_groups.max(held.groups);
        self.stats.most_memory = self.stats.most_memory.max(held.memory);
        // Rows without a partner come out as late as the longer bound says: `KeyedCoProcessOperatorWithWatermarkDelay`.
        let delay = self.reach.iter().copied().max().unwrap_or_default().max(0);
        let last = piece.last().map(|mark| match mark.watermark {
            i64::MAX => mark,
            watermark => Mark { watermark: watermark.saturating_sub(delay), ..mark },
        });
        down(Piece::time(last.as_slice(), piece.idle))
    }

    fn arrive(
        &mut self,
        side: usize,
        piece: &Piece<'_>,
        both: &mut [Vec<u32>; 2],
        down: Down<'_>,
    ) -> Result<(), Error> {
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
                self.pass(mark.watermark);
            }
            if keys.iter().any(|key| key.is_null(row))
                && let Some(state) = self.states.get_mut(key as usize)
            {
                state.alone = true;
            }
            let row = (first + row) as u32;
            if time.is_null(row as usize - first) {
                self.stats.without_event_time += 1;
                self.go(side, row);
                continue;
            }
            self.meet(Arrival { side, row, key, time: micros.div_euclid(1000) }, both);
            if both.first().is_some_and(|pairs| pairs.len() >= TOGETHER) {
                self.write(both, &mut *down)?;
            }
        }
        marks.for_each(|mark| self.pass(mark.watermark));
        Ok(())
    }

    /// Keeps all rows of a batch, as long as it lasts; where they begin.
    fn append(&mut self, side: usize, batch: &Batch) -> usize {
        let Some(side) = self.sides.get_mut(side) else { return 0 };
        let first = side.store.append_all(batch);
        side.found.resize(side.store.len, false);
        first
    }

    /// Pairs a row with those of the other side that are kept, and keeps it where others may come.
    fn meet(&mut self, Arrival { side, row, key, time }: Arrival, both: &mut [Vec<u32>; 2]) {
        let other = 1 - side;
        let (own_reach, other_reach) = match self.reach {
            [left, right] if side == 0 => (left, right),
            [left, right] => (right, left),
        };
        if self.never {
            return self.go(side, row);
        }
        let last = time.saturating_add(own_reach);
        let Some(state) = self.states.get_mut(key as usize) else { return };
        let (Some(gone), Some(kept)) = (self.gone.get_mut(other), state.rows.get_mut(other)) else { return };
        if *gone < last {
            *gone = expired(self.time, other_reach);
            let least = time.saturating_sub(other_reach);
            let from = kept.partition_point(|(time, _)| *time < least);
            let partners = kept.get(from..).unwrap_or_default();
            let partners = partners.iter().take_while(|(time, _)| *time <= last && !state.alone);
            for (_, partner) in partners {
                let pair = if side == 0 { [row, *partner] } else { [*partner, row] };
                both.iter_mut().zip(pair).for_each(|(rows, row)| rows.push(row));
            }
            let count = kept.partition_point(|(time, _)| *time <= *gone);
            let expired = kept.drain(..count).map(|(_, row)| row);
            if let Some(other) = self.sides.get_mut(other) {
                other.going.extend(expired);
            }
        }
        if self.time >= last {
            return self.go(side, row);
        }
        if let (Some(kept), Some(timer)) = (state.rows.get_mut(side), state.timers.get_mut(side)) {
            let at = kept.partition_point(|(kept, _)| *kept <= time);
            kept.insert(at, (time, row));
            if timer.is_none() {
                let when = last.saturating_add(1);
                *timer = Some(when);
                self.timers.insert((when, key));
            }
        }
    }

    fn go(&mut self, side: usize, row: u32) {
        if let Some(side) = self.sides.get_mut(side) {
            side.going.push(row);
        }
    }

    /// Lets time pass: keys whose timers are due lose the rows that have no partner any more.
    fn pass(&mut self, watermark: i64) {
        self.time = watermark.max(0);
        while let Some((when, key)) = self.timers.first().copied() {
            if when > watermark {
                return;
            }
            self.timers.pop_first();
            // In the order in which Flink looks: rows of the right side first.
            for side in [1, 0] {
                self.expire(side, key, when);
            }
        }
    }

    fn expire(&mut self, side: usize, key: u32, when: i64) {
        let reach = self.reach.get(side).copied().unwrap_or_default();
        let (Some(state), Some(of)) = (self.states.get_mut(key as usize), self.sides.get_mut(side)) else {
            return;
        };
        let (Some(timer), Some(kept), Some(gone)) =
            (state.timers.get_mut(side), state.rows.get_mut(side), self.gone.get_mut(side))
        else {
            return;
        };
        if *timer != Some(when) {
            return;
        }
        *gone = expired(self.time, reach);
        let count = kept.partition_point(|(time, _)| *time <= *gone);
        of.going.extend(kept.drain(..count).map(|(_, row)| row));
        // Flink looks for times above 0, and forgets the rows where it finds none.
        match kept.iter().map(|(time, _)| *time).find(|time| *time > 0) {
            Some(earliest) => {
                let when = earliest.saturating_add(reach).saturating_add(1);
                *timer = Some(when);
                self.timers.insert((when, key));
            }
            None => {
                *timer = None;
                of.forget(kept.drain(..).map(|(_, row)| row));
            }
        }
    }

    fn write(&mut self, both: &mut [Vec<u32>; 2], down: Down<'_>) -> Result<(), Error> {
        let [left, right] = &mut self.sides;
        let columns = [left.store.columns.as_slice(), right.store.columns.as_slice()];
        self.pairs.write(columns, both, [&mut left.found, &mut right.found], down)
    }

    /// Rows that go without ever having had a partner stand alone.
    fn let_go(&mut self, down: Down<'_>) -> Result<(), Error> {
        for (at, side) in self.sides.iter_mut().enumerate() {
            side.dead += side.going.len();
            let alone = |row: &u32| side.found.get(*row as usize) == Some(&false);
            let alone: Vec<u32> = side.going.drain(..).filter(alone).collect();
            self.pairs.write_alone(at, &side.store.columns, &alone, &mut *down)?;
        }
        Ok(())
    }

    /// Forgets rows that are not kept, and keys without rows, once they are most of what there is.
    fn tidy_up(&mut self) {
        for (at, side) in self.sides.iter_mut().enumerate() {
            if side.dead == side.store.len {
                side.keep(&[]);
            } else if side.dead >= FEW.max(side.store.len / 2) {
                let mut rows = Vec::with_capacity(side.store.len - side.dead);
                for kept in self.states.iter_mut().filter_map(|state| state.rows.get_mut(at)).flatten() {
                    rows.push(kept.1);
                    kept.1 = rows.len() as u32 - 1;
                }
                side.keep(&rows);
            }
        }
        forget_keys(&mut self.keys, &mut self.states, &mut self.timers, &mut self.next_keys, State::is_live);
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub fn held(&self) -> Held {
        let rows: usize = self.sides.iter().map(|side| side.store.len - side.dead).sum();
        let stores: usize = self.sides.iter().map(|side| side.store.memory() + side.found.capacity()).sum();
        let states = self.states.capacity() * size_of::<State>() + rows * size_of::<(i64, u32)>();
        let memory = stores + states + self.keys.memory();
        Held { windows: 0, groups: rows, keys: self.keys.len(), memory }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.stats.save(out);
        (self.time, self.gone.to_vec()).save(out);
        self.keys.save(out);
        for state in &self.states {
            state.alone.save(out);
            state.rows.iter().for_each(|rows| rows.save(out));
            state.timers.iter().for_each(|timer| timer.save(out));
        }
        self.timers.iter().copied().collect::<Vec<_>>().save(out);
        for side in &self.sides {
            side.store.save(out);
            side.found.save(out);
            side.dead.save(out);
        }
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.stats = Saved::load(from)?;
        let (time, gone) = <(i64, Vec<i64>)>::load(from)?;
        self.time = time;
        self.gone = gone.try_into().ok()?;
        self.keys.load(from)?;
        self.states.resize_with(self.keys.len(), State::default);
        for state in &mut self.states {
            state.alone = Saved::load(from)?;
            for rows in &mut state.rows {
                *rows = Saved::load(from)?;
            }
            for timer in &mut state.timers {
                *timer = Saved::load(from)?;
            }
        }
        self.timers = Vec::<(i64, u32)>::load(from)?.into_iter().collect();
        for side in &mut self.sides {
            side.store.load(from)?;
            side.found = Saved::load(from)?;
            side.dead = Saved::load(from)?;
        }
        Some(())
    }
}

impl State {
    fn is_live(&self) -> bool {
        self.rows.iter().any(|rows| !rows.is_empty()) || self.timers.iter().any(Option::is_some)
    }
}

impl Side {
    /// Keeps these rows alone.
    fn keep(&mut self, rows: &[u32]) {
        self.store.keep(rows);
        self.found =
            rows.iter().map(|row| self.found.get(*row as usize).copied().unwrap_or_default()).collect();
        self.dead = 0;
    }

    /// Lets rows go that stand nowhere.
    fn forget(&mut self, rows: impl Iterator<Item = u32>) {
        for row in rows {
            self.dead += 1;
            if let Some(found) = self.found.get_mut(row as usize) {
                *found = true;
            }
        }
    }
}

/// Up to which time rows are gone that reach so far.
fn expired(time: i64, reach: i64) -> i64 {
    if time == i64::MAX { i64::MAX } else { time.saturating_sub(reach).saturating_sub(1) }
}
