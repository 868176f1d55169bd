//! Every state machine that is generated, walked: each state can be reached, none does nothing, and each variable has a value wherever it is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use dpl::{Analysis, platform::Project};
use serde_json::{Value as Json, json};

use super::programs;

type Names = BTreeSet<String>;

/// What is wrong with a machine, each fault in a line.
pub fn faults(machine: &Json) -> Vec<String> {
    let mut walk = Walk::default();
    walk.flow(machine, &Names::new(), &Names::new());
    for (name, place) in &walk.assigned {
        if !walk.read.contains(name) {
            walk.faults.push(format!("{place}: `${name}` is assigned and never read"));
        }
    }
    walk.faults
}

#[derive(Default)]
struct Walk {
    faults: Vec<String>,
    states: Names,
    /// Each variable with a state that assigns it.
    assigned: BTreeMap<String, String>,
    read: Names,
}

/// A way out of a state: where it leads, and what it assigns.
type Way<'m> = (&'m str, Option<&'m Json>);

impl Walk {
    fn fault(&mut self, place: &str, what: &str) {
        self.faults.push(format!("{place}: {what}"));
    }

    /// A machine, a branch or a loop's body. `outside` is what the machines around it assign anywhere, `known` what has a value when it begins.
    fn flow(&mut self, flow: &Json, outside: &Names, known: &Names) {
        let states = flow["States"].as_object().unwrap();
        let start = flow["StartAt"].as_str().unwrap();
        let own: Names = states.values().flat_map(assignments).flat_map(names_of).collect();
        for name in own.intersection(outside) {
            self.fault(start, &format!("`${name}` is assigned here, and outside too"));
        }
        let around: Names = outside.union(&own).cloned().collect();
        let entered = entered(states, start, known);
        for (name, state) in states {
            if !self.states.insert(name.clone()) || name.chars().count() > 80 || name.is_empty() {
                self.fault(name, "no name for a state: it is there already, or too long");
            }
            match entered.get(name.as_str()) {
                None => self.fault(name, "nothing leads here"),
                Some(known) => self.state(name, state, known),
            }
            for (target, _) in ways(state).into_iter().filter(|(target, _)| !states.contains_key(*target)) {
                self.fault(name, &format!("leads to `{target}`, which is not there"));
            }
            let inside = entered.get(name.as_str()).unwrap_or(known);
            for inner in inner_flows(state) {
                self.flow(inner, &around, inside);
            }
        }
    }

    fn state(&mut self, name: &str, state: &Json, known: &Names) {
        let kind = state["Type"].as_str().unwrap();
        if kind == "Pass" && names_of(&state["Assign"]).is_empty() {
            self.fault(name, "does nothing");
        }
        let mut targets: Vec<&str> = ways(state).into_iter().map(|(target, _)| target).collect();
        targets.dedup();
        if kind == "Choice" && targets.len() < 2 && state.get("Default").is_some() {
            self.fault(name, "decides nothing");
        }
        for assign in assignments(state) {
            for variable in names_of(assign) {
                self.assigned.entry(variable).or_insert_with(|| name.to_owned());
            }
        }
        let mut own = state.clone();
        for inner in ["Branches", "ItemProcessor"] {
            own.as_object_mut().unwrap().remove(inner);
        }
        let mut read = Names::new();
        expressions(&own, &mut |expression| read.extend(variables(expression)));
        for variable in read.difference(known) {
            self.fault(name, &format!("reads `${variable}`, which need not have a value"));
        }
        self.read.extend(read);
    }
}

/// What has a value for certain when each state is entered; nothing for a state that is not.
fn entered<'m>(
    states: &'m serde_json::Map<String, Json>,
    start: &'m str,
    known: &Names,
) -> BTreeMap<&'m str, Names> {
    let mut entered: BTreeMap<&str, Names> = BTreeMap::from([(start, known.clone())]);
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        let Some(state) = states.get(name) else { continue };
        let before = entered[name].clone();
        for (target, assign) in ways(state) {
            let mut behind = before.clone();
            behind.extend(assign.into_iter().flat_map(names_of));
            let merged = match entered.get(target) {
                Some(other) => other.intersection(&behind).cloned().collect(),
                None => behind,
            };
            if entered.get(target) != Some(&merged) {
                entered.insert(target, merged);
                open.push(target);
            }
        }
    }
    entered
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn ways(state: &Json) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    ways.extend(state["Next"].as_str().map(|next| (next, state.get("Assign"))));
    ways.extend(state["Default"].as_str().map(|next| (next, state.get("Assign"))));
    for way in list(&state["Choices"]).chain(list(&state["Catch"])) {
        ways.push((way["Next"].as_str().unwrap(), way.get("Assign")));
    }
    ways
}

fn assignments(state: &Json) -> Vec<&Json> {
    let inner = list(&state["Choices"]).chain(list(&state["Catch"])).filter_map(|way| way.get("Assign"));
    state.get("Assign").into_iter().chain(inner).collect()
}

fn names_of(assign: &Json) -> Vec<String> {
    assign.as_object().into_iter().flat_map(|names| names.keys().cloned()).collect()
}

fn inner_flows(state: &Json) -> Vec<&Json> {
    list(&state["Branches"]).chain(state.get("ItemProcessor")).collect()
}

