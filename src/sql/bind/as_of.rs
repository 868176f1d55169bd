//! `JOIN stream FOR SYSTEM_TIME AS OF time`: the row of another stream that was the latest of its key at a row's time.

use sqlparser::ast::{self, JoinConstraint, JoinOperator, TableFactor, TableVersion};

use super::{Binder, Scope, faults, from::From};
use crate::sql::{
    event_time::conjuncts,
    plan::{Comparison, Expr, ExprKind, JoinKind, Relation, RelationKind},
};

/// The time as of which a joined stream is read, and the stream without it.
pub(super) fn versioned(factor: &TableFactor) -> Option<(&ast::Expr, TableFactor)> {
    let TableFactor::Table { version: Some(TableVersion::ForSystemTimeAsOf(time)), .. } = factor else {
        return None;
    };
    let mut plain = factor.clone();
    if let TableFactor::Table { version, .. } = &mut plain {
        *version = None;
    }
    Some((time, plain))
}

impl Binder<'_> {
    pub(super) fn joined_as_of(
        &mut self,
        left: From,
        join: &ast::Join,
        time: &ast::Expr,
        plain: &TableFactor,
    ) -> Option<From> {
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(on) | JoinOperator::Inner(on) => (JoinKind::Inner, on),
            JoinOperator::Left(on) | JoinOperator::LeftOuter(on) => (JoinKind::Left, on),
            _ => {
                let span = self.span(&join.relation);
                self.report(faults::as_of(
                    "only JOIN and LEFT JOIN look a row up",
                    "LEFT JOIN … FOR SYSTEM_TIME AS OF …",
                    span,
                ));
                return None;
            }
        };
        let right = self.factor(plain)?;
        let span = self.span(&join.relation);
        let JoinConstraint::On(on) = constraint else {
            self.unsupported(span, "JOIN without ON");
            return None;
        };
        if !matches!(right.relation.kind, RelationKind::Scan(_)) {
            self.report(faults::as_of(
                "what is looked up is a stream by its name",
                "the stream's own name behind JOIN",
                span,
            ));
            return None;
        }
        let place = self.span(time);
        let mut rows = Scope {
            fields: &left.relation.fields,
            names: left.names.clone(),
            groups: None,
            clause: "FOR SYSTEM_TIME AS OF",
        };
        let at = match self.expr(time, &mut rows).kind {
            ExprKind::Column(at) => at,
            ExprKind::Error => return None,
            _ => {
                self.report(faults::as_of(
                    "a row is looked up as of a column, and this is computed",
                    "the event-time column of what stands before JOIN",
                    place,
                ));
                return None;
            }
        };
        let joined = self.joined_on(left, right, kind, on);
        let From { relation: Relation { kind, fields, span: whole }, names } = joined;
        let RelationKind::Join { left, right, kind, condition } = kind else { return None };
        let keys = keys(&condition, left.fields.len());
        if keys.is_empty() {
            self.report(faults::as_of(
                "a row is looked up by its key",
                "ON a.key = b.key, for each column of the key",
                condition.span,
            ));
            return None;
        }
        let kind = RelationKind::AsOf { left, right, kind, time: (at, place), keys, condition };
        Some(From { relation: Relation { kind, fields, span: whole }, names })
    }
}

/// What of the right side something of the left side equals: its columns, and where there is none, what is computed of them.
fn keys(condition: &Expr, width: usize) -> Vec<Expr> {
    let mut keys: Vec<Expr> = Vec::new();
    for part in conjuncts(condition) {
        let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else { continue };
        let all = |expr: &Expr, of_left: bool| {
            let columns = expr.columns();
            !columns.is_empty() && columns.iter().all(|at| (*at < width) == of_left)
        };
        let key = [(a, b), (b, a)].into_iter().find(|(left, right)| all(left, true) && all(right, false));
        let key = key.map(|(_, right)| of_right(right, width));
        keys.extend(key.filter(|key| !keys.iter().any(|known| known.same(key))));
    }
    let is_column = |key: &Expr| matches!(key.kind, ExprKind::Column(_));
    if keys.iter().any(is_column) {
        keys.retain(is_column);
    }
    let place = |key: &Expr| key.columns().first().copied();
    keys.sort_by_key(place);
    keys
}

/// An expression over the columns of both sides as one over those of the right side.
fn of_right(expr: &Expr, width: usize) -> Expr {
    match expr.kind {
        ExprKind::Column(at) => Expr { kind: ExprKind::Column(at.saturating_sub(width)), ..expr.clone() },
        _ => expr.with_parts(&|part| of_right(part, width)),
    }
}
