//! What `--mock` says that calls return: from files, or by commands.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use dpl::machine::Failure as Error;
use dpl::platform::{Base, Pipeline, Platform, pipeline::Call};
use dpl::rehearsal::{Asked, End, Mocks, Reply, conforms};
use dpl::suggest::nearest;
use serde_json::{Map, Value as Json, json};

use super::files::Binding;
use crate::cli::Failure;

/// The mocks that are given.
pub(super) struct Given<'p> {
    platform: &'p Platform,
    mocks: BTreeMap<String, Mock>,
    /// What was called though no mock is given.
    missing: Option<String>,
}

enum Mock {
    /// What a file says: the file, the results, and how many were taken.
    File(String, Vec<Json>, usize),
    /// A line for the shell.
    Command(String),
    /// The items of a loop: the file, the items, and whether they are as AWS reads them, and not as the language has them.
    Items(String, Json, bool),
}

impl<'p> Given<'p> {
    /// Reads the files, and refuses mocks of what the pipeline does not call.
    pub(super) fn new(
        platform: &'p Platform,
        pipeline: &'p Pipeline,
        bindings: &[Binding],
    ) -> Result<Self, Failure> {
        let known = names(platform, pipeline);
        let mut mocks = BTreeMap::new();
        for (name, what) in bindings {
            if !known.contains(name) {
                let hint = match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it calls: {}", known.join(", ")),
                };
                return Err(Failure(format!("`--mock {name}=…`: the pipeline does not call it; {hint}")));
            }
            let mock = if reads(platform, pipeline, name) { Mock::items(what)? } else { Mock::read(what)? };
            if mocks.insert(name.clone(), mock).is_some() {
                return Err(Failure(format!("`--mock {name}=…` is given twice")));
            }
        }
        Ok(Self { platform, mocks, missing: None })
    }

    /// What could be given so that a run which has stopped goes on.
    pub(super) fn mend(&self) -> Option<String> {
        self.missing.as_ref().map(|name| format!("give `--mock {name}=FILE.json`"))
    }
}

/// What mocks may be of: what the pipeline calls, and what pipelines call that it runs. The name of a call is more exact than that of an
/// integration.
fn names(platform: &Platform, pipeline: &Pipeline) -> Vec<String> {
    let calls = platform.calls_within(pipeline);
    let mut names: Vec<String> =
        calls.iter().flat_map(|call| [call.function.to_string(), call.name.to_string()]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether that name is what a loop reads from.
fn reads(platform: &Platform, pipeline: &Pipeline, name: &str) -> bool {
    let of = |call: &Call| call.name == name || call.function == name;
    platform.run_by(pipeline).iter().flat_map(|one| one.readers()).any(|(_, reader)| of(&reader.call))
}

impl Mock {
    /// What a loop reads: a file of items by its ending, or a command that prints their list.
    fn items(what: &str) -> Result<Self, Failure> {
        let ending = Path::new(what).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let text = match ending {
            "json" | "jsonl" | "ndjson" | "csv" => {
                std::fs::read_to_string(what).map_err(|error| Failure::io("read", Path::new(what), &error))?
            }
            _ => return Ok(Self::Command(what.to_owned())),
        };
        let wrong = |error: &dyn std::fmt::Display| Failure(format!("`{what}` can't be read: {error}"));
        let items: Json = match ending {
            "json" => serde_json::from_str(&text).map_err(|error| wrong(&error))?,
            "csv" => rows(&text).map_err(|error| wrong(&error))?,
            _ => text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(serde_json::from_str::<Json>)
                .collect::<Result<Json, _>>()
                .map_err(|error| wrong(&error))?,
        };
        Ok(Self::Items(what.to_owned(), items, ending == "csv"))
    }

    fn read(what: &str) -> Result<Self, Failure> {
        if !what.ends_with(".json") {
            return Ok(Self::Command(what.to_owned()));
        }
        let text =
            std::fs::read_to_string(what).map_err(|error| Failure::io("read", Path::new(what), &error))?;
        match serde_json::from_str(&text) {
            Ok(Json::Array(results)) if results.is_empty() => Err(Failure(format!(
                "`{what}` is a list of no results; one result that is a list is `[[…]]`"
            ))),
            Ok(Json::Array(results)) => Ok(Self::File(what.to_owned(), results, 0)),
            Ok(one) => Ok(Self::File(what.to_owned(), vec![one], 0)),
            Err(error) => Err(Failure(format!("`{what}` is no JSON: {error}"))),
        }
    }

    /// What the next call comes to, and who says so.
    fn next(&mut self, request: &Json) -> Result<(Json, String), String> {
        match self {
            Self::File(file, results, taken) => {
                let at = (*taken).min(results.len().saturating_sub(1));
                *taken += 1;
                let place = if results.len() > 1 {
                    format!("`{file}`, result {}", at + 1)
                } else {
                    format!("`{file}`")
                };
                Ok((results.get(at).cloned().unwrap_or(Json::Null), place))
            }
            Self::Command(line) => Ok((execute(line, request)?, format!("`{line}`"))),
            Self::Items(file, items, false) => Ok((items.clone(), format!("`{file}`"))),
            Self::Items(file, items, true) => Ok((json!({ "response": items }), format!("`{file}`"))),
        }
    }
}

/// The rows of a CSV file by the names in its first line; each cell is text.
fn rows(text: &str) -> Result<Json, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cells = names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), Json::from(cell)));
        rows.push(Json::Object(cells.collect()));
    }
    Ok(Json::Array(rows))
}

