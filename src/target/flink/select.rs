//! `INSERT INTO … SELECT …` from a plan.

use crate::{
    platform::{Platform, Query, ResourceId, Stream},
    sql::{
        event_time::is_event_time,
        over::{Frame, Over},
        plan::{Expr, ExprKind, JoinKind, Order, Relation, RelationKind, WindowShape},
        print,
    },
};

use super::guard;

/// One SELECT as far as it is known.
#[derive(Default)]
struct Block {
    /// The text of each of the relation's columns.
    columns: Vec<String>,
    from: String,
    filter: Vec<String>,
    /// The keys; `None` before GROUP BY.
    groups: Option<Vec<String>>,
    having: Vec<String>,
}

/// The query's own rows.
pub fn insert(platform: &Platform, query: &Query) -> String {
    let names: Vec<String> = query.plan.fields.iter().map(|field| print::name(&field.name)).collect();
    let casts = event_times(platform, &query.plan);
    let sink = print::name(&platform.resource(query.sink).name);
    format!("INSERT INTO {sink} ({})\n{}", names.join(", "), select(platform, &query.plan, &casts))
}

/// A query, each column with its name; some are cast.
fn select(platform: &Platform, relation: &Relation, casts: &[Option<String>]) -> String {
    if let RelationKind::Union(parts) = &relation.kind {
        let parts: Vec<String> = parts.iter().map(|part| select(platform, part, casts)).collect();
        return parts.join("\nUNION ALL\n");
    }
    let block = block(platform, relation);
    let item = |(at, (text, name)): (usize, (&String, &String))| match casts.get(at).and_then(Option::as_ref)
    {
        Some(ty) => format!("  CAST({text} AS {ty}) AS {name}"),
        None if text == name => format!("  {text}"),
        None => format!("  {text} AS {name}"),
    };
    let items: Vec<String> = block.columns.iter().zip(&names(relation)).enumerate().map(item).collect();
    format!("SELECT\n{}\n{}", items.join(",\n"), tail(&block))
}

/// A query in parentheses, its lines moved in.
fn parenthesised(platform: &Platform, relation: &Relation) -> String {
    format!("(\n  {}\n)", select(platform, relation, &[]).replace('\n', "\n  "))
}

/// The types of the columns that are event-time attributes, where there are several: a sink takes one at most, and a cast makes the others
/// ordinary timestamps.
fn event_times(platform: &Platform, plan: &Relation) -> Vec<Option<String>> {
    let is_time = (0..plan.fields.len()).map(|at| is_event_time(platform, plan, at));
    let types = plan.fields.iter().zip(is_time);
    let casts: Vec<Option<String>> =
        types.map(|(field, is_time)| is_time.then(|| print::data_type(&field.ty.base)).flatten()).collect();
    // A join's row without a partner has no event time there, which no record's time may be.
    let null = casts.iter().zip(&plan.fields).any(|(cast, field)| cast.is_some() && field.ty.nullable);
    if null || casts.iter().flatten().count() > 1 { casts } else { Vec::new() }
}

/// The rows that came when their window had fired: the end of the window, less the millisecond that Flink counts it less, against the watermark
/// as the row came. Comparing the row's own time instead would also pick rows that were counted.
pub fn divert_late(platform: &Platform, query: &Query, stream: &Stream, to: ResourceId) -> Option<String> {
    if let Some(block) = late_before_over(platform, query, stream) {
        return Some(diverted(platform, stream, to, &block));
    }
    // Without groups and numbers no row is late: each is handed on as it comes.
    let waits = |relation: &&Relation| {
        matches!(
            relation.kind,
            RelationKind::Aggregate { .. } | RelationKind::Rank { .. } | RelationKind::Join { .. }
        )
    };
    let windowed = query.plan.chain().filter(waits).flat_map(Relation::chain).find(|relation| {
        matches!(relation.kind, RelationKind::Window { .. }) && relation.sources() == [stream.resource]
    })?;
    let filtered = query.plan.chain().find(|relation| match &relation.kind {
        RelationKind::Filter { input, .. } => std::ptr::eq(input.as_ref(), windowed),
        _ => false,
    });
    let RelationKind::Window { input, time: event_time, shape } = &windowed.kind else { return None };
    let mut block = block(platform, filtered.unwrap_or(windowed));
    let time = block.columns.last()?.clone();
    let (start, end) =
        (block.columns.get(input.fields.len())?.clone(), block.columns.get(input.fields.len() + 1)?.clone());
    let own_time = block.columns.get(event_time.0)?.clone();
    // A row lies in several windows: it is late when the last of them has fired.
    match shape {
        WindowShape::Tumble { .. } => {}
        WindowShape::Hop { slide, .. } => {
            block.filter.push(format!("{start} + {} > {own_time}", print::interval(*slide)))
        }
        WindowShape::Cumulate { size, .. } => {
            block.filter.push(format!("{end} = {start} + {}", print::interval(*size)))
        }
        WindowShape::Session { .. } => return None,
    }
    block.filter.push(format!("{end} - INTERVAL '0.001' SECOND <= CURRENT_WATERMARK({time})"));
    Some(diverted(platform, stream, to, &block))
}

