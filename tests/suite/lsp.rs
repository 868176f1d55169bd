//! What an editor is answered: completion at a place that `|` marks, and what goes with it. Sessions over the protocol are in `tests/oracles/lsp`.

use std::collections::BTreeSet;
use std::path::Path;

use dpl::lsp::{
    complete,
    document::Document,
    hints, lens, signature,
    workspace::{Snapshot, Text, Workspace},
};
use dpl::platform::Project;
use lsp_types::{InlayHintLabel, ParameterLabel, Position, Range, Uri};

const PLATFORM: &str = r#"
account lake { id = "222222222222", region = "us-east-1" }
key lake_key in lake {}
bucket data in lake { encryption = lake_key, tags = { Team = "data", "cost:center" = "7" } }
topic alarms in lake {}
role Reader in lake { trust = [lake] }
stream readings : Reading in lake { connector = kinesis("readings"), format = json, watermark = at - 5s, late = drop }
schema Reading {
  sensor : string
  at     : timestamp(3)
}
function validate(file: string) -> boolean in lake = lambda("validate")
domain sales in lake {
  location = data / "sales"
  owner    = Reader
  table orders {
    id    : string key
    since : timestamp(3)
  }
}
"#;

fn understood(text: &str) -> Snapshot {
    let file = |path: &str, module: &str, text: &str| Text {
        path: path.into(),
        module: module.into(),
        text: text.into(),
    };
    Workspace::new(vec![file("p.dpl", "p", PLATFORM), file("t.dpl", "t", text)], Project::default()).analyze()
}

/// What is offered where the mark is.
fn offered(marked: &str) -> BTreeSet<String> {
    let at = marked.find('|').unwrap();
    let text = marked.replacen('|', "", 1);
    let snapshot = understood("use p\n");
    let list = complete::complete(&Document::new(text), Some(&snapshot), "t.dpl", at);
    list.items.into_iter().map(|item| item.label).collect()
}

#[track_caller]
fn offers(marked: &str, wanted: &[&str], unwanted: &[&str]) {
    let found = offered(marked);
    let missing: Vec<_> = wanted.iter().filter(|one| !found.contains(**one)).collect();
    let odd: Vec<_> = unwanted.iter().filter(|one| found.contains(**one)).collect();
    assert!(missing.is_empty() && odd.is_empty(), "{marked}\nmissing {missing:?}, odd {odd:?} of {found:?}");
}

#[test]
fn a_partial_field_above_another_is_a_field() {
    let fields = ["lifecycle", "encryption", "name"];
    offers(
        "bucket b in lake {\n  ob|\n  versioning = true\n}\n",
        &fields,
        &["bucket", "grant", "versioning"],
    );
    offers("bucket b in lake {\n  ob|\n}\n", &fields, &["bucket", "grant"]);
    offers("bucket b in lake {\n  ob|", &fields, &["bucket", "grant"]);
    offers(
        "bucket b in lake {\n  versioning = true\n  ob|\n\nbucket c in lake {}\n",
        &fields,
        &["versioning", "grant"],
    );
    offers("bucket b in lake {\n  versioning = true, ob|\n}", &fields, &["versioning", "grant"]);
    offers("bucket a in lake {\n\nbu|\n", &["bucket", "grant"], &["lifecycle"]);
}

#[test]
fn a_value_is_of_its_fields_type() {
    offers(
        "bucket b in lake {\n  encryption = |\n  versioning = true\n}",
        &["lake_key"],
        &["data", "bucket"],
    );
    offers("bucket b in lake {\n  versioning = t|\n  na\n}", &["true", "false"], &["data"]);
    offers("pipeline p in lake {\n  alerts = |\n}", &["alarms"], &["data", "upper"]);
    offers(
        "domain d in lake {\n  table t {\n    id : string\n    contract {\n      alerts = |\n",
        &["alarms"],
        &["data"],
    );
}

#[test]
fn a_contract_has_its_fields_and_the_tables_columns() {
    let table = "domain d in lake {\n  bucket = data\n  table t {\n    id : string\n    at : timestamp(3)\n    contract {\n      ";
    offers(
        &format!("{table}|\n      version = \"1.0.0\"\n    }}\n"),
        &["freshness", "compatible", "alerts"],
        &["version", "bucket"],
    );
    offers(&format!("{table}fr|\n"), &["freshness", "fresh_by"], &["bucket"]);
    offers(&format!("{table}compatible = |\n    }}"), &["backward", "full"], &["data"]);
    offers(&format!("{table}fresh_by = |\n    }}"), &["id", "at"], &["data"]);
}

#[test]
fn tags_are_those_of_the_program() {
    offers("bucket b in lake {\n  tags = { | }\n}", &["Team", "cost:center"], &["data"]);
    offers(
        "bucket b in lake {\n  tags = { Team = \"x\", Co| }\n  versioning = true\n}",
        &["cost:center"],
        &["data"],
    );
}

