//! `MATCH_RECOGNIZE (…)`.

use crate::sql::{
    matching::{Match, Skip, Variable},
    print,
};

/// The clause behind the rows, given the text of each of their columns.
pub fn recognize(matched: &Match, columns: &[String]) -> String {
    let seen = seen(matched, columns);
    let mut lines = Vec::new();
    let keys: Vec<String> = matched.partition.iter().filter_map(|at| columns.get(*at).cloned()).collect();
    if !keys.is_empty() {
        lines.push(format!("PARTITION BY {}", keys.join(", ")));
    }
    let order = matched
        .order
        .iter()
        .map(|by| format!("{}{}", print::expr(&by.expr, columns), if by.descending { " DESC" } else { "" }));
    lines.push(format!("ORDER BY {}", order.collect::<Vec<_>>().join(", ")));
    let measures = matched
        .measures
        .iter()
        .map(|(name, expr)| format!("{} AS {}", print::expr(expr, &seen), print::name(name)));
    let measures: Vec<String> = measures.collect();
    if !measures.is_empty() {
        lines.push(format!("MEASURES\n    {}", measures.join(",\n    ")));
    }
    lines.push("ONE ROW PER MATCH".to_owned());
    lines.push(format!("AFTER MATCH SKIP {}", skip(&matched.skip)));
    let within = matched.within.map(|length| format!(" WITHIN {}", print::short_interval(length)));
    let pattern: Vec<String> = matched.pattern.iter().map(variable).collect();
    lines.push(format!("PATTERN ({}){}", pattern.join(" "), within.unwrap_or_default()));
    let conditions = matched.conditions.iter().filter_map(|(at, condition)| {
        let name = print::name(&matched.pattern.get(*at)?.name);
        Some(format!("{name} AS {}", print::expr(condition, &seen)))
    });
    let mut conditions: Vec<String> = conditions.collect();
    if conditions.is_empty() {
        // Flink wants one.
        conditions
            .extend(matched.pattern.first().map(|first| format!("{} AS TRUE", print::name(&first.name))));
    }
    lines.push(format!("DEFINE\n    {}", conditions.join(",\n    ")));
    format!("MATCH_RECOGNIZE (\n  {}\n)", lines.join("\n  "))
}

/// The columns as conditions and measures name them: of any row, then of each variable's.
fn seen(matched: &Match, columns: &[String]) -> Vec<String> {
    let of_variables = matched.pattern.iter().flat_map(|variable| {
        let name = print::name(&variable.name);
        columns.iter().map(move |column| format!("{name}.{column}"))
    });
    columns.iter().cloned().chain(of_variables).collect()
}

fn skip(skip: &Skip) -> String {
    match skip {
        Skip::PastLastRow => "PAST LAST ROW".to_owned(),
        Skip::ToNextRow => "TO NEXT ROW".to_owned(),
        Skip::ToFirst(name) => format!("TO FIRST {}", print::name(name)),
        Skip::ToLast(name) => format!("TO LAST {}", print::name(name)),
    }
}

fn variable(variable: &Variable) -> String {
    let quantifier = match (variable.least, variable.most) {
        (1, Some(1)) => String::new(),
        (0, Some(1)) => "?".to_owned(),
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (least, None) => format!("{{{least},}}"),
        (least, Some(most)) if least == most => format!("{{{least}}}"),
        (least, Some(most)) => format!("{{{least},{most}}}"),
    };
    let reluctant = if variable.reluctant { "?" } else { "" };
    format!("{}{quantifier}{reluctant}", print::name(&variable.name))
}
