//! Diagnostics for people: the source around every place, marked, through miette's graphical handler.

mod clean;
mod snippet;

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, SourceSpan};

use self::clean::clean;
use self::snippet::Snippets;
use super::tally;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{SourceMap, Span, local};

/// How a terminal wants its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// Every diagnostic with its source, and how many there were.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    reports(diagnostics, sources, style) + &tally(diagnostics) + "\n"
}

/// Every diagnostic with its source.
pub fn reports(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(1);
    let snippets = Snippets::of(diagnostics, sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let report = Report { diagnostic, sources, snippets: &snippets, message: clean(&diagnostic.message) };
        // Writing to a string fails only where a label's source can't be read, and those are cut to what can.
        let _ = handler.render_report(&mut out, &report);
        out.push('\n');
    }
    out
}

/// A diagnostic beside its source, in miette's terms.
#[derive(Debug)]
struct Report<'a> {
    diagnostic: &'a Diagnostic,
    sources: &'a SourceMap,
    snippets: &'a Snippets<'a>,
    message: String,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| -> Box<dyn fmt::Display> { Box::new(clean(help)) })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = |span| visible(self.sources, span);
        let first = place(self.diagnostic.span)
            .map(|span| LabeledSpan::new_primary_with_span(label(&self.diagnostic.label), span));
        let others = self.diagnostic.related.iter().filter_map(move |related| {
            let span = place(related.span)?;
            let far = !snippet::is_near(self.sources, self.diagnostic.span, related.span);
            Some(LabeledSpan::new_with_span(
                label(&related.label),
                if far { snippet::far(span) } else { span },
            ))
        });
        Some(Box::new(first.into_iter().chain(others)))
    }
}

fn label(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| clean(text))
}

/// The part of a span that is marked: its first line, and no more of that than can be shown.
fn visible(sources: &SourceMap, span: Span) -> Option<SourceSpan> {
    let (_, file) = sources.file_of(span)?;
    let range = local(file, span);
    let start = file.text.floor_char_boundary(range.start);
    let longest = file.text.floor_char_boundary(range.end.min(start + snippet::LONGEST_LABEL)).max(start);
    let marked = file.text.get(start..longest).unwrap_or_default();
    let length = marked.find(['\n', '\r']).unwrap_or(marked.len());
    Some(SourceSpan::from((file.base as usize + start, length)))
}
