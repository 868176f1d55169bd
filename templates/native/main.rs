//! One query as a program. Reads what `dpl run` reads and writes the same bytes; made by `dpl build --target native`.
//!
//! ```text
//! cargo build --release --locked
//! target/release/<query> --from STREAM=FILE [--to STREAM=FILE]
//! ```
//!
//! `plan.json` is the query, `row.rs` the code for the rows of its schema; `run` and `window` are the sources of `dpl` itself.

mod row;
#[allow(dead_code, unused_imports)]
mod run;
#[allow(dead_code, unused_imports)]
mod window;

use run::{Ahead, CsvSource, Job, JsonSource, RunError, Sinks, Source};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// The query, and the streams around it.
#[derive(Deserialize)]
struct Plan {
    job: Job,
    csv: bool,
    source: String,
    sink: String,
    late: Option<String>,
    rejected: Option<String>,
}

/// The files of streams: `-` is standard input or output.
struct Bound {
    from: Option<String>,
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
    let from = bound.from.as_deref().unwrap_or(STANDARD);
    let file = |stream: Option<&String>| bound.to.iter().find(|(name, _)| Some(name) == stream).map(|(_, file)| file.as_str());
    let results = file(Some(&plan.sink)).unwrap_or(STANDARD);
    let files = [Some(results), file(plan.late.as_ref()), file(plan.rejected.as_ref())];
    distinct(from, &files)?;
    let mut source = open(from, &plan)?;
    let [mut results, mut late, mut rejected] = [create(files[0])?, create(files[1])?, create(files[2])?];
    let sinks = Sinks { results: &mut results, late: &mut late, rejected: &mut rejected };
    match run::run(&plan.job, &mut *source, sinks, &mut |_| ()) {
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
    let mut bound = Bound { from: None, to: Vec::new() };
    let sinks = [Some(&plan.sink), plan.late.as_ref(), plan.rejected.as_ref()];
    while let Some(option) = arguments.next() {
        let binding = arguments.next().ok_or((2, format!("`{option}` needs STREAM=FILE")))?;
        let (stream, file) = binding.split_once('=').ok_or((2, format!("`{binding}` is not STREAM=FILE")))?;
        match option.as_str() {
            "--from" if stream == plan.source && bound.from.is_none() => bound.from = Some(file.into()),
            "--to" if sinks.contains(&Some(&stream.to_string())) && bound.to.iter().all(|(name, _)| name != stream) => {
                bound.to.push((stream.into(), file.into()));
            }
            "--from" | "--to" => return Err((2, format!("`{option} {stream}=…`: no such stream, or given twice"))),
            _ => return Err((2, format!("there is no `{option}`"))),
        }
    }
    Ok(bound)
}

/// No file is read and written, nor written twice.
fn distinct(from: &str, files: &[Option<&str>]) -> Result<(), Failure> {
    let real = |file: &str| Path::new(file).canonicalize().unwrap_or_else(|_| file.into());
    let mut seen = Vec::new();
    for file in [from].iter().chain(files.iter().flatten()).filter(|file| **file != STANDARD) {
        if seen.contains(&real(file)) {
            return Err((2, format!("`{file}` is bound twice")));
        }
        seen.push(real(file));
    }
    Ok(())
}

fn open(from: &str, plan: &Plan) -> Result<Box<dyn Source + Send>, Failure> {
    let unreadable = |error: io::Error| (2, format!("can't read `{from}`: {error}"));
    let input: Box<dyn Read + Send> = match from {
        STANDARD => Box::new(io::stdin()),
        _ => Box::new(File::open(from).map_err(unreadable)?),
    };
    let job = &plan.job;
    let (schema, stored, time) = (job.schema.clone(), job.stored(), job.event_time());
    let ending = Path::new(from).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let csv = match ending.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => false,
        "csv" => true,
        _ => plan.csv,
    };
    let source: Box<dyn Source + Send> = if csv {
        Box::new(CsvSource::new(input, schema, stored, time, row::STYLE).map_err(unreadable)?)
    } else {
        let rows = row::Rows::new(schema.clone());
        Box::new(JsonSource::with_scanner(input, schema, stored, time, row::STYLE, rows))
    };
    Ok(match std::thread::available_parallelism() {
        Ok(cores) if cores.get() > 1 => Box::new(Ahead::new(source).map_err(unreadable)?),
        _ => source,
    })
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
