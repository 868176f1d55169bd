//! What can be wrong in a pipeline, each said where it is found.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{
        DataType, Schema,
        pipeline::{Expression, ExpressionKind},
    },
    source::Span,
    suggest,
    syntax::ast::Ident,
};

// ---- values and types --------------------------------------------------------------------------------------------------------------

pub(super) fn does_not_fit(span: Span, what: &str, from: &str, to: &str) -> Diagnostic {
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

pub(super) fn maybe_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(catalogue::MAYBE_NONE, span, format!("`{name}` may be `none`"), "may be `none` here")
        .help(format!(
            "say what stands for it then: `{name} ?? …`, or ask first: `if {name} != none {{ … }}`"
        ))
}

pub(super) fn never_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::FOREGONE, span, format!("`{name}` is never `none`"), "always there")
        .help("leave the question out, or give its type a `?` where it is declared")
}

pub(super) fn foregone(span: Span, name: &str, outcome: bool, because: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::FOREGONE,
        span,
        format!("this is always {outcome}: of `{name}` it is known that {because}"),
        format!("always {outcome}"),
    )
    .help("compare with a value that its type allows")
}

pub(super) fn incomparable(span: Span, a: &str, b: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("`{a}` and `{b}` can't be compared so"),
        "no such comparison",
    )
    .help("compare numbers with numbers, text with text, and fields of records one by one")
}

pub(super) fn no_number(span: Span, what: &str, ty: &str) -> Diagnostic {
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

pub(super) fn no_text(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("a `{ty}` can't be put into text"),
        format!("this is `{ty}`"),
    )
    .help("name one of its fields or elements")
}

pub(super) fn no_value(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(catalogue::NO_VALUE, span, format!("{what} is no value of a pipeline"), "not a value here")
        .help("values are text, numbers, `true`, `false`, `none`, lists, places in buckets, and records where their type is known")
}

pub(super) fn unknown_unit(span: Span, number: &str, unit: &str) -> Diagnostic {
    Diagnostic::error(catalogue::UNKNOWN_UNIT, span, format!("there is no unit `{unit}`"), "not known")
        .help(format!("write the number alone, `{number}`, or a duration such as `30s`"))
}

pub(super) fn declaration_as_value(span: Span, name: &str, what: &str, declared: Option<Span>) -> Diagnostic {
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

pub(super) fn call_in_expression(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::CALL_IN_EXPRESSION,
        span,
        "a call is a step of its own",
        "a call inside an expression",
    )
    .help("bind its result first: `let result = …`")
}

pub(super) fn constant_out_of_bounds(span: Span, broken: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        format!("this value breaks a condition of its type: {broken}"),
        "not allowed here",
    )
    .help("give a value that the type allows")
}

/// The condition of a type that a constant breaks.
pub(super) fn broken_condition(given: &Expression, wanted: &DataType) -> Option<String> {
    let refinement = &wanted.refinement;
    match &given.kind {
        ExpressionKind::Text(text) => {
            let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
            let pattern = refinement.matching.as_ref();
            let pattern = pattern.and_then(|pattern| regex::Regex::new(&format!("^(?:{pattern})$")).ok());
            if !refinement.one_of.is_empty() && !refinement.one_of.contains(text) {
                Some(format!("it is one of `{}`", refinement.one_of.join("`, `")))
            } else if refinement.min_length.is_some_and(|least| length < least) {
                Some(format!("it has at least {} characters", refinement.min_length.unwrap_or_default()))
            } else if refinement.max_length.is_some_and(|most| length > most) {
                Some(format!("it has at most {} characters", refinement.max_length.unwrap_or_default()))
            } else if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
                Some(format!("it matches `{}`", refinement.matching.clone().unwrap_or_default()))
            } else {
                None
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
    let bound = |bound: &Option<smol_str::SmolStr>| bound.as_ref().and_then(|text| text.parse::<f64>().ok());
    let (min, max) = (bound(&wanted.refinement.min), bound(&wanted.refinement.max));
    if min.is_some_and(|min| number < min) {
        Some(format!("it is at least {}", min.unwrap_or_default()))
    } else if max.is_some_and(|max| number > max) {
        Some(format!("it is at most {}", max.unwrap_or_default()))
    } else {
        None
    }
}

// ---- names and fields --------------------------------------------------------------------------------------------------------------

pub(super) fn out_of_reach(name: &Ident, bound: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_REACH,
        name.span,
        format!("`{}` is bound in a block that has ended", name.name),
        "not bound on every way that leads here",
    )
    .related(bound, "bound only in this block")
    .help("use it inside that block, or bind it in every branch that goes on")
}

pub(super) fn unknown_name(name: &Ident, near: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        name.span,
        format!("nothing is named `{}` here", name.name),
        "not bound",
    )
    .help(format!("did you mean `{near}`?"))
    .fix(name.span, near)
}

