//! GROUPING SETS as the branches that they are: a row of a group whose set lacks a key has null there.

use crate::sql::plan::{Expr, ExprKind, Field, Literal, Relation, RelationKind};

/// A branch, and which keys its set has, while what stands above may ask for them by GROUPING.
pub(super) type Branch = (Relation, Option<Vec<bool>>);

/// A branch for each set of an aggregate; `None` where it has no sets.
pub(super) fn branches(plan: &Relation) -> Option<Vec<Branch>> {
    let RelationKind::Aggregate { input, keys, calls, sets } = &plan.kind else { return None };
    if sets.is_empty() {
        return None;
    }
    let branch = |set: &Vec<bool>| {
        let own: Vec<Expr> =
            keys.iter().zip(set).filter(|(_, has)| **has).map(|(key, _)| key.clone()).collect();
        let column = |at: usize, field: &Field| Expr {
            kind: ExprKind::Column(at),
            ty: field.ty.clone(),
            span: plan.span,
        };
        let mut exprs: Vec<Expr> = Vec::new();
        // A key that the set lacks takes no number.
        let mut number = 0;
        for (field, has) in plan.fields.iter().zip(set) {
            exprs.push(if *has { column(number, field) } else { null(field, plan) });
            number += usize::from(*has);
        }
        let results = plan.fields.iter().skip(keys.len()).enumerate();
        exprs.extend(results.map(|(at, field)| column(own.len() + at, field)));
        let kept = plan.fields.iter().zip(set).filter(|(_, has)| **has).map(|(field, _)| field.clone());
        let fields = kept.chain(plan.fields.iter().skip(keys.len()).cloned()).collect();
        let sets = vec![vec![true; own.len()]];
        let kind = RelationKind::Aggregate { input: input.clone(), keys: own, calls: calls.clone(), sets };
        let input = Box::new(Relation { kind, fields, span: plan.span });
        let kind = RelationKind::Project { input, exprs };
        (Relation { kind, fields: plan.fields.clone(), span: plan.span }, Some(set.clone()))
    };
    Some(sets.iter().map(branch).collect())
}

fn null(field: &Field, plan: &Relation) -> Expr {
    let null = Expr { kind: ExprKind::Literal(Literal::Null), ty: field.ty.clone(), span: plan.span };
    Expr { kind: ExprKind::Cast(Box::new(null)), ty: field.ty.clone(), span: plan.span }
}

/// An expression in which GROUPING is what it is for a set.
pub(super) fn told(expr: &Expr, set: Option<&Vec<bool>>) -> Expr {
    let Some(set) = set else { return expr.clone() };
    if let ExprKind::Call(name, args) = &expr.kind
        && name == "GROUPING"
    {
        let bits = args.iter().map(|key| match key.kind {
            ExprKind::Column(at) => i64::from(set.get(at) != Some(&true)),
            _ => 0,
        });
        let bits = bits.fold(0, |bits, bit| bits << 1 | bit);
        let kind = ExprKind::Literal(Literal::Number(bits.to_string().into()));
        let number = Expr { kind, ..expr.clone() };
        return Expr { kind: ExprKind::Cast(Box::new(number)), ..expr.clone() };
    }
    expr.with_parts(&|part| told(part, Some(set)))
}
