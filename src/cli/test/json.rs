//! Tests for programs: one JSON object a test, and one with the counts.

use dpl::diagnostic::catalogue;
use dpl::diagnostic::render::place::Place;
use dpl::rehearsal::{Difference, Mismatch};
use dpl::source::SourceMap;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Ran, Results};

#[derive(Serialize)]
struct Line<'a> {
    test: &'a str,
    kind: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    passed: bool,
    failures: Vec<Failure<'a>>,
}

#[derive(Serialize)]
struct Failure<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    label: &'a str,
    differences: Vec<Json>,
    note: Option<&'a str>,
}

pub(super) fn render(results: &Results<'_>) -> String {
    let lines = results.tests.iter().map(|ran| {
        let line = line(ran, results.sources);
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    });
    let counts = json!({ "passed": results.passed(), "failed": results.failed() });
    lines.collect::<String>() + &counts.to_string() + "\n"
}

fn line<'a>(ran: &'a Ran<'a>, sources: &'a SourceMap) -> Line<'a> {
    Line {
        test: &ran.test.name,
        kind: ran.kind,
        subject: ran.subject,
        place: Place::of(sources, ran.test.span),
        passed: ran.mismatches.is_empty(),
        failures: ran.mismatches.iter().map(|mismatch| failure(mismatch, sources)).collect(),
    }
}

fn failure<'a>(mismatch: &'a Mismatch, sources: &'a SourceMap) -> Failure<'a> {
    let difference =
        |Difference { at, expected, got }: &Difference| json!({ "at": at, "expected": expected, "got": got });
    Failure {
        code: catalogue::TEST_FAILS.as_str(),
        message: &mismatch.message,
        place: Place::of(sources, mismatch.span),
        label: &mismatch.label,
        differences: mismatch.differences.iter().map(difference).collect(),
        note: mismatch.note.as_deref(),
    }
}
