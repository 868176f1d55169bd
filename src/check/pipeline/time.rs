//! Whether what a run waits for fits into the time that it has.

use rustc_hash::FxHashMap;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Pipeline, Platform, ResourceId,
        pipeline::{Call, Pause, Retry, Step, StepKind},
        resource::Noun,
    },
    source::Span,
};

/// No pause outlasts the run, and the retries on a way through it have the time that they take.
pub fn runs_fit_into_their_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut waits = Waits { platform, runs: FxHashMap::default() };
    for pipeline in &platform.pipelines {
        waits.limited_runs(pipeline, diagnostics);
        let Some(timeout) = pipeline.timeout else { continue };
        let before = diagnostics.len();
        pauses(&pipeline.body, 0, timeout, diagnostics);
        let single = longest_retries(&pipeline.body);
        let total = waits.of_steps(&pipeline.body);
        if diagnostics.len() == before && single <= timeout && total > timeout {
            let name = &platform.resource(pipeline.resource).name;
            let field = platform.field(pipeline.resource, "timeout").map(|value| value.span);
            diagnostics.extend(field.map(|span| all_outlast(span, name, total, timeout)));
        }
    }
}

/// Reports each pause at whose end the run is over. The answer is after how many seconds at least the steps' end is reached, if it ever is.
fn pauses(steps: &[Step], begin: u64, timeout: u64, diagnostics: &mut Diagnostics) -> Option<u64> {
    let mut at = begin;
    for step in steps {
        at = match &step.kind {
            StepKind::Wait(Pause::Seconds(seconds)) => {
                let end = at.saturating_add(*seconds);
                if end >= timeout {
                    diagnostics.push(pause_outlasts(step.span, end, timeout));
                    return None;
                }
                end
            }
            StepKind::Fail(..) | StepKind::Return(_) => return None,
            StepKind::Call(call) => {
                let asked = at.saturating_add(call.poll.as_ref().map_or(0, |poll| poll.every));
                if call.poll.is_some() && asked >= timeout {
                    diagnostics.push(question_outlasts(step.span, call, asked, timeout));
                    return None;
                }
                asked
            }
            StepKind::Choose(choice) => {
                let ends: Vec<Option<u64>> =
                    step.blocks().into_iter().map(|block| pauses(block, at, timeout, diagnostics)).collect();
                let passed_by = if choice.otherwise.is_none() && !choice.by_value { Some(at) } else { None };
                ends.into_iter().flatten().chain(passed_by).min()?
            }
            StepKind::Parallel(branches) => {
                let ends: Option<Vec<u64>> =
                    branches.iter().map(|branch| pauses(&branch.body, at, timeout, diagnostics)).collect();
                ends?.into_iter().max().unwrap_or(at)
            }
            // The list may be empty.
            StepKind::For(each) => {
                pauses(&each.body, at, timeout, diagnostics);
                at
            }
            StepKind::Try(body, catches) => {
                let done = pauses(body, at, timeout, diagnostics);
                let caught: Vec<Option<u64>> =
                    catches.iter().map(|catch| pauses(&catch.body, at, timeout, diagnostics)).collect();
                caught.into_iter().flatten().chain(done).min()?
            }
            StepKind::Let(..) | StepKind::Wait(Pause::Until(_)) => at,
        };
    }
    Some(at)
}

/// The longest time that one call's retries take, of those that are told of at the call.
fn longest_retries(steps: &[Step]) -> u64 {
    let mut longest = 0;
    super::each_step(steps, &mut |step| {
        if let StepKind::Call(call) = &step.kind {
            longest = longest.max(call.retry.first().map_or(0, waits_between));
        }
    });
    longest
}

/// The seconds that a run spends between attempts and in pauses, at most.
struct Waits<'p> {
    platform: &'p Platform,
    /// Those of pipelines that are run by others.
    runs: FxHashMap<ResourceId, u64>,
}

