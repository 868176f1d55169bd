//! The versions of Flink that SQL is generated for beside the newest, which the other tests run: each plans every statement of `acme` and of
//! a query of each file in `tests/cases/queries`, and gives the same rows where a version has no bug of its own. Where it has, the compiler warns.
//! `DPL_PLANS=all cargo test flink_versions` plans all queries of the files, which takes a minute more of each version.

use std::{collections::BTreeSet, ffi::OsString, fs};

use dpl::{native::native, platform::Project};

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

/// Queries that only later versions plan.
const LATER: &str = r#"account prod { id = "666666666666", region = "us-east-1" }
schema Reading { device : string, tags : list<string>, celsius : double, at : timestamp(3) }
schema Tag { device : string, tag : string, place : int }
schema Found { device : string, celsius : double? }
stream readings : Reading in prod { connector = kinesis("readings"), watermark = at - 2s, late = drop }
stream tags : Tag in prod { connector = kinesis("tags") }
stream found : Found in prod { connector = kinesis("found") }
query with_places into tags as
  SELECT r.device, t.tag, t.place FROM readings AS r CROSS JOIN UNNEST(r.tags) WITH ORDINALITY AS t (tag, place);
query of_matches into found as
  SELECT device, celsius
  FROM (
    SELECT device, celsius, told
    FROM readings MATCH_RECOGNIZE (
      PARTITION BY device
      ORDER BY at
      MEASURES LAST(b.celsius) AS celsius, MATCH_ROWTIME() AS told
      PATTERN (a b)
      DEFINE a AS a.celsius > 4, b AS b.celsius < 3
    ) AS n
  ) MATCH_RECOGNIZE (
    PARTITION BY device ORDER BY told MEASURES LAST(b.celsius) AS celsius PATTERN (a b) DEFINE a AS a.celsius = 1, b AS b.celsius = 2
  ) AS m;
"#;

#[test]
fn flink_1_20_plans_nothing_that_is_refused_for_it() {
    let analysis = |version: &str| {
        let mut sources = dpl::sources();
        sources.add("later.dpl", "later", LATER, false);
        dpl::analyze(sources, Project { flink: Some(version.into()), ..Project::default() })
    };
    let refused =
        analysis("1.20").diagnostics.iter().filter(|told| told.code.to_string() == "DPL0737").count();
    assert_eq!(refused, 2);
    let folder = tempfile::tempdir().unwrap();
    let analysis = analysis("2.2");
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    let mut arguments: Vec<OsString> = Vec::new();
    for query in &analysis.platform.queries {
        let name = &analysis.platform.resource(query.resource).name;
        let file = folder.path().join(format!("{name}.sql"));
        fs::write(&file, dpl::target::flink::script(&analysis.platform, query)).unwrap();
        arguments.extend([file.into(), "--explain".into()]);
    }
    for (version, planned) in [("1.20", false), ("2.2", true)] {
        let arguments: Vec<OsString> =
            ["--version".into(), version.into()].into_iter().chain(arguments.iter().cloned()).collect();
        let parts = [format!("flink-{version}"), format!("runner-{version}")];
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let Some(done) = oracle::run("flink/run", &parts, &arguments) else { return };
        let out = String::from_utf8_lossy(&done.stdout);
        assert_eq!(out.matches(&format!("\"ok\": {planned}")).count(), 2, "Flink {version}:\n{out}");
    }
}
