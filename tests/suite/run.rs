//! `dpl run`: a query over files.

use crate::command::Sandbox;

const PROGRAM: &str = r#"
organization company {
  id     = "o-company1234"
  region = "eu-central-1"
  account lake { id = "222222222222" }
}

schema Reading {
  device_id   : string
  temperature : double in -90..150
  timestamp   : timestamp(3)
}

schema Average {
  device_id    : string
  avg_temp     : double
  window_start : timestamp(3)
  window_end   : timestamp(3)
}

stream readings : Reading in lake {
  connector  = kinesis("readings", shards = 1)
  format     = json
  watermark  = timestamp - 5s
  late       = drop
  on_invalid = divert(rejected)
}

stream rejected : Rejected<Reading> in lake { connector = kinesis("rejected"), format = json }
stream averages : Average in lake { connector = kinesis("averages"), format = json }

query minute_averages into averages as
  SELECT device_id, AVG(temperature) AS avg_temp, window_start, window_end
  FROM TUMBLE(readings, timestamp, INTERVAL '1' MINUTE)
  GROUP BY device_id, window_start, window_end;
"#;

const ROWS: &str = r#"{"device_id":"a","temperature":10,"timestamp":"2026-01-01T00:00:01"}
{"device_id":"b","temperature":1.5,"timestamp":"2026-01-01T00:00:02"}
{"device_id":"a","temperature":20,"timestamp":"2026-01-01T00:00:59.999"}
{"device_id":"a","temperature":4000,"timestamp":"2026-01-01T00:01:00"}
no row at all
{"device_id":"a","temperature":30,"timestamp":"2026-01-01T00:01:10"}
{"device_id":"a","temperature":99,"timestamp":"2026-01-01T00:00:30"}
"#;

const CSV: &str = "temperature,timestamp,device_id
10,2026-01-01T00:00:01,a
1.5,2026-01-01T00:00:02,b
20,2026-01-01T00:00:59.999,a
4000,2026-01-01T00:01:00,a
30,2026-01-01T00:01:10,a
99,2026-01-01T00:00:30,a
";

const AVERAGES: &str = r#"{"device_id":"a","avg_temp":15.0,"window_start":"2026-01-01T00:00:00","window_end":"2026-01-01T00:01:00"}
{"device_id":"b","avg_temp":1.5,"window_start":"2026-01-01T00:00:00","window_end":"2026-01-01T00:01:00"}
{"device_id":"a","avg_temp":30.0,"window_start":"2026-01-01T00:01:00","window_end":"2026-01-01T00:02:00"}
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", PROGRAM).write("rows.jsonl", ROWS).write("rows.csv", CSV);
    sandbox
}

/// The rows of a text, for comparing numbers and times by value and not by spelling.
fn rows(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn rows_of_a_file_become_results_in_a_file() {
    let sandbox = sandbox();
    let said = sandbox.dpl(&[
        "run",
        "minute_averages",
        "p",
        "--from",
        "readings=rows.jsonl",
        "--to",
        "averages=out.jsonl",
        "--to",
        "rejected=bad.jsonl",
    ]);
    assert_eq!(said.fine().out, "");
    assert_eq!(rows(&sandbox.read("out.jsonl")), rows(AVERAGES));
    let bad = rows(&sandbox.read("bad.jsonl"));
    let raw: Vec<_> = bad.iter().map(|row| row.get("raw").unwrap().as_str().unwrap()).collect();
    let expected: Vec<_> = ROWS.lines().skip(3).take(2).collect();
    assert_eq!(raw, expected);
    let counted = said.err.lines().filter_map(|line| line.rsplit_once(' '));
    let counted: Vec<_> = counted.map(|(name, count)| (name.trim(), count)).collect();
    for expected in [("rows in", "7"), ("late", "1"), ("rejected", "2"), ("windows", "2"), ("rows out", "3")]
    {
        assert!(counted.contains(&expected), "no {expected:?} in {}", said.err);
    }
    assert!(said.err.contains("  line 4: temperature 4000 is outside -90..150"), "{}", said.err);
}

#[test]
fn rows_of_standard_input_become_results_on_standard_output() {
    let sandbox = sandbox();
    let mut run = sandbox.command(&["run", "minute_averages", "p", "--from", "readings=-"]);
    run.stdin(std::fs::File::open(sandbox.path("rows.jsonl")).unwrap());
    let output = run.output().unwrap();
    assert!(output.status.success());
    assert_eq!(rows(&String::from_utf8(output.stdout).unwrap()), rows(AVERAGES));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("note: 2 for `rejected` were not kept; `--to rejected=FILE` keeps them"), "{said}");
}

#[test]
fn rows_of_a_csv_file_are_the_same_rows() {
    let said = sandbox().dpl(&["run", "minute_averages", "p", "--from", "readings=rows.csv"]);
    assert_eq!(rows(&said.fine().out), rows(AVERAGES));
}

#[test]
#[cfg(not(feature = "kinesis"))]
fn a_live_stream_takes_a_feature() {
    let said = sandbox().dpl(&["run", "minute_averages", "p", "--from", "readings=live"]);
    said.refused(2, &["was built without Kinesis", "`cargo install dpl --features kinesis`"]);
}

/// What stands for `live` where there is none of it.
#[test]
#[cfg(not(all(feature = "kinesis", feature = "kafka")))]
fn live_streams_are_left_out() {
    crate::oracle::left_out("live streams", "`--all-features` is not given");
}

#[test]
fn what_can_not_be_run_is_told() {
    let sandbox = sandbox();
    let run = |arguments: &[&str], words: &[&str]| {
        sandbox.dpl(&[&["run"], arguments].concat()).refused(2, words);
    };
    let query = ["minute_averages", "p", "--from"];
    run(&["minute_average", "p", "--from", "readings=rows.jsonl"], &["did you mean `minute_averages`?"]);
    run(&["minute_averages", "p"], &["--from"]);
    run(&[&query[..], &["reading=rows.jsonl"]].concat(), &["no such stream", "did you mean `readings`?"]);
    run(&[&query[..], &["readings=rows.jsonl", "--to", "average=x"]].concat(), &["did you mean `averages`?"]);
    run(&[&query[..], &["readings=nowhere.jsonl"]].concat(), &["can't read `nowhere.jsonl`: no such file"]);
    run(&[&query[..], &["readings=p"]].concat(), &["it is a folder"]);
    sandbox.write("broken.parquet", ROWS);
    run(&[&query[..], &["readings=broken.parquet"]].concat(), &["can't read `broken.parquet`"]);
    run(
        &[&query[..], &["readings=rows.jsonl", "--from", "readings=./rows.jsonl"]].concat(),
        &["be read twice"],
    );
    run(
        &[&query[..], &["readings=rows.jsonl", "--to", "averages=./rows.jsonl"]].concat(),
        &["while it is read"],
    );
    run(
        &[&query[..], &["readings=rows.jsonl", "--to", "averages=x", "--to", "rejected=x"]].concat(),
        &["for two streams at once"],
    );
    assert_eq!(sandbox.read("rows.jsonl"), ROWS);
}

#[test]
fn a_row_that_must_not_come_ends_the_run() {
    let sandbox = sandbox();
    sandbox.write("p/a.dpl", PROGRAM.replace("divert(rejected)", "fail"));
    sandbox
        .dpl(&["run", "minute_averages", "p", "--from", "readings=rows.jsonl"])
        .refused(1, &["line 4: temperature 4000 is outside -90..150"]);
}