pub(super) fn bound_twice(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::BOUND_TWICE,
        name.span,
        format!("`{}` is bound already", name.name),
        "bound again",
    )
    .related(first, "bound here first")
    .help("a name keeps its value: give this one another name")
}

pub(super) fn unknown_member(name: &Ident, schema: &Schema) -> Diagnostic {
    let fields: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        name.span,
        format!("`{}` has no field `{}`", schema.name, name.name),
        "nothing produces this",
    )
    .related(schema.span, format!("`{}` is declared here", schema.name));
    match suggest::nearest(&name.name, fields.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(format!("it has `{}`", fields.join("`, `"))),
    }
}

pub(super) fn missing_member(span: Span, name: &str, schema: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        span,
        format!("a `{schema}` needs `{name}`"),
        format!("`{name}` is missing"),
    )
    .help(format!("add `{name} = …`"))
}

pub(super) fn member_of_list(name: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        name.span,
        format!("a list has no field `{}`", name.name),
        "this is a field of its elements",
    )
    .help("take an element first, `list[0]`, or go through all: `for x in list { … }`")
}

pub(super) fn member_of_scalar(name: &Ident, ty: &str) -> Diagnostic {
    Diagnostic::error(catalogue::UNKNOWN_MEMBER, name.span, format!("a `{ty}` has no fields"), "no field")
        .help(format!("leave `.{}` out", name.name))
}

pub(super) fn not_indexable(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("a `{ty}` has no elements"),
        format!("this is `{ty}`"),
    )
    .help("only lists and maps have elements")
}

// ---- calls -------------------------------------------------------------------------------------------------------------------------

pub(super) fn not_callable(span: Span, name: &str, what: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_CALLABLE,
        span,
        format!("`{name}` is {what}, and can't be called so"),
        "not a function",
    )
    .help(help)
}

pub(super) fn unknown_function(name: &Ident, near: Option<&str>) -> Diagnostic {
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

pub(super) fn unknown_argument(name: &Ident, function: &str, params: &[&str]) -> Diagnostic {
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

pub(super) fn too_many_arguments(span: Span, function: &str, params: &[&str]) -> Diagnostic {
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

pub(super) fn argument_twice(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error(catalogue::ARGUMENTS, span, format!("`{name}` is given twice"), "given again")
        .related(first, "given here first")
        .help("leave one of them out")
}

pub(super) fn missing_arguments(span: Span, function: &str, missing: &[&str]) -> Diagnostic {
    let names = missing.join("`, `");
    Diagnostic::error(
        catalogue::ARGUMENTS,
        span,
        format!("`{function}` needs `{names}`"),
        "not all arguments are given",
    )
    .help(format!("add `{} = …`", missing.join(" = …`, `")))
}

pub(super) fn no_result(span: Span, function: &str, declared: Option<Span>) -> Diagnostic {
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

pub(super) fn result_dropped(span: Span, function: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::RESULT_NOT_READ,
        span,
        format!("nobody looks at what `{function}` returns"),
        "its result is dropped",
    )
    .help("bind it with `let` and act on it, or declare the function without a result")
}

pub(super) fn never_read(span: Span, name: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::RESULT_NOT_READ, span, format!("nobody looks at `{name}`"), "never read")
        .help("act on it, or leave it out; a name that begins with `_` says that this is meant")
}

pub(super) fn policy_without_call(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "only a call can be made again, time out or be awaited",
        "this is no call",
    )
    .help("leave what stands behind the value out")
}

pub(super) fn duration_too_short(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        format!("{what} is a whole number of seconds, at least one"),
        "not such a duration",
    )
    .help("write `1s` or more")
}

