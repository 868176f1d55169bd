//! Queries as Rust crates: built offline, and run beside `dpl run` on the same rows.

use std::path::{Path, PathBuf};
use std::process::Command;

use dpl::native::{native, rust};
use dpl::platform::Project;
use dpl::run::Schema;

use crate::command::Sandbox;

/// Rows of acme's stream in and out of the schema's layout: late ones, broken ones, other orders, escapes, a row without an end of line.
fn rows() -> String {
    let mut text = String::new();
    for at in 0..4000_u64 {
        let (minute, second) = (at / 600, at / 10 % 60);
        let device = at * 7919 % 13;
        // Some devices are cold and some are hot, so that HAVING lets both through.
        let celsius = (device * 6000 + at * 104_729 % 9000) as f64 / 1000.0 - 6.0;
        let time = format!("2026-01-01T00:{minute:02}:{second:02}.{:03}", at % 10 * 100);
        let humidity = at % 100;
        text += &match at % 97 {
            3 => format!(
                "{{\"timestamp\": \"{time}\" , \"device_id\":\"d{device}\",\"x\":[{{\"y\":null}}],\"humidity\":1,\"temperature\":{celsius}}}\n"
            ),
            5 => format!(
                "{{\"device_id\":\"d\\u0031\",\"temperature\":{celsius},\"humidity\":{humidity},\"timestamp\":\"{time}\"}}\r\n"
            ),
            7 => format!(
                "{{\"device_id\":\"d{device}\",\"temperature\":4000.5,\"humidity\":{humidity},\"timestamp\":\"{time}\"}}\n"
            ),
            11 => format!("{{\"device_id\":\"d{device}\",\"temp\n\n"),
            13 => format!(
                "{{\"device_id\":\"late\",\"temperature\":60.25,\"humidity\":3.5,\"timestamp\":\"2026-01-01T00:00:0{}\"}}\n",
                at % 10
            ),
            17 => format!(
                "{{\"device_id\":null,\"temperature\":1e1,\"humidity\":{humidity},\"timestamp\":\"{time}\"}}\n"
            ),
            _ => format!(
                "{{\"device_id\":\"d{device}\",\"temperature\":{celsius},\"humidity\":{humidity},\"timestamp\":\"{time}\"}}\n"
            ),
        };
    }
    text + "{\"device_id\":\"last\",\"temperature\":55.5,\"humidity\":1,\"timestamp\":\"2026-01-01T00:07:00\"}"
}

/// The program that a crate becomes; nothing where the registry's crates are not on this machine, which is said.
fn built(folder: &Path) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crates");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--locked", "--message-format=short"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("--offline was specified") {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "the crates are required with CI=true: {said}");
        eprintln!("SKIPPED: a generated crate is not built: {said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("warning"), "{said}");
    Some(target.join("debug/query-temperature-alerts"))
}

#[test]
fn a_crate_of_a_query_writes_the_bytes_that_dpl_run_writes() {
    let sandbox = Sandbox::new();
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    let acme = acme.to_str().unwrap();
    let said = sandbox.dpl(&["build", acme, "--target", "native", "-o", "out"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    sandbox.write("rows.jsonl", rows());
    let bindings = |to: &str| {
        [
            "--from".to_string(),
            "iot_stream=rows.jsonl".to_string(),
            "--to".to_string(),
            format!("alert_sink={to}.jsonl"),
            "--to".to_string(),
            format!("rejected_readings={to}.rejected.jsonl"),
        ]
    };
    let here = bindings("here");
    let mut arguments = vec!["run", "temperature_alerts", acme];
    arguments.extend(here.iter().map(String::as_str));
    let said = sandbox.dpl(&arguments);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        sandbox.read("here.jsonl").lines().count() > 20
            && sandbox.read("here.rejected.jsonl").lines().count() > 80
    );

    let Some(program) = built(&sandbox.path("out/prod/native/temperature_alerts")) else { return };
    let output = Command::new(&program).args(bindings("there")).current_dir(sandbox.root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in ["jsonl", "rejected.jsonl"] {
        assert_eq!(sandbox.read(&format!("here.{file}")), sandbox.read(&format!("there.{file}")), "{file}");
    }
    let output =
        Command::new(&program).args(["--from", "nothing=rows.jsonl"]).current_dir(sandbox.root()).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}

#[test]
fn names_become_escaped_literals_and_nothing_else() {
    let mut sources = dpl::sources();
    for file in ["accounts", "streaming"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/acme/{file}.dpl"));
        sources.add(path.to_string_lossy(), file, std::fs::read_to_string(&path).unwrap(), false);
    }
    let analysis = dpl::analyze(sources, Project::default());
    let platform = &analysis.platform;
    let mut made = native(platform, &platform.queries[0]).unwrap();
    let row =
        |files: Vec<(String, String)>| files.into_iter().find(|(path, _)| path == "src/row.rs").unwrap().1;
    let plain = row(rust::files(platform, &made, "q"));
    let name = "a\"]; } fn main() {} // \\\n\u{2028}\u{202e}*/ {{ 1 }}";
    let mut fields = made.job.inputs[0].schema.fields().to_vec();
    fields[0].name = name.to_string();
    made.job.inputs[0].schema = Schema::new(fields).unwrap();
    let member = serde_json::to_string(name).unwrap();
    let escaped = member.as_bytes().escape_ascii().to_string();
    assert!(escaped.is_ascii() && !escaped.contains('\n'));
    assert_eq!(row(rust::files(platform, &made, name)), plain.replace("\\\"device_id\\\"", &escaped));
    let files = rust::files(platform, &made, name);
    let manifest = &files.iter().find(|(path, _)| path == "Cargo.toml").unwrap().1;
    assert!(manifest.starts_with("[package]\nname = \"query-a----"), "{manifest}");
    assert_eq!(manifest.lines().next_back(), Some("[workspace]"));
}
