//! Rows of one window beside one another.

use super::super::super::column::{Batch, Column, Data};
use super::super::super::keys::encode;
use super::super::super::operator::{Error, Held, Stats};
use super::super::super::save::Saved;
use super::super::piece::{Down, Piece};
use super::pairs::{Pairs, Store, TOGETHER};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The rows of open windows.
#[derive(Debug)]
pub(super) struct WindowJoin {
    pairs: Pairs,
    /// The column of each side that is the window's end.
    ends: [usize; 2],
    /// By the window's end in milliseconds.
    windows: BTreeMap<i64, [Store; 2]>,
    watermark: Option<i64>,
    stats: Stats,
    rows: usize,
}

/// Rows of a batch of one window, whose end in milliseconds is this.
struct Run {
    end: i64,
    rows: Vec<u32>,
}

impl WindowJoin {
    pub fn new(pairs: Pairs, ends: [usize; 2]) -> WindowJoin {
        let windows = BTreeMap::new();
        WindowJoin { pairs, ends, windows, watermark: None, stats: Stats::default(), rows: 0 }
    }

    pub fn take(&mut self, side: usize, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        let mut marks = piece.marks.iter().peekable();
        // Rows of one window mostly stand together.
        let mut run = Run { end: i64::MIN, rows: Vec::new() };
        if let Some(end @ Column { data: Data::I64(ends), .. }) = self.end(side, piece.batch) {
            for (row, micros) in ends.iter().enumerate() {
                while let Some(mark) = marks.next_if(|mark| mark.rows <= row) {
                    self.pass(mark.watermark, (side, piece.batch), &mut run, down)?;
                }
                if end.is_null(row) {
                    self.stats.without_event_time += 1;
                    continue;
                }
                let millis = micros.div_euclid(1000);
                if self.watermark.is_some_and(|watermark| watermark >= millis - 1) {
                    self.stats.late += 1;
                    continue;
                }
                if run.end != millis {
                    self.add(side, piece.batch, &mut run);
                    run.end = millis;
                }
                run.rows.push(row as u32);
            }
        }
        for mark in marks {
            self.pass(mark.watermark, (side, piece.batch), &mut run, down)?;
        }
        self.add(side, piece.batch, &mut run);
        self.measure();
        down(Piece::time(piece.last().as_slice(), piece.idle))
    }

    fn end<'b>(&self, side: usize, batch: &'b Batch) -> Option<&'b Column> {
        batch.columns.get(*self.ends.get(side)?)
    }

    /// Lets time pass: windows that end are joined, those that rows of this batch came to among them.
    fn pass(
        &mut self,
        watermark: i64,
        (side, batch): (usize, &Batch),
        run: &mut Run,
        down: Down<'_>,
    ) -> Result<(), Error> {
        self.watermark = Some(watermark);
        let first = self.windows.first_key_value().map_or(i64::MAX, |(end, _)| *end);
        let first = if run.rows.is_empty() { first } else { first.min(run.end) };
        if first.saturating_sub(1) > watermark {
            return Ok(());
        }
        self.add(side, batch, run);
        self.fire(watermark, down)
    }

    /// Adds rows of a batch to their window.
    fn add(&mut self, side: usize, batch: &Batch, run: &mut Run) {
        if run.rows.is_empty() {
            return;
        }
        let [left, right] = &self.pairs.types;
        let window = self.windows.entry(run.end).or_insert_with(|| [Store::new(left), Store::new(right)]);
        if let Some(store) = window.get_mut(side) {
            store.append(batch, &run.rows);
            self.rows += run.rows.len();
        }
        run.rows.clear();
    }

    /// Joins the windows that a watermark has passed.
    fn fire(&mut self, watermark: i64, down: Down<'_>) -> Result<(), Error> {
        while let Some(first) = self.windows.first_entry() {
            if *first.key() - 1 > watermark {
                break;
            }
            // What comes and goes within one batch counts too.
            let sides = first.remove();
            self.stats.windows += 1;
            self.stats.most_groups = self.stats.most_groups.max(self.rows);
            self.rows -= sides.iter().map(|side| side.len).sum::<usize>();
            joined(&self.pairs, &sides, down)?;
        }
        Ok(())
    }

    fn measure(&mut self) {
        let held = self.held();
        self.stats.most_windows = self.stats.most_windows.max(held.windows);
        self.stats.most_groups = self.stats.most_groups.max(held.groups);
        self.stats.most_memory = self.stats.most_memory.max(held.memory);
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub fn held(&self) -> Held {
        let memory = self.windows.values().flatten().map(Store::memory).sum();
        Held { windows: self.windows.len(), groups: self.rows, keys: 0, memory }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.watermark.save(out);
        self.stats.save(out);
        self.windows.len().save(out);
        for (end, sides) in &self.windows {
            end.save(out);
            sides.iter().for_each(|side| side.save(out));
        }
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.watermark = Saved::load(from)?;
        self.stats = Saved::load(from)?;
        for _ in 0..usize::load(from)? {
            let end = i64::load(from)?;
            let [left, right] = &self.pairs.types;
            let mut sides = [Store::new(left), Store::new(right)];
            sides.iter_mut().try_for_each(|side| side.load(from))?;
            self.rows += sides.iter().map(|side| side.len).sum::<usize>();
            self.windows.insert(end, sides);
        }
        Some(())
    }
}

