//! The operator: rows in, watermark forward, windows out.

use super::aggregate::Layout;
use super::column::{Batch, Column, Data};
use super::eval::{EvalError, Rows, eval, holds};
use super::expr::Expr;
use super::keys::Keys;
use super::pane::{Pane, Panes};
use super::query::{Late, PlanError, Query, Window};
use std::borrow::Cow;
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

/// Takes results: a batch with one column per output expression.
pub type Emit<'a> = &'a mut dyn FnMut(&Batch) -> io::Result<()>;

/// As many results are handed over at once, at most.
const RESULTS: usize = 4096;
/// Fewer keys than this are never forgotten.
const KEYS_KEPT: usize = 1 << 16;

/// A running query.
#[derive(Debug)]
pub struct Operator {
    query: Query,
    layout: Layout,
    keys: Keys,
    panes: Panes,
    clock: Clock,
    stats: Stats,
    ids: Vec<u32>,
}

/// Event time: the watermark and the windows it has passed.
#[derive(Debug)]
struct Clock {
    delay: i64,
    size: i64,
    offset: i64,
    partitions: Vec<Partition>,
    /// The watermark announced last; `None` before the first.
    watermark: Option<i64>,
    /// The watermark at which the next window may fire.
    next: i64,
    /// Windows below this number have fired, or would have.
    first_open: i64,
}

#[derive(Clone, Copy, Debug)]
struct Partition {
    latest: Option<i64>,
    idle: bool,
}

impl Clock {
    fn window_of(&self, millis: i64) -> i64 {
        (millis - self.offset).div_euclid(self.size)
    }

    fn start_of(&self, window: i64) -> i64 {
        window.saturating_mul(self.size).saturating_add(self.offset)
    }

    /// The lowest watermark of the partitions other than `but` that are not idle; `None` if one has none yet.
    fn others(&self, but: usize) -> Option<i64> {
        let others = self.partitions.iter().enumerate().filter(|(i, p)| *i != but && !p.idle);
        others.map(|(_, p)| p.latest.map(|t| t - self.delay)).try_fold(i64::MAX, |low, w| Some(low.min(w?)))
    }

