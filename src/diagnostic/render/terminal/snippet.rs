//! The source map as miette's source: finds a line through the file's line table, never by reading from the start, and cuts long lines.

use std::borrow::Cow;
use std::collections::BTreeMap;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::clean::{clean, clean_in_place};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, SourceMap, Span};

/// Bytes of a line that a label marks at most.
pub(super) const LONGEST_LABEL: usize = 400;
/// Bytes of a snippet's lines together; longer ones are cut around the label.
const LONGEST_SNIPPET: usize = 2_000;
/// Bytes left on each side of a label in a snippet that is cut.
const MARGIN: usize = 40;

/// Lines between two places that are shown together at most.
const NEAR: usize = 3;
/// Added to the offsets of places that are far from the fault. miette shows places in the order of their offsets, and the fault comes first.
const FAR: usize = usize::MAX / 2 + 1;

/// Whether a related place is shown in the fault's own snippet.
pub(super) fn is_near(sources: &SourceMap, fault: Span, related: Span) -> bool {
    let line = |span: Span| {
        let (id, file) = sources.file_of(span)?;
        Some((id, file.line_at((span.start - file.base) as usize)))
    };
    match (line(fault), line(related)) {
        (Some((file, at)), Some((other, there))) => file == other && at.abs_diff(there) <= NEAR,
        _ => false,
    }
}

/// The same place behind all that are near.
pub(super) fn far(span: SourceSpan) -> SourceSpan {
    SourceSpan::from((span.offset() + FAR, span.len()))
}

/// The files that the diagnostics point into, their control characters made visible.
#[derive(Debug)]
pub(super) struct Snippets<'a> {
    sources: &'a SourceMap,
    texts: BTreeMap<FileId, Cow<'a, str>>,
}

impl<'a> Snippets<'a> {
    /// Prepares the files that are needed.
    pub(super) fn of(diagnostics: &[Diagnostic], sources: &'a SourceMap) -> Self {
        let mut texts = BTreeMap::new();
        for diagnostic in diagnostics {
            let spans = diagnostic.related.iter().map(|related| related.span);
            for span in std::iter::once(diagnostic.span).chain(spans) {
                if let Some((id, file)) = sources.file_of(span) {
                    texts.entry(id).or_insert_with(|| clean_in_place(&file.text));
                }
            }
        }
        Self { sources, texts }
    }
}

impl SourceCode for Snippets<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.contents(span, before, after).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(contents))
    }
}

impl Snippets<'_> {
    /// None where the span leaves its file or is too long to be one snippet: then miette keeps the labels in snippets of their own.
    fn contents(&self, span: &SourceSpan, before: usize, after: usize) -> Option<MietteSpanContents<'_>> {
        let shift = if span.offset() < FAR { 0 } else { FAR };
        let offset = span.offset() - shift;
        let start = u32::try_from(offset).ok()?;
        let end = u32::try_from(offset.checked_add(span.len())?).ok()?;
        let (id, file) = self.sources.file_of(Span::new(start, start))?;
        let text = self.texts.get(&id)?;
        let (start, end) = (start.checked_sub(file.base)? as usize, end.checked_sub(file.base)? as usize);
        if end > text.len() || end - start > LONGEST_SNIPPET {
            return None;
        }
        let line = file.line_at(start);
        let (from, to) = match before {
            // Without lines around, miette asks for the place alone.
            0 => (start, end),
            _ => around(file, text, start..end, (before, after)),
        };
        let first = file.line_at(from);
        let column = text.get(file.line_start(line)..start).map_or(0, |left| left.chars().count());
        let data = text.get(from..to)?.as_bytes();
        let lines = file.line_at(to) - first + 1;
        let range = SourceSpan::from((shift + file.base as usize + from, to - from));
        let column = if before == 0 { column } else { 0 };
        Some(MietteSpanContents::new_named(clean(&file.path), data, range, first, column, lines))
    }
}

/// The lines around a place, or only its own neighbourhood where they are too long.
fn around(
    file: &SourceFile,
    text: &str,
    place: std::ops::Range<usize>,
    lines: (usize, usize),
) -> (usize, usize) {
    let (before, after) = lines;
    let from = file.line_start(file.line_at(place.start).saturating_sub(before));
    let to = line_end(file, text, file.line_at(place.end) + after);
    if to.saturating_sub(from) <= LONGEST_SNIPPET {
        return (from, to.max(from));
    }
    let own = (file.line_start(file.line_at(place.start)), line_end(file, text, file.line_at(place.end)));
    if own.1.saturating_sub(own.0) <= LONGEST_SNIPPET {
        return own;
    }
    let from = text.floor_char_boundary(place.start.saturating_sub(MARGIN)).max(own.0);
    let to = text.ceil_char_boundary(place.end.saturating_add(MARGIN)).min(own.1);
    (from, to)
}

/// Where a line ends, its line break left out.
fn line_end(file: &SourceFile, text: &str, line: usize) -> usize {
    let next = file.line_start(line.saturating_add(1));
    let end = if next < text.len() || text.ends_with('\n') { next.saturating_sub(1) } else { next };
    end.max(file.line_start(line))
}
