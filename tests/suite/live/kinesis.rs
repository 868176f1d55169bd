//! Kinesis, as moto has it.

use super::{
    Live, PATIENCE, Server, TO_FILES, fired, has_written, kill_soon, of_a_file, program, rows, same,
    some_moment, sorted, texts,
};
use crate::command::Sandbox;
use crate::running::{Chance, figure};
use serde_json::{Value as Json, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Whose signature moto does not look at.
const KEYS: &[(&str, &str)] =
    &[("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("NO_PROXY", "127.0.0.1")];

fn keys<'a>(id: &'a str, secret: &'a str) -> [(&'static str, &'a str); 3] {
    [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret), ("NO_PROXY", "127.0.0.1")]
}

fn started(sandbox: &Sandbox, streams: &[(&str, usize)]) -> Option<Server> {
    let mut server = Server::start("live_kinesis.py", &["python"])?;
    sandbox.write("p/a.dpl", program(|name| format!("kinesis({name:?}, start = earliest)")));
    for (stream, shards) in streams {
        server
            .ask(&json!({ "call": "create_stream", "with": { "StreamName": stream, "ShardCount": shards } }));
    }
    Some(server)
}

fn arguments(server: &Server, more: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = ["run", "means", "p", "--from", "readings=live"].map(String::from).to_vec();
    words.extend(["--endpoint".to_owned(), format!("readings={}", server.address)]);
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words
}

#[test]
fn a_live_stream_gives_the_rows_that_a_file_gives() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 3)]) else { return };
    let lines = rows(0, 6000);
    server.put("readings", &texts(&lines[..4000]), 12);
    let live = Live::start(&sandbox, &arguments(&server, &TO_FILES), KEYS);
    live.has_read(4000);
    server.put("readings", &texts(&lines[4000..]), 12);
    live.has_read(6000);
    let said = live.stop();
    assert!(figure(&said, "rows in") == "6,000" && said.contains("stopped by a signal"), "{said}");
    has_written(&sandbox, &lines);
}

/// Killed at any moment while the stream grows, its shards are split and merged, and requests are refused.
#[test]
fn a_killed_run_loses_nothing_and_writes_nothing_twice() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 2)]) else { return };
    let lines = rows(0, 9000);
    let part = |at: usize| texts(&lines[at * 1000..(at + 1) * 1000]);
    server.ask(&json!({ "trouble": 5 }));
    let kept = ["--checkpoint", "kept", "--checkpoint-interval", "20ms"];
    let words = arguments(&server, &[&TO_FILES[..], &kept].concat());
    let (checkpoint, mut chance) = (sandbox.path("kept/checkpoint"), Chance(3));
    for at in 0..8 {
        server.put("readings", &part(at), 12);
        match at {
            2 => {
                server.ask(&json!({ "call": "split_shard", "with": {
                    "StreamName": "readings", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "90000000000000000000000000000000000000" } }));
            }
            5 => {
                server.ask(&json!({ "call": "merge_shards", "with": {
                    "StreamName": "readings", "ShardToMerge": "shardId-000000000002", "AdjacentShardToMerge": "shardId-000000000003" } }));
            }
            _ => {}
        }
        let mut command = sandbox.command(&texts(&words));
        let run = command.envs(KEYS.iter().copied()).stderr(Stdio::null()).spawn().unwrap();
        kill_soon(run, &checkpoint, &mut chance);
    }
    server.put("readings", &part(8), 12);
    let live = Live::start(&sandbox, &words, KEYS);
    live.has_read(9000);
    let said = live.stop();
    assert!(said.contains("the same command goes on from `kept`") && figure(&said, "late") == "0", "{said}");
    let throttled = server.ask(&json!({ "asked": "GetRecords" }));
    assert!(throttled["times"].as_u64().unwrap() > 20, "{throttled}");
    has_written(&sandbox, &lines);
}

