//! When Flink's planner computes AVG and SUM otherwise than their own functions do.
//!
//! Calcite's `AggregateReduceFunctionsRule` turns SUM(x) into `$SUM0(x)` and AVG(x) into `$SUM0(x) / COUNT(x)`, and
//! MIN, MAX and AVG of a grouping column into that column. The planner takes that form where it has fewer
//! aggregates, as for `AVG(x), SUM(x), COUNT(x)`, and the results differ: the sum starts from 0.0, AVG of an INT wraps
//! with its sum, and a decimal that overflowed stays null. Observed on Flink 2.3.0.

use super::aggregate::Aggregate;
use super::expr::{Expr, Node};
use super::query::Query;

/// Whether the planner takes the reduced form of a query's aggregates.
pub(super) fn is_reduced(query: &Query) -> bool {
    let has_sum = query.aggregates.iter().any(|a| matches!(a, Aggregate::Sum(_) | Aggregate::Avg(_)));
    let mut before: Vec<Aggregate> = Vec::new();
    let mut after: Vec<Aggregate> = Vec::new();
    for aggregate in &query.aggregates {
        add(&mut before, counted(aggregate, query));
        match aggregate {
            Aggregate::Min(x) | Aggregate::Max(x) | Aggregate::Avg(x) if key_of(x, query).is_some() => {}
            Aggregate::Sum(x) | Aggregate::Avg(x) => {
                add(&mut after, Aggregate::Sum(x.clone()));
                add(&mut after, counted(&Aggregate::Count(x.clone()), query));
            }
            other => add(&mut after, counted(other, query)),
        }
    }
    has_sum && after.len() < before.len()
}

fn add(list: &mut Vec<Aggregate>, aggregate: Aggregate) {
    if !list.contains(&aggregate) {
        list.push(aggregate);
    }
}

/// `COUNT(x)` of what is never null is `COUNT(*)`.
fn counted(aggregate: &Aggregate, query: &Query) -> Aggregate {
    match aggregate {
        Aggregate::Count(x) if !is_nullable(x, &query.nullable) => Aggregate::CountAll,
        other => other.clone(),
    }
}

/// The grouping column that an argument is.
pub(super) fn key_of(argument: &Expr, query: &Query) -> Option<usize> {
    let is_column = matches!(argument.node, Node::Column(_));
    query.keys.iter().position(|key| is_column && key == argument)
}

/// Whether the planner takes an expression for one that may be null.
fn is_nullable(expr: &Expr, columns: &[bool]) -> bool {
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
        Node::Coalesce(list) => list.iter().all(|e| is_nullable(e, columns)),
        Node::Case(arms, otherwise) => {
            is_nullable(otherwise, columns) || arms.iter().any(|(_, value)| is_nullable(value, columns))
        }
    }
}
