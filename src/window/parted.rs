//! Rows in parts, by keys, and the times at which something is to be done in one: what OVER and MATCH_RECOGNIZE wait with.

use super::operator::{Held, Stats};
use super::save::{Saved, load_bytes, save_bytes};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Parts with what is known of each.
#[derive(Debug)]
pub(super) struct Parted<P> {
    /// The place of each part, by the bytes of its keys.
    places: FxHashMap<Box<[u8]>, u32>,
    parts: Vec<Part<P>>,
    /// Places of parts that are as new ones.
    free: Vec<u32>,
    /// When something is to be done, and in which part.
    timers: BTreeSet<(i64, u32)>,
    rows: usize,
    most_rows: usize,
    watermark: Option<i64>,
    /// The rows since they were forgotten that were late.
    late: Vec<u32>,
}

#[derive(Debug)]
struct Part<P> {
    key: Box<[u8]>,
    /// How many of the timers are its own.
    timers: usize,
    state: P,
}

impl<P> Parted<P> {
    pub fn new() -> Parted<P> {
        Parted {
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

    /// How far time is.
    pub fn watermark(&self) -> Option<i64> {
        self.watermark
    }

    /// Notes that a row was late.
    pub fn note_late(&mut self, row: usize) {
        self.late.push(row as u32);
    }

    /// The rows that were late since [`Parted::forget_late`], ascending.
    pub fn late(&self) -> &[u32] {
        &self.late
    }

    /// Begins to tell late rows anew.
    pub fn forget_late(&mut self) {
        self.late.clear();
    }

    /// The most that was held at once, where each row takes `row` bytes, and each part `beside` its own.
    pub fn stats(&self, row: usize, beside: usize) -> Stats {
        let most_memory = self.memory(self.most_rows, row, beside);
        Stats { most_groups: self.most_rows, most_memory, ..Stats::default() }
    }

    /// What is held now.
    pub fn held(&self, row: usize, beside: usize) -> Held {
        let memory = self.memory(self.rows, row, beside);
        Held { groups: self.rows, keys: self.places.len(), memory, ..Held::default() }
    }

    fn memory(&self, rows: usize, row: usize, beside: usize) -> usize {
        rows * row + self.parts.capacity() * (size_of::<Part<P>>() + beside)
    }

    /// The place of a key's part; of a new one where there is none.
    pub fn place(&mut self, key: Box<[u8]>, new: impl FnOnce() -> P) -> u32 {
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(part) = self.parts.get_mut(place as usize) {
                    part.key.clone_from(&key);
                }
                place
            }
            None => {
                self.parts.push(Part { key: key.clone(), timers: 0, state: new() });
                (self.parts.len() - 1) as u32
            }
        };
        self.places.insert(key, place);
        place
    }

    /// What is known of the part at a place.
    pub fn get_mut(&mut self, place: u32) -> Option<&mut P> {
        self.parts.get_mut(place as usize).map(|part| &mut part.state)
    }

    /// Has something done in a part at a time, once however often it is asked for.
    pub fn wake(&mut self, place: u32, time: i64) {
        let new = self.timers.insert((time, place));
        if let Some(part) = self.parts.get_mut(place as usize) {
            part.timers += usize::from(new);
        }
    }

    /// Lets time pass: the next part in which something is to be done, and the time for which that was asked.
    pub fn due(&mut self, watermark: i64) -> Option<(i64, u32)> {
        self.watermark = Some(watermark);
        let (time, place) = self.timers.first().copied().filter(|(time, _)| *time <= watermark)?;
        self.timers.pop_first();
        if let Some(part) = self.parts.get_mut(place as usize) {
            part.timers -= 1;
        }
        Some((time, place))
    }

    /// Counts a row that came.
    pub fn came(&mut self) {
        self.rows += 1;
        self.most_rows = self.most_rows.max(self.rows);
    }

    /// Counts the rows of a part that held so many before, and holds so many now.
    pub fn recount(&mut self, before: usize, now: usize) {
        self.rows = (self.rows + now).saturating_sub(before);
    }

    /// Forgets a part of which no more is known than of a new one, unless something is still to be done in it.
    pub fn forget(&mut self, place: u32, new: impl FnOnce() -> P) {
        let Some(part) = self.parts.get_mut(place as usize).filter(|part| part.timers == 0) else { return };
        part.state = new();
        self.places.remove(&part.key);
        self.free.push(place);
    }

    pub fn save(&self, out: &mut Vec<u8>, state: impl Fn(&P, &mut Vec<u8>)) {
        self.parts.len().save(out);
        for part in &self.parts {
            save_bytes(&part.key, out);
            part.timers.save(out);
            state(&part.state, out);
        }
        self.free.save(out);
        self.timers.len().save(out);
        for (time, place) in &self.timers {
            time.save(out);
            place.save(out);
        }
        [self.rows, self.most_rows].iter().for_each(|count| count.save(out));
        self.watermark.save(out);
    }

    pub fn load(&mut self, from: &mut &[u8], state: impl Fn(&mut &[u8]) -> Option<P>) -> Option<()> {
        for _ in 0..usize::load(from)? {
            let (key, timers) = (load_bytes(from)?.into(), Saved::load(from)?);
            self.parts.push(Part { key, timers, state: state(from)? });
        }
        self.free = Vec::load(from)?;
        let free: BTreeSet<u32> = self.free.iter().copied().collect();
        for (part, place) in self.parts.iter().zip(0_u32..).filter(|(_, place)| !free.contains(place)) {
            self.places.insert(part.key.clone(), place);
        }
        for _ in 0..usize::load(from)? {
            self.timers.insert((i64::load(from)?, u32::load(from)?));
        }
        self.rows = Saved::load(from)?;
        self.most_rows = Saved::load(from)?;
        self.watermark = Saved::load(from)?;
        Some(())
    }
}
