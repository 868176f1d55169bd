//! The physical plan of a whole query: parts whose rows are written one beside the other.

use super::super::expr::Expr;
use super::super::over::Over;
use super::super::pattern::Pattern;
use super::super::query::{Late, PlanError, Query, Window, check_columns};
use super::super::types::Type;
use serde::{Deserialize, Serialize};

/// A query.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The streams that are read.
    pub streams: Vec<Stream>,
    /// What is computed: the rows of all of them are the result. At least one.
    pub parts: Vec<Part>,
}

/// A stream that is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    /// The types of its columns.
    pub input: Vec<Type>,
    /// Which of them is the event time, where there is one.
    pub event_time: Option<usize>,
    /// How far the watermark stays behind the latest event time, in milliseconds.
    pub watermark_delay_ms: i64,
    /// What becomes of late rows.
    pub late: Late,
}

/// A branch of `UNION ALL`, a side of a join, or the whole query.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// Where rows come from.
    pub first: First,
    /// What they go through.
    pub then: Vec<Stage>,
}

/// Where rows come from. Streams are told by their place in [`Plan::streams`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum First {
    /// Groups of windows of a stream's rows.
    Groups(usize, Box<Query>),
    /// A stream's rows themselves.
    Rows(usize, RowQuery),
    /// The rows of several parts, whose columns have the same types.
    Union(Vec<Part>),
    /// The pairs of two parts' rows.
    Join(Box<Join>),
}

/// Two parts whose rows stand beside one another, for each pair that is close in time, has equal keys and fulfils a condition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Join {
    /// The rows whose columns come first.
    pub left: Part,
    /// The others.
    pub right: Part,
    /// Whether rows of the left side and of the right one without a partner stand alone, beside nulls.
    pub keeps: [bool; 2],
    /// Left rows alone are told: those with a partner, or those without. Of windows only.
    pub half: Option<bool>,
    /// Which pairs are close.
    pub pairing: Pairing,
    /// What is equal on both sides, over each side's columns, of the same types. Nulls equal nothing.
    pub keys: Vec<[Expr; 2]>,
    /// What else must hold, over the columns of both.
    pub condition: Option<Expr>,
}

/// Which rows of two parts are close in time. Columns are told by their places on each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pairing {
    /// Those of one window, whose end is in these columns.
    Windows([usize; 2]),
    /// Those with event times, in these columns, of which the left one less the right one is within bounds.
    Interval {
        /// The columns.
        times: [usize; 2],
        /// The least difference in milliseconds.
        lower_ms: i64,
        /// The greatest.
        upper_ms: i64,
    },
    /// Each left row with the right row of its keys that is the latest at its event time, which is in these columns; nulls equal nulls there, and
    /// the right side's rows alone never stand alone.
    AsOf([usize; 2]),
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
    /// Each row once for each of its windows.
    Assign(Assign),
    /// The first rows of each window and key.
    Top(Top),
    /// The first row of each key.
    Earliest(Earliest),
    /// Each row with what is computed over it and rows before it.
    Over(Box<Over>),
    /// A row for each match of a pattern.
    Match(Box<Pattern>),
    /// Groups of windows, by an event time that the rows still have.
    Groups(Box<Query>),
    /// Groups of windows that the rows have already: the column that is said to be the event time is the window's end.
    Regroup(Box<Query>),
}

/// Each row once for each of its windows, with the window's start, end and time behind its columns.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Assign {
    /// The column that is the event time.
    pub event_time: usize,
    /// The windows, no sessions.
    pub window: Window,
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

/// The first row of each key in the order of event time, of equal times the one that came first, with 1 as a last column, a BIGINT.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Earliest {
    /// The types of the rows.
    pub input: Vec<Type>,
    /// The column that is the event time.
    pub time: usize,
    /// The keys.
    pub partition: Vec<Expr>,
}

impl From<Query> for Plan {
    fn from(query: Query) -> Plan {
        let stream = Stream {
            input: query.input.clone(),
            event_time: Some(query.event_time),
            watermark_delay_ms: query.watermark_delay_ms,
            late: query.late,
        };
        let part = Part { first: First::Groups(0, Box::new(query)), then: Vec::new() };
        Plan { streams: vec![stream], parts: vec![part] }
    }
}

impl Plan {
    /// The query, where the plan is no more than one window with its groups.
    pub fn single(&self) -> Option<&Query> {
        match self.parts.as_slice() {
            [Part { first: First::Groups(_, query), then }] if then.is_empty() => Some(query),
            _ => None,
        }
    }