/// The rows that are late for an OVER of all rows before, or for a pattern: those whose time the watermark has reached.
fn late_before_over(platform: &Platform, query: &Query, stream: &Stream) -> Option<Block> {
    let waits = |relation: &'_ Relation| match &relation.kind {
        RelationKind::Over { input, over } => over.tells_late_rows(input),
        RelationKind::Match { input, .. } => Over::is_of_stream(input),
        _ => false,
    };
    let input = query.plan.chain().find(|relation| waits(relation)).and_then(Relation::input)?;
    if input.sources() != [stream.resource] {
        return None;
    }
    let (time, _) = stream.watermark.as_ref()?;
    let at = input.fields.iter().position(|field| field.name == *time)?;
    let mut block = block(platform, input);
    let time = block.columns.get(at)?.clone();
    block.filter.push(format!("{time} <= CURRENT_WATERMARK({time})"));
    Some(block)
}

/// All columns of a stream's rows, into another stream.
fn diverted(platform: &Platform, stream: &Stream, to: ResourceId, block: &Block) -> String {
    let columns = &platform.schema(stream.schema).columns;
    let names: Vec<String> = columns.iter().map(|column| print::name(&column.name)).collect();
    let items: Vec<String> = names.iter().map(|name| format!("  {name}")).collect();
    let sink = print::name(&platform.resource(to).name);
    format!("INSERT INTO {sink} ({})\nSELECT\n{}\n{}", names.join(", "), items.join(",\n"), tail(block))
}

fn tail(block: &Block) -> String {
    let mut lines = vec![format!("FROM {}", block.from)];
    if !block.filter.is_empty() {
        lines.push(format!("WHERE {}", all(&block.filter)));
    }
    if let Some(groups) = block.groups.as_ref().filter(|groups| !groups.is_empty()) {
        lines.push(format!("GROUP BY {}", groups.join(", ")));
    }
    if !block.having.is_empty() {
        lines.push(format!("HAVING {}", all(&block.having)));
    }
    lines.join("\n")
}

/// Conditions that must all hold.
fn all(conditions: &[String]) -> String {
    match conditions {
        [one] => one.clone(),
        several => several.iter().map(|condition| format!("({condition})")).collect::<Vec<_>>().join(" AND "),
    }
}

