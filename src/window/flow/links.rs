//! What rows of results go through, one link after the other.

use super::super::column::Batch;
use super::super::eval::{Rows, eval, holds};
use super::super::operator::Error;
use super::plan::{Select, Stage};
use super::top::Ranking;
use std::borrow::Cow;

/// A stage that runs.
#[derive(Debug)]
pub(super) enum Link {
    Select(Select),
    Top(Box<Ranking>),
}

impl Link {
    pub fn new(stage: Stage) -> Link {
        match stage {
            Stage::Select(select) => Link::Select(select),
            Stage::Top(top) => Link::Top(Box::new(Ranking::new(top))),
        }
    }

    pub fn top(&self) -> Option<&Ranking> {
        match self {
            Link::Top(ranking) => Some(ranking),
            Link::Select(_) => None,
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
        Some((Link::Top(ranking), _)) => {
            let rows = ranking.rows(batch)?;
            (0..batch.len).for_each(|row| {
                ranking.add(&rows, batch, row, None);
            });
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
    if let Link::Top(ranking) = link {
        while let Some(batch) = ranking.fired(watermark) {
            take(rest, &batch, out)?;
        }
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
