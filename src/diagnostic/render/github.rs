//! GitHub workflow commands: what a workflow prints so that a diagnostic is shown at its line of the pull request.

use std::fmt::Write as _;

use super::place::Place;
use super::severity_name;
use crate::diagnostic::{Diagnostic, catalogue};
use crate::source::SourceMap;

/// One command a line.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, sources)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut properties = String::new();
    if let Some(place) = Place::of(sources, diagnostic.span) {
        let (start, end) = (place.start, place.end);
        let _ = write!(properties, "file={},line={},endLine={}", property(place.file), start.line, end.line);
        if start.line == end.line {
            let _ = write!(properties, ",col={},endColumn={}", start.column, end.column);
        }
        properties.push(',');
    }
    let title = property(&format!("{} {}", diagnostic.code, catalogue::title(diagnostic.code)));
    let severity = severity_name(diagnostic.severity);
    format!("::{severity} {properties}title={title}::{}\n", data(&body(diagnostic, sources)))
}

/// The message with all that the annotation has no member for.
fn body(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let mut body = format!("{}\n{}", diagnostic.message, diagnostic.label);
    for related in &diagnostic.related {
        let place = Place::of(sources, related.span);
        let place = place.map(|place| format!("{}:{}: ", place.file, place.start.line)).unwrap_or_default();
        let _ = write!(body, "\n{place}{}", related.label);
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(body, "\nhelp: {help}");
    }
    body
}

/// Escapes a command's message. `%` goes first, since the escapes contain it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a command's property, which ends at a comma or a colon too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
