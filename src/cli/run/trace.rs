//! What happened in a run, for people.

use std::fmt::Write as _;

use dpl::machine::{Event, Execution, Happening};
use dpl::rehearsal::{START, shortened};
use serde_json::Value as Json;

/// As many characters of a value are shown.
const SHOWN: usize = 400;

/// The events of a run: a line for each state with its time, and below it what happened there.
pub(super) fn written(execution: &Execution) -> String {
    let mut out = String::new();
    for event in &execution.events {
        line(event, &mut out);
    }
    let _ = writeln!(out, "{}  end", clock(execution.end - START));
    out
}

fn line(event: &Event, out: &mut String) {
    let indent = "  ".repeat(event.depth);
    let mut below = |word: &str, text: &str| {
        let _ = writeln!(out, "{:10}  {indent}  {word:9} {text}", "");
    };
    match &event.what {
        Happening::Entered(input) => {
            let _ = writeln!(out, "{}  {indent}{}", clock(event.at - START), event.state);
            let _ = writeln!(out, "{:10}  {indent}  {:9} {}", "", "input", short(input));
        }
        Happening::Called(resource, arguments) => {
            below(
                "calls",
                &format!("{} {}", resource.rsplit(":::").next().unwrap_or_default(), short(arguments)),
            );
        }
        Happening::Returned(result) => below("returns", &short(result)),
        Happening::Failed(failure) => below("fails", &failure.to_string()),
        Happening::Retried(retry, pause) => {
            below("retries", &format!("after {}: attempt {}", clock(*pause).trim_start(), retry + 1));
        }
        Happening::Caught(next) => below("caught", &format!("goes to {next}")),
        Happening::Assigned(variables) => {
            for (name, value) in variables {
                below("assigns", &format!("{name} = {}", short(value)));
            }
        }
        Happening::Waited(pause) => below("waits", clock(*pause).trim_start()),
        Happening::Left(output) => below("output", &short(output)),
    }
}

fn short(value: &Json) -> String {
    shortened(value, SHOWN)
}

/// A span of time: `1d02:03:04`, with parts of a second where there are any.
fn clock(milliseconds: i64) -> String {
    let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, parts) = (rest / 1000 % 60, rest % 1000);
    let mut text = if days > 0 { format!("{days}d") } else { String::new() };
    let _ = write!(text, "{hours:02}:{minutes:02}:{seconds:02}");
    if parts > 0 {
        let _ = write!(text, ".{parts:03}");
    }
    format!("{text:>10}")
}
