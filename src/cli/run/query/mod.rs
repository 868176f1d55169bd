//! A query on this machine: over files, standard input and output, files that grow, and live streams.

mod drive;
mod follow;
mod gather;
mod input;
mod keep;
#[cfg_attr(
    not(all(feature = "kinesis", feature = "kafka")),
    allow(dead_code, reason = "what readers share is not needed without any")
)]
mod live;
mod output;
mod polled;
mod report;
mod stop;

use std::time::Duration;

use dpl::Analysis;
use dpl::native::{Native, native};
use dpl::platform::{Platform, Query};
use dpl::run::{Checkpoint, Engine};

use self::drive::{Drive, End};
use self::gather::{Gathered, gather};
use self::keep::Keep;
use self::live::Live;
use self::output::Sinks;
use self::report::Reporter;
use self::stop::Stop;
use super::Arguments;
use super::files;
use super::progress::Meter;
use crate::cli::{Failure, Outcome, report as say};

/// The names of the streams around a query.
pub(super) struct Streams<'a> {
    sources: Vec<&'a str>,
    sink: &'a str,
    diverted: Vec<&'a str>,
}

/// The files and live streams around a query.
struct Bound<'a> {
    /// Each with the place of its stream.
    sources: Vec<(usize, &'a str)>,
    results: &'a str,
    /// What is diverted, in the job's order; `None` where nobody wants it.
    diverted: Vec<Option<&'a str>>,
}

impl<'a> Bound<'a> {
    fn read(&self) -> Vec<&'a str> {
        self.sources.iter().map(|(_, file)| *file).collect()
    }

    /// Whether any stream is read live.
    fn is_live(&self) -> bool {
        self.sources.iter().any(|(_, file)| *file == files::LIVE)
    }

    /// The results and what is diverted.
    fn written(&self) -> Vec<Option<&'a str>> {
        std::iter::once(Some(self.results)).chain(self.diverted.iter().copied()).collect()
    }
}

/// Runs the query to the end of its input, or until it is told to stop.
pub(super) fn run(arguments: &Arguments, analysis: &Analysis, query: &Query) -> Result<Outcome, Failure> {
    match native(&analysis.platform, query) {
        Ok(native) => execute(arguments, &analysis.platform, &native),
        Err(refusal) => {
            say::diagnostics(&[*refusal], &analysis.sources, arguments.input.format);
            Ok(Outcome::Faulty)
        }
    }
}

fn execute(arguments: &Arguments, platform: &Platform, native: &Native) -> Result<Outcome, Failure> {
    let name = |id| platform.resource(id).name.as_str();
    let streams = Streams {
        sources: native.sources.iter().map(|source| name(source.stream)).collect(),
        sink: name(native.sink),
        diverted: native.diverted.iter().copied().map(name).collect(),
    };
    let bound = bindings(arguments, &streams)?;
    let (keep, found) = kept(arguments, &streams, &bound)?;
    if let Some(found) = &found {
        fits(found, native, &bound, &arguments.checkpoint_name())?;
        if found.finished {
            say::error(&format!(
                "the run that `{0}` keeps had come to its end: nothing to do; remove `{0}` to run anew\n",
                arguments.checkpoint_name()
            ));
            return Ok(Outcome::Fine);
        }
    }
    let endless = arguments.follow || bound.is_live();
    if let Some(file) = bound.written().into_iter().flatten().find(|file| endless && output::is_parquet(file))
    {
        let what = if arguments.follow { "`--follow`" } else { "a live stream" };
        return Err(Failure(format!(
            "`{file}`: Parquet is readable only when it is whole, and {what} does not end; write JSON lines or CSV"
        )));
    }
    let target = |id| {
        let endpoint = arguments.endpoint_of(name(id));
        Live { platform, id, endpoint }.target()
    };
    let Gathered { inputs, born, bell } = gather(arguments, platform, native, &bound, found.as_ref())?;
    let as_they_come = endless || keep.is_some();
    let sinks = Sinks::open(native, &bound, as_they_come, found.as_ref(), &target)?;
    let partitions: Vec<usize> = inputs.iter().map(|input| input.stream).collect();
    let mut engine = Engine::new(&native.job, &partitions).map_err(|error| Failure(error.to_string()))?;
    if let Some(found) = &found
        && engine.load(&found.state).is_none()
    {
        return Err(Failure(format!(
            "`{0}` keeps a state that this `dpl` can't read; remove `{0}` to run anew",
            arguments.checkpoint_name()
        )));
    }
    // Until here a signal ends the process as any other: no input is waited for in vain.
    let stop = Stop::listen()?;
    let reporter = arguments.metrics.as_deref().map(Reporter::open).transpose()?;
    let meter = Meter::start(engine.read().0);
    let drive = Drive {
        engine,
        native,
        inputs,
        born,
        bell,
        sinks,
        endless,
        unwritten: None,
        keep,
        reporter,
        meter,
        stop,
        idle: native.idle().map(Duration::from_millis),
        most_state: arguments.max_state,
        names: (&arguments.name, &streams),
        changed: true,
        job: native.job.fingerprint(),
        files: bound.written().into_iter().map(|file| file.map(str::to_owned)).collect(),
    };
    end(drive.run()?, arguments, &streams, &bound)
}