    /// The types of the results' columns.
    pub fn output_types(&self) -> Vec<Type> {
        self.parts.first().map(Part::output_types).unwrap_or_default()
    }

    /// For each column of a stream, whether the plan reads it.
    pub fn columns_read(&self, stream: usize) -> Vec<bool> {
        let Some(read) = self.streams.get(stream) else { return Vec::new() };
        let mut columns: Vec<bool> = (0..read.input.len()).map(|i| Some(i) == read.event_time).collect();
        self.parts.iter().for_each(|part| part.mark_read(stream, &mut columns));
        columns
    }

    /// Finds the first thing that keeps the plan from being run.
    pub fn validate(&self) -> Result<(), PlanError> {
        let results = self.output_types();
        self.parts.iter().try_for_each(|part| match different(&part.checked(&self.streams)?, &results) {
            Some((index, ty)) => Err(PlanError::Column(index, ty)),
            None => Ok(()),
        })
    }
}

impl Part {
    /// The types of its columns.
    pub fn output_types(&self) -> Vec<Type> {
        let mut types = self.first.output_types();
        for stage in &self.then {
            types = stage.output_types(&types);
        }
        types
    }

    fn mark_read(&self, stream: usize, columns: &mut [bool]) {
        let mut mark = |index: usize| {
            if let Some(flag) = columns.get_mut(index) {
                *flag = true;
            }
        };
        match &self.first {
            First::Groups(of, query) if *of == stream => {
                let read = query.columns_read();
                read.iter().enumerate().filter(|(_, read)| **read).for_each(|(index, _)| mark(index));
            }
            First::Rows(of, rows) if *of == stream => rows
                .filter
                .iter()
                .chain(&rows.output)
                .for_each(|expr| expr.columns(&mut |index, _| mark(index))),
            First::Groups(..) | First::Rows(..) => {}
            First::Union(parts) => parts.iter().for_each(|part| part.mark_read(stream, columns)),
            First::Join(join) => {
                join.left.mark_read(stream, columns);
                join.right.mark_read(stream, columns);
            }
        }
    }

    fn checked(&self, streams: &[Stream]) -> Result<Vec<Type>, PlanError> {
        let mut types = self.first.checked(streams)?;
        for stage in &self.then {
            types = stage.checked(&types)?;
        }
        Ok(types)
    }
}

impl First {
    fn output_types(&self) -> Vec<Type> {
        match self {
            First::Groups(_, query) => query.output.iter().map(Expr::ty).collect(),
            First::Rows(_, rows) => rows.output.iter().map(Expr::ty).collect(),
            First::Union(parts) => parts.first().map(Part::output_types).unwrap_or_default(),
            First::Join(join) if join.half.is_some() => join.left.output_types(),
            First::Join(join) => [join.left.output_types(), join.right.output_types()].concat(),
        }
    }

    fn checked(&self, streams: &[Stream]) -> Result<Vec<Type>, PlanError> {
        let stream = |at: &usize| streams.get(*at).ok_or(PlanError::Stream(*at));
        match self {
            First::Groups(at, query) => {
                query.validate()?;
                if let Some((index, ty)) = different(&query.input, &stream(at)?.input) {
                    return Err(PlanError::Column(index, ty));
                }
            }
            First::Rows(at, rows) => rows.validate(stream(at)?)?,
            First::Union(parts) => {
                let types = self.output_types();
                for part in parts {
                    if let Some((index, ty)) = different(&part.checked(streams)?, &types) {
                        return Err(PlanError::Column(index, ty));
                    }
                }
            }
            First::Join(join) => join.validate(streams)?,
        }
        Ok(self.output_types())
    }
}

/// The first column in which types differ.
fn different(types: &[Type], others: &[Type]) -> Option<(usize, Type)> {
    let at = (0..types.len().max(others.len())).find(|at| types.get(*at) != others.get(*at))?;
    types.get(at).or(others.get(at)).map(|ty| (at, *ty))
}

impl RowQuery {
    fn validate(&self, stream: &Stream) -> Result<(), PlanError> {
        let mut types = stream.input.clone();
        if let Some(window) = self.window {
            let time = stream.event_time.and_then(|index| stream.input.get(index));
            types.extend(bounds(time, window)?);
        }
        check_filter(self.filter.as_ref())?;
        self.filter.iter().chain(&self.output).try_for_each(|expr| check_columns(expr, &types))
    }
}

