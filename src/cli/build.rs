//! `dpl build`: writes the artifacts, or with `--check` compares them with what lies there.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dpl::artifact::Artifacts;
use dpl::diagnostic::{Diagnostic, Severity};
use dpl::native::native;
use dpl::target::bundle::Form;
use dpl::{Analysis, analyze, bundle, compile};

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
  dpl build --target cloudformation
                                   templates and `deploy.json` instead of calls
  dpl build --target raw,terraform
                                   calls, and a root for Terraform per account
  dpl build --target raw,native    and each query as a Rust crate
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

    /// What to write: the calls with their policies, templates for CloudFormation or roots for Terraform, queries as Rust crates, or several of them
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Target::Raw])]
    target: Vec<Target>,

    /// Write nothing; fail and list what differs where the folder is not what the program says
    #[arg(long)]
    check: bool,
}

/// What can be written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Policies, state machines, calls in their order, SQL
    Raw,
    /// A template per account, and `deploy.json` with the order of the stacks
    Cloudformation,
    /// A root per account, and `deploy.json` with the order in which they are applied
    Terraform,
    /// A Rust crate for each query that `dpl run` can run
    Native,
}

/// Builds or compares.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    if [Target::Cloudformation, Target::Terraform].iter().all(|it| arguments.target.contains(it)) {
        return Err(Failure(
            "`cloudformation` and `terraform` would both make the same: build one of them into each folder"
                .to_owned(),
        ));
    }
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
    let Some(artifacts) = artifacts(&analysis, &arguments.target, format) else {
        return Ok(Outcome::Faulty);
    };
    let plan = Plan::of(artifacts, &analysis.sources, &root)?;
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

/// What the targets make; nothing where one of them can't make it, which is said.
fn artifacts(analysis: &Analysis, targets: &[Target], format: Format) -> Option<Artifacts> {
    let raw = compile(analysis, &[]);
    let crates =
        if targets.contains(&Target::Native) { crates(analysis, format) } else { Artifacts::default() };
    let form = if targets.contains(&Target::Cloudformation) {
        Form::CloudFormation
    } else if targets.contains(&Target::Terraform) {
        Form::Terraform
    } else {
        let mut all = if targets.contains(&Target::Raw) { raw } else { Artifacts::default() };
        all.files.extend(crates.files);
        return Some(all);
    };
    let bundle = bundle(analysis, form, &raw);
    report::diagnostics(&bundle.diagnostics, &analysis.sources, format);
    if outcome(&bundle.diagnostics) == Outcome::Faulty {
        return None;
    }
    let mut all = if targets.contains(&Target::Raw) { raw } else { Artifacts::default() };
    all.files.extend(bundle.artifacts.files);
    all.files.extend(crates.files);
    Some(all)
}

/// The queries' crates. Of a query that has none is said why.
fn crates(analysis: &Analysis, format: Format) -> Artifacts {
    let refusals =
        analysis.platform.queries.iter().filter_map(|query| native(&analysis.platform, query).err());
    let warnings: Vec<_> =
        refusals.map(|refusal| Diagnostic { severity: Severity::Warning, ..*refusal }).collect();
    report::diagnostics(&warnings, &analysis.sources, format);
    compile(analysis, &["native".to_string()])
}
