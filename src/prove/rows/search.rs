//! The cells in which conditions are as demanded: column by column, and no further where a demand can't be met any more.

use super::{
    Found,
    axis::{Axis, Cell, axes},
    truth::{Can, Row, open_terms},
};
use crate::{platform::Column, sql::plan::Expr};

/// How much is looked at before it is called too much, in terms evaluated: some hundredths of a second.
const MOST_WORK: usize = 2_000_000;

/// What is said where a row was found only if terms that are not understood are as it takes.
const NOT_UNDERSTOOD: &str = "it depends on comparisons of two columns, of patterns with a wildcard before their end, or of a zone's time";

/// What is said where it is too much.
const TOO_MUCH: &str = "there are too many cases to look at";

/// What a condition is to be.
#[derive(Clone, Copy)]
pub(super) struct Demand<'e> {
    condition: &'e Expr,
    holds: bool,
}

impl<'e> Demand<'e> {
    pub(super) fn holds(condition: &'e Expr) -> Self {
        Self { condition, holds: true }
    }

    /// False or unknown.
    pub(super) fn does_not(condition: &'e Expr) -> Self {
        Self { condition, holds: false }
    }

    /// Whether it can be met, and whether it is met for sure.
    fn met(self, can: Can) -> (bool, bool) {
        if self.holds { (can.hold, can == Can::TRUE) } else { (can != Can::TRUE, !can.hold) }
    }
}

/// A row for which all demands are met.
pub(super) fn search(columns: &[Column], demands: &[Demand<'_>]) -> Found {
    let conditions: Vec<&Expr> = demands.iter().map(|it| it.condition).collect();
    let axes = axes(columns, &conditions);
    let mut size = 0_usize;
    conditions.iter().for_each(|it| it.walk(&mut |_| size += 1));
    let mut search = Search {
        demands,
        cells: vec![None; axes.len()],
        guesses: open_terms(&axes, &conditions).into_iter().map(|term| (term, None)).collect(),
        axes: &axes,
        rounds: MOST_WORK / size.max(1),
        maybe: false,
    };
    match search.choose(0) {
        Some(row) => Found::Row(row),
        None if search.rounds == 0 => Found::Undecided(TOO_MUCH),
        None if search.maybe => Found::Undecided(NOT_UNDERSTOOD),
        None => Found::Nothing,
    }
}

struct Search<'s> {
    demands: &'s [Demand<'s>],
    axes: &'s [Axis],
    cells: Vec<Option<Cell>>,
    guesses: Vec<(&'s Expr, Option<bool>)>,
    /// How often the demands may still be looked at.
    rounds: usize,
    /// Whether there is a row if terms that are not understood are as they are guessed.
    maybe: bool,
}

/// Where a row stands.
#[derive(PartialEq)]
enum Standing {
    Impossible,
    Open,
    Met,
}

impl Search<'_> {
    fn standing(&mut self) -> Standing {
        let Some(left) = self.rounds.checked_sub(1) else { return Standing::Impossible };
        self.rounds = left;
        let row = Row { axes: self.axes, cells: &self.cells, guesses: &self.guesses };
        let mut all = Standing::Met;
        for demand in self.demands {
            match demand.met(row.truth(demand.condition)) {
                (false, _) => return Standing::Impossible,
                (true, false) => all = Standing::Open,
                (true, true) => {}
            }
        }
        all
    }

    /// Goes on with a column; the row, where one is found for sure.
    fn choose(&mut self, at: usize) -> Option<String> {
        match self.standing() {
            Standing::Impossible => return None,
            Standing::Met => return Some(self.described()),
            Standing::Open => {}
        }
        let Some(axis) = self.axes.get(at) else {
            self.maybe = self.maybe || self.guess(0);
            return None;
        };
        for cell in &axis.cells {
            self.put(at, Some(*cell));
            let found = self.choose(at + 1);
            if found.is_some() {
                return found;
            }
        }
        self.put(at, None);
        None
    }

    fn put(&mut self, at: usize, cell: Option<Cell>) {
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell;
        }
    }

    /// Whether the demands can be met where the terms that cells leave open are guessed, from one on.
    fn guess(&mut self, at: usize) -> bool {
        let standing = self.standing();
        if standing != Standing::Open || at >= self.guesses.len() {
            return standing != Standing::Impossible;
        }
        let found = [true, false].into_iter().any(|truth| {
            self.take(at, Some(truth));
            self.guess(at + 1)
        });
        self.take(at, None);
        found
    }

    fn take(&mut self, at: usize, truth: Option<bool>) {
        if let Some(guess) = self.guesses.get_mut(at) {
            guess.1 = truth;
        }
    }

    fn described(&self) -> String {
        let chosen =
            self.axes.iter().zip(&self.cells).filter_map(|(axis, cell)| Some(axis.describe((*cell)?)));
        chosen.collect::<Vec<_>>().join(", ")
    }
}
