//! The pipeline that its authors published with faults, put right (`tests/corpus/published.dpl`): every way through it is gone, in both
//! interpreters, and ends as it should.

use std::collections::BTreeSet;

use dpl::Analysis;
use dpl::platform::test::{Expectation, Tested};
use dpl::rehearsal::{run_of, try_out};
use dpl::target::states::{machine, pretty};
use serde_json::{Value as Json, json};

use super::runs::Run;
use crate::{machine::outcome, states};

fn program() -> Analysis {
    let (_, analysis) = super::written().into_iter().find(|(file, _)| file == "published").unwrap();
    analysis
}

/// The runs of its tests, and those that no test can describe: what is asked for an end can fail to answer.
fn runs(analysis: &Analysis) -> Vec<Run> {
    let platform = &analysis.platform;
    let tested = platform.tests.iter().map(|test| {
        let (event, execution) = run_of(platform, test).unwrap();
        Run::of(test.name.to_string(), event, &execution)
    });
    let mut runs: Vec<Run> = tested.collect();
    let loaded = runs.iter().find(|run| run.name == "all_is_well").unwrap();
    let mut tasks = loaded.tasks.clone();
    tasks["DescribeCopyFacts"] =
        json!({ "fails": ["RedshiftData.ResourceNotFoundException", "no such statement"] });
    tasks["TellOf"] = json!({ "returns": { "StatusCode": 200, "Payload": null } });
    runs.push(Run {
        name: "the_load_is_forgotten".to_owned(),
        input: loaded.input.clone(),
        tasks,
        entered: BTreeSet::new(),
    });
    runs
}

/// Where a state leads.
fn ways(name: &str, state: &Json) -> Vec<(String, String)> {
    let mut next: Vec<&Json> = vec![&state["Next"], &state["Default"]];
    for several in ["Choices", "Catch"] {
        next.extend(state[several].as_array().into_iter().flatten().map(|one| &one["Next"]));
    }
    next.into_iter().filter_map(Json::as_str).map(|next| (name.to_owned(), next.to_owned())).collect()
}

#[test]
fn every_way_through_the_published_pipeline_is_gone() {
    let analysis = program();
    let platform = &analysis.platform;
    let pipeline = &platform.pipelines[0];
    let text = pretty(&machine(platform, pipeline));
    let definition: Json = serde_json::from_str(&text).unwrap();
    let states = definition["States"].as_object().unwrap();
    let mut left: BTreeSet<(String, String)> =
        states.iter().flat_map(|(name, state)| ways(name, state)).collect();
    let branches = ["AddPlace", "AddPeople"];
    let mut entered = BTreeSet::new();
    for run in runs(&analysis) {
        let came_to = outcome(&text, &run.input, &run.tasks);
        let path: Vec<&str> = came_to["path"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        entered.extend(path.iter().map(|name| (*name).to_owned()));
        let outside: Vec<&str> = path.iter().copied().filter(|name| !branches.contains(name)).collect();
        for pair in outside.windows(2) {
            left.remove(&(pair[0].to_owned(), pair[1].to_owned()));
        }
        // A run succeeds where everything was loaded, and nowhere else.
        assert_eq!(came_to["status"] == "SUCCEEDED", outside.last() == Some(&"Done"), "{}", run.name);
    }
    assert!(left.is_empty(), "no run goes {left:?}");
    assert!(branches.iter().all(|branch| entered.contains(*branch)));
}

#[test]
fn each_way_through_the_published_pipeline_ends_right() {
    let analysis = program();
    let platform = &analysis.platform;
    for test in &platform.tests {
        let Tested::Pipeline(tried) = &test.of else { panic!("{} is of no pipeline", test.name) };
        let fails = tried.expected.iter().any(|one| matches!(one.what, Expectation::Error(..)));
        assert!(fails || test.name == "all_is_well", "{} does not say how the run ends", test.name);
        assert!(try_out(platform, test).is_empty(), "{}", test.name);
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = &platform.pipelines[0];
    std::fs::write(folder.path().join("process.asl.json"), pretty(&machine(platform, pipeline))).unwrap();
    let runs: Vec<Json> = runs(&analysis).iter().map(Run::json).collect();
    let file = folder.path().join("process.json");
    std::fs::write(&file, json!({ "definition": "process.asl.json", "runs": runs }).to_string()).unwrap();
    states::agree(&[file]);
}
