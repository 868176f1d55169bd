//! `JOIN … ON` as the operator's: which part of the condition says what is close in time, which is an equality of keys, and what is left.

use crate::{
    source::Span,
    sql::{
        event_time::{conjuncts, is_event_time},
        plan::{Comparison, Expr, ExprKind, JoinKind, Literal, Relation, RelationKind, WindowShape},
    },
    window::{self, Join, Pairing, Part, Type, common_type},
};

use super::{
    expr::{self, Columns},
    parts::{Maker, Result, columns},
    refused,
};

/// A join's sides and the parts of its condition that are left.
struct Sides<'a> {
    left: &'a Relation,
    right: &'a Relation,
    rest: Vec<&'a Expr>,
}

impl Maker<'_> {
    pub(super) fn join(&self, relation: &Relation) -> Result<Join> {
        let (left, right, kind, condition) = match &relation.kind {
            RelationKind::Join { left, right, kind, condition }
            | RelationKind::AsOf { left, right, kind, condition, .. } => (left, right, kind, condition),
            _ => return Err(refused(relation.span, "this JOIN")),
        };
        let mut sides = Sides { left, right, rest: conjuncts(condition) };
        let pairing = match &relation.kind {
            RelationKind::AsOf { time, .. } => sides.as_of(self, time.0, relation.span)?,
            _ => match sides.windows()? {
                Some(ends) => Pairing::Windows(ends),
                None if kind.is_half() => {
                    return Err(refused(
                        condition.span,
                        &format!("{} without windows of both sides", kind.words()),
                    ));
                }
                None => sides
                    .interval(self)
                    .ok_or_else(|| refused(condition.span, "a JOIN without bounds in time of both sides"))?,
            },
        };
        let parts = [self.part(left)?, self.part(right)?];
        let keys = sides.keys()?;
        let both = left.fields.iter().chain(&right.fields);
        let all = Columns::of_stream(both.map(|field| field.ty.base.clone()).collect());
        let condition = match sides.rest.as_slice() {
            [] => None,
            [one] => Some(expr::convert(one, &all)?),
            several => {
                let parts = several.iter().map(|part| expr::convert(part, &all)).collect::<Result<_>>()?;
                let both = window::Expr::and(parts);
                Some(both.map_err(|error| refused(condition.span, &error.to_string()))?)
            }
        };
        let keeps = match kind {
            JoinKind::Inner | JoinKind::Semi | JoinKind::Anti => [false, false],
            JoinKind::Left => [true, false],
            JoinKind::Right => [false, true],
            JoinKind::Full => [true, true],
        };
        let [left, right]: [Part; 2] = parts;
        let half = kind.is_half().then_some(*kind == JoinKind::Semi);
        Ok(Join { left, right, keeps, half, pairing, keys, condition })
    }
}

impl<'a> Sides<'a> {
    fn width(&self) -> usize {
        self.left.fields.len()
    }

    /// A column's side, 0 the left one, and its place there.
    fn side(&self, index: usize) -> (usize, usize) {
        match index.checked_sub(self.width()) {
            Some(index) => (1, index),
            None => (0, index),
        }
    }

