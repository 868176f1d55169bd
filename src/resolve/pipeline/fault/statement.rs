//! Statements.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
};

pub(in super::super) fn unreachable(span: Span, because: Span) -> Diagnostic {
    Diagnostic::error(catalogue::UNREACHABLE, span, "nothing leads here", "never reached")
        .related(because, "the pipeline has ended here on every way")
        .help("remove it, or move it before the end")
}

pub(in super::super) fn arm_again(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(catalogue::UNREACHABLE, span, "this arm is never taken", "matched already")
        .related(first, "this arm takes it")
        .help("remove one of them")
}

pub(in super::super) fn not_exhaustive(span: Span, missing: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_EXHAUSTIVE,
        span,
        format!("the arms leave {missing} out"),
        "not every value has an arm",
    )
    .help("add an arm for it, or `else -> { … }`")
}

pub(in super::super) fn nothing_left(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::FOREGONE,
        span,
        format!("every value of `{name}` has an arm already"),
        "no value is left for this",
    )
    .help("leave `else` out: should the type get another value, the `match` will ask for its arm")
}

pub(in super::super) fn constant_condition(span: Span, holds: bool) -> Diagnostic {
    let label = if holds { "always taken" } else { "never taken" };
    Diagnostic::warning(catalogue::FOREGONE, span, format!("this condition is always {holds}"), label)
        .help("leave the question out, and with it what is never done")
}

pub(in super::super) fn caught_before(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNREACHABLE,
        span,
        format!("`{name}` is caught before it comes here"),
        "never comes here",
    )
    .related(first, "caught here")
    .help("leave it out, or put the `catch` for it first")
}

pub(in super::super) fn never_retried(span: Span, name: &str, because: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("a call that fails with `{name}` is not made again"),
        because.to_owned(),
    )
    .help("leave it out, or name an error that the call raises: `States.Timeout`, `States.TaskFailed`, or one of the service's own")
}

pub(in super::super) fn no_pattern(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_VALUE,
        span,
        "an arm is for one value that the program gives",
        "no constant",
    )
    .help("write text, a number, `true`, `false` or `none`; other conditions are for `if`")
}

pub(in super::super) fn no_end(span: Span, name: &str, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("`{name}` returns `{ty}`, and a way through it ends without one"),
        "says that it returns a value",
    )
    .help("end every way with `return …` or `fail …`")
}

pub(in super::super) fn nothing_to_return(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("`{name}` returns nothing"),
        "a value that nobody gets",
    )
    .help("leave the value out, or declare the pipeline's result: `pipeline name(…) -> type`")
}

pub(in super::super) fn return_without_value(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(catalogue::RETURN, span, format!("the pipeline returns `{ty}`"), "returns nothing")
        .help("add the value behind `return`")
}

pub(in super::super) fn return_inside(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("a pipeline can't return from inside `{word}`"),
        format!("inside `{word}`"),
    )
    .help(format!("return behind the `{word}`; `fail` ends the pipeline from inside as well"))
}

pub(in super::super) fn ends_in_success(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ENDS_IN_SUCCESS,
        span,
        "an error that is caught here ends the pipeline in success",
        "a failed run is reported as a good one",
    )
    .help("end the block with `fail NAME …`, or say which errors are no failure: `catch error as Name.Of.Error`")
}

pub(in super::super) fn swallowed(span: Span) -> Diagnostic {
    Diagnostic::warning(catalogue::ENDS_IN_SUCCESS, span, "any error that is caught here is forgotten", "the pipeline goes on as if nothing was")
        .help("end the block with `fail NAME …`, or say which errors are no failure: `catch error as Name.Of.Error`")
}

pub(in super::super) fn catch_after_all(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNREACHABLE,
        span,
        "this `catch` is never taken",
        "everything is caught before it",
    )
    .related(first, "this one catches every error")
    .help("put the one without names last")
}

pub(in super::super) fn unknown_error(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("there is no error `{name}`"),
        "Step Functions knows no such error",
    );
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help("names that begin with `States.` are Step Functions' own: `States.Timeout`, `States.TaskFailed`, …"),
    }
}

pub(in super::super) fn mistaken_error(span: Span, name: &str, near: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("no service raises `{name}`, but one raises `{near}`"),
        "never raised",
    )
    .help(format!("did you mean `{near}`?"))
    .fix(span, near)
}

pub(in super::super) fn never_caught(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("`{name}` ends the run at once, and no `catch` sees it"),
        "never comes here",
    )
    .help("leave it out; keep what is large in a bucket, and hand on its place")
}

pub(in super::super) fn never_raised(span: Span, name: &str, raised: &[SmolStr], runs: bool) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        catalogue::NEVER_CAUGHT,
        span,
        format!("nothing inside this `try` raises `{name}`"),
        "never comes here",
    );
    // The same error under another spelling of its service.
    if let Some(near) = raised.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        return diagnostic.help(format!("here it is called `{near}`")).fix(span, near.as_str());
    }
    match name {
        "States.Timeout" => diagnostic.help("give a call inside a time, `f(x) timeout 5m`, or leave it out"),
        "States.HeartbeatTimeout" => {
            diagnostic.help("give a job or an awaited call inside a `heartbeat`, or leave it out")
        }
        _ if runs => diagnostic.help(
            "what a pipeline fails with that is run arrives as `States.TaskFailed`: catch that; its own name is in `error.cause`",
        ),
        _ if raised.is_empty() => diagnostic
            .help("leave it out, or put the call that raises it into the `try`; `catch error` catches everything"),
        _ => diagnostic.help(format!(
            "the calls inside raise `{}` among others; `catch error` catches everything",
            raised.join("`, `")
        )),
    }
}

pub(in super::super) fn reserved_error(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("`{name}` is Step Functions' own name"),
        "reserved",
    )
    .help("give the failure a name of its own, such as `InvalidData`")
}

pub(in super::super) fn catches_own_fail(span: Span, name: &str, fail: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("`fail {name}` ends the pipeline and is not caught"),
        "never comes here",
    )
    .related(fail, "the pipeline ends here")
    .help("do here what the `catch` does, before `fail`")
}

pub(in super::super) fn no_list(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("`for` goes through a list, and this is `{ty}`"),
        format!("this is `{ty}`"),
    )
    .help("give a list")
}
