//! What is open around an offset: brackets with what stands before them, read from tokens alone. A text that is being typed is no tree most of
//! the time, and its brackets say all the same where one is.

use std::ops::Range;

use crate::syntax::lex::{self, Kind, Token};

/// Words that go on with the statement of the line before.
pub(super) const CLAUSES: [&str; 14] = [
    "on", "to", "in", "into", "as", "for", "with", "where", "when", "until", "outside", "except", "can",
    "cannot",
];
/// Words that begin statements with commas in them.
const SENTENCES: [&str; 6] = ["grant", "deny", "assert", "expect", "given", "when"];

/// A bracket that is open.
#[derive(Debug)]
pub(super) struct Frame<'t> {
    /// Which.
    pub open: u8,
    /// Where what is inside begins.
    pub inside: usize,
    /// Where the statement begins that it stands in.
    pub start: usize,
    /// What stands before it in its statement.
    pub head: Vec<&'t str>,
    /// The commas before it in the bracket around it.
    pub commas: usize,
}

/// What is around an offset.
#[derive(Debug)]
pub(super) struct Context<'t> {
    /// The whole text.
    pub text: &'t str,
    /// The offset: the start of the word that is being written.
    pub at: usize,
    /// The brackets that are open there, the outermost first.
    pub frames: Vec<Frame<'t>>,
    /// The statement, the argument or the element up to there.
    pub words: Vec<&'t str>,
    /// What stood there before the line began.
    pub carried: Vec<&'t str>,
    /// The commas before it in its bracket.
    pub commas: usize,
    /// Where the statement begins.
    pub start: usize,
    fresh: bool,
}

impl<'t> Context<'t> {
    /// Reads a text up to an offset.
    pub fn new(text: &'t str, at: usize) -> Self {
        let mut context = Self {
            text,
            at,
            frames: Vec::new(),
            words: Vec::new(),
            carried: Vec::new(),
            commas: 0,
            start: at,
            fresh: true,
        };
        for token in lex::tokens(text, 0..at) {
            context.take(&token);
        }
        let written = text.as_bytes().get(at).is_some_and(|byte| lex::is_name_byte(*byte));
        if written && at_margin(text, at) && !context.is_closed() {
            context.frames.clear();
        }
        if context.fresh {
            context.carried = std::mem::take(&mut context.words);
            context.start = at;
        }
        context
    }

    fn take(&mut self, token: &Token) {
        match token.kind {
            Kind::Comment { .. } | Kind::Doc => {}
            Kind::LineEnd => self.fresh |= self.frames.last().is_none_or(|frame| frame.open == b'{'),
            Kind::Open(open) => {
                self.begin(token);
                self.frames.push(Frame {
                    open,
                    inside: token.range.end,
                    start: self.start,
                    head: std::mem::take(&mut self.words),
                    commas: std::mem::take(&mut self.commas),
                });
                self.fresh = false;
            }
            Kind::Close(close) => {
                self.words.clear();
                self.fresh = false;
                let Some(frame) = self.frames.pop() else { return };
                self.commas = frame.commas;
                self.start = frame.start;
                if close != b'}' {
                    self.words = frame.head;
                    self.words.push(token.text(self.text));
                }
            }
            Kind::Sign if token.text(self.text) == "," && self.comma_ends() => {
                self.words.clear();
                self.commas += 1;
                self.fresh = false;
            }
            _ => {
                self.begin(token);
                if self.words.is_empty() {
                    self.start = token.range.start;
                }
                self.words.push(token.text(self.text));
            }
        }
    }

    /// Whether a comma ends what is written, and is no part of a sentence.
    fn comma_ends(&self) -> bool {
        let sentence = || self.words.first().is_some_and(|first| SENTENCES.contains(first));
        match self.frames.last() {
            None => false,
            Some(frame) => frame.open != b'{' || !sentence(),
        }
    }

    /// A token behind a line's end goes on with the statement, or begins one.
    fn begin(&mut self, token: &Token) {
        let text = token.text(self.text);
        if at_margin(self.text, token.range.start) && token.kind == Kind::Word && !CLAUSES.contains(&text) {
            // Nothing at the margin is inside of anything: what is open there lacks its end.
            self.frames.clear();
            self.words.clear();
            self.commas = 0;
        }
        if self.fresh && !CLAUSES.contains(&text) && !self.words.last().is_some_and(|last| unfinished(last)) {
            self.words.clear();
        }
        if self.words.is_empty() {
            self.start = token.range.start;
        }
        self.fresh = false;
    }

    /// Whether the innermost bracket is closed behind the place, before something else begins at the margin.
    fn is_closed(&self) -> bool {
        let mut depth = 0_usize;
        for token in lex::tokens(self.text, self.at..self.text.len()) {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close(_) => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => return true,
                },
                Kind::Word if token.range.start > self.at && at_margin(self.text, token.range.start) => {
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    /// The names that are set at the top of an open bracket, before and behind the offset.
    pub fn given(&self, frame: &Frame<'_>) -> Vec<&'t str> {
        self.named(frame, &["=", "<"])
    }

    /// The names before one of some signs at the top of an open bracket.
    pub fn named(&self, frame: &Frame<'_>, signs: &[&str]) -> Vec<&'t str> {
        let mut depth = 0_usize;
        let mut last: Option<Range<usize>> = None;
        let mut found = Vec::new();
        for token in lex::tokens(self.text, frame.inside..self.text.len()) {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close(_) => match depth.checked_sub(1) {
                    Some(less) => depth = less,
                    None => break,
                },
                Kind::Word if depth == 0 => {
                    if at_margin(self.text, token.range.start) {
                        break;
                    }
                    last = Some(token.range).filter(|range| range.start != self.at);
                    continue;
                }
                Kind::Sign if depth == 0 && signs.contains(&token.text(self.text)) => {
                    found.extend(last.take().and_then(|range| self.text.get(range)));
                }
                _ => {}
            }
            last = None;
        }
        found
    }
}

/// Whether a line begins at an offset.
fn at_margin(text: &str, at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| text.as_bytes().get(before) == Some(&b'\n'))
}

/// Whether something must follow.
fn unfinished(word: &str) -> bool {
    matches!(
        word,
        "=" | ":"
            | "+"
            | "*"
            | "/"
            | "->"
            | "=="
            | "!="
            | "<"
            | ">"
            | "<="
            | ">="
            | "??"
            | "."
            | "and"
            | "or"
            | "not"
    ) || CLAUSES.contains(&word)
}
