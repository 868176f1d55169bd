//! State of streaming queries. A savepoint fits a job as long as what holds state stays the same: the sources and their event time, the windows,
//! the keys, the aggregates. <https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/concepts/overview/#stateful-upgrades-and-evolution>

use super::{At, Class, Entry, Topic, Version, pair::Pairs};
use crate::{
    Analysis,
    platform::{Platform, Query, ResourceId, resource::Noun},
    sql::{
        over::Over,
        plan::{AggregateCall, Relation, RelationKind},
        print,
    },
};

/// Every query whose state does not fit any more, and every one that computes something else from the same state.
pub fn changes(old: &Analysis, new: &Analysis, pairs: &Pairs) -> Vec<Entry> {
    let mut entries = Vec::new();
    for &(was, is) in &pairs.both {
        let (Some(before), Some(after)) = (query(&old.platform, was), query(&new.platform, is)) else {
            continue;
        };
        let (held, holds) = (state(&old.platform, before), state(&new.platform, after));
        let differs: Vec<String> = held
            .iter()
            .zip(&holds)
            .filter(|(a, b)| a.1 != b.1)
            .map(|(a, b)| format!("its {} are {} and were {}", a.0, listed(&b.1), listed(&a.1)))
            .collect();
        let stateful = held.iter().skip(1).any(|(_, parts)| !parts.is_empty());
        let computes = (whole(&old.platform, before), whole(&new.platform, after));
        let (class, what, mut details) = if !differs.is_empty() {
            let what =
                if stateful { "can't go on from its state" } else { "can't go on from where it stands" };
            (Class::Breaking, what, differs)
        } else if computes.0 != computes.1 {
            (Class::Note, "computes something else", vec!["its state fits".to_owned()])
        } else {
            continue;
        };
        if class == Class::Breaking {
            details.push("stop it, and start it without its snapshot: windows that are open are lost".into());
        }
        entries.push(Entry {
            class,
            topic: Topic::State,
            subject: format!("query `{}`", old.platform.resource(was).name),
            what: what.into(),
            details,
            readers: super::contract::readers(old, before.sink, None),
            gain: None,
            at: At { version: Version::New, span: new.platform.resource(is).span },
        });
    }
    entries
}

fn query(platform: &Platform, id: ResourceId) -> Option<&Query> {
    match platform.resource(id).noun {
        Noun::Query(at) => platform.queries.get(at as usize),
        _ => None,
    }
}

fn listed(parts: &[String]) -> String {
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// What holds state, by what it is.
fn state(platform: &Platform, query: &Query) -> Vec<(&'static str, Vec<String>)> {
    let (mut sources, mut windows, mut keys, mut aggregates) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut ranks, mut joins, mut overs, mut patterns) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for relation in query.plan.chain() {
        let columns =
            |input: &Relation| input.fields.iter().map(|it| it.name.to_string()).collect::<Vec<_>>();
        match &relation.kind {
            RelationKind::Scan(stream) => sources.push(source(platform, *stream)),
            RelationKind::Window { input, time, shape } => {
                let on = columns(input).get(time.0).cloned().unwrap_or_default();
                windows.push(format!("{} on {on}", window(shape, &columns(input))));
            }
            RelationKind::Aggregate { input, keys: by, calls, sets } => {
                let names = columns(input);
                keys.extend(by.iter().map(|key| format!("{}: {:?}", print::expr(key, &names), key.ty.base)));
                aggregates.extend(calls.iter().map(|it| call(it, &names)));
                let has = |set: &Vec<bool>| {
                    let chosen = by.iter().zip(set).filter(|(_, has)| **has);
                    let chosen: Vec<String> = chosen.map(|(key, _)| print::expr(key, &names)).collect();
                    format!("the set ({})", chosen.join(", "))
                };
                keys.extend(sets.iter().map(has));
            }
            RelationKind::Rank { input, partition, order } => {
                let names = columns(input);
                let parts: Vec<String> = partition.iter().map(|part| print::expr(part, &names)).collect();
                let order = order.iter().map(|by| {
                    format!("{}{}", print::expr(&by.expr, &names), if by.descending { " desc" } else { "" })
                });
                let order: Vec<String> = order.collect();
                ranks.push(format!("by {} within {}", order.join(", "), parts.join(", ")));
            }
            RelationKind::Over { input, over } => overs.extend(over_state(over, &columns(input))),
            RelationKind::Match { input, matched } => {
                patterns.push(print::recognize(matched, &columns(input)).replace('\n', " "));
            }
            RelationKind::Filter { .. }
            | RelationKind::Project { .. }
            | RelationKind::Union(_)
            | RelationKind::Unnest { .. } => {}
            RelationKind::AsOf { condition, .. } => {
                joins.push(format!("as of a time on {}", print::expr(condition, &columns(relation))));
            }
            RelationKind::Join { left, right, kind, condition } => {
                let both = [columns(left), columns(right)].concat();
                joins.push(format!("{} on {}", kind.words().to_lowercase(), print::expr(condition, &both)));
            }
        }
    }
    keys.sort();
    aggregates.sort();
    vec![
        ("sources", sources),
        ("windows", windows),
        ("keys", keys),
        ("aggregates", aggregates),
        ("ranks", ranks),
        ("joins", joins),
        ("windows of OVER", overs),
        ("patterns", patterns),
    ]
}

