//! What can't be asked of a table.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
};

pub(in super::super) fn no_index(
    span: Span,
    name: Option<&str>,
    table: &str,
    known: &[&str],
    declared: Span,
) -> Diagnostic {
    let (message, label) = match name {
        Some(name) => (format!("`{table}` has no index `{name}`"), "no such index"),
        None => ("an index is named by a constant text".to_owned(), "known only when the pipeline runs"),
    };
    let diagnostic = Diagnostic::error(catalogue::QUERY, span, message, label);
    let diagnostic = diagnostic.related(declared, format!("`{table}` is declared here"));
    match name.and_then(|name| suggest::nearest(name, known.iter().copied())) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, format!("\"{near}\"")),
        None if known.is_empty() => {
            diagnostic.help("declare one with the table: `indexes = [index(\"by-status\", key = status)]`")
        }
        None => diagnostic.help(format!("it has `{}`", known.join("`, `"))),
    }
}

pub(in super::super) fn not_sorted(
    span: Span,
    table: &str,
    index: Option<&str>,
    declared: Span,
) -> Diagnostic {
    let what = index.map_or_else(|| format!("`{table}`"), |index| format!("the index `{index}`"));
    Diagnostic::error(
        catalogue::QUERY,
        span,
        format!("the items of {what} are not sorted by anything, so that there is no range of them"),
        "a bound of what?",
    )
    .related(declared, format!("`{table}` is declared here"))
    .help("give it a `sort` where it is declared, or name an index that has one")
}

pub(in super::super) fn no_start(span: Span, column: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::QUERY,
        span,
        format!("only text begins with something, and `{column}` is none"),
        "no text",
    )
    .related(declared, format!("`{column}` is declared here"))
    .help("give the ends of a range: `at_least = …, at_most = …`")
}

pub(in super::super) fn bounds_apart(span: Span, bounds: &[&str]) -> Diagnostic {
    Diagnostic::error(
        catalogue::QUERY,
        span,
        format!(
            "`{}` can't stand together: DynamoDB takes one condition on what it sorts by",
            bounds.join("` and `")
        ),
        "one too many",
    )
    .help("give one of them, or both ends with `at_least` and `at_most`")
}

pub(in super::super) fn index_lags(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::QUERY,
        span,
        "an index follows its table a moment later, and can't be read as if it did not",
        "not of an index",
    )
    .help("leave `consistent` out, or ask the table itself")
}
