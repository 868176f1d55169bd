//! Pipelines tried on this machine: the document that is deployed, run by the [interpreter](crate::machine) with what it calls made up.
//!
//! | file | does |
//! | --- | --- |
//! | `mod.rs` | a pipeline's document with the calls of its tasks; runs inside runs |
//! | `items.rs` | what a loop reads where its items are these |
//! | `response.rs` | what a service answers where a call has this value or that error |
//! | `conform.rs` | whether a value has a type |

mod conform;
mod items;
mod response;

use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

pub use conform::{conforms, event_conforms};

use crate::{
    machine::{self, Answer, Execution, Failure, Machine, Outcome, Request, Tasks, Time},
    platform::{
        Pipeline, Platform, ResourceId,
        pipeline::{Call, Poll, Reader, Step, StepKind},
        resource::Noun,
    },
    target::states::{self, TaskOf},
};

/// When a run begins that nobody gives a time: 2026-01-01T00:00:00Z.
pub const START: Time = 1_767_225_600_000;

/// What a call is said to come to.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its end.
    pub end: End,
    /// How many seconds it takes.
    pub seconds: f64,
    /// The longest time that it sends no heartbeat for.
    pub silence: Option<f64>,
}

/// The ends that a call can have.
#[derive(Clone, Debug)]
pub enum End {
    /// It returns this value.
    Value(Json),
    /// The service answers this.
    Response(Json),
    /// It fails.
    Failure(Failure),
}

/// A call that a pipeline makes.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The call.
    pub call: &'a Call,
    /// The request as it is made.
    pub request: &'a Json,
}

/// Whoever says what calls come to.
pub trait Mocks {
    /// What a call comes to; `None` where nothing is said of it. An error says why it can't be told.
    fn reply(&mut self, asked: Asked<'_>) -> Result<Option<Reply>, String>;
}

/// Runs a pipeline.
pub fn rehearse(
    platform: &Platform,
    pipeline: &Pipeline,
    input: Json,
    start: Time,
    mocks: &mut dyn Mocks,
) -> Execution {
    let (document, tasks) = states::machine_with_tasks(platform, pipeline);
    let mut calls = FxHashMap::default();
    collect(&pipeline.body, &mut calls);
    let mut readers = FxHashMap::default();
    collect_readers(&pipeline.body, &mut readers);
    let roles = tasks.into_iter().map(|task| (task.state.clone(), task)).collect();
    let mut cast = Cast { platform, calls, readers, roles, mocks, begun: FxHashMap::default() };
    match Machine::read(&states::pretty(&document)) {
        Ok(machine) => machine::run(&machine, input, start, &mut cast),
        Err(malformed) => {
            let halt = machine::Halt::Unanswered(format!("the state machine can't be run here: {malformed}"));
            Execution { outcome: Outcome::Halted(halt), events: Vec::new(), end: start }
        }
    }
}

/// All calls of a pipeline, in the order of the program.
pub fn calls(pipeline: &Pipeline) -> Vec<&Call> {
    let mut found = FxHashMap::default();
    collect(&pipeline.body, &mut found);
    let mut calls: Vec<(u32, &Call)> = found.into_iter().collect();
    calls.sort_unstable_by_key(|(at, _)| *at);
    calls.into_iter().map(|(_, call)| call).collect()
}

/// Those of them that read the items of loops.
pub fn reader_calls(pipeline: &Pipeline) -> Vec<&Call> {
    let mut found = FxHashMap::default();
    collect_readers(&pipeline.body, &mut found);
    found.into_values().map(|reader| &*reader.call).collect()
}

fn collect_readers<'p>(steps: &'p [Step], readers: &mut FxHashMap<u32, &'p Reader>) {
    for step in steps {
        if let StepKind::For(each) = &step.kind
            && let Some(reader) = each.distributed.as_ref().and_then(|own| own.reader.as_ref())
        {
            readers.insert(step.span.start, reader);
        }
        step.blocks().into_iter().for_each(|block| collect_readers(block, readers));
    }
}

