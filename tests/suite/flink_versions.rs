//! The versions of Flink that SQL is generated for beside the newest, which the other tests run: each plans every statement of `acme` and of
//! a query of each file in `tests/cases/queries`, and gives the same rows where a version has no bug of its own. Where it has, the compiler warns.
//! `DPL_PLANS=all cargo test flink_versions` plans all queries of the files, which takes a minute more of each version.

use std::{collections::BTreeSet, ffi::OsString, fs};

use dpl::native::native;

use super::{
    flink::{Case, cases, difference, run_native},
    oracle,
};

/// Queries that each version also runs, and the code that warns of what it may do wrong there, which depends on the rows.
const RUN: &[(&str, Option<&str>)] = &[
    ("tumbling", Some("DPL0748")),
    ("hopping", None),
    ("visits", None),
    ("times_and_conditions", None),
    ("spread_in_tumbling", Some("DPL0749")),
    ("growing", None),
    ("early_growth", Some("DPL0748")),
];

/// What runs of a case do not agree on.
fn apart(case: &Case) -> Option<String> {
    let job = native(case.platform(), case.query()).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let (results, _) = run_native(&job, &|stream| case.rows(stream));
    difference(case, job.sink, &results)
}

fn plans_and_runs(version: &str) {
    let folder = tempfile::tempdir().unwrap();
    let run = |case: &Case| RUN.iter().find(|(name, _)| case.name == *name);
    let all = std::env::var("DPL_PLANS").as_deref() == Ok("all");
    let mut files = BTreeSet::new();
    let mut cases = cases(folder.path());
    cases.retain(|case| files.insert(case.rows.clone()) || all || run(case).is_some());
    let mut arguments: Vec<OsString> = vec!["--version".into(), version.into()];
    for case in &cases {
        if run(case).is_some() {
            arguments.extend(case.arguments());
        } else {
            arguments.extend([case.script.clone().into(), "--explain".into()]);
        }
    }
    let parts = [format!("flink-{version}"), format!("runner-{version}")];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let Some(done) = oracle::run("flink/run", &parts, &arguments) else { return };
    let out = String::from_utf8_lossy(&done.stdout);
    for case in &cases {
        let script = format!("{:?}", case.script.display().to_string());
        let planned = out.lines().any(|line| line.contains(&script) && line.contains("\"ok\": true"));
        assert!(planned, "Flink {version}, {}:\n{out}", case.name);
    }
    let found: Vec<&Case> = cases.iter().filter(|case| run(case).is_some()).collect();
    assert_eq!(found.len(), RUN.len(), "these queries are run");
    for case in found {
        let known = run(case).and_then(|(_, code)| *code);
        let apart = apart(case);
        assert!(apart.is_none() || known.is_some(), "Flink {version}: {}", apart.unwrap_or_default());
        if let Some(code) = known {
            let span = case.query().span;
            let warned = case.analysis.diagnostics.iter().any(|told| {
                told.code.to_string() == code && span.start <= told.span.start && told.span.end <= span.end
            });
            assert!(warned, "{}: no {code}", case.name);
        }
        assert!(!fs::read_to_string(case.sink_file(case.query().sink)).unwrap().is_empty(), "{}", case.name);
    }
}

#[test]
fn flink_1_20_plans_every_statement() {
    plans_and_runs("1.20");
}

#[test]
fn flink_2_2_plans_every_statement() {
    plans_and_runs("2.2");
}
