//! The text as tokens, each with what the tree knows about it.

use std::ops::Range;

use super::hints::{Entry, Hint};
use crate::syntax::lex::{self, Kind};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A name or keyword.
    Word,
    /// A number, or a piece of one.
    Number,
    /// A string.
    Text,
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// `// …` or `/// …`: the line ends behind it.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// Anything else.
    Sign,
    /// SQL in parentheses.
    Predicate,
    /// A query's SQL.
    Query,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub what: What,
    pub range: Range<usize>,
    /// Line ends before it; two stand for more.
    pub lines: u8,
    /// The item that begins with it.
    pub item: Option<Entry>,
    /// Whether it is a doc comment, which belongs to what follows.
    pub doc: bool,
    pub name: bool,
    pub close: bool,
    pub angle: bool,
    pub close_angle: bool,
    pub prefix: bool,
    pub infix: Option<u8>,
    pub tail: bool,
    pub lowering: bool,
    pub clause: bool,
}

impl Token {
    fn new(what: What, range: Range<usize>, lines: u8) -> Self {
        Self {
            what,
            range,
            lines,
            item: None,
            doc: false,
            name: false,
            close: false,
            angle: false,
            close_angle: false,
            prefix: false,
            infix: None,
            tail: false,
            lowering: false,
            clause: false,
        }
    }

    /// Whether it is a comment.
    pub(super) fn is_comment(&self) -> bool {
        matches!(self.what, What::LineComment | What::BlockComment)
    }
}

/// The tokens of a text. `hints` are in the order of their places.
pub(super) fn read(text: &str, hints: Vec<(usize, Hint)>) -> Vec<Token> {
    let mut reader = Reader { text, hints: hints.into_iter().peekable(), tokens: Vec::new(), lines: 0 };
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let pieces: Vec<_> = reader
        .hints
        .clone()
        .filter_map(|(start, hint)| match hint {
            Hint::Sql { end, query } => Some((start, end, query)),
            _ => None,
        })
        .collect();
    for (start, end, query) in pieces {
        reader.lex(at..start);
        let what = if query { What::Query } else { What::Predicate };
        reader.push(what, start..end);
        at = end;
    }
    reader.lex(at..text.len());
    reader.tokens
}

struct Reader<'a> {
    text: &'a str,
    hints: std::iter::Peekable<std::vec::IntoIter<(usize, Hint)>>,
    tokens: Vec<Token>,
    lines: u8,
}

impl Reader<'_> {
    fn lex(&mut self, within: Range<usize>) {
        for token in lex::tokens(self.text, within) {
            let what = match token.kind {
                Kind::LineEnd => {
                    self.lines = (self.lines + 1).min(2);
                    continue;
                }
                Kind::Word => What::Word,
                Kind::Number => What::Number,
                Kind::Text { .. } => What::Text,
                Kind::Open(bracket) => What::Open(bracket),
                Kind::Close(bracket) => What::Close(bracket),
                Kind::Doc => What::LineComment,
                Kind::Comment { .. } if token.text(self.text).starts_with("//") => What::LineComment,
                Kind::Comment { .. } => What::BlockComment,
                Kind::Sign => What::Sign,
            };
            let doc = token.kind == Kind::Doc;
            let range = token.range;
            self.push(what, range.clone());
            if doc && let Some(last) = self.tokens.last_mut() {
                last.doc = true;
            }
            self.split_angle(range);
        }
    }

    /// `map<string>= {}`: what is read as `>=` closes a type's arguments and sets.
    fn split_angle(&mut self, range: Range<usize>) {
        if let Some(last) = self.tokens.last_mut()
            && last.close_angle
            && range.len() == 2
        {
            last.range.end -= 1;
            self.push(What::Sign, range.end - 1..range.end);
        }
    }

    fn push(&mut self, what: What, range: Range<usize>) {
        let mut token = Token::new(what, range, self.lines);
        self.lines = 0;
        while let Some((at, hint)) = self.hints.next_if(|(at, _)| *at <= token.range.start) {
            if at == token.range.start {
                self.take(hint, &mut token);
            }
        }
        self.tokens.push(token);
    }

    fn take(&mut self, hint: Hint, token: &mut Token) {
        match hint {
            Hint::Item(entry) => token.item = token.item.or(Some(entry)),
            Hint::Name => token.name = true,
            Hint::Close => token.close = true,
            Hint::Angle => token.angle = true,
            Hint::CloseAngle => token.close_angle = true,
            Hint::Prefix => token.prefix = true,
            Hint::Infix(power) => token.infix = Some(power),
            Hint::Tail { before: false } => token.tail = true,
            Hint::Clause { before: false } => token.clause = true,
            Hint::Tail { before: true } => self.before(|token| token.tail = true),
            Hint::Clause { before: true } => self.before(|token| token.clause = true),
            Hint::Lowering => self.before(|token| token.lowering = true),
            Hint::Colon => self.before(|token| token.close = true),
            Hint::Sql { .. } if token.what == What::Predicate => self.before_where(),
            Hint::Sql { .. } => {}
        }
    }

    /// The word `where` stands before the parenthesis, which is not lexed with the predicate.
    fn before_where(&mut self) {
        let words = self.tokens.iter_mut().rev().filter(|token| !token.is_comment());
        if let Some(word) = words.take(2).find(|token| token.what == What::Word) {
            word.clause = true;
        }
    }

    /// Marks the last token that is no comment.
    fn before(&mut self, mark: fn(&mut Token)) {
        if let Some(last) = self.tokens.iter_mut().rev().find(|token| !token.is_comment()) {
            mark(last);
        }
    }
}
