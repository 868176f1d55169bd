//! The physical plan of a windowed query.

use super::aggregate::{Aggregate, AggregateCall};
use super::expr::Expr;
use super::types::Type;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A windowed aggregation over one stream.
///
/// `having` and `output` are evaluated over a row of results: the keys, then the aggregates, then window start,
/// window end (both TIMESTAMP(3)) and window time (end - 1 ms, of the event time's kind).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Query {
    /// The types of the stream's columns.
    pub input: Vec<Type>,
    /// For each of them, whether it may be null in the SQL that Flink runs. The rows' own nulls are always minded;
    /// this decides which form Flink's planner gives to SUM and AVG (see the module `reduce`).
    pub nullable: Vec<bool>,
    /// Which of them is the event time.
    pub event_time: usize,
    /// How far the watermark stays behind the latest event time, in milliseconds.
    pub watermark_delay_ms: i64,
    /// What becomes of late rows.
    pub late: Late,
    /// `WHERE`, over the input.
    pub filter: Option<Expr>,
    /// The window.
    pub window: Window,
    /// `GROUP BY`, besides the window, over the input.
    pub keys: Vec<Expr>,
    /// Whether the keys are one of several sets: Flink's planner then computes aggregates of a key, and takes it for none.
    pub in_sets: bool,
    /// The aggregates, over the input.
    pub aggregates: Vec<AggregateCall>,
    /// `HAVING`, over the row of results.
    pub having: Option<Expr>,
    /// `SELECT`, over the row of results.
    pub output: Vec<Expr>,
}

/// How rows are assigned to windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// Windows of one size, one after the other, that start at multiples of the size plus an offset.
    Tumble {
        /// Milliseconds, at least 1.
        size_ms: i64,
        /// Milliseconds; any sign.
        offset_ms: i64,
    },
    /// Windows of one size, a new one at each slide.
    Hop {
        /// Milliseconds, at least 1.
        slide_ms: i64,
        /// Milliseconds, a multiple of the slide.
        size_ms: i64,
        /// Milliseconds; any sign.
        offset_ms: i64,
    },
    /// From each multiple of the size on, windows that grow by a step.
    Cumulate {
        /// Milliseconds, at least 1.
        step_ms: i64,
        /// Milliseconds of the longest, a multiple of the step.
        size_ms: i64,
        /// Milliseconds; any sign.
        offset_ms: i64,
    },
    /// For each key, windows that end when no row has come for longer than the gap.
    Session {
        /// Milliseconds, at least 1.
        gap_ms: i64,
    },
}

impl Window {
    /// Whether windows are made of others' accumulators.
    fn merges(self) -> bool {
        !matches!(self, Window::Tumble { .. })
    }

    /// Whether its lengths fit one another.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Window::Tumble { size_ms, offset_ms } => (1..=LONGEST).contains(&size_ms) && is_offset(offset_ms),
            Window::Hop { slide_ms: part, size_ms, offset_ms }
            | Window::Cumulate { step_ms: part, size_ms, offset_ms } => {
                part >= 1
                    && (part..=LONGEST).contains(&size_ms)
                    && size_ms % part == 0
                    && is_offset(offset_ms)
            }
            Window::Session { gap_ms } => (1..=LONGEST).contains(&gap_ms),
        }
    }
}

fn is_offset(offset_ms: i64) -> bool {
    offset_ms.saturating_abs() <= LONGEST
}

/// What becomes of rows whose window has fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Late {
    /// They are counted.
    Drop,
    /// They are counted and handed to the caller.
    Divert,
}

