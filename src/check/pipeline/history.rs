//! How many events a run writes into its history: Step Functions ends a run that has written 25,000.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>; the events of each state are the types of
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html>.

use super::{limit, number, time::attempts_within};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Pipeline, Platform,
        pipeline::{Call, Loop, Step, StepKind},
    },
    source::Span,
};

/// A run's events have room in its history.
pub fn histories_have_room(platform: &Platform, diagnostics: &mut Diagnostics) {
    let Some(limit) = limit(platform, "run_history") else { return };
    for pipeline in &platform.pipelines {
        let events = Events { pipeline };
        if events.report(&pipeline.body, limit, diagnostics) {
            continue;
        }
        let total = events.of_steps(&pipeline.body, false).saturating_add(ENDS);
        if total > limit {
            let mut loops = Vec::new();
            super::each_step(&pipeline.body, &mut |step| {
                if let StepKind::For(each) = &step.kind {
                    loops.push((events.of_loop(each, false), step.span));
                }
            });
            let resource = platform.resource(pipeline.resource);
            let whose = format!("a run of `{}`", resource.name);
            diagnostics.push(
                match loops.into_iter().max_by_key(|(events, span)| (*events, u32::MAX - span.start)) {
                    Some((of_loop, span)) if of_loop.saturating_mul(2) > total => {
                        whole_too_long(word(span, 3), &whose, total, limit, DISTRIBUTED)
                    }
                    _ => whole_too_long(resource.span, &whose, total, limit, APART),
                },
            );
        }
    }
}

/// A run's start and end.
const ENDS: u64 = 2;
/// A state that is entered and left.
const STATE: u64 = 2;
/// A call that is scheduled, started and done.
const CALL: u64 = 3;
/// A job, or an awaited call, is handed in besides.
const HANDED_IN: u64 = 1;
/// `Parallel` and `Map` start and succeed besides.
const GROUP: u64 = STATE + 2;
/// The executions of a distributed loop start and succeed together; what each does is in its own history.
const MAP_RUN: u64 = 2;
/// An iteration starts and succeeds.
const ITERATION: u64 = 2;
/// The longest run, in seconds.
const YEAR: u64 = 31_536_000;

struct Events<'p> {
    pipeline: &'p Pipeline,
}

