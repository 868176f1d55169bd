//! What rows go through, one link after the other.

use super::super::clock::Mark;
use super::super::column::{Batch, Column, Data};
use super::super::eval::{Rows, eval, holds};
use super::super::in_order::InOrder;
use super::super::operator::{Emit, Error, Operator, Stats};
use super::super::over::OverRows;
use super::super::pattern::PatternRows;
use super::super::query::PlanError;
use super::earliest::FirstRows;
use super::piece::{Down, Piece};
use super::plan::{Assign, Select, Stage};
use super::rows::{Assigned, windows, with_bounds};
use super::top::Ranking;
use std::borrow::Cow;
use std::io;
use std::ops::Range;

/// A stage that runs.
#[derive(Debug)]
pub(super) enum Link {
    Select(Select),
    /// With the rows that had no event time.
    Assign(Assign, u64),
    Top(Box<Ranking>),
    Earliest(Box<FirstRows>),
    Over(Box<OverRows>),
    Match(Box<PatternRows>),
    Groups(Box<Operator>),
}

impl Link {
    pub fn new(stage: Stage) -> Result<Link, PlanError> {
        Ok(match stage {
            Stage::Select(select) => Link::Select(select),
            Stage::Assign(assign) => Link::Assign(assign, 0),
            Stage::Top(top) => Link::Top(Box::new(Ranking::new(top))),
            Stage::Earliest(earliest) => Link::Earliest(Box::new(FirstRows::new(earliest))),
            Stage::Over(over) => Link::Over(Box::new(OverRows::new(*over))),
            Stage::Match(pattern) => Link::Match(Box::new(PatternRows::new(*pattern))),
            Stage::Groups(query) => Link::Groups(Box::new(Operator::new(*query, 1)?)),
            Stage::Regroup(query) => Link::Groups(Box::new(Operator::of_ends(*query)?)),
        })
    }

    /// Whether it waits for time to pass.
    pub fn waits(&self) -> bool {
        matches!(self, Link::Top(_) | Link::Earliest(_) | Link::Over(_) | Link::Match(_) | Link::Groups(_))
    }

    /// The rows of the last piece that were late, ascending, where it tells.
    pub fn late(&self) -> Option<&[u32]> {
        match self {
            Link::Top(ranking) => Some(ranking.late()),
            Link::Over(over) => Some(over.late()),
            Link::Match(rows) => Some(rows.late()),
            _ => None,
        }
    }

    /// What happened in it so far, but for the rows that it handed on.
    pub fn stats(&self) -> Stats {
        match self {
            Link::Select(_) => Stats::default(),
            Link::Assign(_, without_event_time) => {
                Stats { without_event_time: *without_event_time, ..Stats::default() }
            }
            Link::Top(ranking) => Stats {
                most_groups: ranking.most_rows(),
                most_memory: ranking.most_memory(),
                ..Stats::default()
            },
            Link::Over(over) => over.stats(),
            Link::Earliest(first) => {
                let (_, most) = first.rows();
                Stats { most_groups: most, most_memory: first.memory(most), ..Stats::default() }
            }
            Link::Match(rows) => rows.stats(),
            Link::Groups(operator) => operator.stats(),
        }
    }
}