/// Why a plan can't be run. A correct compiler never builds such a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The event time is no column of type TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p up to 3.
    EventTime,
    /// A length that is not positive, a size that is no multiple of its slide or step, or a duration of over 10,000 years.
    Duration,
    /// A stream that does not exist.
    Stream(usize),
    /// A column that does not exist, or is of another type.
    Column(usize, Type),
    /// WHERE or HAVING that is no condition.
    Condition(&'static str),
    /// An aggregate that is not defined on its argument's type.
    Aggregate(&'static str, Type),
    /// An aggregate whose accumulators can't be merged, over windows that merge them.
    Merge(&'static str),
    /// Sessions whose rows are assigned before they are added.
    Apart,
    /// A sample's variance of what is never null: of one value Flink 2.3 makes it -1.
    NeverNull(&'static str),
    /// Sessions of rows that are no groups.
    Ungrouped,
    /// A function that OVER does not compute.
    Over(&'static str),
    /// A type whose parameters are out of range.
    Type(Type),
    /// Not as many nullable flags as columns.
    Nullable,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::EventTime => {
                f.write_str("the event time must be a timestamp(p) or timestamp_ltz(p), p up to 3")
            }
            PlanError::Duration => {
                f.write_str("a window's lengths must be positive, a size a multiple of its slide or step, and no duration over 10,000 years")
            }
            PlanError::Stream(index) => write!(f, "there is no stream {index}"),
            PlanError::Column(index, ty) => write!(f, "there is no column {index} of type {ty}"),
            PlanError::Condition(clause) => write!(f, "{clause} must be boolean"),
            PlanError::Aggregate(name, ty) => write!(f, "`{name}` is not defined on {ty}"),
            PlanError::Merge(name) => {
                write!(f, "`{name}` over windows whose parts are merged (HOP, CUMULATE, SESSION)")
            }
            PlanError::Apart => f.write_str("HAVING over the bounds of a SESSION"),
            PlanError::NeverNull(name) => write!(f, "`{name}` of what is never null"),
            PlanError::Over(name) => write!(f, "`{name}` in this OVER"),
            PlanError::Ungrouped => f.write_str("a SESSION without GROUP BY"),
            PlanError::Nullable => f.write_str("each column must say whether it may be null"),
            PlanError::Type(ty) => write!(f, "there is no type {ty}"),
        }
    }
}

impl std::error::Error for PlanError {}

/// 10,000 years in milliseconds.
const LONGEST: i64 = 10_000 * 366 * 86_400_000;

impl Query {
    /// Finds the first thing that keeps the plan from being run.
    pub fn validate(&self) -> Result<(), PlanError> {
        match self.input.get(self.event_time) {
            Some(ty) if ty.is_event_time() => {}
            _ => return Err(PlanError::EventTime),
        }
        if let Some(ty) = self.input.iter().find(|t| !t.is_valid()) {
            return Err(PlanError::Type(*ty));
        }
        if self.nullable.len() != self.input.len() {
            return Err(PlanError::Nullable);
        }
        if !self.window.is_whole() || !is_offset(self.watermark_delay_ms) {
            return Err(PlanError::Duration);
        }
        let arguments = self.aggregates.iter().flat_map(AggregateCall::exprs);
        for expr in self.filter.iter().chain(&self.keys).chain(arguments) {
            check_columns(expr, &self.input)?;
        }
        if let Some(call) = self.aggregates.iter().find(|call| call.aggregate.ty().is_none()) {
            let argument = call.aggregate.argument();
            return Err(PlanError::Aggregate(call.aggregate.name(), argument.map_or(Type::BigInt, Expr::ty)));
        }
        if let Some(call) = self.aggregates.iter().find(|call| self.is_sample_of_all(call)) {
            return Err(PlanError::NeverNull(call.aggregate.name()));
        }
        let apart = self.is_apart();
        if apart && matches!(self.window, Window::Session { .. }) {
            return Err(PlanError::Apart);
        }
        let merges = self.window.merges() && !apart;
        if let Some(call) = self.aggregates.iter().find(|call| merges && !call.merges()) {
            return Err(PlanError::Merge(call.aggregate.name()));
        }
        if self.aggregates.iter().filter_map(|call| call.filter.as_ref()).any(|f| f.ty() != Type::Boolean) {
            return Err(PlanError::Condition("FILTER"));
        }
        let results = self.result_types();
        for expr in self.having.iter().chain(&self.output) {
            check_columns(expr, &results)?;
        }
        let is_condition = |e: &Option<Expr>| e.as_ref().is_none_or(|e| e.ty() == Type::Boolean);
        match (is_condition(&self.filter), is_condition(&self.having)) {
            (false, _) => Err(PlanError::Condition("WHERE")),
            (_, false) => Err(PlanError::Condition("HAVING")),
            _ => Ok(()),
        }
    }

    /// Whether it is the variance or deviation of a sample, of what Flink's planner takes for never null.
    fn is_sample_of_all(&self, call: &AggregateCall) -> bool {
        match &call.aggregate {
            Aggregate::Spread(argument, spread) => {
                spread.sample && !super::reduce::is_nullable(argument, &self.nullable)
            }
            _ => false,
        }
    }

    /// Whether each row is assigned to its windows before it is added to any. So does Flink where a part of HAVING that must hold reads
    /// the window's bounds and no aggregate: its planner moves it in front of the aggregates (`FilterAggregateTransposeRule`). Windows then
    /// share no accumulators, and doubles are added in the order of arrival.
    pub(super) fn is_apart(&self) -> bool {
        let keys = self.keys.len();
        let bounds = keys + self.aggregates.len();
        let conjuncts = self.having.iter().flat_map(Expr::conjuncts);
        conjuncts.into_iter().any(|part| {
            let (mut reads_bound, mut reads_aggregate) = (false, false);
            part.columns(&mut |column, _| {
                reads_bound |= column >= bounds;
                reads_aggregate |= (keys..bounds).contains(&column);
            });
            reads_bound && !reads_aggregate
        })
    }

    /// The types of the row of results that `having` and `output` read.
    pub fn result_types(&self) -> Vec<Type> {
        let keys = self.keys.iter().map(Expr::ty);
        let aggregates = self.aggregates.iter().map(|call| call.aggregate.ty().unwrap_or(Type::BigInt));
        let time = match self.input.get(self.event_time) {
            Some(Type::TimestampLtz(_)) => Type::TimestampLtz(3),
            _ => Type::Timestamp(3),
        };
        keys.chain(aggregates).chain([Type::Timestamp(3), Type::Timestamp(3), time]).collect()
    }

    /// For each input column, whether the query reads it.
    pub fn columns_read(&self) -> Vec<bool> {
        let mut read: Vec<bool> = (0..self.input.len()).map(|i| i == self.event_time).collect();
        let arguments = self.aggregates.iter().flat_map(AggregateCall::exprs);
        for expr in self.filter.iter().chain(&self.keys).chain(arguments) {
            expr.columns(&mut |index, _| {
                if let Some(flag) = read.get_mut(index) {
                    *flag = true;
                }
            });
        }
        read
    }
}

pub(super) fn check_columns(expr: &Expr, types: &[Type]) -> Result<(), PlanError> {
    let mut wrong = None;
    expr.columns(&mut |index, ty| {
        if types.get(index) != Some(&ty) {
            wrong = Some(PlanError::Column(index, ty));
        }
    });
    wrong.map_or(Ok(()), Err)
}
