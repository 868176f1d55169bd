//! How far a piece reaches that the grammar can't read: brackets and line ends tell, and indentation where brackets are missing.

use std::ops::Range;

use super::lex::{self, Kind, Token};
use super::sql;

/// Words that go on with a declaration's head or a sentence at the start of a line.
const CLAUSES: [&str; 13] =
    ["on", "to", "in", "into", "as", "for", "with", "where", "when", "until", "outside", "except", "and"];

/// Words and signs that go on with a member at the start of a line.
const CONTINUES_MEMBER: [&str; 26] = [
    ".",
    "==",
    "!=",
    "<=",
    ">=",
    "<",
    ">",
    "??",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "->",
    "&&",
    "||",
    "@",
    "and",
    "or",
    "else",
    "catch",
    "retry",
    "timeout",
    "heartbeat",
    "await",
];

/// The brackets that are open at some place.
#[derive(Default)]
struct Open(Vec<(u8, usize)>);

impl Open {
    /// Takes a bracket in. `false` if it closes something that was opened before.
    fn take(&mut self, token: &Token) -> bool {
        match token.kind {
            Kind::Open(bracket) => self.0.push((bracket, token.range.start)),
            Kind::Close(bracket) => match self.0.iter().rposition(|(open, _)| *open == opening(bracket)) {
                Some(at) => self.0.truncate(at),
                None => return bracket != b'}',
            },
            _ => {}
        }
        true
    }
}