pub(super) fn no_duration(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(catalogue::POLICY, span, format!("{what} is a duration"), "no duration")
        .help("write it with its unit: `30s`, `5m`, `1h`")
}

pub(super) fn pause_too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "a pause takes at most 99999999 seconds, three years and two months",
        "too long",
    )
    .help("wait until an instant instead: `wait until …`")
}

pub(super) fn heartbeat_too_long(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        "the heartbeat is as long as the timeout, or longer",
        "never missed before the timeout",
    )
    .help("make the heartbeat shorter than the timeout")
}

pub(super) fn retries_outlast(span: Span, waits: u64, timeout: u64, whose: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::POLICY,
        span,
        format!("the retries of this call can take {waits} seconds, and {whose} timeout is {timeout}"),
        "the last retries never come",
    )
    .help("retry less often or sooner, or give more time")
}

pub(super) fn no_callback(span: Span, function: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::POLICY,
        span,
        format!("`{function}` can't be awaited by callback"),
        "its service takes no task token",
    )
    .help("leave `await callback` out: the call is waited for as it is")
}

pub(super) fn token_not_passed(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TASK_TOKEN,
        span,
        "nobody gets the task token, so that nobody can call back",
        "waits for a callback that never comes",
    )
    .help("give `task_token` to the function as an argument")
}

pub(super) fn no_task_token(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TASK_TOKEN,
        span,
        "there is a `task_token` only in the arguments of a call that is awaited",
        "no token here",
    )
    .help("add `await callback` behind the call")
}

pub(super) fn unknown_place(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_PLACE,
        span,
        "which bucket this is in follows from nothing in the program, so nobody can be given access to it",
        "a place that is known at run time only",
    )
    .help("make it from its bucket: `bucket / \"{key}\"`")
}

pub(super) fn missing_need(span: Span, name: &str, field: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        format!("this takes the field `{field}` of `{name}`, which is not set"),
        "not possible without it",
    )
    .related(declared, format!("`{name}` is declared here"))
    .help(format!("add `{field} = …` to `{name}`"))
}

pub(super) fn library(span: Span, fault: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::LIBRARY,
        span,
        format!("the standard library is at fault: {fault}"),
        "not understood",
    )
    .help("see docs/stdlib.md")
}

// ---- statements --------------------------------------------------------------------------------------------------------------------

pub(super) fn unreachable(span: Span, because: Span) -> Diagnostic {
    Diagnostic::error(catalogue::UNREACHABLE, span, "nothing leads here", "never reached")
        .related(because, "the pipeline has ended here on every way")
        .help("remove it, or move it before the end")
}

pub(super) fn arm_again(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(catalogue::UNREACHABLE, span, "this arm is never taken", "matched already")
        .related(first, "this arm takes it")
        .help("remove one of them")
}

pub(super) fn not_exhaustive(span: Span, missing: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_EXHAUSTIVE,
        span,
        format!("the arms leave {missing} out"),
        "not every value has an arm",
    )
    .help("add an arm for it, or `else -> { … }`")
}

pub(super) fn no_pattern(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_VALUE,
        span,
        "an arm is for one value that the program gives",
        "no constant",
    )
    .help("write text, a number, `true`, `false` or `none`; other conditions are for `if`")
}

pub(super) fn no_end(span: Span, name: &str, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("`{name}` returns `{ty}`, and a way through it ends without one"),
        "says that it returns a value",
    )
    .help("end every way with `return …` or `fail …`")
}

pub(super) fn nothing_to_return(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("`{name}` returns nothing"),
        "a value that nobody gets",
    )
    .help("leave the value out, or declare the pipeline's result: `pipeline name(…) -> type`")
}

