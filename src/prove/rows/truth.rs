//! What a condition can be where some columns are in known cells.

use std::cmp::Ordering;

use super::{
    axis::{Axis, Cell, Like, behind, is_null},
    line::{Line, Point, literal, number},
};
use crate::{
    sql::plan::{Comparison, Expr, ExprKind, Literal},
    window,
};

/// What a condition can be: some of true, false and unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Can {
    pub(super) hold: bool,
    pub(super) fail: bool,
    pub(super) unknown: bool,
}

impl Can {
    pub(super) const TRUE: Self = Self { hold: true, fail: false, unknown: false };
    const FALSE: Self = Self { hold: false, fail: true, unknown: false };
    const UNKNOWN: Self = Self { hold: false, fail: false, unknown: true };
    const EITHER: Self = Self { hold: true, fail: true, unknown: false };
    const ANYTHING: Self = Self { hold: true, fail: true, unknown: true };

    fn be(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    fn not(self) -> Self {
        Self { hold: self.fail, fail: self.hold, unknown: self.unknown }
    }

    /// All of them by `AND`.
    fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::TRUE, |all, part| Self {
            hold: all.hold && part.hold,
            fail: all.fail || part.fail,
            unknown: (all.unknown && (part.hold || part.unknown))
                || (part.unknown && (all.hold || all.unknown)),
        })
    }
}

/// What is known of a row.
pub(super) struct Row<'r> {
    pub(super) axes: &'r [Axis],
    /// By the axis: the cell, where it is chosen.
    pub(super) cells: &'r [Option<Cell>],
    /// Terms that cells don't decide, and what they are taken to be.
    pub(super) guesses: &'r [(&'r Expr, Option<bool>)],
}

impl Row<'_> {
    /// What a condition can be.
    pub(super) fn truth(&self, condition: &Expr) -> Can {
        match &condition.kind {
            ExprKind::Literal(Literal::Boolean(truth)) => Can::be(*truth),
            ExprKind::Literal(Literal::Null) => Can::UNKNOWN,
            ExprKind::Column(at) => self.flag(*at),
            ExprKind::And(parts) => Can::all(parts.iter().map(|it| self.truth(it))),
            ExprKind::Or(parts) => Can::all(parts.iter().map(|it| self.truth(it).not())).not(),
            ExprKind::Not(of) => self.truth(of).not(),
            ExprKind::IsNull(of) => self.null(of),
            ExprKind::Compare(op, left, right) => self.comparison(condition, *op, left, right),
            ExprKind::Like(of, pattern, escape) => self.like(condition, of, pattern, *escape),
            _ => self.guess(condition),
        }
    }

    fn axis(&self, column: usize) -> Option<(&Axis, Option<Cell>)> {
        let at = self.axes.iter().position(|axis| axis.column == column)?;
        Some((self.axes.get(at)?, self.cells.get(at).copied().flatten()))
    }

    fn guess(&self, term: &Expr) -> Can {
        match self.guesses.iter().find(|(known, _)| known.same(term)) {
            Some((_, Some(truth))) => Can::be(*truth),
            _ => Can::EITHER,
        }
    }

    /// A column of its own: `active`.
    fn flag(&self, column: usize) -> Can {
        match self.axis(column) {
            Some((_, Some(Cell::Null))) => Can::UNKNOWN,
            Some((axis, Some(Cell::At(at)))) => match axis.cuts.get(at) {
                Some((Point::Number(truth), _)) => Can::be(*truth == 1),
                _ => Can::ANYTHING,
            },
            _ => Can::ANYTHING,
        }
    }

    fn null(&self, of: &Expr) -> Can {
        match &of.kind {
            ExprKind::Column(at) => match self.axis(*at) {
                Some((_, Some(cell))) => Can::be(cell == Cell::Null),
                _ => Can::EITHER,
            },
            ExprKind::Literal(literal) => Can::be(*literal == Literal::Null),
            _ => {
                let truth = self.truth(of);
                Can { hold: truth.unknown, fail: truth.hold || truth.fail, unknown: false }
            }
        }
    }

    fn comparison(&self, whole: &Expr, op: Comparison, left: &Expr, right: &Expr) -> Can {
        if is_null(left) || is_null(right) {
            return Can::UNKNOWN;
        }
        match (&left.kind, &right.kind) {
            (ExprKind::Column(a), ExprKind::Column(b)) => self.of_two(whole, op, *a, *b),
            (ExprKind::Column(at), _) if literal(right).is_some() => self.with(whole, op, *at, right),
            (_, ExprKind::Column(at)) if literal(left).is_some() => {
                self.with(whole, op.mirrored(), *at, left)
            }
            _ => constants(left, right).map_or_else(|| self.guess(whole), |order| Can::be(op.holds(order))),
        }
    }

    /// A column beside a constant.
    fn with(&self, whole: &Expr, op: Comparison, column: usize, constant: &Expr) -> Can {
        let Some((axis, Some(cell))) = self.axis(column) else { return Can::ANYTHING };
        if cell == Cell::Null {
            return Can::UNKNOWN;
        }
        let Some(point) = axis.line.point(constant) else { return self.guess(whole) };
        match cell {
            Cell::Incomparable => Can::be(op == Comparison::NotEqual),
            Cell::Greatest => Can::be(op.holds(Ordering::Greater)),
            Cell::Others => Can::be(op == Comparison::NotEqual),
            _ => axis.side(cell, &point).map_or_else(|| self.guess(whole), |order| Can::be(op.holds(order))),
        }
    }

    /// Two columns: nothing is known but that a value is itself, and that null is unknown.
    fn of_two(&self, whole: &Expr, op: Comparison, a: usize, b: usize) -> Can {
        let (Some((one, Some(cell))), Some((other, Some(beside)))) = (self.axis(a), self.axis(b)) else {
            return Can::ANYTHING;
        };
        if cell == Cell::Null || beside == Cell::Null {
            return Can::UNKNOWN;
        }
        if a == b && !matches!(cell, Cell::Incomparable | Cell::Greatest) {
            return Can::be(op.holds(Ordering::Equal));
        }
        match (one.at(cell), other.at(beside)) {
            (Some(Point::Text(one)), Some(Point::Text(other))) => Can::be(op.holds(one.cmp(other))),
            _ => self.guess(whole),
        }
    }

    fn like(&self, whole: &Expr, of: &Expr, pattern: &str, escape: Option<char>) -> Can {
        let ExprKind::Column(column) = of.kind else {
            return match literal(of) {
                Some((Literal::Null, _)) => Can::UNKNOWN,
                Some((Literal::Text(text), _)) => {
                    window::like(text, pattern, escape).map_or_else(|| self.guess(whole), Can::be)
                }
                _ => self.guess(whole),
            };
        };
        let Some((axis, Some(cell))) = self.axis(column) else { return Can::ANYTHING };
        if cell == Cell::Null {
            return Can::UNKNOWN;
        }
        if let Some(Point::Text(text)) = axis.at(cell) {
            return window::like(text, pattern, escape).map_or_else(|| self.guess(whole), Can::be);
        }
        match Like::read(pattern, escape) {
            Like::Any => Can::TRUE,
            Like::Exactly(_) => Can::FALSE,
            Like::Beginning(text) => {
                let first = axis.side(cell, &Point::Text(text.as_str().into()));
                let last =
                    behind(&text).map_or(Some(Ordering::Less), |end| axis.side(cell, &Point::Text(end)));
                match (first, last) {
                    (Some(first), Some(last)) => Can::be(first.is_ge() && last.is_lt()),
                    _ => self.guess(whole),
                }
            }
            Like::Other => self.guess(whole),
        }
    }
}

