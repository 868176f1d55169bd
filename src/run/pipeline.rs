//! A query from source to sink.

use super::engine::Engine;
use super::rows::{Reject, RowBatch, Source};
use super::schema::Schema;
use super::sink::{Outputs, Plain, RowSink};
use super::writer::JsonWriter;
use crate::window::time::Style;
use crate::window::{EvalErrorKind, Late, Plan, PlanError, Type};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Write};

/// What becomes of rows that do not parse, lack a field or break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnInvalid {
    /// They are counted.
    Drop,
    /// The first one ends the run.
    Fail,
    /// They are counted, and written as `{"reason": …, "raw": …}`: the `Rejected` record, of two strings.
    Divert,
}

/// A query to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The streams that are read, in the plan's order.
    pub inputs: Vec<Input>,
    /// What else is written beside results.
    pub diverted: Vec<Diverted>,
    /// The plan; its streams are the inputs.
    pub query: Plan,
    /// The names of the results' columns.
    pub output: Vec<String>,
    /// For each of them, whether it is never null. A null there, of a decimal that overflowed, ends the run, as it ends Flink's job
    /// (`table.exec.sink.not-null-enforcer`).
    pub required: Vec<bool>,
    /// How timestamps are written in the results.
    pub output_style: Style,
}

/// A stream that is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// Its records.
    pub schema: Schema,
    /// What becomes of invalid rows.
    pub on_invalid: OnInvalid,
    /// Where its late rows go: one of [`Job::diverted`].
    pub late: Option<usize>,
    /// Where its invalid rows go: one of [`Job::diverted`].
    pub rejected: Option<usize>,
}

/// Rows that are written beside results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Diverted {
    /// Late rows, as they came.
    Late {
        /// The input whose records they are.
        input: usize,
        /// How timestamps are written.
        style: Style,
    },
    /// Invalid rows: [`REJECTED`].
    Rejected,
}

impl Job {
    /// The fields that the source of an input must store for this query: all where late rows are written out again.
    pub fn stored(&self, input: usize) -> Vec<bool> {
        match self.query.streams.get(input) {
            Some(stream) if stream.late == Late::Divert => vec![true; stream.input.len()],
            _ => self.query.columns_read(input),
        }
    }

    /// The columns of the results.
    pub fn results(&self) -> impl Iterator<Item = (&str, Type)> {
        self.output.iter().map(String::as_str).zip(self.query.output_types())
    }

    /// The columns of what is diverted, and how timestamps are written in them.
    pub fn columns(&self, diverted: Diverted) -> (Vec<(&str, Type)>, Style) {
        match diverted {
            Diverted::Late { input, style } => {
                let fields = self.inputs.get(input).map(|input| input.schema.fields()).unwrap_or_default();
                (fields.iter().map(|field| (field.name.as_str(), field.ty)).collect(), style)
            }
            Diverted::Rejected => (REJECTED.to_vec(), Style::Iso),
        }
    }

    /// Which field of an input is the event time; no field's number where none is.
    pub fn event_time(&self, input: usize) -> usize {
        self.query.streams.get(input).and_then(|stream| stream.event_time).unwrap_or(usize::MAX)
    }
}

/// Where rows go as JSON lines.
pub struct Sinks<'a> {
    /// Results.
    pub results: &'a mut dyn Write,
    /// What is diverted, in the job's order.
    pub diverted: Vec<&'a mut dyn Write>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows read, all of them.
    pub rows_in: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Rows that came after their window had fired.
    pub late: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// The first five of them, without their text.
    pub first_rejected: Vec<Reject>,
    /// Rows that were written, or would have been, for each of [`Job::diverted`].
    pub diverted: Vec<u64>,
    /// Windows that fired.
    pub windows: u64,
    /// Results written.
    pub rows_out: u64,
    /// The most windows open at once.
    pub most_windows: usize,
    /// The most groups (window and key) open at once.
    pub most_groups: usize,
    /// The most bytes of state at once.
    pub most_memory: usize,
}

/// The columns of rejected rows.
pub const REJECTED: [(&str, Type); 2] = [("reason", Type::String), ("raw", Type::String)];

/// Why a run stopped.
#[derive(Debug)]
pub enum RunError {
    /// A plan that can't be run, or does not fit its source.
    Plan(PlanError),
    /// The source could not be read.
    Read(io::Error),
    /// A sink could not be written.
    Write(io::Error),
    /// An invalid row, where such rows end the run.
    Invalid(Reject),
    /// A value for which Flink would fail: the line, where it was an input row's.
    Value(Option<u64>, EvalErrorKind),
    /// A null in a column of the results that has none.
    Null(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Plan(e) => write!(f, "{e}"),
            RunError::Read(e) => write!(f, "the source can't be read: {e}"),
            RunError::Write(e) => write!(f, "the results can't be written: {e}"),
            RunError::Invalid(reject) => write!(f, "line {}: {}", reject.line, reject.reason),
            RunError::Value(Some(line), kind) => write!(f, "line {line}: {kind}"),
            RunError::Value(None, kind) => write!(f, "in a result: {kind}"),
            RunError::Null(column) => write!(f, "in a result: `{column}` is null, and its column never is"),
        }
    }
}

impl std::error::Error for RunError {}

/// Runs a query to the end of its sources, one for each input. Rows are taken from the source whose event time is the least. `progress` is called
/// after every batch.
pub fn run(
    job: &Job,
    sources: &mut [&mut dyn Source],
    sinks: Sinks<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, RunError> {
    let inputs: Vec<usize> = (0..sources.len()).collect();
    let mut engine = Engine::new(job, &inputs)?;
    let mut results = JsonWriter::new(Plain(sinks.results), job.results(), job.output_style);
    let mut writers: Vec<_> = sinks
        .diverted
        .into_iter()
        .zip(&job.diverted)
        .map(|(to, diverted)| {
            let (columns, style) = job.columns(*diverted);
            JsonWriter::new(Plain(to), columns, style)
        })
        .collect();
    let diverted = writers.iter_mut().map(|writer| writer as &mut dyn RowSink).collect();
    let mut outputs = Outputs { results: &mut results, diverted };
    let mut rows = RowBatch::default();
    let mut open = inputs;
    while let Some(first) = open.iter().copied().min_by_key(|at| (engine.latest(*at as u32), *at)) {
        let Some(source) = sources.get_mut(first) else { break };
        if source.read(&mut rows).map_err(RunError::Read)? {
            engine.push(first as u32, &mut rows, &mut outputs)?;
        } else {
            open.retain(|at| *at != first);
            engine.end(first as u32, &mut outputs)?;
        }
        let (rows, bytes) = engine.read();
        progress(Progress { rows, bytes });
    }
    engine.finish(&mut outputs)?;
    outputs.each().try_for_each(|sink| sink.finish()).map_err(RunError::Write)?;
    Ok(engine.summary())
}