/// Takes rows and time through the links. Links that wait for the ends of windows hand on the last of a piece's watermarks alone, behind all that
/// it lets them hand on: what comes behind them is never late.
pub(super) fn take(links: &mut [Link], piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
    let Some((link, rest)) = links.split_first_mut() else { return down(piece) };
    if piece.is_empty() {
        return Ok(());
    }
    let mut next = |piece: Piece<'_>| take(rest, piece, &mut *down);
    match link {
        Link::Select(_) | Link::Assign(..) if piece.batch.len == 0 => next(piece),
        Link::Select(select) => {
            let (batch, kept) = selected(select, piece.batch)?;
            let marks = kept.map_or_else(|| piece.marks.to_vec(), |kept| piece.marks_among(&kept));
            next(Piece { batch: &batch, marks: &marks, idle: piece.idle })
        }
        Link::Assign(assign, without) => {
            let (batch, rows) = with_windows(assign, piece.batch, without);
            next(Piece { batch: &batch, marks: &piece.marks_among(&rows), idle: piece.idle })
        }
        Link::Top(ranking) => ranking.take(piece, &mut next),
        Link::Earliest(first) => in_order(&mut **first, piece, &mut next),
        Link::Over(over) => in_order(&mut **over, piece, &mut next),
        Link::Match(rows) => in_order(&mut **rows, piece, &mut next),
        Link::Groups(operator) => {
            behind(&mut next, |results| operator.push_marked(piece.batch, piece.marks, results))?;
            next(Piece::time(piece.last().as_slice(), piece.idle))
        }
    }
}

/// Takes rows one by one, and hands on what each watermark lets out, each watermark behind its rows.
fn in_order<T: InOrder>(rows: &mut T, piece: Piece<'_>, down: Down<'_>) -> Result<(), Error> {
    let prepared = (piece.batch.len > 0).then(|| rows.prepared(piece.batch)).transpose()?;
    rows.forget_late();
    let add_all = |rows: &mut T, range: Range<usize>| {
        if let Some(prepared) = &prepared {
            range.for_each(|row| rows.add(prepared, piece.batch, row));
        }
    };
    let mut row = 0;
    for mark in piece.marks {
        add_all(rows, row..mark.rows);
        row = row.max(mark.rows);
        while let Some(batch) = rows.fired(mark.watermark)? {
            down(Piece::of(&batch))?;
        }
        down(Piece::time(&[Mark { rows: 0, ..*mark }], false))?;
    }
    add_all(rows, row..piece.batch.len);
    if piece.idle { down(Piece::time(&[], true)) } else { Ok(()) }
}

/// Runs an operator whose results go on. A fault behind it comes back as it is, whatever the operator makes of it.
pub(super) fn behind<T>(down: Down<'_>, run: impl FnOnce(Emit<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let mut fault = None;
    let ran = run(&mut |results: &Batch| {
        down(Piece::of(results)).map_err(|error| {
            fault = Some(error);
            io::ErrorKind::Other.into()
        })
    });
    match fault {
        Some(fault) => Err(fault),
        None => ran,
    }
}

/// The rows that the condition holds for, computed, and which they are where not all.
fn selected(select: &Select, batch: &Batch) -> Result<(Batch, Option<Vec<u32>>), Error> {
    let all = Rows::All(batch.len);
    let kept = select
        .filter
        .as_ref()
        .map(|filter| holds(filter, &batch.columns, all))
        .transpose()
        .map_err(Error::Result)?;
    let rows = kept.as_ref().map_or(all, |kept| Rows::Some(kept));
    let computed = select.output.iter().map(|expr| eval(expr, &batch.columns, rows).map(Cow::into_owned));
    let columns = computed.collect::<Result<Vec<_>, _>>().map_err(Error::Result)?;
    Ok((Batch { len: rows.len(), columns, selection: None }, kept))
}

/// Each row once for each of its windows, and which it is.
fn with_windows(assign: &Assign, batch: &Batch, without: &mut u64) -> (Batch, Vec<u32>) {
    let mut assigned = Assigned { rows: Vec::new(), bounds: Vec::new() };
    if let Some(time @ Column { data: Data::I64(times), .. }) = batch.columns.get(assign.event_time) {
        for (row, micros) in (0_u32..).zip(times) {
            if time.is_null(row as usize) {
                *without += 1;
                continue;
            }
            windows(assign.window, micros.div_euclid(1000), |bounds| {
                assigned.rows.push(row);
                assigned.bounds.push(bounds);
            });
        }
    }
    let columns = with_bounds(batch, &assigned);
    (Batch { len: assigned.rows.len(), columns, selection: None }, assigned.rows)
}
