//! The stream's rows as they are, each once for each of its windows.

use super::super::clock::{Clock, Mark};
use super::super::column::{Batch, Column, Data};
use super::super::eval::{Rows, eval, holds};
use super::super::operator::{Error, Pushed, Stats};
use super::super::query::{Late, Window};
use super::links::{Link, take};
use super::piece::{Down, Piece, tell_time};
use super::plan::{RowQuery, Stream};
use std::borrow::Cow;

/// Rows on their way, and how far time is.
#[derive(Debug)]
pub(super) struct RowOperator {
    query: RowQuery,
    event_time: Option<usize>,
    late: Late,
    pub(super) clock: Clock,
    pub(super) stats: Stats,
}

/// The rows of a batch that count, each once for each window; and the event times that they have.
pub(super) struct Assigned {
    pub rows: Vec<u32>,
    pub bounds: Vec<(i64, i64)>,
}

impl RowOperator {
    pub fn new(query: RowQuery, stream: &Stream, partitions: u32) -> RowOperator {
        let clock = Clock::new(stream.watermark_delay_ms, partitions);
        let Stream { event_time, late, .. } = *stream;
        RowOperator { query, event_time, late, clock, stats: Stats::default() }
    }

    /// One partition more.
    pub fn add(&mut self) {
        self.clock.add();
    }

