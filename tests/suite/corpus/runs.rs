//! Runs of pipelines here, written down for another interpreter: what each task answered, and how the run went.

use std::collections::{BTreeMap, BTreeSet};

use dpl::machine::{Execution, Failure, Happening, Outcome};
use dpl::platform::{
    Pipeline, Platform,
    pipeline::{Step, StepKind},
};
use dpl::rehearsal::{START, rehearse};
use serde_json::{Value as Json, json};

use super::sample::{Fault, Sampler};

/// A run for `tests/oracles/run_states.py`.
pub struct Run {
    pub name: String,
    pub input: Json,
    /// Answers by state, in the order in which they were given.
    pub tasks: Json,
    /// The states that were entered.
    pub entered: BTreeSet<String>,
}

impl Run {
    /// What happened in a run.
    pub fn of(name: String, input: Json, execution: &Execution) -> Self {
        let entered = execution.path().map(str::to_owned).collect();
        Self { name, input, tasks: answers(execution), entered }
    }

    pub fn json(&self) -> Json {
        json!({ "name": self.name, "input": self.input, "tasks": self.tasks })
    }
}

/// What the tasks of a run answered, by state: a call, and what came back of it.
fn answers(execution: &Execution) -> Json {
    let mut answers: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    let mut events = execution.events.iter().peekable();
    while let Some(event) = events.next() {
        if !matches!(event.what, Happening::Called(..)) {
            continue;
        }
        let told = events.peek().map_or(event.at, |next| next.at);
        let answer = match events.peek().map(|next| (&next.state, &next.what)) {
            Some((state, Happening::Returned(result))) if *state == event.state => {
                json!({ "returns": result, "at": told })
            }
            Some((state, Happening::Failed(failure))) if *state == event.state => {
                json!({ "fails": [failure.error, failure.cause], "at": told })
            }
            _ => continue,
        };
        answers.entry(&event.state).or_default().push(answer);
    }
    json!(answers)
}

/// The faults that a well-typed program can't have, whatever its calls return.
const UNTYPED: &[&str] =
    &["States.QueryEvaluationError", "States.Runtime", "States.NoChoiceMatched", "States.DataLimitExceeded"];

/// What of a run says that the compiler's types do not hold.
pub fn unsound(execution: &Execution) -> Option<String> {
    let failed = |failure: &Failure| UNTYPED.contains(&failure.error.as_str()).then(|| failure.to_string());
    let inside = execution.events.iter().find_map(|event| match &event.what {
        Happening::Failed(failure) => failed(failure).map(|why| format!("{}: {why}", event.state)),
        _ => None,
    });
    inside.or_else(|| match &execution.outcome {
        Outcome::Failed(failure) => failed(failure),
        Outcome::Halted(halt) => Some(halt.to_string()),
        Outcome::Succeeded(_) => None,
    })
}

/// Whether the machine's own time was up, which no interpreter without time can see.
pub fn timed_out(execution: &Execution) -> bool {
    let caught = |failure: &Failure| failure.error == "States.Timeout";
    let by_a_task = execution
        .events
        .iter()
        .any(|event| matches!(&event.what, Happening::Failed(failure) if caught(failure)));
    // A call whose end is asked for says which one it was.
    let unnamed =
        |failure: &Failure| caught(failure) && failure.cause.as_deref().unwrap_or_default().is_empty();
    matches!(&execution.outcome, Outcome::Failed(failure) if unnamed(failure)) && !by_a_task
}

/// A run with values from a seed, and perhaps a fault; and how many calls were made.
pub fn sampled(
    platform: &Platform,
    pipeline: &Pipeline,
    seed: u64,
    fault: Option<Fault>,
) -> (Json, Execution, usize) {
    let mut sampler = Sampler::new(platform, seed, fault);
    let event = sampler.event(pipeline);
    let execution = rehearse(platform, pipeline, event.clone(), START, &mut sampler);
    (event, execution, sampler.made)
}

/// The states of a machine, those of branches and loops too.
pub fn state_names(machine: &Json) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, state) in machine["States"].as_object().unwrap() {
        names.insert(name.clone());
        let branches = state["Branches"].as_array().into_iter().flatten();
        for inner in branches.chain(state.get("ItemProcessor")) {
            names.extend(state_names(inner));
        }
    }
    names
}

/// Each statement with the one that it stands in: `try in parallel`.
pub fn nestings(pipeline: &Pipeline) -> BTreeSet<(&'static str, &'static str)> {
    let mut found = BTreeSet::new();
    nested(&pipeline.body, "pipeline", &mut found);
    found
}

fn nested(steps: &[Step], inside: &'static str, found: &mut BTreeSet<(&'static str, &'static str)>) {
    for step in steps {
        let word = match &step.kind {
            StepKind::Let(..) => "let",
            StepKind::Call(call) if call.poll.is_some() => "polled call",
            StepKind::Call(call) if call.runs.is_some() => "run",
            StepKind::Call(_) => "call",
            StepKind::Choose(choice) if choice.by_value => "match",
            StepKind::Choose(_) => "if",
            StepKind::Parallel(_) => "parallel",
            StepKind::For(_) => "for",
            StepKind::Try(..) => "try",
            StepKind::Wait(_) => "wait",
            StepKind::Fail(..) => "fail",
            StepKind::Return(_) => "return",
        };
        found.insert((word, inside));
        match &step.kind {
            StepKind::Choose(choice) => {
                choice.arms.iter().for_each(|arm| nested(&arm.body, word, found));
                choice.otherwise.iter().for_each(|body| nested(body, word, found));
            }
            StepKind::Parallel(branches) => {
                branches.iter().for_each(|branch| nested(&branch.body, word, found))
            }
            StepKind::For(each) => nested(&each.body, word, found),
            StepKind::Try(body, catches) => {
                nested(body, word, found);
                catches.iter().for_each(|catch| nested(&catch.body, "catch", found));
            }
            _ => {}
        }
    }
}

/// The errors that a pipeline's `catch` and `retry` name, and those of its calls whose end is asked for: what is worth being raised in it.
pub fn named_errors(pipeline: &Pipeline) -> Vec<String> {
    let mut names = Vec::new();
    collect(&pipeline.body, &mut names);
    names.retain(|name: &String| !matches!(name.as_str(), "States.ALL"));
    names.sort_unstable();
    names.dedup();
    names
}

fn collect(steps: &[Step], names: &mut Vec<String>) {
    for step in steps {
        match &step.kind {
            StepKind::Call(call) => {
                names.extend(call.retry.iter().flat_map(|retry| &retry.errors).map(ToString::to_string));
                names.extend(call.poll.iter().map(|poll| poll.error.to_string()));
            }
            StepKind::Choose(choice) => {
                choice.arms.iter().for_each(|arm| collect(&arm.body, names));
                choice.otherwise.iter().for_each(|body| collect(body, names));
            }
            StepKind::Parallel(branches) => branches.iter().for_each(|branch| collect(&branch.body, names)),
            StepKind::For(each) => collect(&each.body, names),
            StepKind::Try(body, catches) => {
                collect(body, names);
                for catch in catches {
                    names.extend(catch.errors.iter().map(ToString::to_string));
                    collect(&catch.body, names);
                }
            }
            _ => {}
        }
    }
}
