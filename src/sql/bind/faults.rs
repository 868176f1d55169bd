//! What can be wrong with a query's words and types.

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    sql::parse::unit_of_time,
    suggest,
};

/// A construct that is no part of the language's SQL so far.
pub fn unsupported(span: Span, construct: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_UNSUPPORTED,
        span,
        format!("{construct} is not supported in a query"),
        "not supported",
    )
    .help(match construct {
        "LIMIT" | "ORDER BY" => "leave it out: a stream has no last row; the first rows of each window are numbered by ROW_NUMBER()",
        "NOT IN (SELECT …)" => "write NOT EXISTS (SELECT …): NOT IN is true of no row where one value of the other query is null",
        "EXISTS or IN (SELECT …) here" => "it is a part of WHERE that must hold, beside AND",
        _ => "a query is SELECT … FROM a stream or a window over one, with WHERE, GROUP BY and HAVING",
    })
}

pub fn unknown_column<'a>(
    name: &str,
    span: Span,
    relation: &str,
    columns: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::SQL_UNKNOWN_COLUMN,
        span,
        format!("{relation} has no column `{name}`"),
        "no such column",
    );
    with_suggestion(diagnostic, name, span, columns)
}

pub fn alias_out_of_reach(name: &str, clause: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_UNKNOWN_COLUMN,
        span,
        format!("`{name}` is a name of the SELECT list, and {clause} is computed before it"),
        "not known here yet",
    )
    .help("repeat the expression that the SELECT list calls by this name")
}

pub fn unknown_qualifier<'a>(
    name: &str,
    span: Span,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("nothing in FROM is called `{name}`");
    with_suggestion(
        Diagnostic::error(catalogue::SQL_UNKNOWN_COLUMN, span, message, "no such name"),
        name,
        span,
        names,
    )
}

/// Functions of other dialects that take the same arguments under another name.
const FUNCTIONS: &[(&str, &str)] = &[
    ("TOTAL", "SUM"),
    ("MEAN", "AVG"),
    ("AVERAGE", "AVG"),
    ("LENGTH", "CHAR_LENGTH"),
    ("LEN", "CHAR_LENGTH"),
    ("SUBSTR", "SUBSTRING"),
    ("NVL", "COALESCE"),
    ("ISNULL", "IFNULL"),
    ("UCASE", "UPPER"),
    ("LCASE", "LOWER"),
    ("POW", "POWER"),
    ("TRUNC", "TRUNCATE"),
    ("STDDEV", "STDDEV_SAMP"),
    ("VARIANCE", "VAR_SAMP"),
    ("FIRST", "FIRST_VALUE"),
    ("LAST", "LAST_VALUE"),
    ("DATEDIFF", "TIMESTAMPDIFF"),
    ("DATEADD", "TIMESTAMPADD"),
    ("DAY", "DAYOFMONTH"),
];

/// What other dialects have a function for, and Flink a form of its own.
const FORMS: &[(&str, &str)] = &[
    ("DATE_TRUNC", "FLOOR(time TO HOUR)"),
    ("DATE_PART", "EXTRACT(HOUR FROM time)"),
    ("CONVERT", "CAST(value AS type)"),
    ("APPROX_DISTINCT", "COUNT(DISTINCT value)"),
    ("APPROX_COUNT_DISTINCT", "COUNT(DISTINCT value)"),
    ("COUNT_IF", "COUNT(*) FILTER (WHERE condition)"),
    ("COUNTIF", "COUNT(*) FILTER (WHERE condition)"),
    ("TUMBLINGWINDOW", "FROM TUMBLE(stream, time, INTERVAL '1' MINUTE)"),
];

pub fn unknown_function<'a>(
    name: &str,
    span: Span,
    functions: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("there is no function `{name}`");
    let diagnostic = Diagnostic::error(catalogue::SQL_UNKNOWN_FUNCTION, span, message, "no such function");
    match FORMS.iter().find(|(theirs, _)| name.eq_ignore_ascii_case(theirs)) {
        Some((_, form)) => diagnostic.help(format!("write {form}")),
        None => with_suggestion(diagnostic, name, span, functions),
    }
}

