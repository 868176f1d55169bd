//! `dpl check`: everything but writing files.

use clap::Args;
use dpl::analyze;
use dpl::diagnostic::{Diagnostic, Severity};

use super::input::Input;
use super::load::{Loaded, Program, load};
use super::report::Format;
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl check                        the folder that you stand in
  dpl check examples/acme
  dpl check mesh/sales.dpl         one file and what it uses
  dpl check --env prod             with the parameter values of `[env.prod.params]`
  dpl check --format github        marks on a pull request
  dpl check --format sarif > dpl.sarif
  dpl check --format junit > dpl.xml
  dpl check --format markdown >> \"$GITHUB_STEP_SUMMARY\"

Diagnostics go to standard error; SARIF, JUnit and Markdown are the result, and go to standard output.";

/// Check a program: types, access, promises and AWS's limits, without writing anything
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

/// Checks and reports.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let Program { sources, config, paths, .. } = match load(&arguments.input.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(sources, config.project);
    report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
    if analysis.diagnostics.is_empty() && format == Format::Human {
        let (files, plural) = (paths.len(), if paths.len() == 1 { "" } else { "s" });
        report::error(&format!("no problems in {files} file{plural}\n"));
    }
    let outcome = outcome(&analysis.diagnostics);
    // The process ends here, and the system takes back its memory at once.
    std::mem::forget(analysis);
    Ok(outcome)
}

/// Whether there is an error among the diagnostics.
pub(super) fn outcome(diagnostics: &[Diagnostic]) -> Outcome {
    let faulty = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    if faulty { Outcome::Faulty } else { Outcome::Fine }
}