impl Waits<'_> {
    fn of_steps(&mut self, steps: &[Step]) -> u64 {
        steps.iter().fold(0, |sum: u64, step| sum.saturating_add(self.of_step(step)))
    }

    fn most<'s>(&mut self, blocks: impl IntoIterator<Item = &'s [Step]>) -> u64 {
        blocks.into_iter().map(|block| self.of_steps(block)).max().unwrap_or_default()
    }

    fn of_step(&mut self, step: &Step) -> u64 {
        match &step.kind {
            StepKind::Call(call) => {
                let again = call.retry.first().map_or(0, waits_between);
                again.saturating_add(call.runs.map_or(0, |id| self.of_run(id)))
            }
            StepKind::Wait(Pause::Seconds(seconds)) => *seconds,
            StepKind::Try(body, catches) => {
                let caught = self.most(catches.iter().map(|catch| catch.body.as_slice()));
                self.of_steps(body).saturating_add(caught)
            }
            _ => self.most(step.blocks()),
        }
    }

    /// The same of a pipeline that is run, which ends with its own timeout.
    fn of_run(&mut self, id: ResourceId) -> u64 {
        if let Some(known) = self.runs.get(&id) {
            return *known;
        }
        // Pipelines that run each other in a circle have no end to wait for.
        self.runs.insert(id, 0);
        let platform = self.platform;
        let Noun::Pipeline(at) = platform.resource(id).noun else { return 0 };
        let Some(other) = platform.pipelines.get(at as usize) else { return 0 };
        let inside = self.of_steps(&other.body);
        let seconds = other.timeout.map_or(inside, |timeout| inside.min(timeout));
        self.runs.insert(id, seconds);
        seconds
    }

    /// Calls of other pipelines that end sooner than those pipelines' retries.
    fn limited_runs(&mut self, pipeline: &Pipeline, diagnostics: &mut Diagnostics) {
        super::each_step(&pipeline.body, &mut |step| {
            if let StepKind::Call(call) = &step.kind
                && let (Some(id), Some(timeout)) = (call.runs, call.timeout)
            {
                let inside = self.of_run(id);
                if inside > timeout {
                    diagnostics.push(run_outlasts(step.span, call, inside, timeout));
                }
            }
        });
    }
}

/// Seconds that the waits between all attempts take together.
fn waits_between(retry: &Retry) -> u64 {
    let mut total = 0.0;
    for wait in waits(retry).take(retry.attempts.min(MOST_ATTEMPTS) as usize) {
        total += wait;
    }
    if total >= MOST_SECONDS { u64::MAX } else { total as u64 }
}

/// How many more attempts begin within so many seconds.
pub(super) fn attempts_within(retry: &Retry, seconds: u64) -> u64 {
    let mut total = 0.0;
    let waits = waits(retry).take(retry.attempts.min(MOST_ATTEMPTS) as usize);
    let begun = waits.take_while(|wait| {
        total += wait;
        total < seconds as f64
    });
    u64::try_from(begun.count()).unwrap_or(u64::MAX)
}

/// More attempts than a run's history has room for.
const MOST_ATTEMPTS: u32 = 100_000;
/// More than any timeout that there is.
const MOST_SECONDS: f64 = 1e12;

/// The waits before each attempt, without end.
fn waits(retry: &Retry) -> impl Iterator<Item = f64> {
    let backoff: f64 = retry.backoff.parse().unwrap_or(1.0);
    let longest = retry.max_delay.map_or(f64::INFINITY, |most| most as f64);
    std::iter::successors(Some(retry.every as f64), move |wait| Some((wait * backoff).min(longest)))
}

fn pause_outlasts(span: Span, end: u64, timeout: u64) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUTLASTS,
        span,
        format!("this pause ends {end} seconds after the run's start at the earliest, and the pipeline's timeout is {timeout}"),
        "the run ends before the pause does",
    )
    .help("make the pause shorter, or the pipeline's `timeout` longer")
}

fn question_outlasts(span: Span, call: &Call, asked: u64, timeout: u64) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUTLASTS,
        span,
        format!(
            "whether `{}` is done is asked {asked} seconds after the run's start at the earliest, and the pipeline's timeout is {timeout}",
            call.function
        ),
        "the run ends before it is known to be done",
    )
    .help("make the pipeline's `timeout` longer")
}

fn all_outlast(span: Span, name: &str, total: u64, timeout: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::POLICY,
        span,
        format!("the pauses and retries on one way through `{name}` can take {total} seconds together, and its timeout is {timeout}"),
        "the last retries never come",
    )
    .help("retry less often or sooner, or give more time")
}

fn run_outlasts(span: Span, call: &Call, inside: u64, timeout: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::POLICY,
        span,
        format!(
            "the pauses and retries of `{}` can take {inside} seconds, and this call's timeout is {timeout}",
            call.function
        ),
        "the last retries never come",
    )
    .help(format!("give this call more time, or give `{}` a shorter `timeout` of its own", call.function))
}