#[test]
fn conditions_are_offered_behind_when_and_their_values() {
    let conditions = ["mfa", "source_vpce", "tag", "not"];
    offers("grant read on data to Reader when |\n", &conditions, &["data"]);
    offers("grant read on data\n  to Reader\n  when mfa and |\n", &conditions, &["data"]);
    offers("grant read on data to Reader when mfa = |\n", &["true", "false"], &["source_vpce"]);
    offers("grant read on data to Reader\n  w|\n", &["when", "until", "where"], &["source_vpce"]);
    offers("grant read on data to |\n", &["Reader", "lake"], &["data"]);
    offers("grant read, | on data to Reader\n", &["write", "s3"], &["Reader"]);
}

#[test]
fn triggers_have_their_arguments() {
    let pipeline = "pipeline p(event: json) in lake {\n  trigger = ";
    offers(
        &format!("{pipeline}|\n}}"),
        &["object_created", "cron", "records", "finished"],
        &["upper", "flink"],
    );
    offers(&format!("{pipeline}records(readings, |\n}}"), &["batch", "wait", "start"], &["upper"]);
    offers(
        &format!("{pipeline}records(readings, start = |)\n}}"),
        &["latest", "earliest"],
        &["batch", "data"],
    );
    offers(&format!("{pipeline}records(|)\n}}"), &["readings"], &["alarms"]);
    offers(&format!("{pipeline}object_created(|)\n}}"), &["data"], &["alarms"]);
}

#[test]
fn an_application_has_its_fields() {
    let query = "query q into readings {\n  application = ";
    offers(&format!("{query}|\n}} as SELECT 1;"), &["flink"], &["records"]);
    let fields: Vec<String> = offered(&format!("{query}flink(|)\n}} as SELECT 1;")).into_iter().collect();
    assert!(fields.len() > 2 && fields.contains(&"code".to_owned()), "{fields:?}");
}

#[test]
fn expressions_have_functions_with_types_and_what_is_bound() {
    let text = "pipeline p(file: string) in lake {\n  let ok = validate(file)\n  for each in [1] {\n    let x = |\n  }\n}\n";
    offers(text, &["file", "ok", "each", "upper", "validate", "data"], &["x", "grant"]);
    offers(
        "pipeline p(file: string) in lake {\n  let ok = validate(f|)\n}\n",
        &["file", "upper"],
        &["grant"],
    );
    offers(
        "pipeline p(file: string) in lake {\n  le|\n  return 1\n}\n",
        &["let", "validate", "timeout"],
        &["grant"],
    );
    offers(
        "pipeline p(file: string) in lake {\n  if file == \"a\" {\n    va|\n  }\n}\n",
        &["let", "validate"],
        &["timeout"],
    );
    let snapshot = understood("use p\n");
    let text = "pipeline p(file: string) in lake {\n  let ok = \n}\n";
    let list =
        complete::complete(&Document::new(text), Some(&snapshot), "t.dpl", text.find("= \n").unwrap() + 2);
    let detail =
        |label: &str| list.items.iter().find(|item| item.label == label).unwrap().detail.clone().unwrap();
    assert_eq!(detail("upper"), "upper(text: string) -> string");
    assert_eq!(detail("validate"), "validate(file: string) -> boolean");
}

const WORK: &str = r#"use p
pipeline load(file: string length 1..100) in lake {
  let ok   = validate(file)
  let copy = "{file}.copy"
  if ok {
    publish(alarms, message = copy)
  }
}
stream counts : Count in lake { connector = kinesis("counts"), format = json }
schema Count {
  sensor : string
  rows   : bigint
}
query count into counts as
SELECT sensor, COUNT(*) AS `rows`
FROM TUMBLE(readings, at, INTERVAL '1' MINUTE)
GROUP BY sensor, window_start, window_end;
grant read on data to Reader
test loads for load {
  given { file = "a" }
  when validate(_) -> true
  expect publish(alarms, message = "a.copy")
}
"#;

fn all_of(text: &str) -> Range {
    Range { start: Position::default(), end: Position { line: text.lines().count() as u32, character: 0 } }
}