fn execute(line: &str, request: &Json) -> Result<Json, String> {
    let failed = |why: &dyn std::fmt::Display| format!("`{line}`: {why}");
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its request is none the worse for it.
        let _ = writeln!(stdin, "{request}");
    }
    let done = child.wait_with_output().map_err(|error| failed(&error))?;
    if !done.status.success() {
        return Err(failed(&format!(
            "ends with {}; to fail the call it prints {{\"error\": …}}",
            done.status
        )));
    }
    let text = String::from_utf8_lossy(&done.stdout);
    serde_json::from_str(&text).map_err(|error| failed(&format!("prints no JSON: {error}")))
}

impl Mocks for Given<'_> {
    fn reply(&mut self, asked: Asked<'_>) -> Result<Option<Reply>, String> {
        let call = asked.call;
        let name =
            [&call.name, &call.function].into_iter().find(|name| self.mocks.contains_key(name.as_str()));
        let Some(mock) = name.and_then(|name| self.mocks.get_mut(name.as_str())) else {
            self.missing = call.runs.is_none().then(|| call.function.to_string());
            return Ok(None);
        };
        let (said, by) = mock.next(asked.request)?;
        let wrong = |why: String| format!("{by} is nothing that `{}` returns: {why}", call.function);
        let whole_record = call.result.as_ref().is_some_and(|ty| {
            matches!(ty.base, Base::Record(_)) && conforms(self.platform, ty, &said).is_ok()
        });
        let reply = match said {
            Json::Object(members) if !whole_record => reply(members).map_err(wrong)?,
            value => at_once(End::Value(value)),
        };
        if let (End::Value(value), Some(ty)) = (&reply.end, &call.result) {
            conforms(self.platform, ty, value).map_err(wrong)?;
        }
        Ok(Some(reply))
    }
}

fn at_once(end: End) -> Reply {
    Reply { end, seconds: 0.0, silence: None }
}

/// An object: one that says how the call ends, or the result itself.
fn reply(mut members: Map<String, Json>) -> Result<Reply, String> {
    /// Members that say how a call ends.
    const ENDS: &[&str] = &["error", "response", "result"];
    /// Members that may stand beside them.
    const TIMES: &[&str] = &["seconds", "silence"];
    let ends = members.keys().filter(|name| ENDS.contains(&name.as_str())).count();
    if ends != 1
        || members.keys().any(|name| !ENDS.contains(&name.as_str()) && !TIMES.contains(&name.as_str()))
    {
        return Ok(at_once(End::Value(Json::Object(members))));
    }
    let number = |name: &str| match members.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or_else(|| format!("`{name}` is {value}, and no number")),
    };
    let (seconds, silence) = (number("seconds")?.unwrap_or_default(), number("silence")?);
    let end = if let Some(value) = members.shift_remove("result") {
        End::Value(value)
    } else if let Some(response) = members.shift_remove("response") {
        End::Response(response)
    } else {
        let error = members.shift_remove("error").unwrap_or(Json::Null);
        let text = |name: &str| error.get(name).and_then(Json::as_str).map(str::to_owned);
        let name = text("name").ok_or("an error has a `name`")?;
        End::Failure(Error { error: name, cause: Some(text("cause").unwrap_or_default()) })
    };
    Ok(Reply { end, seconds, silence })
}