#[test]
fn results_go_to_a_live_stream_each_a_record() {
    let sandbox = Sandbox::new();
    let streams = [("readings", 2), ("averages", 2), ("rejected", 1)];
    let Some(mut server) = started(&sandbox, &streams) else { return };
    let lines = rows(0, 3000);
    let (whole, rejected) = of_a_file(&sandbox, &lines);
    server.ask(&json!({ "trouble": 7 }));
    // To its end, from a file: every window fires.
    let mut words = vec!["run", "means", "p", "--from", "readings=all.jsonl"];
    words.extend(["--to", "averages=live", "--to", "rejected=live"]);
    let [averages, bad] = ["averages", "rejected"].map(|stream| format!("{stream}={}", server.address));
    words.extend(["--endpoint", &averages, "--endpoint", &bad]);
    let done = sandbox.command(&words).envs(KEYS.iter().copied()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    server.ask(&json!({ "trouble": 0 }));
    same(&sorted(&server.read("averages").join("\n")), &sorted(&whole));
    same(&sorted(&server.read("rejected").join("\n")), &sorted(&rejected));
    // From one stream to another, killed on the way: each result is there, once or more.
    server.put("readings", &texts(&lines), 12);
    let kept = ["--to", "averages=live", "--checkpoint", "kept", "--checkpoint-interval", "20ms"];
    let words = arguments(&server, &[&kept[..], &["--endpoint", &averages]].concat());
    for _ in 0..3 {
        let live = Live::start(&sandbox, &words, KEYS);
        some_moment(&sandbox.path("kept/checkpoint"), &mut Chance(9));
        drop(live);
    }
    let live = Live::start(&sandbox, &words, KEYS);
    live.has_read(3000);
    live.stop();
    // What both runs wrote, the first time to the end.
    let mut written = server.read("averages");
    assert!(written.len() > whole.lines().count() + 100, "{} rows", written.len());
    written.sort_unstable();
    written.dedup();
    same(&texts(&written), &sorted(&whole));
}

/// Records as others write them: put together by the producer library, with line breaks, with none, of several objects, and no text at all.
#[test]
fn a_record_is_a_row_whatever_is_in_it() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 1)]) else { return };
    if crate::oracle::provided("live_kinesis.py", &["live"]).is_none() {
        return;
    }
    let lines = rows(0, 700);
    server.put("readings", &texts(&lines[..100]), 1);
    server.ask(&json!({ "aggregate": "readings", "rows": &lines[100..600] }));
    let spread = lines[600].replace(',', ",\n\t");
    let double = format!("{}\n{}", lines[601], lines[602]);
    server.put("readings", &[&spread, &double, "no row", " "], 1);
    let kept = ["--checkpoint", "kept", "--checkpoint-interval", "1ms"];
    let words = arguments(&server, &[&TO_FILES[..], &kept].concat());
    let live = Live::start(&sandbox, &words, KEYS);
    live.has_read(604);
    live.stop();
    server.put("readings", &texts(&lines[603..]), 1);
    let live = Live::start(&sandbox, &words, KEYS);
    live.has_read(701);
    live.stop();
    let raw: Vec<String> = sandbox.read("rejected.jsonl").lines().map(raw).collect();
    let expected = [double.replace('\n', " "), "no row".to_owned(), "null".to_owned()];
    assert!(expected.iter().all(|row| raw.contains(row)), "{raw:?}");
    let (whole, _) = of_a_file(&sandbox, &[&lines[..601], &lines[603..]].concat());
    let written = sandbox.read("out.jsonl");
    same(&sorted(&written), &fired(&whole, &written));
}

fn raw(line: &str) -> String {
    serde_json::from_str::<Json>(line).unwrap()["raw"].as_str().unwrap().to_owned()
}

