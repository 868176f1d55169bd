//! Triggers.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
};

pub(in super::super) fn trigger_lacks(span: Span, field: &str, param: Span, offered: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger's event has no `{field}`"),
        "what the pipeline wants is not in its event",
    )
    .related(param, format!("`{field}` is wanted here"));
    match offered {
        [] => diagnostic.help("it brings nothing: leave the parameters out"),
        _ if offered.contains(&"detail") => diagnostic.help(format!(
            "the sender's data is in `detail`: take a record with `detail: T`; beside it there are `{}`",
            offered.iter().filter(|name| **name != "detail").copied().collect::<Vec<_>>().join("`, `")
        )),
        _ => diagnostic.help(format!("its event has `{}`", offered.join("`, `"))),
    }
}

pub(in super::super) fn trigger_type(
    span: Span,
    field: &str,
    given: &str,
    wanted: &str,
    param: Span,
) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger's `{field}` is `{given}`, and the pipeline wants `{wanted}`"),
        "the event does not fit",
    )
    .related(param, "wanted here")
    .help(format!("declare it as `{field}: {given}`"))
}

pub(in super::super) fn sync_elsewhere(span: Span, name: &str, external: bool, declared: Span) -> Diagnostic {
    let (message, help) = if external {
        (
            format!("`{name}` exists already, and nobody says which task it is"),
            "declare the sync here, or take its events: `event(\"aws.datasync\", \"DataSync Task Execution State Change\")`",
        )
    } else {
        (
            format!("`{name}` is of another account, whose bus its events go to"),
            "declare the pipeline in the sync's account; it can run one of another",
        )
    };
    Diagnostic::error(catalogue::TRIGGER, span, message, "its end is not seen here")
        .related(declared, format!("`{name}` is declared here"))
        .help(help)
}

pub(in super::super) fn no_pipe(span: Span, name: &str, why: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("`{name}` can't start a pipeline: {why}"),
        "no pipe for this",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help("take a stream on Kinesis in the pipeline's account whose format is `json`")
}

pub(in super::super) fn takes_no_rows(span: Span, given: &str, param: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger brings a `{given}` and nothing else"),
        "not what the pipeline takes",
    )
    .related(param, "something else is wanted here")
    .help(format!("declare one parameter: `(rows: {given})`"))
}

pub(in super::super) fn more_rows(span: Span, most: u64, room: u64, param: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger brings up to {most} rows at once, and the pipeline takes {room}"),
        "more than it takes",
    )
    .related(param, "declared here")
    .help(format!("say `batch = {room}`, or let the list be longer"))
}

pub(in super::super) fn trigger_without_account(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("`{name}` is in no account that the program knows"),
        "whose events are these?",
    )
    .help("declare it `in` an account")
}
