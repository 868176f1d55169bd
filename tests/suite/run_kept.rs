//! `dpl run` that is killed and started again, that is told to stop, and that waits for more.

use crate::command::Sandbox;
use crate::oracle;
use crate::running::{Chance, Running, figure, modified};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = r#"
organization company {
  id     = "o-company1234"
  region = "eu-central-1"
  account lake { id = "222222222222" }
}
schema Reading { device : string, celsius : double in -90..150, note : string?, at : timestamp(3) }
schema Average { device : string?, mean : double, most : string?, kinds : bigint, n : bigint, window_start : timestamp(3), window_end : timestamp(3) }
stream readings : Reading in lake {
  connector  = kinesis("readings", shards = 2)
  watermark  = at - 2s
  late       = LATE
  on_invalid = divert(rejected)
}
stream late_readings : Reading in lake { connector = kinesis("late") }
stream rejected : Rejected<Reading> in lake { connector = kinesis("rejected") }
stream averages : Average in lake { connector = kinesis("averages") }
query means into averages as
  SELECT device, AVG(celsius) AS mean, MAX(note) AS most, COUNT(DISTINCT note) AS kinds, COUNT(*) AS n, window_start, window_end
  FROM WINDOW
  GROUP BY device, window_start, window_end;
"#;

/// The same over rows and the rows before them, of which some leave.
const OVER: &str = r"query means into averages as
  SELECT device, AVG(celsius) OVER w AS mean, MAX(note) OVER w AS most, COUNT(DISTINCT note) OVER w AS kinds, COUNT(*) OVER w AS n,
         at AS window_start, at AS window_end
  FROM readings
  WINDOW w AS (PARTITION BY device ORDER BY at RANGE BETWEEN INTERVAL '20' SECOND PRECEDING AND CURRENT ROW);
";

/// Rows that follow one another as a pattern says.
const MATCH: &str = r"query means into averages as
  SELECT device, mean, most, kinds, n, began AS window_start, ended AS window_end
  FROM readings MATCH_RECOGNIZE (
    PARTITION BY device ORDER BY at
    MEASURES AVG(b.celsius) AS mean, LAST(b.note) AS most, COUNT(b.note) AS kinds, COUNT(celsius) AS n, FIRST(at) AS began, LAST(at) AS ended
    AFTER MATCH SKIP TO LAST b
    PATTERN (a b{2,5}? c) WITHIN INTERVAL '90' SECOND
    DEFINE b AS b.celsius > a.celsius OR COUNT(b.celsius) < 3, c AS c.celsius > LAST(b.celsius, 1)
  );
";

/// The same over two streams: joined within an interval, beside one of them, in windows.
const OTHERS: &str = r#"
stream others : Reading in lake { connector = kinesis("others"), watermark = at - 3s, late = drop, on_invalid = divert(rejected) }
"#;
const BOTH: &str = "TUMBLE((
    SELECT a.device, a.celsius, b.note, a.at
    FROM readings AS a
    LEFT JOIN others AS b ON a.device = b.device AND b.at BETWEEN a.at - INTERVAL '2' SECOND AND a.at + INTERVAL '1' SECOND
    UNION ALL
    SELECT device, celsius, note, at FROM others
  ), at, INTERVAL '10' SECOND)";
const LOOKUP: &str = "TUMBLE((
    SELECT a.device, COALESCE(b.celsius, a.celsius) AS celsius, b.note, a.at
    FROM readings AS a
    LEFT JOIN others FOR SYSTEM_TIME AS OF a.at AS b ON a.device = b.device
    UNION ALL
    SELECT device, celsius, note, at
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY device, note ORDER BY at) AS place FROM others)
    WHERE place = 1
  ), at, INTERVAL '10' SECOND)";
