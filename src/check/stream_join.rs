//! Joins of streams end: their rows can be forgotten.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::Platform,
    source::Span,
    sql::{
        event_time,
        plan::{RelationKind, WindowShape},
    },
};

/// Each join is within windows, or holds the event times of both sides within bounds.
pub fn joins_forget_their_rows(platform: &Platform, diagnostics: &mut Diagnostics) {
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        let RelationKind::Join { left, right, condition, kind } = &relation.kind else { continue };
        if kind.is_half() && event_time::joined_windows(left, right, condition).is_none() {
            diagnostics.push(endless_half(kind.words(), condition.span));
        } else if !event_time::join_ends(platform, left, right, condition) {
            let windows = event_time::joined_windows(left, right, condition);
            diagnostics.push(match windows {
                Some([of_left, of_right]) => other_windows(of_left, of_right, condition.span),
                None => endless(condition.span),
            });
        }
    }
}

/// A row is looked up as of the event time, in a stream that has one too; late rows are not told there.
pub fn lookups_are_as_of_the_event_time(platform: &Platform, diagnostics: &mut Diagnostics) {
    for query in &platform.queries {
        let diverts = platform.diverting(query.sources());
        for relation in query.plan.chain() {
            let RelationKind::AsOf { left, right, time, .. } = &relation.kind else { continue };
            if let Some(field) =
                left.field(time.0).filter(|_| !event_time::is_event_time(platform, left, time.0))
            {
                diagnostics.push(as_of(
                    format!("`{}` is no event time, so a row looked up as of it would change later", field.name),
                    "name the event-time column of what stands before JOIN; a stream has one by its `watermark`",
                    time.1,
                ));
            }
            let looked_up = right.sources().first().and_then(|id| platform.stream(*id));
            if let Some(stream) = looked_up.filter(|stream| stream.watermark.is_none()) {
                let name = &platform.resource(stream.resource).name;
                diagnostics.push(as_of(
                    format!("`{name}` has no event time, so which of its rows was the latest is not known"),
                    "add to that stream: `watermark = column - 5s`, and `late = drop`",
                    right.span,
                ));
            }
            if let Some(stream) = diverts {
                let name = &platform.resource(stream.resource).name;
                diagnostics.push(as_of(
                    format!("`{name}` diverts late rows, and a join as of a time drops none"),
                    "use `late = drop` on the streams that are joined so",
                    relation.span,
                ));
            }
        }
    }
}

fn as_of(message: String, help: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_AS_OF, span, message, "as of when?").help(help)
}

fn endless_half(words: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_ENDLESS_JOIN,
        span,
        format!("a row that {words} asks for may come at any time, so Flink keeps all rows of both sides for ever"),
        "no window of both",
    )
    .help("cut both sides into the same windows, and make both of their bounds equal: `a.window_start = b.window_start AND a.window_end = b.window_end`")
}

fn other_windows(left: &WindowShape, right: &WindowShape, span: Span) -> Diagnostic {
    let kinds = if left.name() == right.name() {
        format!("the windows of both sides are {} of other lengths", left.name())
    } else {
        format!("the windows of both sides differ, {} and {}", left.name(), right.name())
    };
    Diagnostic::error(
        catalogue::SQL_ENDLESS_JOIN,
        span,
        format!("{kinds}, so Flink joins their rows like any others, and keeps all of them for ever"),
        "no window of both",
    )
    .help("cut both sides into the same windows; or join rows by their event times, `b.at BETWEEN a.at - INTERVAL '5' MINUTE AND a.at`, and group the pairs")
}

fn endless(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_ENDLESS_JOIN,
        span,
        "this join has no bounds in time, so Flink keeps all rows of both sides for ever",
        "no end",
    )
    .help("bound the event times from above and below beside an equality of keys, `a.key = b.key AND b.at BETWEEN a.at - INTERVAL '5' MINUTE AND a.at`, or join windows by both of their bounds")
}
