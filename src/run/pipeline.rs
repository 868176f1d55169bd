//! A query from source to sink.

use super::rows::{Reject, RowBatch, Source};
use super::schema::Schema;
use super::writer::{JsonWriter, write_string};
use crate::window::time::Style;
use crate::window::{Batch, Column, Engine, EvalErrorKind, Late, Plan, PlanError, Pushed, Type};
use std::fmt;
use std::io::{self, Write};

/// What becomes of rows that do not parse, lack a field or break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnInvalid {
    /// They are counted.
    Drop,
    /// The first one ends the run.
    Fail,
    /// They are counted, and written as `{"reason": …, "raw": …}`: the `Rejected` record, of two strings.
    Divert,
}

/// A query to run.
#[derive(Clone, Debug)]
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

    /// Which field is the event time; no field's number where none is.
    pub fn event_time(&self) -> usize {
        self.query.event_time.unwrap_or(usize::MAX)
    }
}

/// Where rows go.
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

/// As many rejected rows are described in the summary.
const DESCRIBED: usize = 5;

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
    if let Some((index, ty)) = first_mismatch(job) {
        return Err(RunError::Plan(PlanError::Column(index, ty)));
    }
    let mut operator = Engine::new(job.query.clone(), 1).map_err(RunError::Plan)?;
    let names = job.output.iter().map(String::as_str);
    let types = job.query.output_types();
    let writer = JsonWriter::new(sinks.results, names.zip(types), job.output_style);
    let mut results = Results { writer, job, null: None };
    let fields = job.schema.fields().iter().map(|f| (f.name.as_str(), f.ty));
    let mut late = JsonWriter::new(sinks.late, fields, job.late_style);
    let mut rows = RowBatch::default();
    let mut summary = Summary::default();
    while source.read(&mut rows).map_err(RunError::Read)? {
        summary.rows_in += rows.rows;
        summary.bytes_in += rows.bytes;
        reject(job, &mut rows, sinks.rejected, &mut summary)?;
        let pushed = operator.push(0, &rows.batch, &mut |batch: &Batch| results.write(batch));
        let Pushed { late: rows_late, .. } = pushed.map_err(|e| results.located(e, &rows.lines))?;
        late.write_rows(&rows.batch, rows_late).map_err(RunError::Write)?;
        progress(Progress { rows: summary.rows_in, bytes: summary.bytes_in });
    }
    let finished = operator.finish(&mut |batch: &Batch| results.write(batch));
    finished.map_err(|e| results.located(e, &[]))?;
    results
        .writer
        .flush()
        .and_then(|()| late.flush())
        .and_then(|()| sinks.rejected.flush())
        .map_err(RunError::Write)?;
    let stats = operator.stats();
    summary.late = stats.late;
    summary.windows = stats.windows;
    summary.rows_out = stats.rows_out;
    summary.most_windows = stats.most_windows;
    summary.most_groups = stats.most_groups;
    summary.most_memory = stats.most_memory;
    Ok(summary)
}

/// A column of the plan that the source's record does not have.
fn first_mismatch(job: &Job) -> Option<(usize, Type)> {
    let types = job.schema.types();
    let len = types.len().max(job.query.input.len());
    let wrong = (0..len).find(|i| types.get(*i) != job.query.input.get(*i))?;
    job.query.input.get(wrong).or(types.get(wrong)).map(|ty| (wrong, *ty))
}

/// Where results go, with what they must not be.
struct Results<'a, W> {
    writer: JsonWriter<W>,
    job: &'a Job,
    /// The column that had a null and must not.
    null: Option<usize>,
}

impl<W: Write> Results<'_, W> {
    fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let is_broken = |(column, required): (&Column, &bool)| {
            *required && (0..batch.len).any(|row| column.nulls.is_some() && column.is_null(row))
        };
        self.null = batch.columns.iter().zip(&self.job.required).position(is_broken);
        match self.null {
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
            None => self.writer.write(batch),
        }
    }

    fn located(&self, error: crate::window::Error, lines: &[u64]) -> RunError {
        match (error, self.null.and_then(|column| self.job.output.get(column))) {
            (crate::window::Error::Output(_), Some(column)) => RunError::Null(column.clone()),
            (crate::window::Error::Row(e), _) => RunError::Value(lines.get(e.row).copied(), e.kind),
            (crate::window::Error::Result(e), _) => RunError::Value(None, e.kind),
            (crate::window::Error::Output(e), None) => RunError::Write(e),
        }
    }
}

fn reject(
    job: &Job,
    rows: &mut RowBatch,
    sink: &mut dyn Write,
    summary: &mut Summary,
) -> Result<(), RunError> {
    let mut line = Vec::new();
    for mut reject in rows.rejected.drain(..) {
        match job.on_invalid {
            OnInvalid::Drop => {}
            OnInvalid::Fail => return Err(RunError::Invalid(reject)),
            OnInvalid::Divert => {
                line.clear();
                line.extend_from_slice(b"{\"reason\":");
                write_string(&reject.reason, &mut line);
                line.extend_from_slice(b",\"raw\":");
                write_string(&String::from_utf8_lossy(&reject.raw), &mut line);
                line.extend_from_slice(b"}\n");
                sink.write_all(&line).map_err(RunError::Write)?;
            }
        }
        summary.rejected += 1;
        if summary.first_rejected.len() < DESCRIBED {
            reject.raw = Vec::new();
            summary.first_rejected.push(reject);
        }
    }
    Ok(())
}