/// The calls below steps, by where their steps begin.
fn collect<'p>(steps: &'p [Step], calls: &mut FxHashMap<u32, &'p Call>) {
    for step in steps {
        match &step.kind {
            StepKind::Call(call) => {
                calls.insert(step.span.start, call);
            }
            StepKind::Choose(choice) => {
                choice.arms.iter().for_each(|arm| collect(&arm.body, calls));
                choice.otherwise.iter().for_each(|body| collect(body, calls));
            }
            StepKind::Parallel(branches) => branches.iter().for_each(|branch| collect(&branch.body, calls)),
            StepKind::For(each) => {
                let own = each.distributed.as_ref();
                if let Some(reader) = own.and_then(|own| own.reader.as_ref()) {
                    calls.insert(step.span.start, &reader.call);
                }
                collect(&each.body, calls);
            }
            StepKind::Try(body, catches) => {
                collect(body, calls);
                catches.iter().for_each(|catch| collect(&catch.body, calls));
            }
            _ => {}
        }
    }
}

/// Answers the requests of a pipeline's states in the words of the services.
struct Cast<'c> {
    platform: &'c Platform,
    calls: FxHashMap<u32, &'c Call>,
    readers: FxHashMap<u32, &'c Reader>,
    roles: FxHashMap<String, TaskOf>,
    mocks: &'c mut dyn Mocks,
    /// How the calls end whose end is asked for, by step: those that have been started.
    begun: FxHashMap<u32, Result<(), Failure>>,
}

impl Tasks for Cast<'_> {
    fn call(&mut self, request: &Request<'_>) -> Result<Answer, String> {
        let nothing = || format!("the state `{}` belongs to no call", request.state);
        let role = self.roles.get(request.state).cloned().ok_or_else(nothing)?;
        let call = *self.calls.get(&role.step).ok_or_else(nothing)?;
        match (&call.poll, role.asks) {
            (Some(poll), true) => self.standing(poll, role.step),
            _ => self.start(call, role.step, request),
        }
    }
}

impl Cast<'_> {
    fn start(&mut self, call: &Call, step: u32, request: &Request<'_>) -> Result<Answer, String> {
        let asked = Asked { call, request: request.arguments };
        let reply = match (self.mocks.reply(asked)?, call.runs) {
            (Some(reply), _) => reply,
            (None, Some(id)) => return self.nested(id, request),
            (None, None) => return Err(unanswered(call, request.arguments)),
        };
        let result = match (reply.end, &call.poll) {
            (End::Response(response), _) => Ok(response),
            (End::Value(value), _) if self.readers.contains_key(&step) => {
                Ok(self.readers.get(&step).map_or(Json::Null, |reader| items::raw(reader, value)))
            }
            (End::Value(value), poll) => {
                self.begun.insert(step, Ok(()));
                Ok(response::of_value(call, poll.as_ref(), Some(value))?)
            }
            (End::Failure(failure), Some(poll)) if failure.error == poll.error => {
                self.begun.insert(step, Err(failure));
                Ok(response::of_value(call, Some(poll), None)?)
            }
            (End::Failure(failure), _) => Err(failure),
        };
        Ok(Answer { result, seconds: reply.seconds, silence: reply.silence })
    }

    /// How a call stands whose end is asked for.
    fn standing(&self, poll: &Poll, step: u32) -> Result<Answer, String> {
        let end = self.begun.get(&step).cloned().unwrap_or(Ok(()));
        Ok(Answer::at_once(Ok(response::of_standing(poll, end.as_ref().err())?)))
    }

    /// Runs another pipeline of the program, with the same mocks.
    fn nested(&mut self, id: ResourceId, request: &Request<'_>) -> Result<Answer, String> {
        let Noun::Pipeline(at) = self.platform.resource(id).noun else {
            return Err("no pipeline".to_owned());
        };
        let pipeline = self.platform.pipelines.get(at as usize).ok_or("no pipeline")?;
        let input = request.arguments.get("Input").cloned().unwrap_or(Json::Null);
        let ran = rehearse(self.platform, pipeline, input, request.at, self.mocks);
        let result = match ran.outcome {
            Outcome::Succeeded(output) => Ok(json!({ "Output": output, "Status": "SUCCEEDED" })),
            Outcome::Failed(failure) => {
                let told = json!({ "Error": failure.error, "Cause": failure.cause, "Status": "FAILED" });
                Err(Failure::new("States.TaskFailed", told.to_string()))
            }
            Outcome::Halted(halt) => return Err(halt.to_string()),
        };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
        let seconds = ran.end.saturating_sub(request.at) as f64 / 1000.0;
        Ok(Answer { result, seconds, silence: None })
    }
}

fn unanswered(call: &Call, request: &Json) -> String {
    format!("nothing says what `{}` returns; it is called with {request}", call.function)
}
