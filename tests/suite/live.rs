//! `dpl run` over live streams: servers that we did not write, on this machine.
#![cfg(all(feature = "kinesis", feature = "kafka"))]

mod kafka;
mod kafka_secure;
mod kinesis;

use crate::command::Sandbox;
use crate::oracle;
use crate::running::{Chance, Running, modified};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Results and what is rejected, in files.
const TO_FILES: [&str; 4] = ["--to", "averages=out.jsonl", "--to", "rejected=rejected.jsonl"];

/// What every test of this file waits for at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that a script runs, and that does what it is told.
struct Server {
    run: Child,
    tell: ChildStdin,
    answers: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts it; nothing where what it needs can't be had.
    fn start(script: &str, parts: &[&str]) -> Option<Server> {
        // Asked for what it needs, and no more.
        oracle::provided(script, parts)?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(script);
        let mut run = Command::new("python3");
        let mut run = run.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, answers) = (run.stdin.take().unwrap(), BufReader::new(run.stdout.take().unwrap()));
        let mut server = Server { run, tell, answers, address: String::new() };
        server.address = server.heard()["address"].as_str().unwrap().to_owned();
        Some(server)
    }

    fn heard(&mut self) -> Json {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line}"))
    }

    #[track_caller]
    fn ask(&mut self, what: &Json) -> Json {
        writeln!(self.tell, "{what}").unwrap();
        let answer = self.heard();
        assert!(answer.get("error").is_none(), "{what} is answered with {answer}");
        answer
    }

    /// Puts lines into a stream, parted by so many keys.
    #[track_caller]
    fn put(&mut self, stream: &str, lines: &[&str], keys: usize) {
        self.ask(&json!({ "put": stream, "rows": lines, "keys": keys }));
    }

    /// What is in a stream.
    #[track_caller]
    fn read(&mut self, stream: &str) -> Vec<String> {
        let answer = self.ask(&json!({ "read": stream }));
        let rows = answer["rows"].as_array().unwrap().iter();
        rows.map(|row| row.as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run.kill();
        let _ = self.run.wait();
    }
}

/// A run that does not end by itself.
struct Live(Running);

impl Live {
    fn start(sandbox: &Sandbox, arguments: &[String], environment: &[(&str, &str)]) -> Live {
        let words = [texts(arguments), vec!["--metrics", ":0"]].concat();
        Live(Running::start(sandbox.command(&words).envs(environment.iter().copied())))
    }

    fn metrics(&self) -> String {
        self.0.metrics()
    }

    /// The sum of a metric's values.
    fn metric(&self, name: &str) -> f64 {
        let text = self.metrics();
        let values = text.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        values.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
    }

    /// Waits until so many rows were read.
    #[track_caller]
    fn has_read(&self, rows: usize) {
        self.has("dpl_rows_in_total", rows as f64);
    }

