//! Tasks: what they call is answered from outside.

use serde_json::Value as Json;

use super::{
    clock::{Time, milliseconds},
    definition::TaskState,
    event::Happening,
    execution::{Level, Run, Visit},
    failure::{Failure, Halt, Stop},
    query::within_limit,
};

/// A call of a task, or of what a distributed loop reads from.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The state that calls.
    pub state: &'r str,
    /// What it calls: an integration's ARN.
    pub resource: &'r str,
    /// The arguments.
    pub arguments: &'r Json,
    /// When.
    pub at: Time,
}

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it returned, or its error.
    pub result: Result<Json, Failure>,
    /// How many seconds it took.
    pub seconds: f64,
    /// The longest time that it sent no heartbeat for; all of it where nothing is said.
    pub silence: Option<f64>,
}

impl Answer {
    /// An answer that takes no time.
    pub fn at_once(result: Result<Json, Failure>) -> Self {
        Self { result, seconds: 0.0, silence: None }
    }
}

/// Whoever answers calls.
pub trait Tasks {
    /// Answers one; an error says why it can't.
    fn call(&mut self, request: &Request<'_>) -> Result<Answer, String>;
}

impl Run<'_> {
    pub(super) fn task(&mut self, visit: Visit<'_>, task: &TaskState, level: &Level) -> Result<Json, Stop> {
        let reading = self.reading(visit, level, None);
        let arguments = match &task.arguments {
            Some(arguments) => self.queries.value(arguments, &reading)?,
            None => level.input.clone(),
        };
        within_limit("the request", &arguments)?;
        let limit = |run: &Self, name: &str, member: &Option<Json>| {
            member.as_ref().map(|member| run.queries.number(name, member, &reading)).transpose()
        };
        let timeout = limit(self, "TimeoutSeconds", &task.timeout)?;
        let heartbeat = limit(self, "HeartbeatSeconds", &task.heartbeat)?;
        self.ask(visit.name, &task.resource, arguments, (timeout, heartbeat), level)
    }

    /// Makes one call and lets the time pass that it takes: at most as long as it may.
    pub(super) fn ask(
        &mut self,
        name: &str,
        resource: &str,
        arguments: Json,
        (timeout, heartbeat): (Option<f64>, Option<f64>),
        level: &Level,
    ) -> Result<Json, Stop> {
        let request = Request { state: name, resource, arguments: &arguments, at: self.now };
        let answer = self.tasks.call(&request).map_err(|why| Stop::Halted(Halt::Unanswered(why)));
        self.tell(name, level, Happening::Called(resource.to_owned(), arguments));
        let answer = answer?;
        let silent = heartbeat.filter(|most| answer.silence.unwrap_or(answer.seconds) > *most);
        let late = timeout.filter(|most| answer.seconds > *most);
        let (seconds, result) = match (silent, late) {
            (Some(silent), late) if late.is_none_or(|late| silent <= late) => {
                (silent, Err(Failure::new("States.HeartbeatTimeout", "")))
            }
            (_, Some(late)) => (late, Err(Failure::new("States.Timeout", ""))),
            _ => (answer.seconds, answer.result),
        };
        self.pass_time(milliseconds(seconds))?;
        let result = result?;
        self.tell(name, level, Happening::Returned(result.clone()));
        within_limit("the result", &result)?;
        Ok(result)
    }
}
