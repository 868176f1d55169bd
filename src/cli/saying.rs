//! Places in a program with what it says there.

use std::path::Path;

use dpl::{Analysis, source::Span};
use serde::Serialize;

use super::{output::place, report};

/// Longest text of the program that is shown beside a place, in characters.
const SHOWN: usize = 100;

/// A place in the program with what it says.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    file: &'a str,
    line: u32,
    text: String,
}

impl<'a> Place<'a> {
    /// `None` outside of the program's own files.
    pub(super) fn of(analysis: &'a Analysis, root: &Path, span: Span) -> Option<Self> {
        let (file, line) = place(&analysis.sources, root, span)?;
        Some(Self { file, line, text: sentence(analysis, span) })
    }

    /// `lake.dpl:7: grant read on raw to Loader`
    pub(super) fn text(&self) -> String {
        report::printable(&format!("{}:{}: {}", self.file, self.line, self.text))
    }
}

/// What the program says at a place: the line that it is in, or all of a sentence of several lines.
fn sentence(analysis: &Analysis, span: Span) -> String {
    let whole = analysis.sources.text(span);
    let line = || {
        let (_, file) = analysis.sources.file_of(span)?;
        let at = span.start.checked_sub(file.base)? as usize;
        file.text.get(file.line_start(file.line_at(at))..)?.lines().next()
    };
    let said = if whole.contains('\n') { whole } else { line().unwrap_or(whole) };
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
        None => words,
    }
}
