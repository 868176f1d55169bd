//! Sessions: windows of one key that grow as long as no gap between its rows is longer than allowed.
//!
//! A row opens a window from its time to a gap later, and windows that touch are merged, as in Flink's `MergingWindowSet`. Each session
//! is one group of a state. A row is late when its window, merged with those it touches, has been passed by the watermark: a row that
//! bridges into an open session is not.

mod saved;

use super::aggregate::{Assigned, Input, Layout, State};
use super::emit::{Bounds, Fired, Output};
use super::operator::Error;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// No session.
const NONE: u32 = u32::MAX;

/// An open session, in the place of its group.
#[derive(Clone, Copy, Debug)]
struct Session {
    start: i64,
    end: i64,
    key: u32,
    /// The key's next session, later in time.
    next: u32,
    /// When it was opened, as a number; 0 while the place is free.
    opened: u64,
}

/// An open session's place and the end that it had when it was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    end: i64,
    opened: u64,
    place: u32,
}

/// The open sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    gap: i64,
    /// The first session of each key.
    first: Vec<u32>,
    all: Vec<Session>,
    free: Vec<u32>,
    state: State,
    timers: BinaryHeap<Reverse<Timer>>,
    pending: Assigned,
    opened: u64,
    watermark: Option<i64>,
}

impl Sessions {
    pub fn new(gap: i64) -> Sessions {
        Sessions {
            gap,
            first: Vec::new(),
            all: Vec::new(),
            free: Vec::new(),
            state: State::default(),
            timers: BinaryHeap::new(),
            pending: Assigned::default(),
            opened: 0,
            watermark: None,
        }
    }

    fn at(&self, place: u32) -> Option<&Session> {
        self.all.get(place as usize)
    }

    fn at_mut(&mut self, place: u32) -> Option<&mut Session> {
        self.all.get_mut(place as usize)
    }

