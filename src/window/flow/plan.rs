//! The physical plan of a whole query: parts whose rows are written one beside the other.

use super::super::expr::Expr;
use super::super::over::Over;
use super::super::query::{Late, PlanError, Query, Window, check_columns};
use super::super::types::Type;
use serde::{Deserialize, Serialize};

/// A query over one stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The types of the stream's columns.
    pub input: Vec<Type>,
    /// Which of them is the event time, where there is one.
    pub event_time: Option<usize>,
    /// How far the watermark stays behind the latest event time, in milliseconds.
    pub watermark_delay_ms: i64,
    /// What becomes of late rows.
    pub late: Late,
    /// What is computed: the rows of all of them are the result. At least one.
    pub parts: Vec<Part>,
}

/// A branch of `UNION ALL`, or the whole query.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What takes the stream's rows.
    pub first: First,
    /// What its results go through.
    pub then: Vec<Stage>,
}

/// What takes the stream's rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum First {
    /// Groups of windows.
    Groups(Box<Query>),
    /// The rows themselves.
    Rows(RowQuery),
}

/// Rows that are no groups, each once for each of its windows where there are windows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowQuery {
    /// `WHERE`, over the input.
    pub filter: Option<Expr>,
    /// The windows, no sessions.
    pub window: Option<Window>,
    /// What each row becomes: over the input, and behind it window start, end and time.
    pub output: Vec<Expr>,
}

/// What rows go through.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Stage {
    /// Some rows, computed anew.
    Select(Select),
    /// The first rows of each window and key.
    Top(Top),
    /// Each row with what is computed over it and rows before it.
    Over(Box<Over>),
}

/// Some rows, computed anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Select {
    /// Which rows; all where there is none.
    pub filter: Option<Expr>,
    /// What each becomes.
    pub output: Vec<Expr>,
}

/// The first rows of each window and key, with their number as a last column, a BIGINT from 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Top {
    /// The types of the rows.
    pub input: Vec<Type>,
    /// The column that is the window's end, a timestamp.
    pub window_end: usize,
    /// The keys, the window's bounds among them.
    pub partition: Vec<Expr>,
    /// What is ordered by, and whether the greatest comes first.
    pub order: Vec<(Expr, bool)>,
    /// Of equal rows the last one comes first. So Flink keeps the newest row of a key.
    pub newest: bool,
    /// How many rows of each; all where it is not known.
    pub limit: Option<usize>,
}

impl From<Query> for Plan {
    fn from(query: Query) -> Plan {
        Plan {
            input: query.input.clone(),
            event_time: Some(query.event_time),
            watermark_delay_ms: query.watermark_delay_ms,
            late: query.late,
            parts: vec![Part { first: First::Groups(Box::new(query)), then: Vec::new() }],
        }
    }
}

impl Plan {
    /// The query, where the plan is no more than one window with its groups.
    pub fn single(&self) -> Option<&Query> {
        match self.parts.as_slice() {
            [Part { first: First::Groups(query), then }] if then.is_empty() => Some(query),
            _ => None,
        }
    }

    /// The types of the results' columns.
    pub fn output_types(&self) -> Vec<Type> {
        self.parts.first().map(Part::output_types).unwrap_or_default()
    }

    /// For each input column, whether the plan reads it.
    pub fn columns_read(&self) -> Vec<bool> {
        let mut read: Vec<bool> = (0..self.input.len()).map(|i| Some(i) == self.event_time).collect();
        let mut mark = |index: usize| {
            if let Some(flag) = read.get_mut(index) {
                *flag = true;
            }
        };
        for part in &self.parts {
            match &part.first {
                First::Groups(query) => {
                    let columns = query.columns_read();
                    columns.iter().enumerate().filter(|(_, read)| **read).for_each(|(index, _)| mark(index));
                }
                First::Rows(rows) => rows
                    .filter
                    .iter()
                    .chain(&rows.output)
                    .for_each(|expr| expr.columns(&mut |index, _| mark(index))),
            }
        }
        read
    }