    /// Announces a watermark; true where windows may fire. Values up to 0 are none, as in Flink, whose assigner
    /// counts from 0.
    fn announce(&mut self, watermark: i64) -> bool {
        if watermark <= self.watermark.unwrap_or(0) {
            return false;
        }
        self.watermark = Some(watermark);
        if watermark < self.next {
            return false;
        }
        self.first_open = self.window_of(watermark + 1);
        self.next = self.start_of(self.first_open + 1) - 1;
        true
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

/// The window that the last row fell into.
struct Current {
    start: i64,
    end: i64,
    place: usize,
}

impl Current {
    const NONE: Current = Current { start: i64::MAX, end: i64::MIN, place: 0 };
}

impl Operator {
    /// An operator over `partitions` sources, each of which advances the watermark on its own; their minimum
    /// counts.
    pub fn new(query: Query, partitions: u32) -> Result<Operator, PlanError> {
        query.validate()?;
        let Window::Tumble { size_ms, offset_ms } = query.window;
        let clock = Clock {
            delay: query.watermark_delay_ms,
            size: size_ms,
            offset: offset_ms,
            partitions: vec![Partition { latest: None, idle: false }; partitions as usize],
            watermark: None,
            next: i64::MIN,
            first_open: i64::MIN,
        };
        Ok(Operator {
            layout: Layout::new(&query),
            keys: Keys::new(query.keys.iter().map(Expr::ty).collect()),
            panes: Panes::default(),
            clock,
            stats: Stats::default(),
            ids: Vec::new(),
            query,
        })
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self) -> Option<i64> {
        self.clock.watermark
    }

    /// Takes rows of a partition, in the order of their arrival.
    pub fn push(&mut self, partition: u32, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
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
        let arguments = query.aggregates.iter().map(|a| a.argument().map(of).transpose());
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        self.keys.intern(&keys, rows.len(), &mut ids);
        let pushed = self.advance(partition as usize, batch, rows, &ids, &arguments, emit);
        self.ids = ids;
        self.end_batch();
        pushed
    }

    /// Assigns each row to its window and lets time pass.
    fn advance(
        &mut self,
        partition: usize,
        batch: &Batch,
        rows: Rows<'_>,
        ids: &[u32],
        arguments: &[Option<Cow<'_, Column>>],
        emit: Emit<'_>,
    ) -> Result<Pushed, Error> {
        let mut pushed = Pushed::default();
        let Some(time) = batch.columns.get(self.query.event_time) else { return Ok(pushed) };
        let Data::I64(times) = &time.data else { return Ok(pushed) };
        let others = self.clock.others(partition);
        let mut latest = self.wake(partition);
        let mut current = Current::NONE;
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
                && !self.assign(millis, *id, position, &mut current)
            {
                self.stats.late += 1;
                if self.query.late == Late::Divert {
                    pushed.late.push(row);
                }
            }
            if latest.is_none_or(|l| millis > l) {
                latest = Some(millis);
                if let Some(p) = self.clock.partitions.get_mut(partition) {
                    p.latest = latest;
                }
                if let Some(others) = others
                    && self.clock.announce(others.min(millis - self.clock.delay))
                {
                    self.settle(arguments);
                    self.fire(self.clock.first_open, emit)?;
                    current = Current::NONE;
                }
            }
        }
        self.settle(arguments);
        Ok(pushed)
    }

    fn wake(&mut self, partition: usize) -> Option<i64> {
        let partition = self.clock.partitions.get_mut(partition)?;
        partition.idle = false;
        partition.latest
    }

    /// Notes a row for its window; false where that has fired.
    #[inline]
    fn assign(&mut self, millis: i64, id: u32, position: u32, current: &mut Current) -> bool {
        if millis < current.start || millis >= current.end {
            let window = self.clock.window_of(millis);
            if window < self.clock.first_open {
                return false;
            }
            let start = self.clock.start_of(window);
            *current = Current { start, end: start + self.clock.size, place: self.panes.place(window) };
        }
        let Some(pane) = self.panes.at(current.place) else { return false };
        let group = pane.group(id, self.keys.len(), &self.layout);
        pane.pending.rows.push(position);
        pane.pending.groups.push(group);
        if pane.pending.rows.len() == 1 {
            self.panes.touch(current.place);
        }
        true
    }

    /// Adds the rows that were assigned to the accumulators.
    fn settle(&mut self, arguments: &[Option<Cow<'_, Column>>]) {
        let layout = &self.layout;
        self.panes.drain_touched(|pane| {
            for (index, argument) in arguments.iter().enumerate() {
                layout.update(index, argument.as_deref(), &pane.pending, &mut pane.state);
            }
        });
    }

    /// Fires the windows below a number, earliest first.
    fn fire(&mut self, below: i64, emit: Emit<'_>) -> Result<(), Error> {
        while self.panes.first().is_some_and(|first| first < below) {
            let Some((window, place, pane)) = self.panes.pop_first() else { break };
            self.stats.windows += 1;
            self.stats.groups += pane.keys.len() as u64;
            self.emit_pane(window, &pane, emit)?;
            self.panes.give_back(place, pane);
        }
        Ok(())
    }

    fn emit_pane(&mut self, window: i64, pane: &Pane, emit: Emit<'_>) -> Result<(), Error> {
        let start = self.clock.start_of(window);
        let end = start + self.clock.size;
        for (chunk, keys) in pane.keys.chunks(RESULTS).enumerate() {
            let groups = chunk * RESULTS..chunk * RESULTS + keys.len();
            let mut columns = self.keys.columns(keys);
            for index in 0..self.query.aggregates.len() {
                columns.push(self.layout.results(index, groups.clone(), &pane.state, &columns));
            }
            columns.extend([start, end, end - 1].map(|t| Column::of(Data::I64(vec![t * 1000; keys.len()]))));
            let all = Rows::All(keys.len());
            let having = self.query.having.as_ref();
            let passed = having.map(|h| holds(h, &columns, all)).transpose().map_err(Error::Result)?;
            let rows = passed.as_ref().map_or(all, |p| Rows::Some(p));
            if rows.len() == 0 {
                continue;
            }
            let of = |e: &Expr| eval(e, &columns, rows).map(Cow::into_owned);
            let outputs =
                self.query.output.iter().map(of).collect::<Result<Vec<_>, _>>().map_err(Error::Result)?;
            self.stats.rows_out += rows.len() as u64;
            emit(&Batch { len: rows.len(), columns: outputs, selection: None }).map_err(Error::Output)?;
        }
        Ok(())
    }

    /// Tells that a partition has been silent for longer than its idle timeout: until its next row it does not
    /// hold the watermark back.
    pub fn set_idle(&mut self, partition: u32, emit: Emit<'_>) -> Result<(), Error> {
        if let Some(p) = self.clock.partitions.get_mut(partition as usize) {
            p.idle = true;
        }
        // With every partition idle, time stands still.
        match self.clock.others(usize::MAX) {
            Some(watermark) if watermark < i64::MAX && self.clock.announce(watermark) => {
                self.fire(self.clock.first_open, emit)
            }
            _ => Ok(()),
        }
    }

    /// The input has ended: every open window fires.
    pub fn finish(&mut self, emit: Emit<'_>) -> Result<(), Error> {
        self.fire(i64::MAX, emit)
    }

    /// Measures the state, and forgets keys that no open window holds once they are most of the table.
    fn end_batch(&mut self) {
        let groups = self.panes.groups();
        self.stats.most_windows = self.stats.most_windows.max(self.panes.len());
        self.stats.most_groups = self.stats.most_groups.max(groups);
        self.stats.most_memory = self.stats.most_memory.max(self.panes.memory() + self.keys.memory());
        if self.keys.len() > KEYS_KEPT.max(groups.saturating_mul(4)) {
            let numbers = self.keys.retain(&self.panes.live(self.keys.len()));
            self.panes.renumber(&numbers, self.keys.len());
        }
    }
}

/// The chosen rows, ascending.
fn chosen(rows: Rows<'_>) -> Box<dyn Iterator<Item = u32> + '_> {
    match rows {
        Rows::All(len) => Box::new(0..len as u32),
        Rows::Some(rows) => Box::new(rows.iter().copied()),
    }
}
