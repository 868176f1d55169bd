//! Tokens, for those who look at a text without the grammar: the guard before it is read, the recovery where it can't be.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    /// Digits with what follows directly.
    Number,
    /// A string with the expressions inside it; `closed` if its quote is.
    Text { closed: bool, depth: usize },
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// The end of a line.
    LineEnd,
    /// `// …`, `/* … */`.
    Comment { closed: bool },
    /// `/// …`.
    Doc,
    /// Any other character, or two that belong together.
    Sign,
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

impl Token {
    pub(crate) fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether it is part of the program, and no comment or line end.
    pub(crate) fn counts(&self) -> bool {
        !matches!(self.kind, Kind::LineEnd | Kind::Comment { .. } | Kind::Doc)
    }
}

/// The tokens of a range of a text.
pub(crate) fn tokens(text: &str, within: Range<usize>) -> impl Iterator<Item = Token> {
    let mut at = within.start;
    let mut regex = false;
    std::iter::from_fn(move || {
        let token = token(text, at, within.end, regex)?;
        at = token.range.end;
        regex = token.text(text) == "matching";
        Some(token)
    })
}

/// The first token at or behind `at`. A string there may be a regular expression, whose braces are its own.
fn token(text: &str, at: usize, end: usize, regex: bool) -> Option<Token> {
    let bytes = text.as_bytes().get(..end)?;
    let start = at + bytes.get(at..)?.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))?;
    let rest = bytes.get(start..)?;
    let (kind, length) = match rest {
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => (Kind::Word, run(rest, is_name_byte)),
        [b'0'..=b'9', ..] => (Kind::Number, run(rest, is_name_byte)),
        [b'"', ..] => string(rest, regex),
        [b'\'', ..] => quoted(rest),
        [open @ (b'(' | b'[' | b'{'), ..] => (Kind::Open(*open), 1),
        [close @ (b')' | b']' | b'}'), ..] => (Kind::Close(*close), 1),
        [b'\n', ..] => (Kind::LineEnd, 1),
        [b'/', b'/', b'/', more @ ..] if more.first() != Some(&b'/') => {
            (Kind::Doc, run(rest, |byte| byte != b'\n'))
        }
        [b'/', b'/', ..] => (Kind::Comment { closed: true }, run(rest, |byte| byte != b'\n')),
        [b'/', b'*', ..] => match text.get(start + 2..end).and_then(|rest| rest.find("*/")) {
            Some(length) => (Kind::Comment { closed: true }, length + 4),
            None => (Kind::Comment { closed: false }, rest.len()),
        },
        [b'-', b'>', ..]
        | [b'=' | b'!' | b'<' | b'>', b'=', ..]
        | [b'?', b'?', ..]
        | [b'&', b'&', ..]
        | [b'|', b'|', ..]
        | [b'.', b'.', ..] => (Kind::Sign, 2),
        _ => (Kind::Sign, text.get(start..)?.chars().next()?.len_utf8()),
    };
    Some(Token { kind, range: start..start + length })
}

fn run(bytes: &[u8], belongs: fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len())
}

pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A string up to its closing quote, or to the end of the line where that is missing. Strings nest through their braces.
fn string(bytes: &[u8], regex: bool) -> (Kind, usize) {
    let mut open = vec![b'"'];
    let mut depth = 0;
    let mut at = 1;
    while let Some(byte) = bytes.get(at).copied() {
        let in_string = open.last() == Some(&b'"');
        match byte {
            b'\n' => break,
            b'\\' if in_string && bytes.get(at + 1).is_some_and(|next| *next != b'\n') => {
                at += if bytes.get(at + 1..at + 3) == Some(b"u{") { 2 } else { 1 };
            }
            b'"' if in_string => {
                open.pop();
            }
            b'"' => open.push(byte),
            b'{' if !regex => open.push(byte),
            b'(' | b'[' if !in_string => open.push(byte),
            b'}' | b')' | b']' if !in_string => {
                open.pop();
            }
            _ => {}
        }
        at += 1;
        depth = depth.max(open.len());
        if open.is_empty() {
            return (Kind::Text { closed: true, depth }, at);
        }
    }
    (Kind::Text { closed: false, depth }, at.min(bytes.len()))
}

/// A text in single quotes: SQL's, or a mistake. Alone on its line it is a sign.
fn quoted(bytes: &[u8]) -> (Kind, usize) {
    let line = bytes.get(1..).unwrap_or_default();
    match line.iter().position(|byte| matches!(byte, b'\'' | b'\n')) {
        Some(end) if line.get(end) == Some(&b'\'') => (Kind::Text { closed: true, depth: 1 }, end + 2),
        _ => (Kind::Sign, 1),
    }
}

/// Whether an item certainly begins at the start of a line: a doc comment, a sentence, or two words with what follows a declaration's name.
pub(super) fn is_item_line(text: &str, at: usize) -> bool {
    let Some(first) = text.as_bytes().get(at).filter(|byte| byte.is_ascii_lowercase() || **byte == b'/')
    else {
        return false;
    };
    let end = text.len().min(at + 400);
    let mut line = tokens(text, at..floor(text, end));
    let Some(word) = line.next() else { return false };
    if *first == b'/' {
        return word.kind == Kind::Doc;
    }
    let second = line.next().filter(|token| token.kind == Kind::Word);
    match word.text(text) {
        "grant" | "deny" | "share" | "assert" | "use" => second.is_some(),
        "let" | "if" | "match" | "parallel" | "for" | "try" | "wait" | "fail" | "return" | "given"
        | "when" | "expect" => false,
        _ => second.is_some() && line.next().is_none_or(|third| follows_name(third.text(text))),
    }
}

fn follows_name(text: &str) -> bool {
    matches!(text, "{" | "(" | ":" | "=" | "->" | "\n" | "in" | "on" | "into" | "for" | "as")
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// How far a line is indented, given an offset in it: the number of blanks at its start.
pub(super) fn indentation(text: &str, at: usize) -> usize {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    text.as_bytes().get(line..).map_or(0, |rest| run(rest, |byte| matches!(byte, b' ' | b'\t')))
}
