//! Two parts' rows beside one another.
//!
//! | topic | rule |
//! | --- | --- |
//! | pairs | rows of one window, or of event times within bounds that both belong to the interval, with equal keys, for which the condition is true |
//! | EXISTS | of windows: left rows alone, those with a partner or those without |
//! | keys | NaN equals NaN, 0.0 and -0.0 differ, null equals nothing, as Flink's hash keys do |
//! | windows | joined as they fire; a row is late if its window has fired |
//! | lookups | a left row is joined with the latest row of its key at its time, as [`lookup`] says |
//! | intervals | a row is joined as the later of both comes; it is kept until the watermark says that no partner can come, and stands alone then, where rows without a partner do |
//! | watermark behind it | behind windows the least of both sides'; behind intervals less the longer bound, since rows come out that much later |

mod forget;
mod interval;
mod lookup;
mod pairs;
mod windows;

use super::super::operator::{Error, Held, Stats};
use super::meeting::Meeting;
use super::piece::{Down, Piece};
use super::plan::{Join, Pairing};
use interval::IntervalJoin;
use lookup::Lookup;
use pairs::Pairs;
use windows::WindowJoin;

/// A join that runs.
#[derive(Debug)]
pub(super) struct Joining {
    meeting: Meeting,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Windows(Box<WindowJoin>),
    Interval(Box<IntervalJoin>),
    Lookup(Box<Lookup>),
}

impl Joining {
    pub fn new(join: &Join) -> Joining {
        let pairs = Pairs::new(join);
        let kind = match join.pairing {
            Pairing::Windows(ends) => Kind::Windows(Box::new(WindowJoin::new(pairs, ends))),
            Pairing::Interval { times, lower_ms, upper_ms } => {
                Kind::Interval(Box::new(IntervalJoin::new(pairs, times, (lower_ms, upper_ms))))
            }
            Pairing::AsOf(times) => Kind::Lookup(Box::new(Lookup::new(pairs, times))),
        };
        Joining { meeting: Meeting::new(2), kind }
    }

    /// Takes rows of a side, 0 the left one.
    pub fn take(&mut self, side: usize, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
        let (marks, idle) = self.meeting.meet(side, &piece);
        let piece = Piece { batch: piece.batch, marks: &marks, idle };
        match &mut self.kind {
            Kind::Windows(join) => join.take(side, piece, down),
            Kind::Interval(join) => join.take(side, piece, down),
            Kind::Lookup(join) => join.take(side, piece, down),
        }
    }

    /// Both sides are waited for.
    pub fn wake(&mut self) {
        self.meeting.wake();
    }

    pub fn stats(&self) -> Stats {
        match &self.kind {
            Kind::Windows(join) => join.stats(),
            Kind::Interval(join) => join.stats(),
            Kind::Lookup(join) => join.stats(),
        }
    }

    pub fn held(&self) -> Held {
        match &self.kind {
            Kind::Windows(join) => join.held(),
            Kind::Interval(join) => join.held(),
            Kind::Lookup(join) => join.held(),
        }
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.meeting.save(out);
        match &self.kind {
            Kind::Windows(join) => join.save(out),
            Kind::Interval(join) => join.save(out),
            Kind::Lookup(join) => join.save(out),
        }
    }

    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.meeting.load(from)?;
        match &mut self.kind {
            Kind::Windows(join) => join.load(from),
            Kind::Interval(join) => join.load(from),
            Kind::Lookup(join) => join.load(from),
        }
    }
}