/// Says how the run ended.
fn end(
    end: End,
    arguments: &Arguments,
    streams: &Streams<'_>,
    bound: &Bound<'_>,
) -> Result<Outcome, Failure> {
    let (meter, summary, signal, open) = match end {
        End::Whole(meter, summary) => (meter, summary, None, 0),
        End::Stopped(meter, summary, signal, open) => (meter, summary, Some(signal), open),
        End::Unread => return Ok(Outcome::Fine),
        End::Faulty(why) => {
            say::complain(&why);
            return Ok(Outcome::Faulty);
        }
    };
    let lost = streams.diverted.iter().zip(&bound.diverted).zip(&summary.diverted);
    let lost = lost.filter(|((_, target), _)| target.is_none());
    let lost: Vec<_> = lost.map(|((stream, _), rows)| (*stream, *rows)).collect();
    say::error(&meter.summary(&summary, &lost));
    let Some(signal) = signal else { return Ok(Outcome::Fine) };
    let windows = match open {
        0 => "no window was open".to_owned(),
        1 => "1 window was open".to_owned(),
        open => format!("{open} windows were open"),
    };
    let then = match &arguments.checkpoint {
        Some(folder) => format!("the same command goes on from `{}`", folder.display()),
        None => "what they held is lost; with `--checkpoint DIR` the next run goes on".to_owned(),
    };
    say::error(&say::printable(&format!("stopped by a signal: {windows}; {then}\n")));
    Ok(Outcome::Stopped(signal))
}

/// Checks what is bound to what.
fn bindings<'a>(arguments: &'a Arguments, streams: &Streams<'_>) -> Result<Bound<'a>, Failure> {
    files::only(&arguments.from, &streams.sources, "--from")?;
    let known: Vec<_> = std::iter::once(streams.sink).chain(streams.diverted.iter().copied()).collect();
    files::only(&arguments.to, &known, "--to")?;
    files::once(&arguments.to, "--to")?;
    files::once(&arguments.endpoint, "--endpoint")?;
    servers(arguments, streams, &known)?;
    let place = |name: &str| streams.sources.iter().position(|stream| *stream == name);
    let sources: Vec<(usize, &str)> =
        arguments.from.iter().filter_map(|(name, file)| Some((place(name)?, file.as_str()))).collect();
    let unread = |(at, _): &(usize, &&str)| sources.iter().all(|(stream, _)| stream != at);
    if let Some((_, stream)) = streams.sources.iter().enumerate().find(unread) {
        return Err(Failure(format!("no file to read: `--from {stream}=FILE`")));
    }
    let target = |stream: &&str| files::bound(&arguments.to, stream);
    let results = target(&streams.sink).unwrap_or(files::STANDARD);
    if let Some((at, _)) = sources.iter().enumerate().find_map(|(index, input)| {
        sources.iter().take(index).find(|other| *other == input && input.1 == files::LIVE)
    }) {
        let stream = streams.sources.get(*at).copied().unwrap_or_default();
        return Err(Failure(format!("`--from {stream}=live` is given twice")));
    }
    let bound = Bound { sources, results, diverted: streams.diverted.iter().map(target).collect() };
    let targets: Vec<_> = bound.written().into_iter().flatten().collect();
    files::distinct(&bound.read(), &targets)?;
    Ok(bound)
}