fn with_suggestion<'a>(
    diagnostic: Diagnostic,
    name: &str,
    span: Span,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let known: Vec<&str> = names.clone().collect();
    if let Some((_, ours)) =
        FUNCTIONS.iter().find(|(theirs, ours)| name.eq_ignore_ascii_case(theirs) && known.contains(ours))
    {
        return diagnostic.help(format!("did you mean `{ours}`?")).fix(span, *ours);
    }
    if let Some(near) = suggest::nearest(name, names.clone()) {
        return diagnostic.help(format!("did you mean `{near}`?")).fix(span, near);
    }
    diagnostic.help(suggest::there_are(&names.collect::<Vec<_>>()))
}

pub fn undefined(operator: &str, operands: &[String], span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("`{operator}` is not defined on {}", operands.join(" and ")),
        "these types don't go together",
    )
    .help("bring both sides to one type with CAST")
}

pub fn needs_unit(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` begins with a unit of time");
    Diagnostic::error(catalogue::SQL_TYPE, span, message, "no unit that Flink has")
        .help(format!("it is called as {name}(DAY, …, …); SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER and YEAR are units"))
}

pub fn wrong_arguments(name: &str, given: &[String], wanted: &[String], span: Span) -> Diagnostic {
    let given = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
    Diagnostic::error(catalogue::SQL_TYPE, span, format!("`{name}` does not take {given}"), "wrong arguments")
        .help(format!("it is called as {}", wanted.join(" or ")))
}

pub fn not_boolean(what: &str, ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("{what} must be boolean, and this is {ty}"),
        format!("this is {ty}"),
    )
    .help("write a comparison")
}

pub fn branches(first: &str, other: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("this branch of CASE is {other}, and one before it is {first}"),
        format!("this is {other}"),
    )
    .help("bring all branches to one type with CAST")
}

pub fn no_cast(from: &str, to: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("{from} can't be cast to {to}"),
        "no such conversion",
    )
    .help("cast to string first, or compute the value in another way")
}

pub fn bad_literal(what: &str, text: &str, form: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_TYPE, span, format!("`{text}` is no {what}"), format!("no {what}"))
        .help(format!("write {form}"))
}

/// `is_column` says whether a column is called so: then it is a name, and text otherwise.
pub fn quoted_text(text: &str, is_column: bool, span: Span) -> Diagnostic {
    let ours = if is_column { format!("`{text}`") } else { format!("'{}'", text.replace('\'', "''")) };
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("`\"{text}\"` is neither text nor a name in Flink's SQL"),
        "in double quotes",
    )
    .help(format!("write '{text}' for text, `{text}` in backticks for a name"))
    .fix(span, ours)
}

/// `ours` is the condition that was meant.
pub fn equal_to_null(operator: &str, ours: String, test: &str, span: Span) -> Diagnostic {
    let message = format!("`{operator}` with NULL is never true, and never false");
    Diagnostic::warning(catalogue::CONSTANT_COMPARISON, span, message, "never true")
        .help(format!("write {test}"))
        .fix(span, ours)
}

pub fn no_ilike(span: Span) -> Diagnostic {
    unsupported(span, "ILIKE").help("compare small letters: LOWER(text) LIKE '…'")
}

pub fn aggregate_here(name: &str, clause: &str, span: Span) -> Diagnostic {
    let help = if clause == "WHERE" {
        "compare aggregates in HAVING"
    } else {
        "compute it in the SELECT list or in HAVING"
    };
    Diagnostic::error(
        catalogue::SQL_AGGREGATE,
        span,
        format!("`{name}` counts over a group's rows, and {clause} sees one row at a time"),
        "no aggregate here",
    )
    .help(help)
}

pub fn nested_aggregate(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_AGGREGATE,
        span,
        format!("`{name}` stands inside another aggregate"),
        "an aggregate of an aggregate",
    )
    .help("aggregate once")
}

