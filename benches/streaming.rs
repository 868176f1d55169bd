//! What a row costs on its way through a query: `dpl run` and the generated crate, in ratios to a program written by hand for this one
//! question, all in one run and on the same rows.
//!
//! `cargo bench --bench streaming [-- ROWS]` writes rows to a temporary folder, builds the crate with the release profile, and prints for each
//! the processor time of the whole process, rows per second of it, peak memory, and the rate in proportion to the hand-written program's.
//! Where Python has DuckDB, it answers the same question (without event time: it drops no late row), also from CSV and Parquet.
//!
//! The targets: half of the hand-written program's rate for `dpl run`, four fifths for the crate.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that can't be made stops"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = r#"
account prod { id = "666666666666", region = "us-east-1" }
schema Reading { device_id: string, temperature: double, humidity: double, timestamp: timestamp(3) }
schema Average { device_id: string, avg_temp: double, cnt: bigint, window_start: timestamp(3), window_end: timestamp(3) }
stream readings : Reading in prod { connector = kinesis("readings"), format = json, watermark = timestamp - 3s, late = drop }
stream averages : Average in prod { connector = kinesis("averages"), format = json }
query minutes into averages as
  SELECT device_id, AVG(temperature) AS avg_temp, COUNT(*) AS cnt, window_start, window_end
  FROM TUMBLE(readings, timestamp, INTERVAL '1' MINUTE)
  GROUP BY device_id, window_start, window_end
  HAVING AVG(temperature) > 50 OR AVG(temperature) < 10;
"#;

