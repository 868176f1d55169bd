//! Joins of streams end: their rows can be forgotten.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::Platform,
    source::Span,
    sql::{event_time, plan::RelationKind},
};

/// Each join is within windows, or holds the event times of both sides within bounds.
pub fn joins_forget_their_rows(platform: &Platform, diagnostics: &mut Diagnostics) {
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        let RelationKind::Join { left, right, condition, .. } = &relation.kind else { continue };
        if !event_time::join_ends(platform, left, right, condition) {
            diagnostics.push(endless(condition.span));
        }
    }
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
