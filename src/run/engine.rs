//! A query that is fed batch by batch: the operator, what is counted, and what goes where.

use super::pipeline::{Input, Job, OnInvalid, RunError, Summary};
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
    /// What was read of each input.
    counts: Vec<Counts>,
    /// The input that each partition is of.
    inputs: Vec<usize>,
}

/// What was read of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows, rejected ones included.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Rows that were rejected.
    pub rejected: u64,
}

impl<'j> Engine<'j> {
    /// A query over partitions, of each of which is told which input it is of.
    pub fn new(job: &'j Job, partitions: &[usize]) -> Result<Engine<'j>, RunError> {
        if let Some((index, ty)) = first_mismatch(job) {
            return Err(RunError::Plan(PlanError::Column(index, ty)));
        }
        let operator = window::Engine::new(job.query.clone(), partitions).map_err(RunError::Plan)?;
        let summary = Summary { diverted: vec![0; job.diverted.len()], ..Summary::default() };
        let counts = vec![Counts::default(); job.inputs.len()];
        Ok(Engine { job, operator, summary, counts, inputs: partitions.to_vec() })
    }

    /// One partition more of an input, behind the others: a shard that another was split into.
    pub fn add(&mut self, input: usize) {
        self.inputs.push(input);
        self.operator.add(input);
    }

    /// Takes rows of a partition.
    pub fn push(
        &mut self,
        partition: u32,
        rows: &mut RowBatch,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), RunError> {
        let at = self.inputs.get(partition as usize).copied().unwrap_or_default();
        let Some(input) = self.job.inputs.get(at) else { return Ok(()) };
        if let Some(counts) = self.counts.get_mut(at) {
            counts.rows += rows.rows;
            counts.bytes += rows.bytes;
            counts.rejected += rows.rejected.len() as u64;
        }
        self.reject(input, rows, outputs)?;
        let mut results = Results { sink: outputs.results, job: self.job, null: None };
        let pushed = self.operator.push(partition, &rows.batch, &mut |batch: &Batch| results.write(batch));
        let Pushed { late, .. } = pushed.map_err(|e| results.located(e, &rows.lines))?;
        if late.is_empty() {
            return Ok(());
        }
        self.divert(input.late, &rows.batch, Some(&late), outputs)
    }

    /// Writes rows where they are diverted to.
    fn divert(
        &mut self,
        to: Option<usize>,
        batch: &Batch,
        rows: Option<&[u32]>,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), RunError> {
        let Some(to) = to else { return Ok(()) };
        if let Some(count) = self.summary.diverted.get_mut(to) {
            *count += rows.map_or(batch.len, <[u32]>::len) as u64;
        }
        match outputs.diverted.get_mut(to) {
            Some(sink) => sink.write(batch, rows).map_err(RunError::Write),
            None => Ok(()),
        }
    }

    /// A partition has ended.
    pub fn end(&mut self, partition: u32, outputs: &mut Outputs<'_>) -> Result<(), RunError> {
        let mut results = Results { sink: outputs.results, job: self.job, null: None };
        let ended = self.operator.end(partition, &mut |batch: &Batch| results.write(batch));
        ended.map_err(|e| results.located(e, &[]))
    }

    /// A partition has been silent for long: it does not hold the watermark back until its next row.
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
        let (rows_in, bytes_in) = self.read();
        Summary {
            rows_in,
            bytes_in,
            rejected: self.counts.iter().map(|counts| counts.rejected).sum(),
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
        let sum = |(rows, bytes), counts: &Counts| (rows + counts.rows, bytes + counts.bytes);
        self.counts.iter().fold((0, 0), sum)
    }

    /// What was read of each input.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// An input's watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self, input: usize) -> Option<i64> {
        self.operator.watermark(input)
    }

    /// A partition's latest event time in milliseconds since the epoch; `None` before its first row.
    pub fn latest(&self, partition: u32) -> Option<i64> {
        self.operator.latest(partition)
    }

    /// All that is needed to go on.
    pub fn save(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for counts in &self.counts {
            [counts.rows, counts.bytes, counts.rejected].into_iter().for_each(|count| count.save(&mut out));
        }
        self.summary.diverted.save(&mut out);
        self.summary.first_rejected.save(&mut out);
        save_bytes(&self.operator.save(), &mut out);
        out
    }

    /// Gives a new engine the state of one of the same job; `None` where the bytes are no such state.
    pub fn load(&mut self, mut saved: &[u8]) -> Option<()> {
        let from = &mut saved;
        for counts in &mut self.counts {
            let [rows, bytes, rejected] = [Saved::load(from)?, Saved::load(from)?, Saved::load(from)?];
            *counts = Counts { rows, bytes, rejected };
        }
        self.summary.diverted = Saved::load(from)?;
        self.summary.first_rejected = Saved::load(from)?;
        self.operator.load(load_bytes(from)?)?;
        from.is_empty().then_some(())
    }

    fn reject(
        &mut self,
        input: &Input,
        rows: &mut RowBatch,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), RunError> {
        if rows.rejected.is_empty() {
            return Ok(());
        }
        let (mut reasons, mut raws) = (Column::new(Class::Text), Column::new(Class::Text));
        for mut reject in rows.rejected.drain(..) {
            match input.on_invalid {
                OnInvalid::Drop => {}
                OnInvalid::Fail => return Err(RunError::Invalid(reject)),
                OnInvalid::Divert => {
                    push_text(&mut reasons, reject.reason.as_bytes());
                    push_text(&mut raws, &reject.raw);
                }
            }
            if self.summary.first_rejected.len() < DESCRIBED {
                reject.raw = Vec::new();
                self.summary.first_rejected.push(reject);
            }
        }
        let batch = Batch { len: reasons.len(), columns: vec![reasons, raws], selection: None };
        if batch.len == 0 { Ok(()) } else { self.divert(input.rejected, &batch, None, outputs) }
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

/// A column of the plan that a source's record does not have.
fn first_mismatch(job: &Job) -> Option<(usize, Type)> {
    let none = (job.inputs.len() != job.query.streams.len()).then_some((0, Type::String));
    none.or_else(|| {
        job.inputs.iter().zip(&job.query.streams).find_map(|(input, stream)| {
            let types = input.schema.types();
            let len = types.len().max(stream.input.len());
            let wrong = (0..len).find(|i| types.get(*i) != stream.input.get(*i))?;
            stream.input.get(wrong).or(types.get(wrong)).map(|ty| (wrong, *ty))
        })
    })
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
