//! Tests as JUnit's XML: a suite for each pipeline or query, a case a test.

use dpl::diagnostic::Diagnostic;
use dpl::diagnostic::render::junit::{Case, Ending, Suite, document};
use dpl::diagnostic::render::place::Place;
use dpl::diagnostic::render::terminal::{Style, reports};

use super::{Ran, Results};

/// Columns of the text inside.
const WIDTH: usize = 100;

pub(super) fn render(results: &Results<'_>) -> String {
    let groups = results.tests.chunk_by(|a, b| a.subject == b.subject && a.kind == b.kind);
    let suites = groups.filter_map(|group| {
        let cases = group.iter().map(|ran| case(ran, results)).collect();
        Some(Suite { name: group.first()?.subject.to_owned(), cases })
    });
    document(&suites.collect::<Vec<_>>())
}

fn case(ran: &Ran<'_>, results: &Results<'_>) -> Case {
    let place = Place::of(results.sources, ran.test.span);
    Case {
        class: ran.subject.to_owned(),
        name: ran.test.name.to_string(),
        place: place.map(|place| (place.file.to_owned(), place.start.line)),
        ending: ending(ran, results),
    }
}

/// A case has one failure; what is wrong with it may be several things.
fn ending(ran: &Ran<'_>, results: &Results<'_>) -> Ending {
    let diagnostics: Vec<Diagnostic> = ran.mismatches.iter().map(|one| one.diagnostic()).collect();
    let Some(first) = diagnostics.first() else { return Ending::Passed };
    let messages: Vec<&str> = ran.mismatches.iter().map(|one| one.message.as_str()).collect();
    Ending::Failed {
        kind: first.code.as_str().to_owned(),
        message: messages.join("; "),
        text: reports(&diagnostics, results.sources, Style { color: false, width: WIDTH }),
    }
}