/// A relation as a SELECT to which clauses can still be added.
fn block(platform: &Platform, relation: &Relation) -> Block {
    match &relation.kind {
        RelationKind::Scan(stream) => Block {
            columns: names(relation),
            from: platform
                .stream(*stream)
                .map(|stream| guard::view(platform, stream, "valid"))
                .unwrap_or_default(),
            ..Block::default()
        },
        RelationKind::Union(_) => from_query(platform, relation),
        RelationKind::Window { input, time, shape } => {
            let columns = names(input);
            let rows = match &input.kind {
                RelationKind::Scan(_) => format!("TABLE {}", block(platform, input).from),
                // Of a UNION ALL that stands here itself Flink 2.3 takes the first query alone, and says nothing.
                RelationKind::Union(_) => {
                    let union = parenthesised(platform, input).replace('\n', "\n  ");
                    format!("(\n  SELECT {}\n  FROM {union}\n)", columns.join(", "))
                }
                _ => parenthesised(platform, input),
            };
            let time = columns.get(time.0).cloned().unwrap_or_default();
            let from = window(shape, &rows, &columns, &time);
            Block { columns: names(relation), from, ..Block::default() }
        }
        RelationKind::Filter { input, condition } => {
            let mut inner = inner(platform, input);
            let text = print::expr(condition, &inner.columns);
            let clause = if inner.groups.is_some() { &mut inner.having } else { &mut inner.filter };
            clause.push(text);
            inner
        }
        RelationKind::Aggregate { input, keys, calls, sets } => {
            let inner = inner(platform, input);
            let keys: Vec<String> = keys.iter().map(|key| print::expr(key, &inner.columns)).collect();
            let calls = calls.iter().map(|call| print::aggregate(call, &inner.columns));
            let columns = keys.iter().cloned().chain(calls).collect();
            Block { columns, groups: Some(grouped(keys, sets)), ..inner }
        }
        RelationKind::Join { left, right, kind, condition } if kind.is_half() => {
            let (mut columns, from) = side(platform, left, 0);
            let width = columns.len();
            let (others, other) = side(platform, right, 1);
            columns.extend(others);
            let on = print::expr(condition, &columns);
            columns.truncate(width);
            let filter = vec![format!("{} (\n  SELECT *\n  FROM {other}\n  WHERE {on}\n)", kind.words())];
            Block { columns, from, filter, ..Block::default() }
        }
        RelationKind::Join { left, right, kind, condition } => {
            joined(platform, left, right, *kind, condition)
        }
        RelationKind::AsOf { .. } => looked_up(platform, relation),
        RelationKind::Unnest { .. } => unnested(platform, relation),
        RelationKind::Rank { input, partition, order } => {
            let mut inner = inner(platform, input);
            let number = row_number(partition, order, &inner.columns);
            inner.columns.push(number);
            inner
        }
        RelationKind::Match { input, matched } => {
            let (columns, rows) = (names(input), block(platform, input));
            let from = match &input.kind {
                RelationKind::Scan(_) => rows.from,
                _ => parenthesised(platform, input),
            };
            // Without a name Flink 1.20 finds no table: `Table 'EXPR$0' not found`.
            let name = print::name("$matched");
            let from = format!("{from}\n{} AS {name}", print::recognize(matched, &columns));
            Block { columns: names(relation), from, ..Block::default() }
        }
        RelationKind::Over { input, over } => {
            let mut inner = inner(platform, input);
            let window = over_window(over, &inner.columns);
            let calls = over.calls.iter().map(|call| print::before_over(call, &inner.columns));
            let calls: Vec<String> = calls.map(|call| format!("{call} OVER ({window})")).collect();
            inner.columns.extend(calls);
            inner
        }
        RelationKind::Project { input, exprs } => {
            let inner = inner(platform, input);
            let columns = exprs.iter().map(|expr| print::expr(expr, &inner.columns)).collect();
            Block { columns, ..inner }
        }
    }
}

/// What stands behind GROUP BY: the keys that all sets have, then the sets of the others.
fn grouped(keys: Vec<String>, sets: &[Vec<bool>]) -> Vec<String> {
    if sets.is_empty() {
        return keys;
    }
    let everywhere = |at: usize| sets.iter().all(|set| set.get(at) == Some(&true));
    let chosen = |set: &Vec<bool>| {
        let keys = keys.iter().zip(set).enumerate();
        let own = keys.filter(|(at, (_, has))| **has && !everywhere(*at)).map(|(_, (key, _))| key.clone());
        format!("({})", own.collect::<Vec<_>>().join(", "))
    };
    let sets: Vec<String> = sets.iter().map(chosen).collect();
    let sets = format!("GROUPING SETS ({})", sets.join(", "));
    keys.iter()
        .enumerate()
        .filter(|(at, _)| everywhere(*at))
        .map(|(_, key)| key.clone())
        .chain([sets])
        .collect()
}

/// What a clause reads: computed columns are those of a query of its own.
fn inner(platform: &Platform, relation: &Relation) -> Block {
    match relation.kind {
        RelationKind::Project { .. } => from_query(platform, relation),
        _ => block(platform, relation),
    }
}

/// Relations joined one after the other, each by a name of its own, with which its columns are told from the others'.
fn joined(platform: &Platform, left: &Relation, right: &Relation, kind: JoinKind, condition: &Expr) -> Block {
    let (mut columns, from) = beside(platform, left);
    let (others, other) = side(platform, right, sides(left));
    columns.extend(others);
    let on = print::expr(condition, &columns);
    let from = format!("{from}\n{} {other} ON {on}", kind.words());
    Block { columns, from, ..Block::default() }
}