pub fn not_grouped(name: &str, clause: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_NOT_GROUPED,
        span,
        format!("{clause} uses `{name}`, which is neither grouped by nor in an aggregate"),
        "which of the group's rows?",
    )
    .help(format!("add `{name}` to GROUP BY, or aggregate it: MIN({name}), MAX({name})"))
}

pub fn not_deterministic(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_NOT_DETERMINISTIC,
        span,
        format!("`{name}` gives another value at each run"),
        "not the same twice",
    )
    .help("use the event's own time: window_start, window_end or the stream's event-time column")
}

pub fn updating(span: Span, grouped: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::SQL_WITHOUT_WINDOW,
        span,
        "an aggregate without a window changes with each row, and a stream takes no changes",
        "over all time",
    );
    let add = if grouped {
        "add window_start and window_end to GROUP BY"
    } else {
        "GROUP BY window_start, window_end"
    };
    diagnostic.help(format!("read FROM TUMBLE(stream, column, INTERVAL '1' MINUTE), and {add}"))
}

pub fn ambiguous<'a>(name: &str, tables: impl Iterator<Item = &'a str>, span: Span) -> Diagnostic {
    let wanted: Vec<String> = tables.map(|table| format!("`{table}.{name}`")).collect();
    Diagnostic::error(
        catalogue::SQL_AMBIGUOUS,
        span,
        format!("`{name}` is a column of more than one of what is joined"),
        "which one?",
    )
    .help(format!("write {}", wanted.join(" or ")))
}

pub fn never_null(function: &str, span: Span) -> Diagnostic {
    let message =
        format!("`{function}` of what is never null: of one value Flink 2.3 makes it -1, and not null");
    Diagnostic::warning(catalogue::SQL_NEVER_NULL, span, message, "wrong for groups of one row")
        .help("leave nulls out of it, without COALESCE, or add `HAVING COUNT(*) > 1`")
}

pub fn half_grouped(present: &str, missing: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_HALF_WINDOW,
        span,
        format!("grouped by `{present}` without `{missing}`, this is no window: it never ends, and drops no late row"),
        "half a window",
    )
    .help(format!("group by both: add `{missing}` to GROUP BY"))
}

pub fn rank_without_window(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_RANK,
        span,
        "the first rows of all time change as rows come, and a stream takes no changes",
        "numbered over all rows",
    )
    .help("write `ROW_NUMBER() OVER (PARTITION BY window_start, window_end, … ORDER BY …)`, over rows of a window; of all time there is the first row of each key, `PARTITION BY key ORDER BY time`, ascending, with `WHERE rn = 1`")
}

pub fn rank_without_limit(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_RANK,
        span,
        "rows are numbered, and none is left out by its number",
        "all rows",
    )
    .help("select from this in a query of its own, with `WHERE rn <= 3` for the first three of each window, or `rn = 1`")
}

pub fn union_columns(left: usize, right: usize, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("UNION ALL of {left} and {right} columns"),
        "not as many columns",
    )
    .help("select as many columns in each query, in the same order")
}

pub fn union_types(name: &str, first: &str, other: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_TYPE,
        span,
        format!("`{name}` is of type {first} in one query and {other} in the other"),
        format!("{other} here"),
    )
    .help(format!("cast it: CAST(… AS {first})"))
}

pub fn session_keys(wanted: &[&str], span: Span) -> Diagnostic {
    let mend = match wanted {
        [] => "leave PARTITION BY out, or group by its columns too".to_owned(),
        [one] => format!("write `PARTITION BY {one}`"),
        several => format!("write `PARTITION BY ({})`", several.join(", ")),
    };
    Diagnostic::error(
        catalogue::SQL_SESSION_KEYS,
        span,
        "sessions parted by other columns than the query groups by: Flink would count anew with each row, for a sink that takes no changes",
        "other sessions than groups",
    )
    .help(format!("the columns of PARTITION BY and those of GROUP BY must be the same: {mend}"))
}

pub fn session_of_expression(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_SESSION_KEYS,
        span,
        "sessions are parted by columns, and this key is computed",
        "not a column",
    )
    .help("group by columns; compute what is made of them in the SELECT list")
}

