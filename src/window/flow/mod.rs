//! Queries that are more than one window with GROUP BY: several beside one another (`UNION ALL`), rows that are no groups, the first rows of
//! each window, and computed columns behind all of these.
//!
//! | topic | rule |
//! | --- | --- |
//! | branches | each takes all rows and has its own state; which comes first within a batch is not promised, as in Flink |
//! | first rows | of equal rows the one that came first; where the newest row alone is kept, the one that came last |
//! | nulls | lower than every value |
//! | lateness | a row of a window that has fired is not ranked; rows of groups are never late, since their window fires as a whole |

mod links;
mod plan;
mod rows;
mod saved;
mod top;

pub use plan::{First, Part, Plan, RowQuery, Select, Stage, Top};

use super::column::Batch;
use super::operator::{Emit, Error, Operator, Pushed, Stats};
use super::query::PlanError;
use links::{Link, Out, pass_time, take};
use rows::RowOperator;
use std::io;

/// A running plan.
#[derive(Debug)]
pub struct Engine {
    parts: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    first: Source,
    links: Vec<Link>,
    rows_out: u64,
}

#[derive(Debug)]
enum Source {
    Groups(Box<Operator>),
    Rows(Box<RowOperator>),
}

impl Engine {
    /// A plan over `partitions` sources, each of which advances the watermark on its own; their minimum counts.
    pub fn new(plan: Plan, partitions: u32) -> Result<Engine, PlanError> {
        plan.validate()?;
        let running = |part: &Part| {
            let first = match &part.first {
                First::Groups(query) => {
                    Source::Groups(Box::new(Operator::new(query.as_ref().clone(), partitions)?))
                }
                First::Rows(query) => {
                    Source::Rows(Box::new(RowOperator::new(query.clone(), &plan, partitions)))
                }
            };
            Ok(Running { first, links: part.then.iter().cloned().map(Link::new).collect(), rows_out: 0 })
        };
        Ok(Engine { parts: plan.parts.iter().map(running).collect::<Result<_, PlanError>>()? })
    }

    /// What happened so far, in all parts.
    pub fn stats(&self) -> Stats {
        // As for each batch: a row is late where the first part that has windows finds it late.
        let first = self.parts.iter().find(|part| part.has_windows());
        let mut all = Stats { late: first.map_or(0, |part| part.stats().late), ..Stats::default() };
        for part in &self.parts {
            let stats = part.stats();
            all.without_event_time = all.without_event_time.max(stats.without_event_time);
            all.windows += stats.windows;
            all.groups += stats.groups;
            all.rows_out += stats.rows_out;
            all.most_windows += stats.most_windows;
            all.most_groups += stats.most_groups;
            all.most_memory += stats.most_memory;
        }
        all
    }

    /// The watermark in milliseconds since the epoch; `None` before the first.
    pub fn watermark(&self) -> Option<i64> {
        self.parts.first().and_then(Running::watermark)
    }

    /// Takes rows of a partition, in the order of their arrival. Rows are late where the first part that has windows finds them late.
    pub fn push(&mut self, partition: u32, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
        let mut first: Option<Pushed> = None;
        for part in &mut self.parts {
            let pushed = part.push(partition, batch, emit)?;
            if part.has_windows() {
                first.get_or_insert(pushed);
            }
        }
        Ok(first.unwrap_or_default())
    }

    /// Tells that a partition has been silent for longer than its idle timeout: until its next row it does not
    /// hold the watermark back.
    pub fn set_idle(&mut self, partition: u32, emit: Emit<'_>) -> Result<(), Error> {
        self.parts.iter_mut().try_for_each(|part| part.set_idle(partition, emit))
    }

    /// The input has ended: every open window fires.
    pub fn finish(&mut self, emit: Emit<'_>) -> Result<(), Error> {
        self.parts.iter_mut().try_for_each(|part| part.finish(emit))
    }
}

impl Running {
    fn stats(&self) -> Stats {
        let mut stats = match &self.first {
            Source::Groups(operator) => operator.stats(),
            Source::Rows(operator) => operator.stats(),
        };
        if !self.links.is_empty() || matches!(self.first, Source::Rows(_)) {
            stats.rows_out = self.rows_out;
        }
        for (rows, memory) in self.links.iter().map(Link::most) {
            stats.most_groups += rows;
            stats.most_memory += memory;
        }
        stats
    }

    fn watermark(&self) -> Option<i64> {
        match &self.first {
            Source::Groups(operator) => operator.watermark(),
            Source::Rows(operator) => operator.watermark(),
        }
    }

    /// Whether rows can be late: whether something waits for the end of their windows.
    fn has_windows(&self) -> bool {
        matches!(self.first, Source::Groups(_)) || !self.links.is_empty()
    }

    fn push(&mut self, partition: u32, batch: &Batch, emit: Emit<'_>) -> Result<Pushed, Error> {
        let Running { first, links, rows_out } = self;
        match first {
            Source::Groups(operator) if links.is_empty() => operator.push(partition, batch, emit),
            Source::Groups(operator) => {
                let mut out = Out { emit, rows: rows_out };
                let pushed = behind(links, &mut out, |results| operator.push(partition, batch, results))?;
                pass_time(links, operator.watermark(), &mut out)?;
                Ok(pushed)
            }
            Source::Rows(operator) => {
                operator.push(partition as usize, batch, links, &mut Out { emit, rows: rows_out })
            }
        }
    }

    fn set_idle(&mut self, partition: u32, emit: Emit<'_>) -> Result<(), Error> {
        let Running { first, links, rows_out } = self;
        let mut out = Out { emit, rows: rows_out };
        match first {
            Source::Groups(operator) if links.is_empty() => operator.set_idle(partition, out.emit),
            Source::Groups(operator) => {
                behind(links, &mut out, |results| operator.set_idle(partition, results))?;
                pass_time(links, operator.watermark(), &mut out)
            }
            Source::Rows(operator) => operator.set_idle(partition as usize, links, &mut out),
        }
    }

    fn finish(&mut self, emit: Emit<'_>) -> Result<(), Error> {
        let Running { first, links, rows_out } = self;
        let mut out = Out { emit, rows: rows_out };
        match first {
            Source::Groups(operator) if links.is_empty() => return operator.finish(out.emit),
            Source::Groups(operator) => behind(links, &mut out, |results| operator.finish(results))?,
            Source::Rows(_) => {}
        }
        pass_time(links, Some(i64::MAX), &mut out)
    }
}

/// Runs an operator whose results go through links. A fault there comes back as it is, whatever the operator makes of it.
fn behind<T>(
    links: &mut [Link],
    out: &mut Out<'_, '_>,
    run: impl FnOnce(Emit<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut fault = None;
    let ran = run(&mut |results: &Batch| {
        take(links, results, out).map_err(|error| {
            fault = Some(error);
            io::ErrorKind::Other.into()
        })
    });
    match fault {
        Some(fault) => Err(fault),
        None => ran,
    }
}