/// moto computes signatures with botocore, and asks policies.
#[test]
fn requests_are_signed_by_a_role_that_may_no_more_than_it_needs() {
    let sandbox = Sandbox::new();
    let streams = [("readings", 1), ("averages", 1)];
    let Some(mut server) = started(&sandbox, &streams) else { return };
    let lines = rows(0, 1000);
    server.put("readings", &texts(&lines), 1);
    let actions = ["ListShards", "GetShardIterator", "GetRecords"].map(|name| format!("kinesis:{name}"));
    let key = server.ask(&json!({ "enforce": actions }));
    let (id, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let words = arguments(&server, &TO_FILES);
    let live = Live::start(&sandbox, &words, &keys(id, secret));
    live.has_read(1000);
    live.stop();
    let refused = |words: &[&str], secret: &str, why: &str| {
        let done = sandbox.command(words).envs(keys(id, secret)).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && said.contains(why), "{said}");
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    refused(&words, "another", "SignatureDoesNotMatch");
    let endpoint = format!("averages={}", server.address);
    let words = ["run", "means", "p", "--from", "readings=all.jsonl", "--to", "averages=live", "--endpoint"];
    sandbox.write("all.jsonl", lines.join("\n"));
    refused(&[&words[..], &[&endpoint]].concat(), secret, "not authorized to perform: kinesis:PutRecords");
}

/// As pods of EKS are given keys: for a token in a file, which others replace before it ends.
#[test]
fn a_token_of_a_web_identity_gives_the_keys_of_a_role() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 1)]) else { return };
    let lines = rows(0, 1000);
    server.put("readings", &texts(&lines), 1);
    let actions = ["ListShards", "GetShardIterator", "GetRecords"].map(|name| format!("kinesis:{name}"));
    let given = server.ask(&json!({ "enforce": actions }));
    let (endpoint, role) = (server.address.clone(), given["role"].as_str().unwrap().to_owned());
    sandbox.write("token", "first\n").write("refused", "none");
    let file = |name: &str| sandbox.path(name).to_str().unwrap().to_owned();
    let environment = |token: &str| {
        [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", file(token)),
            ("AWS_ROLE_ARN", role.clone()),
            ("AWS_ENDPOINT_URL_STS", endpoint.clone()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ]
    };
    // Keys that end so soon that others are asked for each time.
    server.ask(&json!({ "token": "first", "seconds": 60 }));
    let words = arguments(&server, &TO_FILES);
    let of_first = environment("token");
    let environment_of = of_first.each_ref().map(|(name, value)| (*name, value.as_str()));
    let live = Live::start(&sandbox, &words, &environment_of);
    live.has_read(1000);
    server.ask(&json!({ "token": "second", "seconds": 60 }));
    sandbox.write("token", "second");
    let asked =
        |server: &mut Server| server.ask(&json!({ "asked": "GetRecords" }))["times"].as_u64().unwrap();
    let before = asked(&mut server);
    // With keys of the first token there is no answer any more.
    let began = Instant::now();
    while asked(&mut server) < before + 3 {
        assert!(began.elapsed() < PATIENCE, "no more is asked for");
        std::thread::sleep(Duration::from_millis(20));
    }
    live.stop();

    let words = texts(&words);
    let refused = |environment: &[(&str, String)], why: &[&str]| {
        let done = sandbox.command(&words).envs(environment.iter().cloned()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && why.iter().all(|why| said.contains(why)), "{said}");
    };
    refused(
        &environment("refused"),
        &["no keys of `arn:aws:iam::", "InvalidIdentityToken: The token is not"],
    );
    refused(&environment("nowhere"), &["can't read `", "nowhere"]);
    refused(&environment("token")[..1], &["`AWS_WEB_IDENTITY_TOKEN_FILE` is set, but `AWS_ROLE_ARN` is not"]);
    // A profile says the same.
    sandbox.write(
        "config",
        format!("[profile pod]\nrole_arn = {role}\nweb_identity_token_file = {}\n", file("token")),
    );
    let profile = [
        ("AWS_CONFIG_FILE", file("config")),
        ("AWS_PROFILE", "pod".to_owned()),
        ("AWS_ENDPOINT_URL_STS", endpoint.clone()),
        ("NO_PROXY", "127.0.0.1".to_owned()),
    ];
    let profile = profile.each_ref().map(|(name, value)| (*name, value.as_str()));
    let live = Live::start(&sandbox, &arguments(&server, &[]), &profile);
    live.has_read(1000);
    live.stop();
}

