//! One state after another.

use serde_json::{Value as Json, json};

use jsonata_core::value::JValue;

use super::{
    clock::{Time, instant, milliseconds, timestamp},
    definition::{Flow, Kind, Machine, Rule, Settling, State},
    event::{Event, Happening},
    failure::{Failure, Halt, Stop},
    query::{Queries, Reading, Variables, within_limit},
    task::Tasks,
};

/// A run has at most 25,000 events, and every state entered is one.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const MOST_STATES: usize = 25_000;

/// What a run came to.
#[derive(Debug)]
pub struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// Everything that happened, in order.
    pub events: Vec<Event>,
    /// When it ended.
    pub end: Time,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With an output.
    Succeeded(Json),
    /// With an error.
    Failed(Failure),
    /// It could not be gone on with here.
    Halted(Halt),
}

impl Execution {
    /// The states entered, in order.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        let entered = self.events.iter().filter(|event| matches!(event.what, Happening::Entered(_)));
        entered.map(|event| event.state.as_str())
    }
}

/// Runs a machine from its first state to its end, beginning at a time.
pub fn run(machine: &Machine, input: Json, start: Time, tasks: &mut dyn Tasks) -> Execution {
    let deadline = machine.timeout.map(|seconds| start.saturating_add(milliseconds(seconds)));
    let queries = Queries::default();
    let mut run = Run { tasks, queries: &queries, now: start, deadline, events: Vec::new(), entered: 0 };
    let ran = within_limit("the input", &input)
        .map_err(Stop::from)
        .and_then(|()| run.flow(&machine.flow, Level::new(input, start)));
    let outcome = match ran {
        Ok(output) => Outcome::Succeeded(output),
        Err(Stop::Failed(failure)) => Outcome::Failed(failure),
        Err(Stop::TimedOut) => Outcome::Failed(Failure::new("States.Timeout", "")),
        Err(Stop::Halted(halt)) => Outcome::Halted(halt),
    };
    Execution { outcome, events: run.events, end: run.now }
}

/// A state that the run is in.
#[derive(Clone, Copy)]
pub(super) struct Visit<'s> {
    pub(super) name: &'s str,
    pub(super) state: &'s State,
    entered: Time,
    /// How often it was made again so far.
    pub(super) retries: u32,
}

/// A run under way.
pub(super) struct Run<'r> {
    pub(super) tasks: &'r mut dyn Tasks,
    pub(super) queries: &'r Queries,
    pub(super) now: Time,
    deadline: Option<Time>,
    events: Vec<Event>,
    entered: usize,
}

/// A machine, branch or loop that runs: its variables, and the input of the state that it is in.
pub(super) struct Level {
    pub(super) variables: Variables,
    pub(super) input: Json,
    /// The input again, as expressions read it.
    seen: JValue,
    /// `$states.context`, as far as it is the same in every state.
    pub(super) context: JValue,
    depth: usize,
}

impl Level {
    fn new(input: Json, start: Time) -> Self {
        let context = JValue::from(json!({
            "Execution": {
                "Id": "arn:aws:states:us-east-1:123456789012:execution:machine:execution",
                "Name": "execution",
                "RoleArn": "arn:aws:iam::123456789012:role/machine",
                "StartTime": timestamp(start),
                "RedriveCount": 0,
            },
            "StateMachine": { "Id": "arn:aws:states:us-east-1:123456789012:stateMachine:machine", "Name": "machine" },
        }));
        Self { variables: Variables::default(), input: Json::Null, seen: JValue::Null, context, depth: 0 }
            .child(input)
            .at_depth(0)
    }

    fn at_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// A branch or an iteration: it reads the variables around it, and assigns its own.
    pub(super) fn inner(&self, input: Json) -> Self {
        Self {
            variables: self.variables.clone(),
            seen: JValue::from(input.clone()),
            input,
            context: self.context.clone(),
            depth: self.depth + 1,
        }
    }

    /// An execution of its own, whose only data is its input.
    pub(super) fn child(&self, input: Json) -> Self {
        let mut inner = Self { variables: Variables::default(), ..self.inner(input) };
        let mut execution = inner.context.get("Execution").cloned().unwrap_or(JValue::Null);
        put(&mut execution, "Input", inner.seen.clone());
        put(&mut inner.context, "Execution", execution);
        inner
    }

    fn enter(&mut self, input: Json) {
        self.seen = JValue::from(input.clone());
        self.input = input;
    }

