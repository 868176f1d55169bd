//! MATCH_RECOGNIZE: rows of a part, in the order of time, that follow a pattern.

use smol_str::SmolStr;

use super::plan::{Expr, ExprKind, Order};
use crate::source::Span;

/// A pattern of rows, and what is told of each match of it.
///
/// Conditions and measures read the columns of the input once for the latest row whatever it stands for, and then once for each variable, in the
/// order of the pattern: column `i` of variable `v` is `(v + 1) * width + i`.
#[derive(Clone, Debug)]
pub struct Match {
    /// The columns that make a part.
    pub partition: Vec<usize>,
    /// The order, by the event time first; a column of the input each.
    pub order: Vec<Order>,
    /// Where the event time is named.
    pub time: Span,
    /// The pattern's variables, one behind the other.
    pub pattern: Vec<Variable>,
    /// How long a match may last, in milliseconds; as long as it likes where there is none.
    pub within: Option<u64>,
    /// Where the next match may begin.
    pub skip: Skip,
    /// What is told of each match, with its name.
    pub measures: Vec<(SmolStr, Expr)>,
    /// The conditions, by the place of their variable in the pattern. A variable without one stands for any row.
    pub conditions: Vec<(usize, Expr)>,
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// The fewest rows.
    pub least: u32,
    /// The most rows; any number where there is none.
    pub most: Option<u32>,
    /// Whether it takes as few as it can.
    pub reluctant: bool,
}

/// Where the next match may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Behind the last row.
    PastLastRow,
    /// At the row behind the first.
    ToNextRow,
    /// At the first row of a variable.
    ToFirst(SmolStr),
    /// At the last row of a variable.
    ToLast(SmolStr),
}

/// The function that tells a match's event time.
pub const ROWTIME: &str = "MATCH_ROWTIME";

impl Match {
    /// The expressions of conditions and measures.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let measures = self.measures.iter().map(|(_, expr)| expr);
        measures.chain(self.conditions.iter().map(|(_, expr)| expr))
    }

    /// The columns of the input that a condition or a measure reads.
    pub fn columns(expr: &Expr, width: usize) -> Vec<usize> {
        let mut columns: Vec<usize> =
            expr.columns().into_iter().filter_map(|column| column.checked_rem(width)).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Whether a column of the result is the match's event time.
    pub fn is_event_time(&self, at: usize) -> bool {
        let measure = at.checked_sub(self.partition.len()).and_then(|at| self.measures.get(at));
        measure.is_some_and(|(_, expr)| matches!(&expr.kind, ExprKind::Call(name, _) if name == ROWTIME))
    }
}
