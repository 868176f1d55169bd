//! Aggregates over rows and the rows before them: what stands behind `OVER`.

use super::plan::{AggregateFunction, Expr, Relation, RelationKind};
use crate::{platform::DataType, source::Span};

/// The one window of a query's OVER, and what is computed on it. Flink computes all on one.
#[derive(Clone, Debug)]
pub struct Over {
    /// What makes a part, over the input.
    pub partition: Vec<Expr>,
    /// The column that rows are ordered by, ascending, and where it is named.
    pub time: (usize, Span),
    /// Which rows before each count.
    pub frame: Frame,
    /// What is computed, over the input.
    pub calls: Vec<OverCall>,
}

/// Which rows count beside each row: those from so far before it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// So many rows before; all where there is none.
    Rows(Option<u64>),
    /// Rows so many milliseconds before, and those of the same time; all where there is none.
    Range(Option<u64>),
}

impl Frame {
    /// Whether rows leave it.
    pub const fn is_bounded(self) -> bool {
        matches!(self, Self::Rows(Some(_)) | Self::Range(Some(_)))
    }
}

/// `AVG(celsius) OVER (…)`.
#[derive(Clone, Debug)]
pub struct OverCall {
    /// Which.
    pub function: OverFunction,
    /// What it is computed over; none for `COUNT(*)`.
    pub argument: Option<Expr>,
    /// Whether equal values count once.
    pub distinct: bool,
    /// The result's type.
    pub ty: DataType,
    /// The whole call.
    pub span: Span,
}

/// The functions that may stand before OVER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverFunction {
    /// One of many rows.
    Aggregate(AggregateFunction),
    /// `LAG(x, n)`: the value so many rows before.
    Lag(u32),
}

impl OverFunction {
    /// Its name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aggregate(function) => function.name(),
            Self::Lag(_) => "LAG",
        }
    }
}

impl Over {
    /// Whether both are of the same parts, order and rows.
    pub fn same_window(&self, other: &Self) -> bool {
        self.time.0 == other.time.0
            && self.frame == other.frame
            && self.partition.len() == other.partition.len()
            && self.partition.iter().zip(&other.partition).all(|(a, b)| a.same(b))
    }

    /// The expressions over the input.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.partition.iter().chain(self.calls.iter().filter_map(|call| call.argument.as_ref()))
    }

    /// Whether a row is late by the watermark alone, which SQL can tell: all rows before count, and they are those of a stream.
    pub fn tells_late_rows(&self, input: &Relation) -> bool {
        Self::is_of_stream(input) && !self.frame.is_bounded()
    }

    /// Whether rows are those of a stream, some of them left out.
    pub fn is_of_stream(input: &Relation) -> bool {
        match &input.kind {
            RelationKind::Filter { input, .. } => matches!(input.kind, RelationKind::Scan(_)),
            kind => matches!(kind, RelationKind::Scan(_)),
        }
    }
}

impl OverCall {
    /// Whether both compute the same on one window.
    pub fn same(&self, other: &Self) -> bool {
        let argument = match (&self.argument, &other.argument) {
            (Some(a), Some(b)) => a.same(b),
            (None, None) => true,
            _ => false,
        };
        self.function == other.function && self.distinct == other.distinct && argument
    }
}
