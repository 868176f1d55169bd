//! Apache Flink runs the SQL that is generated, on files: `acme`'s query and those of `tests/cases/queries`. Where `dpl run` runs a query too, both
//! give the same rows, to the last bit of each number: results, late rows and rejected rows.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use dpl::{
    Analysis,
    native::{Native, native},
    platform::{Base, Platform, Project, Query, ResourceId},
    run::{CsvSource, JsonSource, Sinks, Source, run},
};
use serde_json::value::RawValue;

use super::{oracle, window::exact};

/// A query, its script, the rows that it reads, and where Flink writes.
struct Case {
    name: String,
    analysis: Analysis,
    query: usize,
    rows: PathBuf,
    script: PathBuf,
}

impl Case {
    fn platform(&self) -> &Platform {
        &self.analysis.platform
    }

    fn query(&self) -> &Query {
        &self.platform().queries[self.query]
    }

    fn stream(&self, id: ResourceId) -> &str {
        &self.platform().resource(id).name
    }

    /// The streams that the script writes to, the sink first. Late rows go nowhere where nothing waits for a window.
    fn sinks(&self) -> Vec<ResourceId> {
        let script = fs::read_to_string(&self.script).unwrap();
        let mut sinks = vec![self.query().sink];
        for id in self.query().sources() {
            let stream = self.platform().stream(id).unwrap();
            for rows in [Some(stream.on_invalid), stream.late].into_iter().flatten() {
                if let dpl::platform::stream::Rows::Divert(to) = rows
                    && script.contains(&format!("INSERT INTO `{}`", self.stream(to)))
                {
                    sinks.push(to);
                }
            }
        }
        sinks
    }

    fn sink_file(&self, id: ResourceId) -> PathBuf {
        self.script.with_file_name(format!("{}.{}.jsonl", self.name, self.stream(id)))
    }
}

fn analyze(files: &[PathBuf]) -> Analysis {
    let mut sources = dpl::sources();
    for file in files {
        let module = file.file_stem().unwrap().to_string_lossy();
        sources.add(file.to_string_lossy(), module, fs::read_to_string(file).unwrap(), false);
    }
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{:?}: {:#?}", files[0], analysis.diagnostics);
    analysis
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "dpl")).collect();
    files.sort();
    files
}

fn cases(folder: &Path) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let acme = root.join("examples/acme");
    let mut found = cases_of(&programs(&acme), &acme.join("readings.jsonl"), folder);
    for file in programs(&root.join("tests/cases/queries")) {
        let rows =
            ["jsonl", "csv"].map(|end| file.with_extension(end)).into_iter().find(|path| path.exists());
        found.extend(cases_of(std::slice::from_ref(&file), &rows.unwrap(), folder));
    }
    found
}

/// A case for each query of a program.
fn cases_of(files: &[PathBuf], rows: &Path, folder: &Path) -> Vec<Case> {
    let count = analyze(files).platform.queries.len();
    let case = |query: usize| {
        let analysis = analyze(files);
        let name = {
            let resource = analysis.platform.queries[query].resource;
            analysis.platform.resource(resource).name.to_string()
        };
        let script = folder.join(format!("{name}.sql"));
        let text = dpl::target::flink::script(&analysis.platform, &analysis.platform.queries[query]);
        fs::write(&script, text).unwrap();
        Case { name, analysis, query, rows: rows.to_owned(), script }
    };
    (0..count).map(case).collect()
}

/// Runs all the scripts in one JVM; `None` where Flink can't be had.
fn flink(cases: &[Case]) -> Option<()> {
    let mut arguments: Vec<OsString> = Vec::new();
    let file = |name: &str, path: &Path| OsString::from(format!("{name}={}", path.display()));
    for case in cases {
        arguments.push(case.script.clone().into());
        for source in case.query().sources() {
            arguments.extend(["--table".into(), file(case.stream(source), &case.rows)]);
        }
        for sink in case.sinks() {
            arguments.extend(["--sink".into(), file(case.stream(sink), &case.sink_file(sink))]);
        }
    }
    let done = oracle::run("flink/run", &["flink", "runner"], &arguments)?;
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "Flink refuses a script:\n{out}\n{errors}");
    Some(())
}

