//! A pipeline on this machine, with what it calls made up.

use std::io::Read as _;
use std::path::Path;

use dpl::machine::{Halt, Outcome as Ending};
use dpl::platform::{Pipeline, Platform};
use dpl::rehearsal::{START, event_conforms, rehearse};
use serde_json::{Map, Value as Json};

use super::mocks::Given;
use super::{Arguments, files, trace};
use crate::cli::{Failure, Outcome, report};

/// Runs the pipeline to its end.
pub(super) fn run(
    arguments: &Arguments,
    platform: &Platform,
    pipeline: &Pipeline,
) -> Result<Outcome, Failure> {
    let event = event(arguments.event.as_deref())?;
    if let Err(why) = event_conforms(platform, pipeline, &event) {
        let file = arguments.event.as_deref().unwrap_or("{}");
        return Err(Failure(format!("`{file}` is no event of `{}`: {why}", arguments.name)));
    }
    let mut given = Given::new(platform, pipeline, &arguments.mock)?;
    let ran = rehearse(platform, pipeline, event, START, &mut given);
    if arguments.trace {
        report::error(&trace::written(&ran));
    }
    match ran.outcome {
        Ending::Succeeded(output) => {
            report::result(&format!("{output:#}\n"));
            Ok(Outcome::Fine)
        }
        Ending::Failed(failure) => {
            report::complain(&format!("`{}` fails with {failure}", arguments.name));
            Ok(Outcome::Faulty)
        }
        Ending::Halted(Halt::Unanswered(why)) => Err(Failure(match given.mend() {
            Some(mend) => format!("{why}; {mend}"),
            None => why,
        })),
        Ending::Halted(halt) => Err(Failure(halt.to_string())),
    }
}

fn event(file: Option<&str>) -> Result<Json, Failure> {
    let Some(file) = file else { return Ok(Json::Object(Map::new())) };
    let mut text = String::new();
    files::open(file)?
        .read_to_string(&mut text)
        .map_err(|error| Failure::io("read", Path::new(file), &error))?;
    serde_json::from_str(&text).map_err(|error| Failure(format!("`{file}` is no JSON: {error}")))
}
