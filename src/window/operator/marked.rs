//! Rows that come with their watermarks: behind a union, a join, or another window.

use super::super::clock::Mark;
use super::super::column::{Batch, Data};
use super::super::eval::Rows;
use super::super::query::{PlanError, Query};
use super::{Emit, Error, Input, Operator, Passing, Pushed, chosen};

impl Operator {
    /// A query over rows that have a window already, told by its end in place of an event time.
    pub(in super::super) fn of_ends(query: Query) -> Result<Operator, PlanError> {
        Ok(Operator { ahead: 1, ..Operator::new(query, 1)? })
    }

    /// Takes rows, and lets time pass behind some of them. At the watermark `i64::MAX` all windows fire.
    pub(in super::super) fn push_marked(
        &mut self,
        batch: &Batch,
        marks: &[Mark],
        mut emit: Emit<'_>,
    ) -> Result<Pushed, Error> {
        if batch.len > 0 {
            return self.take(Passing::Marked(marks), batch, emit);
        }
        for mark in marks {
            self.pass_to(mark.watermark, &[], &mut emit)?;
        }
        self.end_batch();
        Ok(Pushed::default())
    }

    pub(super) fn advance_marked(
        &mut self,
        marks: &[Mark],
        batch: &Batch,
        rows: Rows<'_>,
        ids: &[u32],
        inputs: &[Input<'_>],
        mut emit: Emit<'_>,
    ) -> Result<Pushed, Error> {
        let mut pushed = Pushed::default();
        let Some(time) = batch.columns.get(self.query.event_time) else { return Ok(pushed) };
        let Data::I64(times) = &time.data else { return Ok(pushed) };
        let mut marks = marks.iter().peekable();
        for ((row, id), position) in chosen(rows).zip(ids).zip(0_u32..) {
            while let Some(mark) = marks.next_if(|mark| mark.rows <= row as usize) {
                self.pass_to(mark.watermark, inputs, &mut emit)?;
            }
            if time.is_null(row as usize) {
                self.stats.without_event_time += 1;
                pushed.without_event_time.push(row);
                continue;
            }
            let millis = times.get(row as usize).copied().unwrap_or_default().div_euclid(1000);
            let millis = millis.saturating_sub(self.ahead);
            if !self.assign(millis, *id, position, inputs) {
                self.note_late(row, &mut pushed);
            }
        }
        for mark in marks {
            self.pass_to(mark.watermark, inputs, &mut emit)?;
        }
        self.windows.settle(inputs, &self.layout);
        Ok(pushed)
    }

    /// Lets time pass up to a watermark.
    fn pass_to(&mut self, watermark: i64, inputs: &[Input<'_>], emit: &mut Emit<'_>) -> Result<(), Error> {
        match self.clock.announce(watermark) {
            Some(watermark) if self.windows.is_due(watermark) => {
                self.windows.settle(inputs, &self.layout);
                self.fire((watermark < i64::MAX).then_some(watermark), emit)
            }
            _ => Ok(()),
        }
    }
}