fn opening(close: u8) -> u8 {
    match close {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

/// The first token at or behind an offset that is part of the program.
pub(super) fn first(text: &str, within: Range<usize>) -> Option<Token> {
    lex::tokens(text, within).find(Token::counts)
}

/// The last token before an offset that is part of the program.
pub(super) fn last(text: &str, within: Range<usize>) -> Option<Token> {
    lex::tokens(text, within).filter(Token::counts).last()
}

/// How far an item reaches.
pub(super) struct Item {
    /// Where it ends.
    pub end: usize,
    /// Whether all its brackets are closed.
    pub balanced: bool,
}

/// Where the item that begins at `start` ends: at its closing brace, before the next line that begins in the first column, or, if a bracket
/// is never closed or only by what follows, before the next line that an item certainly begins.
pub(super) fn item(text: &str, start: usize) -> Item {
    let whole = |end: usize| Item { end, balanced: true };
    let mut open = Open::default();
    let mut certain = None;
    let mut line = None;
    let mut tokens = lex::tokens(text, start..text.len());
    let sentence =
        first(text, start..text.len()).is_some_and(|word| matches!(word.text(text), "share" | "use"));
    while let Some(token) = tokens.next() {
        let at = token.range.start;
        if line == Some(at) {
            if open.0.is_empty() && begins_line(text, &token) {
                return whole(at);
            }
            if certain.is_none() && lex::is_item_line(text, at) {
                certain = Some(at);
            }
        }
        if token.kind == Kind::LineEnd {
            line = Some(token.range.end);
        }
        if !open.take(&token) {
            return whole(at);
        }
        if open.0.is_empty() && token.kind == Kind::Close(b'}') {
            if let Some(end) = certain.filter(|_| is_indented(text, start..token.range.end)) {
                return Item { end, balanced: false };
            }
            return whole(token.range.end);
        }
        if open.0.is_empty() && !sentence && token.text(text) == "as" {
            let body = sql::body(text.get(token.range.end..).unwrap_or_default());
            tokens = lex::tokens(text, token.range.end + body.range.end..text.len());
        }
    }
    Item { end: certain.filter(|_| !open.0.is_empty()).unwrap_or(text.len()), balanced: open.0.is_empty() }
}

/// Whether the text behind an item's first brace is indented, so that a line in the first column can't belong to it.
fn is_indented(text: &str, within: Range<usize>) -> bool {
    let brace = body_brace(text, within.clone()).unwrap_or(within.end);
    first(text, brace + 1..within.end).is_none_or(|token| {
        let same_line = !text.get(brace..token.range.start).unwrap_or_default().contains('\n');
        same_line || lex::indentation(text, token.range.start) > 0
    })
}

fn begins_line(text: &str, token: &Token) -> bool {
    match token.kind {
        Kind::Word => !CLAUSES.contains(&token.text(text)),
        Kind::Doc => true,
        _ => false,
    }
}

/// Where the member that begins at a range's start ends: behind its line, unless a bracket is open or the next line goes on with it, behind
/// its comma, or before the brace that closes the body.
pub(super) fn member(text: &str, within: Range<usize>) -> usize {
    let indentation = lex::indentation(text, within.start);
    let mut open = Open::default();
    for token in lex::tokens(text, within.clone()) {
        if !open.take(&token) {
            return token.range.start;
        }
        let inside = !open.0.is_empty();
        match token.kind {
            Kind::Sign if !inside && token.text(text) == "," => return token.range.end,
            Kind::LineEnd => {
                let Some(next) = first(text, token.range.end..within.end) else { return within.end };
                let goes_on =
                    CONTINUES_MEMBER.contains(&next.text(text)) && !is_set(text, next.range.end..within.end);
                if !inside && !goes_on || inside && forgotten(text, &open, indentation, &next, within.end) {
                    return token.range.end;
                }
            }
            _ => {}
        }
    }
    within.end
}

/// Whether a line begins a new member although a `(` or `[` is open: it is set, and indented no deeper than the member was.
fn forgotten(text: &str, open: &Open, indentation: usize, next: &Token, end: usize) -> bool {
    open.0.iter().all(|(bracket, _)| *bracket != b'{')
        && next.kind == Kind::Word
        && lex::indentation(text, next.range.start) <= indentation
        && is_set(text, next.range.end..end)
}

/// Whether `=` or `:` comes next.
pub(super) fn is_set(text: &str, within: Range<usize>) -> bool {
    lex::tokens(text, within).next().is_some_and(|token| matches!(token.text(text), "=" | ":"))
}

/// The braces that stand directly in a range, from just behind each `{` to just behind its `}`.
pub(super) fn blocks(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut open = Open::default();
    let mut blocks = Vec::new();
    for token in lex::tokens(text, within.clone()) {
        let outermost = open.0.first().copied();
        open.take(&token);
        if let (Some((b'{', start)), true) = (outermost, open.0.is_empty()) {
            blocks.push(start + 1..token.range.end);
        }
    }
    if let Some((b'{', start)) = open.0.first() {
        blocks.push(start + 1..within.end);
    }
    blocks
}

/// The innermost bracket that is open at a range's end.
pub(super) fn innermost(text: &str, within: Range<usize>) -> Option<(u8, usize)> {
    let mut open = Open::default();
    for token in lex::tokens(text, within) {
        open.take(&token);
    }
    open.0.last().copied()
}

/// The `{` that opens the body of a declaration: the first that stands in no other bracket, or else the first that ends its line.
pub(super) fn body_brace(text: &str, within: Range<usize>) -> Option<usize> {
    let mut open = Open::default();
    let mut ending = None;
    for token in lex::tokens(text, within.clone()) {
        if token.kind == Kind::Open(b'{') {
            if open.0.is_empty() {
                return Some(token.range.start);
            }
            if ending.is_none() && !something_follows(text, token.range.end..within.end) {
                ending = Some(token.range.start);
            }
        }
        open.take(&token);
    }
    ending
}

/// A place where the lay-out shows that a brace is missing or too many.
pub(super) enum Crooked {
    /// A string that is never closed, which may have swallowed a brace.
    Text(Range<usize>),
    /// An opening brace that is not closed on its line although something follows it there.
    Open(usize),
    /// A closing brace with something else on its line, which closes what was opened on an earlier line.
    Close(usize),
    /// An opening brace and what stands below it no deeper than its own line, or the less indented brace that closes it.
    LacksClose(usize, usize),
    /// The end of a line that probably lacks its `{`, and the closing brace that shows it by being indented deeper than its opening one.
    LacksOpen(usize, usize),
}

/// The first place of a range that `asked` takes for the cause.
pub(super) fn crooked(text: &str, within: Range<usize>, asked: fn(&Crooked) -> bool) -> Option<Crooked> {
    let mut open = Open::default();
    let mut line = within.start;
    let mut first_of_line = true;
    let mut opened_here: Vec<usize> = Vec::new();
    for token in lex::tokens(text, within.clone()) {
        let brace = open.0.iter().rev().find(|(bracket, _)| *bracket == b'{').map(|(_, at)| *at);
        let at = token.range.start;
        let found = match (token.kind, brace) {
            (Kind::Text { closed: false, .. }, _) => Some(Crooked::Text(token.range.clone())),
            (Kind::Close(b'}'), Some(start)) => closing(text, start, line, at),
            (Kind::LineEnd, _) => {
                let left = std::mem::take(&mut opened_here);
                left.into_iter().find(|at| open.0.iter().any(|(_, start)| start == at)).map(Crooked::Open)
            }
            (_, Some(start)) if first_of_line && token.counts() && start < line => {
                let outside = lex::indentation(text, at) <= lex::indentation(text, start);
                outside.then_some(Crooked::LacksClose(start, at))
            }
            _ => None,
        };
        if let Some(found) = found.filter(asked) {
            return Some(found);
        }
        open.take(&token);
        if token.kind == Kind::Open(b'{') && something_follows(text, token.range.end..within.end) {
            opened_here.push(at);
        }
        first_of_line = token.kind == Kind::LineEnd;
        if first_of_line {
            line = token.range.end;
        }
    }
    None
}

/// Whether a range begins with something other than the line's end.
fn something_follows(text: &str, within: Range<usize>) -> bool {
    lex::tokens(text, within).next().is_some_and(|token| token.counts())
}

/// What is crooked about a closing brace.
fn closing(text: &str, open: usize, line: usize, close: usize) -> Option<Crooked> {
    let first_of_line = text.get(line..close)?.trim().is_empty();
    let goes_on = lex::tokens(text, close + 1..text.len()).next().is_some_and(|next| {
        next.counts()
            && !matches!(next.kind, Kind::Close(_))
            && !matches!(next.text(text), "else" | "catch" | ",")
    });
    if open < line && (!first_of_line || goes_on) {
        return Some(Crooked::Close(close));
    }
    if !first_of_line {
        return None;
    }
    let (inside, outside) = (lex::indentation(text, close), lex::indentation(text, open));
    match inside.cmp(&outside) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some(Crooked::LacksClose(open, close)),
        std::cmp::Ordering::Greater => {
            line_at(text, open..close, inside).map(|line| Crooked::LacksOpen(line, close))
        }
    }
}

/// The end of the line that lacks the `{` for a closing brace for which nothing is open: the last one that is indented like it, has no
/// brace, and has something indented under it.
pub(super) fn lacks_open(text: &str, within: Range<usize>) -> Option<usize> {
    let close = within.end;
    let before = text.get(within.clone())?;
    if !before.rsplit('\n').next()?.trim().is_empty() {
        return None;
    }
    let inside = lex::indentation(text, close);
    let line = line_at(text, within, inside)?;
    let start = text.get(..line)?.rfind('\n').map_or(0, |end| end + 1);
    let next = first(text, line..close)?;
    let bare = !text.get(start..line)?.contains(['{', '}']);
    (bare && lex::indentation(text, next.range.start) > inside).then_some(line)
}

/// The end of the last line in a range that is indented by `indentation` and begins with a word.
fn line_at(text: &str, within: Range<usize>, indentation: usize) -> Option<usize> {
    let mut found = None;
    let mut at = within.start;
    for line in text.get(within)?.split_inclusive('\n') {
        let rest = line.get(indentation..).unwrap_or_default();
        let begins = rest.trim_start_matches(['}', ' ']).starts_with(|c: char| c.is_ascii_alphabetic());
        if begins && line.len() - line.trim_start().len() == indentation {
            found = Some(at + line.trim_end().len());
        }
        at += line.len();
    }
    found
}
