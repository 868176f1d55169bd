//! `Retry` and `Catch`.

use super::{
    clock::{Time, milliseconds},
    definition::{Retrier, State},
    event::Happening,
    execution::{Level, Run, Visit},
    failure::{Failure, Stop},
    functions::Chance,
};
use serde_json::Value as Json;

/// How often a state was made again, for each of its retriers.
struct Retries(Vec<u32>);

impl Retries {
    /// How long to wait before the next attempt; nothing where there is none. The first retrier that is for the error decides.
    fn next(&mut self, state: &State, failure: &Failure, chance: &Chance) -> Option<Time> {
        let (retrier, made) =
            state.retriers.iter().zip(&mut self.0).find(|(retrier, _)| failure.is_one_of(&retrier.errors))?;
        if *made >= retrier.attempts {
            return None;
        }
        *made += 1;
        Some(delay(retrier, *made, chance))
    }
}

/// The wait before a retry: the interval, multiplied by the rate for each retry before, up to the longest; with jitter any part of it.
fn delay(retrier: &Retrier, retry: u32, chance: &Chance) -> Time {
    let exponent = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
    let mut seconds = retrier.interval * retrier.backoff.powi(exponent);
    if let Some(most) = retrier.max_delay {
        seconds = seconds.min(most);
    }
    milliseconds(if retrier.jitter { seconds * chance.part() } else { seconds })
}

impl Run<'_> {
    /// A state that may be made again. What it made is settled in the same attempt: errors there are the state's own.
    pub(super) fn attempts(&mut self, visit: &mut Visit<'_>, level: &mut Level) -> Result<Json, Stop> {
        let mut retries = Retries(vec![0; visit.state.retriers.len()]);
        loop {
            let failure = match self.attempt(*visit, level) {
                Err(Stop::Failed(failure)) => failure,
                done => return done,
            };
            self.tell(visit.name, level, Happening::Failed(failure.clone()));
            let Some(pause) = retries.next(visit.state, &failure, &self.queries.chance) else {
                return Err(Stop::Failed(failure));
            };
            self.pass_time(pause)?;
            visit.retries += 1;
            self.tell(visit.name, level, Happening::Retried(visit.retries, pause));
        }
    }
}
