//! SQL as tokens.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A word or a number.
    Word,
    /// Text or a name in quotes.
    Quoted,
    /// `-- …`: the line ends behind it.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// Anything else.
    Sign,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub what: What,
    pub text: &'a str,
    /// Whether blanks or line ends stand before it.
    pub apart: bool,
    /// Whether a line ends before it.
    pub fresh: bool,
    /// For `(`: the index of its `)`.
    pub close: Option<usize>,
    /// How many parentheses and brackets are open around it.
    pub depth: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        self.what == What::Word && words.iter().any(|word| self.is(word))
    }

    pub(super) fn is_comment(&self) -> bool {
        matches!(self.what, What::LineComment | What::BlockComment)
    }
}

/// A piece of SQL.
pub(super) struct Text<'a> {
    pub tokens: Vec<Token<'a>>,
    /// How deep its parentheses nest.
    pub depth: usize,
}

impl<'a> Text<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut tokens: Vec<Token<'a>> = Vec::new();
        let mut open = Vec::new();
        let mut deepest = 0;
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let blanks = rest.len() - rest.trim_start().len();
            let fresh = rest.get(..blanks).is_some_and(|blanks| blanks.contains('\n'));
            let rest = rest.trim_start();
            let Some((what, length)) = next(rest) else { break };
            let token = rest.get(..length).unwrap_or_default();
            let index = tokens.len();
            if matches!(token, ")" | "]")
                && let Some(before) = open.pop().and_then(|at: usize| tokens.get_mut(at))
                && before.text == "("
            {
                before.close = Some(index);
            }
            let token = Token {
                what,
                text: token.trim_end(),
                apart: blanks > 0,
                fresh,
                close: None,
                depth: open.len(),
            };
            if matches!(token.text, "(" | "[") {
                open.push(index);
                deepest = deepest.max(open.len());
            }
            tokens.push(token);
            at += blanks + length;
        }
        Self { tokens, depth: deepest }
    }

    pub(super) fn whole(&self) -> Range<usize> {
        0..self.tokens.len()
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &[Token<'a>] {
        self.tokens.get(range).unwrap_or_default()
    }

    pub(super) fn ends_with_comment(&self) -> bool {
        self.tokens.last().is_some_and(|token| token.what == What::LineComment)
    }

    /// Whether a blank stands between a token and the one before it.
    pub(super) fn gap(&self, at: usize) -> bool {
        let Some((before, token)) =
            at.checked_sub(1).and_then(|before| self.tokens.get(before).zip(self.tokens.get(at)))
        else {
            return false;
        };
        if token.is_comment() || before.is_comment() {
            return true;
        }
        const SPACED: [&str; 7] = ["=", "<>", "!=", "<=", ">=", "=>", "||"];
        match (before.text, token.text) {
            (_, "," | ";" | ")" | "}") | ("(" | "{", _) => false,
            (",", _) => true,
            (")", _) if token.what == What::Word => true,
            (left, right) => SPACED.contains(&left) || SPACED.contains(&right) || token.apart,
        }
    }

    /// A range on one line; nothing where a comment or a text ends a line in it.
    pub(super) fn flat(&self, range: Range<usize>) -> Option<String> {
        let mut line = String::new();
        for (at, token) in range.clone().zip(self.slice(range)) {
            if token.what == What::LineComment || token.text.contains('\n') {
                return None;
            }
            if !line.is_empty() && self.gap(at) {
                line.push(' ');
            }
            line.push_str(token.text);
        }
        Some(line)
    }
}

/// The first token of a text that begins with none of the blanks: what it is, and its length.
fn next(rest: &str) -> Option<(What, usize)> {
    let closed = |open: usize, close: &str| {
        let inside = rest.get(open..).unwrap_or_default();
        inside.find(close).map_or(rest.len(), |end| open + end + close.len())
    };
    Some(match rest.as_bytes() {
        [b'\'', ..] => (What::Quoted, closed(1, "'")),
        [b'"', ..] => (What::Quoted, closed(1, "\"")),
        [b'`', ..] => (What::Quoted, closed(1, "`")),
        [b'-', b'-', ..] => (What::LineComment, rest.find('\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => (What::BlockComment, closed(2, "*/")),
        [b'<', b'>' | b'=', ..] | [b'>' | b'!', b'=', ..] | [b'=', b'>', ..] | [b'|', b'|', ..] => {
            (What::Sign, 2)
        }
        [] => return None,
        _ => {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let sign = rest.chars().next()?.len_utf8();
            if word > 0 { (What::Word, word) } else { (What::Sign, sign) }
        }
    })
}
