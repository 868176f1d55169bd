//! Tests of pipelines: the calls are answered as the test says, and what happened is held against what it expects.

use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{
    Asked, End, Mocks, Reply, START,
    compare::{agrees, differences, shown},
    rehearse, unanswered,
};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    machine::{Failure, Outcome, Queries},
    platform::{
        Platform, Test,
        pipeline::Expression,
        test::{CallPattern, Expectation, Expected, MockEnd, PipelineTest},
    },
    source::Span,
    target::states,
};

/// The value of an expression of a test.
pub(super) fn constant(platform: &Platform, expression: &Expression) -> Json {
    let member = states::constant(platform, expression);
    // A test's values were checked: they are constants.
    Queries::default().constant(&member).unwrap_or(Json::Null)
}

/// Something that did not happen as expected.
pub(super) fn failed(
    span: Span,
    message: String,
    expected: impl Into<String>,
    seen: Option<String>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(catalogue::TEST_FAILS, span, message, expected);
    match seen {
        Some(seen) => diagnostic.help(seen),
        None => diagnostic,
    }
}

pub(super) fn run(platform: &Platform, test: &Test, tried: &PipelineTest) -> Vec<Diagnostic> {
    let Some(pipeline) = platform.pipelines.get(tried.pipeline as usize) else { return Vec::new() };
    let event = constant(platform, &tried.event);
    let mut script = Script::new(platform, tried);
    let ran = rehearse(platform, pipeline, event, START, &mut script);
    let mut findings = Vec::new();
    if let Outcome::Halted(halt) = &ran.outcome {
        let help = script.missing.map(|name| format!("add `when {name}(_) -> …`"));
        return vec![failed(test.span, halt.to_string(), "this test can't go on", help)];
    }
    let mut end_expected = false;
    for Expected { what, span } in &tried.expected {
        match what {
            Expectation::Calls(calls, in_order) => {
                findings.extend(script.calls(calls, *in_order, *span));
            }
            Expectation::Never(function) => {
                let first = script.seen.iter().find(|(seen, _)| seen == function);
                findings.extend(first.map(|(_, request)| {
                    let help = format!("it is called with {}", shown(request));
                    failed(*span, format!("`{function}` is called"), "expected not to be", Some(help))
                }));
            }
            Expectation::Result(value) => {
                end_expected = true;
                findings.extend(result(&constant(platform, value), &ran.outcome, *span));
            }
            Expectation::Error(name, cause) => {
                end_expected = true;
                let cause = cause.as_ref().map(|cause| constant(platform, cause));
                findings.extend(error(name, cause.as_ref(), &ran.outcome, *span));
            }
        }
    }
    if let (Outcome::Failed(failure), false) = (&ran.outcome, end_expected) {
        let message = format!("the run fails with {failure}");
        let help = format!("where that is meant, write `expect error {}`", failure.error);
        findings.push(failed(test.span, message, "expects no error", Some(help)));
    }
    findings
}

fn result(expected: &Json, outcome: &Outcome, span: Span) -> Option<Diagnostic> {
    match outcome {
        Outcome::Succeeded(output) if agrees(expected, output) => None,
        Outcome::Succeeded(output) => {
            let help = format!("it returns {}", shown(output));
            let message = format!("the result is another: {}", differences(expected, output));
            Some(failed(span, message, format!("expected {}", shown(expected)), Some(help)))
        }
        Outcome::Failed(failure) => {
            let message = format!("the run fails with {failure}");
            Some(failed(span, message, format!("expected {}", shown(expected)), None))
        }
        Outcome::Halted(_) => None,
    }
}

fn error(name: &SmolStr, cause: Option<&Json>, outcome: &Outcome, span: Span) -> Option<Diagnostic> {
    let expected = match cause {
        Some(cause) => format!("expected {name} with {}", shown(cause)),
        None => format!("expected {name}"),
    };
    match outcome {
        Outcome::Failed(failure) if failure.error == name.as_str() => {
            let seen = Json::from(failure.cause.clone().unwrap_or_default());
            match cause {
                Some(cause) if !agrees(cause, &seen) => {
                    let message = format!("the cause is another: {}", differences(cause, &seen));
                    Some(failed(span, message, expected, None))
                }
                _ => None,
            }
        }
        Outcome::Failed(failure) => {
            Some(failed(span, format!("the run fails with {failure}"), expected, None))
        }
        Outcome::Succeeded(output) => {
            let help = format!("it returns {}", shown(output));
            Some(failed(span, "the run does not fail".to_owned(), expected, Some(help)))
        }
        Outcome::Halted(_) => None,
    }
}

/// A call that is spoken of, evaluated.
struct Pattern {
    function: SmolStr,
    request: Option<Json>,
}

