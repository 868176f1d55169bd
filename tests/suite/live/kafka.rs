//! Kafka, as librdkafka has it for its own tests.

use super::{
    Live, Server, TO_FILES, fired, has_written, kill_soon, of_a_file, program, rows, same, some_moment,
    sorted, texts,
};
use crate::command::Sandbox;
use crate::running::{Chance, figure};
use serde_json::json;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn started(sandbox: &Sandbox, topics: &[&str]) -> Option<Server> {
    let mut server = Server::start("live_kafka.py", &["live"])?;
    let connector = |name: &str| {
        format!("kafka({name:?}, servers = [\"{}\"], iam = false, start = earliest)", server.address)
    };
    sandbox.write("p/a.dpl", program(connector));
    for topic in topics {
        assert_eq!(server.ask(&json!({ "make": topic })), json!({ "partitions": 4 }));
    }
    Some(server)
}

fn arguments(more: &[&str]) -> Vec<String> {
    ["run", "means", "p", "--from", "readings=live"]
        .iter()
        .chain(more)
        .map(|word| (*word).to_owned())
        .collect()
}

#[test]
fn a_topic_gives_the_rows_that_a_file_gives() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &["readings"]) else { return };
    let lines = rows(0, 6000);
    for (at, codec) in ["none", "gzip", "snappy", "lz4", "zstd"].iter().enumerate() {
        let part = texts(&lines[at * 1000..(at + 1) * 1000]);
        server.ask(&json!({ "put": "readings", "rows": part, "keys": 12, "with": codec }));
    }
    let live = Live::start(&sandbox, &arguments(&TO_FILES), &[]);
    live.has_read(5000);
    server.put("readings", &texts(&lines[5000..]), 12);
    live.has_read(6000);
    // A record without a value is a row that is none.
    server.ask(&json!({ "empty": "readings" }));
    live.has_read(6001);
    let said = live.stop();
    assert!(figure(&said, "rows in") == "6,001" && said.contains("stopped by a signal"), "{said}");
    let (whole, rejected) = of_a_file(&sandbox, &lines);
    let written = sandbox.read("out.jsonl");
    assert!(written.lines().count() > 300, "{written}");
    same(&sorted(&written), &fired(&whole, &written));
    let bad = sandbox.read("rejected.jsonl");
    let (bad, nulls): (Vec<_>, Vec<_>) = bad.lines().partition(|line| !line.contains("\"raw\":\"null\""));
    assert_eq!(nulls.len(), 1);
    same(&sorted(&bad.join("\n")), &sorted(&rejected));
}

#[test]
fn a_killed_run_over_a_topic_loses_nothing_and_writes_nothing_twice() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &["readings"]) else { return };
    let lines = rows(0, 9000);
    let kept = ["--checkpoint", "kept", "--checkpoint-interval", "5ms"];
    let words = arguments(&[&TO_FILES[..], &kept].concat());
    let (checkpoint, mut chance) = (sandbox.path("kept/checkpoint"), Chance(4));
    for at in 0..8 {
        let run = sandbox.command(&texts(&words)).stderr(Stdio::null()).spawn().unwrap();
        server.put("readings", &texts(&lines[at * 1000..(at + 1) * 1000]), 12);
        kill_soon(run, &checkpoint, &mut chance);
    }
    server.put("readings", &texts(&lines[8000..]), 12);
    let live = Live::start(&sandbox, &words, &[]);
    live.has_read(9000);
    let said = live.stop();
    assert!(said.contains("the same command goes on from `kept`"), "{said}");
    has_written(&sandbox, &lines);
}

#[test]
fn results_go_to_a_topic_each_a_record() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &["readings", "averages", "rejected"]) else { return };
    let lines = rows(0, 3000);
    let (whole, rejected) = of_a_file(&sandbox, &lines);
    let words = [
        "run",
        "means",
        "p",
        "--from",
        "readings=all.jsonl",
        "--to",
        "averages=live",
        "--to",
        "rejected=live",
    ];
    sandbox.dpl(&words).fine();
    same(&sorted(&server.read("averages").join("\n")), &sorted(&whole));
    same(&sorted(&server.read("rejected").join("\n")), &sorted(&rejected));
    // From one topic to another, killed on the way: each result is there, once or more.
    server.put("readings", &texts(&lines), 12);
    let kept = ["--to", "averages=live", "--checkpoint", "kept", "--checkpoint-interval", "5ms"];
    let words = arguments(&kept);
    for _ in 0..3 {
        let live = Live::start(&sandbox, &words, &[]);
        some_moment(&sandbox.path("kept/checkpoint"), &mut Chance(9));
        drop(live);
    }
    let live = Live::start(&sandbox, &words, &[]);
    live.has_read(3000);
    live.stop();
    // What both runs wrote, the first time to the end.
    let mut written = server.read("averages");
    assert!(written.len() > whole.lines().count() + 200, "{} rows", written.len());
    written.sort_unstable();
    written.dedup();
    same(&texts(&written), &sorted(&whole));
}

#[test]
fn a_run_over_a_topic_starts_where_it_is_told() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &["readings"]) else { return };
    let lines = rows(0, 900);
    server.put("readings", &texts(&lines[..300]), 9);
    let kept = [
        "--checkpoint",
        "kept",
        "--checkpoint-interval",
        "20ms",
        "--since",
        "latest",
        "--to",
        "averages=out.jsonl",
    ];
    let words = arguments(&kept);
    Live::start(&sandbox, &words, &[]).stop();
    server.put("readings", &texts(&lines[300..600]), 9);
    let live = Live::start(&sandbox, &words, &[]);
    live.has_read(300);
    live.stop();
    let live = Live::start(&sandbox, &arguments(&["--since", "earliest"]), &[]);
    live.has_read(600);
    live.stop();
}

#[test]
fn what_can_not_be_read_of_a_topic_is_told() {
    let sandbox = Sandbox::new();
    let Some(_server) = started(&sandbox, &["readings"]) else { return };
    let run = |more: &[&str], words: &[&str]| {
        sandbox.dpl(&[&["run", "means", "p"][..], more].concat()).refused(2, words);
    };
    let live = ["--from", "readings=live"];
    run(&[&live[..], &["--endpoint", "readings=here"]].concat(), &["`here` is no server: `HOST:PORT`"]);
    sandbox.write("p/a.dpl", program(|_| "file(bytes / \"x\")".to_owned()) + "bucket bytes in lake {}\n");
    run(&live, &["a stream of `file` is not live"]);
}

/// Whether results come soon: not how soon, which `cargo bench --bench live` measures.
#[test]
fn results_come_while_rows_do() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &["readings"]) else { return };
    let live = Live::start(&sandbox, &arguments(&TO_FILES), &[]);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let began = now();
    let lines = rows(0, 2000);
    server.put("readings", &texts(&lines), 12);
    while sandbox.read("out.jsonl").is_empty() {
        assert!(now() - began < Duration::from_secs(30), "no result");
        std::thread::sleep(Duration::from_millis(5));
    }
    live.stop();
}
