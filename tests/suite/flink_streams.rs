//! Random queries over several streams, compiled, and run by Apache Flink and by the native operator: unions, joins of windows, within
//! intervals and as of a time, first rows, groups, and all of these over one another. No row is late but in the last stream, which is read alone: what becomes of late rows where
//! streams meet depends in Flink on which is read first. Patterns are looked for in that stream too. Sums of doubles are exact, since the order of rows between streams, and within a firing, is nobody's promise.

use std::{collections::BTreeMap, ffi::OsString, fmt::Write as _, fs, path::Path};

use dpl::{
    Analysis,
    native::native,
    platform::{Project, Query},
};

use super::{
    flink::{multiset, run_native},
    oracle,
    window::rng::Rng,
};

/// Queries of a seed, and how many of them are one job.
const QUERIES: usize = 30;
const TOGETHER: usize = 10;
/// The streams, how far their watermarks stay behind, and how far rows do, in seconds.
const STREAMS: [(&str, u64, u64); 4] = [("first", 1, 1), ("second", 2, 2), ("third", 4, 4), ("ragged", 1, 7)];
/// As many times a query that differs is tried with fewer rows.
const ROUNDS: usize = 4;

/// The queries of a seed, and the rows of each stream.
#[derive(Clone)]
struct Trial {
    queries: Vec<String>,
    rows: [Vec<String>; 4],
}

/// How rows differ: what is in Flink's alone, and in ours.
type Differences = BTreeMap<usize, String>;

impl Trial {
    fn generate(seed: u64, query: fn(&mut Rng) -> String) -> Trial {
        let mut rng = Rng::new(seed);
        let queries = (0..QUERIES).map(|_| query(&mut rng)).collect();
        Trial { queries, rows: STREAMS.map(|(_, _, behind)| rows(&mut rng, behind)) }
    }

    fn program(&self) -> String {
        let mut text = String::from(
            "account prod { id = \"666666666666\", region = \"us-east-1\" }\n\
             schema Row { k : string?, v : bigint?, d : double?, at : timestamp(3) }\n\
             schema Out { k : string?, v : bigint?, d : double?, t : timestamp(3)?, u : timestamp(3)? }\n",
        );
        for (name, delay, _) in STREAMS {
            let _ = writeln!(
                text,
                "stream {name} : Row in prod {{ connector = kinesis(\"{name}\"), watermark = at - {delay}s, late = drop }}"
            );
        }
        for (at, query) in self.queries.iter().enumerate() {
            let _ = write!(
                text,
                "stream s{at:02} : Out in prod {{ connector = kinesis(\"s{at:02}\") }}\nquery q{at:02} into s{at:02} as\n{query};\n"
            );
        }
        text
    }

    fn analysis(&self) -> Analysis {
        let mut sources = dpl::sources();
        sources.add("streams.dpl", "streams", self.program(), false);
        let analysis = dpl::analyze(sources, Project::default());
        assert!(!analysis.has_errors(), "{:#?}\n{}", analysis.diagnostics, self.program());
        analysis
    }

    /// Scripts of so many queries each, with the sinks in them; their files lie in the folder.
    fn arguments(&self, analysis: &Analysis, folder: &Path) -> Vec<OsString> {
        fs::create_dir_all(folder).unwrap();
        for ((name, ..), rows) in STREAMS.iter().zip(&self.rows) {
            fs::write(folder.join(format!("{name}.jsonl")), rows.concat()).unwrap();
        }
        let platform = &analysis.platform;
        let mut arguments = Vec::new();
        for (number, queries) in platform.queries.chunks(TOGETHER).enumerate() {
            let (mut before, mut inserts): (Vec<String>, Vec<String>) = Default::default();
            let mut read: Vec<&str> = Vec::new();
            for query in queries {
                let script = dpl::target::flink::script(platform, query);
                for statement in script.split(";\n").map(str::trim).filter(|text| !text.is_empty()) {
                    let to = if statement.contains("INSERT INTO") { &mut inserts } else { &mut before };
                    if !to.iter().any(|known| bare(known) == bare(statement)) {
                        to.push(format!("{statement};\n"));
                    }
                }
                read.extend(query.sources().into_iter().map(|id| platform.resource(id).name.as_str()));
            }
            let script = folder.join(format!("{number}.sql"));
            let text =
                format!("{}\nEXECUTE STATEMENT SET BEGIN\n{}END;\n", before.concat(), inserts.concat());
            fs::write(&script, text).unwrap();
            arguments.push(script.into());
            let file =
                |name: &str, end: &str| format!("{name}={}", folder.join(format!("{name}.{end}")).display());
            for (name, ..) in STREAMS.iter().filter(|(name, ..)| read.contains(name)) {
                arguments.extend(["--table".into(), file(name, "jsonl").into()]);
            }
            for query in queries {
                let sink = &platform.resource(query.sink).name;
                arguments.extend(["--sink".into(), file(sink, "out").into()]);
            }
        }
        arguments
    }

