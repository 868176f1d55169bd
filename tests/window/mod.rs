//! The window operator against a real Flink: random tables and queries, as Flink SQL and as physical plans.
//!
//! [`Suite::generate`] makes the cases of a seed, [`Suite::scripts`] the SQL for each of them, and [`Suite::compare`]
//! reads what Flink printed and tells every difference.

mod expressions;
mod flink;
pub mod rng;
mod tables;

use dpl::run::{Job, JsonSource, OnInvalid, Sinks, Style, run};
use dpl::window::{Aggregate, Batch, Expr, Late, Operator, Query, Type, Window};
use expressions::{Scope, Typed, sql_type};
use rng::Rng;
use std::path::{Path, PathBuf};
use tables::Table;

/// One query over one table.
pub struct Case {
    /// The query in Flink SQL.
    pub sql: String,
    query: Query,
    table: usize,
}

/// Tables and queries of one seed.
pub struct Suite {
    tables: Vec<Table>,
    /// The queries.
    pub cases: Vec<Case>,
}

impl Suite {
    /// `tables` tables with `queries` queries each.
    pub fn generate(seed: u64, tables: usize, queries: usize) -> Suite {
        let mut rng = Rng::new(seed);
        let tables: Vec<Table> = (0..tables).map(|i| Table::generate(&mut rng, i)).collect();
        let mut cases = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            cases.extend((0..queries).map(|_| case(&mut rng, index, table)));
        }
        Suite { tables, cases }
    }

    /// Writes the tables' rows into a folder, and a script for each case, which declares the case's table and asks its query.
    pub fn scripts(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        let write = |(index, case): (usize, &Case)| {
            let table = &self.tables[case.table];
            let file = folder.join(format!("{}.json", table.name));
            std::fs::write(&file, &table.rows)?;
            let script = folder.join(format!("case-{index}.sql"));
            let one_phase = "SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';";
            std::fs::write(&script, format!("{one_phase}\n{}{};\n", table.ddl(&file), case.sql))?;
            Ok(script)
        };
        self.cases.iter().enumerate().map(write).collect()
    }

    /// Every case whose rows differ, with its SQL.
    pub fn compare(&self, printed: &str) -> Vec<String> {
        let answers = flink::answers(printed);
        let mut differences = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            let types: Vec<Type> = case.query.output.iter().map(Expr::ty).collect();
            let ours = self.rows(case);
            let theirs = answers
                .get(&index)
                .map_or(Err("no answer".to_string()), |answer| flink::rows(answer, &types));
            if ours != theirs {
                differences.push(flink::report(index, &case.sql, &ours, &theirs));
            }
        }
        differences
    }

    /// What the operator makes of a case, sorted; the JSON reader is part of the test.
    fn rows(&self, case: &Case) -> Result<Vec<String>, String> {
        let table = &self.tables[case.table];
        let schema = table.schema();
        let job = Job {
            schema: schema.clone(),
            on_invalid: OnInvalid::Fail,
            query: case.query.clone(),
            output: (0..case.query.output.len()).map(|i| format!("c{i}")).collect(),
            output_style: Style::Sql,
            late_style: Style::Sql,
        };
        let mut source = JsonSource::new(
            table.rows.as_bytes(),
            schema.clone(),
            job.stored(),
            table.event_time(),
            Style::Sql,
        );
        let mut written = Vec::new();
        let sinks =
            Sinks { results: &mut written, late: &mut std::io::sink(), rejected: &mut std::io::sink() };
        run(&job, &mut source, sinks, &mut |_| ()).map_err(|e| format!("ERROR {e}"))?;
        let types: Vec<Type> = case.query.output.iter().map(Expr::ty).collect();
        let mut rows = flink::our_rows(&written, &types)?;
        rows.sort();
        self.check_batches(case, written.len());
        Ok(rows)
    }

    /// The same rows in other batches give the same bytes.
    fn check_batches(&self, case: &Case, expected: usize) {
        let table = &self.tables[case.table];
        let mut operator = Operator::new(case.query.clone(), 1).expect("a valid plan");
        let mut bytes = 0;
        let names: Vec<String> = (0..case.query.output.len()).map(|i| format!("c{i}")).collect();
        let mut writer = dpl::run::JsonWriter::new(
            Counter(&mut bytes),
            names.iter().map(String::as_str).zip(case.query.output.iter().map(Expr::ty)),
            Style::Sql,
        );
        for line in table.rows.lines() {
            let mut source = JsonSource::new(
                line.as_bytes(),
                table.schema(),
                vec![true; table.columns.len()],
                table.event_time(),
                Style::Sql,
            );
            let mut rows = dpl::run::RowBatch::default();
            dpl::run::Source::read(&mut source, &mut rows).expect("memory can be read");
            operator.push(0, &rows.batch, &mut |b: &Batch| writer.write(b)).expect("the row evaluates");
        }
        operator.finish(&mut |b: &Batch| writer.write(b)).expect("the results evaluate");
        writer.flush().expect("memory can be written");
        drop(writer);
        assert_eq!(bytes, expected, "other batches, other bytes: {}", case.sql);
    }
}

