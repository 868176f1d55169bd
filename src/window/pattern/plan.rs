//! The physical plan of MATCH_RECOGNIZE.

use super::super::aggregate::Aggregate;
use super::super::expr::Expr;
use super::super::query::{PlanError, check_columns};
use super::super::types::Type;
use serde::{Deserialize, Serialize};

/// A row for each match of a pattern: the columns that make a part, then what is told of the match.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pattern {
    /// The types of the rows' columns.
    pub input: Vec<Type>,
    /// The column that is the event time.
    pub time: usize,
    /// The columns that make a part.
    pub partition: Vec<usize>,
    /// What rows of one time are ordered by, and whether the greatest comes first.
    pub order: Vec<(Expr, bool)>,
    /// The variables, one behind the other. At least one.
    pub variables: Vec<Variable>,
    /// A match's last row comes less than so many milliseconds after its first.
    pub within_ms: Option<i64>,
    /// Where the next match may begin.
    pub skip: Skip,
    /// The aggregates that conditions and measures read.
    pub calls: Vec<Call>,
    /// What is told of a match.
    pub measures: Vec<Told>,
}

/// A variable of a pattern.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variable {
    /// The fewest rows.
    pub least: u32,
    /// The most rows; any number where there is none.
    pub most: Option<u32>,
    /// Whether it takes as few as it can.
    pub reluctant: bool,
    /// Which rows it stands for; any where there is none.
    pub condition: Option<Told>,
}

/// Where the next match may begin. Variables are told by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Skip {
    /// Behind the last row.
    PastLastRow,
    /// At the row behind the first.
    ToNextRow,
    /// At the first row of a variable.
    ToFirst(usize),
    /// At the last row of a variable.
    ToLast(usize),
}

/// An expression over what is read of a match's rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// What the expression's columns are.
    pub reads: Vec<Read>,
    /// The expression.
    pub expr: Expr,
}

/// Something that is read of a match's rows. A variable that is none stands for all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Read {
    /// A column of a row of a variable; null where there is no such row.
    Row {
        /// The variable.
        variable: Option<usize>,
        /// The column.
        column: usize,
        /// Whether rows are counted from the first one, or back from the last.
        first: bool,
        /// Which: 0 the first or the last itself.
        offset: u32,
    },
    /// One of [`Pattern::calls`].
    Call(usize),
    /// The time of the match, of this type.
    Time(Type),
}

/// An aggregate over the rows of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The variable; all rows where there is none.
    pub variable: Option<usize>,
    /// The aggregate, over a row's columns.
    pub aggregate: Aggregate,
}

impl Pattern {
    /// The types of the results' columns.
    pub fn output_types(&self) -> Vec<Type> {
        let keys = self.partition.iter().filter_map(|column| self.input.get(*column).copied());
        keys.chain(self.measures.iter().map(|told| told.expr.ty())).collect()
    }

    /// The type of what is read.
    pub(super) fn type_of(&self, read: &Read) -> Option<Type> {
        match read {
            Read::Row { column, .. } => self.input.get(*column).copied(),
            Read::Call(call) => self.calls.get(*call)?.aggregate.ty(),
            Read::Time(ty) => Some(*ty),
        }
    }

    /// Finds the first thing that keeps it from being run.
    pub(in super::super) fn validate(&self) -> Result<(), PlanError> {
        if !self.input.get(self.time).is_some_and(|ty| ty.is_event_time()) {
            return Err(PlanError::EventTime);
        }
        if let Some(column) = self.partition.iter().find(|column| **column >= self.input.len()) {
            return Err(PlanError::Column(*column, Type::String));
        }
        let arguments = self.calls.iter().filter_map(|call| call.aggregate.argument());
        let over_rows = self.order.iter().map(|(expr, _)| expr).chain(arguments);
        over_rows.into_iter().try_for_each(|expr| check_columns(expr, &self.input))?;
        for call in &self.calls {
            let known = !matches!(
                call.aggregate,
                Aggregate::CountAll | Aggregate::First(_) | Aggregate::Last(_) | Aggregate::Spread(..)
            );
            if !known || call.aggregate.ty().is_none() {
                let argument = call.aggregate.argument();
                return Err(PlanError::Aggregate(
                    call.aggregate.name(),
                    argument.map_or(Type::BigInt, Expr::ty),
                ));
            }
        }
        let conditions = self.variables.iter().filter_map(|variable| variable.condition.as_ref());
        if conditions.clone().any(|condition| condition.expr.ty() != Type::Boolean) {
            return Err(PlanError::Condition("DEFINE"));
        }
        for told in conditions.chain(&self.measures) {
            let types: Vec<Type> =
                told.reads.iter().map(|read| self.type_of(read).unwrap_or(Type::String)).collect();
            check_columns(&told.expr, &types)?;
        }
        let whole = |variable: &Variable| {
            variable.most != Some(0) && variable.most.is_none_or(|most| variable.least <= most)
        };
        // A pattern that fits no rows at all would match everywhere.
        if !self.variables.iter().all(whole) || self.variables.iter().all(|variable| variable.least == 0) {
            return Err(PlanError::Condition("PATTERN"));
        }
        match self.within_ms {
            Some(length) if length < 1 => Err(PlanError::Duration),
            _ => Ok(()),
        }
    }
}
