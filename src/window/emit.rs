//! Groups of windows that fire, made to rows of results.

use super::aggregate::{Layout, State};
use super::column::{Batch, Column, Data};
use super::eval::{Rows, eval, holds};
use super::expr::Expr;
use super::keys::Keys;
use super::operator::{Emit, Error, Stats};
use super::query::Query;
use std::borrow::Cow;

/// As many results are handed over at once, at most.
const RESULTS: usize = 4096;

/// Start and end of a window in milliseconds.
pub(super) type Bounds = (i64, i64);

/// Groups that fire, by their places in a state.
pub(super) struct Fired<'a> {
    /// The key of each.
    pub keys: &'a [u32],
    /// The place of each.
    pub groups: &'a [u32],
    /// Their windows: one for all, or one for each.
    pub bounds: &'a [Bounds],
    pub state: &'a State,
}

/// What results are made with and where they go.
pub(super) struct Output<'a, 'e> {
    pub query: &'a Query,
    pub layout: &'a Layout,
    pub keys: &'a Keys,
    pub stats: &'a mut Stats,
    pub emit: &'a mut Emit<'e>,
}

impl Output<'_, '_> {
    /// Computes HAVING and SELECT, and hands the rows over.
    pub fn write(&mut self, fired: &Fired<'_>) -> Result<(), Error> {
        self.stats.groups += fired.keys.len() as u64;
        let mut bounds = fired.bounds.chunks(if fired.bounds.len() == 1 { 1 } else { RESULTS });
        let mut chunk_bounds: &[Bounds] = &[];
        for (keys, groups) in fired.keys.chunks(RESULTS).zip(fired.groups.chunks(RESULTS)) {
            chunk_bounds = bounds.next().unwrap_or(chunk_bounds);
            let mut columns = self.keys.columns(keys);
            for index in 0..self.query.aggregates.len() {
                columns.push(self.layout.results(index, groups, fired.state, &columns));
            }
            let column = |of: fn(&Bounds) -> i64| {
                let mut micros: Vec<i64> = chunk_bounds.iter().map(|bounds| of(bounds) * 1000).collect();
                let first = micros.first().copied().unwrap_or_default();
                micros.resize(keys.len(), first);
                Column::of(Data::I64(micros))
            };
            columns.extend([column(|b| b.0), column(|b| b.1), column(|b| b.1 - 1)]);
            self.write_columns(&columns, keys.len())?;
        }
        Ok(())
    }

    fn write_columns(&mut self, columns: &[Column], len: usize) -> Result<(), Error> {
        let all = Rows::All(len);
        let having = self.query.having.as_ref();
        let passed = having.map(|h| holds(h, columns, all)).transpose().map_err(Error::Result)?;
        let rows = passed.as_ref().map_or(all, |p| Rows::Some(p));
        if rows.len() == 0 {
            return Ok(());
        }
        let of = |e: &Expr| eval(e, columns, rows).map(Cow::into_owned);
        let outputs =
            self.query.output.iter().map(of).collect::<Result<Vec<_>, _>>().map_err(Error::Result)?;
        self.stats.rows_out += rows.len() as u64;
        (self.emit)(&Batch { len: rows.len(), columns: outputs, selection: None }).map_err(Error::Output)
    }
}
