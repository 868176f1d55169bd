//! Apache Flink runs the SQL that is generated, on files: `acme`'s query and those of `tests/cases/queries`. Where `dpl run` runs a query too, both
//! give the same rows, to the last bit of each number: results, late rows and rejected rows. What Flink gives for a query that has a file of
//! expected rows is compared with that.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use dpl::{
    Analysis,
    native::{Native, Read, native},
    platform::{Base, Platform, Project, Query, ResourceId},
    run::{CsvSource, JsonSource, Sinks, Source, run},
};
use serde_json::value::RawValue;

use super::{oracle, window::exact};

/// A query, its script, the rows that it reads, and where Flink writes.
pub struct Case {
    pub name: String,
    pub analysis: Analysis,
    query: usize,
    /// The rows of its streams; those of one beside them in a file with the stream's name.
    pub rows: PathBuf,
    pub script: PathBuf,
}

impl Case {
    pub fn platform(&self) -> &Platform {
        &self.analysis.platform
    }

    pub fn query(&self) -> &Query {
        &self.platform().queries[self.query]
    }

    fn stream(&self, id: ResourceId) -> &str {
        &self.platform().resource(id).name
    }

    pub fn rows(&self, stream: ResourceId) -> PathBuf {
        let own = self.rows.with_extension(format!("{}.jsonl", self.stream(stream)));
        if own.exists() { own } else { self.rows.clone() }
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

    pub fn sink_file(&self, id: ResourceId) -> PathBuf {
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

/// `acme`'s query and those of `tests/cases/queries`, their scripts in the folder.
pub fn cases(folder: &Path) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let acme = root.join("examples/acme");
    let mut found = cases_of(&programs(&acme), &acme.join("readings.jsonl"), folder);
    for file in programs(&root.join("tests/cases/queries")) {
        let rows =
            ["jsonl", "csv"].map(|end| file.with_extension(end)).into_iter().find(|path| path.exists());
        let rows = rows.unwrap_or_else(|| file.with_extension("jsonl"));
        found.extend(cases_of(std::slice::from_ref(&file), &rows, folder));
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

impl Case {
    /// The script, and the files behind its tables.
    pub fn arguments(&self) -> Vec<OsString> {
        let file = |name: &str, path: &Path| OsString::from(format!("{name}={}", path.display()));
        let mut arguments: Vec<OsString> = vec![self.script.clone().into()];
        for source in self.query().sources() {
            arguments.extend(["--table".into(), file(self.stream(source), &self.rows(source))]);
        }
        for sink in self.sinks() {
            arguments.extend(["--sink".into(), file(self.stream(sink), &self.sink_file(sink))]);
        }
        arguments
    }
}

/// Runs all the scripts in one JVM; `None` where Flink can't be had.
fn flink(cases: &[Case]) -> Option<()> {
    let arguments: Vec<OsString> = cases.iter().flat_map(Case::arguments).collect();
    let done = oracle::run("flink/run", &["flink", "runner"], &arguments)?;
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "Flink refuses a script:\n{out}\n{errors}");
    Some(())
}

/// What the native operator writes, from a file for each stream: results, and what is diverted.
pub fn run_native(job: &Native, rows: &dyn Fn(ResourceId) -> PathBuf) -> (Vec<u8>, Vec<Vec<u8>>) {
    let open = |(at, read): (usize, &Read)| -> Box<dyn Source> {
        let rows = rows(read.stream);
        let reader = fs::File::open(&rows).unwrap();
        let schema = job.job.inputs[at].schema.clone();
        let (stored, event_time) = (job.job.stored(at), job.job.event_time(at));
        if rows.extension().is_some_and(|end| end == "csv") {
            Box::new(CsvSource::new(reader, schema, stored, event_time, read.style).unwrap())
        } else {
            Box::new(JsonSource::new(reader, schema, stored, event_time, read.style))
        }
    };
    let mut sources: Vec<Box<dyn Source>> = job.sources.iter().enumerate().map(open).collect();
    let mut sources: Vec<&mut dyn Source> = sources.iter_mut().map(|source| &mut **source as _).collect();
    let (mut results, mut diverted) = (Vec::new(), vec![Vec::new(); job.diverted.len()]);
    let to = diverted.iter_mut().map(|bytes| bytes as &mut dyn Write).collect();
    run(&job.job, &mut sources, Sinks { results: &mut results, diverted: to }, &mut |_| {}).unwrap();
    (results, diverted)
}

/// Rows as a multiset: how often each comes. A rejected row is told by its text, since both say in their own words what is wrong with it.
pub fn multiset(text: &str, doubles: &[&str]) -> BTreeMap<String, usize> {
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

/// What differs, if anything does.
pub fn difference(case: &Case, sink: ResourceId, ours: &[u8]) -> Option<String> {
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
    if flink_only.is_empty() && native_only.is_empty() {
        return None;
    }
    Some(format!(
        "{}: rows of `{}` differ\nFlink alone: {flink_only:#?}\ndpl run alone: {native_only:#?}",
        case.name,
        case.stream(sink),
    ))
}

/// The queries that run natively.
const NATIVE: &[&str] = &[
    "temperature_alerts",
    "called",
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
    "beside_itself",
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
    "together",
    "together_hopping",
    "together_in_sessions",
    "in_one_window_of_both",
    "left_in_window",
    "right_in_growing",
    "all_in_hopping",
    "near",
    "near_or_alone",
    "near_or_alone_right",
    "near_or_all_alone",
    "of_near",
    "of_windows_joined_of_both",
    "groups_of_groups",
    "longer_windows",
    "groups_joined",
    "first_of_both",
    "of_the_first",
    "longer_of_the_first",
    "in_one_window",
    "in_one_window_or_none",
    "before_long",
    "or_alone",
    "of_windows_joined",
    "by_a_computed_key",
    "counted",
    "with_the_latest",
    "risen",
    "visited",
    "first_of_each_device",
    "new_rooms",
    "spread_so_far",
    "of_both_windows",
    "beside_loaded",
    "quiet_rooms",
    "spreads_by_number",
    "by_their_computed_key",
    "by_two_computed_keys",
];

#[test]
fn flink_gives_the_rows_that_dpl_run_gives() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    if flink(&cases).is_none() {
        return;
    }
    let (mut compared, mut differences, mut by_hand) = (Vec::new(), Vec::new(), 0);
    for case in &cases {
        let results = fs::read_to_string(case.sink_file(case.query().sink)).unwrap();
        assert!(!results.is_empty(), "{}: Flink gives no rows", case.name);
        let expected = fs::read(case.rows.with_extension(format!("{}.expected.jsonl", case.name))).ok();
        by_hand += usize::from(expected.is_some());
        differences.extend(expected.and_then(|rows| difference(case, case.query().sink, &rows)));
        let Ok(job) = native(case.platform(), case.query()) else { continue };
        let (results, diverted) = run_native(&job, &|stream| case.rows(stream));
        differences.extend(difference(case, job.sink, &results));
        for (sink, rows) in job.diverted.iter().zip(diverted) {
            if case.sinks().contains(sink) {
                differences.extend(difference(case, *sink, &rows));
            } else {
                assert!(rows.is_empty(), "{}: {}", case.name, String::from_utf8_lossy(&rows));
            }
        }
        compared.push(case.name.as_str());
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let queries = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/queries");
    let files = fs::read_dir(queries).unwrap().map(|entry| entry.unwrap().file_name());
    let files = files.filter(|name| name.to_string_lossy().ends_with(".expected.jsonl")).count();
    assert_eq!(by_hand, files, "each file of expected rows is one of a query");
    let compared: BTreeSet<&str> = compared.into_iter().collect();
    let expected = NATIVE.iter().copied().collect::<BTreeSet<&str>>();
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
