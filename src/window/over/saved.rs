//! The rows of OVER as bytes, and back.

use super::super::column::Value;
use super::super::save::Saved;
use super::accumulate::{Accumulator, Kind, State, Total};
use super::{OverRows, Part, Row};
use std::collections::VecDeque;

impl OverRows {
    pub(in super::super) fn save(&self, out: &mut Vec<u8>) {
        self.parts.save(out, Part::save);
    }

    pub(in super::super) fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        let kinds = &self.kinds;
        self.parts.load(from, |from| Part::load(from, kinds))
    }
}

impl Part {
    fn save(&self, out: &mut Vec<u8>) {
        self.waiting.len().save(out);
        for (time, rows) in &self.waiting {
            time.save(out);
            rows.save(out);
        }
        self.held.len().save(out);
        for (time, arguments) in &self.held {
            time.save(out);
            arguments.save(out);
        }
        (!self.accumulators.is_empty()).save(out);
        self.accumulators.iter().for_each(|accumulator| accumulator.save(out));
        self.last.save(out);
        self.cleanup.save(out);
    }

    fn load(from: &mut &[u8], kinds: &[Kind]) -> Option<Part> {
        let mut part = Part::default();
        for _ in 0..usize::load(from)? {
            part.waiting.insert(i64::load(from)?, Vec::load(from)?);
        }
        for _ in 0..usize::load(from)? {
            part.held.push_back((i64::load(from)?, Vec::load(from)?));
        }
        if bool::load(from)? {
            part.accumulators =
                kinds.iter().map(|kind| Accumulator::load(from, *kind)).collect::<Option<_>>()?;
        }
        part.last = Saved::load(from)?;
        part.cleanup = Saved::load(from)?;
        Some(part)
    }
}

impl Saved for Row {
    fn save(&self, out: &mut Vec<u8>) {
        self.values.save(out);
        self.arguments.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Row { values: Vec::load(from)?, arguments: Vec::load(from)? })
    }
}

impl Accumulator {
    pub(in super::super) fn save(&self, out: &mut Vec<u8>) {
        match &self.state {
            State::Count(count) => count.save(out),
            State::Sum(sum, count) => {
                sum.save(out);
                count.save(out);
            }
            State::Value(value) => value.save(out),
            State::Ordered(values) => {
                values.len().save(out);
                for (Total(value), count) in values {
                    value.save(out);
                    count.save(out);
                }
            }
            State::Queue(values) => values.iter().cloned().collect::<Vec<Value>>().save(out),
        }
        let seen = self.seen.as_ref().map(|seen| {
            let mut counts: Vec<(Box<[u8]>, u64)> =
                seen.iter().map(|(value, count)| (value.clone(), *count)).collect();
            counts.sort_unstable();
            counts
        });
        seen.save(out);
    }

    pub(in super::super) fn load(from: &mut &[u8], kind: Kind) -> Option<Accumulator> {
        let state = match Accumulator::new(kind, false).state {
            State::Count(_) => State::Count(Saved::load(from)?),
            State::Sum(..) => State::Sum(Saved::load(from)?, Saved::load(from)?),
            State::Value(_) => State::Value(Saved::load(from)?),
            State::Ordered(mut values) => {
                for _ in 0..usize::load(from)? {
                    values.insert(Total(Saved::load(from)?), Saved::load(from)?);
                }
                State::Ordered(values)
            }
            State::Queue(_) => State::Queue(VecDeque::from(Vec::<Value>::load(from)?)),
        };
        let seen: Option<Vec<(Box<[u8]>, u64)>> = Saved::load(from)?;
        Some(Accumulator { state, seen: seen.map(|counts| counts.into_iter().collect()) })
    }
}
