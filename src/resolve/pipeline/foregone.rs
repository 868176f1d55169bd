//! Comparisons with a constant whose outcome the other side's type settles.

use crate::{
    platform::pipeline::{Expression, ExpressionKind},
    syntax::ast::BinaryOp,
};

/// Whether an expression is a number or a text that the program gives.
pub(super) fn is_constant(expression: &Expression) -> bool {
    expression.as_text().is_some() || constant_number(expression).is_some()
}

fn constant_number(expression: &Expression) -> Option<f64> {
    match &expression.kind {
        ExpressionKind::Number(text) => text.parse().ok(),
        ExpressionKind::Negate(inner) => constant_number(inner).map(|number| -number),
        _ => None,
    }
}

/// The outcome and why, where the type leaves no other.
pub(super) fn outcome(operator: BinaryOp, left: &Expression, right: &Expression) -> Option<(bool, String)> {
    if is_constant(left) && !is_constant(right) {
        return outcome(mirrored(operator), right, left);
    }
    if left.ty.nullable {
        return None;
    }
    by_choice(operator, left, right).or_else(|| by_range(operator, left, constant_number(right)?))
}

fn by_choice(operator: BinaryOp, left: &Expression, right: &Expression) -> Option<(bool, String)> {
    let choices = &left.ty.refinement.one_of;
    let text = right.as_text()?;
    if choices.is_empty() || choices.iter().any(|choice| choice == text) {
        return None;
    }
    let because = format!("it is one of `{}`", choices.join("`, `"));
    match operator {
        BinaryOp::Equal => Some((false, because)),
        BinaryOp::NotEqual => Some((true, because)),
        _ => None,
    }
}

fn by_range(operator: BinaryOp, left: &Expression, number: f64) -> Option<(bool, String)> {
    let bound = |text: &Option<smol_str::SmolStr>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    let (min, max) = (bound(&left.ty.refinement.min), bound(&left.ty.refinement.max));
    let all_below = max.is_some_and(|max| max < number);
    let all_above = min.is_some_and(|min| min > number);
    let none_above = max.is_some_and(|max| max <= number);
    let none_below = min.is_some_and(|min| min >= number);
    let outcome = match operator {
        BinaryOp::Less if all_below => true,
        BinaryOp::Less if none_below => false,
        BinaryOp::LessOrEqual if none_above => true,
        BinaryOp::LessOrEqual if all_above => false,
        BinaryOp::Greater if all_above => true,
        BinaryOp::Greater if none_above => false,
        BinaryOp::GreaterOrEqual if none_below => true,
        BinaryOp::GreaterOrEqual if all_below => false,
        BinaryOp::Equal if all_below || all_above => false,
        BinaryOp::NotEqual if all_below || all_above => true,
        _ => return None,
    };
    let text =
        |bound: &Option<smol_str::SmolStr>| bound.as_ref().map(ToString::to_string).unwrap_or_default();
    Some((outcome, format!("it is in {}..{}", text(&left.ty.refinement.min), text(&left.ty.refinement.max))))
}

fn mirrored(operator: BinaryOp) -> BinaryOp {
    match operator {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessOrEqual => BinaryOp::GreaterOrEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterOrEqual => BinaryOp::LessOrEqual,
        other => other,
    }
}
