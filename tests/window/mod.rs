//! The window operator against a real Flink: random tables and queries, as Flink SQL and as physical plans.
//!
//! [`Suite::generate`] makes the cases of a seed, [`Suite::differences`] runs them and tells every difference, and the smallest case
//! that shows one of them. The cases of one table are one job; one whose job fails is run alone.

mod cases;
mod expressions;
mod flink;
mod overs;
pub mod rng;
mod tables;

use cases::Case;
use dpl::run::{Input, Job, JsonSource, OnInvalid, Sinks, Style, run};
use dpl::window::{Batch, Engine, Plan, Type};
use expressions::{Typed, sql_type};
pub use flink::exact;
use overs::OverCase;
use rng::Rng;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tables::Table;

/// Runs Flink with the arguments of `tests/oracles/flink/run`; what it printed, `None` where it can't be had.
pub type Flink<'a> = &'a dyn Fn(&[OsString]) -> Option<String>;

/// A query over a table.
#[derive(Clone)]
struct Asked {
    table: Table,
    case: Question,
}

/// What is asked of a table's rows.
#[derive(Clone)]
enum Question {
    Groups(Box<Case>),
    Over(Box<OverCase>),
}

impl Question {
    fn plan(&self, table: &Table) -> Plan {
        match self {
            Question::Groups(case) => case.plan(table),
            Question::Over(case) => case.plan(table),
        }
    }

    fn sql(&self, table: &Table) -> String {
        match self {
            Question::Groups(case) => case.sql(table),
            Question::Over(case) => case.sql(table),
        }
    }

    fn smaller(&self) -> Vec<Question> {
        match self {
            Question::Groups(case) => {
                case.smaller().into_iter().map(|case| Question::Groups(Box::new(case))).collect()
            }
            Question::Over(case) => {
                case.smaller().into_iter().map(|case| Question::Over(Box::new(case))).collect()
            }
        }
    }
}

type Rows = Result<Vec<String>, String>;

/// Tables and queries of one seed.
pub struct Suite {
    asked: Vec<Asked>,
}

impl Suite {
    /// `tables` tables with `queries` queries each: windows with groups over the first two thirds of them, OVER over the others.
    pub fn generate(seed: u64, tables: usize, queries: usize) -> Suite {
        let mut rng = Rng::new(seed);
        let all: Vec<Table> = (0..tables).map(|i| Table::generate(&mut rng, i)).collect();
        let mut asked = Vec::new();
        for (at, table) in all.into_iter().enumerate() {
            for _ in 0..queries {
                let case = match at * 3 < tables * 2 {
                    true => Question::Groups(Box::new(Case::generate(&mut rng, &table))),
                    false => Question::Over(Box::new(OverCase::generate(&mut rng, &table))),
                };
                asked.push(Asked { case, table: table.clone() });
            }
        }
        Suite { asked }
    }

    /// Every case whose rows differ, one of them made as small as some more runs can; `None` where Flink can't be had.
    pub fn differences(&self, flink: Flink<'_>, folder: &Path) -> Option<Vec<String>> {
        let all: Vec<&Asked> = self.asked.iter().collect();
        let mut theirs = answers(&all, flink, &folder.join("all"), true)?;
        let failed: Vec<usize> = (0..all.len()).filter(|at| theirs[*at].is_err()).collect();
        if !failed.is_empty() {
            let alone: Vec<&Asked> = failed.iter().map(|at| all[*at]).collect();
            let again = answers(&alone, flink, &folder.join("alone"), false)?;
            failed.into_iter().zip(again).for_each(|(at, rows)| theirs[at] = rows);
        }
        let pairs = self.asked.iter().zip(theirs).enumerate();
        let differing: Vec<_> = pairs.filter(|(_, (asked, theirs))| asked.ours() != *theirs).collect();
        let mut differences: Vec<String> = differing
            .iter()
            .map(|(number, pair)| format!("case {number}: {}", pair.0.report(&pair.1)))
            .collect();
        // Making one small takes many runs; the others have mostly the same cause.
        if let Some((_, (asked, theirs))) = differing.into_iter().min_by_key(|(_, (asked, _))| asked.size()) {
            differences.iter().for_each(|difference| println!("{difference}"));
            differences.push(smallest(asked, theirs, flink, &folder.join("smaller"))?);
        }
        Some(differences)
    }
}

