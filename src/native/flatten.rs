//! Queries in FROM, made one with the query around them: computed columns are put in where they are read.

use crate::{
    platform::DataType,
    sql::plan::{AggregateCall, Expr, ExprKind, Relation, RelationKind},
};

/// A plan in which columns are computed last, over at most one condition and aggregate each. The rows are the same.
pub fn flattened(plan: &Relation) -> Relation {
    let Relation { fields, span, .. } = plan;
    let kind = match &plan.kind {
        RelationKind::Filter { input, condition } => {
            return filtered(flattened(input), condition.clone(), plan);
        }
        RelationKind::Project { input, exprs } => match flattened(input) {
            Relation { kind: RelationKind::Project { input, exprs: inner }, .. } => RelationKind::Project {
                input,
                exprs: exprs.iter().map(|expr| inlined(expr, &inner)).collect(),
            },
            input => RelationKind::Project { input: Box::new(input), exprs: exprs.clone() },
        },
        RelationKind::Aggregate { input, keys, calls, sets } => match flattened(input) {
            Relation { kind: RelationKind::Project { input, exprs }, .. } => RelationKind::Aggregate {
                input,
                keys: keys.iter().map(|key| inlined(key, &exprs)).collect(),
                calls: calls.iter().map(|call| inlined_call(call, &exprs)).collect(),
                sets: sets.clone(),
            },
            input => {
                let (keys, calls, sets) = (keys.clone(), calls.clone(), sets.clone());
                RelationKind::Aggregate { input: Box::new(input), keys, calls, sets }
            }
        },
        RelationKind::Window { input, .. } => return windowed(flattened(input), plan),
        RelationKind::Scan(_)
        | RelationKind::Unnest { .. }
        | RelationKind::Union(_)
        | RelationKind::Rank { .. }
        | RelationKind::Over { .. }
        | RelationKind::Match { .. }
        | RelationKind::AsOf { .. }
        | RelationKind::Join { .. } => plan.kind.clone(),
    };
    Relation { kind, fields: fields.clone(), span: *span }
}

/// A condition goes below computed columns and into the condition that is there.
fn filtered(input: Relation, condition: Expr, plan: &Relation) -> Relation {
    let (fields, span) = (input.fields.clone(), plan.span);
    let filter = |input: Box<Relation>, condition: Expr| Relation {
        fields: input.fields.clone(),
        kind: RelationKind::Filter { input, condition },
        span,
    };
    match input.kind {
        RelationKind::Project { input, exprs } => {
            let condition = inlined(&condition, &exprs);
            let input = Box::new(filtered(*input, condition, plan));
            Relation { kind: RelationKind::Project { input, exprs }, fields, span }
        }
        RelationKind::Filter { input, condition: before } => {
            let ty =
                DataType { nullable: before.ty.nullable || condition.ty.nullable, ..condition.ty.clone() };
            let span = condition.span;
            filter(input, Expr { kind: ExprKind::And(vec![before, condition]), ty, span })
        }
        kind => filter(Box::new(Relation { kind, fields, span: input.span }), condition),
    }
}

/// Conditions and computed columns go behind the window, whose own columns stand last.
fn windowed(input: Relation, plan: &Relation) -> Relation {
    let RelationKind::Window { time, .. } = &plan.kind else { return input };
    let column = match &input.kind {
        RelationKind::Project { exprs, .. } => match exprs.get(time.0).map(|expr| &expr.kind) {
            Some(ExprKind::Column(column)) => Some(*column),
            _ => None,
        },
        _ => None,
    };
    match (input.kind, column) {
        (RelationKind::Project { input: rows, mut exprs }, Some(column)) => {
            let width = rows.fields.len();
            let added = plan.fields.iter().skip(exprs.len()).enumerate();
            let added = added.map(|(at, field)| Expr {
                kind: ExprKind::Column(width + at),
                ty: field.ty.clone(),
                span: plan.span,
            });
            exprs.extend(added);
            let input = Box::new(window_below_filter(*rows, plan, column));
            Relation {
                kind: RelationKind::Project { input, exprs },
                fields: plan.fields.clone(),
                span: plan.span,
            }
        }
        (kind, _) => window_below_filter(Relation { kind, ..input }, plan, time.0),
    }
}

fn window_below_filter(rows: Relation, plan: &Relation, column: usize) -> Relation {
    match rows.kind {
        RelationKind::Filter { input, condition } => {
            let input = Box::new(window(*input, plan, column));
            let fields = input.fields.clone();
            Relation { kind: RelationKind::Filter { input, condition }, fields, span: rows.span }
        }
        kind => window(Relation { kind, ..rows }, plan, column),
    }
}

/// The plan's window over other rows.
fn window(rows: Relation, plan: &Relation, column: usize) -> Relation {
    let RelationKind::Window { input, time, shape } = &plan.kind else { return rows };
    let added = plan.fields.iter().skip(input.fields.len());
    let fields = rows.fields.iter().chain(added).cloned().collect();
    let kind = RelationKind::Window { input: Box::new(rows), time: (column, time.1), shape: shape.clone() };
    Relation { kind, fields, span: plan.span }
}

fn inlined_call(call: &AggregateCall, columns: &[Expr]) -> AggregateCall {
    let inline = |expr: &Option<Expr>| expr.as_ref().map(|expr| inlined(expr, columns));
    AggregateCall { argument: inline(&call.argument), filter: inline(&call.filter), ..call.clone() }
}

/// An expression over what the columns are computed from.
fn inlined(expr: &Expr, columns: &[Expr]) -> Expr {
    match expr.kind {
        ExprKind::Column(index) => match columns.get(index) {
            Some(column) => Expr { span: expr.span, ..column.clone() },
            None => expr.clone(),
        },
        _ => expr.with_parts(&|part| inlined(part, columns)),
    }
}