/// Rows beside the version of another stream's row that held at their time.
fn looked_up(platform: &Platform, relation: &Relation) -> Block {
    let RelationKind::AsOf { left, right, kind, time, keys, condition } = &relation.kind else {
        return Block::default();
    };
    let (mut columns, from) = beside(platform, left);
    let time = columns.get(time.0).cloned().unwrap_or_default();
    let name = print::name(&format!("t{}", sides(left)));
    columns.extend(names(right).into_iter().map(|column| format!("{name}.{column}")));
    let versions = versions_name(platform, right, keys);
    // A computed key is a column of the view.
    let known = columns.len();
    let computed = (0..keys.len()).map(|at| format!("{name}.{}", computed_key(at)));
    columns.extend(computed);
    let on = print::expr(&with_keys(condition, keys, left.fields.len(), known), &columns);
    columns.truncate(known);
    let from = format!("{from}\n{} {versions} FOR SYSTEM_TIME AS OF {time} AS {name} ON {on}", kind.words());
    Block { columns, from, ..Block::default() }
}

/// Rows beside what a list in them holds.
fn unnested(platform: &Platform, relation: &Relation) -> Block {
    let RelationKind::Unnest { input, list, keeps_empty, ordinality } = &relation.kind else {
        return Block::default();
    };
    let (mut columns, from) = beside(platform, input);
    let list = print::expr(list, &columns);
    let table = print::name(&format!("t{}", sides(input)));
    let parts: Vec<String> = names(relation).split_off(columns.len());
    let place = if *ordinality { " WITH ORDINALITY" } else { "" };
    let (join, on) = if *keeps_empty { ("LEFT JOIN", " ON TRUE") } else { ("CROSS JOIN", "") };
    let from = format!("{from}\n{join} UNNEST({list}){place} AS {table} ({}){on}", parts.join(", "));
    columns.extend(parts.into_iter().map(|part| format!("{table}.{part}")));
    Block { columns, from, ..Block::default() }
}

/// What stands first in FROM, before others that are joined to it.
fn beside(platform: &Platform, relation: &Relation) -> (Vec<String>, String) {
    if !stands_beside(&relation.kind) {
        return side(platform, relation, 0);
    }
    let Block { columns, from, .. } = block(platform, relation);
    (columns, from)
}

/// Whether another relation may be joined to a join without a query around it.
fn stands_beside(kind: &RelationKind) -> bool {
    match kind {
        RelationKind::Join { kind, .. } => !kind.is_half(),
        kind => matches!(kind, RelationKind::AsOf { .. } | RelationKind::Unnest { .. }),
    }
}

/// How many relations are joined.
fn sides(relation: &Relation) -> usize {
    match &relation.kind {
        RelationKind::Join { left, .. }
        | RelationKind::AsOf { left, .. }
        | RelationKind::Unnest { input: left, .. }
            if stands_beside(&relation.kind) =>
        {
            sides(left) + 1
        }
        _ => 1,
    }
}

/// The views of streams that are looked up: of each key the latest row, which Flink then keeps with the times from which it holds (a versioned
/// view). Its key is what the rows are looked up by, so that a stream needs none of its own.
pub fn versions(platform: &Platform, query: &Query) -> Vec<String> {
    let mut views: Vec<String> = Vec::new();
    for relation in query.plan.chain() {
        let RelationKind::AsOf { right, keys, .. } = &relation.kind else { continue };
        let rows = block(platform, right);
        let stream = right.sources().first().and_then(|id| platform.stream(*id));
        let time = stream.and_then(|stream| stream.watermark.as_ref()).map(|(name, _)| print::name(name));
        let by: Vec<String> = keys.iter().map(|key| print::expr(key, &rows.columns)).collect();
        let mut kept = rows.columns.clone();
        let mut made = rows.columns.clone();
        for (at, (key, text)) in keys.iter().zip(&by).enumerate() {
            if !matches!(key.kind, ExprKind::Column(_)) {
                kept.push(computed_key(at));
                made.push(format!("{text} AS {}", computed_key(at)));
            }
        }
        let (kept, made) = (kept.join(", "), made.join(", "));
        let number = print::name("$version");
        let view = format!(
            "CREATE TEMPORARY VIEW {} AS\nSELECT {kept}\nFROM (\n  SELECT {made},\n    ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {} DESC) AS {number}\n  FROM {}\n)\nWHERE {number} = 1;\n",
            versions_name(platform, right, keys),
            by.join(", "),
            time.unwrap_or_default(),
            rows.from,
        );
        if !views.contains(&view) {
            views.push(view);
        }
    }
    views
}

/// The name of a computed key in the view of versions.
fn computed_key(at: usize) -> String {
    print::name(&format!("$key{at}"))
}