/// Refuses options of live streams where none is live.
fn servers(arguments: &Arguments, streams: &Streams<'_>, written: &[&str]) -> Result<(), Failure> {
    let all: Vec<&str> = streams.sources.iter().chain(written).copied().collect();
    files::only(&arguments.endpoint, &all, "--endpoint")?;
    let is_live = |given: &[files::Binding], name: &str| {
        given.iter().any(|(stream, file)| stream == name && file == files::LIVE)
    };
    let is_known = |name: &str| is_live(&arguments.from, name) || is_live(&arguments.to, name);
    if let Some((name, _)) = arguments.endpoint.iter().find(|(name, _)| !is_known(name)) {
        let option = if streams.sources.contains(&name.as_str()) { "--from" } else { "--to" };
        return Err(Failure(format!("`--endpoint {name}=…`: `{name}` is not live; `{option} {name}=live`")));
    }
    if arguments.since.is_some() && arguments.from.iter().all(|(_, file)| file != files::LIVE) {
        let from = streams.sources.first().copied().unwrap_or("STREAM");
        return Err(Failure(format!(
            "`--since` is of live streams that are read, and none is; `--from {from}=live`"
        )));
    }
    Ok(())
}

/// The folder of checkpoints, and what is in it.
fn kept(
    arguments: &Arguments,
    streams: &Streams<'_>,
    bound: &Bound<'_>,
) -> Result<(Option<Keep>, Option<Checkpoint>), Failure> {
    let Some(folder) = &arguments.checkpoint else { return Ok((None, None)) };
    if let Some((at, _)) = bound.sources.iter().find(|(_, file)| *file == files::STANDARD) {
        return Err(Failure(format!(
            "`--checkpoint` needs files to read: standard input can't be read again; `--from {}=FILE`, with `--follow` where it grows",
            streams.sources.get(*at).copied().unwrap_or_default()
        )));
    }
    let written = std::iter::once(streams.sink).chain(streams.diverted.iter().copied());
    for (stream, file) in written.zip(bound.written()) {
        let Some(file) = file else { continue };
        if output::is_parquet(file) {
            return Err(Failure(format!(
                "`{file}`: Parquet is readable only when it is whole, so it can't be gone on with after a `--checkpoint`; `--to {stream}=FILE.jsonl.zst`"
            )));
        }
        if !output::can_be_kept(file) {
            return Err(Failure(format!(
                "`--checkpoint` needs files to write: what `{file}` was given can't be taken back; `--to {stream}=FILE`"
            )));
        }
    }
    let (keep, found) = Keep::open(folder, arguments.checkpoint_interval)?;
    Ok((Some(keep), found))
}

/// Refuses to go on from a checkpoint of something else.
fn fits(found: &Checkpoint, native: &Native, bound: &Bound<'_>, folder: &str) -> Result<(), Failure> {
    let anew = format!("remove `{folder}` to run anew, or name another folder");
    if found.job != native.job.fingerprint() {
        return Err(Failure(format!(
            "`{folder}` keeps a run of another query: this one, its schema or its streams have changed since; {anew}"
        )));
    }
    let mut inputs: Vec<(usize, &str)> = Vec::new();
    for input in found.inputs.iter().map(|input| (input.input, input.file.as_str())) {
        // Of a live stream there are many.
        if input.1 != files::LIVE || !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    if inputs != bound.sources {
        let were: Vec<_> = inputs.iter().map(|(_, file)| format!("`{file}`")).collect();
        return Err(Failure(format!("`{folder}` keeps a run that reads {}; {anew}", were.join(", "))));
    }
    let outputs = bound.written().into_iter().map(Option::unwrap_or_default);
    if !found.outputs.iter().map(|output| output.file.as_str()).eq(outputs) {
        let were: Vec<_> = found.outputs.iter().filter(|o| !o.file.is_empty()).collect();
        let were: Vec<_> = were.iter().map(|output| format!("`{}`", output.file)).collect();
        return Err(Failure(format!("`{folder}` keeps a run that writes {}; {anew}", were.join(", "))));
    }
    Ok(())
}
