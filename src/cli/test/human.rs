//! Tests for people: a line each, below one that fails what was expected, and the counts at last.

use std::fmt::Write as _;

use dpl::diagnostic::Diagnostic;
use dpl::diagnostic::render::terminal::{Style, reports};
use dpl::rehearsal::Mismatch;

use super::{Ran, Results};

pub(super) fn render(results: &Results<'_>, style: Style) -> String {
    let mut out = String::new();
    let mut subject = None;
    for ran in &results.tests {
        if subject != Some((ran.kind, ran.subject)) {
            let _ = writeln!(out, "{} {}", ran.kind, ran.subject);
            subject = Some((ran.kind, ran.subject));
        }
        test(ran, results, style, &mut out);
    }
    let (passed, failed) = (results.passed(), results.failed());
    let _ = match (passed, failed) {
        (0, 0) => writeln!(out, "the program has no tests"),
        (passed, 0) => writeln!(out, "{passed} passed"),
        (passed, failed) => writeln!(out, "{passed} passed, {failed} failed"),
    };
    out
}

fn test(ran: &Ran<'_>, results: &Results<'_>, style: Style, out: &mut String) {
    let passes = ran.mismatches.is_empty();
    let (word, color) = if passes { ("ok", "32") } else { ("FAILED", "31") };
    let _ = if style.color {
        writeln!(out, "  \u{1b}[{color}m{word:6}\u{1b}[0m  {}", ran.test.name)
    } else {
        writeln!(out, "  {word:6}  {}", ran.test.name)
    };
    if !passes {
        let diagnostics: Vec<Diagnostic> = ran.mismatches.iter().map(Mismatch::diagnostic).collect();
        let _ = write!(out, "\n{}", reports(&diagnostics, results.sources, style));
    }
}