/// What the native operator writes: results, late rows, rejected rows.
fn ours(job: &Native, rows: &Path) -> [Vec<u8>; 3] {
    let reader = fs::File::open(rows).unwrap();
    let csv = rows.extension().is_some_and(|end| end == "csv");
    let schema = job.job.schema.clone();
    let stored = job.job.stored();
    let event_time = job.job.event_time();
    let mut source: Box<dyn Source> = if csv {
        Box::new(CsvSource::new(reader, schema, stored, event_time, job.style).unwrap())
    } else {
        Box::new(JsonSource::new(reader, schema, stored, event_time, job.style))
    };
    let [mut results, mut late, mut rejected] = [Vec::new(), Vec::new(), Vec::new()];
    let sinks = Sinks { results: &mut results, late: &mut late, rejected: &mut rejected };
    run(&job.job, &mut *source, sinks, &mut |_| {}).unwrap();
    [results, late, rejected]
}

/// Rows as a multiset: how often each comes. A rejected row is told by its text, since both say in their own words what is wrong with it.
fn multiset(text: &str, doubles: &[&str]) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let row: BTreeMap<String, &RawValue> =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let cells = row.iter().filter(|(name, _)| *name != "reason");
        let cells = cells
            .map(|(name, raw)| format!("{name}={}", canonical(raw.get(), doubles.contains(&name.as_str()))));
        *rows.entry(cells.collect::<Vec<_>>().join(" ")).or_insert(0) += 1;
    }
    rows
}

/// A value in one notation: a double by its bits, any other number exactly.
fn canonical(raw: &str, double: bool) -> String {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(raw).unwrap(),
        Some(b'-' | b'0'..=b'9') if double => raw.parse::<f64>().unwrap().to_bits().to_string(),
        Some(b'-' | b'0'..=b'9') => exact(raw),
        _ => raw.to_owned(),
    }
}

fn assert_same(case: &Case, sink: ResourceId, ours: &[u8]) {
    let platform = case.platform();
    let columns = &platform.schema(platform.stream(sink).unwrap().schema).columns;
    let doubles =
        columns.iter().filter(|column| column.ty.base == Base::Double).map(|column| column.name.as_str());
    let doubles: Vec<&str> = doubles.collect();
    let theirs = multiset(&fs::read_to_string(case.sink_file(sink)).unwrap(), &doubles);
    let ours = multiset(std::str::from_utf8(ours).unwrap(), &doubles);
    let only = |a: &BTreeMap<String, usize>, b: &BTreeMap<String, usize>| {
        a.iter()
            .filter(|(row, count)| b.get(*row) != Some(count))
            .map(|(row, _)| row.clone())
            .take(5)
            .collect::<Vec<_>>()
    };
    let (flink_only, native_only) = (only(&theirs, &ours), only(&ours, &theirs));
    assert!(
        flink_only.is_empty() && native_only.is_empty(),
        "{}: rows of `{}` differ\nFlink alone: {flink_only:#?}\ndpl run alone: {native_only:#?}",
        case.name,
        case.stream(sink),
    );
}

#[test]
fn flink_gives_the_rows_that_dpl_run_gives() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    if flink(&cases).is_none() {
        return;
    }
    let mut compared = Vec::new();
    for case in &cases {
        let results = fs::read_to_string(case.sink_file(case.query().sink)).unwrap();
        assert!(!results.is_empty(), "{}: Flink gives no rows", case.name);
        let Ok(job) = native(case.platform(), case.query()) else { continue };
        let [results, late, rejected] = ours(&job, &case.rows);
        assert_same(case, job.sink, &results);
        for (sink, rows) in [(job.late, late), (job.rejected, rejected)] {
            match sink {
                Some(sink) if case.sinks().contains(&sink) => assert_same(case, sink, &rows),
                _ => assert!(rows.is_empty(), "{}: {}", case.name, String::from_utf8_lossy(&rows)),
            }
        }
        compared.push(case.name.as_str());
    }
    let expected = [
        "temperature_alerts",
        "coldest_but_one",
        "first_of_each",
        "hottest",
        "newest_of_each",
        "side_by_side",
        "warmest_rooms",
        "with_windows",
        "numbers_and_text",
        "text_and_parts",
        "times_and_conditions",
        "extremes_by_device",
        "sums_by_shop",
        "visits",
        "visits_by_value",
        "visits_of_all",
        "visits_of_old",
        "last_of_each",
        "of_an_aggregate",
        "of_both",
        "over_a_query",
        "top_three",
        "means_by_name",
        "early_growth",
        "growing",
        "hopping",
        "named",
        "of_old",
        "spread_in_hopping",
        "spread_in_tumbling",
        "tumbling",
        "totals_by_name",
        "changes",
        "ends_by_number",
        "ends_by_time",
        "ends_so_far",
        "one_over_another",
        "running_totals",
        "sums_by_number",
        "sums_by_time",
        "sums_so_far",
        "chosen",
        "cubed",
        "of_one_set",
        "rolled_up",
    ];
    let compared: BTreeSet<&str> = compared.into_iter().collect();
    let expected = BTreeSet::from(expected);
    assert_eq!(compared, expected, "these queries run natively");
}

