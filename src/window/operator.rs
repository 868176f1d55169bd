//! The operator: rows in, watermark forward, windows out.

mod marked;
mod saved;

use super::aggregate::{AggregateCall, Input, Layout};
use super::aligned::Aligned;
use super::clock::{Clock, Mark};
use super::column::{Batch, Data};
use super::emit::Output;
use super::eval::{EvalError, Rows, eval, holds};
use super::expr::Expr;
use super::keys::Keys;
use super::query::{Late, PlanError, Query, Window};
use super::session::Sessions;
use std::fmt;
use std::io;

/// Why a query stopped.
#[derive(Debug)]
pub enum Error {
    /// A value of an input row: Flink's job would fail.
    Row(EvalError),
    /// A value of a result: Flink's job would fail.
    Result(EvalError),
    /// The results could not be written.
    Output(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Row(e) => write!(f, "{}", e.kind),
            Error::Result(e) => write!(f, "in a result: {}", e.kind),
            Error::Output(e) => write!(f, "{e}"),
        }
    }
}

impl std::error::Error for Error {}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Rows that came too late.
    pub late: u64,
    /// Rows that were skipped for having no event time.
    pub without_event_time: u64,
    /// Windows that fired, each once whatever number of keys it held.
    pub windows: u64,
    /// Groups (window and key) in them.
    pub groups: u64,
    /// Results that HAVING let through.
    pub rows_out: u64,
    /// The most windows open at once, looked at after each batch.
    pub most_windows: usize,
    /// The most groups open at once, looked at after each batch.
    pub most_groups: usize,
    /// The most bytes of state held, looked at after each batch.
    pub most_memory: usize,
}

/// What is held at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Open windows.
    pub windows: usize,
    /// Open groups (window and key).
    pub groups: usize,
    /// Keys, of which some may have no open window any more.
    pub keys: usize,
    /// Bytes of state.
    pub memory: usize,
}

/// Takes results: a batch with one column per output expression.
pub type Emit<'a> = &'a mut dyn FnMut(&Batch) -> io::Result<()>;

/// Fewer keys than this are never forgotten.
const KEYS_KEPT: usize = 1 << 16;

/// The state of more keys than this is larger than the nearer caches.
const LARGE: usize = 1 << 15;

/// A running query.
#[derive(Debug)]
pub struct Operator {
    query: Query,
    layout: Layout,
    keys: Keys,
    windows: Windows,
    clock: Clock,
    stats: Stats,
    ids: Vec<u32>,
    /// How many milliseconds the time of rows that come with their watermarks is ahead of the last one of their window.
    ahead: i64,
}

/// How time passes with rows.
#[derive(Clone, Copy)]
enum Passing<'a> {
    /// By their event times, of this partition.
    OfPartition(usize),
    /// As it is told.
    Marked(&'a [Mark]),
}

/// The open windows.
#[derive(Debug)]
enum Windows {
    Aligned(Aligned),
    Sessions(Sessions),
}

impl Windows {
    fn new(window: Window, apart: bool) -> Windows {
        match window {
            Window::Tumble { size_ms, offset_ms } => {
                Windows::Aligned(Aligned::new(size_ms, 1, offset_ms, false, apart))
            }
            Window::Hop { slide_ms, size_ms, offset_ms } => {
                Windows::Aligned(Aligned::new(slide_ms, size_ms / slide_ms, offset_ms, false, apart))
            }
            Window::Cumulate { step_ms, size_ms, offset_ms } => {
                Windows::Aligned(Aligned::new(step_ms, size_ms / step_ms, offset_ms, true, apart))
            }
            Window::Session { gap_ms } => Windows::Sessions(Sessions::new(gap_ms)),
        }
    }