/// What Flink makes of each query; those over one table are one job where `together`.
fn answers(asked: &[&Asked], flink: Flink<'_>, folder: &Path, together: bool) -> Option<Vec<Rows>> {
    let mut jobs: Vec<Vec<usize>> = Vec::new();
    for (at, one) in asked.iter().enumerate() {
        match jobs.last_mut() {
            Some(job) if together && asked[job[0]].table.name == one.table.name => job.push(at),
            _ => jobs.push(vec![at]),
        }
    }
    let mut arguments = Vec::new();
    let mut scripts: BTreeMap<usize, PathBuf> = BTreeMap::new();
    for job in &jobs {
        let folder = folder.join(job[0].to_string());
        std::fs::create_dir_all(&folder).expect("a folder for scripts");
        let queries: Vec<(usize, &Asked)> = job.iter().map(|at| (*at, asked[*at])).collect();
        let script = write_job(&queries, &folder);
        arguments.push(script.clone().into());
        for at in job {
            arguments.extend(["--sink".into(), format!("s{at}={}", sink(&folder, *at).display()).into()]);
            scripts.insert(*at, script.clone());
        }
    }
    let printed = flink(&arguments)?;
    let endings = flink::endings(&printed);
    let rows = asked.iter().zip(scripts).map(|(one, (at, script))| {
        match endings.get(&script.display().to_string()) {
            Some(Ok(())) => {
                let folder = script.parent().expect("a script lies in a folder");
                let written = std::fs::read(sink(folder, at)).map_err(|error| error.to_string())?;
                flink::rows(&written, &one.types())
            }
            Some(Err(why)) => Err(why.clone()),
            None => Err("the script did not end".to_string()),
        }
    });
    Some(rows.collect())
}

fn sink(folder: &Path, at: usize) -> PathBuf {
    folder.join(format!("s{at}.json"))
}

/// A script that runs queries over one table as one job, each into a sink of its own.
fn write_job(queries: &[(usize, &Asked)], folder: &Path) -> PathBuf {
    let table = &queries[0].1.table;
    let rows = folder.join("rows.json");
    std::fs::write(&rows, &table.rows).expect("the rows can be written");
    let mut script = String::from("SET 'table.optimizer.agg-phase-strategy' = 'ONE_PHASE';\n");
    if matches!(queries[0].1.case, Question::Over(_)) {
        script.push_str("SET 'state.backend.type' = 'rocksdb';\n");
    }
    script.push_str(&table.ddl(&rows));
    for (at, asked) in queries {
        let types = asked.types();
        let columns: Vec<String> =
            types.iter().enumerate().map(|(i, ty)| format!("c{i} {}", sql_type(*ty))).collect();
        let columns = columns.join(", ");
        script.push_str(&format!(
            "CREATE TABLE s{at} ({columns}) WITH ('connector'='replaced','format'='json');\n"
        ));
    }
    script.push_str("EXECUTE STATEMENT SET BEGIN\n");
    for (at, asked) in queries {
        script.push_str(&format!("INSERT INTO s{at} {};\n", asked.case.sql(&asked.table)));
    }
    script.push_str("END;\n");
    let path = folder.join("job.sql");
    std::fs::write(&path, script).expect("the script can be written");
    path
}

/// As many times a case that differs is made smaller.
const ROUNDS: usize = 5;