/// The pairs of a window's rows, and the rows without a partner.
fn joined(pairs: &Pairs, [left, right]: &[Store; 2], down: Down<'_>) -> Result<(), Error> {
    let columns = [left.columns.as_slice(), right.columns.as_slice()];
    let mut found = [vec![false; left.len], vec![false; right.len]];
    if left.len > 0 && right.len > 0 {
        let mut places: FxHashMap<Vec<u8>, Vec<u32>> = FxHashMap::default();
        each_key(pairs, 1, right, |row, key| places.entry(key.to_vec()).or_default().push(row))?;
        let mut both = [Vec::new(), Vec::new()];
        let mut partners: Vec<(u32, &[u32])> = Vec::new();
        each_key(pairs, 0, left, |row, key| {
            partners.extend(places.get(key).map(|rows| (row, rows.as_slice())));
        })?;
        for (row, rows) in partners {
            for partners in rows.chunks(TOGETHER) {
                let [of_left, of_right] = &mut both;
                of_left.resize(of_left.len() + partners.len(), row);
                of_right.extend_from_slice(partners);
                if of_left.len() >= TOGETHER {
                    let [left, right] = &mut found;
                    pairs.write(columns, &mut both, [left, right], &mut *down)?;
                }
            }
        }
        let [left, right] = &mut found;
        pairs.write(columns, &mut both, [left, right], &mut *down)?;
    }
    if let Some(with) = pairs.half {
        let [of_left, _] = &found;
        let told: Vec<u32> =
            (0_u32..).zip(of_left).filter(|(_, found)| **found == with).map(|(row, _)| row).collect();
        for rows in told.chunks(TOGETHER) {
            let columns = left.columns.iter().map(|column| column.gather(rows)).collect();
            down(Piece::of(&Batch { len: rows.len(), columns, selection: None }))?;
        }
        return Ok(());
    }
    for (side, (columns, found)) in columns.into_iter().zip(&found).enumerate() {
        let alone: Vec<u32> =
            (0_u32..).zip(found).filter(|(_, found)| !**found).map(|(row, _)| row).collect();
        pairs.write_alone(side, columns, &alone, &mut *down)?;
    }
    Ok(())
}

/// The key of each of a side's rows whose key can equal another's.
fn each_key(
    pairs: &Pairs,
    side: usize,
    store: &Store,
    mut each: impl FnMut(u32, &[u8]),
) -> Result<(), Error> {
    let keys = pairs.keys(side, &store.columns, store.len)?;
    let mut key = Vec::new();
    for row in 0..store.len {
        if keys.iter().any(|column| column.is_null(row)) {
            continue;
        }
        key.clear();
        keys.iter().for_each(|column| encode(column, row, &mut key));
        each(row as u32, &key);
    }
    Ok(())
}
