//! What Flink itself does wrong in the version that the program is for.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::Platform,
    source::Span,
    sql::plan::{RelationKind, WindowShape},
};

/// The first version that computes both as it should.
const MENDED: &str = "2.3";

/// Whether the program is for a version of Flink before another.
fn is_before(platform: &Platform, other: &str) -> bool {
    let number = |version: &str| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    };
    number(platform.project.flink()) < number(other)
}

/// Windows with an offset keep their rows. Before 2.3 Flink takes slices to begin without the offset when it asks whether a row is late, and drops
/// rows that are on time, unless the offset is a multiple of the slice (FLINK-36664; seen on 1.20.5 and 2.2.1, not on 2.3.0).
pub fn windows_with_an_offset_keep_their_rows(platform: &Platform, diagnostics: &mut Diagnostics) {
    if !is_before(platform, MENDED) {
        return;
    }
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        let RelationKind::Window { shape, .. } = &relation.kind else { continue };
        let (slice, offset) = match shape {
            WindowShape::Tumble { size, offset } => (*size, *offset),
            WindowShape::Hop { slide, offset, .. } => (*slide, *offset),
            WindowShape::Cumulate { step, offset, .. } => (*step, *offset),
            WindowShape::Session { .. } => continue,
        };
        let loses = i64::try_from(slice).is_ok_and(|slice| slice > 0 && offset % slice != 0);
        if loses {
            diagnostics.push(offset_loses(shape.name(), platform.project.flink(), relation.span));
        }
    }
}

/// What is asked for is planned. Flink 1.20 stops with errors of its own where UNNEST has ORDINALITY, and where the time of a match is what other
/// matches are ordered by (seen on 1.20.5, not on 2.2.1).
pub fn queries_are_planned(platform: &Platform, diagnostics: &mut Diagnostics) {
    if !is_before(platform, "2.2") {
        return;
    }
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        let (construct, what) = match &relation.kind {
            RelationKind::Unnest { ordinality: true, .. } => {
                ("WITH ORDINALITY", "the place of an item in its list")
            }
            RelationKind::Match { input, .. }
                if input.chain().any(|below| matches!(below.kind, RelationKind::Match { .. })) =>
            {
                ("MATCH_RECOGNIZE of matches", "by the time of other matches")
            }
            _ => continue,
        };
        diagnostics.push(not_planned(construct, what, platform.project.flink(), relation.span));
    }
}

/// Variances keep their digits. Before 2.3 Flink subtracts sums of squares, which leaves nothing of values that are near one another and far from
/// zero (of 1e9 + 1, 1e9 + 2 and 1e9 + 4 it computes 0.0).
pub fn variances_keep_their_digits(platform: &Platform, diagnostics: &mut Diagnostics) {
    if !is_before(platform, MENDED) {
        return;
    }
    for relation in platform.queries.iter().flat_map(|query| query.plan.chain()) {
        let RelationKind::Aggregate { calls, .. } = &relation.kind else { continue };
        let variance = calls.iter().find(|call| {
            // What is wrong already is said.
            call.function.is_variance() && !call.function.is_wrong_of_one(call.argument.as_ref())
        });
        if let Some(call) = variance {
            diagnostics.push(variance_loses(call.function.name(), platform.project.flink(), call.span));
        }
    }
}

fn not_planned(construct: &str, what: &str, version: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::SQL_NOT_PLANNED,
        span,
        format!("Flink {version} can't plan `{construct}`"),
        what,
    )
    .help("leave it out, or take a later version: `flink = \"2.2\"` in `dpl.toml`")
}

fn offset_loses(window: &str, version: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::SQL_OFFSET_LOSES,
        span,
        format!("Flink {version} loses rows of a `{window}` with an offset"),
        "its offset is no multiple of what the windows are cut into",
    )
    .help(format!("leave the offset out, or take Flink {MENDED}: `flink = \"{MENDED}\"` in `dpl.toml`"))
}

fn variance_loses(function: &str, version: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::SQL_VARIANCE_LOSES,
        span,
        format!("Flink {version} computes `{function}` as a difference of sums of squares"),
        "of values that are near one another few digits are right",
    )
    .help(format!(
        "take Flink {MENDED}, which computes what `dpl run` does: `flink = \"{MENDED}\"` in `dpl.toml`"
    ))
}