impl Axis {
    /// The one value of a cell.
    fn at(&self, cell: Cell) -> Option<&Point> {
        match cell {
            Cell::At(at) => self.cuts.get(at).map(|(point, _)| point),
            _ => None,
        }
    }

    /// On which side of a cut a cell lies.
    fn side(&self, cell: Cell, point: &Point) -> Option<Ordering> {
        let cut = |at: usize| self.cuts.get(at).map(|(point, _)| point);
        match cell {
            Cell::At(at) => cut(at).map(|it| it.cmp(point)),
            Cell::Between(_, Some(high)) if cut(high).is_some_and(|it| it <= point) => Some(Ordering::Less),
            Cell::Between(Some(low), _) if cut(low).is_some_and(|it| it >= point) => Some(Ordering::Greater),
            _ => None,
        }
    }
}

/// The terms of a condition that cells may leave open, each once.
pub(super) fn open_terms<'e>(axes: &[Axis], conditions: &[&'e Expr]) -> Vec<&'e Expr> {
    let line = |at: &usize| axes.iter().find(|axis| axis.column == *at).map(|axis| &axis.line);
    let decided = |at: &usize, constant: &Expr| {
        is_null(constant) || line(at).is_some_and(|line: &Line| line.point(constant).is_some())
    };
    let mut open: Vec<&Expr> = Vec::new();
    for condition in conditions {
        condition.walk(&mut |expr| {
            let is_open = match &expr.kind {
                ExprKind::Compare(_, left, right) => match (&left.kind, &right.kind) {
                    (ExprKind::Column(_), ExprKind::Column(_)) => true,
                    (ExprKind::Column(at), _) if literal(right).is_some() => !decided(at, right),
                    (_, ExprKind::Column(at)) if literal(left).is_some() => !decided(at, left),
                    _ => constants(left, right).is_none(),
                },
                ExprKind::Like(of, pattern, escape) => {
                    !matches!(of.kind, ExprKind::Column(_))
                        || matches!(Like::read(pattern, *escape), Like::Other)
                }
                ExprKind::Column(_)
                | ExprKind::Literal(_)
                | ExprKind::And(_)
                | ExprKind::Or(_)
                | ExprKind::Not(_)
                | ExprKind::Negate(_)
                | ExprKind::IsNull(_) => false,
                _ => true,
            };
            if is_open && !open.iter().any(|known| known.same(expr)) {
                open.push(expr);
            }
        });
    }
    open
}

/// Two constants of one type.
fn constants(left: &Expr, right: &Expr) -> Option<Ordering> {
    match (literal(left)?.0, literal(right)?.0) {
        (Literal::Number(_), Literal::Number(_)) => {
            let ((a, digits), (b, more)) = (number(left)?, number(right)?);
            let scale = digits.max(more);
            let at = |value: i128, digits: u32| value.checked_mul(10_i128.checked_pow(scale - digits)?);
            Some(at(a, digits)?.cmp(&at(b, more)?))
        }
        (Literal::Text(a), Literal::Text(b)) => Some(a.cmp(b)),
        (Literal::Boolean(a), Literal::Boolean(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
