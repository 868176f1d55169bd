//! Lines and columns of the SQL's parser, as places in the program.

use sqlparser::tokenizer::{Location, Span as SqlSpan};

use crate::source::Span;

/// Maps lines and columns within a text to the program's offsets.
#[derive(Clone, Debug)]
pub struct Places {
    text: String,
    base: u32,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
    /// Where each character starts, in bytes; empty where all characters are one byte long.
    letters: Vec<usize>,
}

impl Places {
    /// For a text that begins at an offset of the program.
    pub fn new(text: &str, base: u32) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let letters =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { text: text.to_owned(), base, lines, letters }
    }

    /// The place of a part of the tree; that of the whole text where the parser gave none.
    pub fn span(&self, span: SqlSpan) -> Span {
        match (self.offset(span.start), self.offset(span.end)) {
            (Some(start), Some(end)) if start < end => self.absolute(start, end),
            _ => self.whole(),
        }
    }

    /// The place of a part of the tree, or another where the parser gave none.
    pub fn span_or(&self, span: SqlSpan, otherwise: Span) -> Span {
        if span.start.line == 0 { otherwise } else { self.span(span) }
    }

    /// A call whose name is where this part begins, with its closing parenthesis.
    pub fn call(&self, part: Span) -> Span {
        let start = part.start.saturating_sub(self.base) as usize;
        self.closing(start).map_or(part, |end| self.absolute(start, end))
    }

    /// The call in whose parentheses this part stands first.
    pub fn enclosing_call(&self, part: Span) -> Span {
        let start = part.start.saturating_sub(self.base) as usize;
        let before = self.text.get(..start).unwrap_or_default().trim_end();
        let Some(named) = before.strip_suffix('(').map(str::trim_end) else { return part };
        let in_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let start = named.trim_end_matches(in_name).len();
        self.closing(start).map_or(part, |end| self.absolute(start, end))
    }

    /// The end of the parenthesis that opens behind the name at an offset; parentheses in text and in quoted names do not count.
    fn closing(&self, start: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut quote = None;
        for (at, letter) in self.text.get(start..)?.char_indices() {
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '`') => quote = Some(letter),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(start + at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// What is written at a place.
    pub fn text(&self, place: Span) -> &str {
        let at = |offset: u32| offset.saturating_sub(self.base) as usize;
        self.text.get(at(place.start)..at(place.end)).unwrap_or_default()
    }

    /// The whole text, without blanks around it.
    pub fn whole(&self) -> Span {
        let start = self.text.len().saturating_sub(self.text.trim_start().len());
        self.absolute(start, self.text.trim_end().len().max(start))
    }

    /// The first word.
    pub fn first_word(&self) -> Span {
        let whole = self.text.trim_start();
        let start = self.text.len().saturating_sub(whole.len());
        let length = whole.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(whole.len());
        self.absolute(start, start.saturating_add(length))
    }

    /// Parts a parser's message from the place at its end; without one, the place is the text's end.
    pub fn split_message<'a>(&self, message: &'a str) -> (&'a str, Span) {
        let end = self.text.trim_end().len();
        let at_end = self.absolute(end.saturating_sub(1), end);
        let Some((text, place)) = message.rsplit_once(" at Line: ") else { return (message, at_end) };
        let numbers = place
            .split_once(", Column: ")
            .and_then(|(line, column)| Some((line.parse().ok()?, column.trim().parse().ok()?)));
        let start = numbers.and_then(|(line, column)| self.offset(Location { line, column }));
        (text, start.map_or(at_end, |start| self.word_at(start)))
    }

    /// The word, number or sign that begins at an offset.
    fn word_at(&self, start: usize) -> Span {
        let rest = self.text.get(start..).unwrap_or_default();
        let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match rest.chars().next() {
            Some(first) if in_word(first) => rest.find(|letter| !in_word(letter)).unwrap_or(rest.len()),
            Some(first) => first.len_utf8(),
            None => 0,
        };
        self.absolute(start, start.saturating_add(length))
    }

    fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.lines.get(line)?;
        if self.letters.is_empty() {
            return Some(start.saturating_add(column).min(self.text.len()));
        }
        let first = self.letters.partition_point(|at| *at < start);
        Some(self.letters.get(first.saturating_add(column)).copied().unwrap_or(self.text.len()))
    }

    fn absolute(&self, start: usize, end: usize) -> Span {
        let at = |offset: usize| self.base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        Span::new(at(start), at(end))
    }
}
