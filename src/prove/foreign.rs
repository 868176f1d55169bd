//! Grants of which nothing is ours: neither who gets them nor what they are on is made by this program.

use crate::{
    access::{Access, ForeignHalf},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::Platform,
    source::Span,
};

/// A grant makes something, or says that it can't.
pub fn foreign(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    for half in access.foreign.iter().filter(|half| half.ours.is_none()) {
        let origins = half.statements.iter().flat_map(|statement| &statement.origins);
        if let Some(origin) = origins.copied().min_by_key(|span| (span.start, span.end)) {
            diagnostics.push(nothing_of_ours(platform, half, origin));
        }
    }
}

fn nothing_of_ours(platform: &Platform, half: &ForeignHalf, origin: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::NOTHING_OF_OURS,
        origin,
        "nothing that this program makes can say this: its sides are not ours, or have no policy",
        "makes nothing",
    )
    .help(half.sentence(platform))
}
