//! A query on this machine, over files.

use std::io::ErrorKind;
use std::path::Path;

use dpl::Analysis;
use dpl::native::{Native, native};
use dpl::platform::{Platform, Query};
use dpl::run::{CsvSource, JsonSource, RunError, Sinks, Source, run as run_job};

use super::Arguments;
use super::files::{self, Layout};
use super::progress::Meter;
use crate::cli::{Failure, Outcome, report};

/// The names of the streams around a query.
struct Streams<'a> {
    source: &'a str,
    sink: &'a str,
    late: Option<&'a str>,
    rejected: Option<&'a str>,
}

/// Runs the query to the end of its input.
pub(super) fn run(arguments: &Arguments, analysis: &Analysis, query: &Query) -> Result<Outcome, Failure> {
    match native(&analysis.platform, query) {
        Ok(native) => execute(arguments, &analysis.platform, &native),
        Err(refusal) => {
            report::diagnostics(&[*refusal], &analysis.sources, arguments.input.format);
            Ok(Outcome::Faulty)
        }
    }
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
    let (schema, stored, time) = (job.schema.clone(), job.stored(), job.event_time());
    Ok(match layout {
        Layout::JsonLines => Box::new(JsonSource::new(input, schema, stored, time, native.style)),
        Layout::Csv => Box::new(
            CsvSource::new(input, schema, stored, time, native.style)
                .map_err(|error| Failure::io("read", Path::new(from), &error))?,
        ),
    })
}
