//! The physical plan of OVER.

use super::super::aggregate::Aggregate;
use super::super::expr::Expr;
use super::super::query::{PlanError, check_columns};
use super::super::reduce::is_nullable;
use super::super::types::Type;
use serde::{Deserialize, Serialize};

/// Rows with what is computed over each and rows before it in its part, as last columns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Over {
    /// The types of the rows' columns.
    pub input: Vec<Type>,
    /// For each of them, whether Flink's planner takes it for one that may be null: of what never is, a sum starts with its first value.
    pub nullable: Vec<bool>,
    /// The column that is the event time.
    pub time: usize,
    /// What makes a part.
    pub partition: Vec<Expr>,
    /// Which rows before each count.
    pub frame: Frame,
    /// What is computed.
    pub calls: Vec<OverCall>,
}

/// Which rows count beside each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// So many rows before; all where there is none.
    Rows(Option<u32>),
    /// Rows at most so many milliseconds before, and those of the same time; all where there is none.
    Range(Option<i64>),
}

impl Frame {
    /// Whether rows leave it.
    pub(super) fn is_bounded(self) -> bool {
        matches!(self, Frame::Rows(Some(_)) | Frame::Range(Some(_)))
    }
}

/// A function with what stands beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverCall {
    /// Which.
    pub function: OverFunction,
    /// Whether equal values count once.
    pub distinct: bool,
}

/// The functions that may stand before OVER.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OverFunction {
    /// One of many rows.
    Aggregate(Aggregate),
    /// `LAG(x, n)`: the value so many rows before, of rows without a frame.
    Lag(Expr, u32),
}

impl OverCall {
    /// What it is computed over.
    pub fn argument(&self) -> Option<&Expr> {
        match &self.function {
            OverFunction::Aggregate(aggregate) => aggregate.argument(),
            OverFunction::Lag(value, _) => Some(value),
        }
    }

    /// The type of its result; `None` where it is not defined on its argument's type.
    pub fn ty(&self) -> Option<Type> {
        match &self.function {
            OverFunction::Aggregate(aggregate) => aggregate.ty(),
            OverFunction::Lag(value, _) => Some(value.ty()),
        }
    }
}

impl Over {
    /// The types of the results' columns.
    pub fn output_types(&self) -> Vec<Type> {
        let added = self.calls.iter().map(|call| call.ty().unwrap_or(Type::BigInt));
        self.input.iter().copied().chain(added).collect()
    }

    /// For each of the results' columns, whether Flink's planner takes it for one that may be null.
    pub fn output_nullable(&self) -> Vec<bool> {
        let of_call = |call: &OverCall| match &call.function {
            OverFunction::Aggregate(Aggregate::CountAll | Aggregate::Count(_)) => false,
            OverFunction::Aggregate(_) => self.may_be_null(call),
            OverFunction::Lag(..) => true,
        };
        self.nullable.iter().copied().chain(self.calls.iter().map(of_call)).collect()
    }

    /// Whether Flink's planner takes a call's argument for one that may be null.
    pub(super) fn may_be_null(&self, call: &OverCall) -> bool {
        call.argument().is_some_and(|argument| is_nullable(argument, &self.nullable))
    }

    /// Finds the first thing that keeps it from being run.
    pub(in super::super) fn validate(&self) -> Result<(), PlanError> {
        let arguments = self.calls.iter().filter_map(OverCall::argument);
        self.partition.iter().chain(arguments).try_for_each(|expr| check_columns(expr, &self.input))?;
        if !self.input.get(self.time).is_some_and(|ty| ty.is_event_time()) {
            return Err(PlanError::EventTime);
        }
        if self.nullable.len() != self.input.len() {
            return Err(PlanError::Nullable);
        }
        for call in &self.calls {
            let name = match &call.function {
                OverFunction::Aggregate(aggregate @ Aggregate::Spread(..)) => {
                    return Err(PlanError::Over(aggregate.name()));
                }
                OverFunction::Aggregate(aggregate @ (Aggregate::First(_) | Aggregate::Last(_)))
                    if call.distinct =>
                {
                    return Err(PlanError::Over(aggregate.name()));
                }
                OverFunction::Lag(..) if self.frame.is_bounded() || call.distinct => {
                    return Err(PlanError::Over("LAG"));
                }
                OverFunction::Aggregate(aggregate) => aggregate.name(),
                OverFunction::Lag(..) => "LAG",
            };
            if call.ty().is_none() {
                let argument = call.argument();
                return Err(PlanError::Aggregate(name, argument.map_or(Type::BigInt, Expr::ty)));
            }
        }
        Ok(())
    }
}