/// Answers the question from a file, in a form that DuckDB knows by its name.
const DUCKDB: &str = "
import duckdb, sys
duckdb.sql('set threads = 1')
columns = \"{'device_id':'VARCHAR','temperature':'DOUBLE','humidity':'DOUBLE','timestamp':'TIMESTAMP'}\"
file = sys.argv[1]
rows = {
    'jsonl': f\"read_json('{file}', format='newline_delimited', columns={columns})\",
    'csv': f\"read_csv('{file}', columns={columns}, header=true)\",
    'parquet': f\"'{file}'\",
}[file.rsplit('.', 1)[1]]
duckdb.sql(f\"copy (select device_id, avg(temperature) a, count(*) c, time_bucket(interval 1 minute, timestamp) w from {rows} group by 1, 4 having a > 50 or a < 10) to '{sys.argv[2]}'\")
";

/// Writes rows of JSON as CSV and as Parquet.
const CONVERT: &str = "
import duckdb, sys
rows = f\"read_json('{sys.argv[1]}', format='newline_delimited', columns={{'device_id':'VARCHAR','temperature':'DOUBLE','humidity':'DOUBLE','timestamp':'TIMESTAMP'}})\"
duckdb.sql(f\"copy (select device_id, temperature, humidity, strftime(timestamp, '%Y-%m-%dT%H:%M:%S.%g') as timestamp from {rows}) to '{sys.argv[2]}' (header)\")
duckdb.sql(f\"copy (select * from {rows}) to '{sys.argv[3]}' (format parquet, compression zstd)\")
";

struct Cost {
    seconds: f64,
    peak_mib: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [mode, from, to] = arguments.as_slice()
        && mode == "--by-hand"
    {
        return by_hand(Path::new(from), Path::new(to));
    }
    let rows = arguments.first().and_then(|rows| rows.parse().ok()).unwrap_or(5_000_000_u64);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    generate(&at("rows.jsonl"), rows);
    fs::create_dir(at("program")).unwrap();
    fs::write(at("program/a.dpl"), PROGRAM).unwrap();
    let crate_program = build_crate(folder.path());

    let dpl = env!("CARGO_BIN_EXE_dpl").to_string();
    let text = |path: PathBuf| path.to_str().unwrap().to_string();
    let bind = |from: &str, to: &str| {
        let (from, to) = (text(at(from)), text(at(to)));
        vec!["--from".into(), format!("readings={from}"), "--to".into(), format!("averages={to}")]
    };
    let hand: Vec<String> = vec![
        text(std::env::current_exe().unwrap()),
        "--by-hand".into(),
        text(at("rows.jsonl")),
        text(at("hand.jsonl")),
    ];
    let python = |script: &str, files: &[&str]| {
        let words = ["python3", "-c", script].map(String::from).into_iter();
        words.chain(files.iter().map(|file| text(at(file)))).collect::<Vec<_>>()
    };
    let run = [dpl, "run".into(), "minutes".into(), text(at("program"))];
    let made = [vec![text(crate_program)], bind("rows.jsonl", "crate.jsonl")].concat();
    let mut commands = vec![("by hand".to_owned(), hand), ("crate".to_owned(), made)];
    let converted = measure(&python(CONVERT, &["rows.jsonl", "rows.csv", "rows.parquet"])).is_some();
    if !converted {
        eprintln!("SKIPPED: only JSON, and no DuckDB: `python3 -c 'import duckdb'` fails");
    }
    for format in if converted { &["jsonl", "csv", "parquet"][..] } else { &["jsonl"] } {
        let (from, to) = (format!("rows.{format}"), format!("run-{format}.jsonl"));
        commands.push((format!("dpl run {format}"), [run.to_vec(), bind(&from, &to)].concat()));
        if converted {
            commands.push((format!("DuckDB {format}"), python(DUCKDB, &[&from, "duckdb.csv"])));
        }
    }
    let mut costs: BTreeMap<&str, Vec<Cost>> = BTreeMap::new();
    for _ in 0..3 {
        for (name, command) in &commands {
            costs.entry(name).or_default().push(measure(command).unwrap_or_else(|| panic!("{name} failed")));
        }
    }
    let results = fs::read(at("run-jsonl.jsonl")).unwrap();
    assert!(
        sorted(&at("hand.jsonl")) == sorted(&at("run-jsonl.jsonl")),
        "the results differ from those by hand"
    );
    for other in
        ["crate.jsonl", "run-csv.jsonl", "run-parquet.jsonl"].into_iter().take(if converted { 3 } else { 1 })
    {
        assert!(
            fs::read(at(other)).unwrap() == results,
            "{other} differs from what `dpl run` wrote from JSON"
        );
    }
    let best = |costs: &[Cost]| costs.iter().map(|cost| cost.seconds).fold(f64::INFINITY, f64::min);
    let reference = best(&costs["by hand"]);
    println!("{:>16} {:>9} {:>13} {:>9} {:>8}", "", "seconds", "M rows/s", "peak MiB", "rate");
    for (name, _) in &commands {
        let runs = &costs[name.as_str()];
        let (seconds, peak) = (best(runs), runs.iter().map(|cost| cost.peak_mib).fold(0.0, f64::max));
        let rate = rows as f64 / 1e6 / seconds;
        println!("{name:>16} {seconds:>9.2} {rate:>13.1} {peak:>9.1} {:>8.2}", reference / seconds);
    }
}

/// Builds the query's crate where builds of it are kept.
fn build_crate(folder: &Path) -> PathBuf {
    let out = folder.join("out");
    let built = Command::new(env!("CARGO_BIN_EXE_dpl"))
        .arg("build")
        .arg(folder.join("program"))
        .args(["--target", "native", "-o"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked"])
        .current_dir(out.join("prod/native/minutes"))
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(built.unwrap().success(), "the crate is not built");
    target.join("release/query-minutes")
}

/// Runs a command on one core; its cost, or nothing where it fails.
fn measure(command: &[String]) -> Option<Cost> {
    let done = Command::new("/usr/bin/time")
        .args(["-f", "TIME %U %S %M", "taskset", "-c", "0"])
        .args(command)
        .output()
        .expect("GNU time is installed (Debian: apt-get install time)");
    let stderr = String::from_utf8_lossy(&done.stderr);
    let line = stderr.lines().rev().find(|line| line.starts_with("TIME ")).expect("a line of GNU time");
    let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [user, system, kib] = figures.as_slice() else { panic!("no figures in {line}") };
    done.status.success().then_some(Cost { seconds: user + system, peak_mib: kib / 1024.0 })
}

fn sorted(file: &Path) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(file).unwrap().lines().map(String::from).collect();
    lines.sort_unstable();
    lines
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * u128::from(n)) >> 64) as u64
    }
}

/// 1,000 devices, 1,000 rows a second of event time, up to three seconds out of order, one in a thousand late by 10 to 120 seconds.
fn generate(file: &Path, rows: u64) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file).unwrap());
    let mut random = Random(42);
    for row in 0..rows {
        let lag = if random.below(1000) == 0 { 10_000 + random.below(110_000) } else { random.below(3000) };
        let at = (200_000 + row).saturating_sub(lag);
        let device = random.below(1000);
        let milli = device as i64 * 60 - 2000 + random.below(12_000) as i64;
        let sign = if milli < 0 { "-" } else { "" };
        let (whole, part, humidity) = (milli.abs() / 1000, milli.abs() % 1000, 300 + random.below(600));
        let (day, time) = (1 + at / 86_400_000, at % 86_400_000);
        writeln!(
            out,
            "{{\"device_id\":\"dev-{device:05}\",\"temperature\":{sign}{whole}.{part:03},\"humidity\":{}.{},\"timestamp\":\"2026-01-{day:02}T{:02}:{:02}:{:02}.{:03}\"}}",
            humidity / 10,
            humidity % 10,
            time / 3_600_000,
            time / 60_000 % 60,
            time / 1000 % 60,
            time % 1000
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// The question answered by hand, for these very rows: fixed places where there are any, device numbers as keys, one pane a minute.
fn by_hand(from: &Path, to: &Path) {
    const MINUTE: i64 = 60_000;
    const DAY: i64 = 20_454;
    let mut input = File::open(from).unwrap();
    let mut out = BufWriter::with_capacity(1 << 18, File::create(to).unwrap());
    let mut buffer = vec![0_u8; 1 << 18];
    let mut held = 0;
    let mut panes: BTreeMap<i64, Vec<(f64, u64)>> = BTreeMap::new();
    let (mut current, mut pane) = (i64::MIN, vec![(0.0, 0); 1000]);
    let (mut latest, mut fired) = (i64::MIN, i64::MIN);
    loop {
        let read = input.read(&mut buffer[held..]).unwrap();
        held += read;
        let mut at = 0;
        while let Some(end) = memchr::memchr(b'\n', &buffer[at..held]) {
            let line = &buffer[at..at + end];
            at += end + 1;
            // {"device_id":"dev-00000","temperature":
            let device = digits(&line[18..23]) as usize;
            let (celsius, next) = number(line, 39);
            let humidity_end = next + memchr::memchr(b',', &line[next + 1..]).unwrap() + 1;
            let time = &line[humidity_end + 14..];
            let day = DAY + digits(&time[8..10]) - 1;
            let clock = (digits(&time[11..13]) * 60 + digits(&time[14..16])) * 60 + digits(&time[17..19]);
            let millis = day * 86_400_000 + clock * 1000 + digits(&time[20..23]);
            let minute = millis.div_euclid(MINUTE);
            if minute >= fired {
                if minute != current {
                    let other = panes.remove(&minute).unwrap_or_else(|| vec![(0.0, 0); 1000]);
                    let left = std::mem::replace(&mut pane, other);
                    if current >= fired {
                        panes.insert(current, left);
                    }
                    current = minute;
                }
                let (sum, count) = &mut pane[device];
                *sum += celsius;
                *count += 1;
            }
            if millis > latest {
                latest = millis;
                let passed = (latest - 3000 + 1).div_euclid(MINUTE);
                if passed > fired {
                    fired = passed;
                    if current < fired {
                        panes.insert(current, std::mem::replace(&mut pane, vec![(0.0, 0); 1000]));
                        current = i64::MIN;
                    }
                    while let Some(first) = panes.first_entry().filter(|first| *first.key() < fired) {
                        let (minute, pane) = first.remove_entry();
                        emit(minute * MINUTE, &pane, &mut out);
                    }
                }
            }
        }
        buffer.copy_within(at..held, 0);
        held -= at;
        if read == 0 {
            break;
        }
    }
    panes.insert(current, pane);
    panes.iter().for_each(|(minute, pane)| emit(minute.saturating_mul(MINUTE), pane, &mut out));
    out.flush().unwrap();
}

fn digits(text: &[u8]) -> i64 {
    text.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
}

/// A number with three places, and where it ends.
fn number(line: &[u8], start: usize) -> (f64, usize) {
    let negative = line[start] == b'-';
    let (mut at, mut value) = (start + usize::from(negative), 0_i64);
    while line[at] != b',' {
        if line[at] != b'.' {
            value = value * 10 + i64::from(line[at] - b'0');
        }
        at += 1;
    }
    let value = value as f64 / 1000.0;
    (if negative { -value } else { value }, at)
}

fn emit(start: i64, pane: &[(f64, u64)], out: &mut impl Write) {
    let text = |millis: i64| {
        let (day, time) = (millis.div_euclid(86_400_000) - 20_453, millis.rem_euclid(86_400_000) / 1000);
        format!("2026-01-{day:02}T{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60)
    };
    let (mut from, mut to) = (String::new(), String::new());
    for (device, (sum, count)) in pane.iter().enumerate().filter(|(_, (_, count))| *count > 0) {
        let average = sum / *count as f64;
        if from.is_empty() {
            (from, to) = (text(start), text(start + 60_000));
        }
        if !(10.0..=50.0).contains(&average) {
            writeln!(out, "{{\"device_id\":\"dev-{device:05}\",\"avg_temp\":{average:?},\"cnt\":{count},\"window_start\":\"{from}\",\"window_end\":\"{to}\"}}").unwrap();
        }
    }
}
