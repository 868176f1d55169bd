//! Many pipelines, run here and by an interpreter that we did not write, with the same answers: written ones with tests of their own, under
//! `tests/corpus`, and generated ones. Every call is made to fail, so that every `catch` is gone through.

mod differs;
pub mod generate;
mod published;
mod runs;
mod sample;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dpl::Analysis;
use dpl::diagnostic::Severity;
use dpl::platform::{Pipeline, Platform, test::Tested};
use dpl::rehearsal::{run_of, try_out};
use dpl::target::states::{machine, pretty};
use serde_json::{Value as Json, json};

use super::{programs, states};
use runs::{Run, named_errors, nestings, sampled, state_names, timed_out, unsound};
use sample::Fault;

/// As many pipelines are generated, in so many programs.
const GENERATED: usize = 500;
const PROGRAMS: usize = 10;

/// Every statement stands in every block.
const INNER: &[&str] =
    &["let", "call", "polled call", "run", "if", "match", "parallel", "for", "try", "wait", "fail", "return"];
const OUTER: &[&str] = &["pipeline", "if", "match", "parallel", "for", "try", "catch"];

/// But for what the language refuses or takes apart: a pipeline can't return from inside these, a value is no branch of its own, and one that
/// fails whatever happens is none that anybody writes.
const NOWHERE: &[(&str, &str)] =
    &[("return", "parallel"), ("return", "for"), ("let", "parallel"), ("fail", "parallel")];

/// The written programs: file and analysis.
fn written() -> Vec<(String, Analysis)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.into_iter().map(read).map(|(name, text)| (name.clone(), analyzed(&name, text))).collect()
}

fn analyzed(name: &str, text: String) -> Analysis {
    let mut analysis = programs::analyze(&[(name.to_owned(), text)]);
    analysis.diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(!analysis.has_errors(), "{}", programs::messages(&analysis));
    analysis
}

fn name<'p>(platform: &'p Platform, pipeline: &Pipeline) -> &'p str {
    &platform.resource(pipeline.resource).name
}

#[test]
fn written_pipelines_do_what_their_tests_say() {
    let (mut pipelines, mut wrong) = (0, Vec::new());
    for (file, analysis) in written() {
        let platform = &analysis.platform;
        for test in &platform.tests {
            let failures = try_out(platform, test);
            wrong.extend(failures.iter().map(|failure| {
                format!(
                    "{file}: {}: {} {:?} {:?}",
                    test.name, failure.message, failure.differences, failure.note
                )
            }));
        }
        for (at, pipeline) in platform.pipelines.iter().enumerate() {
            let is_tested = |test: &dpl::platform::Test| matches!(&test.of, Tested::Pipeline(tried) if tried.pipeline as usize == at);
            if !platform.tests.iter().any(is_tested) {
                wrong.push(format!("{file}: {} has no test", name(platform, pipeline)));
            }
        }
        pipelines += platform.pipelines.len();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(pipelines >= 150, "{pipelines} pipelines");
}

#[test]
fn another_interpreter_goes_the_same_ways_through_the_written_ones() {
    let mut cases = Cases::default();
    for (file, analysis) in written() {
        let platform = &analysis.platform;
        for (at, pipeline) in platform.pipelines.iter().enumerate() {
            let mut runs = Vec::new();
            for test in &platform.tests {
                if let Tested::Pipeline(tried) = &test.of
                    && tried.pipeline as usize == at
                    && let Some((event, execution)) = run_of(platform, test)
                    && !timed_out(&execution)
                {
                    runs.push(Run::of(test.name.to_string(), event, &execution));
                }
            }
            cases.sample(platform, pipeline, &mut runs);
            cases.add(&format!("{file}-{}", name(platform, pipeline)), platform, pipeline, &runs);
        }
    }
    cases.judge(0);
}

#[test]
fn another_interpreter_goes_the_same_ways_through_generated_ones() {
    let mut cases = Cases::default();
    for seed in seeds() {
        let text = generate::program(seed, GENERATED / PROGRAMS);
        let analysis = analyzed(&format!("generated{seed}"), text);
        let platform = &analysis.platform;
        for pipeline in &platform.pipelines {
            let mut runs = Vec::new();
            cases.sample_sparingly(platform, pipeline, &mut runs);
            cases.add(&format!("{seed}-{}", name(platform, pipeline)), platform, pipeline, &runs);
        }
    }
    assert!(cases.files.len() >= GENERATED / PROGRAMS * seeds().len());
    let missing: Vec<String> = INNER
        .iter()
        .flat_map(|inner| OUTER.iter().map(move |outer| (*inner, *outer)))
        .filter(|pair| !NOWHERE.contains(pair))
        .filter(|pair| !cases.nestings.contains(pair))
        .map(|(inner, outer)| format!("no `{inner}` stands in a `{outer}`"))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    cases.judge(40);
}

/// What programs are generated from: always the same, or `DPL_SEEDS`, so that as many others are tried.
fn seeds() -> Vec<u64> {
    let given = std::env::var("DPL_SEEDS").ok().filter(|given| !given.is_empty());
    let usual = (0..PROGRAMS).map(|seed| seed as u64).collect();
    given.map_or(usual, |given| given.split(',').map(|seed| seed.trim().parse().unwrap()).collect())
}

/// Ways in which so many calls fail: each in one way for good and in another once, in turn, and with every error that the program names.
fn faults(pipeline: &Pipeline, calls: usize) -> Vec<Fault> {
    const ERRORS: [&str; 3] = ["Injected.Error", "States.Timeout", "States.TaskFailed"];
    let named = named_errors(pipeline);
    let mut faults = Vec::new();
    for at in 0..calls {
        faults.push(Fault { at, error: ERRORS[at % 3].to_owned(), stays: true });
        faults.push(Fault { at, error: ERRORS[(at + 1) % 3].to_owned(), stays: false });
        faults.extend(named.iter().map(|error| Fault { at, error: error.clone(), stays: true }));
    }
    faults
}

/// What is put before both interpreters.
struct Cases {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    runs: usize,
    states: usize,
    /// States that no run entered.
    not_entered: Vec<String>,
    /// Which statements stand in which.
    nestings: BTreeSet<(&'static str, &'static str)>,
    /// Runs that failed though the program's types say that they can't.
    unsound: Vec<String>,
}

impl Default for Cases {
    fn default() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: Vec::new(),
            runs: 0,
            states: 0,
            not_entered: Vec::new(),
            nestings: BTreeSet::new(),
            unsound: Vec::new(),
        }
    }
}