    /// Notes a row for its session; false where it is late.
    pub fn assign(
        &mut self,
        millis: i64,
        key: u32,
        position: u32,
        inputs: &[Input<'_>],
        layout: &Layout,
    ) -> bool {
        let window = (millis, millis.saturating_add(self.gap));
        let (before, touched) = self.touched(key, window);
        let place = match touched {
            [None, _] => {
                if self.watermark.is_some_and(|watermark| watermark >= window.1 - 1) {
                    return false;
                }
                self.open(key, window, before, layout)
            }
            [Some(one), None] => self.extend(one, window),
            [Some(earlier), Some(later)] => {
                self.settle(inputs, layout);
                self.merge(earlier, later, layout)
            }
        };
        self.pending.rows.push(position);
        self.pending.groups.push(place);
        true
    }

    /// Reads the first sessions of some keys.
    pub fn warm(&self, ids: &[u32], layout: &Layout) {
        let places = ids.iter().filter_map(|id| self.first.get(*id as usize));
        std::hint::black_box(places.clone().fold(0, |sum, place| sum ^ place));
        let ends = places.clone().filter_map(|place| self.at(*place)).map(|session| session.end);
        std::hint::black_box(ends.fold(0, |sum, end| sum ^ end));
        layout.warm(&self.state, places.copied());
    }

    /// The last session of a key that ends before a window, and those that touch it: there are two at most, since sessions
    /// are longer than the gap.
    fn touched(&self, key: u32, window: Bounds) -> (u32, [Option<u32>; 2]) {
        let (mut before, mut touched) = (NONE, [None, None]);
        let mut place = self.first.get(key as usize).copied().unwrap_or(NONE);
        while let Some(session) = self.at(place) {
            if session.start > window.1 {
                break;
            }
            if session.end < window.0 {
                before = place;
            } else {
                match &mut touched {
                    [free @ None, _] | [_, free] => *free = Some(place),
                }
            }
            place = session.next;
        }
        (before, touched)
    }

    fn open(&mut self, key: u32, (start, end): Bounds, before: u32, layout: &Layout) -> u32 {
        if self.first.len() <= key as usize {
            self.first.resize(key as usize + 1, NONE);
        }
        self.opened += 1;
        let session = Session { start, end, key, next: NONE, opened: self.opened };
        let place = match self.free.pop() {
            Some(place) => {
                if let Some(free) = self.at_mut(place) {
                    *free = session;
                }
                place
            }
            None => {
                self.all.push(session);
                layout.push(&mut self.state);
                (self.all.len() - 1) as u32
            }
        };
        let next = self.behind(key, before);
        self.set_behind(key, before, place);
        if let Some(session) = self.at_mut(place) {
            session.next = next;
        }
        self.timers.push(Reverse(Timer { end, opened: self.opened, place }));
        place
    }

    /// The session behind one; the key's first one behind none.
    fn behind(&self, key: u32, before: u32) -> u32 {
        let first = self.first.get(key as usize).copied().unwrap_or(NONE);
        self.at(before).map_or(first, |session| session.next)
    }

    fn set_behind(&mut self, key: u32, before: u32, place: u32) {
        match self.all.get_mut(before as usize) {
            Some(session) => session.next = place,
            None => {
                if let Some(first) = self.first.get_mut(key as usize) {
                    *first = place;
                }
            }
        }
    }

    fn extend(&mut self, place: u32, (start, end): Bounds) -> u32 {
        if let Some(session) = self.at_mut(place) {
            session.start = session.start.min(start);
            session.end = session.end.max(end);
        }
        place
    }

    /// Makes two neighbours one, in the place whose state Flink keeps.
    fn merge(&mut self, earlier: u32, later: u32, layout: &Layout) -> u32 {
        let (Some(a), Some(b)) = (self.at(earlier).copied(), self.at(later).copied()) else { return earlier };
        let keeps_later = comes_first((b.start, b.end), (a.start, a.end));
        let (kept, gone) = if keeps_later { (later, earlier) } else { (earlier, later) };
        layout.merge_within(&mut self.state, kept as usize, gone as usize);
        self.unlink(a.key, if keeps_later { earlier } else { later });
        self.extend(kept, (a.start, b.end));
        self.release(gone);
        kept
    }

    fn unlink(&mut self, key: u32, place: u32) {
        let mut before = NONE;
        loop {
            match self.behind(key, before) {
                NONE => return,
                found if found == place => break,
                other => before = other,
            }
        }
        let next = self.behind(key, place);
        self.set_behind(key, before, next);
    }

    /// Makes a place free, whose group is new already.
    fn release(&mut self, place: u32) {
        if let Some(session) = self.at_mut(place) {
            session.opened = 0;
        }
        self.free.push(place);
    }

    /// Adds the rows that were noted to the accumulators.
    pub fn settle(&mut self, inputs: &[Input<'_>], layout: &Layout) {
        layout.update(inputs, &self.pending, &mut self.state);
        self.pending.clear();
    }

    /// Takes note of a watermark: whether a session may fire.
    #[inline]
    pub fn is_due(&mut self, watermark: i64) -> bool {
        self.watermark = Some(watermark);
        self.timers.peek().is_some_and(|Reverse(timer)| timer.end - 1 <= watermark)
    }

    /// Fires the sessions that a watermark has passed, the earliest end first; all of them at the end of the input, `None`.
    pub fn fire(&mut self, watermark: Option<i64>, output: &mut Output<'_, '_>) -> Result<(), Error> {
        let mut due = Vec::new();
        while let Some(Reverse(timer)) = self.timers.peek().copied() {
            if watermark.is_some_and(|watermark| timer.end - 1 > watermark) {
                break;
            }
            self.timers.pop();
            let Some(session) = self.at(timer.place).filter(|session| session.opened == timer.opened) else {
                continue;
            };
            if session.end > timer.end {
                self.timers.push(Reverse(Timer { end: session.end, ..timer }));
            } else {
                due.push((timer.place, *session));
            }
        }
        let groups: Vec<u32> = due.iter().map(|(place, _)| *place).collect();
        let keys: Vec<u32> = due.iter().map(|(_, session)| session.key).collect();
        let bounds: Vec<Bounds> = due.iter().map(|(_, session)| (session.start, session.end)).collect();
        output.stats.windows += groups.len() as u64;
        output.write(&Fired { keys: &keys, groups: &groups, bounds: &bounds, state: &self.state })?;
        for (place, session) in due {
            self.unlink(session.key, place);
            output.layout.reset(&mut self.state, place as usize);
            self.release(place);
        }
        Ok(())
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.all.len() - self.free.len()
    }

    /// Which of `keys` keys have an open session.
    pub fn live(&self, keys: usize) -> Vec<bool> {
        let mut live: Vec<bool> = self.first.iter().map(|first| *first != NONE).collect();
        live.resize(keys, false);
        live
    }

    /// Gives keys other numbers; those that have no session are gone.
    pub fn renumber(&mut self, numbers: &[u32], keys: usize) {
        let mut first = vec![NONE; keys];
        for (old, place) in self.first.iter().enumerate().filter(|(_, place)| **place != NONE) {
            if let Some(link) = numbers.get(old).and_then(|new| first.get_mut(*new as usize)) {
                *link = *place;
            }
        }
        self.first = first;
        for session in self.all.iter_mut().filter(|session| session.opened != 0) {
            session.key = numbers.get(session.key as usize).copied().unwrap_or(session.key);
        }
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        let places = self.all.capacity() * size_of::<Session>() + self.free.capacity() * 4;
        let timers = self.timers.capacity() * size_of::<Timer>();
        places + timers + self.first.capacity() * 4 + self.state.memory()
    }
}

/// Whether Flink keeps the state of the later of two windows that a row merges: it keeps the one that comes first in a Java `HashSet` of
/// both, in which the later one was put first (`SessionWindowAssigner.mergeWindows`, `MergingWindowSet.addWindow`). Which one is kept
/// decides between NaN and numbers, and between 0.0 and -0.0, in MIN and MAX.
fn comes_first(later: Bounds, earlier: Bounds) -> bool {
    bucket(later) <= bucket(earlier)
}

/// Where a `HashSet` of three elements has a `TimeWindow`.
fn bucket((start, end): Bounds) -> u32 {
    let odd = ((end as i32) << 1).wrapping_add(1);
    // `TimeWindow.modInverse`: a cube inverts modulo 16, and each step doubles the bits.
    let mut inverse = odd.wrapping_mul(odd).wrapping_mul(odd);
    for _ in 0..3 {
        inverse = inverse.wrapping_mul(2_i32.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    let hash = start.wrapping_add(i64::from(inverse)) as u32;
    (hash ^ hash >> 16) & 15
}
