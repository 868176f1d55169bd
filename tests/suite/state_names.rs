//! Names of states stay what they are when other lines of a pipeline change.

use std::collections::{BTreeMap, BTreeSet};

use dpl::{
    Analysis,
    platform::pipeline::{Step, StepKind},
};
use serde_json::Value as Json;

use super::programs::{analyze, example, messages};

/// The function that inserted statements call.
const PROBE: &str = "\nfunction probe_it(word: string) in prod = lambda(\"probe-it\")\n";

/// Each state's name with what it does: without where it leads, and without the names of variables, which change when something is inserted.
fn states(analysis: &Analysis) -> BTreeMap<String, String> {
    assert!(!analysis.has_errors(), "{}", messages(analysis));
    let mut states = BTreeMap::new();
    for file in dpl::compile(analysis, &["states".to_owned()]).files {
        if file.path.ends_with(".asl.json") {
            collect(&file.path, &serde_json::from_str(&file.text).unwrap(), &mut states);
        }
    }
    states
}

fn collect(machine: &str, flow: &Json, states: &mut BTreeMap<String, String>) {
    for (name, state) in flow["States"].as_object().unwrap() {
        let parts = ["Type", "Resource", "Error", "Seconds"].map(|part| state[part].to_string());
        let arguments = state["Arguments"].to_string();
        let constant: String = arguments.split("{%").map(|part| part.rsplit("%}").next().unwrap()).collect();
        states.insert(format!("{machine}: {name}"), format!("{} {constant}", parts.join(" ")));
        let branches = state["Branches"].as_array().into_iter().flatten();
        branches.chain(state.get("ItemProcessor")).for_each(|inner| collect(machine, inner, states));
    }
}

/// Where statements begin that have a line to themselves.
fn places(analysis: &Analysis, text: &str) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    for pipeline in &analysis.platform.pipelines {
        add(analysis, &pipeline.body, text, &mut places);
    }
    places
}

fn add(analysis: &Analysis, steps: &[Step], text: &str, places: &mut BTreeSet<usize>) {
    for step in steps {
        let (_, position) = analysis.sources.position(step.span.start).unwrap();
        let line: usize = text.lines().take(position.line as usize - 1).map(|line| line.len() + 1).sum();
        let indent = text[line..].len() - text[line..].trim_start().len();
        if indent + 1 == position.column as usize {
            places.insert(line);
        }
        match &step.kind {
            StepKind::Choose(choice) => {
                let bodies = choice.arms.iter().map(|arm| &arm.body).chain(&choice.otherwise);
                bodies.for_each(|body| add(analysis, body, text, places));
            }
            // A statement of its own in a `parallel` is a branch of its own, and shows in its name.
            StepKind::For(each) => add(analysis, &each.body, text, places),
            StepKind::Try(body, catches) => {
                add(analysis, body, text, places);
                catches.iter().for_each(|catch| add(analysis, &catch.body, text, places));
            }
            _ => {}
        }
    }
}

/// Programs of one module, with a function more.
fn programs() -> Vec<(String, String)> {
    let mut programs = Vec::new();
    for path in [
        "tests/cases/targets/pipelines/choices.dpl",
        "tests/cases/targets/pipelines/errors.dpl",
        "tests/cases/targets/pipelines/loops.dpl",
        "tests/cases/silent/odd.dpl",
        "tests/cases/silent/pipelines.dpl",
    ] {
        let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        programs.push((path.to_owned(), format!("{text}{PROBE}")));
    }
    let acme: String = example("acme").into_iter().map(|(_, text)| text + "\n").collect();
    let acme: Vec<&str> = acme.lines().filter(|line| !line.starts_with("use ")).collect();
    programs.push(("acme".to_owned(), format!("{}{PROBE}", acme.join("\n"))));
    programs
}

fn one(text: &str) -> Analysis {
    analyze(&[("program".to_owned(), text.to_owned())])
}

#[test]
fn a_new_statement_renames_no_other() {
    let mut inserted = 0;
    for (path, text) in programs() {
        let analysis = one(&text);
        let before = states(&analysis);
        for place in places(&analysis, &text) {
            for statement in ["probe_it(\"new\")", "wait 77s"] {
                let (head, tail) = text.split_at(place);
                let changed = one(&format!("{head}{statement}\n{tail}"));
                let after = states(&changed);
                for (name, does) in &before {
                    let kept =
                        after.get(name) == Some(does) || !after.contains_key(name) && name.contains(": Done");
                    assert!(
                        kept,
                        "{path}: `{statement}` at {place} changes `{name}` to {:?}",
                        after.get(name)
                    );
                }
                inserted += 1;
            }
        }
    }
    assert!(inserted > 150, "only {inserted} statements");
}

#[test]
fn one_more_call_of_the_same_function_renames_none_that_is_told_apart() {
    let program = |statements: &str| {
        format!(
            "account prod {{ id = \"666666666666\", region = \"us-east-1\" }}\n\
             function load(key: string) in prod = lambda(\"load\")\n\
             function get(key: string) -> string length 0..9 in prod = lambda(\"get\")\n\
             pipeline p(key: string) in prod {{\n{statements}\n}}"
        )
    };
    let lines =
        ["load(\"a\")", "load(key)", "let x = get(key)", "let y = get(x)", "load(\"{x}{y}\")", "wait 5s"];
    let before = states(&one(&program(&lines.join("\n"))));
    assert_eq!(before.len(), lines.len());
    for at in 0..=lines.len() {
        for new in ["load(\"new\")", "let _z = get(\"new\")"] {
            let mut longer = lines.to_vec();
            longer.insert(at, new);
            let after = states(&one(&program(&longer.join("\n"))));
            assert!(
                before.iter().all(|(name, does)| after.get(name) == Some(does)),
                "{new} at {at}: {after:#?}"
            );
        }
    }
}
