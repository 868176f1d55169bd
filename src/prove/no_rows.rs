//! Conditions that no row meets: a grant that shows nothing, an assertion that says nothing.

use super::rows::{Found, any};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Assertion, Platform, RowFilter, Target, resource::Noun},
    source::Span,
};

/// Reports every `where` that no row meets.
pub fn no_rows(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        if let Some(filter) = grant.filter.as_ref().filter(|it| is_empty(platform, &grant.on, it)) {
            diagnostics.push(shows_nothing(filter.span));
        }
    }
    diagnostics
        .extend(platform.assertions.iter().filter_map(|assertion| speaks_of_nothing(platform, assertion)));
}

/// What is said of an assertion, or of a question, that is about no rows.
pub fn speaks_of_nothing(platform: &Platform, assertion: &Assertion) -> Option<Diagnostic> {
    // All of its capabilities have the same.
    let filter = assertion.capabilities.first()?.rows.as_ref()?;
    is_empty(platform, &assertion.on, filter).then(|| says_nothing(filter.span))
}

fn is_empty(platform: &Platform, on: &Target, filter: &RowFilter) -> bool {
    let Noun::Table(at) = platform.resource(on.resource).noun else { return false };
    let (Some(table), Some(condition)) = (platform.tables.get(at as usize), &filter.condition) else {
        return false;
    };
    any(&platform.schema(table.schema).columns, condition) == Found::Nothing
}

fn shows_nothing(span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::NO_ROWS,
        span,
        "no row meets this condition: the grant shows nothing",
        "never true",
    )
    .help("of alternatives write `OR`, or `IN`; a comparison with NULL is never true: write `IS NULL`")
}

fn says_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_ROWS,
        span,
        "no row meets this condition: nothing is said by it",
        "never true",
    )
    .help("of alternatives write `OR`, or `IN`; a comparison with NULL is never true: write `IS NULL`")
}
