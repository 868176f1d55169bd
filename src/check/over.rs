//! OVER: rows in the order of the event time, and late rows that can be told.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::Platform,
    source::Span,
    sql::{
        event_time::is_event_time,
        over::Over,
        plan::{Expr, ExprKind, Relation, RelationKind},
    },
};

/// Rows are ordered by the event time.
pub fn rows_are_in_the_order_of_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, |_, input, over, _| {
        let (time, span) = over.time;
        let Some(field) = input.field(time).filter(|_| !is_event_time(platform, input, time)) else { return };
        diagnostics.push(not_by_time(&field.name, event_time(platform, input), span));
    });
}

/// Patterns are looked for in the order of the event time, and what is found is no window's.
pub fn patterns_are_in_the_order_of_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        if let RelationKind::Window { input, .. } = &relation.kind
            && input.chain().any(|below| matches!(below.kind, RelationKind::Match { .. }))
        {
            diagnostics.push(window_of_matches(relation.span));
        }
        let RelationKind::Match { input, matched } = &relation.kind else { continue };
        let by = matched.order.first().map(|order| &order.expr.kind);
        let Some(ExprKind::Column(time)) = by else { continue };
        let Some(field) = input.field(*time).filter(|_| !is_event_time(platform, input, *time)) else {
            continue;
        };
        diagnostics.push(not_by_time(&field.name, event_time(platform, input), matched.time));
    }
}

/// The first row of each key is known once its time has come: it is the one of the least event time.
pub fn first_rows_are_in_the_order_of_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        for relation in query.plan.chain() {
            let RelationKind::Rank { input, partition, order } = &relation.kind else { continue };
            let windowed =
                |key: &Expr| matches!(key.kind, ExprKind::Column(at) if input.bound(at) == Some(1));
            let Some(Expr { kind: ExprKind::Column(time), span: place, .. }) =
                order.first().map(|it| &it.expr)
            else {
                continue;
            };
            if partition.iter().any(windowed) {
                continue;
            }
            if let Some(field) = input.field(*time).filter(|_| !is_event_time(platform, input, *time)) {
                diagnostics.push(not_by_time(&field.name, event_time(platform, input), *place));
            }
            if let Some(stream) = platform.diverting(query.sources()) {
                diagnostics.push(late_first(&platform.resource(stream.resource).name, relation.span));
            }
        }
    }
}

/// The name of a relation's event time.
fn event_time<'a>(platform: &Platform, input: &'a Relation) -> Option<&'a str> {
    let wanted = (0..input.fields.len()).find(|at| is_event_time(platform, input, *at));
    wanted.and_then(|at| input.field(at)).map(|field| field.name.as_str())
}

/// Where late rows are diverted, it is known as a row comes whether it is late.
pub fn late_rows_of_over_can_be_told(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        let diverts = platform.diverting(query.sources());
        let of_other = query.plan.chain().find(|relation| {
            matches!(&relation.kind, RelationKind::Match { input, .. } if !Over::is_of_stream(input))
        });
        if let (Some(stream), Some(relation)) = (diverts, of_other) {
            diagnostics.push(late_over(&platform.resource(stream.resource).name, relation.span));
        }
    }
    each(platform, |query, input, over, span| {
        let diverted = platform.diverting(query.sources());
        if let Some(stream) = diverted.filter(|_| !over.tells_late_rows(input)) {
            diagnostics.push(late_over(&platform.resource(stream.resource).name, span));
        }
    });
}

fn each(platform: &Platform, mut visit: impl FnMut(&Relation, &Relation, &Over, Span)) {
    for query in &platform.queries {
        for relation in query.plan.chain() {
            if let RelationKind::Over { input, over } = &relation.kind {
                let span = over.calls.first().map_or(relation.span, |call| call.span);
                visit(&query.plan, input, over, span);
            }
        }
    }
}

fn not_by_time(column: &str, wanted: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::SQL_OVER_ORDER,
        span,
        format!(
            "`{column}` is no event time: what comes of each row would be given anew as rows come in between"
        ),
        "not the event time",
    );
    match wanted {
        Some(wanted) => diagnostic.help(format!("write `ORDER BY {wanted}`")).fix(span, wanted),
        None => diagnostic.help("hand the stream's event-time column on to this query, and order by it; a stream has one by its `watermark`"),
    }
}

fn late_first(stream: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_RANK,
        span,
        format!("`{stream}` diverts late rows, and of the first rows of all time none is diverted"),
        "which rows are late?",
    )
    .help("use `late = drop` on the stream, or number rows within windows")
}

fn window_of_matches(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_PATTERN,
        span,
        "Flink has no window over what MATCH_RECOGNIZE finds, in one query",
        "a window over matches",
    )
    .help("write the matches to a stream with a watermark, and read that in another query")
}

fn late_over(stream: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        format!("`{stream}` diverts late rows, and which are late here can't be told by their time alone"),
        "which rows are late?",
    )
    .help("use `late = drop` on the stream; over the stream itself, late rows of MATCH_RECOGNIZE and of all rows before, `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`, can be diverted")
}