/// Each hint behind the line that it stands on.
fn hinted(text: &str) -> Vec<(String, String)> {
    let snapshot = understood(text);
    assert_eq!(
        snapshot.analysis.diagnostics.iter().map(|it| &it.message).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let one = |hint: lsp_types::InlayHint| {
        let InlayHintLabel::String(label) = hint.label else { panic!("parts") };
        let line = text.lines().nth(hint.position.line as usize).unwrap();
        (line[..hint.position.character as usize].trim().to_owned(), label)
    };
    hints::hints(&snapshot, "t.dpl", all_of(text)).into_iter().map(one).collect()
}

#[test]
fn hints_say_what_was_worked_out() {
    let found = hinted(WORK);
    let said = |line: &str, label: &str| {
        assert!(
            found.iter().any(|(on, it)| on.starts_with(line) && it.contains(label)),
            "{line} {label}: {found:#?}"
        );
    };
    said("pipeline load", "may: lambda InvokeFunction validate, sns publish alarms");
    said("pipeline load", "values ≤");
    said("let ok", ": boolean, ≤ 5 B");
    // 100 characters of four bytes, `.copy`, and the quotes.
    said("let copy", ": string, ≤ 407 B");
    said("query count", "kinesis");
    said("FROM TUMBLE", "result within 65s");
}

#[test]
fn lenses_count_readers_and_tests() {
    let snapshot = understood(WORK);
    let uri: Uri = "file:///t.dpl".parse().unwrap();
    let lenses = lens::lenses(&snapshot, "t.dpl", &uri);
    let titles: Vec<(u32, String)> = lenses
        .iter()
        .filter_map(|lens| Some((lens.range.start.line, lens.command.as_ref()?.title.clone())))
        .collect();
    assert!(titles.contains(&(1, "1 test".to_owned())), "{titles:?}");
    assert!(titles.contains(&(1, "show artifacts".to_owned())), "{titles:?}");
    let of_data = snapshot.analysis.platform.of_kind("bucket").find(|(_, it)| it.name == "data").unwrap().0;
    let readers = dpl::graph::readers(&snapshot.analysis.platform, &snapshot.analysis.access, &[of_data]);
    let lens = lens::with_readers(lenses[0].clone(), readers[0].as_deref());
    assert_eq!(lens.command.unwrap().title, "1 role can read");
    assert_eq!(lens::with_readers(lenses[0].clone(), None).command.unwrap().title, "nobody can read");
    // Of a program with errors nothing is proved.
    assert!(lens::lenses(&understood(&WORK.replace("Reader", "Raeder")), "t.dpl", &uri).is_empty());
}

#[test]
fn a_call_shows_its_parameters() {
    let shown = |marked: &str| {
        let at = marked.find('|').unwrap();
        let snapshot = understood("use p\n");
        let help = signature::help(&Document::new(marked.replacen('|', "", 1)), Some(&snapshot), at)?;
        let one = help.signatures[help.active_signature.unwrap() as usize].clone();
        let active = one.active_parameter.map(|it| one.parameters.unwrap()[it as usize].label.clone());
        Some((one.label, active))
    };
    let (label, active) = shown("pipeline p(f: string) in lake {\n  let x = round(1.5, |)\n}\n").unwrap();
    assert_eq!(label, "round(x: N, digits: int) -> double");
    assert_eq!(active, Some(ParameterLabel::Simple("digits: int".into())));
    let (label, _) = shown("pipeline p(f: string) in lake {\n  let x = validate(|)\n}\n").unwrap();
    assert_eq!(label, "validate(file: string) -> boolean");
    let (_, active) =
        shown("pipeline p(f: json) in lake {\n  trigger = records(readings, wait = |)\n}\n").unwrap();
    assert_eq!(active, Some(ParameterLabel::Simple("wait: duration?".into())));
    assert_eq!(shown("bucket b in lake {\n  |\n}\n"), None);
}

/// The codes and messages of a text.
type Said = Vec<(String, String)>;

/// What is said of one text, and of each whether it has a mend.
fn said(text: &str) -> (Said, Vec<(usize, dpl::diagnostic::Fix)>) {
    let mut sources = dpl::sources();
    let id = sources.add("t.dpl", "t", text, false);
    let start = sources.file(id).unwrap().span().start;
    let analysis = dpl::analyze(sources, Project::default());
    let all = analysis.diagnostics.iter().map(|one| (one.code.to_string(), one.message.clone())).collect();
    let mends = analysis.diagnostics.iter().enumerate().filter_map(|(at, one)| {
        let mut fix = one.fix.clone()?;
        (fix.span.start, fix.span.end) =
            (fix.span.start.checked_sub(start)?, fix.span.end.checked_sub(start)?);
        Some((at, fix))
    });
    (all, mends.collect())
}

/// Of every diagnostic of every case that has a mend: once it is applied, that is not said any more.
#[test]
fn every_mend_mends() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/errors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "dpl"));
    files.sort();
    let (mut mended, mut left) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (all, mends) = said(&text);
        for (at, fix) in mends {
            let mut new = text.clone();
            new.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
            let count = |list: &Said| list.iter().filter(|one| **one == all[at]).count();
            if count(&said(&new).0) < count(&all) {
                mended += 1;
            } else {
                left.push(format!("{}: {:?} by {:?}", file.display(), all[at], fix.replacement));
            }
        }
    }
    assert!(left.is_empty(), "{mended} mended, not:\n{}", left.join("\n"));
    assert!(mended > 20, "{mended}");
}
