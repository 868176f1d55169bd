//! Random queries over a table, as Flink SQL and as physical plans.

use super::expressions::{Scope, Typed};
use super::rng::Rng;
use super::tables::Table;
use dpl::window::{
    Aggregate, AggregateCall, Expr, First, Late, Part, Plan, Query, Select, Spread, Stage, Type, Value,
    Window,
};

/// A query in its parts.
#[derive(Clone)]
pub struct Case {
    window: Window,
    keys: Vec<Typed>,
    /// The sets of keys, where rows are grouped by several.
    sets: Vec<Vec<bool>>,
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
        let sets = sets(rng, &keys, window);
        let mut case = Case { window, keys, sets, aggregates, filter, having: None, outputs: Vec::new() };
        let results = case.results(table);
        let mut conditions = Scope { columns: results.columns.clone() };
        if matches!(window, Window::Session { .. }) || !case.sets.is_empty() {
            // A condition on a session's bounds makes other sessions; of sets it is looked at behind the groups.
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
        if self.sets.len() > 2 {
            (0..self.sets.len()).for_each(|at| without(&|case| drop(case.sets.remove(at))));
        }
        if self.outputs.is_empty() && self.having.is_none() && !self.sets.is_empty() {
            (0..self.aggregates.len()).for_each(|at| without(&|case| drop(case.aggregates.remove(at))));
        }
        if self.outputs.is_empty() && self.having.is_none() && self.sets.is_empty() {
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
        Scope { columns: names.into_iter().zip(self.groups(table).result_types()).collect() }
    }

    /// The groups by all keys, without what is computed of them.
    fn groups(&self, table: &Table) -> Query {
        Query {
            input: table.schema().types(),
            nullable: table.columns.iter().map(|c| c.nullable).collect(),
            event_time: table.event_time(),
            watermark_delay_ms: table.delay_seconds * 1000,
            late: Late::Drop,
            filter: self.filter.as_ref().map(|f| f.expr.clone()),
            window: self.window,
            keys: self.keys.iter().map(|k| k.expr.clone()).collect(),
            in_sets: false,
            aggregates: self.aggregates.iter().map(|(_, a)| a.clone()).collect(),
            having: self.having.as_ref().map(|h| h.expr.clone()),
            output: Vec::new(),
        }
    }

    /// What the operator runs.
    pub fn plan(&self, table: &Table) -> Plan {
        let outputs = self.results(table).all().into_iter().chain(self.outputs.iter().cloned());
        let output: Vec<Expr> = outputs.map(|output| output.expr).collect();
        let whole = Query { output: output.clone(), ..self.groups(table) };
        if self.sets.is_empty() {
            return whole.into();
        }
        let parts = self.sets.iter().map(|set| self.part(&whole, set, &output)).collect();
        Plan { parts, ..whole.into() }
    }

    /// The groups by one set of keys, with null for the others, and the number of the set as a last column.
    fn part(&self, whole: &Query, set: &[bool], output: &[Expr]) -> Part {
        let types = whole.result_types();
        let chosen = whole.keys.iter().zip(set).filter(|(_, has)| **has).map(|(key, _)| key.clone());
        let mut query = Query { keys: chosen.collect(), in_sets: true, having: None, ..whole.clone() };
        let mut next = 0;
        let mut column = |(at, ty): (usize, &Type)| {
            if set.get(at) == Some(&false) {
                return Expr::literal(Value::Null, *ty).expect("null has any type");
            }
            next += 1;
            Expr::column(next - 1, *ty)
        };
        query.output = types.iter().enumerate().map(&mut column).collect();
        let number = set.iter().fold(0, |bits, has| bits << 1 | i64::from(!has));
        let number = Expr::literal(Value::I64(number), Type::BigInt).expect("a number");
        let output = output.iter().cloned().chain([number]).collect();
        let select = Select { filter: whole.having.clone(), output };
        Part { first: First::Groups(0, Box::new(query)), then: vec![Stage::Select(select)] }
    }

    /// The inner query groups; the outer one is HAVING and SELECT over its columns.
    pub fn sql(&self, table: &Table) -> String {
        let outputs = self.results(table).all().into_iter().chain(self.outputs.iter().cloned());
        let mut inner: Vec<String> =
            self.keys.iter().enumerate().map(|(i, k)| format!("{} AS k{i}", k.sql)).collect();
        inner.extend(self.aggregates.iter().enumerate().map(|(i, (sql, _))| format!("{sql} AS a{i}")));
        inner.extend(BOUNDS.map(String::from));
        let mut outputs: Vec<String> = outputs.map(|output| plain(&output)).collect();
        if !self.sets.is_empty() {
            inner.push(format!("GROUPING_ID({}) AS g", list(self.keys.iter().map(|key| key.sql.clone()))));
            outputs.push("g".to_string());
        }
        let mut sql = format!(
            "SELECT {} FROM (SELECT {} FROM {}",
            list(outputs.iter().enumerate().map(|(i, output)| format!("{output} AS c{i}"))),
            inner.join(", "),
            self.windowed(&table.name),
        );
        if let Some(filter) = &self.filter {
            sql.push_str(&format!(" WHERE {}", filter.sql));
        }
        let of_set = |set: &Vec<bool>| {
            let chosen = self.keys.iter().zip(set).filter(|(_, has)| **has);
            format!("({})", list(chosen.map(|(key, _)| key.sql.clone())))
        };
        let keys: Vec<String> = match self.sets.is_empty() {
            true => self.keys.iter().map(|k| k.sql.clone()).collect(),
            false => vec![format!("GROUPING SETS ({})", list(self.sets.iter().map(of_set)))],
        };
        let groups = keys.into_iter().chain(BOUNDS.map(String::from));
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

/// Sets of keys, for one of four queries that have different keys.
fn sets(rng: &mut Rng, keys: &[Typed], window: Window) -> Vec<Vec<bool>> {
    let different =
        keys.iter().enumerate().all(|(at, key)| keys.iter().take(at).all(|other| other.sql != key.sql));
    if keys.is_empty() || !different || matches!(window, Window::Session { .. }) || rng.below(4) > 0 {
        return Vec::new();
    }
    let mut all: Vec<Vec<bool>> = (0..1_usize << keys.len())
        .map(|bits| (0..keys.len()).map(|at| bits >> at & 1 == 1).collect())
        .collect();
    while all.len() > 2 && rng.below(2) == 0 {
        all.remove(rng.below(all.len()));
    }
    all
}
