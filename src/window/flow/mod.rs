//! Queries that are more than one window with GROUP BY: several streams and several queries beside one another (`UNION ALL`), pairs of rows
//! (`JOIN`, lookups), rows that are no groups, the first rows of each window and of each key, OVER, patterns, groups of groups, and computed columns
//! between all of these.
//!
//! A plan is a tree. Its leaves take the rows of streams; what they make of them goes from link to link as [pieces](piece) of rows with the
//! watermarks between them.
//!
//! | topic | rule |
//! | --- | --- |
//! | branches | each takes all rows and has its own state; which comes first within a batch is not promised, as in Flink |
//! | watermark | where inputs meet the least counts; one that is silent is not waited for |
//! | first rows | of equal rows the one that came first; where the newest row alone is kept, the one that came last |
//! | nulls | lower than every value; in a join they equal nothing, in a lookup one another |
//! | lateness | a row of a window that has fired is not counted, ranked or joined; rows of groups are never late, since their window fires as a whole |
//! | order between streams | batches are taken as they are pushed; rows on time come to the same results in every order, late ones may not |

mod earliest;
mod join;
mod links;
mod meeting;
mod piece;
mod plan;
mod rows;
mod running;
mod saved;
mod top;

pub use plan::{Assign, Earliest, First, Join, Pairing, Part, Plan, RowQuery, Select, Stage, Stream, Top};

use super::column::Batch;
use super::operator::{Emit, Error, Held, Pushed, Stats};
use super::query::PlanError;
use piece::Piece;
use running::{Place, Running, sum};

/// A running plan.
#[derive(Debug)]
pub struct Engine {
    parts: Vec<Running>,
    /// The rows that came out of each part.
    rows_out: Vec<u64>,
    /// The partitions, and which of them have ended.
    places: Vec<Place>,
    ended: Vec<bool>,
    /// How many streams there are.
    streams: usize,
}

impl Engine {
    /// A plan over partitions, of which each is told by the stream that it is of. Each advances the watermark on its own; the minimum of a
    /// stream's counts.
    pub fn new(plan: Plan, partitions: &[usize]) -> Result<Engine, PlanError> {
        plan.validate()?;
        let mut counts = vec![0_u32; plan.streams.len()];
        let mut places = Vec::new();
        for stream in partitions.iter().copied() {
            let count = counts.get_mut(stream).ok_or(PlanError::Stream(stream))?;
            places.push(Place { stream, partition: *count });
            *count += 1;
        }
        let running = |part| Running::new(part, &plan.streams, &counts, false);
        let parts = plan.parts.into_iter().map(running).collect::<Result<Vec<_>, _>>()?;
        let (rows_out, ended) = (vec![0; parts.len()], vec![false; places.len()]);
        Ok(Engine { rows_out, parts, ended, places, streams: counts.len() })
    }

    /// One partition more, the last one, of a stream. Until it has rows or is silent for long it holds the watermark back, which never goes
    /// back itself.
    pub fn add(&mut self, stream: usize) {
        let partition = self.places.iter().filter(|place| place.stream == stream).count() as u32;
        self.places.push(Place { stream, partition });
        self.ended.push(false);
        self.parts.iter_mut().for_each(|part| part.add(stream));
    }

    /// What happened so far, in all parts.
    pub fn stats(&self) -> Stats {
        let all = sum(self.parts.iter().map(Running::stats));
        Stats { rows_out: self.rows_out.iter().sum(), ..all }
    }

    /// How much is held now, in all parts.
    pub fn held(&self) -> Held {
        let mut all = Held::default();
        for held in self.parts.iter().map(Running::held) {
            all.windows += held.windows;
            all.groups += held.groups;
            all.keys += held.keys;
            all.memory += held.memory;
        }
        all
    }

    /// A stream's watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self, stream: usize) -> Option<i64> {
        self.parts.iter().find_map(|part| part.watermark(stream))
    }

    /// A partition's latest event time in milliseconds since the epoch; `None` before its first row.
    pub fn latest(&self, partition: u32) -> Option<i64> {
        let at = *self.places.get(partition as usize)?;
        self.parts.iter().find_map(|part| part.latest(at))
    }

    /// Takes rows of a partition, in the order of their arrival. Rows are late where the first part that has windows of the stream finds them
    /// late.
    pub fn push(&mut self, partition: u32, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
        let Some(at) = self.places.get(partition as usize).copied() else { return Ok(Pushed::default()) };
        let mut first: Option<Pushed> = None;
        self.each_part(emit, |part, down| {
            let pushed = part.push(at, batch, down)?;
            first = first.take().or(pushed);
            Ok(())
        })?;
        Ok(first.unwrap_or_default())
    }

    /// Tells that a partition has been silent for longer than its idle timeout: until its next row it does not
    /// hold the watermark back.
    pub fn set_idle(&mut self, partition: u32, emit: Emit<'_>) -> Result<(), Error> {
        let Some(at) = self.places.get(partition as usize).copied() else { return Ok(()) };
        self.each_part(emit, |part, down| part.set_idle(at, down))
    }

    /// Tells that a partition has ended. With the last one of a stream the stream ends: it holds nothing back, and its own windows fire.
    pub fn end(&mut self, partition: u32, emit: Emit<'_>) -> Result<(), Error> {
        let Some(at) = self.places.get(partition as usize).copied() else { return Ok(()) };
        if let Some(ended) = self.ended.get_mut(partition as usize) {
            *ended = true;
        }
        let mut of_stream =
            self.places.iter().zip(&self.ended).filter(|(place, _)| place.stream == at.stream);
        if of_stream.all(|(_, ended)| *ended) {
            return self.each_part(emit, |part, down| part.end(at.stream, down));
        }
        self.each_part(emit, |part, down| part.set_idle(at, down))
    }

    /// The input has ended: every open window fires.
    pub fn finish(&mut self, emit: Emit<'_>) -> Result<(), Error> {
        let streams = self.streams;
        self.each_part(emit, |part, down| {
            part.wake();
            (0..streams).try_for_each(|stream| part.end(stream, &mut *down))
        })
    }

    /// Does something with each part, whose rows go out.
    fn each_part(
        &mut self,
        emit: Emit<'_>,
        mut each: impl FnMut(&mut Running, piece::Down<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.parts.iter_mut().zip(&mut self.rows_out).try_for_each(|(part, rows_out)| {
            each(part, &mut |piece: Piece<'_>| {
                if piece.batch.len == 0 {
                    return Ok(());
                }
                *rows_out += piece.batch.len as u64;
                emit(piece.batch).map_err(Error::Output)
            })
        })
    }
}