const WINDOWS: &str = "(
    SELECT a.device, COALESCE(b.celsius, a.celsius) AS celsius, a.note, a.window_start, a.window_end
    FROM HOP(readings, at, INTERVAL '5' SECOND, INTERVAL '10' SECOND) AS a
    LEFT JOIN HOP(others, at, INTERVAL '5' SECOND, INTERVAL '10' SECOND) AS b
      ON a.device = b.device AND a.window_start = b.window_start AND a.window_end = b.window_end
  )";

fn program(window: &str) -> String {
    let late = if !diverts(window) { "drop" } else { "divert(late_readings)" };
    let others = if window.contains("others") { OTHERS } else { "" };
    let text = PROGRAM.replace("LATE", late);
    match window {
        "OVER" => format!("{}{OVER}", text.split("query means").next().unwrap()),
        "MATCH" => format!("{}{MATCH}", text.split("query means").next().unwrap()),
        _ => text.replace("WINDOW", window) + others,
    }
}

/// Whether late rows can be told.
fn diverts(window: &str) -> bool {
    !window.starts_with("SESSION") && !window.contains("others") && window != "OVER"
}

/// Rows of some devices, in about the order of their times; some late, some broken.
fn rows(seed: u64, count: u64) -> String {
    let mut chance = Chance(seed);
    let mut text = String::new();
    for row in 0..count {
        let behind = if chance.below(60) == 0 { 90_000 } else { chance.below(3000) };
        let millis = (row * 40 + 100_000).saturating_sub(behind);
        let (minute, rest) = (millis / 60_000, millis % 60_000);
        let time = format!("{:02}:{:02}:{:02}.{:03}", minute / 60, minute % 60, rest / 1000, rest % 1000);
        let celsius = if chance.below(400) == 0 { 999.0 } else { chance.below(4000) as f64 / 37.0 };
        let note =
            ["null", "\"a\"", "\"longer than what is kept inline\"", "\"é\""][chance.below(4) as usize];
        let device = chance.below(90);
        writeln!(
            text,
            "{{\"device\":\"device-{device}\",\"celsius\":{celsius:?},\"note\":{note},\"at\":\"2026-01-01T{time}\"}}"
        )
        .unwrap();
    }
    text
}

/// The arguments of a run whose outputs have names that begin with `out`.
fn arguments(second: &str, out: &str, ending: &str, diverts: bool, more: &[&str]) -> Vec<String> {
    let mut words: Vec<String> =
        ["run", "means", "p", "--from", "readings=one.jsonl", "--from", second].map(String::from).to_vec();
    let streams = ["averages", "rejected", "late_readings"];
    for stream in streams.iter().take(if diverts { 3 } else { 2 }) {
        words.extend(["--to".to_owned(), format!("{stream}={out}-{stream}{ending}")]);
    }
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words
}

/// Kills a run at some moment after its next checkpoint; whether it had come to its end before.
fn kill_soon(mut run: Child, checkpoint: &Path, chance: &mut Chance) -> bool {
    let (before, began) = (modified(checkpoint), Instant::now());
    while modified(checkpoint) == before && began.elapsed() < Duration::from_secs(20) {
        if let Some(status) = run.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(chance.below(30_000)));
    run.kill().unwrap();
    run.wait().unwrap().success()
}