    /// Whether rows have windows.
    pub fn has_windows(&self) -> bool {
        self.query.window.is_some()
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    pub fn latest(&self, partition: u32) -> Option<i64> {
        self.clock.latest(partition as usize)
    }

    pub fn watermark(&self) -> Option<i64> {
        self.clock.watermark()
    }

    /// Takes rows of a partition, and hands them on with the watermarks between them where `timed`.
    pub fn push(
        &mut self,
        partition: usize,
        batch: &Batch,
        links: &mut [Link],
        timed: bool,
        down: Down<'_>,
    ) -> Result<Pushed, Error> {
        let mut pushed = Pushed::default();
        let assigned = self.assigned(batch, &mut pushed)?;
        let computed = self.computed(batch, &assigned)?;
        let (mut marks, before) = (Vec::new(), self.clock.watermark());
        if timed {
            self.mark_time(partition, batch, &assigned.rows, &mut marks);
        } else {
            self.note_time(partition, batch);
        }
        take(links, Piece { batch: &computed, marks: &marks, idle: false }, down)?;
        if let Some(rows) = links.first().and_then(Link::late) {
            pushed.late = all_late(&assigned.rows, rows);
            self.stats.late += pushed.late.len() as u64;
        } else if timed && self.late == Late::Divert {
            pushed.late = late(&assigned, &marks, before);
        }
        Ok(pushed)
    }

    pub fn set_idle(&mut self, partition: usize, links: &mut [Link], down: Down<'_>) -> Result<(), Error> {
        self.clock.set_idle(partition);
        // With every partition idle, time stands still.
        let watermark = self.clock.others(usize::MAX).filter(|watermark| *watermark < i64::MAX);
        let watermark = watermark.and_then(|watermark| self.clock.announce(watermark));
        tell_time(watermark, self.clock.is_idle(), &mut |piece| take(links, piece, &mut *down))
    }

    /// The rows that WHERE lets through, with their windows.
    fn assigned(&mut self, batch: &Batch, pushed: &mut Pushed) -> Result<Assigned, Error> {
        let selected = match &batch.selection {
            Some(rows) => Rows::Some(rows),
            None => Rows::All(batch.len),
        };
        let kept = match &self.query.filter {
            // A condition may read the window's bounds: it is looked at once they are known.
            Some(filter) if self.query.window.is_none() => {
                selected.pick(&holds(filter, &batch.columns, selected).map_err(Error::Row)?)
            }
            _ => selected.pick(&(0..selected.len() as u32).collect::<Vec<_>>()),
        };
        let Some(window) = self.query.window else {
            return Ok(Assigned { rows: kept, bounds: Vec::new() });
        };
        let time = self.event_time.and_then(|index| batch.columns.get(index));
        let mut assigned = Assigned { rows: Vec::new(), bounds: Vec::new() };
        let Some(Column { data: Data::I64(times), .. }) = time else { return Ok(assigned) };
        for row in kept {
            let at = row as usize;
            if time.is_none_or(|time| time.is_null(at)) {
                self.stats.without_event_time += 1;
                pushed.without_event_time.push(row);
                continue;
            }
            let millis = times.get(at).copied().unwrap_or_default().div_euclid(1000);
            windows(window, millis, |bounds| {
                assigned.rows.push(row);
                assigned.bounds.push(bounds);
            });
        }
        match &self.query.filter {
            Some(filter) => {
                let columns = with_bounds(batch, &assigned);
                let kept = holds(filter, &columns, Rows::All(assigned.rows.len())).map_err(Error::Row)?;
                let pick = |position: &u32| {
                    let at = *position as usize;
                    Some((*assigned.rows.get(at)?, *assigned.bounds.get(at)?))
                };
                let (rows, bounds) = kept.iter().filter_map(pick).unzip();
                Ok(Assigned { rows, bounds })
            }
            None => Ok(assigned),
        }
    }

    fn computed(&self, batch: &Batch, assigned: &Assigned) -> Result<Batch, Error> {
        let len = assigned.rows.len();
        let (gathered, rows) = match self.query.window {
            Some(_) => (Some(with_bounds(batch, assigned)), Rows::All(len)),
            None => (None, Rows::Some(&assigned.rows)),
        };
        let columns = gathered.as_ref().unwrap_or(&batch.columns);
        let computed = self.query.output.iter().map(|expr| eval(expr, columns, rows).map(Cow::into_owned));
        let computed = computed.collect::<Result<Vec<_>, _>>();
        let computed = computed.map_err(|mut error| {
            // With windows, positions are not rows.
            if self.query.window.is_some() {
                error.row = assigned.rows.get(error.row).map_or(error.row, |row| *row as usize);
            }
            Error::Row(error)
        })?;
        Ok(Batch { len, columns: computed, selection: None })
    }

    /// The watermarks that the rows raise, each behind the rows assigned that came up to it.
    fn mark_time(&mut self, partition: usize, batch: &Batch, assigned: &[u32], marks: &mut Vec<Mark>) {
        let time = self.event_time.and_then(|index| batch.columns.get(index));
        let Some(time @ Column { data: Data::I64(times), .. }) = time else { return };
        let others = self.clock.others(partition);
        let mut latest = self.clock.wake(partition);
        let mut before = 0;
        for (row, micros) in times.iter().enumerate() {
            let millis = micros.div_euclid(1000);
            if time.is_null(row) || latest.is_some_and(|latest| millis <= latest) {
                continue;
            }
            latest = Some(millis);
            if let Some(watermark) = self.clock.advance(partition, millis, others) {
                before += assigned
                    .get(before..)
                    .map_or(0, |rest| rest.iter().take_while(|assigned| **assigned as usize <= row).count());
                marks.push(Mark { rows: before, watermark });
            }
        }
    }

    fn note_time(&mut self, partition: usize, batch: &Batch) {
        let time = self.event_time.and_then(|index| batch.columns.get(index));
        let Some(time @ Column { data: Data::I64(times), .. }) = time else { return };
        let others = self.clock.others(partition);
        let seen = self.clock.wake(partition);
        let valid = times.iter().enumerate().filter(|(row, _)| !time.is_null(*row));
        let latest = valid.map(|(_, micros)| micros.div_euclid(1000)).chain(seen).max();
        if let Some(latest) = latest {
            self.clock.advance(partition, latest, others);
        }
    }
}

/// The rows of which all windows had fired: `assigned` has each once for each window, `late` the positions there.
fn all_late(assigned: &[u32], late: &[u32]) -> Vec<u32> {
    let mut rows = Vec::new();
    let mut late = late.iter().filter_map(|at| assigned.get(*at as usize)).peekable();
    for of_row in assigned.chunk_by(|a, b| a == b) {
        let Some(row) = of_row.first() else { continue };
        let mut missed = 0;
        while late.next_if(|late| *late == row).is_some() {
            missed += 1;
        }
        rows.extend((missed == of_row.len()).then_some(*row));
    }
    rows
}

/// The rows of which all windows had fired by their own stream's watermark, that before them and those between them.
fn late(assigned: &Assigned, marks: &[Mark], before: Option<i64>) -> Vec<u32> {
    let mut rows = Vec::new();
    let mut marks = marks.iter().peekable();
    let (mut watermark, mut at) = (before, 0);
    for of_row in assigned.rows.chunk_by(|a, b| a == b) {
        while let Some(mark) = marks.next_if(|mark| mark.rows <= at) {
            watermark = Some(mark.watermark);
        }
        let windows = assigned.bounds.get(at..at + of_row.len()).unwrap_or_default();
        let fired = |(_, end): &(i64, i64)| watermark.is_some_and(|watermark| watermark >= *end - 1);
        if !windows.is_empty() && windows.iter().all(fired) {
            rows.extend(of_row.first());
        }
        at += of_row.len();
    }
    rows
}

/// The columns of the rows assigned, and behind them their windows' start, end and time.
pub(super) fn with_bounds(batch: &Batch, assigned: &Assigned) -> Vec<Column> {
    let mut columns: Vec<Column> = batch.columns.iter().map(|column| column.gather(&assigned.rows)).collect();
    let column = |of: fn(&(i64, i64)) -> i64| {
        Column::of(Data::I64(assigned.bounds.iter().map(|bounds| of(bounds).wrapping_mul(1000)).collect()))
    };
    columns.extend([column(|b| b.0), column(|b| b.1), column(|b| b.1 - 1)]);
    columns
}

/// The windows of a time, in milliseconds.
pub(super) fn windows(window: Window, millis: i64, mut each: impl FnMut((i64, i64))) {
    let start = |size: i64, offset: i64| millis - (millis - offset).rem_euclid(size);
    match window {
        Window::Tumble { size_ms, offset_ms } => {
            let start = start(size_ms, offset_ms);
            each((start, start + size_ms));
        }
        Window::Hop { slide_ms, size_ms, offset_ms } => {
            let last = start(slide_ms, offset_ms);
            (0..size_ms / slide_ms).map(|k| last - k * slide_ms).for_each(|s| each((s, s + size_ms)));
        }
        Window::Cumulate { step_ms, size_ms, offset_ms } => {
            let start = start(size_ms, offset_ms);
            let ends = (1..=size_ms / step_ms).map(|k| start + k * step_ms);
            ends.filter(|end| *end > millis).for_each(|end| each((start, end)));
        }
        Window::Session { .. } => {}
    }
}