pub fn does_not_merge(name: &str, window: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_DOES_NOT_MERGE,
        span,
        format!("Flink can't compute `{name}` over {window}, whose windows are merged from parts"),
        "not over these windows",
    )
    .help("use TUMBLE, or an aggregate that can be merged, such as MIN, MAX, SUM and COUNT(DISTINCT …)")
}

pub fn window_arguments(name: &str, form: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_WINDOW, span, format!("`{name}` is not called so"), "wrong arguments")
        .help(format!("write {form}"))
}

pub fn not_a_multiple(name: &str, size: u64, step: u64, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_WINDOW,
        span,
        format!("the size of `{name}`, {size} ms, is no multiple of its step, {step} ms"),
        "no multiple",
    )
    .help("Flink takes sizes that are a multiple of the step")
}

pub fn empty_window(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_WINDOW, span, "a window lasts at least a millisecond", "no time at all")
        .help("write INTERVAL '1' MINUTE")
}

/// `text` is what is written, with or without INTERVAL before it: a number and a unit in it are enough to know what was meant.
pub fn bad_interval(span: Span, text: &str, behind: bool) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(catalogue::SQL_WINDOW, span, "this is no fixed length of time", "no fixed length");
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if let [number, unit] | ["INTERVAL", number, unit] = words.as_slice()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && let Some(unit) = unit_of_time(unit)
    {
        let ours = format!("'{number}' {unit}");
        let fixed = if behind { ours.clone() } else { format!("INTERVAL {ours}") };
        return diagnostic.help(format!("write INTERVAL {ours}")).fix(span, fixed);
    }
    diagnostic
        .help("write INTERVAL '90' SECOND, with SECOND, MINUTE, HOUR or DAY; months have no fixed length")
}

pub fn other_window(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_WINDOW,
        span,
        format!("`{name}` is of a window that GROUP BY does not have"),
        "which window?",
    )
    .help("repeat the arguments of the window in GROUP BY")
}

pub fn duplicate_output(name: &SmolStr, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_SINK_COLUMNS,
        span,
        format!("two columns of the SELECT list are called `{name}`"),
        "called so again",
    )
    .help("give one of them another name with AS")
}

pub fn over_here(clause: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        format!(
            "{clause} can't have an OVER: it is computed in the SELECT list of rows that are not grouped"
        ),
        "not here",
    )
    .help("compute it in a query in FROM, and use its column here")
}

pub fn several_overs(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        "Flink computes all OVERs of a SELECT list on one window, and this is another",
        "another window",
    )
    .help("name one window, `WINDOW w AS (PARTITION BY … ORDER BY …)`, and write `OVER w`; compute another in a query in FROM")
}

pub fn over_order(rule: &str, span: Span) -> Diagnostic {
    let message = format!("rows of a stream can be put {rule}");
    Diagnostic::error(catalogue::SQL_OVER_ORDER, span, message, "not in the order of time")
        .help("write `ORDER BY` and the stream's event-time column")
}

pub fn over_frame(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        "OVER counts rows up to the current one, from all or so many before, or from so long before",
        "other rows",
    )
    .help("write `ROWS BETWEEN 10 PRECEDING AND CURRENT ROW`, `RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW`, or UNBOUNDED PRECEDING")
}

pub fn lag_frame(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        "LAG looks back over all rows, and takes no frame",
        "a frame",
    )
    .help("leave ROWS or RANGE out of its window; compute what needs them in a query in FROM")
}

pub fn over_filter(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_OVER, span, "Flink has no FILTER before OVER", "a filter")
        .help(format!("write `{name}(CASE WHEN condition THEN value END) OVER (…)`"))
}

