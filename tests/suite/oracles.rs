//! What the compiler writes and what the operator computes, before programs that we did not write.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use super::{command::Sandbox, oracle, window::Suite};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every program of the project that compiles: the examples' folders, and the files under `tests/cases/targets`.
fn programs() -> Vec<PathBuf> {
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        programs.push(entry.unwrap().path());
    }
    programs.retain(|path| path.is_dir());
    assert!(!programs.is_empty(), "there are no examples");
    collect(&root().join("tests/cases/targets"), &mut programs);
    programs.sort();
    programs
}

fn collect(folder: &Path, programs: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, programs);
        } else if path.extension().is_some_and(|extension| extension == "dpl") {
            programs.push(path);
        }
    }
}

/// Builds a program with the command, so that a manifest is written too.
fn build(sandbox: &Sandbox, program: &Path, out: &str) -> PathBuf {
    let said = sandbox.dpl(&["build", program.to_str().unwrap(), "-o", out]);
    assert_eq!(said.code, Some(0), "{}: {}", program.display(), said.err);
    sandbox.path(out)
}

#[test]
fn builds_pass_every_checker() {
    let sandbox = Sandbox::new();
    let mut builds = Vec::new();
    for program in programs() {
        let name = program.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!sandbox.path(&name).exists(), "two programs are called {name}");
        builds.push(build(&sandbox, &program, &name));
    }
    oracle::judge("judge", &[], &builds);
}

/// Rows that test the borders of a schema's rules, beside those that come with acme.
const BORDERS: &str = r#"{"device_id":"edge","temperature":-90,"humidity":0,"timestamp":"2026-01-01T01:00:00"}
{"device_id":"edge","temperature":150.0,"humidity":1e2,"timestamp":"2026-01-01T01:00:00.5"}
{"device_id":"edge","temperature":150.00000000000003,"humidity":1,"timestamp":"2026-01-01T01:00:01"}
{"device_id":"edge","temperature":1,"humidity":-0.001,"timestamp":"2026-01-01T01:00:02"}
{"device_id":"edge","temperature":"1","humidity":1,"timestamp":"2026-01-01T01:00:03"}
{"device_id":7,"temperature":1,"humidity":1,"timestamp":"2026-01-01T01:00:04"}
{"device_id":null,"temperature":1,"humidity":1,"timestamp":"2026-01-01T01:00:05"}
{"temperature":1,"humidity":1,"timestamp":"2026-01-01T01:00:06"}
{"device_id":"edge","temperature":null,"humidity":1,"timestamp":"2026-01-01T01:00:07"}
{"device_id":"edge","temperature":1,"humidity":[1],"timestamp":"2026-01-01T01:00:08"}
{"device_id":"edge","temperature":true,"humidity":1,"timestamp":"2026-01-01T01:00:09"}
{"device_id":"edge","temperature":1,"humidity":1,"timestamp":"2026-02-30T01:00:00"}
{"device_id":"edge","temperature":1,"humidity":1,"timestamp":"2026-01-01 01:00:10"}
{"device_id":"edge","temperature":1,"humidity":1,"timestamp":1767229211}
{"device_id":"edge","temperature":1,"humidity":1}
{"device_id":"a \"quoted\" é 日本","temperature":60,"humidity":1,"timestamp":"2026-01-01T01:00:12","more":{"a":[1]}}
["edge",1,1,"2026-01-01T01:00:13"]
"edge"
{"device_id":"","temperature":-1e1,"humidity":50,"timestamp":"2026-01-01T01:00:14.123456789"}
{"device_id":"edge","temperature":99,"humidity":50,"timestamp":"2026-01-01T00:00:00"}
{"device_id":"edge","temperature":-5.5,"humidity":50,"timestamp":"2026-01-01T01:02:00"}
"#;

#[test]
fn flink_computes_what_run_computes() {
    let sandbox = Sandbox::new();
    let acme = root().join("examples/acme");
    let rows = std::fs::read_to_string(acme.join("readings.jsonl")).unwrap() + BORDERS;
    sandbox.write("readings.jsonl", rows);
    let script = build(&sandbox, &acme, "out").join("prod/flink/temperature_alerts.sql");
    let to = |name: &str, file: &str| OsString::from(format!("{name}={}", sandbox.path(file).display()));
    let theirs = [
        script.into_os_string(),
        "--table".into(),
        to("iot_stream", "readings.jsonl"),
        "--sink".into(),
        to("alert_sink", "flink-alerts.jsonl"),
        "--sink".into(),
        to("rejected_readings", "flink-rejected.jsonl"),
    ];
    let Some(done) = oracle::run("flink/run", &["flink", "runner"], &theirs) else { return };
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    let said = sandbox.dpl(&[
        "run",
        "temperature_alerts",
        acme.to_str().unwrap(),
        "--from",
        "iot_stream=readings.jsonl",
        "--to",
        "alert_sink=alerts.jsonl",
        "--to",
        "rejected_readings=rejected.jsonl",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let both = |ours: &str, theirs: &str| (rows_of(&sandbox.read(ours)), rows_of(&sandbox.read(theirs)));
    for (ours, theirs) in
        [both("alerts.jsonl", "flink-alerts.jsonl"), both("rejected.jsonl", "flink-rejected.jsonl")]
    {
        assert!(ours.len() > 20, "there are only {} rows", ours.len());
        let only = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|row| !b.contains(row)).cloned().collect()
        };
        assert_eq!(only(&ours, &theirs), only(&theirs, &ours), "rows that only one of them has");
        assert_eq!(ours.len(), theirs.len());
    }
}

/// Rows in the order of their texts, since Flink keeps none. Doubles are compared by value, times without the zeros that Flink leaves out. What a
/// JSON parser has to say of a text that is none is its own, and so is an example of how a time is to be written: of such reasons the rest counts.
fn rows_of(text: &str) -> Vec<String> {
    let mut rows: Vec<String> = text
        .lines()
        .map(|line| {
            let mut row: serde_json::Map<String, Json> = serde_json::from_str(line).unwrap();
            for time in ["window_start", "window_end"] {
                if let Some(Json::String(text)) = row.get_mut(time) {
                    *text = text.trim_end_matches(".000").to_owned();
                }
            }
            if let Some(Json::String(reason)) = row.get_mut("reason") {
                match reason.split_once(" like ") {
                    _ if reason.starts_with("the row is not") => "the row is not JSON".clone_into(reason),
                    Some((said, _)) => *reason = said.to_owned(),
                    None => {}
                }
            }
            Json::Object(row).to_string()
        })
        .collect();
    rows.sort();
    rows
}

/// The same queries over the same random tables. With `CI=true` also those of a seed that is never the same, and is told.
#[test]
fn flink_computes_what_the_operator_computes() {
    let mut seeds = vec![1];
    if std::env::var("CI").as_deref() == Ok("true") {
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        seeds.push(clock.as_secs());
    }
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        let suite = Suite::generate(seed, 5, 8);
        let Some(done) =
            oracle::run("flink/run", &["flink", "runner"], &suite.scripts(folder.path()).unwrap())
        else {
            return;
        };
        let differences = suite.compare(&String::from_utf8_lossy(&done.stdout));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(differences.is_empty(), "seed {seed}:\n{}\n{said}", differences.join("\n"));
    }
}
