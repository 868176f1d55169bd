//! Values that do not fit.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{
        Base, DataType,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
};

pub(in super::super) fn does_not_fit(span: Span, what: &str, from: &str, to: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{what} takes `{to}`, and this is `{from}`"),
        format!("this is `{from}`"),
    );
    match (from, to) {
        ("string", "location") => diagnostic.help("a place is made from its bucket: `bucket / \"{key}\"`"),
        (_, "string") => diagnostic.help("put it into text: `\"{value}\"`"),
        _ => diagnostic.help(format!("give a `{to}`")),
    }
}

pub(in super::super) fn strange_values(span: Span, what: &str, strangers: &str, known: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{what} takes one of `{known}`, and this can be `{strangers}`"),
        format!("can be `{strangers}`"),
    )
    .help("ask first which it is, with `match`, and give a value that is known in each arm; or allow the value where the parameter is declared")
}

pub(in super::super) fn no_instant(span: Span, ty: &str) -> Diagnostic {
    let (why, help) = if ty == "string" {
        (
            "any text is no instant",
            "make it one, `parse_time(text)`; or declare it as `timestamp_ltz(3)` where it comes from",
        )
    } else {
        (
            "a time without a zone is no instant",
            "declare it as `timestamp_ltz(3)`, whose text ends with `Z` or a zone",
        )
    };
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("`wait until` takes an instant, and {why}"),
        format!("this is `{ty}`"),
    )
    .help(help)
}

pub(in super::super) fn open_text(span: Span, what: &str, known: &[SmolStr]) -> Diagnostic {
    let known = known.join("`, `");
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{what} takes one of `{known}`, and this can be any text"),
        "can be any text",
    )
    .help("say `one of` where its type is declared; or ask which it is, with `match`, and give the text itself in each arm")
}

pub(in super::super) fn maybe_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(catalogue::MAYBE_NONE, span, format!("`{name}` may be `none`"), "may be `none` here")
        .help(format!(
            "say what stands for it then: `{name} ?? …`, or ask first: `if {name} != none {{ … }}`"
        ))
}

pub(in super::super) fn never_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::FOREGONE, span, format!("`{name}` is never `none`"), "always there")
        .help("leave the question out, or give its type a `?` where it is declared")
}

pub(in super::super) fn foregone(span: Span, name: &str, outcome: bool, because: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::FOREGONE,
        span,
        format!("this is always {outcome}: of `{name}` it is known that {because}"),
        format!("always {outcome}"),
    )
    .help("compare with a value that its type allows")
}

pub(in super::super) fn incomparable(span: Span, a: &str, b: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("`{a}` and `{b}` can't be compared so"),
        "no such comparison",
    )
    .help("compare numbers with numbers, text with text, and fields of records one by one")
}

pub(in super::super) fn no_time(span: Span, what: &str, wanted: &str, example: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{what} takes `{wanted}`, and this text is none"),
        format!("not written as a `{wanted}` is"),
    )
    .help(format!("write it as `\"{example}\"`"))
}

pub(in super::super) fn no_number(span: Span, what: &str, ty: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("{what} takes numbers, and this is `{ty}`"),
        format!("this is `{ty}`"),
    );
    if ty == "string" {
        diagnostic.help("join text by interpolation: `\"{a}{b}\"`")
    } else {
        diagnostic.help("give a number")
    }
}

pub(in super::super) fn no_text(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("a `{ty}` can't be put into text"),
        format!("this is `{ty}`"),
    )
    .help("name one of its fields or elements")
}

pub(in super::super) fn no_value(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(catalogue::NO_VALUE, span, format!("{what} is no value of a pipeline"), "not a value here")
        .help("values are text, numbers, `true`, `false`, `none`, lists, places in buckets, and records where their type is known")
}

pub(in super::super) fn unknown_unit(span: Span, number: &str, unit: &str) -> Diagnostic {
    Diagnostic::error(catalogue::UNKNOWN_UNIT, span, format!("there is no unit `{unit}`"), "not known")
        .help(format!("write the number alone, `{number}`, or a duration such as `30s`"))
}

