//! Random queries over a table, as Flink SQL and as physical plans.

use super::expressions::{Scope, Typed};
use super::rng::Rng;
use super::tables::Table;
use dpl::window::{Aggregate, AggregateCall, Expr, Late, Query, Spread, Type, Window};

/// A query in its parts.
#[derive(Clone)]
pub struct Case {
    window: Window,
    keys: Vec<Typed>,
    aggregates: Vec<(String, AggregateCall)>,
    filter: Option<Typed>,
    having: Option<Typed>,
    /// Computed columns, over the row of results.
    outputs: Vec<Typed>,
}

/// Makes an aggregate of its argument.
type Make = fn(Expr) -> Aggregate;

const ANY: &[(&str, Make)] = &[("COUNT", Aggregate::Count), ("MIN", Aggregate::Min), ("MAX", Aggregate::Max)];
const SUMS: &[(&str, Make)] = &[("SUM", Aggregate::Sum), ("AVG", Aggregate::Avg)];
const SPREADS: &[(&str, Make)] = &[
    ("VAR_POP", |e| Aggregate::Spread(e, Spread { root: false, sample: false })),
    ("VAR_SAMP", |e| Aggregate::Spread(e, Spread { root: false, sample: true })),
    ("STDDEV_POP", |e| Aggregate::Spread(e, Spread { root: true, sample: false })),
    ("STDDEV_SAMP", |e| Aggregate::Spread(e, Spread { root: true, sample: true })),
];
const ENDS: &[(&str, Make)] = &[("FIRST_VALUE", Aggregate::First), ("LAST_VALUE", Aggregate::Last)];

fn window(rng: &mut Rng) -> Window {
    let seconds = |rng: &mut Rng, list: &[i64]| list[rng.below(list.len())] * 1000;
    let part = seconds(rng, &[1, 2, 5, 10]);
    let size_ms = part * [1, 2, 3, 6, 12][rng.below(5)];
    let offset = |rng: &mut Rng, of: i64| {
        if rng.below(4) == 0 { rng.below((of / 1000) as usize) as i64 * 1000 } else { 0 }
    };
    match rng.below(10) {
        0..=2 => {
            let size_ms = seconds(rng, &[1, 2, 5, 10, 60]);
            Window::Tumble { size_ms, offset_ms: offset(rng, size_ms) }
        }
        3..=5 => Window::Hop { slide_ms: part, size_ms, offset_ms: offset(rng, part) },
        6 | 7 => Window::Cumulate { step_ms: part, size_ms, offset_ms: offset(rng, part) },
        _ => Window::Session { gap_ms: [250, 1000, 2000, 5000][rng.below(4)] },
    }
}

fn aggregate(rng: &mut Rng, scope: &Scope, window: Window) -> (String, AggregateCall) {
    if rng.below(8) == 0 {
        return filtered(rng, scope, "COUNT(*)".to_string(), Aggregate::CountAll.into());
    }
    let depth = if rng.below(3) == 0 { 2 } else { 0 };
    let Typed { sql, expr } = scope.any(rng, depth);
    let numeric = expr.ty().is_numeric();
    let makes = match rng.below(12) {
        0..=4 if numeric => SUMS,
        // Of one value that Flink's planner knows not to be null, VAR_SAMP is -1 in Flink 2.3, and not null.
        5 if numeric && depth == 0 => SPREADS,
        6 if matches!(window, Window::Tumble { .. }) => ENDS,
        _ => ANY,
    };
    let (name, make) = makes[rng.below(makes.len())];
    let ends = matches!(name, "FIRST_VALUE" | "LAST_VALUE" | "MIN" | "MAX");
    let mut call = AggregateCall::from(make(expr));
    call.distinct = !ends && rng.below(5) == 0;
    // Flink's sums of distinct values can't be merged.
    let fails_merged = matches!(call.aggregate, Aggregate::Sum(_) | Aggregate::Avg(_));
    call.distinct &= !fails_merged || matches!(window, Window::Tumble { .. });
    // Variances of distinct values: the order matters, too.
    call.distinct &= !matches!(call.aggregate, Aggregate::Spread(..));
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    filtered(rng, scope, format!("{name}({distinct}{sql})"), call)
}

fn filtered(rng: &mut Rng, scope: &Scope, sql: String, mut call: AggregateCall) -> (String, AggregateCall) {
    if rng.below(6) > 0 {
        return (sql, call);
    }
    let condition = scope.boolean(rng, 1);
    call.filter = Some(condition.expr);
    (format!("{sql} FILTER (WHERE {})", condition.sql), call)
}

impl Case {
    pub fn generate(rng: &mut Rng, table: &Table) -> Case {
        let scope = table.scope();
        let window = window(rng);
        let keys = keys(rng, &scope, window);
        let mut aggregates: Vec<_> = (0..1 + rng.below(5)).map(|_| aggregate(rng, &scope, window)).collect();
        if rng.below(3) == 0 {
            let reduced = scope.sum_average_count(rng);
            aggregates.extend(reduced.into_iter().map(|(sql, aggregate)| (sql, aggregate.into())));
        }
        let filter = (rng.below(3) == 0).then(|| scope.boolean(rng, 2));
        let mut case = Case { window, keys, aggregates, filter, having: None, outputs: Vec::new() };
        let results = case.results(table);
        let mut conditions = Scope { columns: results.columns.clone() };
        if matches!(window, Window::Session { .. }) {
            // A condition on a session's bounds makes other sessions.
            conditions.columns.truncate(case.keys.len() + case.aggregates.len());
        }
        case.having = (rng.below(3) == 0).then(|| conditions.boolean(rng, 2));
        case.outputs = (0..rng.below(4)).map(|_| results.any(rng, 2)).collect();
        case
    }

