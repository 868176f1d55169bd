//! Sessions as bytes.

use super::super::aggregate::State;
use super::super::save::Saved;
use super::{Session, Sessions, Timer};
use std::cmp::Reverse;

impl Saved for Session {
    fn save(&self, out: &mut Vec<u8>) {
        (self.start, self.end).save(out);
        (self.key, self.next).save(out);
        self.opened.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (start, end) = Saved::load(from)?;
        let (key, next) = Saved::load(from)?;
        Some(Session { start, end, key, next, opened: Saved::load(from)? })
    }
}

impl Saved for Timer {
    fn save(&self, out: &mut Vec<u8>) {
        (self.end, self.opened).save(out);
        self.place.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (end, opened) = Saved::load(from)?;
        Some(Timer { end, opened, place: Saved::load(from)? })
    }
}

impl Sessions {
    /// Appends the open sessions.
    pub fn save(&self, out: &mut Vec<u8>) {
        self.first.save(out);
        self.all.save(out);
        self.free.save(out);
        self.state.save(out);
        let mut timers: Vec<Timer> = self.timers.iter().map(|Reverse(timer)| *timer).collect();
        timers.sort_unstable();
        timers.save(out);
        self.opened.save(out);
        self.watermark.save(out);
    }

    /// Sets sessions of which none is open to what was saved.
    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.first = Saved::load(from)?;
        self.all = Saved::load(from)?;
        self.free = Saved::load(from)?;
        self.state = State::load(from)?;
        self.timers = Vec::<Timer>::load(from)?.into_iter().map(Reverse).collect();
        self.opened = Saved::load(from)?;
        self.watermark = Saved::load(from)?;
        Some(())
    }
}