/// Killed again and again, a run writes what it writes undisturbed.
fn is_the_same_when_killed(window: &str, ending: &str, seed: u64) {
    let sandbox = Sandbox::new();
    let diverts = diverts(window);
    let second = if window.contains("others") { "others=two.jsonl" } else { "readings=two.jsonl" };
    sandbox.write("p/a.dpl", program(window));
    sandbox.write("one.jsonl", rows(seed, 25_000)).write("two.jsonl", rows(seed + 1, 20_000));
    let words = arguments(second, "whole", ending, diverts, &[]);
    let whole = sandbox.dpl(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let counted = whole.fine().err.clone();
    let kept = ["--checkpoint", "kept", "--checkpoint-interval", "1ms"];
    let words = arguments(second, "killed", ending, diverts, &kept);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (checkpoint, mut chance, mut kills) = (sandbox.path("kept/checkpoint"), Chance(seed), 0);
    while kills < 8 {
        let run = sandbox.command(&words).stderr(Stdio::null()).spawn().unwrap();
        if kill_soon(run, &checkpoint, &mut chance) {
            break;
        }
        kills += 1;
    }
    assert!(kills > 2, "{kills} kills of {window}");
    let said = sandbox.dpl(&words);
    said.fine();
    if !said.err.contains("nothing to do") {
        let of = |text: &str| -> Vec<String> {
            text.lines()
                .filter(|line| !line.starts_with("rows/s") && !line.starts_with("most"))
                // How far numbers are set in depends on the widest, which may be one of those left out.
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect()
        };
        assert_eq!(of(&said.err), of(&counted));
    }
    for stream in ["averages", "rejected", "late_readings"].iter().take(if diverts { 3 } else { 2 }) {
        let read = |out: &str| unpacked(&sandbox.path(&format!("{out}-{stream}{ending}")));
        let (whole, killed) = (read("whole"), read("killed"));
        assert!(whole.len() > 1000, "{stream} has {} bytes", whole.len());
        assert!(whole == killed, "{stream} of {window} differs after {kills} kills of seed {seed}");
    }
    // Started once more, it has nothing to do.
    sandbox.dpl(&words).fine();
    assert_eq!(
        unpacked(&sandbox.path(&format!("killed-averages{ending}"))),
        unpacked(&sandbox.path(&format!("whole-averages{ending}")))
    );
}

/// A file, decompressed by a program that we did not write where its name says so.
fn unpacked(file: &Path) -> Vec<u8> {
    if file.extension().is_some_and(|ending| ending == "gz") {
        let done = Command::new("gzip").arg("-dc").arg(file).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        return done.stdout;
    }
    fs::read(file).unwrap()
}

#[test]
fn a_killed_run_of_tumbling_windows_goes_on() {
    is_the_same_when_killed("TUMBLE(readings, at, INTERVAL '10' SECOND)", ".jsonl", 1);
}

#[test]
fn a_killed_run_of_hopping_windows_goes_on() {
    is_the_same_when_killed("HOP(readings, at, INTERVAL '5' SECOND, INTERVAL '20' SECOND)", ".jsonl.gz", 2);
}

#[test]
fn a_killed_run_of_growing_windows_goes_on() {
    is_the_same_when_killed("CUMULATE(readings, at, INTERVAL '5' SECOND, INTERVAL '20' SECOND)", ".csv", 3);
}

#[test]
fn a_killed_run_of_sessions_goes_on() {
    is_the_same_when_killed("SESSION(readings PARTITION BY device, at, INTERVAL '4' SECOND)", ".jsonl", 4);
}

#[test]
fn a_killed_run_of_rows_and_those_before_them_goes_on() {
    is_the_same_when_killed("OVER", ".jsonl", 5);
}

#[test]
fn a_killed_run_of_two_streams_goes_on() {
    is_the_same_when_killed(BOTH, ".jsonl", 5);
}

#[test]
fn a_killed_run_of_patterns_goes_on() {
    is_the_same_when_killed("MATCH", ".jsonl", 7);
}

#[test]
fn a_killed_run_of_lookups_and_first_rows_goes_on() {
    is_the_same_when_killed(LOOKUP, ".jsonl", 8);
}

#[test]
fn a_killed_run_of_joined_windows_goes_on() {
    is_the_same_when_killed(WINDOWS, ".jsonl", 6);
}

/// A run that is followed.
struct Live(Running);

impl Live {
    fn start(sandbox: &Sandbox, more: &[&str]) -> Live {
        let mut words =
            vec!["run", "means", "p", "--from", "readings=log.jsonl", "--to", "averages=out.jsonl"];
        words.extend(["--follow", "--metrics", ":0", "--checkpoint-interval", "20ms"]);
        words.extend(more);
        let run = Running::start(&mut sandbox.command(&words));
        assert_eq!(run.before, "", "the address comes first");
        Live(run)
    }

    fn metrics(&self) -> String {
        self.0.metrics()
    }

    /// Waits until so many rows were read.
    #[track_caller]
    fn has_read(&self, rows: usize) {
        let wanted = format!("dpl_rows_in_total{{query=\"means\",stream=\"readings\"}} {rows}\n");
        let began = Instant::now();
        while !self.metrics().contains(&wanted) {
            assert!(began.elapsed() < Duration::from_secs(30), "not {rows} rows: {}", self.metrics());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it with a signal; its exit code and what it said.
    fn stop(self, signal: &str) -> (Option<i32>, String) {
        self.0.stop(signal)
    }
}

fn append(sandbox: &Sandbox, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(sandbox.path("log.jsonl")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_growing_file_is_followed_where_it_goes() {
    let sandbox = Sandbox::new();
    let text = rows(7, 3000);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let part = |from: usize, to: usize| lines[from..to].concat();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("all.jsonl", &text);
    let (head, tail) = lines[500].split_at(30);
    sandbox.write("log.jsonl", format!("{}{head}", part(0, 500)));
    let live = Live::start(&sandbox, &["--checkpoint", "kept"]);
    live.has_read(500);
    append(&sandbox, &format!("{tail}{}", part(501, 900)));
    live.has_read(900);
    // Another file takes its name, and its last rows are written after that.
    fs::rename(sandbox.path("log.jsonl"), sandbox.path("log.1")).unwrap();
    let mut old = fs::OpenOptions::new().append(true).open(sandbox.path("log.1")).unwrap();
    old.write_all(part(900, 1000).as_bytes()).unwrap();
    sandbox.write("log.jsonl", part(1000, 1500));
    live.has_read(1500);
    // It is cut.
    fs::OpenOptions::new().write(true).open(sandbox.path("log.jsonl")).unwrap().set_len(0).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    append(&sandbox, &part(1500, 1600));
    live.has_read(1600);
    let (code, said) = live.stop("-TERM");
    assert_eq!(code, Some(143), "{said}");
    assert!(said.contains("the same command goes on from `kept`"), "{said}");
    // It goes on while nobody reads.
    append(&sandbox, &part(1600, 2000));
    fs::rename(sandbox.path("log.jsonl"), sandbox.path("log.2")).unwrap();
    sandbox.write("log.jsonl", part(2000, 3000));
    let live = Live::start(&sandbox, &["--checkpoint", "kept"]);
    live.has_read(3000);
    let metrics = live.metrics();
    sandbox.write("metrics.txt", &metrics);
    let (code, said) = live.stop("-INT");
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(figure(&said, "rows in"), "3,000", "{said}");
    sandbox
        .dpl(&["run", "means", "p", "--from", "readings=all.jsonl", "--to", "averages=whole.jsonl"])
        .fine();
    let (followed, whole) = (sandbox.read("out.jsonl"), sandbox.read("whole.jsonl"));
    // The last windows are still open in one.
    assert!(followed.len() > 1000 && whole.starts_with(&followed));
    oracle::judge("check_metrics.py", &["metrics"], &[sandbox.path("metrics.txt")]);
}

#[test]
fn a_run_without_checkpoints_stops_well() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("log.jsonl", rows(8, 1000));
    let live = Live::start(&sandbox, &[]);
    live.has_read(1000);
    let (code, said) = live.stop("-TERM");
    assert_eq!(code, Some(143));
    assert!(said.contains("what they held is lost"), "{said}");
    assert!(sandbox.read("out.jsonl").lines().count() > 100);
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("log.jsonl", rows(9, 500)).write("other.jsonl", rows(10, 500));
    let words = ["run", "means", "p", "--to", "averages=out.jsonl", "--checkpoint", "kept", "--from"];
    let run = |more: &[&str]| sandbox.dpl(&[&words, more].concat());
    run(&["readings=-"]).refused(2, &["standard input can't be read again", "--from readings=FILE"]);
    let printed = ["run", "means", "p", "--checkpoint", "kept", "--from", "readings=log.jsonl"];
    sandbox.dpl(&printed).refused(2, &["can't be taken back", "--to averages=FILE"]);
    let live = Live::start(&sandbox, &["--checkpoint", "kept"]);
    live.has_read(500);
    sandbox
        .dpl(&[
            "run",
            "means",
            "p",
            "--from",
            "readings=log.jsonl",
            "--to",
            "averages=out.jsonl",
            "--checkpoint",
            "kept",
        ])
        .refused(2, &["another run uses `kept`"]);
    live.stop("-TERM");
    run(&["readings=other.jsonl"]).refused(2, &["keeps a run that reads `log.jsonl`", "remove `kept`"]);
    run(&["readings=log.jsonl", "--to", "rejected=r.jsonl"])
        .refused(2, &["keeps a run that writes `out.jsonl`"]);
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '11' SECOND)"));
    run(&["readings=log.jsonl"]).refused(2, &["keeps a run of another query", "remove `kept`"]);
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    let (log, out) = (sandbox.read("log.jsonl"), sandbox.read("out.jsonl"));
    sandbox.write("log.jsonl", log.replacen("device", "bevice", 1));
    run(&["readings=log.jsonl"]).refused(2, &["`log.jsonl` is not the file any more"]);
    sandbox.write("log.jsonl", &log).write("out.jsonl", &out[..10]);
    run(&["readings=log.jsonl"]).refused(2, &["`out.jsonl` is shorter than it was"]);
    sandbox.write("out.jsonl", &out);
    let kept = fs::read(sandbox.path("kept/checkpoint")).unwrap();
    for (at, word) in [(kept.len() - 3, "it is damaged"), (3, "it is no checkpoint"), (15, "has version")] {
        let mut broken = kept.clone();
        broken[at] ^= 0x55;
        sandbox.write("kept/checkpoint", broken);
        run(&["readings=log.jsonl"]).refused(2, &["can't go on from `kept/checkpoint`", word]);
    }
    sandbox.write("kept/checkpoint", kept);
    run(&["readings=log.jsonl"]).fine();
}

#[test]
fn what_is_compressed_is_read_and_written() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("log.jsonl", rows(11, 3000));
    let run = |from: &str, to: &str| {
        let (from, to) = (format!("readings={from}"), format!("averages={to}"));
        sandbox.dpl(&["run", "means", "p", "--from", &from, "--to", &to])
    };
    run("log.jsonl", "plain.jsonl").fine();
    assert!(Command::new("gzip").arg("-k").arg(sandbox.path("log.jsonl")).status().unwrap().success());
    // Two members, one after the other, as `cat a.gz b.gz` makes them.
    let member = fs::read(sandbox.path("log.jsonl.gz")).unwrap();
    sandbox.write("twice.jsonl", format!("{0}{0}", sandbox.read("log.jsonl")));
    sandbox.write("twice.bin", [member.clone(), member].concat());
    run("log.jsonl.gz", "again.jsonl.zst").fine();
    run("twice.jsonl", "twice-plain.jsonl").fine();
    run("twice.bin", "twice-packed.jsonl.gz").fine();
    let packed = fs::read(sandbox.path("again.jsonl.zst")).unwrap();
    assert_eq!(
        zstd::stream::decode_all(packed.as_slice()).unwrap(),
        sandbox.read("plain.jsonl").into_bytes()
    );
    assert_eq!(
        unpacked(&sandbox.path("twice-packed.jsonl.gz")),
        sandbox.read("twice-plain.jsonl").into_bytes()
    );
    sandbox.write("log.jsonl.bz2", b"BZh91AY&SY");
    run("log.jsonl.bz2", "x.jsonl").refused(2, &["compressed with bzip2", "gzip and Zstandard"]);
    assert!(!sandbox.path("x.jsonl").exists());
}

#[test]
fn results_are_whole_or_not_there() {
    let sandbox = Sandbox::new();
    let text = program("TUMBLE(readings, at, INTERVAL '10' SECOND)");
    sandbox.write("p/a.dpl", text.replace("divert(rejected)", "fail")).write("out.jsonl", "before\n");
    sandbox.write("log.jsonl", rows(12, 3000));
    sandbox
        .dpl(&["run", "means", "p", "--from", "readings=log.jsonl", "--to", "averages=out.jsonl"])
        .refused(1, &["celsius 999.0 is outside"]);
    assert_eq!(sandbox.read("out.jsonl"), "before\n");
    let left = fs::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
}

#[test]
fn csv_results_read_back_as_the_same_rows() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("log.jsonl", rows(13, 3000));
    let run = |from: &str, to: &[&str]| {
        sandbox.dpl(&[&["run", "means", "p", "--from", from], to].concat()).fine().out.clone()
    };
    run("readings=log.jsonl", &["--to", "late_readings=late.csv", "--to", "averages=a.jsonl"]);
    run("readings=log.jsonl", &["--to", "late_readings=late.jsonl", "--to", "averages=a.csv"]);
    assert_eq!(run("readings=late.csv", &[]), run("readings=late.jsonl", &[]));
    assert_eq!(sandbox.read("a.csv").lines().count(), sandbox.read("a.jsonl").lines().count() + 1);
    assert!(sandbox.read("a.csv").starts_with("device,mean,most,kinds,n,window_start,window_end\n"));
}

/// Parquet that Apache Arrow has written, and that it reads.
#[test]
#[cfg(feature = "parquet")]
fn parquet_is_read_and_written_as_arrow_does_it() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    sandbox.write("log.jsonl", rows(15, 20_000));
    let path = |name: &str| sandbox.path(name).display().to_string();
    let words = ["write".to_owned(), path("log.jsonl"), path("log.parquet"), "at".to_owned()];
    let Some(done) = oracle::run("parquet_rows.py", &["parquet"], &words) else { return };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let run = |from: &str, ending: &str, more: &[&str]| {
        let outputs =
            ["averages", "late_readings", "rejected"].map(|stream| format!("{stream}={stream}{ending}"));
        let mut words = vec!["run", "means", "p", "--from", from];
        outputs.iter().for_each(|output| words.extend(["--to", output.as_str()]));
        words.extend(more);
        sandbox.dpl(&words)
    };
    run("readings=log.jsonl", "-1.jsonl", &[]).fine();
    run("readings=log.parquet", "-2.jsonl", &[]).fine();
    run("readings=log.parquet", "-3.parquet", &[]).fine();
    assert!(sandbox.read("averages-1.jsonl") == sandbox.read("averages-2.jsonl"));
    assert!(sandbox.read("late_readings-1.jsonl") == sandbox.read("late_readings-2.jsonl"));
    let reasons = |name: &str| -> Vec<serde_json::Value> {
        let of = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["reason"].clone();
        sandbox.read(name).lines().map(of).collect()
    };
    assert_eq!(reasons("rejected-1.jsonl"), reasons("rejected-2.jsonl"));
    for stream in ["averages", "late_readings", "rejected"] {
        let file = path(&format!("{stream}-3.parquet"));
        let done = oracle::run("parquet_rows.py", &["parquet"], &["read".to_owned(), file]).unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let of = |text: &str| -> Vec<serde_json::Value> {
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let (read, written) =
            (of(&String::from_utf8(done.stdout).unwrap()), of(&sandbox.read(&format!("{stream}-2.jsonl"))));
        assert!(!read.is_empty() && read == written, "{stream}");
    }
    // A run over Parquet is killed and goes on like any other.
    let kept = ["--checkpoint", "kept", "--checkpoint-interval", "1ms"];
    let mut words =
        vec!["run", "means", "p", "--from", "readings=log.parquet", "--to", "averages=averages-4.jsonl"];
    words.extend(kept);
    let (checkpoint, mut chance) = (sandbox.path("kept/checkpoint"), Chance(15));
    for _ in 0..3 {
        let run = sandbox.command(&words).stderr(Stdio::null()).spawn().unwrap();
        if kill_soon(run, &checkpoint, &mut chance) {
            break;
        }
    }
    sandbox.dpl(&words).fine();
    assert!(sandbox.read("averages-4.jsonl") == sandbox.read("averages-1.jsonl"));
    run("readings=log.parquet", "-5.parquet", &kept)
        .refused(2, &["Parquet is readable only when it is whole"]);
    run("readings=log.parquet", "-5.jsonl", &["--follow"]).refused(2, &["can't be followed"]);
    sandbox.write(
        "p/a.dpl",
        program("TUMBLE(readings, at, INTERVAL '10' SECOND)").replace("device : string", "device : int"),
    );
    run("readings=log.parquet", "-6.jsonl", &[]).refused(2, &["column `device` is BYTE_ARRAY", "not a int"]);
}

/// Columns that nobody asks for are read only where a value that is missing there makes a row invalid.
#[test]
#[cfg(feature = "parquet")]
fn parquet_is_checked_where_it_is_not_read() {
    let sandbox = Sandbox::new();
    let program = program("TUMBLE(readings, at, INTERVAL '10' SECOND)")
        .replace("divert(late_readings)", "drop")
        .replace("divert(rejected)", "drop")
        .replace("note : string?, at", "note : string?, spare : double, whole : bigint, at");
    sandbox.write("p/a.dpl", program);
    let mut lines = String::new();
    for (row, line) in rows(16, 8000).lines().enumerate() {
        let spare = if (2000..2300).contains(&row) && row % 7 == 0 { "null" } else { "0.5" };
        lines += &line.replace("\"at\"", &format!("\"spare\":{spare},\"whole\":{row},\"at\""));
        lines.push('\n');
    }
    sandbox.write("log.jsonl", lines);
    let path = |name: &str| sandbox.path(name).display().to_string();
    let words = ["write".to_owned(), path("log.jsonl"), path("log.parquet"), "at".to_owned()];
    let Some(done) = oracle::run("parquet_rows.py", &["parquet"], &words) else { return };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let run = |from: &str, to: &str| {
        let words =
            ["run", "means", "p", "--from", &format!("readings={from}"), "--to", &format!("averages={to}")];
        let said = sandbox.dpl(&words).fine().err.clone();
        (sandbox.read(to), figure(&said, "rejected").to_owned())
    };
    let (rows, rejected) = run("log.jsonl", "a.jsonl");
    let broken = sandbox.read("log.jsonl").lines().filter(|line| line.contains("999.0")).count();
    assert!(
        rejected.parse::<usize>().unwrap() > broken + 30,
        "{rejected}, {broken} of them for their celsius"
    );
    assert!(run("log.parquet", "b.jsonl") == (rows, rejected));
}

/// What is held depends on the keys and windows that are open, and not on how much was read.
#[test]
fn state_does_not_grow_with_the_input() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program("TUMBLE(readings, at, INTERVAL '10' SECOND)"));
    let held = |count: u64| {
        sandbox.write("log.jsonl", rows(14, count));
        let said =
            sandbox.dpl(&["run", "means", "p", "--from", "readings=log.jsonl", "--to", "averages=a.jsonl"]);
        let line = said.fine().err.lines().find(|line| line.starts_with("most state")).unwrap().to_owned();
        line.split_whitespace().nth(2).unwrap().parse::<u64>().unwrap()
    };
    let (short, long) = (held(4000), held(40_000));
    assert!(long <= short + short / 2, "{short} KiB of 4,000 rows, {long} KiB of 40,000");
    let words = ["run", "means", "p", "--from", "readings=log.jsonl", "--max-state"];
    sandbox.dpl(&[&words[..], &["4KiB"]].concat()).refused(2, &["more than `--max-state` allows"]);
    sandbox.dpl(&[&words[..], &["64MiB"]].concat()).fine();
    sandbox.dpl(&[&words[..], &["lots"]].concat()).refused(2, &["expected a size like"]);
}
