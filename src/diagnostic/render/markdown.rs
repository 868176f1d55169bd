//! A summary in Markdown: for the page of a workflow's run, or a comment at a pull request.

use std::fmt::Write as _;

use super::place::Place;
use super::tally;
use crate::diagnostic::{Diagnostic, Severity, catalogue};
use crate::source::SourceMap;

/// Rows of the table at most.
const ROWS: usize = 50;

/// The whole summary.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let files = sources.files().filter(|(_, file)| !file.library).count();
    let plural = if files == 1 { "" } else { "s" };
    if diagnostics.is_empty() {
        return format!("### dpl: no problems in {files} file{plural}\n");
    }
    let mut text = format!("### dpl: {} in {files} file{plural}\n\n", tally(diagnostics));
    text.push_str("| | Where | What is wrong | How to mend it |\n| --- | --- | --- | --- |\n");
    for diagnostic in diagnostics.iter().take(ROWS) {
        text.push_str(&row(diagnostic, sources));
    }
    if let Some(more) = diagnostics.len().checked_sub(ROWS).filter(|more| *more > 0) {
        let _ = write!(text, "\n… and {more} more.\n");
    }
    text
}

fn row(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let sign = match diagnostic.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
    };
    let place = Place::of(sources, diagnostic.span);
    let place = place.map(|place| code(&format!("{}:{}", place.file, place.start.line))).unwrap_or_default();
    let help = diagnostic.help.as_deref().map(cell).unwrap_or_default();
    let (code, title) = (diagnostic.code, cell(catalogue::title(diagnostic.code)));
    format!("| {sign} {code} | {place} | **{title}**: {} | {help} |\n", cell(&diagnostic.message))
}

/// A text in a cell of a table. Text in backticks is the user's and stays code; all else can't be markup.
fn cell(text: &str) -> String {
    let parts =
        text.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) });
    parts.collect()
}

/// Text as code: no backtick ends it, no bar ends the cell.
fn code(text: &str) -> String {
    let text = text.replace('`', "'").replace('|', "\\|").replace(['\n', '\r'], " ");
    if text.trim().is_empty() { String::new() } else { format!("`{text}`") }
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}
