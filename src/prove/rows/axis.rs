//! The cells of a column: values that no condition tells apart.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::line::{Line, Point, literal};
use crate::{
    platform::Column,
    sql::{
        plan::{Comparison, Expr, ExprKind, Literal},
        print,
    },
};

/// A column that conditions are about.
pub(super) struct Axis {
    /// Its place in the table.
    pub(super) column: usize,
    name: SmolStr,
    pub(super) line: Line,
    /// The values that conditions name, in order, with their words.
    pub(super) cuts: Vec<(Point, String)>,
    pub(super) cells: Vec<Cell>,
}

/// Values that conditions don't tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// One that is named, by its place among the cuts.
    At(usize),
    /// Those between two that are named, or beyond the last.
    Between(Option<usize>, Option<usize>),
    /// All that are not named, where order is of no matter.
    Others,
    Null,
    /// NaN, of which no comparison but `<>` holds: so in Athena.
    Incomparable,
    /// NaN, greater than every number: so in Spark and Redshift.
    Greatest,
}

/// What a pattern of LIKE says.
pub(super) enum Like {
    /// All text.
    Any,
    /// This text.
    Exactly(String),
    /// What begins so.
    Beginning(String),
    /// More than that.
    Other,
}

impl Like {
    pub(super) fn read(pattern: &str, escape: Option<char>) -> Self {
        let mut text = String::new();
        let mut letters = pattern.chars();
        while let Some(letter) = letters.next() {
            match letter {
                _ if Some(letter) == escape => match letters.next() {
                    Some(next) if next == '%' || next == '_' || Some(next) == escape => text.push(next),
                    _ => return Self::Other,
                },
                '%' if letters.all(|rest| rest == '%' && escape != Some('%')) => {
                    return if text.is_empty() { Self::Any } else { Self::Beginning(text) };
                }
                '%' | '_' => return Self::Other,
                _ => text.push(letter),
            }
        }
        Self::Exactly(text)
    }
}

/// The first text behind all that begin with one; `None` where these are the last ones.
pub(super) fn behind(beginning: &str) -> Option<SmolStr> {
    let mut text = beginning.to_owned();
    while let Some(last) = text.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            text.push(next);
            return Some(text.into());
        }
    }
    None
}

/// What is said of a column.
#[derive(Default)]
struct Terms<'e> {
    constants: Vec<&'e Expr>,
    patterns: Vec<(&'e str, Option<char>)>,
    /// Whether order is of matter.
    ordered: bool,
}

/// What is said of each column.
#[derive(Default)]
struct Said<'e> {
    /// The columns in the order in which they are named.
    order: Vec<usize>,
    terms: BTreeMap<usize, Terms<'e>>,
}

impl<'e> Said<'e> {
    fn of(&mut self, column: usize) -> &mut Terms<'e> {
        let order = &mut self.order;
        self.terms.entry(column).or_insert_with(|| {
            order.push(column);
            Terms::default()
        })
    }

    /// Notes what a term says of the column that it is about.
    fn note(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Column(at) => {
                self.of(*at);
            }
            ExprKind::Compare(op, left, right) => {
                let (column, constant) = match (&left.kind, &right.kind) {
                    (ExprKind::Column(at), _) if literal(right).is_some() => (*at, right),
                    (_, ExprKind::Column(at)) if literal(left).is_some() => (*at, left),
                    _ => return,
                };
                let terms = self.of(column);
                terms.constants.push(constant);
                terms.ordered |= !matches!(op, Comparison::Equal | Comparison::NotEqual);
            }
            ExprKind::Like(inner, pattern, escape) => {
                let ExprKind::Column(at) = inner.kind else { return };
                let terms = self.of(at);
                terms.patterns.push((pattern, *escape));
                terms.ordered |= matches!(Like::read(pattern, *escape), Like::Beginning(_));
            }
            _ => {}
        }
    }
}

/// The columns that conditions are about, in the order in which they name them.
pub(super) fn axes(columns: &[Column], conditions: &[&Expr]) -> Vec<Axis> {
    let mut said = Said::default();
    conditions.iter().for_each(|condition| condition.walk(&mut |expr| said.note(expr)));
    let axis = |at: &usize| Some(Axis::of(*at, columns.get(*at)?, said.terms.get(at)?));
    said.order.iter().filter_map(axis).collect()
}

