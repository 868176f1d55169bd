//! What rows of results go through, one link after the other.

use super::super::column::Batch;
use super::super::eval::{Rows, eval, holds};
use super::super::operator::Error;
use super::super::over::{OverRows, Prepared};
use super::plan::{Select, Stage};
use super::top::{Ranked, Ranking};
use std::borrow::Cow;

/// A stage that runs.
#[derive(Debug)]
pub(super) enum Link {
    Select(Select),
    Top(Box<Ranking>),
    Over(Box<OverRows>),
}

/// What a link that keeps rows computes of those of a batch.
pub(super) enum Kept {
    Top(Ranked),
    Over(Prepared),
}

impl Link {
    pub fn new(stage: Stage) -> Link {
        match stage {
            Stage::Select(select) => Link::Select(select),
            Stage::Top(top) => Link::Top(Box::new(Ranking::new(top))),
            Stage::Over(over) => Link::Over(Box::new(OverRows::new(*over))),
        }
    }

    /// Whether it keeps rows until time has passed.
    pub fn keeps(&self) -> bool {
        matches!(self, Link::Top(_) | Link::Over(_))
    }

    /// What it computes of a batch whose rows it keeps; `None` where it keeps none.
    pub fn kept(&self, batch: &Batch) -> Result<Option<Kept>, Error> {
        Ok(match self {
            Link::Select(_) => None,
            Link::Top(ranking) => Some(Kept::Top(ranking.rows(batch)?)),
            Link::Over(over) => Some(Kept::Over(over.prepared(batch)?)),
        })
    }

    /// Takes a row; false where it is late.
    pub fn add(&mut self, kept: &Kept, batch: &Batch, row: usize, watermark: Option<i64>) -> bool {
        match (self, kept) {
            (Link::Top(ranking), Kept::Top(ranked)) => ranking.add(ranked, batch, row, watermark),
            (Link::Over(over), Kept::Over(prepared)) => over.add(prepared, batch, row, watermark),
            _ => true,
        }
    }

    /// Rows whose turn has come by a watermark; `None` once there are no more.
    fn fired(&mut self, watermark: i64) -> Option<Batch> {
        match self {
            Link::Select(_) => None,
            Link::Top(ranking) => ranking.fired(watermark),
            Link::Over(over) => over.fired(watermark),
        }
    }

    /// The rows held now, the keys that are known beside them, and the bytes of both, about.
    pub fn held(&self) -> (usize, usize, usize) {
        match self {
            Link::Select(_) => (0, 0, 0),
            Link::Top(ranking) => (ranking.held_rows(), 0, ranking.memory()),
            Link::Over(over) => (over.held_rows(), over.parts(), over.memory()),
        }
    }

    /// The most rows held at once, and their bytes, about.
    pub fn most(&self) -> (usize, usize) {
        match self {
            Link::Select(_) => (0, 0),
            Link::Top(ranking) => (ranking.most_rows(), ranking.most_memory()),
            Link::Over(over) => (over.most_rows(), over.most_memory()),
        }
    }
}

/// Where the last link's rows go.
pub(super) struct Out<'a, 'e> {
    pub emit: &'a mut (dyn FnMut(&Batch) -> std::io::Result<()> + 'e),
    pub rows: &'a mut u64,
}

/// Takes rows through the links, as far as none waits for a window's end.
pub(super) fn take(links: &mut [Link], batch: &Batch, out: &mut Out<'_, '_>) -> Result<(), Error> {
    match links.split_first_mut() {
        None => {
            *out.rows += batch.len as u64;
            (out.emit)(batch).map_err(Error::Output)
        }
        Some((Link::Select(select), rest)) => match selected(select, batch)? {
            Some(batch) => take(rest, &batch, out),
            None => Ok(()),
        },
        Some((link, _)) => {
            if let Some(kept) = link.kept(batch)? {
                // What comes from below is never late here: time passes there first.
                (0..batch.len).for_each(|row| {
                    link.add(&kept, batch, row, None);
                });
            }
            Ok(())
        }
    }
}

/// Lets time pass: windows that have ended hand their first rows on.
pub(super) fn pass_time(
    links: &mut [Link],
    watermark: Option<i64>,
    out: &mut Out<'_, '_>,
) -> Result<(), Error> {
    let (Some(watermark), Some((link, rest))) = (watermark, links.split_first_mut()) else { return Ok(()) };
    while let Some(batch) = link.fired(watermark) {
        take(rest, &batch, out)?;
    }
    pass_time(rest, Some(watermark), out)
}

/// The rows that the condition holds for, computed; `None` where there are none.
pub(super) fn selected(select: &Select, batch: &Batch) -> Result<Option<Batch>, Error> {
    let all = Rows::All(batch.len);
    let kept = select
        .filter
        .as_ref()
        .map(|filter| holds(filter, &batch.columns, all))
        .transpose()
        .map_err(Error::Result)?;
    let rows = kept.as_ref().map_or(all, |kept| Rows::Some(kept));
    if rows.len() == 0 {
        return Ok(None);
    }
    let computed = select.output.iter().map(|expr| eval(expr, &batch.columns, rows).map(Cow::into_owned));
    let columns = computed.collect::<Result<Vec<_>, _>>().map_err(Error::Result)?;
    Ok(Some(Batch { len: rows.len(), columns, selection: None }))
}