pub(super) fn return_without_value(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(catalogue::RETURN, span, format!("the pipeline returns `{ty}`"), "returns nothing")
        .help("add the value behind `return`")
}

pub(super) fn return_inside(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::RETURN,
        span,
        format!("a pipeline can't return from inside `{word}`"),
        format!("inside `{word}`"),
    )
    .help(format!("return behind the `{word}`; `fail` ends the pipeline from inside as well"))
}

pub(super) fn ends_in_success(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ENDS_IN_SUCCESS,
        span,
        "an error that is caught here ends the pipeline in success",
        "a failed run is reported as a good one",
    )
    .help("end the block with `fail NAME …`, or say which errors are no failure: `catch error as Name.Of.Error`")
}

pub(super) fn swallowed(span: Span) -> Diagnostic {
    Diagnostic::warning(catalogue::ENDS_IN_SUCCESS, span, "any error that is caught here is forgotten", "the pipeline goes on as if nothing was")
        .help("end the block with `fail NAME …`, or say which errors are no failure: `catch error as Name.Of.Error`")
}

pub(super) fn catch_after_all(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNREACHABLE,
        span,
        "this `catch` is never taken",
        "everything is caught before it",
    )
    .related(first, "this one catches every error")
    .help("put the one without names last")
}

pub(super) fn unknown_error(span: Span, name: &str, near: Option<&str>) -> Diagnostic {
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

pub(super) fn reserved_error(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("`{name}` is Step Functions' own name"),
        "reserved",
    )
    .help("give the failure a name of its own, such as `InvalidData`")
}

pub(super) fn catches_own_fail(span: Span, name: &str, fail: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ERROR_NAME,
        span,
        format!("`fail {name}` ends the pipeline and is not caught"),
        "never comes here",
    )
    .related(fail, "the pipeline ends here")
    .help("do here what the `catch` does, before `fail`")
}

pub(super) fn unknown_option(name: &Ident) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::ARGUMENTS,
        name.span,
        format!("`for` has no option `{}`", name.name),
        "not known",
    );
    match suggest::nearest(&name.name, ["limit", "batch"]) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help("`limit 10` says how many run at the same time"),
    }
}

pub(super) fn bad_limit(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_RANGE,
        span,
        "a limit is a whole number from 1 to 40",
        "not such a number",
    )
    .help("write `limit 10`; more than 40 at the same time take a distributed loop")
}

pub(super) fn no_list(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("`for` goes through a list, and this is `{ty}`"),
        format!("this is `{ty}`"),
    )
    .help("give a list")
}

pub(super) fn not_yet(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_LOWERED,
        span,
        format!("{what} can't be generated yet"),
        "no state machine for this yet",
    )
    .help("use what there is: a loop over a list, a schedule, an event, or an object that is created")
}

// ---- triggers ----------------------------------------------------------------------------------------------------------------------

pub(super) fn trigger_lacks(span: Span, field: &str, param: Span, offered: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger's event has no `{field}`"),
        "what the pipeline wants is not in its event",
    )
    .related(param, format!("`{field}` is wanted here"));
    match offered {
        [] => diagnostic.help("it brings nothing: leave the parameters out"),
        _ => diagnostic.help(format!("its event has `{}`", offered.join("`, `"))),
    }
}

pub(super) fn trigger_type(span: Span, field: &str, given: &str, wanted: &str, param: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("this trigger's `{field}` is `{given}`, and the pipeline wants `{wanted}`"),
        "the event does not fit",
    )
    .related(param, "wanted here")
    .help(format!("declare it as `{field}: {given}`"))
}

pub(super) fn trigger_unsupported(span: Span, because: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_LOWERED,
        span,
        format!("this trigger can't be generated: {because}"),
        "no rule for this yet",
    )
    .help("start the pipeline by a schedule, an event, or an object that is created")
}

pub(super) fn trigger_without_account(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TRIGGER,
        span,
        format!("`{name}` is in no account that the program knows"),
        "whose events are these?",
    )
    .help("declare it `in` an account")
}