pub(in super::super) fn declaration_as_value(
    span: Span,
    name: &str,
    what: &str,
    declared: Option<Span>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::NO_VALUE,
        span,
        format!("`{name}` is a {what}, and no value"),
        "not a value",
    );
    let diagnostic = diagnostic.help("a pipeline's values are its parameters and what `let` binds");
    match declared {
        Some(declared) => diagnostic.related(declared, "declared here"),
        None => diagnostic,
    }
}

pub(in super::super) fn call_in_expression(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::CALL_IN_EXPRESSION,
        span,
        "a call is a step of its own",
        "a call inside an expression",
    )
    .help("bind its result first: `let result = …`; functions of expressions, such as `length(…)`, may stand here")
}

pub(in super::super) fn no_such_function(
    span: Span,
    name: &str,
    given: &[String],
    known: &[String],
) -> Diagnostic {
    Diagnostic::error(
        catalogue::FUNCTION,
        span,
        format!("`{name}` takes other arguments than ({})", given.join(", ")),
        "does not take these",
    )
    .help(format!("there is `{}`", known.join("`, `")))
}

pub(in super::super) fn which_function(span: Span, name: &str, known: &[String]) -> Diagnostic {
    Diagnostic::error(
        catalogue::FUNCTION,
        span,
        format!("nothing says which `{name}` this is, since its argument may be anything"),
        "of what type?",
    )
    .help(format!("give it a type where it comes from; there is `{}`", known.join("`, `")))
}

pub(in super::super) fn asked_twice(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::VARIES,
        span,
        "this has another value each time that it is asked for, and each arm asks",
        "changes from arm to arm",
    )
    .help("bind it first: `let value = …`, and `match value { … }`")
}

pub(in super::super) fn constant_out_of_bounds(span: Span, broken: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        format!("this value breaks a condition of its type: {broken}"),
        "not allowed here",
    )
    .help("give a value that the type allows")
}

/// The condition of a type that a constant breaks. `matches` tells whether a pattern matches the whole of a text.
pub(in super::super) fn broken_condition(
    given: &Expression,
    wanted: &DataType,
    mut matches: impl FnMut(&SmolStr, &str) -> bool,
) -> Option<String> {
    let refinement = &wanted.refinement;
    match &given.kind {
        ExpressionKind::Text(text) => {
            let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            if !refinement.one_of.is_empty() && !refinement.one_of.contains(text) {
                Some(format!("it is one of `{}`", refinement.one_of.join("`, `")))
            } else if refinement.min_length.is_some_and(|least| length < least) {
                Some(format!("it has at least {} characters", refinement.min_length.unwrap_or_default()))
            } else if refinement.max_length.is_some_and(|most| length > most) {
                Some(format!("it has at most {} characters", refinement.max_length.unwrap_or_default()))
            } else {
                let broken = refinement.matching.as_ref().filter(|pattern| !matches(pattern, text));
                broken.map(|pattern| format!("it matches `{pattern}`"))
            }
        }
        ExpressionKind::Number(text) => outside(text, false, wanted),
        ExpressionKind::Negate(inner) => match &inner.kind {
            ExpressionKind::Number(text) => outside(text, true, wanted),
            _ => None,
        },
        _ => None,
    }
}

fn outside(text: &str, negative: bool, wanted: &DataType) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    let number = if negative { -number } else { number };
    let allowed = &wanted.refinement.one_of;
    if !allowed.is_empty() && !allowed.iter().any(|one| one.parse::<f64>().is_ok_and(|one| one == number)) {
        return Some(format!("it is one of `{}`", allowed.join("`, `")));
    }
    if let Base::Decimal(digits, behind) = wanted.base {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let (whole, part) = (whole.trim_start_matches('0').len(), part.trim_end_matches('0').len());
        if part > usize::from(behind) {
            return Some(format!("it has at most {behind} digits behind the point"));
        }
        if whole > usize::from(digits.saturating_sub(behind)) {
            return Some(format!("it has at most {} digits before the point", digits.saturating_sub(behind)));
        }
    }
    let bound = |bound: &Option<SmolStr>| bound.as_ref().and_then(|text| text.parse::<f64>().ok());
    let (min, max) = (bound(&wanted.refinement.min), bound(&wanted.refinement.max));
    if min.is_some_and(|min| number < min) {
        Some(format!("it is at least {}", min.unwrap_or_default()))
    } else if max.is_some_and(|max| number > max) {
        Some(format!("it is at most {}", max.unwrap_or_default()))
    } else {
        None
    }
}
