//! Loops.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
    syntax::ast::Ident,
};

/// The words before a loop's body.
const OPTIONS: &[&str] = &["limit", "batch", "tolerate", "into", "distributed"];

pub(in super::super) fn unknown_option(name: &Ident) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ARGUMENTS,
        name.span,
        format!("`for` has no option `{}`", name.name),
        "not known",
    );
    match suggest::nearest(&name.name, OPTIONS.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(
            "there are `limit 10`, `batch 100`, `tolerate 5%`, `into bucket / \"results\"` and `distributed`",
        ),
    }
}

pub(in super::super) fn reader_alone(name: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_CALLABLE,
        name.span,
        format!("only a loop reads from `{}`", name.name),
        "no step of its own",
    )
    .help(format!("write `for item in {}(…) {{ … }}`", name.name))
}

pub(in super::super) fn option_twice(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ARGUMENTS,
        name.span,
        format!("`{}` is said twice", name.name),
        "said again here",
    )
    .related(first, "said here first")
    .help("leave one of them out")
}

pub(in super::super) fn bad_limit(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        "a limit is a whole number from 1 to 10,000",
        "not such a number",
    )
    .help("write `limit 10`; with more than 40 at the same time each iteration is an execution of its own")
}

pub(in super::super) fn bad_batch(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        "a batch is a number of items, or at most 256KiB of them",
        "no such batch",
    )
    .help("write `batch 100` or `batch 64KiB`")
}

pub(in super::super) fn bad_tolerance(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        "what may fail is a number of items from 1 up, or 1% to 100% of them",
        "not such a number",
    )
    .help("write `tolerate 10` or `tolerate 5%`; without it none may fail")
}

pub(in super::super) fn no_cell(span: Span, name: &str, ty: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::LOOP,
        span,
        format!("a cell is text, and `{name}` is `{ty}`"),
        "not what such a file holds",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help("declare it as text, a number, a boolean, a date or a time; or read `json`, `jsonl` or `parquet`")
}

pub(in super::super) fn other_item(span: Span, given: &str, wanted: &str, over: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::LOOP,
        span,
        format!("the items are `{given}`, and no `{wanted}`"),
        "not what the loop runs over",
    )
    .related(over, format!("this gives `{given}`"))
    .help(format!("leave the type out, or write `{given}`"))
}

pub(in super::super) fn far_bucket(
    span: Span,
    bucket: &str,
    what: &str,
    reader: &str,
    declared: Span,
) -> Diagnostic {
    let why = match reader {
        "results" => "Step Functions writes the results of a loop",
        "objects" => "Step Functions lists objects",
        _ => "Step Functions reads a file",
    };
    Diagnostic::error(
        catalogue::FAR_BUCKET,
        span,
        format!("{why} only in the pipeline's own {what}, and `{bucket}` is in another"),
        format!("in another {what}"),
    )
    .related(declared, format!("`{bucket}` is declared here"))
    .help(match reader {
        "results" => "take a bucket beside the pipeline".to_owned(),
        _ => format!("declare the pipeline where `{bucket}` is, or have a function there list it"),
    })
}

pub(in super::super) fn results_outgrow(span: Span, most: u64) -> Diagnostic {
    Diagnostic::warning(
        catalogue::RESULTS_OUTGROW,
        span,
        format!("with more than {most} iterations the list of their results passes 256 KiB, and the run fails"),
        "nothing says how many",
    )
    .help("write the results to a bucket: `into bucket / \"results\"`; or say how many at most: `most = 10_000`")
}

pub(in super::super) fn never_comes(span: Span, name: &str, each: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("no `{name}` comes out of a loop whose iterations are executions of their own"),
        "never comes here",
    )
    .related(each, "what fails in here fails the loop with `States.ExceedToleratedFailureThreshold`")
    .help(format!("catch `{name}` inside the loop, or `States.ExceedToleratedFailureThreshold` here"))
}
