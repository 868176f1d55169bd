//! Random OVERs over a table, as Flink SQL and as physical plans.

use super::expressions::{Scope, Typed};
use super::rng::Rng;
use super::tables::Table;
use dpl::window::{
    Aggregate, Expr, First, Frame, Late, Over, OverCall, OverFunction, Part, Plan, RowQuery, Select, Stage,
    Stream, Type,
};

/// A query in its parts.
#[derive(Clone)]
pub struct OverCase {
    partition: Vec<Typed>,
    frame: Frame,
    calls: Vec<(String, OverCall)>,
    filter: Option<Typed>,
    /// Computed columns, over the row with what OVER added.
    outputs: Vec<Typed>,
}

type Make = fn(Expr) -> Aggregate;

const ANY: &[(&str, Make)] = &[
    ("COUNT", Aggregate::Count),
    ("MIN", Aggregate::Min),
    ("MAX", Aggregate::Max),
    ("FIRST_VALUE", Aggregate::First),
    ("LAST_VALUE", Aggregate::Last),
];
const SUMS: &[(&str, Make)] = &[("SUM", Aggregate::Sum), ("AVG", Aggregate::Avg)];

fn frame(rng: &mut Rng) -> Frame {
    match rng.below(6) {
        0 => Frame::Rows(None),
        1 => Frame::Range(None),
        2 | 3 => Frame::Rows(Some(rng.pick(&[0, 1, 2, 5, 20]))),
        _ => Frame::Range(Some(rng.pick(&[0, 250, 1000, 3000, 20_000]))),
    }
}

fn call(rng: &mut Rng, scope: &Scope, frame: Frame) -> (String, OverCall) {
    let plain = |function| OverCall { function, distinct: false };
    if rng.below(8) == 0 {
        return ("COUNT(*)".to_string(), plain(OverFunction::Aggregate(Aggregate::CountAll)));
    }
    let depth = if rng.below(4) == 0 { 2 } else { 0 };
    let Typed { sql, expr } = scope.any(rng, depth);
    if frame == Frame::Range(None) && rng.below(4) == 0 {
        let offset = 1 + rng.below(3) as u32;
        return (format!("LAG({sql}, {offset})"), plain(OverFunction::Lag(expr, offset)));
    }
    let makes = if expr.ty().is_numeric() && rng.below(3) > 0 { SUMS } else { ANY };
    let (name, make) = makes[rng.below(makes.len())];
    let distinct = matches!(name, "COUNT" | "SUM" | "AVG") && rng.below(5) == 0;
    let word = if distinct { "DISTINCT " } else { "" };
    let function = OverFunction::Aggregate(make(expr));
    (format!("{name}({word}{sql})"), OverCall { function, distinct })
}

impl OverCase {
    pub fn generate(rng: &mut Rng, table: &Table) -> OverCase {
        let scope = table.scope();
        let frame = frame(rng);
        let partition = (0..rng.below(3)).map(|_| scope.key(rng)).collect();
        let calls = (0..1 + rng.below(5)).map(|_| call(rng, &scope, frame)).collect();
        let filter = (rng.below(3) == 0).then(|| scope.boolean(rng, 2));
        let mut case = OverCase { partition, frame, calls, filter, outputs: Vec::new() };
        let results = case.results(table);
        case.outputs = (0..rng.below(3)).map(|_| results.any(rng, 2)).collect();
        case
    }

    /// The same query with something left out, the largest parts first.
    pub fn smaller(&self) -> Vec<OverCase> {
        let mut smaller = Vec::new();
        let mut without = |change: &dyn Fn(&mut OverCase)| {
            let mut case = self.clone();
            change(&mut case);
            smaller.push(case);
        };
        if !self.outputs.is_empty() {
            without(&|case| case.outputs.clear());
        }
        if self.filter.is_some() {
            without(&|case| case.filter = None);
        }
        (0..self.partition.len()).for_each(|at| without(&|case| drop(case.partition.remove(at))));
        // Computed columns count the columns before them.
        if self.outputs.is_empty() && self.calls.len() > 1 {
            (0..self.calls.len()).for_each(|at| without(&|case| drop(case.calls.remove(at))));
        }
        smaller
    }

    /// The row with what OVER added.
    fn results(&self, table: &Table) -> Scope {
        let mut columns = table.scope().columns;
        let types = self.calls.iter().map(|(_, call)| call.ty().expect("generated calls have types"));
        columns.extend(types.enumerate().map(|(at, ty)| (format!("a{at}"), ty)));
        Scope { columns }
    }

    fn all_outputs(&self, table: &Table) -> Vec<Typed> {
        self.results(table).all().into_iter().chain(self.outputs.iter().cloned()).collect()
    }

    /// What the operator runs.
    pub fn plan(&self, table: &Table) -> Plan {
        let types = table.schema().types();
        let over = Over {
            input: types.clone(),
            nullable: table.columns.iter().map(|column| column.nullable).collect(),
            time: table.event_time(),
            partition: self.partition.iter().map(|key| key.expr.clone()).collect(),
            frame: self.frame,
            calls: self.calls.iter().map(|(_, call)| call.clone()).collect(),
        };
        let rows = RowQuery {
            filter: self.filter.as_ref().map(|filter| filter.expr.clone()),
            window: None,
            output: types.iter().enumerate().map(|(at, ty)| Expr::column(at, *ty)).collect(),
        };
        let output = self.all_outputs(table).into_iter().map(|output| output.expr).collect();
        let then = vec![Stage::Over(Box::new(over)), Stage::Select(Select { filter: None, output })];
        let stream = Stream {
            input: types,
            event_time: Some(table.event_time()),
            watermark_delay_ms: table.delay_seconds * 1000,
            late: Late::Drop,
        };
        Plan { streams: vec![stream], parts: vec![Part { first: First::Rows(0, rows), then }] }
    }

    /// The inner query has OVER; the outer one computes over its columns.
    pub fn sql(&self, table: &Table) -> String {
        let outputs = self.all_outputs(table);
        let outputs = outputs.iter().enumerate().map(|(at, output)| match output.expr.ty() {
            // A sink takes one event-time attribute at most.
            Type::Timestamp(3) => format!("CAST({} AS TIMESTAMP(3)) AS c{at}", output.sql),
            _ => format!("{} AS c{at}", output.sql),
        });
        let calls = self.calls.iter().enumerate().map(|(at, (sql, _))| format!(", {sql} OVER w AS a{at}"));
        let filter = self.filter.as_ref().map(|filter| format!(" WHERE {}", filter.sql)).unwrap_or_default();
        format!(
            "SELECT {} FROM (SELECT *{} FROM {}{filter} WINDOW w AS ({}))",
            outputs.collect::<Vec<_>>().join(", "),
            calls.collect::<String>(),
            table.name,
            self.window(),
        )
    }

    fn window(&self) -> String {
        let keys: Vec<String> = self.partition.iter().map(|key| key.sql.clone()).collect();
        let parts =
            if keys.is_empty() { String::new() } else { format!("PARTITION BY {} ", keys.join(", ")) };
        let frame = match self.frame {
            Frame::Rows(None) => " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_string(),
            Frame::Range(None) => String::new(),
            Frame::Rows(Some(count)) => format!(" ROWS BETWEEN {count} PRECEDING AND CURRENT ROW"),
            Frame::Range(Some(ms)) => format!(
                " RANGE BETWEEN INTERVAL '{}.{:03}' SECOND(2, 3) PRECEDING AND CURRENT ROW",
                ms / 1000,
                ms % 1000
            ),
        };
        format!("{parts}ORDER BY ts{frame}")
    }
}
