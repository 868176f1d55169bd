//! Windows that lie the same for every key: tumbling, hopping and cumulating ones.
//!
//! Time is cut into slices, of which each window is a run; a row is added to its slice alone. A tumbling window is one slice.
//! A hopping window merges its slices as it fires, the last one first. A cumulating window keeps what it has in the first slice
//! of the longest one, into which each slice is merged as its window fires. So does Flink, on which the last bits of sums of doubles
//! depend (`HoppingSliceAssigner.mergeSlices`, `CumulativeSliceAssigner.mergeSlices`).

mod saved;

use super::aggregate::{Input, Layout};
use super::emit::{Bounds, Fired, Output};
use super::operator::Error;
use super::pane::{Pane, Panes};

/// Where slices and windows lie.
#[derive(Clone, Copy, Debug)]
struct Slicing {
    /// Milliseconds of a slice.
    slice: i64,
    offset: i64,
    /// Slices in the longest window.
    run: i64,
    /// Whether windows start where the longest one starts.
    grows: bool,
    /// Whether rows are added to each of their windows instead of to their slice.
    apart: bool,
}

impl Slicing {
    fn slice_of(&self, millis: i64) -> i64 {
        (millis - self.offset).div_euclid(self.slice)
    }

    fn start_of(&self, slice: i64) -> i64 {
        slice.saturating_mul(self.slice).saturating_add(self.offset)
    }

    /// The first slice of the window that ends with a slice; the longest one where windows overlap.
    fn first_of(&self, last: i64) -> i64 {
        if self.grows { last.div_euclid(self.run) * self.run } else { last - (self.run - 1) }
    }

    /// The last slice of the last window that a slice lies in.
    fn last_of(&self, slice: i64) -> i64 {
        if self.grows {
            slice.div_euclid(self.run) * self.run + (self.run - 1)
        } else {
            slice + (self.run - 1)
        }
    }
}

/// The open windows.
#[derive(Debug)]
pub(super) struct Aligned {
    slicing: Slicing,
    panes: Panes,
    /// What a hopping window's slices are merged in.
    merged: Pane,
    current: Current,
    /// The watermark at which the next window may fire.
    next: i64,
    /// Windows that end with an earlier slice have fired, or would have.
    first_open: i64,
    /// 0, 1, 2, …
    places: Vec<u32>,
}

/// The slice that the last row fell into, in milliseconds.
#[derive(Debug)]
struct Current {
    start: i64,
    end: i64,
    place: usize,
}

impl Current {
    const NONE: Current = Current { start: i64::MAX, end: i64::MIN, place: 0 };
}

impl Aligned {
    /// Windows of `run` slices that are `slice` milliseconds long; all start where the longest one starts, or else one starts with each
    /// slice.
    pub fn new(slice: i64, run: i64, offset: i64, grows: bool, apart: bool) -> Aligned {
        Aligned {
            slicing: Slicing { slice, offset, run, grows, apart: apart && run > 1 },
            panes: Panes::default(),
            merged: Pane::default(),
            current: Current::NONE,
            next: i64::MIN,
            first_open: i64::MIN,
            places: Vec::new(),
        }
    }

    /// Notes a row for its slice; false where all its windows have fired. `keys` is how many keys there are.
    #[inline(always)]
    pub fn assign(&mut self, millis: i64, key: u32, position: u32, keys: usize, layout: &Layout) -> bool {
        if self.slicing.apart {
            return self.assign_to_each(millis, key, position, keys, layout);
        }
        if (millis < self.current.start || millis >= self.current.end) && !self.turn_to(millis) {
            return false;
        }
        self.note(self.current.place, key, position, keys, layout);
        true
    }

    /// How many of some rows, from the first on, fall into the slice of the last row and before a time, and the latest event time of them. All
    /// times are in microseconds.
    pub fn run(&self, times: &[i64], before: i64) -> (usize, i64) {
        let (mut rows, mut latest) = (0, i64::MIN);
        if self.slicing.apart {
            return (rows, latest);
        }
        let micros = |millis: i64| millis.saturating_mul(1000);
        let (start, end) = (micros(self.current.start), micros(self.current.end).min(before));
        for time in times.iter().take_while(|time| (start..end).contains(*time)) {
            rows += 1;
            latest = latest.max(*time);
        }
        (rows, latest)
    }

    /// Notes rows for the current slice, the first of them number `first`.
    pub fn note_all(&mut self, ids: &[u32], first: u32, keys: usize, layout: &Layout) {
        let place = self.current.place;
        let Some(pane) = self.panes.at(place) else { return };
        if pane.pending.rows.is_empty() {
            self.panes.touch(place);
        }
        if let Some(pane) = self.panes.at(place) {
            pane.note_all(ids, first, keys, layout);
        }
    }

    /// Reads the groups of some keys in the current slice.
    pub fn warm(&self, ids: &[u32], layout: &Layout) {
        if self.current.start < self.current.end
            && let Some(pane) = self.panes.peek(self.current.place)
        {
            pane.warm(ids, layout);
        }
    }

    #[inline(always)]
    fn note(&mut self, place: usize, key: u32, position: u32, keys: usize, layout: &Layout) {
        let Some(pane) = self.panes.at(place) else { return };
        let group = pane.group(key, keys, layout);
        pane.pending.rows.push(position);
        pane.pending.groups.push(group);
        if pane.pending.rows.len() == 1 {
            self.panes.touch(place);
        }
    }

