//! The command line: one file a verb. Here is the only reading and writing of files, and the only place that knows exit codes.

mod build;
mod can;
mod check;
mod diff;
mod explain;
mod fmt;
mod graph;
mod init;
mod input;
mod load;
mod lsp;
mod output;
mod replace;
mod report;
mod run;
mod saying;
mod shell;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

const AFTER_HELP: &str = "\
Examples:
  dpl init platform                 a small project that compiles, to start from
  dpl check platform                find what is wrong, and how to mend it
  dpl fmt platform                  lay out files
  dpl build platform -o out         write policies, state machines, calls and SQL
  dpl build platform -o out --check fail where `out` is not what the program says
  dpl can ROLE read BUCKET platform whether somebody may do something, and which lines decide
  dpl who-can read BUCKET platform  everybody who may, and by which way
  dpl run QUERY platform --from readings=readings.jsonl
                                    run a streaming query on this machine
  dpl run PIPELINE platform --input event.json --mock f=result.json
                                    run a pipeline's state machine on this machine
  dpl test platform                 run the program's tests
  dpl diff --git main platform      what changed in meaning since the branch `main`
  dpl graph platform -o graph.html  a page: what there is, where data goes, who can read what
  dpl explain DPL0001               what a diagnostic means, with an example
  dpl explain access ROLE platform  what a role may do, and which lines need it

Exit codes: 0 fine; 1 the program has errors, the answer is no, a test or a run failed, `--check` found a
difference, or `diff --fail-on` a change of that class;
2 wrong usage, or a file that can't be read or written; 130 and 143 a run that SIGINT or SIGTERM stopped.
Diagnostics go to standard error, results to standard output.
NO_COLOR turns colours off.";

/// The language for data platforms on AWS: one typed program in, every AWS artifact out
#[derive(Parser)]
#[command(name = "dpl", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Check(check::Arguments),
    Build(build::Arguments),
    Can(can::Arguments),
    WhoCan(can::WhoArguments),
    Run(run::Arguments),
    Fmt(fmt::Arguments),
    Test(test::Arguments),
    Diff(diff::Arguments),
    Graph(graph::Arguments),
    Explain(explain::Arguments),
    Init(init::Arguments),
    Lsp(lsp::Arguments),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// How a verb ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing to object to: exit code 0.
    Fine,
    /// The program has errors, or the answer is no: exit code 1.
    Faulty,
    /// A signal ended a run, and what it had was kept: exit code 128 and the signal's number.
    Stopped(u8),
}

/// Why a verb could not do its work, in one sentence for the user: exit code 2.
#[derive(Debug, PartialEq, Eq)]
struct Failure(String);

impl Failure {
    /// A file or folder could not be used as intended: `can't read `x`: permission denied`.
    fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self(format!("can't {doing} `{}`: {}", path.display(), reason(error)))
    }
}

/// The system's reason without Rust's `(os error 13)`, lower case like every message.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let bare = text.split(" (os error").next().unwrap_or_default();
    let mut letters = bare.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Build(arguments) => build::run(&arguments),
        Verb::Can(arguments) => can::run(&arguments),
        Verb::WhoCan(arguments) => can::who(&arguments),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Fmt(arguments) => fmt::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Diff(arguments) => diff::run(&arguments),
        Verb::Graph(arguments) => graph::run(&arguments),
        Verb::Explain(arguments) => explain::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments),
        Verb::Lsp(arguments) => lsp::run(&arguments),
        Verb::Completions(arguments) => shell::completions(&arguments),
        Verb::Man(arguments) => shell::man(&arguments),
    };
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        Ok(Outcome::Stopped(signal)) => ExitCode::from(128 + signal),
        Err(Failure(message)) => {
            report::complain(&message);
            ExitCode::from(2)
        }
    }
}
