//! A query that is fed batch by batch: the operator, what is counted, and what goes where.

use super::pipeline::{Job, OnInvalid, RunError, Summary};
use super::rows::{Reject, RowBatch};
use super::sink::{Outputs, RowSink};
use crate::window::save::{Saved, load_bytes, save_bytes};
use crate::window::{self, Batch, Class, Column, Data, Held, PlanError, Pushed, Type};
use std::io;

/// As many rejected rows are described in the summary.
const DESCRIBED: usize = 5;

/// A running query.
#[derive(Debug)]
pub struct Engine<'j> {
    job: &'j Job,
    operator: window::Engine,
    summary: Summary,
}

impl<'j> Engine<'j> {
    /// A query over as many partitions of its source.
    pub fn new(job: &'j Job, partitions: u32) -> Result<Engine<'j>, RunError> {
        if let Some((index, ty)) = first_mismatch(job) {
            return Err(RunError::Plan(PlanError::Column(index, ty)));
        }
        let operator = window::Engine::new(job.query.clone(), partitions).map_err(RunError::Plan)?;
        Ok(Engine { job, operator, summary: Summary::default() })
    }

    /// Takes rows of a partition.
    pub fn push(
        &mut self,
        partition: u32,
        rows: &mut RowBatch,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), RunError> {
        self.summary.rows_in += rows.rows;
        self.summary.bytes_in += rows.bytes;
        self.reject(rows, outputs.rejected)?;
        let mut results = Results { sink: outputs.results, job: self.job, null: None };
        let pushed = self.operator.push(partition, &rows.batch, &mut |batch: &Batch| results.write(batch));
        let Pushed { late, .. } = pushed.map_err(|e| results.located(e, &rows.lines))?;
        if late.is_empty() {
            return Ok(());
        }
        outputs.late.write(&rows.batch, Some(&late)).map_err(RunError::Write)
    }

    /// A partition has ended, or been silent for long: it does not hold the watermark back until its next row.
    pub fn set_idle(&mut self, partition: u32, outputs: &mut Outputs<'_>) -> Result<(), RunError> {
        let mut results = Results { sink: outputs.results, job: self.job, null: None };
        let fired = self.operator.set_idle(partition, &mut |batch: &Batch| results.write(batch));
        fired.map_err(|e| results.located(e, &[]))
    }

    /// The input has ended: every open window fires.
    pub fn finish(&mut self, outputs: &mut Outputs<'_>) -> Result<(), RunError> {
        let mut results = Results { sink: outputs.results, job: self.job, null: None };
        let finished = self.operator.finish(&mut |batch: &Batch| results.write(batch));
        finished.map_err(|e| results.located(e, &[]))
    }

    /// What happened so far.
    pub fn summary(&self) -> Summary {
        let stats = self.operator.stats();
        Summary {
            late: stats.late,
            windows: stats.windows,
            rows_out: stats.rows_out,
            most_windows: stats.most_windows,
            most_groups: stats.most_groups,
            most_memory: stats.most_memory,
            ..self.summary.clone()
        }
    }

    /// What is held now.
    pub fn held(&self) -> Held {
        self.operator.held()
    }

    /// The most bytes of state so far.
    pub fn most_memory(&self) -> usize {
        self.operator.stats().most_memory
    }

    /// Rows and bytes read.
    pub fn read(&self) -> (u64, u64) {
        (self.summary.rows_in, self.summary.bytes_in)
    }

    /// The watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self) -> Option<i64> {
        self.operator.watermark()
    }

    /// A partition's latest event time in milliseconds since the epoch; `None` before its first row.
    pub fn latest(&self, partition: u32) -> Option<i64> {
        self.operator.latest(partition)
    }

    /// All that is needed to go on.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let Summary { rows_in, bytes_in, rejected, first_rejected, .. } = &self.summary;
        [rows_in, bytes_in, rejected].into_iter().for_each(|count| count.save(&mut out));
        first_rejected.save(&mut out);
        save_bytes(&self.operator.save(), &mut out);
        out
    }

    /// Gives a new engine the state of one of the same job; `None` where the bytes are no such state.
    pub fn load(&mut self, mut saved: &[u8]) -> Option<()> {
        let from = &mut saved;
        self.summary.rows_in = Saved::load(from)?;
        self.summary.bytes_in = Saved::load(from)?;
        self.summary.rejected = Saved::load(from)?;
        self.summary.first_rejected = Saved::load(from)?;
        self.operator.load(load_bytes(from)?)?;
        from.is_empty().then_some(())
    }

    fn reject(&mut self, rows: &mut RowBatch, sink: &mut dyn RowSink) -> Result<(), RunError> {
        if rows.rejected.is_empty() {
            return Ok(());
        }
        let (mut reasons, mut raws) = (Column::new(Class::Text), Column::new(Class::Text));
        for mut reject in rows.rejected.drain(..) {
            match self.job.on_invalid {
                OnInvalid::Drop => {}
                OnInvalid::Fail => return Err(RunError::Invalid(reject)),
                OnInvalid::Divert => {
                    push_text(&mut reasons, reject.reason.as_bytes());
                    push_text(&mut raws, &reject.raw);
                }
            }
            self.summary.rejected += 1;
            if self.summary.first_rejected.len() < DESCRIBED {
                reject.raw = Vec::new();
                self.summary.first_rejected.push(reject);
            }
        }
        let batch = Batch { len: reasons.len(), columns: vec![reasons, raws], selection: None };
        sink.write(&batch, None).map_err(RunError::Write)
    }
}

impl Saved for Reject {
    fn save(&self, out: &mut Vec<u8>) {
        self.line.save(out);
        self.reason.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(Reject { line: Saved::load(from)?, reason: Saved::load(from)?, raw: Vec::new() })
    }
}

fn push_text(column: &mut Column, text: &[u8]) {
    if let Data::Text(texts) = &mut column.data {
        texts.push(text);
    }
}

/// A column of the plan that the source's record does not have.
fn first_mismatch(job: &Job) -> Option<(usize, Type)> {
    let types = job.schema.types();
    let len = types.len().max(job.query.input.len());
    let wrong = (0..len).find(|i| types.get(*i) != job.query.input.get(*i))?;
    job.query.input.get(wrong).or(types.get(wrong)).map(|ty| (wrong, *ty))
}

/// Where results go, with what they must not be.
struct Results<'a> {
    sink: &'a mut dyn RowSink,
    job: &'a Job,
    /// The column that had a null and must not.
    null: Option<usize>,
}

impl Results<'_> {
    fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let is_broken = |(column, required): (&Column, &bool)| {
            *required && (0..batch.len).any(|row| column.nulls.is_some() && column.is_null(row))
        };
        self.null = batch.columns.iter().zip(&self.job.required).position(is_broken);
        match self.null {
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
            None => self.sink.write(batch, None),
        }
    }

    fn located(&self, error: window::Error, lines: &[u64]) -> RunError {
        match (error, self.null.and_then(|column| self.job.output.get(column))) {
            (window::Error::Output(_), Some(column)) => RunError::Null(column.clone()),
            (window::Error::Row(e), _) => RunError::Value(lines.get(e.row).copied(), e.kind),
            (window::Error::Result(e), _) => RunError::Value(None, e.kind),
            (window::Error::Output(e), None) => RunError::Write(e),
        }
    }
}
