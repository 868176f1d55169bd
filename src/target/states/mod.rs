//! Pipelines as Step Functions state machines: `states/<pipeline>.asl.json`, the calls that make the machine, and those of its trigger.

mod codec;
pub mod document;
mod inline;
mod jsonata;
mod looping;
mod lower;
mod names;
mod poll;
mod size;

pub use lower::TaskOf;
pub use size::machines_fit;

use serde_json::{Map, Value as Json, json};

use super::{Program, Target};
use crate::{
    access::{Duty, derived_role},
    artifact::{Artifact, Artifacts},
    lower::{Call, Script, trigger},
    platform::{AccountId, Pipeline, Platform, pipeline::Expression},
};

/// State machines in Amazon States Language.
pub struct States;

impl Target for States {
    fn name(&self) -> &'static str {
        "states"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, .. } = *program;
        for pipeline in
            platform.pipelines.iter().filter(|pipeline| !platform.account(pipeline.account).external)
        {
            let machine = machine(platform, pipeline);
            let file = |folder: &str, suffix: &str, account: AccountId, text: String| {
                artifact(platform, pipeline, account, &format!("{folder}/{{}}.{suffix}.json"), text)
            };
            out.files.push(file("states", "asl", pipeline.account, pretty(&machine)));
            let calls = Script { calls: vec![create(platform, pipeline, &machine)] };
            let calls = calls.tagged(platform, Some(pipeline.resource));
            out.files.push(file("states", "calls", pipeline.account, calls.text()));
            for (account, script) in
                pipeline.trigger.iter().flat_map(|one| trigger::scripts(platform, pipeline, one))
            {
                if !platform.account(account).external {
                    out.files.push(file(
                        "events",
                        "calls",
                        account,
                        script.tagged(platform, Some(pipeline.resource)).text(),
                    ));
                }
            }
        }
    }
}

/// The state machine of a pipeline.
pub fn machine(platform: &Platform, pipeline: &Pipeline) -> document::Machine {
    machine_with_tasks(platform, pipeline).0
}

/// The state machine of a pipeline, and which call of the pipeline each of its tasks makes.
pub fn machine_with_tasks(platform: &Platform, pipeline: &Pipeline) -> (document::Machine, Vec<TaskOf>) {
    let (flow, tasks) = lower::flow(platform, pipeline);
    let machine = document::Machine {
        comment: platform.resource(pipeline.resource).doc.as_ref().map(ToString::to_string),
        query_language: "JSONata",
        timeout_seconds: pipeline.timeout,
        flow,
    };
    (machine, tasks)
}

/// An expression that reads nothing of a run, as a member of a state.
pub fn constant(platform: &Platform, expression: &Expression) -> Json {
    jsonata::Scope { platform, locals: &[], result: jsonata::RESULT, kept: "" }.json(expression)
}

/// The text of the document that is written.
pub fn pretty(machine: &document::Machine) -> String {
    crate::lower::pretty(machine, 16_384)
}

fn create(platform: &Platform, pipeline: &Pipeline, machine: &document::Machine) -> Call {
    let resource = platform.resource(pipeline.resource);
    let role = derived_role(platform, pipeline.resource, Duty::Pipeline);
    let input = Map::from_iter([
        ("name".to_owned(), Json::from(resource.physical.as_str())),
        ("definition".to_owned(), Json::from(serde_json::to_string(machine).unwrap_or_default())),
        ("roleArn".to_owned(), Json::from(role.map(|role| role.arn.to_string()).unwrap_or_default())),
        ("type".to_owned(), json!("STANDARD")),
    ]);
    Call {
        id: "machine".to_owned(),
        service: "stepfunctions".to_owned(),
        operation: "CreateStateMachine".to_owned(),
        input: Json::Object(input),
        account: platform.account(pipeline.account).id.to_string(),
    }
}

fn artifact(
    platform: &Platform,
    pipeline: &Pipeline,
    account: AccountId,
    pattern: &str,
    text: String,
) -> Artifact {
    let resource = platform.resource(pipeline.resource);
    let account = platform.account(account).name.to_string();
    Artifact {
        path: format!("{account}/{}", pattern.replace("{}", &resource.name)),
        account,
        family: "states",
        declaration: resource.name.to_string(),
        source: resource.span,
        text,
        notes: Vec::new(),
        statements: Vec::new(),
    }
}