fn window(shape: &crate::sql::plan::WindowShape, columns: &[String]) -> String {
    use crate::sql::plan::WindowShape as Shape;
    let seconds = |milliseconds: u64| format!("{}s", milliseconds as f64 / 1000.0);
    match shape {
        Shape::Tumble { size, offset } => format!("tumble({}, offset {offset}ms)", seconds(*size)),
        Shape::Hop { slide, size, offset } => {
            format!("hop({}, {}, offset {offset}ms)", seconds(*slide), seconds(*size))
        }
        Shape::Cumulate { step, size, offset } => {
            format!("cumulate({}, {}, offset {offset}ms)", seconds(*step), seconds(*size))
        }
        Shape::Session { gap, keys } => {
            let by: Vec<&str> = keys.iter().filter_map(|at| columns.get(*at)).map(String::as_str).collect();
            format!("session({}) by {}", seconds(*gap), by.join(", "))
        }
    }
}

/// The rows that OVER keeps, and what it computes over them.
fn over_state(over: &Over, columns: &[String]) -> Vec<String> {
    let parts: Vec<String> = over.partition.iter().map(|part| print::expr(part, columns)).collect();
    let window = format!(
        "{} by {} within {}",
        print::frame(over.frame).to_lowercase(),
        columns.get(over.time.0).cloned().unwrap_or_default(),
        parts.join(", ")
    );
    let calls = over.calls.iter().map(|it| format!("{}: {:?}", print::before_over(it, columns), it.ty.base));
    calls.chain([window]).collect()
}

fn source(platform: &Platform, id: ResourceId) -> String {
    let time =
        platform.stream(id).and_then(|it| it.watermark.as_ref()).map(|(column, _)| format!(" by {column}"));
    format!("`{}`{}", super::pair::name(platform, id), time.unwrap_or_default())
}

fn call(call: &AggregateCall, columns: &[String]) -> String {
    let argument = call.argument.as_ref().map_or_else(|| "*".into(), |it| print::expr(it, columns));
    let distinct = if call.distinct { "distinct " } else { "" };
    let filter =
        call.filter.as_ref().map(|it| format!(" where {}", print::expr(it, columns))).unwrap_or_default();
    format!("{}({distinct}{argument}){filter}: {:?}", call.function.name(), call.ty.base)
}

/// All that a query computes.
fn whole(platform: &Platform, query: &Query) -> Vec<Vec<String>> {
    let relation = |it: &Relation| {
        let names: Vec<String> =
            it.input().map(|it| it.fields.iter().map(|it| it.name.to_string()).collect()).unwrap_or_default();
        match &it.kind {
            RelationKind::Filter { condition, .. } => vec![print::expr(condition, &names)],
            RelationKind::Project { exprs, .. } => exprs.iter().map(|it| print::expr(it, &names)).collect(),
            RelationKind::Join { left, right, condition, .. }
            | RelationKind::AsOf { left, right, condition, .. } => {
                let both = left.fields.iter().chain(&right.fields);
                let names: Vec<String> = both.map(|it| it.name.to_string()).collect();
                vec![print::expr(condition, &names)]
            }
            _ => Vec::new(),
        }
    };
    let sink = vec![super::pair::name(platform, query.sink).to_string()];
    query.plan.chain().map(relation).chain([sink]).collect()
}