    fn relation(&self, side: usize) -> &'a Relation {
        if side == 0 { self.left } else { self.right }
    }

    /// The side that all columns of an expression are of.
    fn side_of(&self, expr: &Expr) -> Option<usize> {
        let columns = expr.columns();
        let (side, _) = self.side(*columns.first()?);
        columns.iter().all(|index| self.side(*index).0 == side).then_some(side)
    }

    /// The event times of both sides of a lookup. Versions are told apart by columns of the right side, where it has any beside computed keys, which
    /// then are conditions.
    fn as_of(&self, maker: &Maker<'_>, time: usize, span: Span) -> Result<Pairing> {
        let of_right = (0..self.right.fields.len()).find(|at| is_event_time(maker.platform, self.right, *at));
        let of_right = of_right.ok_or_else(|| refused(span, "a lookup in what has no event time"))?;
        let (mut by_column, mut computed) = (false, None);
        for part in &self.rest {
            let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else { continue };
            let looked_up = match (self.side_of(a), self.side_of(b)) {
                (Some(0), Some(1)) => b,
                (Some(1), Some(0)) => a,
                _ => continue,
            };
            match looked_up.kind {
                ExprKind::Column(_) => by_column = true,
                _ => computed = Some(looked_up.span),
            }
        }
        if let Some(span) = computed.filter(|_| by_column) {
            return Err(refused(span, "a lookup by a column and a computed key of what is looked up"));
        }
        Ok(Pairing::AsOf([time, of_right]))
    }

    /// The columns of the window's end, where both sides are windows of which both bounds are equal. The equality of starts stays a key.
    fn windows(&mut self) -> Result<Option<[usize; 2]>> {
        let Some((ends, at)) = self.equal_bound(1) else { return Ok(None) };
        if self.equal_bound(0).is_none() {
            return Ok(None);
        }
        let window = |side: usize| {
            let (relation, _) = self.relation(side).traced(*ends.get(side)?)?;
            match &relation.kind {
                RelationKind::Window { shape, .. } => Some((relation.span, shape)),
                _ => None,
            }
        };
        if let (Some((_, of_left)), Some((span, of_right))) = (window(0), window(1)) {
            if [of_left, of_right].iter().any(|shape| matches!(shape, WindowShape::Session { .. })) {
                return Err(refused(span, "a JOIN of sessions"));
            }
            if of_left != of_right {
                return Err(refused(span, "a JOIN of different windows"));
            }
        }
        self.rest.remove(at);
        Ok(Some(ends))
    }

    /// The columns of both sides' windows that are made equal, of one bound, and which part of the condition says so.
    fn equal_bound(&self, bound: usize) -> Option<([usize; 2], usize)> {
        let column = |expr: &Expr| match expr.kind {
            ExprKind::Column(index) => {
                let (side, at) = self.side(index);
                (self.relation(side).bound(at) == Some(bound)).then_some((side, at))
            }
            _ => None,
        };
        self.rest.iter().enumerate().find_map(|(at, part)| {
            let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else { return None };
            match (column(a)?, column(b)?) {
                ((0, left), (1, right)) | ((1, right), (0, left)) => Some(([left, right], at)),
                _ => None,
            }
        })
    }

    /// The event times of both sides and their bounds. What says more of the same times narrows them.
    fn interval(&mut self, maker: &Maker<'_>) -> Option<Pairing> {
        let mut found: Option<[usize; 2]> = None;
        let (mut lower, mut upper) = (None, None);
        let mut rest = Vec::new();
        for part in std::mem::take(&mut self.rest) {
            match self.difference(maker, part) {
                Some((times, op, bound)) if found.is_none_or(|found| found == times) => {
                    found = Some(times);
                    let (least, most) = match op {
                        Comparison::Less => (None, Some(bound - 1)),
                        Comparison::LessOrEqual => (None, Some(bound)),
                        Comparison::Greater => (Some(bound + 1), None),
                        Comparison::GreaterOrEqual => (Some(bound), None),
                        _ => (Some(bound), Some(bound)),
                    };
                    lower = lower.max(least);
                    upper = [upper, most].into_iter().flatten().min();
                }
                _ => rest.push(part),
            }
        }
        self.rest = rest;
        Some(Pairing::Interval { times: found?, lower_ms: lower?, upper_ms: upper? })
    }

    /// A condition on how far the left time is behind the right one: the columns, how they compare, and milliseconds.
    fn difference(&self, maker: &Maker<'_>, part: &Expr) -> Option<([usize; 2], Comparison, i64)> {
        let ExprKind::Compare(op, a, b) = &part.kind else { return None };
        let ((of_a, a), (of_b, b)) = (moved(a)?, moved(b)?);
        let time = |index: usize| {
            let (side, at) = self.side(index);
            is_event_time(maker.platform, self.relation(side), at).then_some((side, at))
        };
        match (time(of_a)?, time(of_b)?) {
            ((0, left), (1, right)) if *op != Comparison::NotEqual => {
                Some(([left, right], *op, b.checked_sub(a)?))
            }
            ((1, right), (0, left)) if *op != Comparison::NotEqual => {
                Some(([left, right], op.mirrored(), a.checked_sub(b)?))
            }
            _ => None,
        }
    }

    /// The equalities of an expression of one side with one of the other.
    fn keys(&mut self) -> Result<Vec<[window::Expr; 2]>> {
        let mut keys = Vec::new();
        let mut rest = Vec::new();
        for part in std::mem::take(&mut self.rest) {
            let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else {
                rest.push(part);
                continue;
            };
            match (self.side_of(a), self.side_of(b)) {
                (Some(0), Some(1)) => keys.push(self.key(a, b)?),
                (Some(1), Some(0)) => keys.push(self.key(b, a)?),
                _ => rest.push(part),
            }
        }
        self.rest = rest;
        Ok(keys)
    }

    /// Both sides of an equality, of the type to which the comparison brings them.
    fn key(&self, left: &Expr, right: &Expr) -> Result<[window::Expr; 2]> {
        let of_right = columns(self.right);
        // Columns of the left side are none of the right one's.
        let places = std::iter::repeat_n(usize::MAX, self.width()).chain(of_right.places).collect();
        let of_right = Columns { places, types: of_right.types };
        let converted = [expr::convert(left, &columns(self.left))?, expr::convert(right, &of_right)?];
        let [a, b] = converted.each_ref().map(window::Expr::ty);
        let ty: Type = common_type(a, b).ok_or_else(|| refused(left.span, "this equality"))?;
        let [a, b] = converted
            .map(|key| if key.ty() == ty { Ok(key) } else { key.cast(ty) })
            .map(|key| key.map_err(|error| refused(left.span, &error.to_string())));
        Ok([a?, b?])
    }
}

/// A column with how many milliseconds are added to it.
fn moved(expr: &Expr) -> Option<(usize, i64)> {
    match &expr.kind {
        ExprKind::Column(index) => Some((*index, 0)),
        ExprKind::Call(name, args) => {
            let length = match name.strip_prefix("TIMESTAMPADD ")? {
                "SECOND" => 1000,
                "MINUTE" => 60_000,
                "HOUR" => 3_600_000,
                "DAY" => 86_400_000,
                "WEEK" => 604_800_000,
                _ => return None,
            };
            let [count, time] = args.as_slice() else { return None };
            let (index, before) = moved(time)?;
            Some((index, before.checked_add(constant(count)?.checked_mul(length)?)?))
        }
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Number(text)) => text.parse().ok(),
        ExprKind::Negate(number) => constant(number)?.checked_neg(),
        _ => None,
    }
}
