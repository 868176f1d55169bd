//! `ROW_NUMBER()` over the rows of a window: the first n of each, and the first or last alone; and over all rows, the first of each key.

use smol_str::SmolStr;
use sqlparser::ast;

use super::{Binder, Named, Scope, error, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::plan::{Comparison, Expr, ExprKind, Field, Literal, Order, Relation, RelationKind},
};

/// Whether an item of the SELECT list numbers rows.
pub(super) fn is_rank(expr: &ast::Expr) -> bool {
    matches!(expr, ast::Expr::Function(function)
        if function.over.is_some() && function.name.to_string().eq_ignore_ascii_case("ROW_NUMBER"))
}

/// The column of a query in FROM that is a row's number.
pub(super) fn number_of(relation: &Relation) -> Option<usize> {
    let RelationKind::Project { input, exprs } = &relation.kind else { return None };
    let RelationKind::Rank { input: rows, .. } = &input.kind else { return None };
    exprs.iter().position(|expr| matches!(expr.kind, ExprKind::Column(index) if index == rows.fields.len()))
}

impl Binder<'_> {
    /// The rows with their number, and the expression that is the number.
    pub(super) fn rank(
        &mut self,
        expr: &ast::Expr,
        input: Relation,
        names: Vec<Named>,
        span: Span,
    ) -> (Relation, Expr) {
        let ast::Expr::Function(function) = expr else { return (input, error(span)) };
        let Some(ast::WindowType::WindowSpec(spec)) = &function.over else {
            self.unsupported(span, "OVER with the name of a window");
            return (input, error(span));
        };
        if spec.window_name.is_some() || spec.window_frame.is_some() {
            self.unsupported(span, "ROW_NUMBER with a frame");
            return (input, error(span));
        }
        let mut scope = Scope { fields: &input.fields, names, groups: None, clause: "OVER" };
        let partition: Vec<Expr> = spec.partition_by.iter().map(|key| self.expr(key, &mut scope)).collect();
        let order: Vec<Order> = spec
            .order_by
            .iter()
            .map(|order| {
                if order.options.nulls_first.is_some() || order.with_fill.is_some() {
                    let place = self.span(order);
                    self.unsupported(place, "NULLS FIRST and NULLS LAST");
                }
                Order {
                    expr: self.expr(&order.expr, &mut scope),
                    descending: order.options.sort == Some(ast::OrderBySort::Desc),
                }
            })
            .collect();
        let has = |bound: usize| {
            partition
                .iter()
                .any(|key| matches!(key.kind, ExprKind::Column(index) if input.bound(index) == Some(bound)))
        };
        // The first row of a key in the order of time is final once it is known; `check::over` looks at the order.
        let first = matches!(order.as_slice(), [Order { expr, descending: false }] if matches!(expr.kind, ExprKind::Column(_)));
        let windowed = has(0) && has(1) && !order.is_empty();
        let half = has(0) || has(1);
        if !windowed && (half || !first || partition.is_empty()) {
            self.report(faults::rank_without_window(span));
            return (input, error(span));
        }
        let ty = DataType::plain(Base::BigInt);
        let number = Expr { kind: ExprKind::Column(input.fields.len()), ty: ty.clone(), span };
        let mut fields = input.fields.clone();
        fields.push(Field { name: SmolStr::default(), ty });
        let kind = RelationKind::Rank { input: Box::new(input), partition, order };
        (Relation { kind, fields, span }, number)
    }

    /// Numbers serve to leave rows out: without a limit Flink would keep and renumber all rows.
    pub(super) fn check_limited(&mut self, relation: &Relation, number: Option<usize>) {
        let Some(number) = number else { return };
        let condition = match &relation.kind {
            RelationKind::Filter { condition, .. } => Some(condition),
            _ => None,
        };
        if !condition.is_some_and(|condition| limits(condition, number)) {
            self.report(faults::rank_without_limit(relation.span));
        } else if let Some(Relation { kind: RelationKind::Rank { input, partition, .. }, span, .. }) =
            relation.chain().find(|below| matches!(below.kind, RelationKind::Rank { .. }))
        {
            let windowed = partition
                .iter()
                .any(|key| matches!(key.kind, ExprKind::Column(at) if input.bound(at) == Some(1)));
            if !windowed && !condition.is_some_and(|condition| limits_to_one(condition, number)) {
                self.report(faults::rank_without_window(*span));
            }
        }
    }
}

fn limits_to_one(condition: &Expr, number: usize) -> bool {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().any(|part| limits_to_one(part, number)),
        ExprKind::Compare(op, a, b) if matches!(a.kind, ExprKind::Column(at) if at == number) => {
            let ExprKind::Literal(Literal::Number(limit)) = &b.kind else { return false };
            match op {
                Comparison::Equal | Comparison::LessOrEqual => limit == "1",
                Comparison::Less => limit == "2",
                _ => false,
            }
        }
        _ => false,
    }
}

fn limits(condition: &Expr, number: usize) -> bool {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().any(|part| limits(part, number)),
        ExprKind::Compare(Comparison::Equal | Comparison::Less | Comparison::LessOrEqual, a, b) => {
            let is_number = matches!(a.kind, ExprKind::Column(index) if index == number);
            is_number && matches!(b.kind, ExprKind::Literal(Literal::Number(_)))
        }
        _ => false,
    }
}
