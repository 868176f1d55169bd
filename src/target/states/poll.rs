//! Calls whose end is asked for, again and again, since their service has no way to wait.
//!
//! A `timeout` of such a call is a deadline, kept when it is started. Then it is asked for the last time: an answer that tells of no end is
//! `States.Timeout`.

use serde_json::{Value as Json, json};

use super::{
    document::{self, Assign, Next, State},
    jsonata,
    jsonata::Scope,
    lower::{Handler, Level, Lowerer, retries},
};
use crate::platform::pipeline::{Call, Poll};

/// The error of a task whose time is up. <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
const TIMED_OUT: &str = "States.Timeout";

impl Lowerer<'_> {
    /// Asks again and again whether a call is done.
    pub(super) fn poll(
        &mut self,
        call: &Call,
        poll: &Poll,
        names: &CallNames,
        next: &Next,
        level: &mut Level,
    ) {
        let wait = document::Wait {
            comment: None,
            until: pause(call, poll, names),
            output: None,
            next: Next::Next(names.ask.clone()),
        };
        level.states.push((names.wait.clone(), State::Wait(wait)));
        let scope = Scope { kept: &names.kept, ..self.scope() };
        let ask = document::Task {
            comment: None,
            resource: self.resource(&poll.request.resource),
            credentials: self.credentials(call),
            arguments: scope.json(&poll.request.arguments),
            timeout_seconds: None,
            heartbeat_seconds: None,
            retry: retries(&call.retry),
            catch: self.catches(),
            assign: Assign::new(),
            output: None,
            next: Next::Next(names.check.clone()),
        };
        level.states.push((names.ask.clone(), State::Task(ask)));
        let answer = Scope { result: jsonata::INPUT, kept: &names.kept, ..self.scope() };
        let status = answer.text(&poll.status);
        let failed = Ending {
            condition: is_one_of(&status, &poll.failed),
            error: &poll.error,
            also_caught_as: &["States.ALL", "States.TaskFailed"],
            cause: poll.cause.as_ref().map(|cause| answer.query(cause)),
            state: &names.failed,
        };
        let done = document::Rule {
            condition: is_one_of(&status, &poll.done),
            assign: Assign::new(),
            next: self.target(next, level),
        };
        let mut choices = vec![done, self.ends_in_error(failed, level)];
        if let Some(seconds) = call.timeout {
            let late = Ending {
                condition: format!("{{% $millis() >= ${} %}}", names.deadline),
                error: TIMED_OUT,
                also_caught_as: &["States.ALL"],
                cause: Some(format!("{} has not ended after {seconds} seconds", call.function)),
                state: &names.timed_out,
            };
            choices.push(self.ends_in_error(late, level));
        }
        let check = document::Choice { comment: None, choices, default: Some(names.wait.clone()) };
        level.states.push((names.check.clone(), State::Choice(check)));
    }

    /// Where a call leads to that has come to nothing: the `catch` that is in force for it, or the end in failure.
    fn ends_in_error(&mut self, ending: Ending<'_>, level: &mut Level) -> document::Rule {
        let Ending { condition, error, also_caught_as, cause, state } = ending;
        let applies = |handler: &&Handler| {
            handler.errors.iter().any(|name| name == error || also_caught_as.contains(&name.as_str()))
        };
        let handler = self.handlers.iter().rev().flatten().find(applies).cloned();
        if let Some(handler) = handler {
            let assign = handler
                .variable
                .map(|variable| (variable, json!({ "name": error, "cause": cause.unwrap_or_default() })));
            return document::Rule { condition, assign: assign.into_iter().collect(), next: handler.next };
        }
        let fail = document::Fail { comment: None, error: error.to_owned(), cause: cause.map(Json::String) };
        level.states.push((state.to_owned(), State::Fail(fail)));
        document::Rule { condition, assign: Assign::new(), next: state.to_owned() }
    }
}

/// How a call comes to nothing.
struct Ending<'e> {
    /// When.
    condition: String,
    error: &'e str,
    /// What catches the error beside its own name.
    also_caught_as: &'e [&'e str],
    cause: Option<String>,
    /// The state that ends the machine then, where nothing catches it.
    state: &'e str,
}

/// The pause before a question: no longer than the time that is left, and a second at least.
fn pause(call: &Call, poll: &Poll, names: &CallNames) -> document::Until {
    if call.timeout.is_none() {
        return document::Until::Seconds(poll.every);
    }
    let left = format!("$ceil((${} - $millis()) / 1000)", names.deadline);
    document::Until::Computed(format!("{{% $max([1, $min([{}, {left}])]) %}}", poll.every))
}

/// The instant, in milliseconds, at which a call's time is up that is started now.
pub(super) fn deadline(seconds: u64) -> Json {
    Json::String(format!("{{% $millis() + {} %}}", seconds.saturating_mul(1000)))
}

fn is_one_of(status: &str, values: &[smol_str::SmolStr]) -> String {
    match values {
        [one] => format!("{{% {status} = {} %}}", Json::String(one.to_string())),
        several => {
            let list: Vec<String> =
                several.iter().map(|value| Json::String(value.to_string()).to_string()).collect();
            format!("{{% {status} in [{}] %}}", list.join(", "))
        }
    }
}

/// The names of what belongs to a call beside its first state: taken where the call needs them.
#[derive(Default)]
pub(super) struct CallNames {
    pub(super) wait: String,
    pub(super) ask: String,
    check: String,
    failed: String,
    timed_out: String,
    pub(super) fetch: String,
    pub(super) variable: String,
    pub(super) kept: String,
    /// The variable that holds when the call's time is up.
    pub(super) deadline: String,
}

impl CallNames {
    /// The names around the call whose own state has that name.
    pub(super) fn new(lowerer: &mut Lowerer<'_>, call: &Call, base: &str) -> Self {
        let mut made = Self::default();
        if call.keep.is_some() {
            made.variable = lowerer.variables.give(&format!("{}_id", call.name), lowerer.scope);
            made.kept = format!("${}", made.variable);
        }
        if call.poll.is_some() {
            made.wait = lowerer.names.give(&format!("WaitFor{base}"));
            made.ask = lowerer.names.give(&format!("Describe{base}"));
            made.check = lowerer.names.give(&format!("Check{base}"));
            made.failed = lowerer.names.give(&format!("{base}Failed"));
            if call.timeout.is_some() {
                made.timed_out = lowerer.names.give(&format!("{base}TimedOut"));
                made.deadline = lowerer.variables.give(&format!("{}_deadline", call.name), lowerer.scope);
            }
        }
        if call.fetch.is_some() {
            made.fetch = lowerer.names.give(&format!("Read{base}"));
        }
        made
    }
}
