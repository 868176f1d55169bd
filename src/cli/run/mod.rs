//! `dpl run`: a query on this machine, over files.

mod files;
mod progress;

use std::io::ErrorKind;
use std::path::Path;

use clap::Args;
use dpl::analyze;
use dpl::native::{Native, native};
use dpl::platform::{Platform, Query};
use dpl::run::{CsvSource, JsonSource, RunError, Sinks, Source, run as run_job};
use dpl::suggest::nearest;

use self::files::{Binding, Layout};
use self::progress::Meter;
use super::check::outcome;
use super::input::{Input, assignment};
use super::load::{Loaded, load};
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl run temperature_alerts examples/acme --from iot_stream=readings.jsonl --to alert_sink=alerts.jsonl
  dpl run temperature_alerts examples/acme --from iot_stream=readings.csv      results on standard output
  zcat readings.gz | dpl run temperature_alerts examples/acme --from iot_stream=-
  … --to rejected_readings=rejected.jsonl     keeps the rows that the stream diverts

Files that end in .jsonl, .ndjson or .json hold JSON lines, those that end in .csv values between commas below a line of
names; any other is read in the stream's own format. Results are JSON lines. The summary goes to standard error.";

/// Run a streaming query on this machine, over files
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The query's name
    #[arg(value_name = "QUERY")]
    query: String,

    #[command(flatten)]
    input: Input,

    /// The file that a stream's rows are read from; `-` is standard input
    #[arg(long, value_name = "STREAM=FILE", value_parser = assignment, required = true)]
    from: Vec<Binding>,

    /// The file that a stream's rows are written to; `-` is standard output, and where the results go without it
    #[arg(long, value_name = "STREAM=FILE", value_parser = assignment)]
    to: Vec<Binding>,
}

/// The names of the streams around a query.
struct Streams<'a> {
    source: &'a str,
    sink: &'a str,
    late: Option<&'a str>,
    rejected: Option<&'a str>,
}

/// Runs the query to the end of its input.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let format = arguments.input.format;
    let program = match load(&arguments.input)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(misconfigured) => return Ok(misconfigured.report(format)),
    };
    let analysis = analyze(program.sources, program.config.project);
    report::diagnostics(&analysis.diagnostics, &analysis.sources, format);
    if outcome(&analysis.diagnostics) == Outcome::Faulty {
        return Ok(Outcome::Faulty);
    }
    let query = find(&analysis.platform, &arguments.query)?;
    match native(&analysis.platform, query) {
        Ok(native) => execute(arguments, &analysis.platform, &native),
        Err(refusal) => {
            report::diagnostics(&[*refusal], &analysis.sources, format);
            Ok(Outcome::Faulty)
        }
    }
}

fn find<'a>(platform: &'a Platform, wanted: &str) -> Result<&'a Query, Failure> {
    let name = |query: &Query| platform.resource(query.resource).name.as_str();
    if let Some(query) = platform.queries.iter().find(|query| name(query) == wanted) {
        return Ok(query);
    }
    let names: Vec<_> = platform.queries.iter().map(name).collect();
    let hint = match nearest(wanted, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "the program has none".to_owned(),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Failure(format!("there is no query `{wanted}`; {hint}")))
}

fn execute(arguments: &Arguments, platform: &Platform, native: &Native) -> Result<Outcome, Failure> {
    let name = |id| platform.resource(id).name.as_str();
    let streams = Streams {
        source: name(native.source),
        sink: name(native.sink),
        late: native.late.map(name),
        rejected: native.rejected.map(name),
    };
    let target = |stream: Option<&str>| stream.and_then(|stream| files::bound(&arguments.to, stream));
    let results = target(Some(streams.sink)).unwrap_or(files::STANDARD);
    let (late, rejected) = (target(streams.late), target(streams.rejected));
    let from = bindings(arguments, &streams, &[Some(results), late, rejected])?;
    let mut source = open(from, native)?;
    let (mut results, mut late_sink, mut rejected_sink) =
        (files::create(Some(results))?, files::create(late)?, files::create(rejected)?);
    let sinks = Sinks { results: &mut results, late: &mut late_sink, rejected: &mut rejected_sink };
    let mut meter = Meter::start();
    let ran = run_job(&native.job, &mut *source, sinks, &mut |progress| meter.show(progress));
    meter.clear();
    match ran {
        Ok(summary) => {
            let lost = [(streams.late, late, summary.late), (streams.rejected, rejected, summary.rejected)];
            let lost = lost.into_iter().filter(|(_, target, _)| target.is_none());
            let lost: Vec<_> = lost.filter_map(|(stream, _, rows)| Some((stream?, rows))).collect();
            report::error(&meter.summary(&summary, &lost));
            Ok(Outcome::Fine)
        }
        // Whoever read the results has read enough.
        Err(RunError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Outcome::Fine),
        Err(error @ (RunError::Read(_) | RunError::Write(_))) => Err(Failure(format!("`{from}`: {error}"))),
        Err(error) => {
            report::complain(&format!("`{from}`: {error}"));
            Ok(Outcome::Faulty)
        }
    }
}

/// Checks what is bound to what, and returns the file to read.
fn bindings<'a>(
    arguments: &'a Arguments,
    streams: &Streams<'_>,
    targets: &[Option<&str>],
) -> Result<&'a str, Failure> {
    files::only(&arguments.from, &[streams.source], "--from")?;
    let known: Vec<_> = [Some(streams.sink), streams.late, streams.rejected].into_iter().flatten().collect();
    files::only(&arguments.to, &known, "--to")?;
    let Some(from) = files::bound(&arguments.from, streams.source) else {
        return Err(Failure(format!("no file to read: `--from {}=FILE`", streams.source)));
    };
    let targets: Vec<_> = targets.iter().copied().flatten().collect();
    files::distinct(from, &targets)?;
    Ok(from)
}

fn open(from: &str, native: &Native) -> Result<Box<dyn Source>, Failure> {
    let declared = if native.csv { Layout::Csv } else { Layout::JsonLines };
    let layout = files::layout(from, declared)?;
    let (input, job) = (files::open(from)?, &native.job);
    let (schema, stored, time) = (job.schema.clone(), job.stored(), job.query.event_time);
    Ok(match layout {
        Layout::JsonLines => Box::new(JsonSource::new(input, schema, stored, time, native.style)),
        Layout::Csv => Box::new(
            CsvSource::new(input, schema, stored, time, native.style)
                .map_err(|error| Failure::io("read", Path::new(from), &error))?,
        ),
    })
}