pub fn not_over<'a>(name: &str, span: Span, functions: impl Iterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<String> = functions.map(|function| format!("`{function}`")).collect();
    if matches!(name, "RANK" | "DENSE_RANK" | "PERCENT_RANK" | "NTILE" | "CUME_DIST") {
        let message = format!("Flink has no `{name}` of a stream's rows: it would change as rows come");
        return Diagnostic::error(catalogue::SQL_OVER, span, message, "changes later")
            .help("number the rows of a window, `ROW_NUMBER() OVER (PARTITION BY window_start, window_end, … ORDER BY …)`, and let the first through");
    }
    let message = format!("`{name}` can't stand before OVER");
    Diagnostic::error(catalogue::SQL_OVER, span, message, "not before OVER")
        .help(format!("there are {}; ROW_NUMBER() stands alone in the SELECT list", known.join(", ")))
}

pub fn unknown_window<'a>(
    name: &str,
    span: Span,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("no window is called `{name}`");
    let diagnostic = Diagnostic::error(catalogue::SQL_OVER, span, message, "no such window");
    if names.clone().next().is_none() {
        return diagnostic
            .help(format!("add `WINDOW {name} AS (PARTITION BY … ORDER BY …)` to the query's end"));
    }
    with_suggestion(diagnostic, name, span, names)
}

pub fn too_many_sets(most: usize, span: Span) -> Diagnostic {
    let message = format!("GROUP BY stands for more than {most} sets of keys");
    Diagnostic::error(catalogue::SQL_GROUPING_SETS, span, message, "too many")
        .help("write the sets that are wanted: GROUPING SETS ((a, b), (a), ())")
}

pub fn set_twice(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_GROUPING_SETS,
        span,
        "two sets have the same keys: of these Flink 2.3 computes COUNT(DISTINCT …) and AVG wrongly",
        "the same set twice",
    )
    .help(
        "write each set once; several items of GROUP BY are combined, each set of one with each of the other",
    )
}

pub fn sets_without_window(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_GROUPING_SETS,
        span,
        "a set of keys without its window never ends, and changes with each row",
        "not in all sets",
    )
    .help("write the window before the sets: GROUP BY window_start, window_end, GROUPING SETS (…)")
}

pub fn sets_of_session(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_GROUPING_SETS,
        span,
        "sessions are those of one set of keys, and these are several: Flink would count anew with each row",
        "several sets",
    )
    .help("write a query for each set, with UNION ALL between them")
}

pub fn sets_of_old(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_GROUPING_SETS,
        span,
        "Flink has no sets of keys beside a window in GROUP BY",
        "beside a window",
    )
    .help("read FROM TUMBLE(stream, column, INTERVAL '1' MINUTE), and GROUP BY window_start, window_end, GROUPING SETS (…)")
}

pub fn grouping_here(name: &str, clause: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` tells the sets of GROUP BY apart, and {clause} has none");
    Diagnostic::error(catalogue::SQL_GROUPING_SETS, span, message, "no groups here")
        .help("use it in the SELECT list or in HAVING of a query with GROUPING SETS, ROLLUP or CUBE")
}

pub fn no_key(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` asks for a key of GROUP BY, and this is none");
    Diagnostic::error(catalogue::SQL_GROUPING_SETS, span, message, "no key")
        .help("name a column that GROUP BY has")
}

pub fn pattern(rule: &str, mend: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_PATTERN, span, rule, "no pattern that Flink matches")
        .help(format!("write {mend}"))
}

pub fn unknown_variable<'a>(
    name: &str,
    span: Span,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Diagnostic {
    let message = format!("the pattern has no variable `{name}`");
    with_suggestion(
        Diagnostic::error(catalogue::SQL_PATTERN, span, message, "no such variable"),
        name,
        span,
        names,
    )
}

pub fn as_of(rule: &str, mend: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_AS_OF, span, rule, "nothing to look up").help(format!("write {mend}"))
}

pub fn asked_query(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_UNSUPPORTED,
        span,
        "EXISTS and IN ask for the rows of a window: SELECT … FROM … WHERE …, without groups",
        "not rows and a condition",
    )
    .help("write `EXISTS (SELECT * FROM TUMBLE(…) AS b WHERE a.key = b.key AND a.window_start = b.window_start AND a.window_end = b.window_end)`; what is grouped goes into a query in its FROM")
}
