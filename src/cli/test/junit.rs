//! Tests as JUnit's XML, which most of what shows tests in CI reads. There is no standard of it; these are the elements and attributes that
//! Jenkins, GitLab and GitHub's actions for it share: <https://github.com/testmoapp/junitxml>. Times are left out, so that the same program gives
//! the same bytes.

use std::fmt::Write as _;

use dpl::diagnostic::Diagnostic;
use dpl::diagnostic::render::place::Place;
use dpl::diagnostic::render::terminal::{Style, reports};

use super::{Ran, Results};

/// Columns of the text inside.
const WIDTH: usize = 100;

pub(super) fn render(results: &Results<'_>) -> String {
    let (tests, failures) = (results.tests.len(), results.failed());
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites tests=\"{tests}\" failures=\"{failures}\">");
    for suite in results.tests.chunk_by(|a, b| a.subject == b.subject && a.kind == b.kind) {
        let Some(first) = suite.first() else { continue };
        let failures = suite.iter().filter(|ran| !ran.mismatches.is_empty()).count();
        let name = attribute(first.subject);
        let _ =
            writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">", suite.len());
        suite.iter().for_each(|ran| case(ran, results, &mut out));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

fn case(ran: &Ran<'_>, results: &Results<'_>, out: &mut String) {
    let _ = write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\"",
        attribute(&ran.test.name),
        attribute(ran.subject)
    );
    if let Some(place) = Place::of(results.sources, ran.test.span) {
        let _ = write!(out, " file=\"{}\" line=\"{}\"", attribute(place.file), place.start.line);
    }
    if ran.mismatches.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    // A case has one failure; what is wrong with it may be several things.
    let diagnostics: Vec<Diagnostic> = ran.mismatches.iter().map(|one| one.diagnostic()).collect();
    let messages: Vec<&str> = ran.mismatches.iter().map(|one| one.message.as_str()).collect();
    let text = reports(&diagnostics, results.sources, Style { color: false, width: WIDTH });
    let code = diagnostics.first().map(|one| one.code.as_str()).unwrap_or_default();
    let _ = writeln!(
        out,
        "      <failure type=\"{code}\" message=\"{}\">{}</failure>",
        attribute(&messages.join("; ")),
        escaped(&text)
    );
    out.push_str("    </testcase>\n");
}

fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;").replace('\n', "&#10;")
}

/// Text of an element: what XML 1.0 has no way to write is replaced.
fn escaped(text: &str) -> String {
    let allowed = text.chars().map(|letter| match letter {
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}' => {
            letter
        }
        _ => char::REPLACEMENT_CHARACTER,
    });
    allowed.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
