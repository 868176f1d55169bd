//! Many pipelines, run here and by an interpreter that we did not write, with the same answers: written ones with tests of their own, under
//! `tests/corpus`, and generated ones. Every call is made to fail, so that every `catch` is gone through.

mod generate;
mod runs;
mod sample;

use std::path::{Path, PathBuf};

use dpl::Analysis;
use dpl::diagnostic::Severity;
use dpl::platform::{Pipeline, Platform, test::Tested};
use dpl::rehearsal::{run_of, try_out};
use dpl::target::states::{machine, pretty};
use serde_json::{Value as Json, json};

use super::{programs, states};
use runs::{Run, named_errors, sampled, timed_out, unsound};
use sample::Fault;

/// As many pipelines are generated, in so many programs.
const GENERATED: usize = 500;
const PROGRAMS: usize = 10;

/// The written programs: file and analysis.
fn written() -> Vec<(String, Analysis)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
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
                format!("{file}: {}: {} {:?} {:?}", test.name, failure.message, failure.differences, failure.note)
            }));
        }
        for (at, pipeline) in platform.pipelines.iter().enumerate() {
            let is_tested = |test: &dpl::platform::Test| {
                matches!(&test.of, Tested::Pipeline(tried) if tried.pipeline as usize == at)
            };
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
            cases.sample(platform, pipeline, 0..3, usize::MAX, &mut runs);
            cases.add(&format!("{file}-{}", name(platform, pipeline)), platform, pipeline, &runs);
        }
    }
    cases.judge();
}

#[test]
fn another_interpreter_goes_the_same_ways_through_generated_ones() {
    let mut cases = Cases::default();
    for seed in 0..PROGRAMS {
        let text = generate::program(seed as u64, GENERATED / PROGRAMS);
        let analysis = analyzed(&format!("generated{seed}"), text);
        let platform = &analysis.platform;
        for pipeline in &platform.pipelines {
            let mut runs = Vec::new();
            cases.sample(platform, pipeline, 0..1, 2, &mut runs);
            cases.add(&format!("{seed}-{}", name(platform, pipeline)), platform, pipeline, &runs);
        }
    }
    assert!(cases.files.len() >= GENERATED);
    cases.judge();
}

/// What is put before both interpreters.
struct Cases {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    runs: usize,
    /// Runs that failed though the program's types say that they can't.
    unsound: Vec<String>,
}

impl Default for Cases {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), files: Vec::new(), runs: 0, unsound: Vec::new() }
    }
}

impl Cases {
    /// Runs with values of several seeds, and for each call of the first one runs in which it fails.
    fn sample(
        &mut self,
        platform: &Platform,
        pipeline: &Pipeline,
        seeds: std::ops::Range<u64>,
        faults: usize,
        runs: &mut Vec<Run>,
    ) {
        let mut run = |label: String, seed: u64, fault: Option<Fault>| {
            let (event, execution, made) = sampled(platform, pipeline, seed, fault);
            if let Some(why) = unsound(&execution) {
                self.unsound.push(format!("{} {label}: {why}\n  {event}", name(platform, pipeline)));
            }
            if !timed_out(&execution) {
                runs.push(Run::of(label, event, &execution));
            }
            made
        };
        let first = seeds.start;
        let made: Vec<usize> = seeds.map(|seed| run(format!("seed {seed}"), seed, None)).collect();
        let mut errors = vec!["Injected.Error".to_owned(), "States.Timeout".to_owned(), "States.TaskFailed".to_owned()];
        errors.extend(named_errors(pipeline));
        let mut tried = 0;
        for at in 0..made[0] {
            for (which, error) in errors.iter().enumerate() {
                // Each call fails in one way for good, in turn, and in another once; those named by the program always.
                let stays = which >= 3 || which == at % 3;
                if (stays || which == (at + 1) % 3) && tried < faults {
                    tried += 1;
                    let label = format!("call {at} fails with {error}{}", if stays { " for good" } else { "" });
                    run(label, first, Some(Fault { at, error: error.clone(), stays }));
                }
            }
        }
    }

    fn add(&mut self, label: &str, platform: &Platform, pipeline: &Pipeline, runs: &[Run]) {
        let definition = format!("{label}.asl.json");
        std::fs::write(self.folder.path().join(&definition), pretty(&machine(platform, pipeline))).unwrap();
        let runs: Vec<Json> =
            runs.iter().map(|run| json!({ "name": run.name, "input": run.input, "tasks": run.tasks })).collect();
        let file = self.folder.path().join(format!("{label}.json"));
        std::fs::write(&file, json!({ "definition": definition, "runs": runs }).to_string()).unwrap();
        self.runs += runs.len();
        self.files.push(file);
    }

    fn judge(self) {
        println!("{} pipelines, {} runs", self.files.len(), self.runs);
        assert!(self.unsound.is_empty(), "{} runs:\n{}", self.unsound.len(), self.unsound.join("\n"));
        states::agree(&self.files);
    }
}