impl Axis {
    fn of(at: usize, column: &Column, terms: &Terms<'_>) -> Self {
        let line = Line::of(&column.ty.base, &terms.constants);
        let mut cuts: BTreeMap<Point, String> = BTreeMap::new();
        for constant in &terms.constants {
            if let Some(point) = line.point(constant) {
                cuts.entry(point).or_insert_with(|| print::expr(constant, &[]));
            }
        }
        if line == Line::Text {
            for text in terms.patterns.iter().flat_map(|(pattern, escape)| named(pattern, *escape)) {
                let words = format!("'{}'", text.replace('\'', "''"));
                cuts.entry(Point::Text(text)).or_insert(words);
            }
        }
        if let Line::Grid { of: super::line::Of::Booleans, .. } = line {
            cuts.insert(Point::Number(0), "FALSE".to_owned());
            cuts.insert(Point::Number(1), "TRUE".to_owned());
        }
        let cuts: Vec<(Point, String)> = cuts.into_iter().collect();
        let cells = cells(&line, &cuts, terms.ordered);
        Self { column: at, name: column.name.clone(), line, cuts, cells }
    }

    /// A cell in words: `` `country` is 'DE' ``.
    pub(super) fn describe(&self, cell: Cell) -> String {
        let words = |at: usize| self.cuts.get(at).map_or("", |(_, words)| words.as_str());
        let name = &self.name;
        match cell {
            Cell::At(at) => format!("`{name}` is {}", words(at)),
            Cell::Between(Some(low), Some(high)) => {
                format!("`{name}` is between {} and {}", words(low), words(high))
            }
            Cell::Between(Some(low), None) => format!("`{name}` is above {}", words(low)),
            Cell::Between(None, Some(high)) => format!("`{name}` is below {}", words(high)),
            Cell::Between(None, None) => format!("`{name}` is there"),
            Cell::Others => match self.cuts.as_slice() {
                [] => format!("`{name}` is there"),
                [(_, only)] => format!("`{name}` is not {only}"),
                [(_, first), .., (_, last)] if self.cuts.len() > 3 => {
                    format!("`{name}` is none of {first} … {last}")
                }
                cuts => {
                    let all: Vec<&str> = cuts.iter().map(|(_, words)| words.as_str()).collect();
                    format!("`{name}` is none of {}", all.join(", "))
                }
            },
            Cell::Null => format!("`{name}` is null"),
            Cell::Incomparable | Cell::Greatest => format!("`{name}` is NaN"),
        }
    }
}

/// What a pattern names: the ends of what begins so, or texts that it means.
fn named(pattern: &str, escape: Option<char>) -> Vec<SmolStr> {
    match Like::read(pattern, escape) {
        Like::Any => Vec::new(),
        Like::Exactly(text) => vec![text.into()],
        Like::Beginning(text) => {
            [Some(SmolStr::from(text.as_str())), behind(&text)].into_iter().flatten().collect()
        }
        Like::Other if escape.is_none() => [("", "a"), ("~", "b")]
            .map(|(any, one)| pattern.replace('%', any).replace('_', one).into())
            .into(),
        Like::Other => Vec::new(),
    }
}

/// Named values first: a row that is shown to somebody is better one with a value that the program names.
fn cells(line: &Line, cuts: &[(Point, String)], ordered: bool) -> Vec<Cell> {
    let mut cells: Vec<Cell> =
        (0..).zip(cuts).filter(|(_, (point, _))| line.has(point)).map(|(at, _)| Cell::At(at)).collect();
    let ends = 0..=cuts.len();
    let gaps: Vec<Cell> = ends
        .filter_map(|end| {
            let (low, high) = (end.checked_sub(1), Some(end).filter(|end| *end < cuts.len()));
            let point = |at: Option<usize>| at.and_then(|at| cuts.get(at)).map(|(point, _)| point);
            line.has_between(point(low), point(high)).then_some(Cell::Between(low, high))
        })
        .collect();
    match gaps.as_slice() {
        [] => {}
        _ if ordered => cells.extend(gaps),
        _ => cells.push(Cell::Others),
    }
    cells.push(Cell::Null);
    if let Line::Grid { of: super::line::Of::Doubles, .. } = line {
        cells.extend([Cell::Incomparable, Cell::Greatest]);
    }
    cells
}

/// Whether a constant is `NULL`.
pub(super) fn is_null(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Null))
}
