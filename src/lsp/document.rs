//! One text with its tree. Places of the protocol count lines from 0 and columns in UTF-16 code units.

use lsp_types::{Position, Range, TextDocumentContentChangeEvent, TextEdit};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, SourceFile, SourceMap, Span, local};
use crate::syntax::{self, ast::Module};

/// A text that is open, read on its own.
#[derive(Debug)]
pub struct Document {
    sources: SourceMap,
    /// Its tree.
    pub module: Module,
    /// What can't be read in it, in the order of its places.
    pub faults: Vec<Diagnostic>,
}

impl Document {
    /// Reads a text.
    pub fn new(text: impl Into<String>) -> Self {
        let mut sources = SourceMap::default();
        let id = sources.add("", "", text, false);
        let empty = Module { file: id, uses: Vec::new(), items: Vec::new(), lost: Vec::new() };
        let mut said = Diagnostics::default();
        let module = sources.file(id).map_or(empty, |file| syntax::parse(id, file, &mut said));
        Self { sources, module, faults: said.into_sorted() }
    }

    /// The text as a file of its own, whose first byte has offset 0.
    pub fn file(&self) -> Option<&SourceFile> {
        self.sources.file(FileId(0))
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.file().map_or("", |file| file.text.as_str())
    }

    /// The text under a span of the tree.
    pub fn under(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    /// The range of a span of the tree.
    pub fn range(&self, span: Span) -> Range {
        self.file().map(|file| range(file, span)).unwrap_or_default()
    }

    /// The byte of a position.
    pub fn offset(&self, position: Position) -> usize {
        self.file().map_or(0, |file| offset(file, position))
    }

    /// The canonical layout as edits; nothing where the text can't be read.
    pub fn formatted(&self) -> Option<Vec<TextEdit>> {
        let new = crate::format::format(&self.sources, FileId(0)).ok()?;
        let old = self.text();
        if old == new {
            return Some(Vec::new());
        }
        let file = self.file()?;
        let (start, end) = (Position::default(), position(file, old.len()));
        Some(vec![TextEdit { range: Range { start, end }, new_text: new }])
    }
}

/// A text after the changes that an editor tells.
pub fn changed(text: String, changes: Vec<TextDocumentContentChangeEvent>) -> String {
    let mut text = text;
    for change in changes {
        match change.range {
            None => text = change.text,
            Some(range) => {
                let mut sources = SourceMap::default();
                let id = sources.add("", "", std::mem::take(&mut text), false);
                let Some(file) = sources.file(id) else { continue };
                let (start, end) = (offset(file, range.start), offset(file, range.end));
                let (before, behind) = (file.text.get(..start), file.text.get(end.max(start)..));
                text = [before.unwrap_or_default(), &change.text, behind.unwrap_or_default()].concat();
            }
        }
    }
    text
}

/// How a text became another: what is before and behind the change stayed what it was.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    old: usize,
    new: usize,
    before: usize,
    behind: usize,
}

impl Shift {
    /// From one text to another.
    pub fn new(old: &str, new: &str) -> Self {
        let (from, to) = (old.as_bytes(), new.as_bytes());
        let before = from.iter().zip(to).take_while(|(old, new)| old == new).count();
        let rest = (from.len() - before).min(to.len() - before);
        let pairs = from.iter().rev().zip(to.iter().rev()).take(rest);
        let behind = pairs.take_while(|(old, new)| old == new).count();
        Self { old: old.len(), new: new.len(), before, behind }
    }

    /// Where a byte of the old text is in the new one; `None` where it was changed.
    pub fn place(&self, at: usize) -> Option<usize> {
        if at <= self.before {
            Some(at)
        } else if at + self.behind >= self.old {
            Some(at + self.new - self.old)
        } else {
            None
        }
    }

    /// The same of what was changed too: the start of the change.
    pub fn near(&self, at: usize) -> usize {
        self.place(at).unwrap_or(self.before)
    }
}

/// The byte of a position; the nearest one that there is.
pub fn offset(file: &SourceFile, position: Position) -> usize {
    let line = position.line as usize;
    let start = file.line_start(line);
    let end = file.line_start(line + 1);
    let text = file.text.get(start..end).unwrap_or_default();
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += letter.len_utf16();
    }
    start + text.len()
}

/// The position of a byte of a file's text.
pub fn position(file: &SourceFile, at: usize) -> Position {
    let line = file.line_at(at);
    let before = file.text.get(file.line_start(line)..at).unwrap_or_default();
    let character = if before.is_ascii() { before.len() } else { before.encode_utf16().count() };
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        character: u32::try_from(character).unwrap_or(u32::MAX),
    }
}

/// The range of a span in its file.
pub fn range(file: &SourceFile, span: Span) -> Range {
    let within = local(file, span);
    Range { start: position(file, within.start), end: position(file, within.end) }
}
