//! A query from source to sink.

use super::engine::Engine;
use super::rows::{Reject, RowBatch, Source};
use super::schema::Schema;
use super::sink::{Outputs, Plain};
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
    /// The source's records. Late rows are written as such.
    pub schema: Schema,
    /// What becomes of invalid rows.
    pub on_invalid: OnInvalid,
    /// The plan; its input is the schema's fields.
    pub query: Plan,
    /// The names of the results' columns.
    pub output: Vec<String>,
    /// For each of them, whether it is never null. A null there, of a decimal that overflowed, ends the run, as it ends Flink's job
    /// (`table.exec.sink.not-null-enforcer`).
    pub required: Vec<bool>,
    /// How timestamps are written in the results.
    pub output_style: Style,
    /// How timestamps are written in diverted late rows.
    pub late_style: Style,
}

impl Job {
    /// The fields a source must store for this query: all where late rows are written out again.
    pub fn stored(&self) -> Vec<bool> {
        match self.query.late {
            Late::Drop => self.query.columns_read(),
            Late::Divert => vec![true; self.schema.fields().len()],
        }
    }

    /// The columns of the results.
    pub fn results(&self) -> impl Iterator<Item = (&str, Type)> {
        self.output.iter().map(String::as_str).zip(self.query.output_types())
    }

    /// The columns of the source, which are those of late rows.
    pub fn fields(&self) -> impl Iterator<Item = (&str, Type)> {
        self.schema.fields().iter().map(|field| (field.name.as_str(), field.ty))
    }

    /// Which field is the event time; no field's number where none is.
    pub fn event_time(&self) -> usize {
        self.query.event_time.unwrap_or(usize::MAX)
    }
}

/// Where rows go as JSON lines.
pub struct Sinks<'a> {
    /// Results.
    pub results: &'a mut dyn Write,
    /// Late rows, where the query diverts them.
    pub late: &'a mut dyn Write,
    /// Invalid rows, where they are diverted.
    pub rejected: &'a mut dyn Write,
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

/// Runs a query to the end of its source. `progress` is called after every batch.
pub fn run(
    job: &Job,
    source: &mut dyn Source,
    sinks: Sinks<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, RunError> {
    let mut engine = Engine::new(job, 1)?;
    let mut results = JsonWriter::new(Plain(sinks.results), job.results(), job.output_style);
    let mut late = JsonWriter::new(Plain(sinks.late), job.fields(), job.late_style);
    let mut rejected = JsonWriter::new(Plain(sinks.rejected), REJECTED, job.late_style);
    let mut outputs = Outputs { results: &mut results, late: &mut late, rejected: &mut rejected };
    let mut rows = RowBatch::default();
    while source.read(&mut rows).map_err(RunError::Read)? {
        engine.push(0, &mut rows, &mut outputs)?;
        let (rows, bytes) = engine.read();
        progress(Progress { rows, bytes });
    }
    engine.finish(&mut outputs)?;
    for sink in outputs.each() {
        sink.finish().map_err(RunError::Write)?;
    }
    Ok(engine.summary())
}
