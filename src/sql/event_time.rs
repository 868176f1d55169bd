//! Which columns Flink takes for event time, and which joins end by it.

use crate::platform::Platform;

use super::plan::{AggregateFunction, Comparison, Expr, ExprKind, Relation, RelationKind, WindowShape};

/// Whether Flink takes a column for event time: the stream's own, a window's time, and the least or greatest of such.
pub fn is_event_time(platform: &Platform, relation: &Relation, at: usize) -> bool {
    let Some((relation, at)) = relation.traced(at) else { return false };
    match &relation.kind {
        RelationKind::Scan(stream) => {
            let time = platform.stream(*stream).and_then(|stream| stream.watermark.as_ref());
            time.zip(relation.field(at)).is_some_and(|((name, _), field)| *name == field.name)
        }
        RelationKind::Window { input, .. } => at == input.fields.len() + 2,
        RelationKind::Aggregate { input, keys, calls, .. } => calls.get(at - keys.len()).is_some_and(|call| {
            let picks = matches!(call.function, AggregateFunction::Min | AggregateFunction::Max);
            let argument = call.argument.as_ref().map(|argument| &argument.kind);
            picks && matches!(argument, Some(ExprKind::Column(column)) if is_event_time(platform, input, *column))
        }),
        RelationKind::Match { matched, .. } => matched.is_event_time(at),
        RelationKind::Union(parts) => parts.iter().any(|part| is_event_time(platform, part, at)),
        _ => false,
    }
}

/// Whether a join's rows can be forgotten: both sides are the same windows, of which both bounds are equal, or the event times of both sides are held
/// within bounds, above and below. Each also asks for an equality, by which Flink parts the rows.
pub fn join_ends(platform: &Platform, left: &Relation, right: &Relation, condition: &Expr) -> bool {
    let parts = conjuncts(condition);
    let width = left.fields.len();
    let side = |index: usize| if index < width { (left, index) } else { (right, index - width) };
    if let Some([of_left, of_right]) = joined_windows(left, right, condition) {
        return of_left.is_same(of_right);
    }
    // The side whose event time an expression is, moved or not.
    let time = |expr: &Expr| {
        let index = moved_column(expr)?;
        let (relation, at) = side(index);
        is_event_time(platform, relation, at).then_some(index < width)
    };
    let (mut above, mut below, mut keyed) = (false, false, false);
    for part in parts {
        let ExprKind::Compare(op, a, b) = &part.kind else { continue };
        if let (Some(of_a), Some(of_b)) = (time(a), time(b))
            && of_a != of_b
        {
            let less = matches!(op, Comparison::Less | Comparison::LessOrEqual);
            let greater = matches!(op, Comparison::Greater | Comparison::GreaterOrEqual);
            let equal = *op == Comparison::Equal;
            above |= equal || if of_a { less } else { greater };
            below |= equal || if of_a { greater } else { less };
        } else if *op == Comparison::Equal {
            let sides =
                |expr: &Expr| expr.columns().into_iter().map(|index| index < width).collect::<Vec<_>>();
            let (a, b) = (sides(a), sides(b));
            let all = |list: &[bool], left: bool| !list.is_empty() && list.iter().all(|side| *side == left);
            keyed |= all(&a, true) && all(&b, false) || all(&a, false) && all(&b, true);
        }
    }
    above && below && keyed
}

/// The windows of both sides, where both of their bounds are equal.
pub fn joined_windows<'a>(
    left: &'a Relation,
    right: &'a Relation,
    condition: &Expr,
) -> Option<[&'a WindowShape; 2]> {
    let width = left.fields.len();
    // A column that is a window's bound: its side, 0 the left one, which bound it is, and the window.
    let bound = |expr: &Expr| {
        let ExprKind::Column(index) = expr.kind else { return None };
        let (side, relation, at) = if index < width { (0, left, index) } else { (1, right, index - width) };
        let (window, at) = relation.traced(at)?;
        let RelationKind::Window { input, shape, .. } = &window.kind else { return None };
        Some((side, at.checked_sub(input.fields.len())?, shape))
    };
    let parts = conjuncts(condition);
    let equal = |wanted: usize| {
        parts.iter().find_map(|part| {
            let ExprKind::Compare(Comparison::Equal, a, b) = &part.kind else { return None };
            match (bound(a)?, bound(b)?) {
                ((0, x, of_left), (1, y, of_right)) | ((1, x, of_right), (0, y, of_left))
                    if x == wanted && y == wanted =>
                {
                    Some([of_left, of_right])
                }
                _ => None,
            }
        })
    };
    equal(0)?;
    equal(1)
}

/// The conditions that must all hold.
pub fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}

/// A column, or one with an interval added.
fn moved_column(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Column(index) => Some(*index),
        ExprKind::Call(name, args) if name.starts_with("TIMESTAMPADD ") => match args.as_slice() {
            [_, time] => moved_column(time),
            _ => None,
        },
        _ => None,
    }
}