    /// Notes a row for all of its windows that have not fired.
    fn assign_to_each(&mut self, millis: i64, key: u32, position: u32, keys: usize, layout: &Layout) -> bool {
        let slice = self.slicing.slice_of(millis);
        let windows = slice.max(self.first_open)..=self.slicing.last_of(slice);
        let late = windows.is_empty();
        for window in windows {
            let place = self.panes.place(window);
            self.note(place, key, position, keys, layout);
        }
        !late
    }

    /// Makes the slice of a time the current one; false where all its windows have fired.
    fn turn_to(&mut self, millis: i64) -> bool {
        let slice = self.slicing.slice_of(millis);
        if self.slicing.last_of(slice) < self.first_open {
            return false;
        }
        // A late row of a cumulating window belongs to what the fired ones left.
        let fired = self.slicing.grows && slice < self.first_open;
        let place = self.panes.place(if fired { self.slicing.first_of(slice) } else { slice });
        let start = self.slicing.start_of(slice);
        self.current = Current { start, end: start.saturating_add(self.slicing.slice), place };
        true
    }

    /// Adds the rows that were noted to the accumulators.
    pub fn settle(&mut self, inputs: &[Input<'_>], layout: &Layout) {
        self.panes.drain_touched(|pane| layout.update(inputs, &pane.pending, &mut pane.state));
    }

    /// The watermark at which the next window may fire.
    pub fn next_due(&self) -> i64 {
        self.next
    }

    /// Whether a watermark lets windows fire.
    #[inline]
    pub fn is_due(&self, watermark: i64) -> bool {
        watermark >= self.next
    }

    /// Fires the windows that a watermark has passed; all of them at the end of the input, `None`.
    pub fn fire(&mut self, watermark: Option<i64>, output: &mut Output<'_, '_>) -> Result<(), Error> {
        let below = watermark.map_or(i64::MAX, |watermark| self.slicing.slice_of(watermark + 1));
        self.current = Current::NONE;
        let mut window = self.first_open;
        while let Some(earliest) = self.panes.first() {
            window = window.max(earliest);
            if window >= below {
                break;
            }
            self.fire_window(window, output)?;
            window += 1;
        }
        self.first_open = self.first_open.max(below);
        self.next = self.slicing.start_of(below.saturating_add(1)).saturating_sub(1);
        Ok(())
    }

    /// Fires the window that ends with a slice, and forgets the slices that no other window needs.
    fn fire_window(&mut self, last: i64, output: &mut Output<'_, '_>) -> Result<(), Error> {
        let first = self.slicing.first_of(last);
        let bounds = (self.slicing.start_of(first), self.slicing.start_of(last + 1));
        if self.slicing.run == 1 || self.slicing.apart {
            let Some((place, pane)) = self.panes.take(last) else { return Ok(()) };
            let written = write(&mut self.places, &pane, bounds, output);
            self.panes.give_back(place, pane);
            return written;
        }
        if self.slicing.grows {
            return self.fire_grown(first, last, bounds, output);
        }
        for pane in self.panes.range(first..=last).rev() {
            self.merged.merge(pane, output.keys.len(), output.layout);
        }
        let written = write(&mut self.places, &self.merged, bounds, output);
        self.merged.reset();
        self.forget(first);
        written
    }

    fn fire_grown(
        &mut self,
        first: i64,
        last: i64,
        bounds: Bounds,
        output: &mut Output<'_, '_>,
    ) -> Result<(), Error> {
        if last > first
            && let Some((place, pane)) = self.panes.take(last)
        {
            let kept = self.panes.place(first);
            if let Some(kept) = self.panes.at(kept) {
                kept.merge(&pane, output.keys.len(), output.layout);
            }
            self.panes.give_back(place, pane);
        }
        if let Some(kept) = self.panes.get(first) {
            write(&mut self.places, kept, bounds, output)?;
        }
        if last == self.slicing.last_of(first) {
            self.forget(first);
        }
        Ok(())
    }

    fn forget(&mut self, slice: i64) {
        if let Some((place, pane)) = self.panes.take(slice) {
            self.panes.give_back(place, pane);
        }
    }

    /// The state.
    pub fn panes(&self) -> &Panes {
        &self.panes
    }

    /// Gives keys other numbers.
    pub fn renumber(&mut self, numbers: &[u32], keys: usize) {
        self.panes.renumber(numbers, keys);
        self.merged = Pane::default();
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        self.panes.memory() + self.merged.memory() + self.places.capacity() * 4
    }
}

/// Writes all groups of a pane.
fn write(
    places: &mut Vec<u32>,
    pane: &Pane,
    bounds: Bounds,
    output: &mut Output<'_, '_>,
) -> Result<(), Error> {
    let groups = pane.keys.len();
    if groups == 0 {
        return Ok(());
    }
    output.stats.windows += 1;
    places.extend(places.len() as u32..groups.max(places.len()) as u32);
    let groups = places.get(..groups).unwrap_or_default();
    output.write(&Fired { keys: &pane.keys, groups, bounds: &[bounds], state: &pane.state })
}
