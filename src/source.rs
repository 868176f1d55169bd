//! Source texts in one offset space, so that a span is two integers and a diagnostic can point into several files.

use std::ops::Range;

/// A half-open byte range in the offset space of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just behind the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to just before `end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// Index of a file in its [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// One source text: where it was read from and what it says.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as the user gave it, with `/` between its parts.
    pub path: String,
    /// The module's name: the path below the program's root with dots, without the extension.
    pub module: String,
    /// The whole text.
    pub text: String,
    /// Whether it belongs to the standard library that ships inside the program.
    pub library: bool,
    /// Offset of its first byte.
    pub base: u32,
    /// Bytes that it may have without touching the next file.
    room: u32,
    lines: Vec<u32>,
}

impl SourceFile {
    /// Where a line starts in the file's text, the lines counted from 0; the text's end for a line behind the last.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.get(line).map_or(self.text.len(), |start| *start as usize)
    }

    /// The line, counted from 0, that a byte of the file's text stands in.
    pub fn line_at(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= at).saturating_sub(1)
    }

    /// The span of the whole file.
    pub fn span(&self) -> Span {
        Span::new(self.base, self.base.saturating_add(u32::try_from(self.text.len()).unwrap_or(u32::MAX)))
    }
}

/// A line and a column, both counted from one, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
}

/// All the files of one program, one behind the other in one offset space.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a text. A byte lies between two files, so that a span at the end of one is not in the next.
    pub fn add(
        &mut self,
        path: impl Into<String>,
        module: impl Into<String>,
        text: impl Into<String>,
        library: bool,
    ) -> FileId {
        let text = text.into();
        let base = self.files.last().map_or(0, |file| file.base.saturating_add(file.room).saturating_add(1));
        let lines = line_starts(&text);
        let room = offset(text.len());
        let id = FileId(offset(self.files.len()));
        let (path, module) = (path.into(), module.into());
        self.files.push(SourceFile { path, module, text, library, base, room, lines });
        id
    }

    /// Gives the last file room to grow, so that its text can be replaced without moving a span of another file.
    pub fn reserve(&mut self, bytes: usize) {
        if let Some(file) = self.files.last_mut() {
            file.room = file.room.saturating_add(offset(bytes));
        }
    }

    /// Replaces a file's text, if there is room for the new one.
    pub fn replace(&mut self, id: FileId, text: impl Into<String>) -> bool {
        let text = text.into();
        match self.files.get_mut(id.0 as usize).filter(|file| text.len() <= file.room as usize) {
            Some(file) => {
                file.lines = line_starts(&text);
                file.text = text;
                true
            }
            None => false,
        }
    }

    /// All files in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(offset(index)), file))
    }

    /// The file with that id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The file in which a span starts, with its id.
    pub fn file_of(&self, span: Span) -> Option<(FileId, &SourceFile)> {
        let index = self.files.partition_point(|file| file.base <= span.start).checked_sub(1)?;
        Some((FileId(offset(index)), self.files.get(index)?))
    }

    /// The text under a span, empty where the span is not in one file.
    pub fn text(&self, span: Span) -> &str {
        self.file_of(span).and_then(|(_, file)| file.text.get(local(file, span))).unwrap_or_default()
    }

    /// The line, counted from 1, of an offset in the file that holds it.
    pub fn line_of(&self, at: u32) -> Option<(&SourceFile, u32)> {
        let (_, file) = self.file_of(Span::new(at, at))?;
        let within = at.saturating_sub(file.base);
        let lines = file.lines.partition_point(|start| *start <= within);
        (lines > 0).then(|| (file, offset(lines)))
    }

    /// Line and column of an offset in the file that holds it.
    pub fn position(&self, at: u32) -> Option<(&SourceFile, Position)> {
        let (_, file) = self.file_of(Span::new(at, at))?;
        let within = at.saturating_sub(file.base);
        let line = file.lines.partition_point(|start| *start <= within).checked_sub(1)?;
        let start = *file.lines.get(line)? as usize;
        let column = file.text.get(start..within as usize).map_or(0, |before| before.chars().count());
        Some((file, Position { line: offset(line + 1), column: offset(column + 1) }))
    }
}

/// A span as a range of the file's own text.
pub fn local(file: &SourceFile, span: Span) -> Range<usize> {
    let start = span.start.saturating_sub(file.base) as usize;
    let end = span.end.saturating_sub(file.base) as usize;
    start..end
}

/// Where the lines of a text begin.
fn line_starts(text: &str) -> Vec<u32> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    std::iter::once(0).chain(ends.map(|at| offset(at + 1))).collect()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