/// Leaves out parts of the query and rows of the table as long as the rows differ.
fn smallest(asked: &Asked, theirs: Rows, flink: Flink<'_>, folder: &Path) -> Option<String> {
    let (mut asked, mut theirs) = (asked.clone(), theirs);
    for round in 0..ROUNDS {
        let smaller = asked.smaller();
        let candidates: Vec<&Asked> = smaller.iter().collect();
        let answers = answers(&candidates, flink, &folder.join(round.to_string()), false)?;
        let differing = smaller.iter().zip(answers).filter(|(one, rows)| {
            // One that fails in Flink shows something else, unless failing is what the case is about.
            (rows.is_ok() || theirs.is_err()) && one.ours() != *rows
        });
        match differing.min_by_key(|(one, _)| one.size()) {
            Some((one, rows)) => (asked, theirs) = (one.clone(), rows),
            None => break,
        }
    }
    let mut text = format!("the smallest: {}", asked.report(&theirs));
    text.push_str(&asked.table.ddl(Path::new("rows.json")));
    text.push_str(&asked.table.rows);
    Some(text)
}

impl Asked {
    fn types(&self) -> Vec<Type> {
        self.case.plan(&self.table).output_types()
    }

    fn report(&self, theirs: &Rows) -> String {
        flink::report(&self.case.sql(&self.table), &self.ours(), theirs)
    }

    fn size(&self) -> usize {
        self.table.rows.len() + self.case.sql(&self.table).len() * 4
    }

    /// The same with parts of the query or rows of the table left out.
    fn smaller(&self) -> Vec<Asked> {
        let queries = self.case.smaller().into_iter().map(|case| Asked { case, table: self.table.clone() });
        let mut all: Vec<Asked> = queries.collect();
        let lines: Vec<&str> = self.table.rows.lines().collect();
        for parts in [2, 4, 8] {
            let length = lines.len().div_ceil(parts).max(1);
            for start in (0..lines.len()).step_by(length).filter(|_| lines.len() > 1) {
                let kept = lines[..start].iter().chain(lines.iter().skip(start + length));
                let rows = kept.map(|line| format!("{line}\n")).collect();
                all.push(Asked { case: self.case.clone(), table: Table { rows, ..self.table.clone() } });
            }
        }
        all
    }

    /// What the operator makes of a case, sorted; the JSON reader is part of the test.
    fn ours(&self) -> Rows {
        let Asked { table, case } = self;
        let query = case.plan(table);
        let schema = table.schema();
        let input = Input { schema: schema.clone(), on_invalid: OnInvalid::Fail, late: None, rejected: None };
        let job = Job {
            inputs: vec![input],
            diverted: Vec::new(),
            output: (0..query.output_types().len()).map(|i| format!("c{i}")).collect(),
            required: Vec::new(),
            query,
            output_style: Style::Sql,
        };
        let mut source =
            JsonSource::new(table.rows.as_bytes(), schema, job.stored(0), table.event_time(), Style::Sql);
        let mut written = Vec::new();
        let sinks = Sinks { results: &mut written, diverted: Vec::new() };
        run(&job, &mut [&mut source], sinks, &mut |_| ()).map_err(|e| format!("ERROR {e}"))?;
        self.check_batches(&written);
        flink::rows(&written, &self.types())
    }

    /// The same rows in other batches give the same bytes; of several parts the same rows, one part's before another's.
    fn check_batches(&self, expected: &[u8]) {
        let Asked { table, case } = self;
        let plan = case.plan(table);
        let mut bytes = Vec::new();
        let (types, parts) = (plan.output_types(), plan.parts.len());
        let names: Vec<String> = (0..types.len()).map(|i| format!("c{i}")).collect();
        let mut writer =
            dpl::run::JsonWriter::new(&mut bytes, names.iter().map(String::as_str).zip(types), Style::Sql);
        let mut operator = Engine::new(plan, &[0]).expect("a valid plan");
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
        let sorted = |bytes: &[u8]| {
            let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        let same = bytes == expected || parts > 1 && sorted(&bytes) == sorted(expected);
        assert!(same, "other batches, other bytes: {}", case.sql(table));
    }
}

/// A cast in both languages.
fn cast(value: Typed, ty: Type) -> Typed {
    let expr = value.expr.cast(ty).expect("the generator casts only what can be cast");
    Typed { sql: format!("CAST({} AS {})", value.sql, sql_type(ty)), expr }
}