impl Pattern {
    fn of(platform: &Platform, call: &CallPattern) -> Self {
        let request = call.request.as_ref().map(|request| constant(platform, request));
        Self { function: call.function.clone(), request }
    }

    fn is(&self, function: &str, request: &Json) -> bool {
        self.function == function && self.request.as_ref().is_none_or(|wanted| agrees(wanted, request))
    }
}

/// What a test says of calls, and the calls that were made.
struct Script<'t> {
    platform: &'t Platform,
    /// Each line with how often it was taken.
    mocks: Vec<(Pattern, End, usize)>,
    seen: Vec<(SmolStr, Json)>,
    missing: Option<SmolStr>,
}

impl<'t> Script<'t> {
    fn new(platform: &'t Platform, tried: &PipelineTest) -> Self {
        let mocks = tried.mocks.iter().map(|mock| {
            let end = match &mock.end {
                MockEnd::Returns(Some(value)) => End::Value(constant(platform, value)),
                MockEnd::Returns(None) => End::Value(Json::Null),
                MockEnd::Fails(error, cause) => {
                    let cause = cause.as_ref().map(|cause| constant(platform, cause));
                    let cause = cause.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned();
                    End::Failure(Failure { error: error.to_string(), cause: Some(cause) })
                }
            };
            (Pattern::of(platform, &mock.call), end, 0)
        });
        Self { platform, mocks: mocks.collect(), seen: Vec::new(), missing: None }
    }

    /// The calls that are expected and were not made.
    fn calls(&self, calls: &[CallPattern], in_order: bool, span: Span) -> Option<Diagnostic> {
        let mut open: Vec<&(SmolStr, Json)> = self.seen.iter().collect();
        for call in calls {
            let pattern = Pattern::of(self.platform, call);
            let place = open.iter().position(|(function, request)| pattern.is(function, request));
            match place {
                Some(at) if in_order => {
                    open.drain(..=at);
                }
                Some(at) => {
                    open.remove(at);
                }
                None => return Some(self.not_made(&pattern, call.span, in_order, span)),
            }
        }
        None
    }

    fn not_made(&self, pattern: &Pattern, at: Span, in_order: bool, line: Span) -> Diagnostic {
        let name = &pattern.function;
        let of_it: Vec<&Json> =
            self.seen.iter().filter(|(function, _)| function == name).map(|(_, request)| request).collect();
        let made = self.seen.iter().any(|(function, request)| pattern.is(function, request));
        let order: Vec<&str> = self.seen.iter().map(|(function, _)| function.as_str()).collect();
        let (message, help) = match (of_it.as_slice(), &pattern.request) {
            ([], _) if order.is_empty() => {
                (format!("`{name}` is not called"), "nothing is called".to_owned())
            }
            ([], _) => {
                (format!("`{name}` is not called"), format!("called are, in order: {}", order.join(", ")))
            }
            (_, _) if made => {
                let when = if in_order { " at that place" } else { " as often" };
                (
                    format!("`{name}` is not called{when}"),
                    format!("called are, in order: {}", order.join(", ")),
                )
            }
            ([only], Some(wanted)) => {
                (format!("`{name}` is called with other arguments"), differences(wanted, only))
            }
            (several, _) => {
                let requests: Vec<String> = several.iter().map(|request| shown(request)).collect();
                (format!("`{name}` is called with other arguments"), requests.join("\n"))
            }
        };
        let span = if at.start >= line.start { at } else { line };
        failed(span, message, "expected to be called", Some(help))
    }
}

impl Mocks for Script<'_> {
    fn reply(&mut self, asked: Asked<'_>) -> Result<Option<Reply>, String> {
        let function = &asked.call.function;
        self.seen.push((function.clone(), asked.request.clone()));
        let first = self.mocks.iter().find(|(pattern, ..)| pattern.is(function, asked.request));
        let Some(wanted) = first.map(|(pattern, ..)| pattern.request.clone()) else {
            if asked.call.runs.is_some() {
                return Ok(None);
            }
            self.missing = Some(function.clone());
            return Err(unanswered(asked.call, asked.request));
        };
        // Lines for the same call are taken in turn, and the last one again and again.
        let mut same = self
            .mocks
            .iter_mut()
            .filter(|(pattern, ..)| pattern.function == *function && pattern.request == wanted);
        let mut taken = same.next();
        while taken.as_ref().is_some_and(|(_, _, times)| *times > 0) {
            match same.next() {
                Some(next) => taken = Some(next),
                None => break,
            }
        }
        Ok(taken.map(|(_, end, times)| {
            *times += 1;
            Reply { end: end.clone(), seconds: 0.0, silence: None }
        }))
    }
}