    /// Finds the first thing that keeps the plan from being run.
    pub fn validate(&self) -> Result<(), PlanError> {
        let results = self.output_types();
        for part in &self.parts {
            match &part.first {
                First::Groups(query) => query.validate()?,
                First::Rows(rows) => self.check_rows(rows)?,
            }
            let mut types = part.first.output_types();
            for stage in &part.then {
                types = stage.checked(&types)?;
            }
            if let Some((index, ty)) =
                types.iter().enumerate().find(|(index, ty)| results.get(*index) != Some(ty))
            {
                return Err(PlanError::Column(index, *ty));
            }
        }
        Ok(())
    }

    fn check_rows(&self, rows: &RowQuery) -> Result<(), PlanError> {
        let time = self.event_time.and_then(|index| self.input.get(index));
        let mut types = self.input.clone();
        if let Some(window) = rows.window {
            match time {
                Some(Type::Timestamp(0..=3)) => types.extend([Type::Timestamp(3); 3]),
                Some(Type::TimestampLtz(0..=3)) => {
                    types.extend([Type::Timestamp(3), Type::Timestamp(3), Type::TimestampLtz(3)]);
                }
                _ => return Err(PlanError::EventTime),
            }
            if !window.is_whole() {
                return Err(PlanError::Duration);
            }
            if matches!(window, Window::Session { .. }) {
                return Err(PlanError::Ungrouped);
            }
        }
        check_filter(rows.filter.as_ref())?;
        rows.filter.iter().chain(&rows.output).try_for_each(|expr| check_columns(expr, &types))
    }
}

impl Part {
    fn output_types(&self) -> Vec<Type> {
        let mut types = self.first.output_types();
        for stage in &self.then {
            types = stage.output_types(&types);
        }
        types
    }
}

impl First {
    fn output_types(&self) -> Vec<Type> {
        match self {
            First::Groups(query) => query.output.iter().map(Expr::ty).collect(),
            First::Rows(rows) => rows.output.iter().map(Expr::ty).collect(),
        }
    }
}

impl Stage {
    fn output_types(&self, input: &[Type]) -> Vec<Type> {
        match self {
            Stage::Select(select) => select.output.iter().map(Expr::ty).collect(),
            Stage::Top(_) => input.iter().copied().chain([Type::BigInt]).collect(),
            Stage::Over(over) => over.output_types(),
        }
    }

    fn checked(&self, input: &[Type]) -> Result<Vec<Type>, PlanError> {
        match self {
            Stage::Select(select) => {
                check_filter(select.filter.as_ref())?;
                let exprs = select.filter.iter().chain(&select.output);
                exprs.into_iter().try_for_each(|expr| check_columns(expr, input))?;
            }
            Stage::Top(top) => {
                let exprs = top.partition.iter().chain(top.order.iter().map(|(expr, _)| expr));
                exprs.into_iter().try_for_each(|expr| check_columns(expr, input))?;
                if !matches!(input.get(top.window_end), Some(Type::Timestamp(_))) {
                    return Err(PlanError::Column(top.window_end, Type::Timestamp(3)));
                }
            }
            Stage::Over(over) => {
                let differs = over.input.iter().zip(input).position(|(a, b)| a != b);
                let differs = differs.or((over.input.len() != input.len()).then_some(input.len()));
                if let Some(index) = differs {
                    let ty = over.input.get(index).copied().unwrap_or(Type::BigInt);
                    return Err(PlanError::Column(index, ty));
                }
                over.validate()?;
            }
        }
        Ok(self.output_types(input))
    }
}

fn check_filter(filter: Option<&Expr>) -> Result<(), PlanError> {
    match filter {
        Some(filter) if filter.ty() != Type::Boolean => Err(PlanError::Condition("WHERE")),
        _ => Ok(()),
    }
}
