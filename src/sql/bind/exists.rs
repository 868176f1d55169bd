//! `EXISTS (SELECT …)` and `x IN (SELECT …)` in WHERE: rows that have a partner in another query, or none.

use sqlparser::ast::{self, BinaryOperator as Op, SetExpr};

use super::{Binder, Named, Scope, faults, from::From};
use crate::{
    source::Span,
    sql::plan::{Comparison, Expr, ExprKind, JoinKind, Relation, RelationKind},
};

/// A condition on another query's rows.
pub(super) struct Asked<'a> {
    pub(super) query: &'a ast::Query,
    /// What one of its columns equals.
    value: Option<&'a ast::Expr>,
    kind: JoinKind,
    whole: &'a ast::Expr,
}

/// The parts of a condition that ask for other queries' rows, and the others.
pub(super) fn parted(condition: &ast::Expr) -> (Vec<Asked<'_>>, Vec<&ast::Expr>) {
    match condition {
        ast::Expr::Nested(inner) if is_asked(inner) => parted(inner),
        ast::Expr::BinaryOp { left, op: Op::And, right } => {
            let ((mut asked, mut others), (of_right, more)) = (parted(left), parted(right));
            asked.extend(of_right);
            others.extend(more);
            (asked, others)
        }
        ast::Expr::Exists { subquery, negated } => {
            let kind = if *negated { JoinKind::Anti } else { JoinKind::Semi };
            (vec![Asked { query: subquery, value: None, kind, whole: condition }], Vec::new())
        }
        ast::Expr::In { expr, target: ast::InTarget::Subquery(query), negated: false, .. } => {
            let value = Some(expr.as_ref());
            (vec![Asked { query, value, kind: JoinKind::Semi, whole: condition }], Vec::new())
        }
        other => (Vec::new(), vec![other]),
    }
}

fn is_asked(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Nested(inner) => is_asked(inner),
        ast::Expr::BinaryOp { left, op: Op::And, right } => is_asked(left) || is_asked(right),
        ast::Expr::Exists { .. } => true,
        ast::Expr::In { target: ast::InTarget::Subquery(_), negated, .. } => !negated,
        _ => false,
    }
}

impl Binder<'_> {
    /// The rows of a relation that another query's rows decide about.
    pub(super) fn asked(&mut self, left: Relation, names: &[Named], asked: &Asked<'_>) -> Option<Relation> {
        let span = self.span(asked.whole);
        let select = match asked.query.body.as_ref() {
            SetExpr::Select(select) if is_plain(asked.query, select) => select,
            _ => {
                self.report(faults::asked_query(span));
                return None;
            }
        };
        let right = self.from(select)?;
        let equal = match asked.value {
            Some(value) => Some(self.equal(&left, names, &right, value, select, span)?),
            None => None,
        };
        let (width, other) = (left.fields.len(), right.relation.fields.len());
        let both = [left.fields.as_slice(), right.relation.fields.as_slice()].concat();
        let of_left = names.iter().cloned().map(|named| named.within(0, width));
        let of_right = right.names.iter().cloned().map(|named| named.within(width, other));
        let all: Vec<Named> = of_left.chain(of_right).collect();
        let mut scope = Scope { fields: &both, names: all, groups: None, clause: "WHERE" };
        let condition = select.selection.as_ref().map(|condition| self.condition(condition, &mut scope));
        let condition = match (equal, condition) {
            (Some(equal), Some(condition)) => {
                let ty = condition.ty.clone();
                Expr { kind: ExprKind::And(vec![equal, condition]), ty, span }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => {
                self.report(faults::asked_query(span));
                return None;
            }
        };
        let fields = left.fields.clone();
        let whole = left.span;
        let (left, right) = (Box::new(left), Box::new(right.relation));
        let kind = RelationKind::Join { left, right, kind: asked.kind, condition };
        Some(Relation { kind, fields, span: whole })
    }

    /// `x IN (SELECT y …)` as an equality over the columns of both.
    fn equal(
        &mut self,
        left: &Relation,
        names: &[Named],
        right: &From,
        value: &ast::Expr,
        select: &ast::Select,
        span: Span,
    ) -> Option<Expr> {
        let [ast::SelectItem::UnnamedExpr(item) | ast::SelectItem::ExprWithAlias { expr: item, .. }] =
            select.projection.as_slice()
        else {
            self.report(faults::asked_query(span));
            return None;
        };
        let mut rows = Scope { fields: &left.fields, names: names.to_vec(), groups: None, clause: "WHERE" };
        let value = self.expr(value, &mut rows);
        let mut others =
            Scope { fields: &right.relation.fields, names: right.names.clone(), groups: None, clause: "IN" };
        let item = self.expr(item, &mut others);
        let item = moved(&item, left.fields.len());
        Some(self.compare(Comparison::Equal, value, item, span))
    }
}

/// The expression where so many columns stand before its own.
fn moved(expr: &Expr, by: usize) -> Expr {
    match expr.kind {
        ExprKind::Column(at) => Expr { kind: ExprKind::Column(at + by), ..expr.clone() },
        _ => expr.with_parts(&|part| moved(part, by)),
    }
}

/// Whether a query is rows and a condition.
fn is_plain(query: &ast::Query, select: &ast::Select) -> bool {
    let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(keys, _) if keys.is_empty());
    query.with.is_none()
        && query.limit_clause.is_none()
        && query.order_by.is_none()
        && select.distinct.is_none()
        && select.having.is_none()
        && !grouped
}
