//! The first rows of each window and key.

use super::super::column::{Batch, Column, Data, Value};
use super::super::eval::{Rows, eval};
use super::super::keys::encode;
use super::super::operator::Error;
use super::super::order::compare;
use super::piece::{Down, Piece};
use super::plan::Top;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

/// As many rows are handed over at once, at most.
const RESULTS: usize = 4096;

/// The rows of open windows that are among the first of their key.
#[derive(Debug)]
pub(super) struct Ranking {
    top: Top,
    /// By the window's end in milliseconds.
    pub(super) windows: BTreeMap<i64, Ranks>,
    /// Rows of windows that have fired and are not handed over yet.
    fired: Vec<Vec<Entry>>,
    pub(super) rows: usize,
    pub(super) most_rows: usize,
    pub(super) watermark: Option<i64>,
    /// The rows of the last piece whose windows had fired.
    late: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// The place of each key's rows, by the key's bytes.
    pub places: FxHashMap<Vec<u8>, usize>,
    /// In the order in which the keys came.
    pub keys: Vec<Vec<Entry>>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub order: Vec<Value>,
    pub row: Vec<Value>,
}

/// What rows are parted and ordered by.
struct Ranked {
    partition: Vec<Column>,
    order: Vec<Column>,
}

impl Ranking {
    pub fn new(top: Top) -> Ranking {
        Ranking {
            top,
            windows: BTreeMap::new(),
            fired: Vec::new(),
            rows: 0,
            most_rows: 0,
            watermark: None,
            late: Vec::new(),
        }
    }

    /// Ranks rows one by one, and hands on the first rows of the windows that end between them.
    pub fn take(&mut self, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        self.late.clear();
        let ranked = (piece.batch.len > 0).then(|| self.ranked(piece.batch)).transpose()?;
        let mut row = 0;
        for mark in piece.marks {
            self.add_all(ranked.as_ref(), piece.batch, row..mark.rows);
            row = row.max(mark.rows);
            self.watermark = Some(mark.watermark);
            while let Some(batch) = self.fired(mark.watermark) {
                down(Piece::of(&batch))?;
            }
        }
        self.add_all(ranked.as_ref(), piece.batch, row..piece.batch.len);
        down(Piece::time(piece.last().as_slice(), piece.idle))
    }

    fn add_all(&mut self, ranked: Option<&Ranked>, batch: &Batch, rows: Range<usize>) {
        let Some(ranked) = ranked else { return };
        for row in rows {
            if !self.add(ranked, batch, row) {
                self.late.push(row as u32);
            }
        }
    }

    /// The rows of the last piece whose windows had fired, ascending.
    pub fn late(&self) -> &[u32] {
        &self.late
    }

    /// The most rows held at once.
    pub fn most_rows(&self) -> usize {
        self.most_rows
    }

    /// The rows held now.
    pub fn held_rows(&self) -> usize {
        self.rows
    }

    /// About as many bytes were held at once: a value and its part of the order.
    pub fn most_memory(&self) -> usize {
        self.most_rows * self.row_memory()
    }

    /// About as many bytes are held now.
    pub fn memory(&self) -> usize {
        self.rows * self.row_memory()
    }

    fn row_memory(&self) -> usize {
        (self.top.input.len() + self.top.order.len() + 1) * size_of::<Value>()
    }

    fn ranked(&self, batch: &Batch) -> Result<Ranked, Error> {
        let computed = |expr| {
            eval(expr, &batch.columns, Rows::All(batch.len)).map(Cow::into_owned).map_err(Error::Result)
        };
        Ok(Ranked {
            partition: self.top.partition.iter().map(computed).collect::<Result<_, _>>()?,
            order: self.top.order.iter().map(|(expr, _)| computed(expr)).collect::<Result<_, _>>()?,
        })
    }

    /// Takes a row; false where its window has fired.
    fn add(&mut self, ranked: &Ranked, batch: &Batch, row: usize) -> bool {
        let end = match batch.columns.get(self.top.window_end).map(|column| column.get(row)) {
            Some(Value::I64(micros)) => micros.div_euclid(1000),
            _ => return true,
        };
        if self.watermark.is_some_and(|watermark| watermark >= end - 1) {
            return false;
        }
        let mut key = Vec::new();
        ranked.partition.iter().for_each(|column| encode(column, row, &mut key));
        let order: Vec<Value> = ranked.order.iter().map(|column| column.get(row)).collect();
        let ranks = self.windows.entry(end).or_default();
        let next = ranks.keys.len();
        let place = *ranks.places.entry(key).or_insert(next);
        if place == next {
            ranks.keys.push(Vec::new());
        }
        let Some(entries) = ranks.keys.get_mut(place) else { return true };
        let top = &self.top;
        let before = |entry: &Entry| match compare(&entry.order, &order, &top.order) {
            Ordering::Less => true,
            Ordering::Equal => !top.newest,
            Ordering::Greater => false,
        };
        let at = entries.partition_point(before);
        if top.limit.is_some_and(|limit| at >= limit) {
            return true;
        }
        let values = batch.columns.iter().map(|column| column.get(row)).collect();
        entries.insert(at, Entry { order, row: values });
        self.rows += 1;
        if top.limit.is_some_and(|limit| entries.len() > limit) {
            entries.pop();
            self.rows -= 1;
        }
        self.most_rows = self.most_rows.max(self.rows);
        true
    }

    /// Rows of a window that a watermark has passed, with their numbers; `None` once there are no more.
    fn fired(&mut self, watermark: i64) -> Option<Batch> {
        while self.fired.is_empty() {
            let first = self.windows.first_entry()?;
            if *first.key() - 1 > watermark {
                return None;
            }
            self.fired = first.remove().keys;
            self.fired.reverse();
        }
        let mut columns: Vec<Column> = self.top.input.iter().map(|ty| Column::new(ty.class())).collect();
        let mut numbers = Vec::new();
        while let Some(entries) = self.fired.pop() {
            self.rows -= entries.len();
            for (entry, number) in entries.iter().zip(1_i64..) {
                columns.iter_mut().zip(&entry.row).for_each(|(column, value)| column.push(value));
                numbers.push(number);
            }
            if numbers.len() >= RESULTS {
                break;
            }
        }
        let len = numbers.len();
        columns.push(Column::of(Data::I64(numbers)));
        Some(Batch { len, columns, selection: None })
    }
}