    /// `$states`, with what else there is of it.
    pub(super) fn states(&self, context: JValue, more: Option<(&str, &Json)>) -> JValue {
        let mut states = JValue::from(json!({}));
        put(&mut states, "input", self.seen.clone());
        put(&mut states, "context", context);
        if let Some((name, value)) = more {
            put(&mut states, name, JValue::from(value.clone()));
        }
        states
    }
}

/// Gives an object's member its value.
pub(super) fn put(object: &mut JValue, name: &str, value: JValue) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// The ends of the resources whose tasks have a token.
const WITH_TOKEN: &[&str] = &[".waitForTaskToken", ".sync", ".sync:2"];

impl Run<'_> {
    pub(super) fn tell(&mut self, state: &str, level: &Level, what: Happening) {
        self.events.push(Event { at: self.now, state: state.to_owned(), depth: level.depth, what });
    }

    /// Lets time pass, at most until the machine's is up.
    pub(super) fn pass_time(&mut self, length: Time) -> Result<(), Stop> {
        self.now = self.now.saturating_add(length);
        match self.deadline {
            Some(deadline) if self.now > deadline => {
                self.now = deadline;
                Err(Stop::TimedOut)
            }
            _ => Ok(()),
        }
    }

    /// Runs an execution of its own, with a history of its own.
    pub(super) fn apart(&mut self, flow: &Flow, level: Level) -> Result<Json, Stop> {
        let entered = std::mem::take(&mut self.entered);
        let ran = self.flow(flow, level);
        self.entered = entered;
        ran
    }

    /// Runs states to the end, and returns what the last one hands on.
    pub(super) fn flow(&mut self, flow: &Flow, mut level: Level) -> Result<Json, Stop> {
        let mut name = flow.start.as_str();
        loop {
            // The definition was read: every name leads to a state.
            let Some(state) = flow.states.get(name) else { return Ok(level.input) };
            self.entered += 1;
            if self.entered > MOST_STATES {
                return Err(Stop::Halted(Halt::Endless(MOST_STATES)));
            }
            self.tell(name, &level, Happening::Entered(level.input.clone()));
            let visit = Visit { name, state, entered: self.now, retries: 0 };
            let (output, next) = self.state(visit, &mut level)?;
            within_limit("the output", &output)?;
            self.tell(name, &level, Happening::Left(output.clone()));
            let Some(next) = next else { return Ok(output) };
            level.enter(output);
            name = next;
        }
    }

    /// One state: what it hands on, and which comes next.
    fn state<'s>(&mut self, visit: Visit<'s>, level: &mut Level) -> Result<(Json, Option<&'s str>), Stop> {
        match &visit.state.kind {
            Kind::Choice(rules, default) => self.choice(visit, rules, default.as_deref(), level),
            Kind::Task(_) | Kind::Parallel(..) | Kind::Map(_) => self.caught(visit, level),
            Kind::Fail(error, cause) => {
                let error = self.text(error.as_ref(), visit, level)?.unwrap_or_default();
                Err(Failure { error, cause: self.text(cause.as_ref(), visit, level)? }.into())
            }
            Kind::WaitFor(_) | Kind::WaitUntil(_) | Kind::Pass | Kind::Succeed => {
                self.wait(visit, level)?;
                let input = level.input.clone();
                let output = self.settle(visit, &visit.state.settling, level, None, input)?;
                Ok((output, visit.state.next.as_deref()))
            }
        }
    }

    /// What can be read in a state.
    pub(super) fn reading<'l>(
        &self,
        visit: Visit<'_>,
        level: &'l Level,
        more: Option<(&str, &Json)>,
    ) -> Reading<'l> {
        let mut about = json!({ "EnteredTime": timestamp(visit.entered), "Name": visit.name });
        let mut context = level.context.clone();
        if let Kind::Task(_) | Kind::Parallel(..) | Kind::Map(_) = visit.state.kind
            && let Json::Object(about) = &mut about
        {
            about.insert("RetryCount".to_owned(), Json::from(visit.retries));
        }
        put(&mut context, "State", JValue::from(about));
        if let Kind::Task(task) = &visit.state.kind
            && WITH_TOKEN.iter().any(|end| task.resource.ends_with(end))
        {
            put(&mut context, "Task", JValue::from(json!({ "Token": "token" })));
        }
        Reading { variables: &level.variables, states: level.states(context, more), now: self.now }
    }

    fn text(
        &self,
        member: Option<&Json>,
        visit: Visit<'_>,
        level: &Level,
    ) -> Result<Option<String>, Failure> {
        let Some(member) = member else { return Ok(None) };
        match self.queries.value(member, &self.reading(visit, level, None))? {
            Json::String(text) => Ok(Some(text)),
            other => Err(Failure::query(format!("{other} is no text"))),
        }
    }

    fn wait(&mut self, visit: Visit<'_>, level: &Level) -> Result<(), Stop> {
        let (member, wanted) = match &visit.state.kind {
            Kind::WaitFor(seconds) => (seconds, "no whole number of seconds"),
            Kind::WaitUntil(timestamp) => (timestamp, "no date and time with an offset"),
            _ => return Ok(()),
        };
        let value = self.queries.value(member, &self.reading(visit, level, None))?;
        let pause = match (&visit.state.kind, &value) {
            (Kind::WaitFor(_), Json::Number(number)) => {
                number.as_f64().filter(|seconds| seconds.fract() == 0.0 && *seconds >= 0.0).map(milliseconds)
            }
            (Kind::WaitUntil(_), Json::String(text)) => {
                instant(text).map(|until| until.saturating_sub(self.now).max(0))
            }
            _ => None,
        };
        let pause = pause.ok_or_else(|| Failure::query(format!("{value} is {wanted}")))?;
        self.pass_time(pause)?;
        self.tell(visit.name, level, Happening::Waited(pause));
        Ok(())
    }

    fn choice<'s>(
        &mut self,
        visit: Visit<'s>,
        rules: &'s [Rule],
        default: Option<&'s str>,
        level: &mut Level,
    ) -> Result<(Json, Option<&'s str>), Stop> {
        let input = level.input.clone();
        for rule in rules {
            match self.queries.value(&rule.condition, &self.reading(visit, level, None))? {
                Json::Bool(false) => {}
                Json::Bool(true) => {
                    let output = self.settle(visit, &rule.settling, level, None, input)?;
                    return Ok((output, Some(&rule.next)));
                }
                other => {
                    return Err(Failure::query(format!("the condition is {other}, and no boolean")).into());
                }
            }
        }
        let Some(default) = default else {
            return Err(Failure::new("States.NoChoiceMatched", "").into());
        };
        let output = self.settle(visit, &visit.state.settling, level, None, input)?;
        Ok((output, Some(default)))
    }

    /// A state whose errors may be caught.
    fn caught<'s>(
        &mut self,
        mut visit: Visit<'s>,
        level: &mut Level,
    ) -> Result<(Json, Option<&'s str>), Stop> {
        let state = visit.state;
        let failure = match self.attempts(&mut visit, level) {
            Ok(output) => return Ok((output, state.next.as_deref())),
            Err(Stop::Failed(failure)) => failure,
            Err(stop) => return Err(stop),
        };
        let Some(catcher) = state.catchers.iter().find(|catcher| failure.is_one_of(&catcher.errors)) else {
            return Err(failure.into());
        };
        self.tell(visit.name, level, Happening::Caught(catcher.next.clone()));
        let mut error = json!({ "Error": failure.error });
        if let (Json::Object(error), Some(cause)) = (&mut error, failure.cause) {
            error.insert("Cause".to_owned(), Json::from(cause));
        }
        let more = Some(("errorOutput", &error));
        let output = self.settle(visit, &catcher.settling, level, more, error.clone())?;
        Ok((output, Some(&catcher.next)))
    }

    /// One attempt at a state that may be made again.
    pub(super) fn attempt(&mut self, visit: Visit<'_>, level: &mut Level) -> Result<Json, Stop> {
        let result = match &visit.state.kind {
            Kind::Task(task) => self.task(visit, task, level)?,
            Kind::Parallel(branches, arguments) => {
                self.parallel(visit, branches, arguments.as_ref(), level)?
            }
            Kind::Map(map) => self.map(visit, map, level)?,
            _ => Json::Null,
        };
        within_limit("the result", &result)?;
        self.settle(visit, &visit.state.settling, level, Some(("result", &result)), result.clone())
    }

    /// Assigns what is to be assigned and says what is handed on. Both read the variables from before.
    fn settle(
        &mut self,
        visit: Visit<'_>,
        settling: &Settling,
        level: &mut Level,
        more: Option<(&str, &Json)>,
        otherwise: Json,
    ) -> Result<Json, Stop> {
        let reading = self.reading(visit, level, more);
        let assigned = self.queries.members(&settling.assign, &reading)?;
        let output = match &settling.output {
            Some(output) => self.queries.value(output, &reading)?,
            None => otherwise,
        };
        if !assigned.is_empty() {
            within_limit("what is assigned", &assigned)?;
            level.variables.extend(&assigned);
            self.tell(visit.name, level, Happening::Assigned(assigned));
        }
        Ok(output)
    }
}
