//! Pairs of rows, and rows beside nulls.

use super::super::super::column::{Batch, Column, Value};
use super::super::super::eval::{Rows, eval, holds};
use super::super::super::expr::Expr;
use super::super::super::operator::Error;
use super::super::super::save::Saved;
use super::super::super::types::Type;
use super::super::piece::{Down, Piece};
use super::super::plan::Join;
use std::borrow::Cow;

/// As many pairs are looked at together, at most.
pub(super) const TOGETHER: usize = 4096;

/// What makes a pair, and what becomes of it.
#[derive(Debug)]
pub(super) struct Pairs {
    /// The keys over each side's columns.
    keys: [Vec<Expr>; 2],
    condition: Option<Expr>,
    /// Whether rows of a side without a partner stand alone.
    pub keeps: [bool; 2],
    /// Whether left rows alone are told: those with a partner, or those without.
    pub half: Option<bool>,
    /// The types of each side's columns.
    pub types: [Vec<Type>; 2],
}

impl Pairs {
    pub fn new(join: &Join) -> Pairs {
        let keys = [0, 1].map(|side| join.keys.iter().filter_map(|key| key.get(side).cloned()).collect());
        let types = [join.left.output_types(), join.right.output_types()];
        Pairs { keys, condition: join.condition.clone(), keeps: join.keeps, half: join.half, types }
    }

    /// The types of a key.
    pub fn key_types(&self) -> Vec<Type> {
        self.keys.first().into_iter().flatten().map(Expr::ty).collect()
    }

    /// The keys of a side's rows.
    pub fn keys<'c>(
        &self,
        side: usize,
        columns: &'c [Column],
        len: usize,
    ) -> Result<Vec<Cow<'c, Column>>, Error> {
        let keys = self.keys.get(side).into_iter().flatten();
        keys.map(|key| eval(key, columns, Rows::All(len)).map_err(Error::Result)).collect()
    }

    /// Hands on those pairs that the condition holds for, and notes that their rows have a partner.
    pub fn write(
        &self,
        columns: [&[Column]; 2],
        pairs: &mut [Vec<u32>; 2],
        [of_left, of_right]: [&mut [bool]; 2],
        down: Down<'_>,
    ) -> Result<(), Error> {
        let [left, right] = pairs;
        let [left_columns, right_columns] = columns;
        let len = left.len();
        if len == 0 {
            return Ok(());
        }
        let mut both: Vec<Column> = left_columns.iter().map(|column| column.gather(left)).collect();
        both.extend(right_columns.iter().map(|column| column.gather(right)));
        let kept = self.condition.as_ref().map(|condition| holds(condition, &both, Rows::All(len)));
        let kept = kept.transpose().map_err(Error::Result)?.filter(|kept| kept.len() < len);
        if let Some(kept) = &kept {
            both = both.iter().map(|column| column.gather(kept)).collect();
        }
        let mut note = |at: usize| {
            for (flags, rows) in [(&mut *of_left, &*left), (&mut *of_right, &*right)] {
                if let Some(flag) = rows.get(at).and_then(|row| flags.get_mut(*row as usize)) {
                    *flag = true;
                }
            }
        };
        match &kept {
            Some(kept) => kept.iter().for_each(|at| note(*at as usize)),
            None => (0..len).for_each(note),
        }
        left.clear();
        right.clear();
        match kept.map_or(len, |kept| kept.len()) {
            _ if self.half.is_some() => Ok(()),
            0 => Ok(()),
            len => down(Piece::of(&Batch { len, columns: both, selection: None })),
        }
    }

    /// Takes from left rows the right ones beside them for which the condition does not hold.
    pub fn hold(
        &self,
        [left_columns, right_columns]: [&[Column]; 2],
        left: &[u32],
        right: &mut [Option<u32>],
    ) -> Result<(), Error> {
        let Some(condition) = &self.condition else { return Ok(()) };
        let pairs: Vec<(u32, u32)> =
            left.iter().zip(right.iter()).filter_map(|(left, right)| Some((*left, (*right)?))).collect();
        let (of_left, of_right): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
        let mut both: Vec<Column> = left_columns.iter().map(|column| column.gather(&of_left)).collect();
        both.extend(right_columns.iter().map(|column| column.gather(&of_right)));
        let held = holds(condition, &both, Rows::All(of_left.len())).map_err(Error::Result)?;
        let mut held = held.into_iter().peekable();
        for (right, at) in right.iter_mut().filter(|right| right.is_some()).zip(0_u32..) {
            if held.next_if_eq(&at).is_none() {
                *right = None;
            }
        }
        Ok(())
    }

    /// Hands on rows of a side that have no partner, where such rows stand alone.
    pub fn write_alone(
        &self,
        side: usize,
        columns: &[Column],
        rows: &[u32],
        down: Down<'_>,
    ) -> Result<(), Error> {
        if self.keeps.get(side) != Some(&true) {
            return Ok(());
        }
        for rows in rows.chunks(TOGETHER) {
            let own = columns.iter().map(|column| column.gather(rows));
            let others = self.types.get(1 - side).into_iter().flatten();
            let nulls = others.map(|ty| Column::all_null(ty.class(), rows.len()));
            let columns = if side == 0 { own.chain(nulls).collect() } else { nulls.chain(own).collect() };
            down(Piece::of(&Batch { len: rows.len(), columns, selection: None }))?;
        }
        Ok(())
    }
}

/// Rows as columns that grow.
#[derive(Debug)]
pub(super) struct Store {
    pub columns: Vec<Column>,
    pub len: usize,
}

impl Store {
    pub fn new(types: &[Type]) -> Store {
        Store { columns: types.iter().map(|ty| Column::new(ty.class())).collect(), len: 0 }
    }

    /// Appends rows of a batch.
    pub fn append(&mut self, batch: &Batch, rows: &[u32]) {
        self.columns.iter_mut().zip(&batch.columns).for_each(|(to, from)| to.append(from, rows));
        self.len += rows.len();
    }

    /// Appends all rows of a batch; where they begin.
    pub fn append_all(&mut self, batch: &Batch) -> usize {
        let first = self.len;
        self.append(batch, &(0..batch.len as u32).collect::<Vec<u32>>());
        first
    }

    /// Keeps these rows alone.
    pub fn keep(&mut self, rows: &[u32]) {
        self.columns.iter_mut().for_each(|column| *column = column.gather(rows));
        self.len = rows.len();
    }

    pub fn memory(&self) -> usize {
        self.columns.iter().map(Column::memory).sum()
    }

    pub fn save(&self, out: &mut Vec<u8>) {
        self.len.save(out);
        for column in &self.columns {
            (0..self.len).for_each(|row| column.get(row).save(out));
        }
    }

    /// Sets a new one to what was saved.
    pub fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.len = Saved::load(from)?;
        for column in &mut self.columns {
            for _ in 0..self.len {
                column.push(&Value::load(from)?);
            }
        }
        Some(())
    }
}
