//! `dpl run`: a query or a pipeline on this machine.

mod files;
mod limits;
mod mocks;
mod pipeline;
mod progress;
mod query;
mod trace;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dpl::analyze;
use dpl::platform::{Pipeline, Platform, Query};
use dpl::suggest::nearest;

use self::files::Binding;
use super::check::outcome;
use super::input::{Input, assignment};
use super::load::{Loaded, load};
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples of queries:
  dpl run temperature_alerts examples/acme --from iot_stream=readings.jsonl --to alert_sink=alerts.jsonl
  dpl run temperature_alerts examples/acme --from iot_stream=readings.csv      results on standard output
  zcat readings.gz | dpl run temperature_alerts examples/acme --from iot_stream=-
  … --to rejected_readings=rejected.jsonl     keeps the rows that the stream diverts

  … --from iot_stream=shard-0.jsonl --from iot_stream=shard-1.jsonl.gz   partitions, each with a watermark of its own
  … --follow --checkpoint state --metrics :9100                          runs until it is stopped, and goes on from there
  … --from iot_stream=live --to alert_sink=live --checkpoint state       Kinesis or Kafka, as the program declares the streams

Files that end in .jsonl, .ndjson or .json hold JSON lines, those that end in .csv values between commas below a line of
names; any other is read in the stream's own format, and written as JSON lines. What is compressed with gzip or Zstandard is
known by its first bytes, and written so where the name ends in .gz or .zst. A file of results gets its name when it
is whole; with --follow, --checkpoint or a live stream it is written as results come. SIGINT and SIGTERM stop a run when the rows
at hand are done: what is ready is written, the state is kept where there is a --checkpoint, and the exit code is 130 or
143. The summary goes to standard error.

Examples of pipelines:
  dpl run ingest examples/acme --input event.json --mock validate_input=valid.json --mock publish=none.json …
  dpl run ingest examples/acme --input event.json --mock 'quality_check=python3 check.py' --trace …

The state machine that `dpl build` writes runs here, and time in it is virtual. A mock is a function's name (or another
pipeline's, or `publish`, `copy`, …) and a file that ends in .json, or a command that gets the request on standard input
and prints what the call returns. In a list each call takes the next, and later calls the last. {\"error\": {\"name\": \"Some.Error\",
\"cause\": \"…\"}} fails the call; {\"result\": …, \"seconds\": 90} says how long it takes. What a loop reads is
mocked by the reader's name: --mock objects=listing.json, --mock csv=rows.csv. The output goes to standard output.";

/// Run a streaming query or a pipeline on this machine
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The name of a query or a pipeline
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    input: Input,

    /// Of a query: the file that a stream's rows are read from; `-` is standard input, `live` the stream itself. Several files are
    /// partitions
    #[arg(long, value_name = "STREAM=FILE|live", value_parser = assignment, help_heading = "Queries")]
    from: Vec<Binding>,

    /// Of a query: the file that a stream's rows are written to; `live` is the stream itself, `-` standard output, and where the
    /// results go without it
    #[arg(long, value_name = "STREAM=FILE|live", value_parser = assignment, help_heading = "Queries")]
    to: Vec<Binding>,

    /// Of a query: another server of a live stream than the program names: `http://HOST:PORT` of Kinesis, `HOST:PORT,…` or
    /// `PROTOCOL://HOST:PORT,…` of Kafka
    #[arg(long, value_name = "STREAM=SERVER", value_parser = assignment, help_heading = "Queries")]
    endpoint: Vec<Binding>,

    /// Of a query: where live streams are read from without a checkpoint: `latest`, `earliest`, `2026-01-31T12:00:00Z`; the
    /// program says it otherwise
    #[arg(long, value_name = "TIME", value_parser = limits::start, help_heading = "Queries")]
    since: Option<limits::Start>,

    /// Of a query: waits for more at the end of a file, and reads on when it is cut or replaced
    #[arg(long, help_heading = "Queries")]
    follow: bool,

    /// Of a query: keeps its state in a folder, from which the same command goes on, wherever the run was ended
    #[arg(long, value_name = "DIR", help_heading = "Queries")]
    checkpoint: Option<PathBuf>,

    /// Of a query: the time between two checkpoints: `500ms`, `10s`, `1m`
    #[arg(long, value_name = "TIME", value_parser = limits::time, default_value = "10s", help_heading = "Queries")]
    checkpoint_interval: Duration,

    /// Of a query: how it goes, as text for Prometheus: at `HOST:PORT`, at `:PORT` of this machine, or in a file
    #[arg(long, value_name = "ADDRESS|FILE", help_heading = "Queries")]
    metrics: Option<String>,

    /// Of a query: ends the run where its state takes more than that: `512MiB`
    #[arg(long, value_name = "SIZE", value_parser = limits::size, help_heading = "Queries")]
    max_state: Option<usize>,

    /// Of a pipeline: the file with its event; `-` is standard input. Without it the event is empty
    #[arg(long = "input", value_name = "FILE", help_heading = "Pipelines")]
    event: Option<String>,

    /// Of a pipeline: what a call returns; may be repeated
    #[arg(long, value_name = "NAME=FILE|COMMAND", value_parser = assignment, help_heading = "Pipelines")]
    mock: Vec<Binding>,

    /// Of a pipeline: prints what happens in each state, to standard error
    #[arg(long, help_heading = "Pipelines")]
    trace: bool,
}