/// Both hand out the same, at different places.
#[test]
fn an_instance_and_a_container_give_keys() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 1)]) else { return };
    server.put("readings", &texts(&rows(0, 500)), 1);
    let container = format!("{}/latest/meta-data/iam/security-credentials/default-role", server.address);
    let places = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.address.as_str()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &container),
    ];
    let home = ("HOME", sandbox.root().to_str().unwrap());
    for place in places {
        let live = Live::start(&sandbox, &arguments(&server, &[]), &[place, home, ("NO_PROXY", "127.0.0.1")]);
        live.has_read(500);
        live.stop();
    }
    let nobody = format!("{}/nowhere", server.address);
    let mut command = sandbox.command(&texts(&arguments(&server, &[])));
    let done =
        command.envs([("AWS_CONTAINER_CREDENTIALS_FULL_URI", nobody.as_str()), home]).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code() == Some(2) && said.contains("no credentials at `"), "{said}");
}

#[test]
fn a_run_starts_where_it_is_told() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 2)]) else { return };
    let lines = rows(0, 900);
    server.put("readings", &texts(&lines[..300]), 9);
    std::thread::sleep(Duration::from_secs(2));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() - 1;
    server.put("readings", &texts(&lines[300..600]), 9);
    let mut date = std::process::Command::new("date");
    let date = date.args(["-u", "-d", &format!("@{now}"), "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    let date = String::from_utf8(date.stdout).unwrap();
    let live = Live::start(&sandbox, &arguments(&server, &["--since", date.trim()]), KEYS);
    live.has_read(300);
    live.stop();
    // From the latest on, and where nothing came before the run was killed: from that moment on.
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
    let words = arguments(&server, &kept);
    std::thread::sleep(Duration::from_secs(1));
    let live = Live::start(&sandbox, &words, KEYS);
    std::thread::sleep(Duration::from_millis(500));
    live.stop();
    server.put("readings", &texts(&lines[600..]), 9);
    let live = Live::start(&sandbox, &words, KEYS);
    live.has_read(300);
    live.stop();
}

#[test]
fn what_can_not_be_read_live_is_told() {
    let sandbox = Sandbox::new();
    let Some(mut server) = started(&sandbox, &[("readings", 1)]) else { return };
    let run = |more: &[&str], keys: &[(&str, &str)], words: &[&str]| {
        let arguments = [&["run", "means", "p"][..], more].concat();
        let mut command = sandbox.command(&arguments);
        command.env_remove("AWS_ACCESS_KEY_ID").env("HOME", sandbox.root()).envs(keys.iter().copied());
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && words.iter().all(|word| said.contains(word)), "{said}");
    };
    let at = format!("readings={}", server.address);
    let live = ["--from", "readings=live", "--endpoint", &at];
    let none = [("AWS_EC2_METADATA_DISABLED", "true")];
    run(&live, &none, &["no AWS credentials", "aws configure export-credentials"]);
    run(&["--from", "readings=live", "--endpoint", "readings=here"], KEYS, &["`here` is no endpoint"]);
    run(&["--from", "readings=live", "--endpoint", "reading=here"], KEYS, &["did you mean `readings`?"]);
    run(&["--from", "readings=a.jsonl", "--endpoint", &at], KEYS, &["is not live; `--from readings=live`"]);
    run(
        &["--from", "readings=live", "--endpoint", "averages=here"],
        KEYS,
        &["is not live; `--to averages=live`"],
    );
    let since = ["--from", "readings=a.jsonl", "--since", "latest"];
    run(&since, KEYS, &["`--since` is of live streams that are read, and none is; `--from readings=live`"]);
    run(&[&since[..], &["--to", "averages=live"]].concat(), KEYS, &["`--from readings=live`"]);
    run(&["--from", "readings=live", "--since", "noon"], KEYS, &["expected `latest`, `earliest`"]);
    run(&["--from", "readings=live", "--from", "readings=live"], KEYS, &["is given twice"]);
    run(&[&live[..], &["--to", "averages=a.parquet"]].concat(), KEYS, &["a live stream does not end"]);
    server.ask(&json!({ "call": "delete_stream", "with": { "StreamName": "readings" } }));
    run(&live, KEYS, &["`readings`: ResourceNotFoundException"]);
    let program = program(|name| format!("kinesis({name:?})")).replacen(
        "\n  watermark",
        "\n  format = csv\n  watermark",
        1,
    );
    sandbox.write("p/a.dpl", program.replace("on_invalid = divert(rejected)", "on_invalid = drop"));
    run(&live, KEYS, &["live streams are read and written as JSON alone"]);
}
