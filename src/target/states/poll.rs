//! Calls whose end is asked for, again and again, since their service has no way to wait.

use serde_json::{Value as Json, json};

use super::{
    document::{self, Assign, Next, State},
    jsonata,
    jsonata::Scope,
    lower::{Handler, Level, Lowerer, retries},
};
use crate::platform::pipeline::{Call, Poll};

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
            until: document::Until::Seconds(poll.every),
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
        let cause = poll.cause.as_ref().map(|cause| answer.query(cause));
        let failure = self.poll_failure(poll, names, cause, is_one_of(&status, &poll.failed), level);
        let done = document::Rule {
            condition: is_one_of(&status, &poll.done),
            assign: Assign::new(),
            next: self.target(next, level),
        };
        let check = document::Choice {
            comment: None,
            choices: vec![done, failure],
            default: Some(names.wait.clone()),
        };
        level.states.push((names.check.clone(), State::Choice(check)));
    }

    /// What a call that has failed leads to: the `catch` that is in force for it, or the end in failure.
    fn poll_failure(
        &mut self,
        poll: &Poll,
        names: &CallNames,
        cause: Option<String>,
        condition: String,
        level: &mut Level,
    ) -> document::Rule {
        let applies = |handler: &&Handler| {
            handler
                .errors
                .iter()
                .any(|error| *error == poll.error || error == "States.ALL" || error == "States.TaskFailed")
        };
        let handler = self.handlers.iter().rev().flatten().find(applies).cloned();
        if let Some(handler) = handler {
            let assign = handler.variable.map(|variable| {
                let error = json!({ "name": poll.error.as_str(), "cause": cause.unwrap_or_default() });
                (variable, error)
            });
            return document::Rule { condition, assign: assign.into_iter().collect(), next: handler.next };
        }
        let fail =
            document::Fail { comment: None, error: poll.error.to_string(), cause: cause.map(Json::String) };
        level.states.push((names.failed.clone(), State::Fail(fail)));
        document::Rule { condition, assign: Assign::new(), next: names.failed.clone() }
    }
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
    pub(super) fetch: String,
    pub(super) variable: String,
    pub(super) kept: String,
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
        }
        if call.fetch.is_some() {
            made.fetch = lowerer.names.give(&format!("Read{base}"));
        }
        made
    }
}