/// The types of the bounds of windows of rows.
fn bounds(time: Option<&Type>, window: Window) -> Result<[Type; 3], PlanError> {
    let types = match time {
        Some(Type::Timestamp(0..=3)) => [Type::Timestamp(3); 3],
        Some(Type::TimestampLtz(0..=3)) => [Type::Timestamp(3), Type::Timestamp(3), Type::TimestampLtz(3)],
        _ => return Err(PlanError::EventTime),
    };
    match window {
        Window::Session { .. } => Err(PlanError::Ungrouped),
        window if !window.is_whole() => Err(PlanError::Duration),
        _ => Ok(types),
    }
}

impl Join {
    fn validate(&self, streams: &[Stream]) -> Result<(), PlanError> {
        let sides = [self.left.checked(streams)?, self.right.checked(streams)?];
        if self.half.is_some() && !matches!(self.pairing, Pairing::Windows(_)) {
            return Err(PlanError::Condition("EXISTS"));
        }
        let columns = match self.pairing {
            Pairing::Windows(columns) | Pairing::AsOf(columns) => columns,
            Pairing::Interval { times, .. } => times,
        };
        for (types, column) in sides.iter().zip(columns) {
            if !types.get(column).is_some_and(|ty| ty.is_timestamp()) {
                return Err(PlanError::Column(column, Type::Timestamp(3)));
            }
        }
        for [left, right] in &self.keys {
            let [of_left, of_right] = &sides;
            check_columns(left, of_left)?;
            check_columns(right, of_right)?;
            if left.ty() != right.ty() {
                return Err(PlanError::Condition("a key of ON"));
            }
        }
        match &self.condition {
            Some(condition) if condition.ty() != Type::Boolean => Err(PlanError::Condition("ON")),
            Some(condition) => check_columns(condition, &sides.concat()),
            None => Ok(()),
        }
    }
}

impl Stage {
    fn output_types(&self, input: &[Type]) -> Vec<Type> {
        match self {
            Stage::Select(select) => select.output.iter().map(Expr::ty).collect(),
            Stage::Assign(assign) => {
                let bounds = bounds(input.get(assign.event_time), assign.window);
                input.iter().copied().chain(bounds.unwrap_or([Type::Timestamp(3); 3])).collect()
            }
            Stage::Top(_) | Stage::Earliest(_) => input.iter().copied().chain([Type::BigInt]).collect(),
            Stage::Over(over) => over.output_types(),
            Stage::Match(pattern) => pattern.output_types(),
            Stage::Groups(query) | Stage::Regroup(query) => query.output.iter().map(Expr::ty).collect(),
        }
    }

    fn checked(&self, input: &[Type]) -> Result<Vec<Type>, PlanError> {
        match self {
            Stage::Select(select) => {
                check_filter(select.filter.as_ref())?;
                let exprs = select.filter.iter().chain(&select.output);
                exprs.into_iter().try_for_each(|expr| check_columns(expr, input))?;
            }
            Stage::Assign(assign) => {
                bounds(input.get(assign.event_time), assign.window)?;
            }
            Stage::Over(over) => {
                if let Some((index, ty)) = different(&over.input, input) {
                    return Err(PlanError::Column(index, ty));
                }
                over.validate()?;
            }
            Stage::Match(pattern) => {
                if let Some((index, ty)) = different(&pattern.input, input) {
                    return Err(PlanError::Column(index, ty));
                }
                pattern.validate()?;
            }
            Stage::Groups(query) | Stage::Regroup(query) => {
                query.validate()?;
                if let Some((index, ty)) = different(&query.input, input) {
                    return Err(PlanError::Column(index, ty));
                }
            }
            Stage::Earliest(earliest) => {
                earliest.partition.iter().try_for_each(|expr| check_columns(expr, input))?;
                match input.get(earliest.time) {
                    Some(ty) if ty.is_event_time() => {}
                    _ => return Err(PlanError::EventTime),
                }
            }
            Stage::Top(top) => {
                let exprs = top.partition.iter().chain(top.order.iter().map(|(expr, _)| expr));
                exprs.into_iter().try_for_each(|expr| check_columns(expr, input))?;
                if !matches!(input.get(top.window_end), Some(Type::Timestamp(_))) {
                    return Err(PlanError::Column(top.window_end, Type::Timestamp(3)));
                }
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
