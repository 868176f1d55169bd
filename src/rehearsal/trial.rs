//! Tests of pipelines: the calls are answered as the test says, and what happened is held against what it expects.

use serde_json::Value as Json;
use smol_str::SmolStr;

use super::{
    Asked, End, Mocks, Reply, START,
    compare::{agrees, differences, readable},
    mismatch::{Mismatch, shortened, shown},
    rehearse,
};
use crate::{
    machine::{Execution, Failure, Outcome, Queries},
    platform::{
        Platform, Test,
        pipeline::{Expression, ExpressionKind},
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

/// The run that a test describes: its event and what happened.
pub(super) fn execute(platform: &Platform, tried: &PipelineTest) -> Option<(Json, Execution)> {
    let (event, execution, _) = acted(platform, tried)?;
    Some((event, execution))
}

fn acted<'t>(platform: &'t Platform, tried: &PipelineTest) -> Option<(Json, Execution, Script<'t>)> {
    let pipeline = platform.pipelines.get(tried.pipeline as usize)?;
    let event = constant(platform, &tried.event);
    let mut script = Script::new(platform, tried);
    let ran = rehearse(platform, pipeline, event.clone(), START, &mut script);
    Some((event, ran, script))
}

/// What did not happen as a test expects.
pub(super) fn run(platform: &Platform, test: &Test, tried: &PipelineTest) -> Vec<Mismatch> {
    let Some((_, ran, script)) = acted(platform, tried) else { return Vec::new() };
    if let Outcome::Halted(halt) = &ran.outcome {
        let halted = Mismatch::new(test.span, halt.to_string(), "this test can't go on");
        return vec![match script.missing {
            Some(name) => halted.note(format!("add `when {name}(_) -> …`")),
            None => halted,
        }];
    }
    let mut found: Vec<Mismatch> = tried
        .expected
        .iter()
        .filter_map(|Expected { what, span }| match what {
            Expectation::Calls(calls, in_order) => script.calls(calls, *in_order, *span),
            Expectation::Never(function) => script.never(function, *span),
            Expectation::Result(value) => result(&constant(platform, value), &ran.outcome, *span),
            Expectation::Error(name, cause) => {
                let cause = cause.as_ref().map(|cause| constant(platform, cause));
                error(name, cause.as_ref(), &ran.outcome, *span)
            }
        })
        .collect();
    let is_end = |one: &Expected| matches!(one.what, Expectation::Result(_) | Expectation::Error(..));
    if let (Outcome::Failed(failure), false) = (&ran.outcome, tried.expected.iter().any(is_end)) {
        let unexpected =
            Mismatch::new(test.span, format!("the run fails with {failure}"), "expects no error");
        found.push(unexpected.note(format!("where that is meant, write `expect error {}`", failure.error)));
    }
    found
}

fn result(expected: &Json, outcome: &Outcome, span: Span) -> Option<Mismatch> {
    let label = format!("expected {}", shortened(&readable(expected), 60));
    match outcome {
        Outcome::Succeeded(output) if agrees(expected, output) => None,
        Outcome::Succeeded(output) => {
            let mismatch = Mismatch::new(span, "the result is another", label);
            Some(mismatch.differing(differences(expected, output)))
        }
        Outcome::Failed(failure) => Some(Mismatch::new(span, format!("the run fails with {failure}"), label)),
        Outcome::Halted(_) => None,
    }
}

fn error(name: &SmolStr, cause: Option<&Json>, outcome: &Outcome, span: Span) -> Option<Mismatch> {
    let label = match cause {
        Some(cause) => format!("expected {name} with {}", shortened(&readable(cause), 60)),
        None => format!("expected {name}"),
    };
    match outcome {
        Outcome::Failed(failure) if failure.error == name.as_str() => {
            let (expected, seen) = (cause?, Json::from(failure.cause.clone().unwrap_or_default()));
            let other = !agrees(expected, &seen);
            other.then(|| {
                let mismatch = Mismatch::new(span, "the run fails with another cause", label);
                mismatch.differing(differences(expected, &seen))
            })
        }
        Outcome::Failed(failure) => {
            let mismatch = Mismatch::new(span, "the run fails with another error", label);
            let (expected, seen) = (Json::from(name.as_str()), Json::from(failure.error.as_str()));
            let mismatch = mismatch.differing(differences(&expected, &seen));
            Some(match failure.cause.as_deref() {
                None | Some("") => mismatch,
                Some(cause) => mismatch.note(format!("its cause is {}", shown(&Json::from(cause)))),
            })
        }
        Outcome::Succeeded(output) => {
            let mismatch = Mismatch::new(span, "the run does not fail", label);
            Some(mismatch.note(format!("it returns {}", shown(output))))
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
    mocks: Vec<(Pattern, Reply, usize)>,
    seen: Vec<(SmolStr, Json)>,
    /// What was called though nothing is said of it.
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
            #[expect(clippy::cast_precision_loss, reason = "seconds that a call takes")]
            let seconds = mock.seconds as f64;
            (Pattern::of(platform, &mock.call), Reply { end, seconds, silence: None }, 0)
        });
        Self { platform, mocks: mocks.collect(), seen: Vec::new(), missing: None }
    }

    fn never(&self, function: &SmolStr, span: Span) -> Option<Mismatch> {
        let (_, request) = self.seen.iter().find(|(seen, _)| seen == function)?;
        let called = Mismatch::new(span, format!("`{function}` is called"), "expected not to be");
        Some(called.note(format!("it is called with {}", shown(request))))
    }

    /// The first of these calls that was not made.
    fn calls(&self, calls: &[CallPattern], in_order: bool, line: Span) -> Option<Mismatch> {
        let mut open: Vec<&(SmolStr, Json)> = self.seen.iter().collect();
        for call in calls {
            let pattern = Pattern::of(self.platform, call);
            match open.iter().position(|(function, request)| pattern.is(function, request)) {
                Some(at) if in_order => drop(open.drain(..=at)),
                Some(at) => drop(open.remove(at)),
                None => {
                    let span = if call.span.start >= line.start { call.span } else { line };
                    return Some(self.not_made(&pattern, span, in_order));
                }
            }
        }
        None
    }

    fn not_made(&self, pattern: &Pattern, span: Span, in_order: bool) -> Mismatch {
        let name = &pattern.function;
        let expected = |message: String| Mismatch::new(span, message, "expected to be called");
        let mut requests = self.seen.iter().filter(|(function, _)| function == name).map(|(_, made)| made);
        let (first, second) = (requests.next(), requests.next());
        let made = self.seen.iter().any(|(function, request)| pattern.is(function, request));
        match (first, second, &pattern.request) {
            (None, ..) => expected(format!("`{name}` is not called")).note(self.all_calls()),
            _ if made => {
                let how = if in_order { "at that place" } else { "so often" };
                expected(format!("`{name}` is not called {how}")).note(self.all_calls())
            }
            (Some(only), None, Some(wanted)) => expected(format!("`{name}` is called with other arguments"))
                .differing(differences(wanted, only)),
            _ => expected(format!("`{name}` is called with other arguments")).note(self.all_calls()),
        }
    }

    fn all_calls(&self) -> String {
        const TOLD: usize = 12;
        if self.seen.is_empty() {
            return "nothing is called".to_owned();
        }
        let calls = self.seen.iter().take(TOLD);
        let mut lines: Vec<String> =
            calls.map(|(function, request)| format!("{function} {}", shortened(request, 120))).collect();
        if self.seen.len() > TOLD {
            lines.push(format!("and {} more", self.seen.len() - TOLD));
        }
        format!("called are, in order:\n{}", lines.join("\n"))
    }
}

impl Mocks for Script<'_> {
    fn reply(&mut self, asked: Asked<'_>) -> Result<Option<Reply>, String> {
        let function = &asked.call.function;
        let request = as_written(asked);
        self.seen.push((function.clone(), request.clone()));
        let first = self.mocks.iter().find(|(pattern, ..)| pattern.is(function, &request));
        let Some(wanted) = first.map(|(pattern, ..)| pattern.request.clone()) else {
            self.missing = asked.call.runs.is_none().then(|| function.clone());
            return Ok(None);
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
        Ok(taken.map(|(_, reply, times)| {
            *times += 1;
            reply.clone()
        }))
    }
}

/// The request of a call as a program writes it: without where a further page begins, which nobody can know.
fn as_written(asked: Asked<'_>) -> Json {
    let mut request = asked.request.clone();
    if let (Some(_), ExpressionKind::Record(members), Json::Object(given)) =
        (&asked.call.more, &asked.call.start.arguments.kind, &mut request)
    {
        given.retain(|name, _| members.iter().any(|(known, _)| known == name));
    }
    request
}