/// Every expression in a value.
fn expressions(value: &Json, look: &mut impl FnMut(&str)) {
    match value {
        Json::String(text) if text.starts_with("{%") => look(text),
        Json::Array(items) => items.iter().for_each(|item| expressions(item, look)),
        Json::Object(members) => members.values().for_each(|member| expressions(member, look)),
        _ => {}
    }
}

/// The variables of the machine that an expression reads: neither functions, nor `$states`, nor what it binds itself.
fn variables(expression: &str) -> Names {
    // `$append` is a function that is handed to another one.
    let (mut read, mut bound) = (Names::new(), Names::from(["states", "append"].map(str::to_owned)));
    let mut at = 0;
    while let Some(found) = expression[at..].find(['$', '"', '`']) {
        let (sign, before) = (expression.as_bytes()[at + found], &expression[..at + found]);
        let behind = &expression[at + found + 1..];
        at += found + 1;
        if sign != b'$' {
            at = (at + closing(behind, sign)).min(expression.len());
            continue;
        }
        let end = behind
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(behind.len());
        let (name, then) = behind.split_at(end);
        at += end;
        if then.trim_start().starts_with(":=") || is_parameter(before) {
            bound.insert(name.to_owned());
        } else if !then.starts_with('(') && !name.is_empty() {
            read.insert(name.to_owned());
        }
    }
    &read - &bound
}

/// Whether what stands before is the beginning of a function's parameters.
fn is_parameter(before: &str) -> bool {
    before.rfind("function(").is_some_and(|at| !before[at..].contains(')'))
}

/// Behind the end of a literal.
fn closing(text: &str, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' && quote == b'"' { 2 } else { 1 };
    }
    at + 1
}

fn root(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn alone(path: &Path) -> Analysis {
    let mut sources = dpl::sources();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    sources.add(name.clone(), name.trim_end_matches(".dpl"), std::fs::read_to_string(path).unwrap(), false);
    dpl::analyze(sources, Project::default())
}

/// The faults of all machines of a program, and how many machines there are.
pub fn of_program(analysis: &Analysis) -> (usize, Vec<String>) {
    let machines: Vec<_> = dpl::compile(analysis, &["states".to_owned()])
        .files
        .into_iter()
        .filter(|file| file.path.ends_with(".asl.json"))
        .collect();
    let told = machines.iter().flat_map(|file| {
        let machine: Json = serde_json::from_str(&file.text).unwrap();
        faults(&machine).into_iter().map(|fault| format!("{}: {fault}", file.path))
    });
    (machines.len(), told.collect())
}

#[test]
fn no_state_is_dead_and_no_variable_is_unknown() {
    let mut all = 0;
    let mut told = Vec::new();
    let mut look = |place: String, analysis: Analysis| {
        let (machines, faults) = of_program(&analysis);
        all += machines;
        told.extend(faults.into_iter().map(|fault| format!("{place}: {fault}")));
    };
    for folder in ["tests/cases/targets", "tests/cases/silent", "tests/cases/errors"] {
        for path in programs::files(&root(folder)) {
            look(path.display().to_string(), alone(&path));
        }
    }
    for entry in std::fs::read_dir(root("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            look(name.clone(), programs::analyze(&programs::example(&name)));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(all >= 20, "only {all} machines");
}

#[test]
fn the_walk_finds_what_is_planted() {
    let end = json!({ "Type": "Succeed", "Output": "{% $a %}" });
    let pass = |next: &str, assign: Json| json!({ "Type": "Pass", "Assign": assign, "Next": next });
    let machine = |states: Json| json!({ "StartAt": "First", "States": states });
    let says = |states: Json, words: &str| {
        let found = faults(&machine(states));
        assert!(found.iter().any(|fault| fault.contains(words)), "{words}: {found:?}");
    };
    assert_eq!(faults(&machine(json!({ "First": pass("End", json!({ "a": 1 })), "End": end }))), [""; 0]);
    says(
        json!({ "First": pass("End", json!({ "a": 1 })), "Dead": end, "End": end }),
        "Dead: nothing leads here",
    );
    says(json!({ "First": pass("End", json!({})), "End": end }), "First: does nothing");
    says(json!({ "First": pass("End", json!({ "b": 1 })), "End": end }), "reads `$a`, which need not");
    says(
        json!({ "First": pass("End", json!({ "a": 1, "b": 1 })), "End": end }),
        "`$b` is assigned and never read",
    );
    says(json!({ "First": pass("Gone", json!({ "a": 1 })) }), "leads to `Gone`");
    let branch =
        json!({ "StartAt": "In", "States": { "In": { "Type": "Pass", "Assign": { "a": 2 }, "End": true } } });
    let parallel = json!({ "Type": "Parallel", "Branches": [branch], "Next": "End" });
    says(
        json!({ "First": pass("Both", json!({ "a": 1 })), "Both": parallel, "End": end }),
        "and outside too",
    );
    let choice = json!({ "Type": "Choice", "Choices": [{ "Condition": "{% true %}", "Next": "Set" }], "Default": "End" });
    says(
        json!({ "First": choice, "Set": pass("End", json!({ "a": 1 })), "End": end }),
        "reads `$a`, which need not",
    );
    assert_eq!(
        variables(
            "{% ($value := $x.a; $map($y, function($i, $j) { $i & \"$z\" & $w.`$v` }) & $string($u)) %}"
        ),
        { ["x", "y", "w", "u"].map(str::to_owned).into() }
    );
}
