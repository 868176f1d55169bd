//! `JOIN stream FOR SYSTEM_TIME AS OF time`: the row of another stream that was the latest of its key at a row's time.

use sqlparser::ast::{self, JoinConstraint, JoinOperator, TableFactor, TableVersion};

use super::{Binder, Scope, faults, from::From};
use crate::sql::plan::{Comparison, Expr, ExprKind, JoinKind, Relation, RelationKind};

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

/// The columns of the right side that something of the left side equals.
fn keys(condition: &Expr, width: usize) -> Vec<usize> {
    let parts = match &condition.kind {
        ExprKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(condition),
    };
    let mut keys: Vec<usize> = Vec::new();
    for part in parts {
        let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else { continue };
        let right = |expr: &Expr| match expr.kind {
            ExprKind::Column(at) => at.checked_sub(width),
            _ => None,
        };
        let of_left = |expr: &Expr| expr.columns().iter().all(|at| *at < width) && !expr.columns().is_empty();
        let key = right(b).filter(|_| of_left(a)).or_else(|| right(a).filter(|_| of_left(b)));
        keys.extend(key.filter(|key| !keys.contains(key)));
    }
    keys.sort_unstable();
    keys
}