    /// The queries whose rows differ, by their numbers.
    fn differences(&self, analysis: &Analysis, folder: &Path) -> Differences {
        let platform = &analysis.platform;
        let sizes = |query: &Query| {
            let written = folder.join(format!("{}.out", platform.resource(query.sink).name));
            fs::metadata(written).unwrap().len()
        };
        // Of most queries there are rows to compare, unless rows were left out.
        let empty = platform.queries.iter().filter(|query| sizes(query) == 0).count();
        assert!(platform.queries.len() < QUERIES || empty * 3 < QUERIES, "{empty} queries give no rows");
        let compared = platform.queries.iter().enumerate().filter_map(|(at, query)| {
            let job =
                native(platform, query).unwrap_or_else(|refusal| panic!("{refusal:?}\n{}", self.queries[at]));
            let file = |id| folder.join(format!("{}.jsonl", platform.resource(id).name));
            let (ours, _) = run_native(&job, &file);
            let theirs = folder.join(format!("{}.out", platform.resource(query.sink).name));
            let ours = multiset(std::str::from_utf8(&ours).unwrap(), &["d"]);
            let theirs = multiset(&fs::read_to_string(theirs).unwrap(), &["d"]);
            (ours != theirs).then(|| (at, told(&ours, &theirs)))
        });
        compared.collect()
    }

    /// The trial of one query alone.
    fn only(&self, query: usize) -> Trial {
        Trial { queries: vec![self.queries[query].clone()], rows: self.rows.clone() }
    }

    /// The same with a part of the rows left out.
    fn smaller(&self) -> Vec<Trial> {
        let mut all = Vec::new();
        for stream in 0..STREAMS.len() {
            for parts in [1, 2, 4] {
                let rows = &self.rows[stream];
                let length = rows.len().div_ceil(parts);
                for start in (0..rows.len()).step_by(length.max(1)) {
                    let mut trial = self.clone();
                    trial.rows[stream].drain(start..(start + length).min(rows.len()));
                    all.push(trial);
                }
            }
        }
        all
    }

