//! What is said of calls by name.

use super::some;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
};

pub(super) fn no_service(span: Span, name: &str) -> Diagnostic {
    let names = crate::library::models::services();
    let diagnostic =
        Diagnostic::error(catalogue::AWS_REQUEST, span, format!("AWS has no service `{name}`"), "no service");
    match suggest::nearest(name, names) {
        Some(near) => diagnostic.fix(span, format!("\"{near}\"")).help(format!("did you mean `{near}`?")),
        None => diagnostic.help(
            "write botocore's name, which the AWS command line has too: `stepfunctions`, `redshift-data`",
        ),
    }
}

pub(super) fn unchecked(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::AWS_UNCHECKED,
        span,
        format!("nothing is known here of what `{name}` takes and answers"),
        "taken at its word",
    )
    .help("look the operation and its members up in AWS's reference, and have a test run the pipeline; the compiler does not look at them")
}

pub(super) fn no_operation(span: Span, service: &str, name: &str, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("`{service}` has no operation `{name}`"),
        "no such operation",
    );
    match suggest::nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.fix(span, format!("\"{near}\"")).help(format!("did you mean `{near}`?")),
        None => diagnostic.help("write it as AWS's reference does, with a capital first: `GetParameter`"),
    }
}

pub(super) fn no_member(span: Span, what: &str, name: &str, names: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(catalogue::AWS_REQUEST, span, format!("{what} takes no `{name}`"), "not taken");
    match (suggest::nearest(name, names.iter().copied()), names) {
        (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, []) => diagnostic.help("leave it out: it takes nothing"),
        (None, _) => diagnostic.help(format!("it takes {}", some(names))),
    }
}

pub(super) fn may_be_missing(span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("{what} must have `{name}`, which may be left out here"),
        "may be `none`",
    )
    .help("leave the `?` of its type out")
}

pub(super) fn missing(span: Span, what: &str, names: &[&str]) -> Diagnostic {
    let listed = suggest::listed(names);
    let (is, it) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
    Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("{what} must have {listed}, and {is} not given {it}"),
        "something is missing",
    )
    .help(format!("add {listed} with the right type"))
}

pub(super) fn other_type(span: Span, name: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("AWS takes something else for `{name}`: {wanted}"),
        "of another type",
    )
    .help(format!("declare it as {wanted}"))
}

pub(super) fn any_word(span: Span, name: &str, known: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("AWS takes certain words for `{name}`, and this can be any text"),
        "can be any text",
    )
    .help(format!("say which with `one of [\"…\"]`: {known}"))
}

pub(super) fn other_words(span: Span, name: &str, unknown: &[&str], known: &[&str]) -> Diagnostic {
    let near = match unknown {
        [one] => suggest::nearest(one, known.iter().copied()),
        _ => None,
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            format!("AWS has {}; a word that is newer than this compiler can be given as `json`", some(known))
        }
    };
    let listed = suggest::listed(unknown);
    Diagnostic::error(
        catalogue::AWS_REQUEST,
        span,
        format!("AWS does not know {listed} for `{name}`"),
        "not among AWS's words",
    )
    .help(help)
}

pub(super) fn no_answer(span: Span, operation: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_ANSWER,
        span,
        format!("`{operation}` answers nothing"),
        "nothing to return",
    )
    .help("leave the function's result and `answer` out")
}

pub(super) fn no_parts(span: Span, what: &str, is: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_ANSWER,
        span,
        format!("{what} has no members, and so no `{name}`: it is {is}"),
        "leads nowhere",
    )
    .help("let `answer` end before it, and take the rest in the pipeline")
}

pub(super) fn not_answered(span: Span, what: &str, name: &str, names: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(catalogue::AWS_ANSWER, span, format!("{what} has no `{name}`"), "never comes");
    match (suggest::nearest(name, names.iter().copied()), names) {
        (Some(near), _) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, []) => diagnostic.help("leave it out: there is nothing in it"),
        (None, _) => diagnostic.help(format!("there are {}", some(names))),
    }
}

pub(super) fn other_answer(span: Span, what: &str, given: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_ANSWER,
        span,
        format!("AWS gives something else for {what}: {given}"),
        "of another type",
    )
    .help(format!("declare it as {given}"))
}

pub(super) fn more_words(span: Span, what: &str, others: &[&str]) -> Diagnostic {
    Diagnostic::error(
        catalogue::AWS_ANSWER,
        span,
        format!("{what} can be other words too: {}", some(others)),
        "not all of them",
    )
    .help("list them too, or leave `one of` out and `match` with an `else`")
}

pub(super) fn has_only_begun(span: Span, operation: &str, integration: Option<&str>) -> Diagnostic {
    Diagnostic::warning(
        catalogue::ONLY_BEGUN,
        span,
        format!("`{operation}` answers when it has begun, and the pipeline goes on before it ends"),
        "nobody waits for its end",
    )
    .help(match integration {
        Some(name) => format!("call it by `{name}`, which waits for the end and fails where it fails"),
        None => "return what its answer calls it, `answer = \"…\"`, and ask in the pipeline how it stands; or let it call back".to_owned(),
    })
}
