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

pub(in super::super) fn trigger_unsupported(span: Span, because: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_LOWERED,
        span,
        format!("this trigger can't be generated: {because}"),
        "no rule for this yet",
    )
    .help("start the pipeline by a schedule, an event, or an object that is created")
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
