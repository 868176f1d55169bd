//! Streaming queries: their windows, what their conditions leave, and what they promise.

use super::duration;
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, Query, ResourceId, ValueKind},
    source::Span,
    sql::{
        plan::{CaseArm, Expr, ExprKind, Field, Relation, RelationKind, WindowShape},
        range::{self, Set},
        types,
    },
};

/// A window is over the event time of a stream that has one.
pub fn windows_are_over_the_event_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        for relation in query.plan.chain() {
            let RelationKind::Window { input, time, .. } = &relation.kind else { continue };
            let Some((source, field, is_own)) = other_time(platform, input, time.0) else { continue };
            let Some(stream) = platform.stream(source) else { continue };
            let declared = platform.resource(source);
            let watermark = platform.kind_of(source).field_index("watermark");
            let given = watermark.and_then(|at| declared.given.get(at)).is_some_and(Option::is_some);
            diagnostics.push(match &stream.watermark {
                // One that is not understood is reported there.
                None if given => continue,
                None => without_watermark(&declared.name, declared.span, &field.name, time.1),
                // What is computed from an event time is none.
                Some((column, _)) if *column != field.name || !is_own => {
                    not_event_time(&field.name, &declared.name, declared.span, column, time.1)
                }
                Some(_) => continue,
            });
        }
    }
}

/// Where a column comes from that is no event time: a stream, the column, and whether it is the stream's own.
fn other_time<'p>(
    platform: &'p Platform,
    relation: &'p Relation,
    at: usize,
) -> Option<(ResourceId, &'p Field, bool)> {
    if relation.bound(at) == Some(2) {
        return None;
    }
    match relation.traced(at) {
        Some((Relation { kind: RelationKind::Scan(source), fields, .. }, at)) => {
            let field = fields.get(at)?;
            let time = platform.stream(*source).and_then(|stream| stream.watermark.as_ref());
            let is_time = time.is_some_and(|(column, _)| *column == field.name);
            (!is_time).then_some((*source, field, true))
        }
        // It is one in all of them, or in none.
        Some((Relation { kind: RelationKind::Union(parts), .. }, at)) => {
            parts.iter().find_map(|part| other_time(platform, part, at))
        }
        _ => Some((*relation.sources().first()?, relation.field(at)?, false)),
    }
}

/// Late rows are diverted from windows only whose end is known as a row comes.
pub fn late_rows_can_be_told(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        let diverted = platform.diverting(query.sources());
        let session = query.plan.chain().find(|relation| {
            matches!(relation.kind, RelationKind::Window { shape: WindowShape::Session { .. }, .. })
        });
        let of_query = query.plan.chain().find(|relation| {
            matches!(&relation.kind, RelationKind::Window { input, .. } if !matches!(input.kind, RelationKind::Scan(_)))
        });
        if let (Some(stream), Some(window)) = (diverted, of_query) {
            diagnostics.push(late_of_query(&platform.resource(stream.resource).name, window.span));
        }
        if let (Some(stream), Some(session)) = (diverted, session) {
            diagnostics.push(late_session(&platform.resource(stream.resource).name, session.span));
        }
    }
}

/// A promised latency can hold: the window, the watermark's delay and the time until a silent partition is given up are not longer.
pub fn promises_of_latency_can_hold(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        let source = query.sources().into_iter().find_map(|id| platform.stream(id));
        let (Some(stream), Some(wait)) = (source, wait(platform, query)) else { continue };
        let promises = [query.latency, promise(platform, stream.resource), promise(platform, query.sink)];
        for (milliseconds, span) in promises.into_iter().flatten() {
            if let Some(diagnostic) = broken_promise(wait, milliseconds, span) {
                diagnostics.push(diagnostic);
            }
        }
    }
}

/// What a stream promises.
fn promise(platform: &Platform, stream: ResourceId) -> Option<(u64, Span)> {
    let value = platform.field(stream, "latency")?;
    match value.kind {
        ValueKind::Duration(milliseconds) => Some((milliseconds, value.span)),
        _ => None,
    }
}

