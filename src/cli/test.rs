//! `dpl test`: the program's own tests.

use clap::Args;
use dpl::analyze;
use dpl::diagnostic::Diagnostic;
use dpl::platform::Test;
use dpl::rehearsal::try_out;

use super::check::outcome;
use super::input::Input;
use super::load::{Loaded, load};
use super::report::Format;
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl test                         the folder that you stand in
  dpl test examples/acme --filter ingest
  dpl test --format json           failures as one JSON object a line, on standard error

A pipeline's test runs the state machine that `dpl build` writes, with what it calls made up; a query's test runs the
query on this machine. Exit code 1 where a test fails.";

/// Run the tests of a program
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,

    /// Only tests whose names contain this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

/// Runs the tests and reports.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let program = match load(&arguments.input)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(program.sources, program.config.project);
    if outcome(&analysis.diagnostics) == Outcome::Faulty {
        report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
        return Ok(Outcome::Faulty);
    }
    let wanted =
        |test: &&Test| arguments.filter.as_ref().is_none_or(|text| test.name.contains(text.as_str()));
    let tests: Vec<&Test> = analysis.platform.tests.iter().filter(wanted).collect();
    if let (Some(text), true) = (&arguments.filter, tests.is_empty()) {
        return Err(Failure(format!("no test has a name with `{text}` in it")));
    }
    let mut findings: Vec<Diagnostic> = Vec::new();
    let mut lines = String::new();
    let mut failed = 0;
    for test in &tests {
        let found = try_out(&analysis.platform, test);
        failed += usize::from(!found.is_empty());
        lines.push_str(if found.is_empty() { "ok     " } else { "FAILED " });
        lines.push_str(&format!("{}\n", test.name));
        findings.extend(found);
    }
    report::diagnostics(&findings, &analysis.sources, format);
    let counts = format!("{} passed, {failed} failed\n", tests.len() - failed);
    // SARIF is one document, and the result.
    if format == Format::Sarif {
        report::error(&counts);
    } else {
        report::result(&format!("{lines}{counts}"));
    }
    Ok(if failed > 0 { Outcome::Faulty } else { Outcome::Fine })
}