    /// The same query with something left out, the largest parts first.
    pub fn smaller(&self) -> Vec<Case> {
        let mut smaller = Vec::new();
        let mut without = |change: &dyn Fn(&mut Case)| {
            let mut case = self.clone();
            change(&mut case);
            smaller.push(case);
        };
        if !self.outputs.is_empty() {
            without(&|case| case.outputs.clear());
        }
        if self.having.is_some() {
            without(&|case| case.having = None);
        }
        if self.filter.is_some() {
            without(&|case| case.filter = None);
        }
        // Computed columns count the columns before them.
        if self.outputs.is_empty() && self.having.is_none() {
            (0..self.keys.len()).for_each(|at| without(&|case| drop(case.keys.remove(at))));
            (0..self.aggregates.len()).for_each(|at| without(&|case| drop(case.aggregates.remove(at))));
        }
        smaller
    }

    /// The row of results: keys, aggregates, the window.
    fn results(&self, table: &Table) -> Scope {
        let mut names: Vec<String> = (0..self.keys.len()).map(|i| format!("k{i}")).collect();
        names.extend((0..self.aggregates.len()).map(|i| format!("a{i}")));
        names.extend(["window_start", "window_end", "window_time"].map(String::from));
        Scope { columns: names.into_iter().zip(self.plan(table).result_types()).collect() }
    }

    fn plan(&self, table: &Table) -> Query {
        Query {
            input: table.schema().types(),
            nullable: table.columns.iter().map(|c| c.nullable).collect(),
            event_time: table.event_time(),
            watermark_delay_ms: table.delay_seconds * 1000,
            late: Late::Drop,
            filter: self.filter.as_ref().map(|f| f.expr.clone()),
            window: self.window,
            keys: self.keys.iter().map(|k| k.expr.clone()).collect(),
            aggregates: self.aggregates.iter().map(|(_, a)| a.clone()).collect(),
            having: self.having.as_ref().map(|h| h.expr.clone()),
            output: Vec::new(),
        }
    }

    /// What the operator runs.
    pub fn query(&self, table: &Table) -> Query {
        let mut query = self.plan(table);
        let outputs = self.results(table).all().into_iter().chain(self.outputs.iter().cloned());
        query.output = outputs.map(|output| output.expr).collect();
        query
    }

    /// The inner query groups; the outer one is HAVING and SELECT over its columns.
    pub fn sql(&self, table: &Table) -> String {
        let outputs = self.results(table).all().into_iter().chain(self.outputs.iter().cloned());
        let mut inner: Vec<String> =
            self.keys.iter().enumerate().map(|(i, k)| format!("{} AS k{i}", k.sql)).collect();
        inner.extend(self.aggregates.iter().enumerate().map(|(i, (sql, _))| format!("{sql} AS a{i}")));
        inner.extend(BOUNDS.map(String::from));
        let mut sql = format!(
            "SELECT {} FROM (SELECT {} FROM {}",
            list(outputs.enumerate().map(|(i, o)| format!("{} AS c{i}", plain(&o)))),
            inner.join(", "),
            self.windowed(&table.name),
        );
        if let Some(filter) = &self.filter {
            sql.push_str(&format!(" WHERE {}", filter.sql));
        }
        let groups = self.keys.iter().map(|k| k.sql.clone()).chain(BOUNDS.map(String::from));
        sql.push_str(&format!(" GROUP BY {})", list(groups)));
        if let Some(having) = &self.having {
            sql.push_str(&format!(" WHERE {}", having.sql));
        }
        sql
    }

    fn windowed(&self, table: &str) -> String {
        let interval = |ms: i64| format!("INTERVAL '{}.{:03}' SECOND(5, 3)", ms / 1000, ms % 1000);
        let (name, lengths, offset) = match self.window {
            Window::Tumble { size_ms, offset_ms } => ("TUMBLE", vec![size_ms], offset_ms),
            Window::Hop { slide_ms, size_ms, offset_ms } => ("HOP", vec![slide_ms, size_ms], offset_ms),
            Window::Cumulate { step_ms, size_ms, offset_ms } => {
                ("CUMULATE", vec![step_ms, size_ms], offset_ms)
            }
            Window::Session { gap_ms } => ("SESSION", vec![gap_ms], 0),
        };
        let mut partition = String::new();
        if name == "SESSION" && !self.keys.is_empty() {
            partition = format!(" PARTITION BY ({})", list(self.keys.iter().map(|key| key.sql.clone())));
        }
        let mut arguments: Vec<String> = lengths.into_iter().map(interval).collect();
        if offset != 0 {
            arguments.push(interval(offset));
        }
        format!("TABLE({name}(TABLE {table}{partition}, DESCRIPTOR(ts), {}))", arguments.join(", "))
    }
}

/// A sink takes one event-time attribute at most.
fn plain(output: &Typed) -> String {
    match output.expr.ty() {
        Type::Timestamp(3) => format!("CAST({} AS TIMESTAMP(3))", output.sql),
        _ => output.sql.clone(),
    }
}

const BOUNDS: [&str; 3] = ["window_start", "window_end", "window_time"];

fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Up to two keys; those of a session are different columns.
fn keys(rng: &mut Rng, scope: &Scope, window: Window) -> Vec<Typed> {
    let wanted = rng.below(3);
    if !matches!(window, Window::Session { .. }) {
        return (0..wanted).map(|_| scope.key(rng)).collect();
    }
    let mut keys: Vec<Typed> = Vec::new();
    for _ in 0..wanted {
        let columns = scope.all();
        let column = columns[rng.below(columns.len())].clone();
        if column.expr.ty() != Type::Timestamp(3) && keys.iter().all(|key| key.sql != column.sql) {
            keys.push(column);
        }
    }
    keys
}