/// How long after a row the first result can come that it takes part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The window's part in milliseconds; `None` for a session, which lasts as long as rows come.
    pub window: Option<u64>,
    /// The watermark's delay.
    pub delay: u64,
    /// The time until a silent partition is given up.
    pub idle: u64,
    /// The window.
    pub place: Span,
}

impl Wait {
    /// All together.
    pub fn total(&self) -> Option<u64> {
        Some(self.window? + self.delay + self.idle)
    }
}

/// How long a query over a window waits; `None` for one without.
pub fn wait(platform: &Platform, query: &Query) -> Option<Wait> {
    let stream = query.sources().into_iter().find_map(|id| platform.stream(id))?;
    let (window, place) = query.plan.chain().find_map(|relation| match &relation.kind {
        RelationKind::Window { shape, .. } => Some((shape.longest_wait(), relation.span)),
        // A row's turn comes with the watermark.
        RelationKind::Over { .. } | RelationKind::Match { .. } => Some((Some(0), relation.span)),
        _ => None,
    })?;
    let delay = stream.watermark.as_ref().map_or(0, |(_, delay)| *delay);
    Some(Wait { window, delay, idle: stream.idle.unwrap_or(0), place })
}

fn broken_promise(wait: Wait, promised: u64, span: Span) -> Option<Diagnostic> {
    match (wait.window, wait.total()) {
        (_, Some(total)) if total <= promised => None,
        (Some(window), total) => {
            let sum = format!(
                "{} of window, {} of watermark and {} of idle time",
                duration::literal(window),
                duration::literal(wait.delay),
                duration::literal(wait.idle)
            );
            Some(too_late(promised, total, &sum, span, wait.place))
        }
        (None, _) => Some(too_late(promised, None, "a session lasts as long as rows come", span, wait.place)),
    }
}

/// Each branch of a CASE can be reached.
pub fn branches_can_be_reached(platform: &Platform, diagnostics: &mut Diagnostics) {
    each_relation(platform, |relation| {
        for expr in relation.exprs() {
            expr.walk(&mut |part| {
                if let ExprKind::Case(arms, otherwise) = &part.kind {
                    case(arms, otherwise.as_deref(), relation.input(), diagnostics);
                }
            });
        }
    });
}

/// What reaches each branch, for each expression that the conditions compare.
fn case(arms: &[CaseArm], otherwise: Option<&Expr>, input: Option<&Relation>, diagnostics: &mut Diagnostics) {
    let mut subjects: Vec<&Expr> = Vec::new();
    for subject in arms.iter().flat_map(|arm| range::subjects(&arm.condition)) {
        if !subjects.iter().any(|known| known.same(subject)) {
            subjects.push(subject);
        }
    }
    let mut reported: Vec<Span> = Vec::new();
    for subject in subjects {
        let mut left = possible(subject, input);
        if left.is_empty() {
            continue;
        }
        for arm in arms {
            let taken = left.and(&range::where_true(&arm.condition, subject));
            if taken.is_empty() && !reported.contains(&arm.condition.span) {
                reported.push(arm.condition.span);
                diagnostics.push(unreachable(arm.condition.span, "this condition is never true here"));
            }
            if range::only_about(&arm.condition, subject) {
                left = left.without(&range::where_true(&arm.condition, subject));
            }
        }
        if let Some(otherwise) =
            otherwise.filter(|otherwise| left.is_empty() && !reported.contains(&otherwise.span))
        {
            reported.push(otherwise.span);
            diagnostics.push(unreachable(otherwise.span, "no row gets here"));
        }
    }
}

/// What an expression over a relation can be: what its type says, and what the conditions below let through.
fn possible(subject: &Expr, input: Option<&Relation>) -> Set {
    let mut set = by_type(subject, input);
    let mut relation = input;
    // Conditions directly below see the same columns.
    while let Some(Relation { kind: RelationKind::Filter { input, condition }, .. }) = relation {
        set = set.and(&range::where_true(condition, subject));
        relation = Some(input);
    }
    set
}