impl Cases {
    /// Runs with values of several seeds, and for each call of the first one runs in which it fails.
    fn sample(&mut self, platform: &Platform, pipeline: &Pipeline, runs: &mut Vec<Run>) {
        let mut made = 0;
        for seed in (0..3).rev() {
            let (run, calls) = self.attempt(platform, pipeline, seed, None);
            runs.extend(run);
            made = calls;
        }
        for fault in faults(pipeline, made) {
            runs.extend(self.attempt(platform, pipeline, 0, Some(fault)).0);
        }
    }

    /// The same, but of many runs only a few at first, and then those that enter a state which no other has entered.
    fn sample_sparingly(&mut self, platform: &Platform, pipeline: &Pipeline, runs: &mut Vec<Run>) {
        const AT_FIRST: usize = 2;
        const SEEDS: u64 = 5;
        const FAULTS: usize = 10;
        let mut open = state_names(&serde_json::to_value(machine(platform, pipeline)).unwrap());
        let mut keep = |run: Option<Run>| {
            let before = open.len();
            open.retain(|name| !run.as_ref().is_some_and(|run| run.entered.contains(name)));
            let is_new = open.len() < before;
            runs.extend(run.filter(|_| is_new || runs.len() < AT_FIRST));
            open.is_empty() && runs.len() > AT_FIRST
        };
        let mut made = 0;
        for seed in (0..SEEDS).rev() {
            let (run, calls) = self.attempt(platform, pipeline, seed, None);
            keep(run);
            made = calls;
        }
        for fault in faults(pipeline, made).into_iter().take(FAULTS) {
            if keep(self.attempt(platform, pipeline, 0, Some(fault)).0) {
                return;
            }
        }
    }

    /// A run, unless only the time of the machine itself was up in it; and how many calls were made.
    fn attempt(
        &mut self,
        platform: &Platform,
        pipeline: &Pipeline,
        seed: u64,
        fault: Option<Fault>,
    ) -> (Option<Run>, usize) {
        let label = match &fault {
            None => format!("seed {seed}"),
            Some(Fault { at, error, stays }) => {
                format!("seed {seed}, call {at} fails with {error}{}", if *stays { " for good" } else { "" })
            }
        };
        let (event, execution, made) = sampled(platform, pipeline, seed, fault);
        if let Some(why) = unsound(&execution) {
            self.unsound.push(format!("{} {label}: {why}\n  {event}", name(platform, pipeline)));
        }
        ((!timed_out(&execution)).then(|| Run::of(label, event, &execution)), made)
    }

    fn add(&mut self, label: &str, platform: &Platform, pipeline: &Pipeline, runs: &[Run]) {
        let definition = format!("{label}.asl.json");
        let machine = machine(platform, pipeline);
        let names = state_names(&serde_json::to_value(&machine).unwrap());
        let entered = |name: &&String| runs.iter().any(|run| run.entered.contains(*name));
        self.states += names.len();
        self.not_entered
            .extend(names.iter().filter(|name| !entered(name)).map(|name| format!("{label}: {name}")));
        self.nestings.extend(nestings(pipeline));
        std::fs::write(self.folder.path().join(&definition), pretty(&machine)).unwrap();
        let runs: Vec<Json> = runs.iter().map(Run::json).collect();
        let file = self.folder.path().join(format!("{label}.json"));
        std::fs::write(&file, json!({ "definition": definition, "runs": runs }).to_string()).unwrap();
        self.runs += runs.len();
        self.files.push(file);
    }

    /// Both interpreters agree, and so many of a hundred states may not have been entered.
    fn judge(self, most: usize) {
        println!(
            "{} pipelines, {} runs, {} of {} states not entered",
            self.files.len(),
            self.runs,
            self.not_entered.len(),
            self.states
        );
        // Of what is generated, much stands behind conditions that rare values meet; of what is written, nothing.
        assert!(
            self.not_entered.len() * 100 <= self.states * most,
            "not entered:\n{}",
            self.not_entered.join("\n")
        );
        assert!(self.unsound.is_empty(), "{} runs:\n{}", self.unsound.len(), self.unsound.join("\n"));
        states::agree(&self.files);
    }
}
