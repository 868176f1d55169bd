//! OVER: rows in the order of the event time, and late rows that can be told.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, stream::Rows},
    source::Span,
    sql::{
        event_time::is_event_time,
        over::Over,
        plan::{Relation, RelationKind},
    },
};

/// Rows are ordered by the event time.
pub fn rows_are_in_the_order_of_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, |_, input, over, _| {
        let (time, span) = over.time;
        let Some(field) = input.field(time).filter(|_| !is_event_time(platform, input, time)) else { return };
        let wanted = (0..input.fields.len()).find(|at| is_event_time(platform, input, *at));
        let wanted = wanted.and_then(|at| input.field(at)).map(|field| field.name.as_str());
        diagnostics.push(not_by_time(&field.name, wanted, span));
    });
}

/// Where late rows are diverted, it is known as a row comes whether it is late.
pub fn late_rows_of_over_can_be_told(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, |query, input, over, span| {
        let streams = query.sources().into_iter().filter_map(|id| platform.stream(id));
        let diverted = streams.into_iter().find(|stream| matches!(stream.late, Some(Rows::Divert(_))));
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
        format!("`{column}` is no event time: OVER would give each row's result anew as rows come in between"),
        "not the event time",
    );
    match wanted {
        Some(wanted) => diagnostic.help(format!("write `ORDER BY {wanted}`")).fix(span, wanted),
        None => diagnostic.help("hand the stream's event-time column on to this query, and order by it; a stream has one by its `watermark`"),
    }
}

fn late_over(stream: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_OVER,
        span,
        format!("`{stream}` diverts late rows, and which are late here follows from the rows of each part"),
        "which rows are late?",
    )
    .help("use `late = drop` on the stream, or all rows before, `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`, over the stream itself")
}
