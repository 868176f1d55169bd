//! Steps to states.
//!
//! - A parameter is read from the run's input wherever it is needed. What a call returns is assigned to a variable; a value that takes no call
//!   is written where it is read, unless it is long or one of several.
//! - A branch or a loop is a machine of its own: it reads the variables outside and assigns none of them, and its errors are caught around it.

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use super::{
    document::{self, Assign, Flow, Next, State, States},
    inline, jsonata,
    jsonata::Scope,
    names::{self, StateNames, Variables},
    poll::{self, CallNames},
};
use crate::access::{Duty, derived_role_in};
use crate::platform::{
    Pipeline, Platform,
    pipeline::{
        Branch, Call, Catch, Choice, Expression, ExpressionKind, LocalId, Origin, Pause, Request, Retry,
        Step, StepKind,
    },
};

/// The states of a pipeline, and which call of it each task makes.
pub fn flow(platform: &Platform, pipeline: &Pipeline) -> (Flow, Vec<TaskOf>) {
    let mut lowerer = Lowerer {
        platform,
        pipeline,
        inlined: inline::decide(&platform.library, pipeline),
        locals: parameters(pipeline),
        names: StateNames::default(),
        entries: FxHashMap::default(),
        variables: Variables::default(),
        scope: 0,
        scopes: 0,
        handlers: Vec::new(),
        tasks: Vec::new(),
        pages: FxHashMap::default(),
    };
    lowerer.name_elements();
    lowerer.name_steps(&pipeline.body);
    let flow = lowerer.level(&pipeline.body, None);
    (flow, lowerer.tasks)
}

/// A state that calls, and the call that it is made for.
#[derive(Clone, Debug)]
pub struct TaskOf {
    /// The state's name.
    pub state: String,
    /// Where the call's step begins.
    pub step: u32,
    /// Whether it asks how the call stands, and does not start it.
    pub asks: bool,
    /// Whether it gets what the call came to, behind its end.
    pub fetches: bool,
}

/// How each parameter is read; other locals are not known yet.
fn parameters(pipeline: &Pipeline) -> Vec<String> {
    let mut locals = vec![String::new(); pipeline.locals.len()];
    for (param, slot) in pipeline.params.iter().zip(&mut locals) {
        slot.push_str("$states.context.Execution.Input");
        if !pipeline.whole_event {
            slot.push('.');
            jsonata::member(&param.name, slot);
        }
    }
    locals
}

pub(super) struct Lowerer<'p> {
    platform: &'p Platform,
    pub(super) pipeline: &'p Pipeline,
    /// Whether each local is written where it is read.
    inlined: Vec<bool>,
    /// How each local is read.
    locals: Vec<String>,
    pub(super) names: StateNames,
    /// The name of each step's first state, by where the step begins.
    entries: FxHashMap<u32, String>,
    pub(super) variables: Variables,
    /// The machine, branch or loop that is lowered.
    pub(super) scope: u32,
    pub(super) scopes: u32,
    /// What catches errors here, the outermost first.
    pub(super) handlers: Vec<Vec<Handler>>,
    tasks: Vec<TaskOf>,
    /// How the pages of a loop are asked for, by the local that holds one.
    pages: FxHashMap<LocalId, Paging>,
}

/// A call that gives the first page of a loop.
#[derive(Clone)]
pub(super) struct Paging {
    /// Its state.
    pub(super) state: String,
    /// Where its step begins.
    pub(super) step: u32,
    /// The variable that holds where the next page begins; `null` behind the last.
    pub(super) variable: String,
}

/// A `catch` that is in force.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) errors: Vec<String>,
    pub(super) variable: Option<String>,
    pub(super) next: String,
}

/// The states of one machine, branch or loop so far.
pub(super) struct Level {
    pub(super) states: Vec<(String, State)>,
    /// The state that ends it where another one only points, and what it is called if there is one.
    done: Option<String>,
    done_as: String,
    /// What the end hands on instead of nothing: the value of a branch.
    value: Option<LocalId>,
}

