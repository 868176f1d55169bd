//! `dpl test`: the program's own tests.

mod human;
mod json;
mod junit;

use clap::{Args, ValueEnum};
use dpl::platform::{Platform, Test, test::Tested};
use dpl::rehearsal::{Mismatch, try_out};
use dpl::source::SourceMap;
use dpl::{Analysis, analyze};

use super::check::outcome;
use super::input::Program;
use super::load::{Loaded, load};
use super::report::Format;
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl test                              the folder that you stand in
  dpl test examples/acme --filter ingest
  dpl test --format junit > tests.xml   for whatever shows tests in CI
  dpl test --format json                one JSON object a test, and the counts

A pipeline's test runs the state machine that `dpl build` writes, with what it calls made up, in virtual time; a query's
test runs the query's plan on this machine. The report goes to standard output, what is wrong with the program to standard
error. Exit codes: 0 all tests pass, or there are none; 1 a test fails, or the program has errors; 2 wrong usage, or no
test has such a name.";

/// Run the tests of a program
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    program: Program,

    /// Only tests whose names, or whose pipeline's or query's name, contain this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// How the report is written
    #[arg(long, value_enum, default_value_t = Report::Human)]
    format: Report,
}

/// The formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Report {
    /// A line a test, and what was expected beside what happened
    Human,
    /// One JSON object a test, and at last the counts
    Json,
    /// JUnit's XML
    Junit,
    /// For people, and GitHub workflow commands that mark the lines of a pull request
    Github,
}

impl Report {
    /// The format of what is wrong with the program.
    fn of_diagnostics(self) -> Format {
        match self {
            Self::Human | Self::Junit => Format::Human,
            Self::Json => Format::Json,
            Self::Github => Format::Github,
        }
    }
}

/// A test that was run.
struct Ran<'a> {
    test: &'a Test,
    /// `pipeline` or `query`.
    kind: &'static str,
    /// Its name.
    subject: &'a str,
    /// What did not happen as expected; nothing where the test passes.
    mismatches: Vec<Mismatch>,
}

/// All tests that were run, with the texts that they stand in.
struct Results<'a> {
    sources: &'a SourceMap,
    tests: Vec<Ran<'a>>,
}

impl Results<'_> {
    fn failed(&self) -> usize {
        self.tests.iter().filter(|ran| !ran.mismatches.is_empty()).count()
    }

    fn passed(&self) -> usize {
        self.tests.len() - self.failed()
    }
}

/// Runs the tests and reports.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.format.of_diagnostics();
    let program = match load(&arguments.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(program.sources, program.config.project);
    if outcome(&analysis.diagnostics) == Outcome::Faulty {
        report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
        return Ok(Outcome::Faulty);
    }
    let results = results(&analysis, arguments.filter.as_deref())?;
    match arguments.format {
        Report::Human => report::result(&human::render(&results, report::result_style())),
        Report::Json => report::result(&json::render(&results)),
        Report::Junit => report::result(&junit::render(&results)),
        Report::Github => {
            report::result(&human::render(&results, report::result_style()));
            let failures = results.tests.iter().flat_map(|ran| &ran.mismatches);
            let failures: Vec<_> = failures.map(Mismatch::diagnostic).collect();
            report::diagnostics(&failures, results.sources, Format::Github);
        }
    }
    Ok(if results.failed() > 0 { Outcome::Faulty } else { Outcome::Fine })
}

fn results<'a>(analysis: &'a Analysis, filter: Option<&str>) -> Result<Results<'a>, Failure> {
    let platform = &analysis.platform;
    let mut tests = Vec::new();
    for test in &platform.tests {
        let (kind, subject) = subject(platform, test);
        if filter.is_none_or(|text| test.name.contains(text) || subject.contains(text)) {
            tests.push(Ran { test, kind, subject, mismatches: try_out(platform, test) });
        }
    }
    match filter {
        Some(text) if tests.is_empty() => {
            let names: Vec<&str> = platform.tests.iter().map(|test| test.name.as_str()).collect();
            Err(Failure(match names.as_slice() {
                [] => "the program has no tests".to_owned(),
                names => format!("no test has `{text}` in its name; there are {}", names.join(", ")),
            }))
        }
        _ => Ok(Results { sources: &analysis.sources, tests }),
    }
}

/// What a test is for: its kind and its name.
fn subject<'p>(platform: &'p Platform, test: &Test) -> (&'static str, &'p str) {
    let name = |id| platform.resource(id).name.as_str();
    match &test.of {
        Tested::Pipeline(tried) => {
            let pipeline = platform.pipelines.get(tried.pipeline as usize);
            ("pipeline", pipeline.map(|pipeline| name(pipeline.resource)).unwrap_or_default())
        }
        Tested::Query(tried) => {
            let query = platform.queries.get(tried.query as usize);
            ("query", query.map(|query| name(query.resource)).unwrap_or_default())
        }
    }
}
