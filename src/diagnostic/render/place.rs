//! A span as the machine-readable formats give it: a file, lines, columns and byte offsets.

use serde::Serialize;

use crate::source::{SourceMap, Span, local};

/// One end of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
    /// Byte offset in the file, from 0.
    pub offset: usize,
}

/// A range of a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place<'a> {
    /// The file's path as the user gave it.
    pub file: &'a str,
    /// Where it starts.
    pub start: Point,
    /// Just behind its end.
    pub end: Point,
}

impl<'a> Place<'a> {
    /// The place of a span; none where the map holds no file. A span that leaves its file is cut at the file's end.
    pub fn of(sources: &'a SourceMap, span: Span) -> Option<Self> {
        let (_, file) = sources.file_of(span)?;
        let limit = file.span().end;
        let point = |at: u32| {
            let at = at.min(limit);
            let (_, position) = sources.position(at)?;
            let offset = local(file, Span::new(at, at)).start;
            Some(Point { line: position.line, column: position.column, offset })
        };
        Some(Self { file: &file.path, start: point(span.start)?, end: point(span.end.max(span.start))? })
    }
}