impl Lowerer<'_> {
    /// Gives what lists are made of its name in JSONata: one that no variable of a block has.
    fn name_elements(&mut self) {
        for (at, local) in self.pipeline.locals.iter().enumerate() {
            if local.origin == Origin::Element {
                let name = self.variables.give(&local.name, u32::MAX);
                if let Some(slot) = self.locals.get_mut(at) {
                    *slot = format!("${name}");
                }
            }
        }
    }

    /// Gives every step's first state its name.
    fn name_steps(&mut self, steps: &[Step]) {
        let mut named = Vec::new();
        self.with_state(steps, &mut named);
        let names = names::told_apart(self.pipeline, &named);
        for (step, wanted) in named.into_iter().zip(names) {
            let name = self.names.give(&wanted);
            self.entries.insert(step.span.start, name);
        }
    }

    /// The steps that a state is named after, in the order of the program.
    fn with_state<'s>(&self, steps: &'s [Step], out: &mut Vec<&'s Step>) {
        for step in steps {
            if !self.has_state(step) {
                continue;
            }
            if !matches!(step.kind, StepKind::Try(..)) {
                out.push(step);
            }
            match &step.kind {
                StepKind::Choose(choice) => {
                    let bodies = choice.arms.iter().map(|arm| &arm.body).chain(&choice.otherwise);
                    bodies.for_each(|body| self.with_state(body, out));
                }
                StepKind::Parallel(branches) => {
                    branches.iter().for_each(|branch| self.with_state(&branch.body, out));
                }
                StepKind::For(each) => self.with_state(&each.body, out),
                StepKind::Try(body, catches) => {
                    self.with_state(body, out);
                    catches.iter().for_each(|catch| self.with_state(&catch.body, out));
                }
                _ => {}
            }
        }
    }

    fn is_inlined(&self, id: LocalId) -> bool {
        self.inlined.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Whether a step becomes states. One with nothing inside that does is left out.
    pub(super) fn has_state(&self, step: &Step) -> bool {
        let any = |steps: &[Step]| steps.iter().any(|step| self.has_state(step));
        match &step.kind {
            StepKind::Let(id, _) => !self.is_inlined(*id),
            StepKind::Try(body, _) => any(body),
            StepKind::Choose(choice) => {
                choice.arms.iter().any(|arm| any(&arm.body)) || choice.otherwise.as_deref().is_some_and(any)
            }
            StepKind::For(each) => any(&each.body),
            StepKind::Parallel(branches) => branches.iter().any(|branch| any(&branch.body)),
            _ => true,
        }
    }

    /// The state that steps begin with, or what comes behind them.
    fn entry(&self, steps: &[Step], next: &Next) -> Next {
        let Some(first) = steps.iter().find(|step| self.has_state(step)) else { return next.clone() };
        match &first.kind {
            StepKind::Try(body, _) => self.entry(body, next),
            _ => Next::Next(self.entries.get(&first.span.start).cloned().unwrap_or_default()),
        }
    }

    /// A machine, branch or loop of its own.
    pub(super) fn level(&mut self, steps: &[Step], value: Option<LocalId>) -> Flow {
        let start = self.entry(steps, &Next::End(true));
        let done_as = match &start {
            Next::Next(first) if self.scope > 0 => format!("Done{first}"),
            _ => "Done".to_owned(),
        };
        let mut level = Level { states: Vec::new(), done: None, done_as, value };
        let start_at = self.target(&start, &mut level);
        self.steps(steps, &Next::End(true), &mut level);
        if let Some(done) = level.done {
            let end = document::Succeed { comment: None, output: json!({}) };
            level.states.push((done, State::Succeed(end)));
        }
        Flow { start_at, states: States(level.states) }
    }

    /// The same inside a branch or a loop, whose errors are caught around it.
    pub(super) fn inner_level(&mut self, steps: &[Step], value: Option<LocalId>) -> Flow {
        self.scopes += 1;
        let (scope, handlers) =
            (std::mem::replace(&mut self.scope, self.scopes), std::mem::take(&mut self.handlers));
        let flow = self.level(steps, value);
        self.scope = scope;
        self.handlers = handlers;
        flow
    }

    /// The state to point to. What can only point ends in a state that does nothing but end.
    pub(super) fn target(&mut self, next: &Next, level: &mut Level) -> String {
        match next {
            Next::Next(name) => name.clone(),
            Next::End(_) => level.done.get_or_insert_with(|| self.names.give(&level.done_as)).clone(),
        }
    }

    fn steps(&mut self, steps: &[Step], next: &Next, level: &mut Level) {
        for (at, step) in steps.iter().enumerate() {
            if matches!(step.kind, StepKind::Let(..)) || self.has_state(step) {
                let then = self.entry(steps.get(at + 1..).unwrap_or_default(), next);
                self.step(step, then, level);
            }
        }
    }

    fn step(&mut self, step: &Step, next: Next, level: &mut Level) {
        let comment = step.doc.as_ref().map(ToString::to_string);
        match &step.kind {
            StepKind::Let(id, value) => self.value(*id, value, step, next, level),
            StepKind::Call(call) => self.call(call, comment, step, next, level),
            StepKind::Choose(choice) => self.choose(choice, comment, step, next, level),
            StepKind::Parallel(branches) => self.parallel(branches, comment, step, next, level),
            StepKind::For(each) => self.each(each, comment, step, next, level),
            StepKind::Try(body, catches) => self.attempt(body, catches, next, level),
            StepKind::Wait(pause) => {
                let until = match pause {
                    Pause::Seconds(seconds) => document::Until::Seconds(*seconds),
                    Pause::Until(instant) => document::Until::Timestamp(self.scope().query(instant)),
                };
                let output = nothing_at_end(&next);
                self.push(step, State::Wait(document::Wait { comment, until, output, next }), level);
            }
            StepKind::Fail(error, cause) => {
                let cause = cause.as_ref().map(|cause| self.scope().json(cause));
                self.push(
                    step,
                    State::Fail(document::Fail { comment, error: error.to_string(), cause }),
                    level,
                );
            }
            StepKind::Return(value) => {
                let output = match value {
                    Some(value) => self.scope().output(value),
                    None if self.pipeline.result.is_some() => json!("{% null %}"),
                    None => json!({}),
                };
                self.push(step, State::Succeed(document::Succeed { comment, output }), level);
            }
        }
    }

    pub(super) fn push(&self, step: &Step, state: State, level: &mut Level) {
        level.states.push((self.entry_of(step), state));
    }

    pub(super) fn scope(&self) -> Scope<'_> {
        Scope { platform: self.platform, locals: &self.locals, result: jsonata::RESULT, kept: "" }
    }

    /// A value is written where it is read, or assigned.
    fn value(&mut self, id: LocalId, value: &Expression, step: &Step, next: Next, level: &mut Level) {
        if self.is_inlined(id) {
            let text = self.scope().text(value);
            self.read_as(id, text);
            return;
        }
        let json = self.scope().json(value);
        let variable = self.variable(id);
        let assign = Map::from_iter([(variable, json)]);
        let output = nothing_at_end(&next);
        let comment = step.doc.as_ref().map(ToString::to_string);
        self.push(step, State::Pass(document::Pass { comment, assign, output, next }), level);
    }

    /// Has a local read in another way, and says how it was read before.
    pub(super) fn read_instead(&mut self, id: LocalId, text: String) -> String {
        self.locals.get_mut(id.0 as usize).map_or_else(String::new, |slot| std::mem::replace(slot, text))
    }

    /// The name of a step's first state.
    pub(super) fn entry_of(&self, step: &Step) -> String {
        self.entries.get(&step.span.start).cloned().unwrap_or_default()
    }

    /// Notes that a state makes the call of a step.
    pub(super) fn task_of(&mut self, state: String, step: &Step) {
        self.tasks.push(TaskOf { state, step: step.span.start, asks: false, fetches: false });
    }

    pub(super) fn read_as(&mut self, id: LocalId, text: String) {
        if let Some(slot) = self.locals.get_mut(id.0 as usize) {
            *slot = text;
        }
    }

    /// The variable that a local is assigned to; one with another is the same variable.
    pub(super) fn variable(&mut self, id: LocalId) -> String {
        let Some(local) = self.pipeline.locals.get(id.0 as usize) else { return String::new() };
        let variable = self.variables.give(&local.name, self.scope);
        let mut of = Some(id);
        while let Some(id) = of {
            self.read_as(id, format!("${variable}"));
            of = self.pipeline.locals.get(id.0 as usize).and_then(|local| local.joins);
        }
        variable
    }

    pub(super) fn is_read(&self, id: LocalId) -> bool {
        self.pipeline.locals.get(id.0 as usize).is_some_and(|local| local.read)
    }

    fn call(&mut self, call: &Call, comment: Option<String>, step: &Step, next: Next, level: &mut Level) {
        let state = self.entries.get(&step.span.start).cloned().unwrap_or_default();
        let names = CallNames::new(self, call, &state);
        let fetched = |next: &Next| match &call.fetch {
            Some(_) => Next::Next(names.fetch.clone()),
            None => next.clone(),
        };
        let then = match &call.poll {
            Some(_) => Next::Next(names.wait.clone()),
            None => fetched(&next),
        };
        let (mut assign, mut output) = match &call.fetch {
            None => self.returned(call, &names, level, &then),
            Some(_) => (Assign::new(), None),
        };
        if let Some(keep) = &call.keep {
            assign.insert(names.variable.clone(), Json::String(self.scope().query(keep)));
        }
        if let (Some(more), Some(page)) = (&call.more, call.binding) {
            let variable = self.variables.give(&format!("next {}", call.name), self.scope);
            assign.insert(variable.clone(), self.next_page(more));
            self.pages.insert(page, Paging { state: state.clone(), step: step.span.start, variable });
        }
        if call.poll.is_some() {
            output = None;
            assign.extend(call.timeout.map(|seconds| (names.deadline.clone(), poll::deadline(seconds))));
        }
        let task = document::Task {
            comment,
            resource: self.resource(&call.start.resource),
            credentials: self.credentials(call),
            arguments: self.scope().json(&call.start.arguments),
            timeout_seconds: call.timeout,
            heartbeat_seconds: call.heartbeat,
            retry: retries(&call.retry),
            catch: self.catches(),
            assign,
            output,
            next: then,
        };
        self.task_of(state, step);
        self.push(step, State::Task(task), level);
        if let Some(poll) = &call.poll {
            let state = names.ask.clone();
            self.tasks.push(TaskOf { state, step: step.span.start, asks: true, fetches: false });
            self.poll(call, poll, &names, &fetched(&next), level);
        }
        if let Some(request) = &call.fetch {
            let state = names.fetch.clone();
            self.tasks.push(TaskOf { state, step: step.span.start, asks: false, fetches: true });
            self.fetch(call, request, &names, next, level);
        }
    }

    /// Where a call's value goes: into the variable that its name is read as, or out of the branch that it is the value of.
    pub(super) fn returned(
        &mut self,
        call: &Call,
        names: &CallNames,
        level: &Level,
        next: &Next,
    ) -> (Assign, Option<Json>) {
        let scope = Scope { kept: &names.kept, ..self.scope() };
        let value = call.output.as_ref().map(|output| scope.query(output));
        match call.binding {
            Some(id) if level.value == Some(id) => (Assign::new(), value.map(Json::String)),
            Some(id) if self.is_read(id) => {
                let variable = self.variable(id);
                let assign = value.map(|value| (variable, Json::String(value)));
                (assign.into_iter().collect(), nothing_at_end(next))
            }
            _ => (Assign::new(), nothing_at_end(next)),
        }
    }

    /// Where the next page begins, as an answer says; `null` where it says nothing, or nothing of it.
    pub(super) fn next_page(&self, more: &Expression) -> Json {
        let at = self.scope().text(more);
        Json::String(format!("{{% $exists({at}) ? {at} : null %}}"))
    }

    /// How the pages are asked for of which a local holds one.
    pub(super) fn paging(&self, over: &Expression) -> Option<Paging> {
        match over.kind {
            ExpressionKind::Local(id) => self.pages.get(&id).cloned(),
            _ => None,
        }
    }

    /// Notes that a state makes the call of another step.
    pub(super) fn asks_again(&mut self, state: String, step: u32) {
        self.tasks.push(TaskOf { state, step, asks: false, fetches: false });
    }

    /// Gets what a call came to.
    fn fetch(&mut self, call: &Call, request: &Request, names: &CallNames, next: Next, level: &mut Level) {
        let (assign, output) = self.returned(call, names, level, &next);
        let scope = Scope { kept: &names.kept, ..self.scope() };
        let task = document::Task {
            comment: None,
            resource: self.resource(&request.resource),
            credentials: self.credentials(call),
            arguments: scope.json(&request.arguments),
            timeout_seconds: None,
            heartbeat_seconds: None,
            retry: retries(&call.retry),
            catch: self.catches(),
            assign,
            output,
            next,
        };
        level.states.push((names.fetch.clone(), State::Task(task)));
    }

    /// The role that a call's requests are made as, where that is not the pipeline's own.
    pub(super) fn credentials(&self, call: &Call) -> Option<document::Credentials> {
        let account = call.elsewhere?;
        let role = derived_role_in(self.platform, self.pipeline.resource, Duty::Delegate(account), account)?;
        Some(document::Credentials { role_arn: role.arn.to_string() })
    }

    pub(super) fn resource(&self, integration: &str) -> String {
        format!("arn:{}:states:::{integration}", self.platform.project.partition())
    }

    fn choose(
        &mut self,
        choice: &Choice,
        comment: Option<String>,
        step: &Step,
        next: Next,
        level: &mut Level,
    ) {
        let mut choices = Vec::with_capacity(choice.arms.len());
        for arm in &choice.arms {
            let condition = self.scope().query(&arm.condition);
            let entry = self.entry(&arm.body, &next);
            choices.push(document::Rule {
                condition,
                assign: Assign::new(),
                next: self.target(&entry, level),
            });
        }
        let default = choice.otherwise.as_ref().map(|body| {
            let entry = self.entry(body, &next);
            self.target(&entry, level)
        });
        self.push(step, State::Choice(document::Choice { comment, choices, default }), level);
        for arm in &choice.arms {
            self.steps(&arm.body, &next, level);
        }
        if let Some(body) = &choice.otherwise {
            self.steps(body, &next, level);
        }
    }

    fn parallel(
        &mut self,
        branches: &[Branch],
        comment: Option<String>,
        step: &Step,
        next: Next,
        level: &mut Level,
    ) {
        let catch = self.catches();
        let flows = branches.iter().map(|branch| self.inner_level(&branch.body, branch.binding)).collect();
        let mut assign = Assign::new();
        for (at, branch) in branches.iter().enumerate() {
            if let Some(id) = branch.binding.filter(|id| self.is_read(*id)) {
                let variable = self.variable(id);
                assign.insert(variable, Json::String(format!("{{% {}[{at}] %}}", jsonata::RESULT)));
            }
        }
        let output = Some(nothing_at_end(&next).unwrap_or_else(|| json!({})));
        let parallel = document::Parallel { comment, branches: flows, catch, assign, output, next };
        self.push(step, State::Parallel(parallel), level);
    }

    fn attempt(&mut self, body: &[Step], catches: &[Catch], next: Next, level: &mut Level) {
        let handlers = catches.iter().map(|catch| self.handler(catch, &next, level)).collect();
        self.handlers.push(handlers);
        self.steps(body, &next, level);
        self.handlers.pop();
        if body.iter().any(|step| self.has_state(step)) {
            catches.iter().for_each(|catch| self.steps(&catch.body, &next, level));
        }
    }

    fn handler(&mut self, catch: &Catch, next: &Next, level: &mut Level) -> Handler {
        let entry = self.entry(&catch.body, next);
        let errors: Vec<String> = match catch.errors.as_slice() {
            [] => vec!["States.ALL".to_owned()],
            errors => errors.iter().map(ToString::to_string).collect(),
        };
        let variable = catch.binding.filter(|id| self.is_read(*id)).map(|id| self.variable(id));
        Handler { errors, variable, next: self.target(&entry, level) }
    }

    /// What catches a state's errors: the innermost `try` first, and nothing behind what catches all.
    pub(super) fn catches(&self) -> Vec<document::Catch> {
        let mut list = Vec::new();
        for handler in self.handlers.iter().rev().flatten() {
            let assign = handler.variable.iter().map(|variable| (variable.clone(), caught()));
            list.push(document::Catch {
                error_equals: handler.errors.clone(),
                assign: assign.collect(),
                next: handler.next.clone(),
            });
            if handler.errors.iter().any(|error| error == "States.ALL") {
                break;
            }
        }
        list
    }
}

/// The record `Error` of what was caught. A failure need not have a cause.
fn caught() -> Json {
    json!({
        "name": "{% $states.errorOutput.Error %}",
        "cause": "{% $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : \"\" %}",
    })
}

/// A state that ends its machine hands nothing on.
fn nothing_at_end(next: &Next) -> Option<Json> {
    matches!(next, Next::End(_)).then(|| json!({}))
}

pub(super) fn retries(retries: &[Retry]) -> Vec<document::Retry> {
    let made = retries.iter().filter(|retry| retry.attempts > 0).map(|retry| document::Retry {
        error_equals: retry.errors.iter().map(ToString::to_string).collect(),
        interval_seconds: retry.every,
        max_attempts: retry.attempts,
        backoff_rate: retry.backoff.parse().unwrap_or(1.0),
        max_delay_seconds: retry.max_delay,
        jitter_strategy: retry.jitter.then_some("FULL"),
    });
    made.collect()
}