    /// Adds the rows that were assigned to the accumulators.
    fn settle(&mut self, inputs: &[Input<'_>], layout: &Layout) {
        match self {
            Windows::Aligned(windows) => windows.settle(inputs, layout),
            Windows::Sessions(windows) => windows.settle(inputs, layout),
        }
    }

    /// Reads what rows of some keys will touch, without waiting for each, so that the cache misses of a large state overlap.
    fn warm(&self, ids: &[u32], layout: &Layout) {
        match self {
            Windows::Aligned(windows) => windows.warm(ids, layout),
            Windows::Sessions(windows) => windows.warm(ids, layout),
        }
    }

    fn is_due(&mut self, watermark: i64) -> bool {
        match self {
            Windows::Aligned(windows) => windows.is_due(watermark),
            Windows::Sessions(windows) => windows.is_due(watermark),
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Pushed {
    /// The rows that came too late, where the query diverts them.
    pub late: Vec<u32>,
    /// The rows without event time.
    pub without_event_time: Vec<u32>,
}

impl Operator {
    /// An operator over `partitions` sources, each of which advances the watermark on its own; their minimum
    /// counts.
    pub fn new(query: Query, partitions: u32) -> Result<Operator, PlanError> {
        query.validate()?;
        Ok(Operator {
            layout: Layout::new(&query),
            keys: Keys::new(query.keys.iter().map(Expr::ty).collect()),
            windows: Windows::new(query.window, query.is_apart()),
            clock: Clock::new(query.watermark_delay_ms, partitions),
            stats: Stats::default(),
            ids: Vec::new(),
            ahead: 0,
            query,
        })
    }

    /// One partition more, which has had no rows.
    pub(super) fn add(&mut self) {
        self.clock.add();
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self) -> Option<i64> {
        self.clock.watermark()
    }

    /// How much is held now.
    pub fn held(&self) -> Held {
        let (windows, groups, memory) = match &self.windows {
            Windows::Aligned(windows) => (windows.panes().len(), windows.panes().groups(), windows.memory()),
            Windows::Sessions(windows) => (windows.len(), windows.len(), windows.memory()),
        };
        Held { windows, groups, keys: self.keys.len(), memory: memory + self.keys.memory() }
    }

    /// Whether no partition is heard of.
    pub(super) fn is_idle(&self) -> bool {
        self.clock.is_idle()
    }

    /// A partition's latest event time in milliseconds since the epoch; `None` before its first row.
    pub fn latest(&self, partition: u32) -> Option<i64> {
        self.clock.latest(partition as usize)
    }

    /// Takes rows of a partition, in the order of their arrival.
    pub fn push(&mut self, partition: u32, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
        self.take(Passing::OfPartition(partition as usize), batch, emit)
    }

    fn take(&mut self, passing: Passing<'_>, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
        let columns = batch.columns.as_slice();
        let selected = match &batch.selection {
            Some(rows) => Rows::Some(rows),
            None => Rows::All(batch.len),
        };
        let kept = self
            .query
            .filter
            .as_ref()
            .map(|f| holds(f, columns, selected))
            .transpose()
            .map_err(Error::Row)?;
        let kept = kept.map(|positions| selected.pick(&positions));
        let rows = kept.as_ref().map_or(selected, |rows| Rows::Some(rows));
        let query = &self.query;
        let of = |e: &Expr| eval(e, columns, rows).map_err(Error::Row);
        let keys = query.keys.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        let input = |call: &AggregateCall| {
            let argument = call.aggregate.argument().map(of).transpose()?;
            let filter = call.filter.as_ref().map(|f| mask(f, batch, rows)).transpose()?;
            Ok(Input { argument, filter })
        };
        let inputs = query.aggregates.iter().map(input).collect::<Result<Vec<_>, _>>()?;
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        self.keys.intern(&keys, rows.len(), &mut ids);
        let pushed = match passing {
            Passing::OfPartition(partition) => self.advance(partition, batch, rows, &ids, &inputs, emit),
            Passing::Marked(marks) => self.advance_marked(marks, batch, rows, &ids, &inputs, emit),
        };
        self.ids = ids;
        self.end_batch();
        pushed
    }

    /// Assigns each row to its windows and lets time pass.
    fn advance(
        &mut self,
        partition: usize,
        batch: &Batch,
        rows: Rows<'_>,
        ids: &[u32],
        inputs: &[Input<'_>],
        mut emit: Emit<'_>,
    ) -> Result<Pushed, Error> {
        let mut pushed = Pushed::default();
        let Some(time) = batch.columns.get(self.query.event_time) else { return Ok(pushed) };
        let Data::I64(times) = &time.data else { return Ok(pushed) };
        let others = self.clock.others(partition);
        let mut latest = self.clock.wake(partition);
        if self.keys.len() > LARGE {
            self.windows.warm(ids, &self.layout);
        }
        if let (Rows::All(_), None) = (rows, &time.nulls) {
            self.advance_all(partition, (times, ids), (latest, others), inputs, &mut emit, &mut pushed)?;
            return Ok(pushed);
        }
        let mut chosen = chosen(rows).zip(ids).zip(0_u32..).peekable();
        for (row, micros) in times.iter().enumerate() {
            let row = row as u32;
            let mine = chosen.next_if(|((r, _), _)| *r == row);
            if time.is_null(row as usize) {
                self.stats.without_event_time += u64::from(mine.is_some());
                pushed.without_event_time.extend(mine.map(|_| row));
                continue;
            }
            let millis = micros.div_euclid(1000);
            if let Some(((_, id), position)) = mine
                && !self.assign(millis, *id, position, inputs)
            {
                self.note_late(row, &mut pushed);
            }
            if latest.is_none_or(|l| millis > l) {
                latest = Some(millis);
                self.pass(partition, millis, others, inputs, &mut emit)?;
            }
        }
        self.windows.settle(inputs, &self.layout);
        Ok(pushed)
    }

    /// All windows of a row have fired.
    fn note_late(&mut self, row: u32, pushed: &mut Pushed) {
        self.stats.late += 1;
        if self.query.late == Late::Divert {
            pushed.late.push(row);
        }
    }

    /// The same for a batch of which every row counts and has an event time.
    fn advance_all(
        &mut self,
        partition: usize,
        (times, ids): (&[i64], &[u32]),
        (mut latest, others): (Option<i64>, Option<i64>),
        inputs: &[Input<'_>],
        emit: &mut Emit<'_>,
        pushed: &mut Pushed,
    ) -> Result<(), Error> {
        let mut row = 0;
        while row < times.len() {
            let (rows, mut millis) = self.assign_run(times, ids, row, others);
            row += rows;
            if let (0, Some(micros), Some(id)) = (rows, times.get(row), ids.get(row)) {
                millis = micros.div_euclid(1000);
                if !self.assign(millis, *id, row as u32, inputs) {
                    self.note_late(row as u32, pushed);
                }
                row += 1;
            }
            if latest.is_none_or(|l| millis > l) {
                latest = Some(millis);
                self.pass(partition, millis, others, inputs, emit)?;
            }
        }
        self.windows.settle(inputs, &self.layout);
        Ok(())
    }

    /// Lets time pass up to a partition's new latest event time.
    #[inline]
    fn pass(
        &mut self,
        partition: usize,
        latest: i64,
        others: Option<i64>,
        inputs: &[Input<'_>],
        emit: &mut Emit<'_>,
    ) -> Result<(), Error> {
        match self.clock.advance(partition, latest, others) {
            Some(watermark) if self.windows.is_due(watermark) => {
                self.windows.settle(inputs, &self.layout);
                self.fire(Some(watermark), emit)
            }
            _ => Ok(()),
        }
    }

    /// Notes the rows from one on that fall into the slice of the last row and let no window fire: how many, and the latest event time of
    /// them, in milliseconds.
    fn assign_run(&mut self, times: &[i64], ids: &[u32], row: usize, others: Option<i64>) -> (usize, i64) {
        let Windows::Aligned(windows) = &mut self.windows else { return (0, i64::MIN) };
        let due = self.clock.reaches(windows.next_due(), others);
        let (Some(times), Some(ids)) = (times.get(row..), ids.get(row..)) else { return (0, i64::MIN) };
        let (rows, latest) = windows.run(times, due.saturating_mul(1000));
        if let Some(ids) = ids.get(..rows).filter(|_| rows > 0) {
            windows.note_all(ids, row as u32, self.keys.len(), &self.layout);
        }
        (rows, latest.div_euclid(1000))
    }

    /// Notes a row for its windows; false where it comes too late for all of them.
    #[inline(always)]
    fn assign(&mut self, millis: i64, id: u32, position: u32, inputs: &[Input<'_>]) -> bool {
        match &mut self.windows {
            Windows::Aligned(windows) => windows.assign(millis, id, position, self.keys.len(), &self.layout),
            Windows::Sessions(windows) => windows.assign(millis, id, position, inputs, &self.layout),
        }
    }

    /// Fires the windows that a watermark has passed, earliest first; all of them where there is none.
    fn fire(&mut self, watermark: Option<i64>, emit: &mut Emit<'_>) -> Result<(), Error> {
        let Operator { query, layout, keys, windows, stats, .. } = self;
        let mut output = Output { query, layout, keys, stats, emit };
        match windows {
            Windows::Aligned(windows) => windows.fire(watermark, &mut output),
            Windows::Sessions(windows) => windows.fire(watermark, &mut output),
        }
    }

    /// Tells that a partition has been silent for longer than its idle timeout: until its next row it does not
    /// hold the watermark back.
    pub fn set_idle(&mut self, partition: u32, mut emit: Emit<'_>) -> Result<(), Error> {
        self.clock.set_idle(partition as usize);
        // With every partition idle, time stands still.
        match self.clock.others(usize::MAX) {
            Some(watermark) if watermark < i64::MAX => match self.clock.announce(watermark) {
                Some(watermark) if self.windows.is_due(watermark) => self.fire(Some(watermark), &mut emit),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The input has ended: every open window fires.
    pub fn finish(&mut self, mut emit: Emit<'_>) -> Result<(), Error> {
        self.fire(None, &mut emit)
    }

    /// Measures the state, and forgets keys that no open window holds once they are most of the table.
    fn end_batch(&mut self) {
        let Held { windows, groups, keys, memory } = self.held();
        self.stats.most_windows = self.stats.most_windows.max(windows);
        self.stats.most_groups = self.stats.most_groups.max(groups);
        self.stats.most_memory = self.stats.most_memory.max(memory);
        if keys > KEYS_KEPT.max(groups.saturating_mul(4)) {
            match &mut self.windows {
                Windows::Aligned(windows) => {
                    let numbers = self.keys.retain(&windows.panes().live(keys));
                    windows.renumber(&numbers, self.keys.len());
                }
                Windows::Sessions(windows) => {
                    let numbers = self.keys.retain(&windows.live(keys));
                    windows.renumber(&numbers, self.keys.len());
                }
            }
        }
    }
}

/// For each of some rows, whether a condition is true.
fn mask(condition: &Expr, batch: &Batch, rows: Rows<'_>) -> Result<Vec<bool>, Error> {
    let positions = holds(condition, &batch.columns, rows).map_err(Error::Row)?;
    let mut mask = vec![false; rows.len()];
    for position in positions {
        if let Some(flag) = mask.get_mut(position as usize) {
            *flag = true;
        }
    }
    Ok(mask)
}

/// The chosen rows, ascending.
fn chosen(rows: Rows<'_>) -> Box<dyn Iterator<Item = u32> + '_> {
    match rows {
        Rows::All(len) => Box::new(0..len as u32),
        Rows::Some(rows) => Box::new(rows.iter().copied()),
    }
}
