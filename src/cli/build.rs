//! `dpl build`: writes the artifacts, or with `--check` compares them with what lies there.

use std::path::PathBuf;

use clap::Args;
use dpl::{analyze, compile};

use super::check::outcome;
use super::input::Input;
use super::load::{Loaded, Program, load};
use super::output::{Plan, compare, write};
use super::report::Format;
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl build                        writes `out`, or the folder that `dpl.toml` names
  dpl build examples/acme -o dist
  dpl build --env prod --set retention=30d
  dpl build --check                for CI: writes nothing, lists what differs, exits with 1

The folder is replaced in one step: a build that fails or is killed leaves the old one whole.
`manifest.json` lists each file with the declaration that it comes from. Files that it does
not list are yours and stay.";

/// Write the artifacts: policies, state machines, calls in their order, SQL
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,

    /// The output folder
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write nothing; fail and list what differs where the folder is not what the program says
    #[arg(long)]
    check: bool,
}

/// Builds or compares.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let Program { sources, config, root, out, paths } = match load(&arguments.input.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let out = arguments.out.clone().unwrap_or(out);
    let analysis = analyze(sources, config.project);
    report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
    if outcome(&analysis.diagnostics) == Outcome::Faulty {
        return Ok(Outcome::Faulty);
    }
    let plan = Plan::of(compile(&analysis, &[]), &analysis.sources, &root)?;
    let (outcome, summary) = if arguments.check {
        let differences = compare::differences(&out, &plan)?;
        let equal = if differences.is_empty() { Outcome::Fine } else { Outcome::Faulty };
        (equal, compare::listing(&differences, &out))
    } else {
        (Outcome::Fine, write(&out, &plan, &paths)?.sentence(&out))
    };
    // Standard output holds one document where that was asked for.
    if format == Format::Sarif {
        report::error(&summary)
    } else {
        report::result(&summary)
    }
    // The process ends here, and the system takes back its memory at once.
    std::mem::forget((analysis, plan));
    Ok(outcome)
}
