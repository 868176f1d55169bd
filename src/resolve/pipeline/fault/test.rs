//! Tests.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
};

pub(in super::super) fn line_of_other_test(span: Span, what: &str, of: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TEST_LINE,
        span,
        format!("the test of a {of} has no {what}"),
        "does not belong here",
    )
    .help(help)
}

pub(in super::super) fn rows_of_pipeline(span: Span) -> Diagnostic {
    let help = "an event is `given { … }`, and what happens is `expect f(…)` or `expect result …`";
    line_of_other_test(span, "rows of a stream", "pipeline", help)
}

pub(in super::super) fn no_call(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::TEST_LINE, span, "this is no call", "not a call")
        .help("name a call: `f(_)` with any arguments, or `f(value, …)`")
}

pub(in super::super) fn never_taken(span: Span, function: &str, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TEST_LINE,
        span,
        format!("no call of `{function}` comes to this line"),
        "never taken",
    )
    .related(first, "every call is taken here")
    .help("put the more exact line first")
}

pub(in super::super) fn line_twice(span: Span, what: &str, first: Span) -> Diagnostic {
    Diagnostic::error(catalogue::TEST_LINE, span, format!("{what} is given twice"), "a second time")
        .related(first, "first here")
        .help("leave one out")
}

pub(in super::super) fn two_ends(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TEST_LINE,
        span,
        "a run has one end, and this test expects two",
        "another end",
    )
    .related(first, "one is expected here")
    .help("make two tests of it")
}

pub(in super::super) fn no_value_to_return(span: Span, function: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TEST_LINE,
        span,
        format!("`{function}` returns nothing"),
        "a value that it can't return",
    )
    .help(format!("write `when {function}(_) -> none`"))
}

pub(in super::super) fn no_rows(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::TEST_LINE, span, "a stream has rows", "no list of rows")
        .help("write `[{ column = value, … }, …]`")
}

pub(in super::super) fn other_stream(span: Span, name: &str, does: &str, streams: &[String]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TEST_LINE,
        span,
        format!("the query does not {does} `{name}`"),
        "not one of its streams",
    );
    diagnostic.help(format!("it {does}s {}", suggest::listed(streams)))
}

pub(in super::super) fn not_called(span: Span, function: &str, pipeline: &str, known: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TEST_CALL,
        span,
        format!("`{pipeline}` never calls `{function}`"),
        "not called there",
    );
    match known {
        [] => diagnostic.help("it makes no calls"),
        known => diagnostic.help(format!("it calls {}", suggest::listed(known))),
    }
}

pub(in super::super) fn expects_nothing(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TEST_EXPECTS_NOTHING,
        span,
        format!("`{name}` expects nothing, and so can't fail"),
        "no `expect`",
    )
    .help("add `expect result …`, `expect error …`, `expect f(…)`, or rows of a stream")
}

pub(in super::super) fn event_without(span: Span, param: &str, pipeline: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        span,
        format!("the event of `{pipeline}` needs `{param}`"),
        format!("`{param}` is missing"),
    )
    .help(format!("write `given {{ {param} = … }}`"))
}