fn by_type(subject: &Expr, input: Option<&Relation>) -> Set {
    let below = input
        .into_iter()
        .flat_map(Relation::chain)
        .find(|relation| !matches!(relation.kind, RelationKind::Filter { .. }));
    match (&subject.kind, below.map(|relation| &relation.kind)) {
        (ExprKind::Column(index), Some(RelationKind::Aggregate { keys, calls, .. }))
            if *index >= keys.len() =>
        {
            calls.get(index - keys.len()).map_or_else(Set::everything, range::of_aggregate)
        }
        (ExprKind::Column(_), _) => {
            Set::of_type(&subject.ty.base, subject.ty.nullable, &subject.ty.refinement)
        }
        _ => Set::everything(),
    }
}

/// A comparison can come out both ways.
pub fn comparisons_can_come_out_both_ways(platform: &Platform, diagnostics: &mut Diagnostics) {
    each_relation(platform, |relation| {
        for expr in relation.exprs() {
            expr.walk(&mut |part| {
                for subject in range::subjects(part) {
                    let Some((op, _)) = range::comparison(part, subject) else { continue };
                    let all = by_type(subject, relation.input());
                    let taken = all.and(&range::where_true(part, subject));
                    let rest = all.without(&range::where_true(part, subject));
                    let outcome = if taken.is_empty() {
                        "never"
                    } else if rest.is_empty() {
                        "always"
                    } else {
                        continue;
                    };
                    diagnostics.push(constant(part.span, types::comparison(op), outcome));
                }
            });
        }
    });
}

fn each_relation(platform: &Platform, mut visit: impl FnMut(&Relation)) {
    for query in &platform.queries {
        query.plan.chain().for_each(&mut visit);
    }
}

fn without_watermark(stream: &str, declared: Span, column: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::WINDOW_WITHOUT_WATERMARK,
        span,
        format!("`{stream}` has no event time, so a window over it never ends"),
        "no watermark on this",
    )
    .related(declared, "declared without `watermark`")
    .help(format!("add to the stream: `watermark = {column} - 5s`, and `late = drop`"))
}

fn not_event_time(column: &str, stream: &str, declared: Span, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOT_THE_EVENT_TIME,
        span,
        format!("`{column}` is not the event time of `{stream}`, which is `{wanted}`"),
        "no watermark on this",
    )
    .related(declared, format!("its watermark is on `{wanted}`"))
    .help(format!("write `{wanted}`"))
    .fix(span, wanted)
}

fn late_session(stream: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_WINDOW,
        span,
        format!("`{stream}` diverts late rows, and a session's end is not known before it is over"),
        "which rows are late?",
    )
    .help("use `late = drop` on the stream, or a window of fixed length")
}

fn late_of_query(stream: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_WINDOW,
        span,
        format!("`{stream}` diverts late rows, and this window is over a query that has other columns"),
        "which rows are late?",
    )
    .help("use `late = drop` on the stream, or a window over the stream itself, with the query around it")
}

fn unreachable(span: Span, label: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::UNREACHABLE_CASE, span, "no row reaches this branch of CASE", label)
        .help("what HAVING and WHERE let through, the branches before have taken: leave the branch out, or let those rows through")
}

fn constant(span: Span, op: &str, outcome: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::CONSTANT_COMPARISON,
        span,
        format!("this `{op}` is {outcome} true, given the column's range"),
        format!("{outcome} true"),
    )
    .help("compare with a value inside the range that the schema gives, or leave the comparison out")
}

fn too_late(promised: u64, needed: Option<u64>, sum: &str, span: Span, window: Span) -> Diagnostic {
    let message = match needed {
        Some(needed) => format!(
            "a result can take {}, and {} is promised",
            duration::literal(needed),
            duration::literal(promised)
        ),
        None => format!("a result can take any time, and {} is promised", duration::literal(promised)),
    };
    Diagnostic::error(catalogue::LATENCY, span, message, "can't hold")
        .related(window, "the window")
        .help(format!("{sum}: promise more, or make one of them shorter"))
}