/// A column of each type, and a value that every function takes.
const TABLE: &str = "CREATE TABLE t (
  `string` STRING NOT NULL, `int` INT NOT NULL, `bigint` BIGINT NOT NULL, `double` DOUBLE NOT NULL,
  `date` DATE NOT NULL, `timestamp` TIMESTAMP(3) NOT NULL, `timestamp_ltz` TIMESTAMP_LTZ(3) NOT NULL
) WITH ('connector' = 'replaced', 'format' = 'json');";
const ROW: &str = r#"{"string":"eHg=","int":3,"bigint":3,"double":0.5,"date":"2026-01-31","timestamp":"2026-01-31 00:00:00","timestamp_ltz":"2026-01-31 00:00:00Z"}"#;

/// What stands for a parameter. A path and a form must be constants.
fn argument(function: &str, at: usize, base: &Base) -> String {
    match (function, at, base) {
        ("JSON_VALUE" | "JSON_QUERY" | "JSON_EXISTS", 1, _) => "'$.a'".to_owned(),
        ("DATE_FORMAT" | "TO_DATE" | "TO_TIMESTAMP" | "FROM_UNIXTIME", 1, _) => "'yyyy-MM-dd'".to_owned(),
        (_, _, Base::Timestamp(_)) => "`timestamp`".to_owned(),
        (_, _, Base::TimestampLtz(_)) => "`timestamp_ltz`".to_owned(),
        (_, _, base) => format!("`{}`", dpl::sql::types::spelled(base)),
    }
}

#[test]
fn functions_have_the_types_that_flink_gives_them() {
    let folder = tempfile::tempdir().unwrap();
    let library = analyze(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/queries/sessions.dpl")]);
    let functions = &library.platform.library.sql_functions;
    let functions: Vec<_> = functions.iter().filter(|function| function.name != "COUNT").collect();
    let calls = functions.iter().map(|function| {
        let params = function.params.iter().enumerate();
        let args: Vec<String> = params.map(|(at, ty)| argument(&function.name, at, &ty.base)).collect();
        format!("TYPEOF({}({}))", function.name, args.join(", "))
    });
    let (script, rows) = (folder.path().join("types.sql"), folder.path().join("rows.jsonl"));
    fs::write(&script, format!("{TABLE}\nSELECT {} FROM t;\n", calls.collect::<Vec<_>>().join(",\n")))
        .unwrap();
    fs::write(&rows, ROW).unwrap();
    let arguments = [script.into_os_string(), "--table".into(), format!("t={}", rows.display()).into()];
    let Some(done) = oracle::run("flink/run", &["flink", "runner"], &arguments) else { return };
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "Flink refuses a function:\n{printed}");
    let row: serde_json::Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    let theirs: Vec<&str> =
        row["row"].as_array().unwrap()[1..].iter().map(|ty| ty.as_str().unwrap()).collect();
    let wrong: Vec<String> = functions
        .iter()
        .zip(theirs)
        .filter_map(|(function, theirs)| {
            let ours = dpl::sql::print::data_type(&function.result.base).unwrap();
            let base = theirs.trim_end_matches(" NOT NULL");
            // Text of a fixed length is text.
            let base = if base.starts_with("CHAR(") { "STRING" } else { base };
            (base != ours).then(|| format!("{}: {ours}, in Flink {theirs}", function.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