struct Counter<'a>(&'a mut usize);

impl std::io::Write for Counter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Makes an aggregate of its argument.
type Make = fn(Expr) -> Aggregate;

fn aggregate(rng: &mut Rng, scope: &Scope) -> (String, Aggregate) {
    if rng.below(8) == 0 {
        return ("COUNT(*)".to_string(), Aggregate::CountAll);
    }
    let depth = if rng.below(3) == 0 { 2 } else { 0 };
    let Typed { sql, expr } = scope.any(rng, depth);
    let numeric = expr.ty().is_numeric();
    let names: &[(&str, Make)] = &[
        ("COUNT", Aggregate::Count),
        ("MIN", Aggregate::Min),
        ("MAX", Aggregate::Max),
        ("SUM", Aggregate::Sum),
        ("AVG", Aggregate::Avg),
        ("SUM", Aggregate::Sum),
        ("AVG", Aggregate::Avg),
    ];
    let (name, make) = names[rng.below(if numeric { names.len() } else { 3 })];
    (format!("{name}({sql})"), make(expr))
}

/// The inner query groups; the outer one is HAVING and SELECT over its columns.
fn case(rng: &mut Rng, index: usize, table: &Table) -> Case {
    let scope = table.scope();
    let size = [1, 2, 5, 10, 60][rng.below(5)];
    let offset = if rng.below(4) == 0 { rng.below(size as usize) as i64 } else { 0 };
    let keys: Vec<Typed> = (0..rng.below(3)).map(|_| scope.key(rng)).collect();
    let mut aggregates: Vec<(String, Aggregate)> =
        (0..1 + rng.below(5)).map(|_| aggregate(rng, &scope)).collect();
    if rng.below(3) == 0 {
        aggregates.extend(scope.sum_average_count(rng));
    }
    let filter = (rng.below(3) == 0).then(|| scope.boolean(rng, 2));
    let mut query = Query {
        input: table.schema().types(),
        nullable: table.columns.iter().map(|c| c.nullable).collect(),
        event_time: table.event_time(),
        watermark_delay_ms: table.delay_seconds * 1000,
        late: Late::Drop,
        filter: filter.as_ref().map(|f| f.expr.clone()),
        window: Window::Tumble { size_ms: size * 1000, offset_ms: offset * 1000 },
        keys: keys.iter().map(|k| k.expr.clone()).collect(),
        aggregates: aggregates.iter().map(|(_, a)| a.clone()).collect(),
        having: None,
        output: Vec::new(),
    };
    let mut inner: Vec<String> = keys.iter().enumerate().map(|(i, k)| format!("{} AS k{i}", k.sql)).collect();
    inner.extend(aggregates.iter().enumerate().map(|(i, (sql, _))| format!("{sql} AS a{i}")));
    let mut names: Vec<String> = (0..keys.len()).map(|i| format!("k{i}")).collect();
    names.extend((0..aggregates.len()).map(|i| format!("a{i}")));
    names.extend(["window_start", "window_end", "window_time"].map(String::from));
    let results = Scope { columns: names.into_iter().zip(query.result_types()).collect() };
    let having = (rng.below(3) == 0).then(|| results.boolean(rng, 2));
    query.having = having.as_ref().map(|h| h.expr.clone());
    let mut outputs = results.all();
    outputs.extend((0..rng.below(4)).map(|_| results.any(rng, 2)));
    query.output = outputs.iter().map(|o| o.expr.clone()).collect();
    let list = |parts: Vec<String>| parts.join(", ");
    let offset = if offset == 0 { String::new() } else { format!(", INTERVAL '{offset}' SECOND") };
    let mut sql = format!(
        "SELECT {} FROM (SELECT {}, window_start, window_end, window_time FROM TABLE(TUMBLE(TABLE {}, DESCRIPTOR(ts), INTERVAL '{size}' SECOND{offset}))",
        list(outputs.into_iter().enumerate().map(|(i, o)| format!("{} AS c{i}", o.sql)).collect()),
        list(inner),
        table.name,
    );
    if let Some(filter) = filter {
        sql.push_str(&format!(" WHERE {}", filter.sql));
    }
    let groups = keys.iter().map(|k| k.sql.clone());
    let groups = groups.chain(["window_start", "window_end", "window_time"].map(String::from));
    sql.push_str(&format!(" GROUP BY {})", list(groups.collect())));
    if let Some(having) = having {
        sql.push_str(&format!(" WHERE {}", having.sql));
    }
    Case { sql, query, table: index }
}

/// A cast in both languages.
fn cast(value: Typed, ty: Type) -> Typed {
    let expr = value.expr.cast(ty).expect("the generator casts only what can be cast");
    Typed { sql: format!("CAST({} AS {})", value.sql, sql_type(ty)), expr }
}
