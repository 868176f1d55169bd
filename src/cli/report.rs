//! What the user sees: diagnostics in the chosen format, results, complaints.

use std::io::{IsTerminal, Write};

use clap::ValueEnum;
use dpl::diagnostic::Diagnostic;
use dpl::diagnostic::render::terminal::Style;
use dpl::diagnostic::render::{github, json, junit, markdown, sarif, terminal};
use dpl::source::SourceMap;

/// Columns where the terminal does not say, and at most: longer lines are hard to read.
const WIDTH: usize = 100;

/// The formats of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Source, marks and help for people
    Human,
    /// One JSON object a line
    Json,
    /// GitHub workflow commands, shown at the line of a pull request
    Github,
    /// SARIF 2.1.0, on standard output
    Sarif,
    /// JUnit's XML, on standard output
    Junit,
    /// A summary for a workflow's page or a pull request, on standard output
    Markdown,
}

/// Writes the diagnostics: what is one document is the result and goes to standard output, the others to standard error.
pub(super) fn diagnostics(list: &[Diagnostic], sources: &SourceMap, format: Format) {
    match format {
        Format::Human => error(&terminal::render(list, sources, style())),
        Format::Json => error(&json::render(list, sources)),
        Format::Github => error(&github::render(list, sources)),
        Format::Sarif => result(&sarif::render(list, sources)),
        Format::Junit => result(&junit::render(list, sources)),
        Format::Markdown => result(&markdown::render(list, sources)),
    }
}

/// Writes a result to standard output. A reader that has gone away is no fault: it has read what it wanted.
pub(super) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
pub(super) fn error(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// One sentence about why nothing could be done.
pub(super) fn complain(message: &str) {
    error(&format!("dpl: {}\n", printable(message)));
}

/// A text for a terminal: control characters, which names of files may hold, are spelled out.
pub(super) fn printable(text: &str) -> String {
    let spelled = text.chars().map(|character| match character {
        '\n' | '\t' => character.to_string(),
        _ if character.is_control() => character.escape_default().to_string(),
        _ => character.to_string(),
    });
    spelled.collect()
}

/// Columns to fill on standard output or error.
pub(super) fn width() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr())
        .or_else(|| terminal_size::terminal_size_of(std::io::stdout()));
    size.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(40, WIDTH))
}

fn style() -> Style {
    style_on(&std::io::stderr())
}

/// How results are written to standard output.
pub(super) fn result_style() -> Style {
    style_on(&std::io::stdout())
}

fn style_on(stream: &impl IsTerminal) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { color: stream.is_terminal() && !refused, width: width() }
}
