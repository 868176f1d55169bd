//! Pipelines tried on this machine: the document that is deployed, run by the [interpreter](crate::machine) with what it calls made up.
//!
//! | file | does |
//! | --- | --- |
//! | `mod.rs` | a pipeline's document with the calls of its tasks; runs inside runs |
//! | `items.rs` | what a loop reads where its items are these |
//! | `response.rs` | what a service answers where a call has this value or that error |
//! | `wire.rs` | values in the spelling of the service that answers them |
//! | `conform.rs` | whether a value has a type |
//! | `trial.rs`, `rows.rs` | tests of pipelines and of queries |
//! | `compare.rs`, `mismatch.rs` | what was expected beside what was seen |

mod compare;
mod conform;
mod items;
mod mismatch;
mod response;
mod rows;
mod trial;
mod wire;

use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};
use smol_str::SmolStr;

pub use compare::Difference;
pub use conform::{conforms, event_conforms};
pub use mismatch::{Mismatch, shortened};

use crate::{
    machine::{self, Answer, Execution, Failure, Machine, Outcome, Request, Tasks, Time},
    platform::{
        Pipeline, Platform, ResourceId, Test,
        pipeline::{Call, Poll, Reader},
        resource::Noun,
        test::Tested,
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
    let calls = pipeline.calls().into_iter().collect();
    let readers = pipeline.readers().into_iter().collect();
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

/// Runs a test: what did not happen as it expects. Nothing where it passes.
pub fn try_out(platform: &Platform, test: &Test) -> Vec<Mismatch> {
    match &test.of {
        Tested::Pipeline(tried) => trial::run(platform, test, tried),
        Tested::Query(tried) => rows::run(platform, test, tried),
    }
}

/// The run of a pipeline that a test describes: its event and everything that happens. Nothing for a query's test.
pub fn run_of(platform: &Platform, test: &Test) -> Option<(Json, Execution)> {
    match &test.of {
        Tested::Pipeline(tried) => trial::execute(platform, tried),
        Tested::Query(_) => None,
    }
}

/// Answers the requests of a pipeline's states in the words of the services.
struct Cast<'c> {
    platform: &'c Platform,
    calls: FxHashMap<u32, &'c Call>,
    readers: FxHashMap<u32, &'c Reader>,
    roles: FxHashMap<String, TaskOf>,
    mocks: &'c mut dyn Mocks,
    /// The calls that more than one request belongs to, by step, in the order in which they were started.
    begun: FxHashMap<u32, Vec<Begun>>,
}

/// A call that has been started.
struct Begun {
    /// When it ends.
    until: Time,
    /// What it comes to: where the service keeps it, the answer in which it says so.
    end: Result<Json, Failure>,
}

impl Tasks for Cast<'_> {
    fn call(&mut self, request: &Request<'_>) -> Result<Answer, String> {
        let nothing = || format!("the state `{}` belongs to no call", request.state);
        let role = self.roles.get(request.state).cloned().ok_or_else(nothing)?;
        let call = *self.calls.get(&role.step).ok_or_else(nothing)?;
        match &call.poll {
            Some(poll) if role.asks => self.standing(call, poll, role.step, request),
            _ if role.fetches => self.fetched(call, role.step, request),
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
        let number = self.begun.get(&step).map_or(0, Vec::len) + 1;
        let (end, result) = match (reply.end, &call.poll) {
            (End::Response(response), _) => (Ok(response.clone()), Ok(response)),
            (End::Value(value), _) if self.readers.contains_key(&step) => {
                let items = self.readers.get(&step).map_or(Json::Null, |reader| items::raw(reader, value));
                (Ok(Json::Null), Ok(items))
            }
            (End::Value(value), _) => {
                let response = response::of_start(self.platform, call, Some(&value), number)?;
                let end = match &call.fetch {
                    Some(_) => response::of_result(self.platform, call, &value)?,
                    None => value,
                };
                (Ok(end), Ok(response))
            }
            (End::Failure(failure), Some(poll)) if failure.error == poll.error => {
                (Err(failure), Ok(response::of_start(self.platform, call, None, number)?))
            }
            (End::Failure(failure), _) => (Ok(Json::Null), Err(failure)),
        };
        // What is only started is answered at once; the time that it takes passes while it is asked for.
        if call.poll.is_some() && result.is_ok() {
            let until = request.at.saturating_add(machine::milliseconds(reply.seconds));
            self.begun.entry(step).or_default().push(Begun { until, end });
            return Ok(Answer::at_once(result));
        }
        if call.fetch.is_some() && result.is_ok() {
            self.begun.entry(step).or_default().push(Begun { until: request.at, end });
        }
        Ok(Answer { result, seconds: reply.seconds, silence: reply.silence })
    }

    /// The call that a later request is about: the one whose id it names, or the last.
    fn begun(&self, call: &Call, step: u32, request: &Request<'_>) -> Option<&Begun> {
        let begun = self.begun.get(&step)?;
        let named =
            (1..=begun.len()).rev().find(|number| names(request.arguments, &response::id_of(call, *number)));
        begun.get(named.unwrap_or(begun.len()).checked_sub(1)?)
    }

    /// How a call stands whose end is asked for.
    fn standing(&self, call: &Call, poll: &Poll, step: u32, request: &Request<'_>) -> Result<Answer, String> {
        let platform = self.platform;
        let response = match self.begun(call, step, request) {
            Some(begun) if request.at < begun.until => response::of_unfinished(platform, poll)?,
            Some(Begun { end: Err(failure), .. }) => response::of_failure(platform, poll, failure)?,
            _ => response::of_status(platform, poll, poll.done.first().map_or("", SmolStr::as_str))?,
        };
        Ok(Answer::at_once(Ok(response)))
    }

    /// What a call came to whose result the service keeps.
    fn fetched(&self, call: &Call, step: u32, request: &Request<'_>) -> Result<Answer, String> {
        let end = self.begun(call, step, request).map_or(Ok(Json::Null), |begun| begun.end.clone());
        Ok(Answer::at_once(end))
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

/// Whether a text is somewhere in a request.
fn names(request: &Json, text: &str) -> bool {
    match request {
        Json::String(found) => found == text,
        Json::Array(items) => items.iter().any(|item| names(item, text)),
        Json::Object(members) => members.values().any(|member| names(member, text)),
        _ => false,
    }
}

/// Nothing is said of a call. Whoever says what calls come to knows how that is mended.
fn unanswered(call: &Call, request: &Json) -> String {
    format!("nothing says what `{}` returns; it is called with {request}", call.function)
}
