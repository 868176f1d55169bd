//! When Flink's planner computes AVG and SUM otherwise than their own functions do.
//!
//! Calcite's `AggregateReduceFunctionsRule` turns SUM(x) into `$SUM0(x)` and AVG(x) into `$SUM0(x) / COUNT(x)`, and
//! MIN, MAX and AVG of a grouping column into that column. The planner takes that form where it has fewer
//! aggregates, as for `AVG(x), SUM(x), COUNT(x)`, and the results differ: the sum starts from 0.0, AVG of an INT wraps
//! with its sum, and a decimal that overflowed stays null. Observed on Flink 2.3.0.

use super::aggregate::{Aggregate, AggregateCall};
use super::expr::{Expr, Node};
use super::query::Query;

/// Whether the planner takes the reduced form of a query's aggregates: it has to where there is a variance.
pub(super) fn is_reduced(query: &Query) -> bool {
    let any = |is: fn(&Aggregate) -> bool| query.aggregates.iter().any(|call| is(&call.aggregate));
    if any(|aggregate| matches!(aggregate, Aggregate::Spread(..))) {
        return true;
    }
    let mut before: Vec<AggregateCall> = Vec::new();
    let mut after: Vec<AggregateCall> = Vec::new();
    for call in &query.aggregates {
        add(&mut before, counted(call.clone(), query));
        let with = |aggregate: Aggregate| AggregateCall { aggregate, ..call.clone() };
        match &call.aggregate {
            Aggregate::Min(x) | Aggregate::Max(x) | Aggregate::Avg(x)
                if key_of(x, query).is_some() && call.filter.is_none() => {}
            Aggregate::Sum(x) | Aggregate::Avg(x) => {
                add(&mut after, with(Aggregate::Sum(x.clone())));
                add(&mut after, counted(with(Aggregate::Count(x.clone())), query));
            }
            _ => add(&mut after, counted(call.clone(), query)),
        }
    }
    any(|aggregate| matches!(aggregate, Aggregate::Sum(_) | Aggregate::Avg(_))) && after.len() < before.len()
}

fn add(list: &mut Vec<AggregateCall>, call: AggregateCall) {
    if !list.contains(&call) {
        list.push(call);
    }
}

/// `COUNT(x)` of what is never null is `COUNT(*)`.
fn counted(call: AggregateCall, query: &Query) -> AggregateCall {
    match &call.aggregate {
        Aggregate::Count(x) if !call.distinct && !is_nullable(x, &query.nullable) => {
            AggregateCall { aggregate: Aggregate::CountAll, ..call }
        }
        _ => call,
    }
}

/// The grouping column that an argument is.
pub(super) fn key_of(argument: &Expr, query: &Query) -> Option<usize> {
    let is_column = matches!(argument.node, Node::Column(_));
    query.keys.iter().position(|key| is_column && !query.in_sets && key == argument)
}

/// For each expression, whether the planner takes it for one that may be null; columns that are not given may be.
pub fn may_be_null(exprs: &[Expr], columns: &[bool]) -> Vec<bool> {
    exprs.iter().map(|expr| is_nullable(expr, columns)).collect()
}

/// Whether the planner takes an expression for one that may be null.
pub(super) fn is_nullable(expr: &Expr, columns: &[bool]) -> bool {
    let any = |list: &[Expr]| list.iter().any(|e| is_nullable(e, columns));
    match &expr.node {
        Node::Literal(value) => *value == super::column::Value::Null,
        Node::Column(index) => columns.get(*index).copied().unwrap_or(true),
        Node::Arithmetic(_, a, b) | Node::Compare(_, a, b) | Node::CompareTotal(_, a, b) => {
            is_nullable(a, columns) || is_nullable(b, columns)
        }
        Node::And(list) | Node::Or(list) | Node::Call(_, list) => any(list),
        Node::Not(e) | Node::Cast(e) | Node::Like(e, _) => is_nullable(e, columns),
        Node::IsNull(..) => false,
        Node::TryCast(_) | Node::Prepared(..) => true,
        Node::Coalesce(list) => list.iter().all(|e| is_nullable(e, columns)),
        Node::Case(arms, otherwise) => {
            is_nullable(otherwise, columns) || arms.iter().any(|(_, value)| is_nullable(value, columns))
        }
    }
}