impl Arguments {
    /// Another server of a live stream than the program names.
    fn endpoint_of(&self, stream: &str) -> Option<&str> {
        files::bound(&self.endpoint, stream)
    }

    /// The folder of checkpoints, for messages.
    fn checkpoint_name(&self) -> String {
        self.checkpoint.as_deref().map(|folder| folder.display().to_string()).unwrap_or_default()
    }
}

/// What can be run.
enum Subject<'p> {
    Query(&'p Query),
    Pipeline(&'p Pipeline),
}

/// Runs what is named to its end.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let program = match load(&arguments.input.program)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(program.sources, program.config.project);
    report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
    if outcome(&analysis.diagnostics) == Outcome::Faulty {
        return Ok(Outcome::Faulty);
    }
    match find(&analysis.platform, &arguments.name)? {
        Subject::Query(query) => {
            let given = [
                ("input", arguments.event.is_some()),
                ("mock", !arguments.mock.is_empty()),
                ("trace", arguments.trace),
            ];
            refuse(&arguments.name, "query", &given)?;
            query::run(arguments, &analysis, query)
        }
        Subject::Pipeline(pipeline) => {
            refuse(
                &arguments.name,
                "pipeline",
                &[
                    ("from", !arguments.from.is_empty()),
                    ("to", !arguments.to.is_empty()),
                    ("endpoint", !arguments.endpoint.is_empty()),
                    ("since", arguments.since.is_some()),
                    ("follow", arguments.follow),
                    ("checkpoint", arguments.checkpoint.is_some()),
                    ("metrics", arguments.metrics.is_some()),
                    ("max-state", arguments.max_state.is_some()),
                ],
            )?;
            pipeline::run(arguments, &analysis.platform, pipeline)
        }
    }
}

/// Refuses options of the other kind.
fn refuse(name: &str, is: &str, options: &[(&str, bool)]) -> Result<(), Failure> {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure(format!("`{name}` is a {is}, which has no `--{option}`"))),
        None => Ok(()),
    }
}

fn find<'p>(platform: &'p Platform, wanted: &str) -> Result<Subject<'p>, Failure> {
    let name = |id| platform.resource(id).name.as_str();
    if let Some(query) = platform.queries.iter().find(|query| name(query.resource) == wanted) {
        return Ok(Subject::Query(query));
    }
    if let Some(pipeline) = platform.pipelines.iter().find(|pipeline| name(pipeline.resource) == wanted) {
        return Ok(Subject::Pipeline(pipeline));
    }
    let queries = platform.queries.iter().map(|query| name(query.resource));
    let names: Vec<_> =
        queries.chain(platform.pipelines.iter().map(|pipeline| name(pipeline.resource))).collect();
    let hint = match nearest(wanted, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "the program has none".to_owned(),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Failure(format!("there is no query or pipeline `{wanted}`; {hint}")))
}
