//! One query as a program. Reads what `dpl run` reads and writes the same bytes; made by `dpl build --target native`.
//!
//! ```text
//! cargo build --release --locked
//! target/release/<query> --from STREAM=FILE [--to STREAM=FILE]
//! ```
//!
//! `plan.json` is the query, `row.rs` the code for the rows of its schema; `run` and `window` are the sources of `dpl` itself.

mod rows;
#[allow(dead_code, unused_imports)]
mod run;
#[allow(dead_code, unused_imports)]
mod window;

use rows::Lines;
use run::{Ahead, CsvSource, Job, RunError, Sinks, Source};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;

/// The query, and the streams around it.
#[derive(Deserialize)]
struct Plan {
    job: Job,
    sources: Vec<Stream>,
    sink: String,
    diverted: Vec<String>,
}

/// A stream that is read, and whether its own format is CSV.
#[derive(Deserialize)]
struct Stream {
    name: String,
    csv: bool,
}

/// The files of streams: `-` is standard input or output.
struct Bound {
    /// One for each stream that is read.
    from: Vec<String>,
    to: Vec<(String, String)>,
}

const STANDARD: &str = "-";
const BUFFER: usize = 1 << 18;

fn main() -> ExitCode {
    match start() {
        Ok(said) => {
            eprintln!("{said}");
            ExitCode::SUCCESS
        }
        Err((code, said)) => {
            eprintln!("error: {said}");
            ExitCode::from(code)
        }
    }
}

/// What can't be used ends with 2, a fault of the rows with 1.
type Failure = (u8, String);

fn start() -> Result<String, Failure> {
    let plan: Plan = serde_json::from_str(include_str!("plan.json")).map_err(|e| (2, format!("plan.json: {e}")))?;
    let bound = bound(&plan, std::env::args().skip(1))?;
    let from = bound.from.join("`, `");
    let file = |stream: &String| bound.to.iter().find(|(name, _)| name == stream).map(|(_, file)| file.as_str());
    let results = file(&plan.sink).unwrap_or(STANDARD);
    let diverted: Vec<Option<&str>> = plan.diverted.iter().map(file).collect();
    distinct(&bound.from, [Some(results)].iter().chain(&diverted).copied())?;
    let mut sources = Vec::new();
    for (stream, file) in bound.from.iter().enumerate() {
        sources.push(open(stream, file, &plan)?);
    }
    let mut sources: Vec<&mut dyn Source> = sources.iter_mut().map(|source| &mut **source as &mut dyn Source).collect();
    let mut results = create(Some(results))?;
    let mut diverted = diverted.into_iter().map(create).collect::<Result<Vec<_>, _>>()?;
    let diverted = diverted.iter_mut().map(|to| &mut **to as &mut dyn Write).collect();
    match run::run(&plan.job, &mut sources, Sinks { results: &mut *results, diverted }, &mut |_| ()) {
        Ok(summary) => Ok(format!(
            "{} rows read, {} written, {} late, {} rejected",
            summary.rows_in, summary.rows_out, summary.late, summary.rejected
        )),
        Err(RunError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(String::new()),
        Err(error @ (RunError::Read(_) | RunError::Write(_))) => Err((2, format!("`{from}`: {error}"))),
        Err(error) => Err((1, format!("`{from}`: {error}"))),
    }
}

fn bound(plan: &Plan, mut arguments: impl Iterator<Item = String>) -> Result<Bound, Failure> {
    let mut from: Vec<Option<String>> = vec![None; plan.sources.len()];
    let mut to: Vec<(String, String)> = Vec::new();
    while let Some(option) = arguments.next() {
        let binding = arguments.next().ok_or((2, format!("`{option}` needs STREAM=FILE")))?;
        let (stream, file) = binding.split_once('=').ok_or((2, format!("`{binding}` is not STREAM=FILE")))?;
        let place = plan.sources.iter().position(|source| source.name == stream).and_then(|at| from.get_mut(at));
        let is_written = plan.sink == stream || plan.diverted.iter().any(|name| name == stream);
        match (option.as_str(), place) {
            ("--from", Some(place @ None)) => *place = Some(file.into()),
            ("--to", _) if is_written && to.iter().all(|(name, _)| name != stream) => to.push((stream.into(), file.into())),
            ("--from" | "--to", _) => return Err((2, format!("`{option} {stream}=…`: no such stream, or given twice"))),
            _ => return Err((2, format!("there is no `{option}`"))),
        }
    }
    // One stream alone comes from standard input where nothing is said.
    let alone = plan.sources.len() == 1;
    let given = from.into_iter().zip(&plan.sources).map(|(file, source)| {
        let file = file.or_else(|| alone.then(|| STANDARD.into()));
        file.ok_or((2, format!("no file to read: `--from {}=FILE`", source.name)))
    });
    Ok(Bound { from: given.collect::<Result<_, _>>()?, to })
}

/// No file is read and written, nor read or written twice.
fn distinct<'a>(from: &'a [String], to: impl Iterator<Item = Option<&'a str>>) -> Result<(), Failure> {
    let real = |file: &str| Path::new(file).canonicalize().unwrap_or_else(|_| file.into());
    let mut seen = Vec::new();
    let read = from.iter().map(String::as_str);
    if read.clone().filter(|file| *file == STANDARD).count() > 1 {
        return Err((2, "standard input is bound twice".into()));
    }
    for file in read.chain(to.flatten()).filter(|file| *file != STANDARD) {
        if seen.contains(&real(file)) {
            return Err((2, format!("`{file}` is bound twice")));
        }
        seen.push(real(file));
    }
    Ok(())
}

fn open(stream: usize, from: &str, plan: &Plan) -> Result<Box<dyn Source + Send>, Failure> {
    let unreadable = |error: io::Error| (2, format!("can't read `{from}`: {error}"));
    let input: Box<dyn Read + Send> = match from {
        STANDARD => Box::new(io::stdin()),
        _ => Box::new(File::open(from).map_err(unreadable)?),
    };
    let job = &plan.job;
    let schema = job.inputs.get(stream).map(|input| input.schema.clone()).unwrap_or_default();
    let (stored, time) = (job.stored(stream), job.event_time(stream));
    let ending = Path::new(from).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let csv = match ending.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => false,
        "csv" => true,
        _ => plan.sources.get(stream).is_some_and(|source| source.csv),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get) - 1;
    // What comes through a pipe is not waited for while there are rows.
    let is_file = from != STANDARD && Path::new(from).is_file();
    let parsing = if is_file { threads } else { 0 };
    let source: Box<dyn Source + Send> = if csv {
        Box::new(CsvSource::new(input, schema, stored, time, rows::style(stream)).map_err(unreadable)?)
    } else {
        rows::json(stream, Lines { input, schema, stored, time }, parsing).map_err(unreadable)?
    };
    let ahead = threads > 0 && (csv || parsing == 0);
    Ok(if ahead { Box::new(Ahead::new(source).map_err(unreadable)?) } else { source })
}

fn create(file: Option<&str>) -> Result<Box<dyn Write>, Failure> {
    match file {
        None => Ok(Box::new(io::sink())),
        Some(STANDARD) => Ok(Box::new(io::stdout().lock())),
        Some(file) => match File::create(file) {
            Ok(created) => Ok(Box::new(BufWriter::with_capacity(BUFFER, created))),
            Err(error) => Err((2, format!("can't write `{file}`: {error}"))),
        },
    }
}