    /// Waits until a metric has come that far.
    #[track_caller]
    fn has(&self, name: &str, wanted: f64) {
        let began = Instant::now();
        while self.metric(name) < wanted {
            assert!(began.elapsed() < PATIENCE, "{name} is not {wanted}: {}", self.metrics());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(self.metric(name) <= wanted, "{name} is {}, not {wanted}", self.metric(name));
    }

    /// Tells it to stop; what it said.
    #[track_caller]
    fn stop(self) -> String {
        let (code, text) = self.0.stop("-TERM");
        assert_eq!(code, Some(143), "{text}");
        text
    }
}

/// The program that all tests run, its streams with a connector each.
fn program(connector: impl Fn(&str) -> String) -> String {
    let streams = ["late_readings", "rejected", "averages"];
    let [late, rejected, averages] = streams.map(&connector);
    format!(
        r#"
organization company {{
  id     = "o-company1234"
  region = "us-east-1"
  account lake {{ id = "123456789012" }}
}}
schema Reading {{ device : string, celsius : double in -90..150, at : timestamp(3) }}
schema Average {{ device : string, mean : double, n : bigint, window_start : timestamp(3), window_end : timestamp(3) }}
stream readings : Reading in lake {{
  connector  = {}
  watermark  = at - 2s
  late       = divert(late_readings)
  on_invalid = divert(rejected)
}}
stream late_readings : Reading in lake {{ connector = {late} }}
stream rejected : Rejected<Reading> in lake {{ connector = {rejected} }}
stream averages : Average in lake {{ connector = {averages} }}
query means into averages as
  SELECT device, AVG(celsius) AS mean, COUNT(*) AS n, window_start, window_end
  FROM TUMBLE(readings, at, INTERVAL '10' SECOND)
  GROUP BY device, window_start, window_end;
"#,
        connector("readings")
    )
}

/// Rows of some devices in about the order of their times, none of them late however partitions are read; some broken. Their values are quarters,
/// whose sums are the same in every order.
fn rows(first: usize, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for row in first..first + count {
        let millis = row * 40 + (row * 7919) % 1000;
        let (second, milli) = (millis / 1000, millis % 1000);
        let celsius = if row % 97 == 5 { 999.0 } else { ((row * 104_729) % 400) as f64 / 4.0 };
        let mut line = String::new();
        write!(
            line,
            "{{\"device\":\"device-{}\",\"celsius\":{celsius:?},\"at\":\"2026-01-01T{:02}:{:02}:{:02}.{milli:03}\"}}",
            row * 31 % 23,
            second / 3600,
            second / 60 % 60,
            second % 60
        )
        .unwrap();
        lines.push(line);
    }
    lines
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// That two sorted lists of lines are the same; where they are not, only what is in one of them.
#[track_caller]
fn same(left: &[&str], right: &[&str]) {
    let only = |these: &[&str], others: &[&str]| -> Vec<String> {
        these
            .iter()
            .filter(|line| others.binary_search(line).is_err())
            .map(|line| (*line).to_owned())
            .collect()
    };
    let (more, less) = (only(left, right), only(right, left));
    let shown = |lines: &[String]| lines.iter().take(4).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        left == right,
        "{} and {} lines; {} too many:\n{}\n{} missing:\n{}",
        left.len(),
        right.len(),
        more.len(),
        shown(&more),
        less.len(),
        shown(&less)
    );
}

/// What a run over the same rows in a file writes: the results without those of windows that a run without an end has not fired, and what is
/// rejected.
fn of_a_file(sandbox: &Sandbox, lines: &[String]) -> (String, String) {
    sandbox.write("all.jsonl", lines.join("\n") + "\n");
    let outputs = ["averages=whole.jsonl", "--to", "rejected=whole-rejected.jsonl"];
    let words = [&["run", "means", "p", "--from", "readings=all.jsonl", "--to"], &outputs[..]].concat();
    sandbox.dpl(&words).fine();
    (sandbox.read("whole.jsonl"), sandbox.read("whole-rejected.jsonl"))
}

/// The results of windows that had fired: those whose end is no later than that of the last one that a run wrote.
fn fired<'a>(whole: &'a str, written: &str) -> Vec<&'a str> {
    let end =
        |line: &str| serde_json::from_str::<Json>(line).unwrap()["window_end"].as_str().unwrap().to_owned();
    let last = written.lines().map(end).max().unwrap_or_default();
    let mut lines: Vec<&str> = whole.lines().filter(|line| end(line) <= last).collect();
    lines.sort_unstable();
    lines
}

/// That a run has written what one over the same rows in a file writes, as far as its windows have fired.
#[track_caller]
fn has_written(sandbox: &Sandbox, lines: &[String]) {
    let (whole, rejected) = of_a_file(sandbox, lines);
    let written = sandbox.read("out.jsonl");
    assert!(written.lines().count() > 300, "{written}");
    same(&sorted(&written), &fired(&whole, &written));
    same(&sorted(&sandbox.read("rejected.jsonl")), &sorted(&rejected));
}

/// Kills a run a moment after one of its next checkpoints.
#[track_caller]
fn kill_soon(mut run: Child, checkpoint: &Path, chance: &mut Chance) {
    for _ in 0..=chance.below(3) {
        some_moment(checkpoint, chance);
    }
    assert!(run.try_wait().unwrap().is_none(), "the run has ended by itself");
    run.kill().unwrap();
    run.wait().unwrap();
}

/// Waits until a file has changed, and then a moment of chance; whether it did.
fn some_moment(checkpoint: &Path, chance: &mut Chance) -> bool {
    let (before, began) = (modified(checkpoint), Instant::now());
    while modified(checkpoint) == before {
        if began.elapsed() > Duration::from_secs(2) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(chance.below(40_000)));
    true
}
