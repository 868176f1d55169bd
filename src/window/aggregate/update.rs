//! Values added to accumulators, column by column.

use super::super::column::{Column, Data, Text};
use super::super::decimal;
use super::kind::{Kind, Pick, wins};
use super::state::State;
use super::{Assigned, join, split};

/// The accumulators of one aggregate, and the rows that are added to them.
pub(super) struct Target<'a> {
    pub assigned: &'a Assigned,
    pub state: &'a mut State,
    /// Words per group.
    pub stride: usize,
    /// Where in them the aggregate's are.
    pub offset: usize,
}

impl Target<'_> {
    pub fn count_all(&mut self) {
        for group in &self.assigned.groups {
            if let Some(count) = self.state.words.get_mut(*group as usize * self.stride + self.offset) {
                *count += 1;
            }
        }
    }

    /// Calls `add` with a group's words and a value, for every value that is not null.
    #[inline]
    fn each<T: Copy, const N: usize>(
        &mut self,
        values: &[T],
        column: &Column,
        add: impl Fn(&mut [u64; N], T),
    ) {
        let pairs = self.assigned.rows.iter().zip(&self.assigned.groups);
        for (row, group) in pairs {
            let start = *group as usize * self.stride + self.offset;
            let words = self.state.words.get_mut(start..start + N).and_then(|w| w.first_chunk_mut::<N>());
            if let (Some(value), Some(words)) = (values.get(*row as usize), words)
                && !column.is_null(*row as usize)
            {
                add(words, *value);
            }
        }
    }

    fn texts(&mut self, texts: &Text, column: &Column, pick: Pick) {
        for (row, group) in self.assigned.rows.iter().zip(&self.assigned.groups) {
            let row = *row as usize;
            let start = *group as usize * self.stride + self.offset;
            if let Some(place) = self.state.words.get_mut(start).filter(|_| !column.is_null(row)) {
                let new = texts.get(row);
                if self.state.objects.text(*place).is_none_or(|held| wins(pick, new, held)) {
                    self.state.objects.set_text(place, new);
                }
            }
        }
    }
}

/// Takes over `value` where none is held yet or it beats the one held.
#[inline]
fn keep<T: Copy + PartialOrd>(
    words: &mut [u64; 2],
    value: T,
    pick: Pick,
    to: impl Fn(T) -> u64,
    of: impl Fn(u64) -> T,
) {
    let [held, seen] = words;
    if *seen == 0 || wins(pick, value, of(*held)) {
        *held = to(value);
        *seen = 1;
    }
}

impl Kind {
    pub(super) fn update(self, column: &Column, target: &mut Target<'_>) {
        match (self, &column.data) {
            (Kind::CountAll | Kind::Count, data) => {
                let ones = vec![(); data.len()];
                target.each(&ones, column, |[n], ()| *n += 1);
            }
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::F64(v)) => target.each(v, column, |[sum, n], x| {
                *sum = (f64::from_bits(*sum) + x).to_bits();
                *n += 1;
            }),
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::I64(v)) => target.each(v, column, |[sum, n], x| {
                *sum = sum.wrapping_add(x as u64);
                *n += 1;
            }),
            // The low 32 bits are the wrapped sum of 32-bit values, so one accumulator serves SUM and AVG.
            (Kind::Sum { .. } | Kind::Avg { .. }, Data::I32(v)) => target.each(v, column, |[sum, n], x| {
                *sum = sum.wrapping_add(i64::from(x) as u64);
                *n += 1;
            }),
            (Kind::SumDecimal, Data::I128(v)) => target.each(v, column, add_decimal),
            (Kind::SumDecimalReduced | Kind::AvgDecimal { .. }, Data::I128(v)) => {
                target.each(v, column, |words, x| average_decimal(words, x, 1))
            }
            (Kind::Variance { .. }, _) => variance(self, column, target),
            (Kind::Value(pick, _), data) => value(data, column, pick, target),
            (Kind::Decimal(pick), Data::I128(v)) => target.each(v, column, |[low, high, seen], x| {
                if *seen == 0 || wins(pick, x, join(*low, *high)) {
                    (*low, *high) = split(x);
                    *seen = 1;
                }
            }),
            (Kind::Text(pick), Data::Text(t)) => target.texts(t, column, pick),
            // An argument always has the layout that its type says.
            _ => {}
        }
    }
}

/// Adds to a sum that an overflow empties.
pub(super) fn add_decimal([low, high, n]: &mut [u64; 3], value: i128) {
    let sum = if *n == 0 { Some(value) } else { join(*low, *high).checked_add(value) };
    match sum.filter(|s| decimal::fits(*s, 38)) {
        Some(sum) => {
            (*low, *high) = split(sum);
            *n += 1;
        }
        None => *n = 0,
    }
}

/// Adds `count` values' sum to a sum that an overflow ends.
pub(super) fn average_decimal([low, high, n, overflowed]: &mut [u64; 4], value: i128, count: u64) {
    match join(*low, *high).checked_add(value).filter(|s| decimal::fits(*s, 38)) {
        Some(sum) => (*low, *high) = split(sum),
        None => *overflowed = 1,
    }
    *n += count;
}

fn variance(kind: Kind, column: &Column, target: &mut Target<'_>) {
    match &column.data {
        Data::I32(v) => target.each(v, column, |words, x| welford(words, f64::from(x))),
        Data::I64(v) => target.each(v, column, |words, x| welford(words, x as f64)),
        Data::F64(v) => target.each(v, column, welford),
        Data::I128(v) => {
            let Kind::Variance { scale, .. } = kind else { return };
            target.each(v, column, |words, x| welford(words, decimal::to_f64(x, scale)));
        }
        _ => {}
    }
}

/// Welford's algorithm, step by step as `WelfordM2AggFunction` of Flink 2.3 computes it.
fn welford([n, mean, m2]: &mut [u64; 3], value: f64) {
    *n += 1;
    let before = f64::from_bits(*mean);
    let delta = value - before;
    let after = before + delta / *n as f64;
    *mean = after.to_bits();
    *m2 = (f64::from_bits(*m2) + delta * (value - after)).to_bits();
}

fn value(data: &Data, column: &Column, pick: Pick, target: &mut Target<'_>) {
    match data {
        Data::Bool(v) => target.each(v, column, |w, x| keep(w, x, pick, u64::from, |h| h != 0)),
        Data::I32(v) => target.each(v, column, |w, x| keep(w, x, pick, |x| x as u64, |h| h as i32)),
        Data::I64(v) => target.each(v, column, |w, x| keep(w, x, pick, |x| x as u64, |h| h as i64)),
        Data::F64(v) => target.each(v, column, |w, x| keep(w, x, pick, f64::to_bits, f64::from_bits)),
        _ => {}
    }
}
