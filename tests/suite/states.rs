//! Pipelines run: the state machines that the compiler makes are executed by an interpreter that we did not write, with the tasks' results
//! given. `tests/cases/runs/*.json` names a program, a pipeline and its runs, in the form of `tests/oracles/run_states.py`.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{machine, oracle, programs};

/// The program's modules: a folder of `examples`, or one file.
fn modules(program: &str) -> Vec<(String, String)> {
    match program.strip_prefix("examples/") {
        Some(example) => programs::example(example),
        None => {
            let path = root().join(program);
            vec![(
                path.file_stem().unwrap().to_string_lossy().into_owned(),
                std::fs::read_to_string(path).unwrap(),
            )]
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The state machine of a pipeline, as it is written to the output folder.
fn definition(program: &str, pipeline: &str) -> String {
    let analysis = programs::analyze(&modules(program));
    assert!(!analysis.has_errors(), "{program}: {}", programs::messages(&analysis));
    let wanted = format!("/states/{pipeline}.asl.json");
    let files = dpl::compile(&analysis, &[]).files;
    let found = files.into_iter().find(|file| file.path.ends_with(&wanted));
    found.unwrap_or_else(|| panic!("{program} has no pipeline `{pipeline}`")).text
}

/// Runs in both interpreters, which must have entered the same states, made the same calls, and ended the same.
pub fn agree(files: &[PathBuf]) {
    let Some(outcomes) = both(files) else { return };
    let different: Vec<String> =
        outcomes.iter().filter_map(|(ours, theirs)| difference(ours, theirs)).collect();
    let shown: Vec<&str> = different.iter().take(10).map(String::as_str).collect();
    assert!(
        different.is_empty(),
        "{} of {} runs differ:\n{}",
        different.len(),
        outcomes.len(),
        shown.join("\n")
    );
}

/// What our interpreter and the other one make of each run; nothing where that one can't be had.
pub fn both(files: &[PathBuf]) -> Option<Vec<(Json, Json)>> {
    let ours: Vec<Json> = files.iter().flat_map(|file| ours(file)).collect();
    let done = oracle::run("run_states.py", &["python"], files)?;
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "run_states.py exits with {:?}\n{out}\n{errors}", done.status.code());
    let theirs: Vec<Json> = out
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .filter(|line| line.get("run").is_some())
        .collect();
    assert_eq!(theirs.len(), ours.len(), "as many runs");
    Some(ours.into_iter().zip(theirs).collect())
}

/// The first part in which two outcomes differ. The cause of an expression that fails is in each one's own words.
pub fn difference(ours: &Json, theirs: &Json) -> Option<String> {
    let part = ["status", "output", "error", "cause", "path", "calls"].into_iter().find(|part| {
        let own_words = *part == "cause" && ours["error"] == "States.QueryEvaluationError";
        !own_words && !same(&ours[*part], &theirs[*part])
    })?;
    Some(format!("{} {}: {part}\nours   {ours}\ntheirs {theirs}", theirs["file"], theirs["run"]))
}

/// Whether two values are the same, numbers by what they are: one writes `1`, the other `1.0`.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (Json::String(a), Json::String(b)) => a == b || known(a) == known(b),
        _ => a == b,
    }
}

/// A text without what `$uuid()` makes up, which is another in each interpreter.
fn known(text: &str) -> String {
    const FORM: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let fits = |part: &str| {
        part.len() == FORM.len()
            && part.chars().zip(FORM.chars()).all(|(letter, form)| match form {
                '-' => letter == '-',
                _ => letter.is_ascii_hexdigit(),
            })
    };
    let at = (0..text.len()).find(|at| text.get(*at..at + FORM.len()).is_some_and(fits));
    match at {
        Some(at) => format!("{}{FORM}{}", &text[..at], known(&text[at + FORM.len()..])),
        None => text.to_owned(),
    }
}

/// What our interpreter makes of the runs of a file.
fn ours(file: &Path) -> Vec<Json> {
    let document: Json = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let definition = file.with_file_name(document["definition"].as_str().unwrap());
    let definition = std::fs::read_to_string(definition).unwrap();
    let runs = document["runs"].as_array().unwrap();
    runs.iter().map(|run| machine::outcome(&definition, &run["input"], &run["tasks"])).collect()
}

#[test]
fn pipelines_run_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mut runs, mut machines) = (Vec::new(), Vec::new());
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root().join("tests/cases/runs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    for case in cases {
        let text = std::fs::read_to_string(&case).unwrap();
        let document: Json =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        let (program, pipeline) =
            (document["program"].as_str().unwrap(), document["pipeline"].as_str().unwrap());
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        let machine = folder.path().join(format!("{name}.asl.json"));
        std::fs::write(&machine, definition(program, pipeline)).unwrap();
        let file = folder.path().join(format!("{name}.json"));
        let content = json!({ "definition": format!("{name}.asl.json"), "runs": document["runs"] });
        std::fs::write(&file, content.to_string()).unwrap();
        runs.push(file);
        machines.push(machine);
    }
    assert!(!runs.is_empty(), "there are no runs");
    oracle::judge("check_states.py", &["python", "node"], &machines);
    agree(&runs);
}