    fn size(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}

/// A statement without the comments before it.
fn bare(statement: &str) -> String {
    let lines = statement.trim_end_matches(";\n").lines().filter(|line| !line.starts_with("--"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn told(ours: &BTreeMap<String, usize>, theirs: &BTreeMap<String, usize>) -> String {
    let only = |a: &BTreeMap<String, usize>, b: &BTreeMap<String, usize>| {
        let rows = a.iter().filter(|(row, count)| b.get(*row) != Some(count));
        rows.map(|(row, count)| format!("  {count} x {row}")).take(4).collect::<Vec<_>>().join("\n")
    };
    format!("ours:\n{}\nFlink's:\n{}\n", only(ours, theirs), only(theirs, ours))
}

/// Runs Flink; false where it can't be had.
fn flink(arguments: &[OsString]) -> bool {
    let Some(done) = oracle::run("flink/run", &["flink", "runner"], arguments) else { return false };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "Flink refuses a script:\n{out}\n{errors}");
    true
}

/// The query with as few rows as some more runs leave of it.
fn smallest(trial: Trial, folder: &Path) -> Trial {
    let mut trial = trial;
    for round in 0..ROUNDS {
        let smaller: Vec<(Trial, Analysis)> =
            trial.smaller().into_iter().map(|trial| (trial.clone(), trial.analysis())).collect();
        let place = |at: usize| folder.join(format!("{round}-{at}"));
        let arguments: Vec<OsString> = smaller
            .iter()
            .enumerate()
            .flat_map(|(at, (trial, analysis))| trial.arguments(analysis, &place(at)))
            .collect();
        if arguments.is_empty() || !flink(&arguments) {
            break;
        }
        let differing = smaller
            .into_iter()
            .enumerate()
            .filter(|(at, (trial, analysis))| !trial.differences(analysis, &place(*at)).is_empty());
        match differing.map(|(_, (trial, _))| trial).min_by_key(Trial::size) {
            Some(found) => trial = found,
            None => break,
        }
    }
    trial
}

#[test]
fn flink_joins_and_unites_streams_as_dpl_run_does() {
    agree(query);
}

#[test]
fn flink_matches_patterns_as_dpl_run_does() {
    agree(alone);
}

/// Both give the same rows for random queries.
fn agree(query: fn(&mut Rng) -> String) {
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let more = more.split(',').filter(|seed| !seed.is_empty()).map(|seed| seed.parse().expect("a number"));
    for seed in std::iter::once(1).chain(more) {
        let folder = tempfile::tempdir().unwrap();
        let trial = Trial::generate(seed, query);
        let analysis = trial.analysis();
        if !flink(&trial.arguments(&analysis, &folder.path().join("all"))) {
            return;
        }
        let differences = trial.differences(&analysis, &folder.path().join("all"));
        if let Some(first) = differences.keys().min_by_key(|at| trial.queries[**at].len()) {
            let small = smallest(trial.only(*first), folder.path());
            let all: Vec<String> =
                differences.iter().map(|(at, told)| format!("{}\n{told}", trial.queries[*at])).collect();
            panic!(
                "seed {seed}:\n{}\nthe smallest:\n{}{}",
                all.join("\n"),
                small.queries[0],
                small.rows.concat().concat()
            );
        }
    }
}

/// Rows of a stream in about the order of their times, each less behind the latest than so many seconds.
fn rows(rng: &mut Rng, behind: u64) -> Vec<String> {
    let mut clock = 1_767_225_600_000_i64;
    let mut all = Vec::new();
    for _ in 0..30 + rng.below(60) {
        clock += rng.pick(&[0, 1, 100, 700, 999, 1000, 2500]);
        let at = (clock - rng.below(behind as usize * 1000) as i64).max(1_767_225_600_000);
        let or_null = |rng: &mut Rng, text: String| if rng.below(8) == 0 { "null".to_owned() } else { text };
        let key = rng.pick(&["a", "b", "c"]);
        let key = or_null(rng, format!("\"{key}\""));
        let number = rng.below(9) as i64 - 3;
        let number = or_null(rng, number.to_string());
        let double = (rng.below(2000) as f64 - 1000.0) / 8.0;
        let double = or_null(rng, format!("{double:?}"));
        let mut time = Vec::new();
        dpl::window::time::write_timestamp(at * 1000, dpl::run::Style::Iso, (3, 3), &mut time);
        let time = String::from_utf8(time).unwrap();
        all.push(format!("{{\"k\":{key},\"v\":{number},\"d\":{double},\"at\":\"{time}\"}}\n"));
    }
    all
}

fn seconds(rng: &mut Rng, from: &[i64]) -> String {
    format!("INTERVAL '{}' SECOND", rng.pick(from))
}

/// A window function over rows of the columns k, v, d, at.
fn windowed(rng: &mut Rng, rows: &str, window: &str) -> String {
    let rows = match rng.below(2) {
        0 if rows.starts_with("SELECT k, v, d, at FROM ")
            && !rows.contains('\n')
            && !rows.contains("WHERE") =>
        {
            rows.trim_start_matches("SELECT k, v, d, at FROM ").to_owned()
        }
        _ => format!("({rows})"),
    };
    window.replace("ROWS", &rows)
}

/// A window with a hole for its rows.
fn window(rng: &mut Rng) -> String {
    let part = rng.pick(&[1_i64, 2, 5]);
    let size = part * rng.pick(&[1_i64, 2, 4]);
    match rng.below(3) {
        0 => format!("TUMBLE(ROWS, at, INTERVAL '{size}' SECOND)"),
        1 => format!("HOP(ROWS, at, INTERVAL '{part}' SECOND, INTERVAL '{size}' SECOND)"),
        _ => format!("CUMULATE(ROWS, at, INTERVAL '{part}' SECOND, INTERVAL '{size}' SECOND)"),
    }
}

fn condition(rng: &mut Rng) -> String {
    rng.pick(&["v > 0", "d < 50", "k <> 'b'", "v IS NOT NULL", "v + 1 <> 3 OR d > 0"]).to_owned()
}

fn scan(rng: &mut Rng) -> String {
    let (stream, ..) = rng.pick(&STREAMS[..3]);
    of_stream(rng, stream)
}

fn of_stream(rng: &mut Rng, stream: &str) -> String {
    match rng.below(3) {
        0 => format!("SELECT k, v, d, at FROM {stream}"),
        1 => format!("SELECT k, v * 2 AS v, d, at FROM {stream}"),
        _ => format!("SELECT k, v, d, at FROM {stream} WHERE {}", condition(rng)),
    }
}

/// What both sides must be to be near one another in time.
fn near(rng: &mut Rng) -> String {
    let (before, after) = (seconds(rng, &[0, 1, 3]), seconds(rng, &[0, 2, 6]));
    match rng.below(4) {
        0 => format!("a.at BETWEEN b.at - {before} AND b.at + {after}"),
        1 => format!("b.at >= a.at - {before} AND b.at < a.at + {after} + INTERVAL '1' SECOND"),
        2 => format!("a.at > b.at + {before} AND a.at <= b.at + {before} + {after}"),
        _ => "a.at = b.at".to_owned(),
    }
}

/// What else both sides must fulfil.
fn besides(rng: &mut Rng) -> String {
    rng.pick(&["", "", " AND a.v = b.v", " AND a.v < b.v", " AND b.d > 0", " AND a.k <> 'a'"]).to_owned()
}

fn join_word(rng: &mut Rng) -> &'static str {
    rng.pick(&["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
}

/// Rows of k, v, d, at, of which the last is an event time.
fn source(rng: &mut Rng, depth: usize) -> String {
    match rng.below(7) {
        _ if depth == 0 => scan(rng),
        0 | 1 => {
            let parts: Vec<String> = (0..2 + rng.below(2)).map(|_| source(rng, depth - 1)).collect();
            parts.join("\nUNION ALL\n")
        }
        2 => {
            let (left, right) = (source(rng, depth - 1), source(rng, depth - 1));
            let word = rng.pick(&["JOIN", "LEFT JOIN"]);
            format!(
                "SELECT a.k, a.v + COALESCE(b.v, 0) AS v, b.d, a.at FROM ({left}) AS a {word} ({right}) AS b\nON a.k = b.k AND {}{}",
                near(rng),
                besides(rng)
            )
        }
        3 | 4 => {
            let inner = source(rng, depth - 1);
            of_windows(rng, &inner)
        }
        5 => {
            let left = source(rng, depth - 1);
            let looked_up = lookup(rng, &left);
            format!("SELECT a.k, a.v + COALESCE(b.v, 0) AS v, b.d, a.at FROM {looked_up}")
        }
        _ => scan(rng),
    }
}

/// Rows a beside the latest rows b of a stream.
fn lookup(rng: &mut Rng, left: &str) -> String {
    let (stream, ..) = rng.pick(&STREAMS[..3]);
    let word = rng.pick(&["JOIN", "LEFT JOIN"]);
    let besides = besides(rng);
    format!("({left}) AS a {word} {stream} FOR SYSTEM_TIME AS OF a.at AS b\nON a.k = b.k{besides}")
}

/// Groups or the first rows of windows, with an event time.
fn of_windows(rng: &mut Rng, inner: &str) -> String {
    let shape = window(rng);
    let rows = windowed(rng, inner, &shape);
    match rng.below(2) {
        0 => {
            format!(
                "SELECT k, SUM(v) AS v, MIN(d) AS d, window_time AS at FROM {rows}\nGROUP BY k, window_start, window_end, window_time"
            )
        }
        _ => {
            let (by, order) = (rng.pick(&["", ", k"]), rng.pick(&["", " DESC"]));
            format!(
                "SELECT k, v, d, window_time AS at FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end{by} ORDER BY v{order}, d, k) AS place FROM {rows})\nWHERE place <= {}",
                1 + rng.below(3)
            )
        }
    }
}

/// A stream whose rows may be late, alone, with windows over windows.
fn ragged(rng: &mut Rng) -> String {
    let rows = of_stream(rng, STREAMS[3].0);
    (0..rng.below(3)).fold(rows, |rows, _| of_windows(rng, &rows))
}

fn aggregates(rng: &mut Rng, side: &str) -> String {
    let of_v =
        rng.pick(&["SUM(@v)", "COUNT(*)", "COUNT(DISTINCT @v)", "MAX(@v)", "SUM(@v) FILTER (WHERE @d > 0)"]);
    let of_d = rng.pick(&["SUM(@d)", "MIN(@d)", "MAX(@d)", "AVG(@d)"]);
    format!("{of_v} AS v, {of_d} AS d").replace('@', side)
}

fn query(rng: &mut Rng) -> String {
    let shape = window(rng);
    match rng.below(10) {
        // Groups of windows over anything.
        0 | 1 => {
            let depth = 1 + rng.below(2);
            let rows = if rng.below(3) == 0 { ragged(rng) } else { source(rng, depth) };
            let rows = windowed(rng, &rows, &shape);
            let having = rng.pick(&["", "\nHAVING COUNT(*) > 1"]);
            format!(
                "SELECT k, {}, window_start AS t, window_end AS u FROM {rows}\nGROUP BY k, window_start, window_end{having}",
                aggregates(rng, "")
            )
        }
        // Sessions of streams beside one another.
        2 => {
            let rows = source(rng, 1);
            let gap = seconds(rng, &[1, 2, 4]);
            format!(
                "WITH united AS (SELECT k, v, d, at FROM ({rows}))\nSELECT k, {}, window_start AS t, window_end AS u FROM SESSION(united PARTITION BY k, at, {gap})\nGROUP BY k, window_start, window_end",
                aggregates(rng, "")
            )
        }
        // Windows joined, and groups of them.
        3 | 4 => {
            let (left, right) = (shallow(rng), shallow(rng));
            let (left, right) = (windowed(rng, &left, &shape), windowed(rng, &right, &shape));
            let on = format!(
                "a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end{}",
                besides(rng)
            );
            if rng.below(3) == 0 {
                let asks = rng.pick(&["EXISTS", "NOT EXISTS"]);
                return format!(
                    "SELECT k, v, d, window_start AS t, window_end AS u FROM {left} AS a WHERE {asks} (SELECT * FROM {right} AS b WHERE {on})"
                );
            }
            if rng.below(3) == 0 {
                return format!(
                    "SELECT a.k, {}, a.window_start AS t, a.window_end AS u FROM {left} AS a JOIN {right} AS b ON {on}\nGROUP BY a.k, a.window_start, a.window_end",
                    aggregates(rng, "b.")
                );
            }
            format!(
                "SELECT a.k, b.v, a.d, a.window_start AS t, b.window_end AS u FROM {left} AS a {} {right} AS b ON {on}",
                join_word(rng)
            )
        }
        // Rows near one another.
        5 | 6 => {
            let (left, right) = (shallow(rng), shallow(rng));
            format!(
                "SELECT a.k, b.v, a.d, a.at AS t, b.at AS u FROM ({left}) AS a {} ({right}) AS b\nON a.k = b.k AND {}{}",
                join_word(rng),
                near(rng),
                besides(rng)
            )
        }
        // Rows as of a time.
        7 => {
            let left = shallow(rng);
            let looked_up = lookup(rng, &left);
            format!("SELECT a.k, b.v, a.d, a.at AS t, b.at AS u FROM {looked_up}")
        }
        // Groups of the windows of several.
        8 => {
            let parts: Vec<String> = (0..2 + rng.below(2))
                .map(|_| {
                    let rows = shallow(rng);
                    let rows = windowed(rng, &rows, &shape);
                    if rng.below(3) == 0 {
                        return format!(
                            "SELECT k, {}, window_start, window_end FROM {rows} GROUP BY k, window_start, window_end",
                            aggregates(rng, "")
                        );
                    }
                    format!("SELECT k, v, d, window_start, window_end FROM {rows}")
                })
                .collect();
            format!(
                "SELECT k, {}, window_start AS t, window_end AS u FROM ({})\nGROUP BY k, window_start, window_end",
                aggregates(rng, ""),
                parts.join("\nUNION ALL\n")
            )
        }
        // Groups of groups.
        _ => {
            let rows = if rng.below(2) == 0 { ragged(rng) } else { shallow(rng) };
            let rows = windowed(rng, &rows, &shape);
            format!(
                "SELECT MAX(k) AS k, {}, window_start AS t, window_end AS u FROM (SELECT k, {}, window_start, window_end FROM {rows}\nGROUP BY k, window_start, window_end)\nWHERE v > 0 GROUP BY window_start, window_end",
                aggregates(rng, ""),
                aggregates(rng, "")
            )
        }
    }
}

/// A stream, mostly, or something over streams.
fn shallow(rng: &mut Rng) -> String {
    let depth = rng.pick(&[0, 0, 1]);
    source(rng, depth)
}

/// The quantifiers of a variable; of those that may be the last one's the first so many.
const QUANTIFIERS: &[&str] =
    &["", "", "", "?", "+?", "*?", "{2}", "{1,3}?", "{2,}?", "{0,2}?", "+", "*", "{1,2}", "{2,}", "{0,2}"];
const LAST: usize = 10;

fn greedy(quantifier: &str) -> bool {
    QUANTIFIERS[LAST..].contains(&quantifier)
}

/// A pattern that Flink takes.
fn variables(rng: &mut Rng) -> Vec<(&'static str, &'static str)> {
    loop {
        let count = 2 + rng.below(3);
        let mut all = Vec::new();
        for (at, name) in ["A", "B", "C", "D"].into_iter().take(count).enumerate() {
            let known = if at + 1 == count { &QUANTIFIERS[..LAST] } else { QUANTIFIERS };
            all.push((name, rng.pick(known)));
        }
        let empty = all
            .iter()
            .all(|(_, of)| matches!(of.as_bytes().first(), Some(b'?' | b'*')) || of.starts_with("{0"));
        let shut = all.windows(2).any(|pair| greedy(pair[0].1) && matches!(pair[1].1, "?" | "*" | "*?"));
        if !empty && !shut {
            return all;
        }
    }
}

/// A condition of the variable X, in which Y is another one.
fn defined(rng: &mut Rng, name: &str, others: &[&str]) -> String {
    let condition = rng.pick(&[
        "X.v > 0",
        "X.v < 3",
        "v >= 1",
        "X.d < 20",
        "X.d > Y.d OR Y.d IS NULL",
        "X.v >= LAST(Y.v)",
        "X.v > LAST(X.v, 1) OR LAST(X.v, 1) IS NULL",
        "X.d >= FIRST(X.d)",
        "SUM(X.v) < 6",
        "COUNT(X.v) < 3",
        "AVG(X.d) < 40 AND X.v IS NOT NULL",
        "MAX(Y.v) <> X.v",
        "v <> LAST(v, 1) OR v < 0",
        "FIRST(v) <= X.v",
        "SUM(v) < 9",
        "X.k <> 'a' OR X.v IS NULL",
        "LAST(Y.v, 1) IS NULL OR FIRST(Y.v, 1) < X.v",
        "COUNT(Y.v) > 1 OR X.v = 2",
    ]);
    condition.replace("X.", &format!("{name}.")).replace("Y.", &format!("{}.", rng.pick(others)))
}

/// Of the stream whose rows may be late: patterns, variances over rows before, the first row of each key.
fn alone(rng: &mut Rng) -> String {
    let rows = of_stream(rng, STREAMS[3].0);
    match rng.below(8) {
        0 => {
            let frame = rng.pick(&[
                "",
                " ROWS BETWEEN 3 PRECEDING AND CURRENT ROW",
                " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            ]);
            let (number, double) = (
                rng.pick(&["VAR_POP(v)", "STDDEV_SAMP(v)", "VAR_SAMP(v)"]),
                rng.pick(&["STDDEV_POP(d)", "VAR_SAMP(d)", "VAR_POP(d * 3)", "STDDEV_SAMP(d)"]),
            );
            format!(
                "SELECT k, {number} OVER w AS v, {double} OVER w AS d, at AS t, CAST(NULL AS TIMESTAMP(3)) AS u FROM ({rows}) WINDOW w AS (PARTITION BY k ORDER BY at{frame})"
            )
        }
        1 => {
            let (key, limit, also) = (
                rng.pick(&["k", "v", "k, v"]),
                rng.pick(&["= 1", "<= 1", "< 2"]),
                rng.pick(&["", " AND d < 30"]),
            );
            let first = format!(
                "SELECT k, v, d, at FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY at) AS place FROM ({rows})) WHERE place {limit}{also}"
            );
            if rng.below(2) == 0 {
                return format!("SELECT k, v, d, at AS t, CAST(NULL AS TIMESTAMP(3)) AS u FROM ({first})");
            }
            let shape = window(rng);
            let rows = windowed(rng, &first, &shape);
            format!(
                "SELECT MAX(k) AS k, {}, window_start AS t, window_end AS u FROM {rows} GROUP BY window_start, window_end",
                aggregates(rng, "")
            )
        }
        _ => pattern(rng),
    }
}

/// What is looked for in the stream whose rows may be late.
fn pattern(rng: &mut Rng) -> String {
    let variables = variables(rng);
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    let mut conditions = Vec::new();
    for name in &names {
        if rng.below(6) > 0 {
            conditions.push(format!("{name} AS {}", defined(rng, name, &names)));
        }
    }
    let conditions = if conditions.is_empty() { vec!["A AS A.v > 1".to_owned()] } else { conditions };
    let of = |rng: &mut Rng, all: &[&str]| {
        rng.pick(all)
            .replace("X.", &format!("{}.", rng.pick(&names)))
            .replace("Y.", &format!("{}.", rng.pick(&names)))
    };
    let number = of(
        rng,
        &[
            "SUM(X.v)",
            "COUNT(X.v)",
            "LAST(X.v, 1)",
            "FIRST(X.v)",
            "MAX(v)",
            "X.v + Y.v",
            "COUNT(k)",
            "AVG(X.v)",
            "v",
            "FIRST(X.v, 1)",
            "SUM(X.v * 2) - Y.v",
        ],
    );
    let double = of(
        rng,
        &[
            "AVG(X.d)",
            "SUM(d)",
            "MIN(X.d)",
            "LAST(d, 2)",
            "X.d - Y.d",
            "AVG(X.v * 0.1e0)",
            "MAX(X.d) + MIN(Y.d)",
            "SUM(X.d / 3)",
        ],
    );
    let time = of(rng, &["MATCH_ROWTIME()", "MATCH_ROWTIME()", "LAST(X.at)"]);
    let (parts, key) = if rng.below(4) == 0 { ("", "FIRST(k) AS k, ") } else { ("PARTITION BY k ", "") };
    let order = rng.pick(&["at", "at", "at, v", "at, d DESC"]);
    // A variable that surely has a row, and is not the first of the match.
    let least = |at: usize| {
        matches!(variables[at].1, "" | "{2}" | "{1,2}" | "{2,}" | "+" | "+?" | "{1,3}?" | "{2,}?")
    };
    let target = (1..names.len()).find(|at| least(*at) && (0..*at).any(least));
    let skip = match (rng.below(5), target) {
        (0, _) => String::new(),
        (1, _) => " AFTER MATCH SKIP TO NEXT ROW".to_owned(),
        (2, Some(at)) => format!(" AFTER MATCH SKIP TO FIRST {}", names[at]),
        (3, Some(at)) => format!(" AFTER MATCH SKIP TO LAST {}", names[at]),
        _ => " AFTER MATCH SKIP PAST LAST ROW".to_owned(),
    };
    let within =
        if rng.below(3) == 0 { format!(" WITHIN {}", seconds(rng, &[2, 5, 12])) } else { String::new() };
    let pattern: Vec<String> =
        variables.iter().map(|(name, quantifier)| format!("{name}{quantifier}")).collect();
    let rows = of_stream(rng, STREAMS[3].0);
    format!(
        "WITH read AS ({rows})\nSELECT k, v, d, t, u FROM read MATCH_RECOGNIZE ({parts}ORDER BY {order}\nMEASURES {key}{number} AS v, {double} AS d, {time} AS t, FIRST(at) AS u{skip}\nPATTERN ({}){within}\nDEFINE {})",
        pattern.join(" "),
        conditions.join(", ")
    )
}
