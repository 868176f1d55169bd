//! Calls and what stands behind them.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
    syntax::ast::Ident,
};

pub(in super::super) fn not_callable(span: Span, name: &str, what: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_CALLABLE,
        span,
        format!("`{name}` is {what}, and can't be called so"),
        "not a function",
    )
    .help(help)
}

pub(in super::super) fn unknown_function(name: &Ident, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::NOT_CALLABLE,
        name.span,
        format!("there is no function `{}`", name.name),
        "not declared",
    );
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(format!("declare it: `function {}(…) in … = lambda(\"…\")`", name.name)),
    }
}

pub(in super::super) fn unknown_argument(name: &Ident, function: &str, params: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ARGUMENTS,
        name.span,
        format!("`{function}` has no parameter `{}`", name.name),
        "not a parameter",
    );
    match suggest::nearest(&name.name, params.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None if params.is_empty() => diagnostic.help("it takes no arguments"),
        None => diagnostic.help(format!("it takes `{}`", params.join("`, `"))),
    }
}

pub(in super::super) fn too_many_arguments(span: Span, function: &str, params: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ARGUMENTS,
        span,
        format!("`{function}` takes no argument here"),
        "one too many",
    );
    match params {
        [] => diagnostic.help("it takes no arguments"),
        _ => diagnostic.help(format!("it takes `{}`", params.join("`, `"))),
    }
}

pub(in super::super) fn argument_twice(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error(catalogue::ARGUMENTS, span, format!("`{name}` is given twice"), "given again")
        .related(first, "given here first")
        .help("leave one of them out")
}

pub(in super::super) fn missing_arguments(span: Span, function: &str, missing: &[&str]) -> Diagnostic {
    let names = missing.join("`, `");
    Diagnostic::error(
        catalogue::ARGUMENTS,
        span,
        format!("`{function}` needs `{names}`"),
        "not all arguments are given",
    )
    .help(format!("add `{} = …`", missing.join(" = …`, `")))
}

pub(in super::super) fn no_result(span: Span, function: &str, declared: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::NO_RESULT,
        span,
        format!("`{function}` returns nothing"),
        "there is no result to bind",
    )
    .help("call it without `let`, or declare its result behind `->`");
    match declared {
        Some(declared) => diagnostic.related(declared, "declared here without a result"),
        None => diagnostic,
    }
}

pub(in super::super) fn result_dropped(span: Span, function: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::RESULT_NOT_READ,
        span,
        format!("nobody looks at what `{function}` returns"),
        "its result is dropped",
    )
    .help("bind it with `let` and act on it, or declare the function without a result")
}

pub(in super::super) fn never_read(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::RESULT_NOT_READ, span, format!("nobody looks at `{name}`"), "never read")
        .help("act on it, or leave it out; a name that begins with `_` says that this is meant")
}

pub(in super::super) fn policy_without_call(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "only a call can be made again, time out or be awaited",
        "this is no call",
    )
    .help("leave what stands behind the value out")
}

pub(in super::super) fn duration_too_short(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        format!("{what} is a whole number of seconds, at least one"),
        "not such a duration",
    )
    .help("write `1s` or more")
}

pub(in super::super) fn no_duration(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(catalogue::POLICY, span, format!("{what} is a duration"), "no duration")
        .help("write it with its unit: `30s`, `5m`, `1h`")
}

pub(in super::super) fn pause_too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "a pause takes at most 99999999 seconds, three years and two months",
        "too long",
    )
    .help("wait until an instant instead: `wait until …`")
}

pub(in super::super) fn heartbeat_too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "the heartbeat is as long as the timeout, or longer",
        "never missed before the timeout",
    )
    .help("make the heartbeat shorter than the timeout")
}

pub(in super::super) fn retries_outlast(span: Span, whose: &str, waits: u64, timeout: u64) -> Diagnostic {
    let (waits, timeout) = (length_of(waits), length_of(timeout));
    Diagnostic::warning(
        catalogue::POLICY,
        span,
        format!("the retries of {whose} can take {waits}, and the pipeline's timeout is {timeout}"),
        "the last retries never come",
    )
    .help("retry less often or sooner, or give more time")
}

/// Seconds as the language writes them. A run ends after a year at the latest.
fn length_of(seconds: u64) -> String {
    const YEAR: u64 = 31_536_000;
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "m")];
    if seconds > YEAR {
        return "more than a year".to_owned();
    }
    match UNITS.iter().find(|(length, _)| seconds >= *length && seconds.is_multiple_of(*length)) {
        Some((length, unit)) => format!("{}{unit}", seconds / length),
        None => format!("{seconds}s"),
    }
}

pub(in super::super) fn heartbeat_of_nobody(span: Span, function: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::POLICY,
        span,
        format!("nobody sends heartbeats for `{function}`, so that it fails whenever it takes longer"),
        "a heartbeat that never comes",
    )
    .help(
        "give it a `timeout`; heartbeats are sent with the token of a call that is awaited: `await callback`",
    )
}

pub(in super::super) fn no_callback(span: Span, function: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        format!("`{function}` can't be awaited by callback"),
        "its service takes no task token",
    )
    .help("leave `await callback` out: the call is waited for as it is")
}

pub(in super::super) fn token_not_passed(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TASK_TOKEN,
        span,
        "nobody gets the task token, so that nobody can call back",
        "waits for a callback that never comes",
    )
    .help("give `task_token` to the function as an argument")
}

pub(in super::super) fn no_task_token(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TASK_TOKEN,
        span,
        "there is a `task_token` only in the arguments of a call that is awaited",
        "no token here",
    )
    .help("add `await callback` behind the call")
}

pub(in super::super) fn unknown_place(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_PLACE,
        span,
        "which bucket this is in follows from nothing in the program, so nobody can be given access to it",
        "a place that is known at run time only",
    )
    .help("make it from its bucket: `bucket / \"{key}\"`")
}

pub(in super::super) fn missing_need(span: Span, name: &str, field: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        format!("this takes the field `{field}` of `{name}`, which is not set"),
        "not possible without it",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help(format!("add `{field} = …` to `{name}`"))
}

pub(in super::super) fn library(span: Span, fault: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::LIBRARY,
        span,
        format!("the standard library is at fault: {fault}"),
        "not understood",
    )
    .help("see docs/stdlib.md")
}

pub(in super::super) fn other_region(span: Span, name: &str, there: &str, home: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ELSEWHERE,
        span,
        format!("`{name}` is in {there}, and a state machine calls services of its own region only"),
        format!("not in {home}"),
    )
    .help(format!("have it done by a pipeline in {there}, which a rule of EventBridge or a queue starts"))
}

pub(in super::super) fn outside(span: Span, name: &str, account: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ELSEWHERE,
        span,
        format!("`{name}` is in `{account}`, which is outside of the program, so that no role can be made there"),
        "can't be called from here",
    )
    .help("declare the account inside the organization, or call a Lambda function there, which lets the pipeline in itself")
}