/// A condition in which computed keys are columns that stand behind all others.
fn with_keys(condition: &Expr, keys: &[Expr], width: usize, behind: usize) -> Expr {
    let moved = |key: &Expr| moved(key, width);
    let at =
        keys.iter().position(|key| !matches!(key.kind, ExprKind::Column(_)) && moved(key).same(condition));
    match at {
        Some(at) => Expr { kind: ExprKind::Column(behind + at), ..condition.clone() },
        None => condition.with_parts(&|part| with_keys(part, keys, width, behind)),
    }
}

/// An expression over one side's columns as one over both sides', before which so many stand.
fn moved(expr: &Expr, width: usize) -> Expr {
    match expr.kind {
        ExprKind::Column(at) => Expr { kind: ExprKind::Column(at + width), ..expr.clone() },
        _ => expr.with_parts(&|part| moved(part, width)),
    }
}

fn versions_name(platform: &Platform, right: &Relation, keys: &[Expr]) -> String {
    let stream = right.sources().first().map(|id| platform.resource(*id).name.to_string());
    let columns: Vec<String> = right.fields.iter().map(|field| field.name.to_string()).collect();
    let keys = keys.iter().map(|key| format!("${}", print::expr(key, &columns)));
    print::name(&format!("{}$by{}", stream.unwrap_or_default(), keys.collect::<String>()))
}

fn side(platform: &Platform, relation: &Relation, number: usize) -> (Vec<String>, String) {
    let name = print::name(&format!("t{number}"));
    let from = match &relation.kind {
        // Flink 1.20 looks for a session's columns on both sides, and finds them twice.
        RelationKind::Window { shape: WindowShape::Session { .. }, .. } => parenthesised(platform, relation),
        RelationKind::Scan(_) | RelationKind::Window { .. } => block(platform, relation).from,
        _ => parenthesised(platform, relation),
    };
    let columns = names(relation).into_iter().map(|column| format!("{name}.{column}"));
    (columns.collect(), format!("{from} AS {name}"))
}

fn from_query(platform: &Platform, relation: &Relation) -> Block {
    Block { columns: names(relation), from: parenthesised(platform, relation), ..Block::default() }
}

fn row_number(partition: &[Expr], order: &[Order], columns: &[String]) -> String {
    let keys: Vec<String> = partition.iter().map(|key| print::expr(key, columns)).collect();
    let order = order.iter().map(|order| {
        let direction = if order.descending { " DESC" } else { "" };
        format!("{}{direction}", print::expr(&order.expr, columns))
    });
    let order: Vec<String> = order.collect();
    format!("ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {})", keys.join(", "), order.join(", "))
}

fn over_window(over: &Over, columns: &[String]) -> String {
    let keys: Vec<String> = over.partition.iter().map(|key| print::expr(key, columns)).collect();
    let parts = if keys.is_empty() { String::new() } else { format!("PARTITION BY {} ", keys.join(", ")) };
    let time = columns.get(over.time.0).cloned().unwrap_or_default();
    // LAG takes no frame, not even the one that all have without one.
    let frame = match over.frame {
        Frame::Range(None) => String::new(),
        frame => format!(" {}", print::frame(frame)),
    };
    format!("{parts}ORDER BY {time}{frame}")
}

fn names(relation: &Relation) -> Vec<String> {
    relation.fields.iter().map(|field| print::name(&field.name)).collect()
}

/// A window function of Flink.
fn window(shape: &WindowShape, rows: &str, columns: &[String], time: &str) -> String {
    let mut partition = String::new();
    let mut durations = Vec::new();
    let offset = match shape {
        WindowShape::Tumble { size, offset } => {
            durations.push(print::interval(*size));
            *offset
        }
        WindowShape::Hop { slide: step, size, offset } | WindowShape::Cumulate { step, size, offset } => {
            durations.extend([print::interval(*step), print::interval(*size)]);
            *offset
        }
        WindowShape::Session { gap, keys } => {
            let keys: Vec<String> = keys.iter().filter_map(|key| columns.get(*key).cloned()).collect();
            // Without parentheses the second key would be the next argument.
            partition = match keys.as_slice() {
                [] => String::new(),
                [one] => format!(" PARTITION BY {one}"),
                several => format!(" PARTITION BY ({})", several.join(", ")),
            };
            durations.push(print::interval(*gap));
            0
        }
    };
    if offset != 0 {
        durations.push(signed_interval(offset));
    }
    format!("TABLE({}({rows}{partition}, DESCRIPTOR({time}), {}))", shape.name(), durations.join(", "))
}

fn signed_interval(milliseconds: i64) -> String {
    let text = print::interval(milliseconds.unsigned_abs());
    if milliseconds < 0 { text.replacen('\'', "'-", 1) } else { text }
}