impl Events<'_> {
    /// Reports the outermost statements that can fill the history by themselves; whether there are any.
    fn report(&self, steps: &[Step], limit: u64, diagnostics: &mut Diagnostics) -> bool {
        let mut any = false;
        for step in steps {
            let fault = match &step.kind {
                StepKind::For(each) if each.further.is_some() && each.distributed.is_none() => {
                    Some(self.pages_too_many(each, word(step.span, 3), limit))
                }
                StepKind::For(each) => {
                    let events = self.of_loop(each, true);
                    (events > limit).then(|| self.loop_too_long(each, word(step.span, 3), events, limit))
                }
                StepKind::Call(call) => self.call_too_long(call, step.span, limit),
                _ => None,
            };
            if let Some(fault) = fault {
                diagnostics.push(fault);
                any = true;
                continue;
            }
            for block in step.blocks() {
                any |= self.report(block, limit, diagnostics);
            }
            if let StepKind::For(each) = &step.kind
                && each.distributed.is_some()
                && !any
            {
                any = self.report_own_run(each, word(step.span, 3), limit, diagnostics);
            }
        }
        any
    }

    /// Reports an iteration that is an execution of its own and fills its history; whether it does.
    fn report_own_run(&self, each: &Loop, span: Span, limit: u64, diagnostics: &mut Diagnostics) -> bool {
        let events = self.of_steps(&each.body, false).saturating_add(ENDS);
        if events > limit {
            diagnostics.push(whole_too_long(span, "each iteration", events, limit, APART));
        }
        events > limit
    }

    /// The most events of a way through these steps, with all retries or with none.
    fn of_steps(&self, steps: &[Step], retries: bool) -> u64 {
        steps.iter().fold(0, |sum: u64, step| sum.saturating_add(self.of_step(step, retries)))
    }

    fn of_step(&self, step: &Step, retries: bool) -> u64 {
        let most = |blocks: Vec<&[Step]>| {
            blocks.into_iter().map(|block| self.of_steps(block, retries)).max().unwrap_or_default()
        };
        match &step.kind {
            StepKind::Let(..) => 0,
            StepKind::Call(call) => self.of_call(call, retries),
            StepKind::Choose(_) => most(step.blocks()).saturating_add(STATE),
            StepKind::Parallel(branches) => branches
                .iter()
                .fold(GROUP, |sum, branch| sum.saturating_add(self.of_steps(&branch.body, retries))),
            StepKind::For(each) => self.of_loop(each, retries),
            StepKind::Try(body, catches) => {
                let caught = most(catches.iter().map(|catch| catch.body.as_slice()).collect());
                self.of_steps(body, retries).saturating_add(caught)
            }
            StepKind::Wait(_) | StepKind::Fail(..) | StepKind::Return(_) => STATE,
        }
    }

    fn of_loop(&self, each: &Loop, retries: bool) -> u64 {
        if each.distributed.is_some() {
            return GROUP + MAP_RUN;
        }
        let rounds = each.over.ty.refinement.max_length.unwrap_or(1);
        self.of_round(each, retries).saturating_mul(rounds).saturating_add(GROUP)
    }

    fn of_round(&self, each: &Loop, retries: bool) -> u64 {
        let binds = if each.body.len() > 1 { STATE } else { 0 };
        self.of_steps(&each.body, retries).saturating_add(ITERATION + binds)
    }

    fn of_call(&self, call: &Call, retries: bool) -> u64 {
        let attempt = CALL + if is_handed_in(&call.start.resource) { HANDED_IN } else { 0 };
        let again = match call.retry.first() {
            Some(retry) if retries => attempts_within(retry, self.deadline(call).unwrap_or(YEAR)),
            _ => 0,
        };
        let asked = match (&call.poll, self.deadline(call)) {
            (Some(poll), Some(deadline)) => (deadline / poll.every.max(1)).saturating_add(1),
            (Some(_), None) => 1,
            (None, _) => 0,
        };
        // Each question is a pause, a call and a choice.
        let question = STATE + (STATE + CALL) + STATE;
        attempt
            .saturating_mul(again.saturating_add(1))
            .saturating_add(STATE)
            .saturating_add(asked.saturating_mul(question))
    }

    /// When a call ends at the latest, in seconds after the run's start, where anything says so.
    fn deadline(&self, call: &Call) -> Option<u64> {
        [self.pipeline.timeout, call.timeout].into_iter().flatten().min()
    }

    fn call_too_long(&self, call: &Call, span: Span, limit: u64) -> Option<Diagnostic> {
        let events = self.of_call(call, true);
        let Some(poll) = &call.poll else {
            return (events > limit).then(|| retries_too_long(span, &call.function, events, limit));
        };
        (events > limit).then(|| poll_too_long(span, &call.function, poll.every, events, limit))
    }

    fn pages_too_many(&self, each: &Loop, span: Span, limit: u64) -> Diagnostic {
        let rounds = each.over.ty.refinement.max_length.unwrap_or(1);
        Diagnostic::warning(
            catalogue::HISTORY,
            span,
            format!(
                "this loop goes on as long as there are pages, and a run's history ends with {} events",
                number(limit)
            ),
            format!("{} events for a page of {}", number(self.of_loop(each, false)), number(rounds)),
        )
        .help("make each iteration an execution with a history of its own, `for x in items(…) distributed { … }`; or read a known number of items with `query_items(…, most = 100)`")
    }

    fn loop_too_long(&self, each: &Loop, span: Span, events: u64, limit: u64) -> Diagnostic {
        let rounds = each.over.ty.refinement.max_length.unwrap_or(1);
        let round = self.of_round(each, true);
        let retries = if round > self.of_round(each, false) { ", retries included" } else { "" };
        Diagnostic::warning(
            catalogue::HISTORY,
            span,
            format!(
                "this loop can write {} events into the run's history, which ends with {}",
                number(events),
                number(limit)
            ),
            format!("{} elements, and {} events for each{retries}", number(rounds), number(round)),
        )
        .help(DISTRIBUTED)
    }
}

const DISTRIBUTED: &str = "make each iteration an execution with a history of its own, `for x in list distributed { … }`, with `batch 50` for many small ones; or give the list a smaller `length`";
const APART: &str = "do parts of it in pipelines of their own, `run other(…)`: each has a history of its own";

/// A job and a call with a task token are submitted, and end later.
fn is_handed_in(resource: &str) -> bool {
    resource.contains(".sync") || resource.ends_with(".waitForTaskToken")
}

/// The first letters of a statement: its word.
fn word(span: Span, length: u32) -> Span {
    Span::new(span.start, span.start.saturating_add(length).min(span.end))
}

fn poll_too_long(span: Span, function: &str, every: u64, events: u64, limit: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::HISTORY,
        span,
        format!(
            "waiting for `{function}` can write {} events into the run's history, which ends with {}",
            number(events),
            number(limit)
        ),
        format!("asked every {every} seconds whether it is done"),
    )
    .help("give it less time, with a shorter `timeout`; or do it in a pipeline of its own, `run other(…)`, which has a history of its own")
}

fn retries_too_long(span: Span, function: &str, events: u64, limit: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::HISTORY,
        span,
        format!(
            "the retries of `{function}` can write {} events into the run's history, which ends with {}",
            number(events),
            number(limit)
        ),
        "made again too often",
    )
    .help("retry less often, `attempts(10, …)`, or later each time: a larger `every` or `backoff`")
}

fn whole_too_long(span: Span, whose: &str, events: u64, limit: u64, mend: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::HISTORY,
        span,
        format!(
            "{whose} can write {} events into its history, which ends with {}",
            number(events),
            number(limit)
        ),
        "too much for one run",
    )
    .help(mend)
}
