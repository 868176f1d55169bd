//! Where the clauses of a query begin, and where each can be broken.

use std::ops::Range;

use super::token::{Text, Token};

/// What a clause can be broken at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// The commas of its list.
    List,
    /// `AND` and `OR`.
    Condition,
    /// Nothing of its own.
    None,
}

/// A clause: how many tokens its head has, and what its body is.
pub(super) struct Clause {
    pub range: Range<usize>,
    pub head: usize,
    pub parts: Parts,
}

/// Words before `JOIN`.
const KINDS_OF_JOIN: [&str; 9] =
    ["natural", "inner", "left", "right", "full", "cross", "outer", "semi", "anti"];

/// Words behind which the next begins no clause.
const NAMES: [&str; 1] = ["as"];

/// The clauses of a query.
pub(super) fn clauses(text: &Text<'_>, range: Range<usize>) -> Vec<Clause> {
    let depth = text.tokens.get(range.start).map_or(0, |token| token.depth);
    let head = if range.start.checked_sub(1).is_some_and(|open| is_pattern(text, open)) {
        pattern_head
    } else {
        head
    };
    let mut starts: Vec<(usize, usize, Parts)> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let token = text.tokens.get(at).filter(|token| token.depth == depth);
        match token.and_then(|token| head(text, at, token)) {
            Some((length, parts)) => {
                starts.push((at, length, parts));
                at += length;
            }
            None => at += 1,
        }
    }
    if starts.first().is_none_or(|(first, ..)| *first > range.start) {
        starts.insert(0, (range.start, 0, Parts::None));
    }
    let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([range.end]);
    let whole = starts.iter().zip(ends).map(|((start, head, parts), end)| Clause {
        range: *start..end,
        head: *head,
        parts: *parts,
    });
    whole.filter(|clause| !clause.range.is_empty()).collect()
}

/// The head of the clause that begins with a token.
fn head(text: &Text<'_>, at: usize, token: &Token<'_>) -> Option<(usize, Parts)> {
    let before = at.checked_sub(1).and_then(|before| text.tokens.get(before));
    if before.is_some_and(|before| before.text == "." || before.is_word(&NAMES)) {
        return None;
    }
    let next =
        |count: usize, words: &[&str]| text.tokens.get(at + count).is_some_and(|token| token.is_word(words));
    let keyword = |words: &[&str]| token.is_word(words);
    if keyword(&["select"]) {
        return Some((if next(1, &["distinct", "all"]) { 2 } else { 1 }, Parts::List));
    }
    if keyword(&["group", "order"]) && next(1, &["by"]) {
        return Some((2, Parts::List));
    }
    if keyword(&["where", "having", "qualify"]) {
        return Some((1, Parts::Condition));
    }
    if keyword(&["from"]) && !before.is_some_and(|before| before.is_word(&["distinct"])) {
        return Some((1, Parts::None));
    }
    if keyword(&["union", "intersect", "except"]) {
        return Some((if next(1, &["all", "distinct"]) { 2 } else { 1 }, Parts::None));
    }
    if keyword(&["limit", "offset", "fetch"]) && at > 0 && text.tokens.get(at + 1).is_some_and(is_amount) {
        return Some((1, Parts::None));
    }
    let kinds = (0..3).take_while(|count| next(*count, &KINDS_OF_JOIN)).count();
    next(kinds, &["join"]).then_some((kinds + 1, Parts::Condition))
}

/// The head of a clause of MATCH_RECOGNIZE that begins with a token.
fn pattern_head(text: &Text<'_>, at: usize, token: &Token<'_>) -> Option<(usize, Parts)> {
    let before = at.checked_sub(1).and_then(|before| text.tokens.get(before));
    let named =
        before.is_some_and(|before| matches!(before.text, "." | ",") || before.is_word(&["as", "by"]));
    if named {
        return None;
    }
    let next =
        |count: usize, words: &[&str]| text.tokens.get(at + count).is_some_and(|token| token.is_word(words));
    let opens = text.tokens.get(at + 1).is_some_and(|token| token.text == "(");
    if token.is_word(&["partition", "order"]) && next(1, &["by"]) {
        return Some((2, Parts::List));
    }
    if token.is_word(&["measures", "define"]) {
        return Some((1, Parts::List));
    }
    let other = token.is_word(&["one", "all"]) && next(1, &["row", "rows"])
        || token.is_word(&["after"]) && next(1, &["match"])
        || token.is_word(&["pattern"]) && opens;
    other.then_some((1, Parts::None))
}

fn is_amount(token: &Token<'_>) -> bool {
    token.text.starts_with(|first: char| first.is_ascii_digit()) || token.is_word(&["all", "first", "next"])
}

/// Where the parts of a clause's body begin, behind the first: at the token behind a comma, or at an `AND` or `OR`.
pub(super) fn parts(text: &Text<'_>, body: Range<usize>, parts: Parts) -> Vec<usize> {
    let depth = text.tokens.get(body.start).map_or(0, |token| token.depth);
    let mut found = Vec::new();
    let mut between = 0_usize;
    let mut cases = 0_usize;
    for at in body.clone() {
        let Some(token) = text.tokens.get(at).filter(|token| token.depth == depth) else { continue };
        if token.is_word(&["case"]) {
            cases += 1;
        } else if token.is_word(&["end"]) {
            cases = cases.saturating_sub(1);
        } else if token.is_word(&["between"]) {
            between += 1;
        }
        match parts {
            Parts::List if token.text == "," => found.push(at + 1),
            Parts::Condition if token.is_word(&["and"]) && between > 0 => between -= 1,
            Parts::Condition if cases == 0 && at > body.start && token.is_word(&["and", "or"]) => {
                found.push(at)
            }
            _ => {}
        }
    }
    found
}

/// Whether a condition was written over several lines.
pub(super) fn condition_is_broken(text: &Text<'_>, range: Range<usize>) -> bool {
    parts(text, range.clone(), Parts::Condition).iter().any(|at| is_fresh(text, *at))
        || broken_inside(text, range)
}

pub(super) fn is_fresh(text: &Text<'_>, at: usize) -> bool {
    text.tokens.get(at).is_some_and(|token| token.fresh)
}

/// Whether something in a range stays on lines of its own: the arms of a `CASE`, a query in parentheses.
pub(super) fn broken_inside(text: &Text<'_>, range: Range<usize>) -> bool {
    range.skip(1).any(|at| {
        text.tokens.get(at).is_some_and(|token| token.fresh && token.is_word(&["when", "else", "end"]))
            || at > 0 && (is_query(text, at - 1) || is_pattern(text, at - 1)) && is_fresh(text, at)
    })
}

/// Whether a parenthesis holds a query.
pub(super) fn is_query(text: &Text<'_>, open: usize) -> bool {
    text.tokens.get(open).is_some_and(|token| token.text == "(" && token.close.is_some())
        && text.tokens.get(open + 1).is_some_and(|token| token.is_word(&["select", "with"]))
}

/// Whether a parenthesis holds the clauses of MATCH_RECOGNIZE.
pub(super) fn is_pattern(text: &Text<'_>, open: usize) -> bool {
    text.tokens.get(open).is_some_and(|token| token.text == "(" && token.close.is_some())
        && open
            .checked_sub(1)
            .and_then(|at| text.tokens.get(at))
            .is_some_and(|token| token.is_word(&["match_recognize"]))
}
