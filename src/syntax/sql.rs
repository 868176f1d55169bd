//! Where a piece of SQL ends: quotes and comments as SQL has them, and an end before the next item where its own is missing.

use std::ops::Range;

use super::faults;
use super::lex;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What was found out about a piece of SQL. Offsets count from its first byte.
pub(super) struct Found {
    /// The SQL without the blanks around it.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Whether a quote or comment in it is never closed, so that its end can't be known.
    pub open: bool,
    /// Where the next item begins, if the SQL was read over it because its end is missing.
    pub cut: Option<usize>,
}

/// What can be wrong with the outside of a piece of SQL.
pub(super) struct Fault {
    kind: FaultKind,
    range: Range<usize>,
}

#[derive(Clone, Copy)]
enum FaultKind {
    Quote(char),
    Comment,
    SlashComment,
    Parenthesis,
}

impl Fault {
    /// As a diagnostic, given where the SQL begins in the source map.
    pub(super) fn at(&self, base: u32) -> Diagnostic {
        let offset = |at: usize| base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        let span = Span::new(offset(self.range.start), offset(self.range.end));
        match self.kind {
            FaultKind::Quote(quote) => faults::unclosed_sql_quote(span, quote),
            FaultKind::Comment => faults::unclosed_comment(span),
            FaultKind::SlashComment => faults::slashes_in_sql(span),
            FaultKind::Parenthesis => faults::unclosed_predicate(span),
        }
    }
}

/// The text between `as` and `;`.
pub(super) fn body(text: &str) -> Found {
    scan(text, false)
}

/// The text behind the `(` of a `where`.
pub(super) fn predicate(text: &str) -> Found {
    scan(text, true)
}

fn scan(text: &str, in_parentheses: bool) -> Found {
    let mut faults = Vec::new();
    let mut cut = None;
    let mut depth = 0_usize;
    // Where quotes do not come in pairs, the first quoted text that goes over a line's end shows where one is missing.
    let mut long_quote = None;
    let mut at = 0;
    let mut end = text.len();
    let mut closed = !in_parentheses;
    let mut open = false;
    while let Some(byte) = text.as_bytes().get(at).copied() {
        let next = match skip(text, at) {
            Some(Skip { end: Some(next), kind }) => {
                let long = matches!(kind, FaultKind::Quote(_))
                    && text.get(at..next).is_some_and(|text| text.contains('\n'));
                long_quote = long_quote.or(long.then_some(at));
                next
            }
            Some(Skip { end: None, kind }) => {
                let blamed = if matches!(kind, FaultKind::Quote(_)) { long_quote.unwrap_or(at) } else { at };
                faults.push(Fault { kind, range: blamed..blamed + 1 });
                (closed, open) = (true, true);
                let from = blamed
                    + text.get(blamed..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - blamed);
                cut = text
                    .get(from..)
                    .unwrap_or_default()
                    .match_indices('\n')
                    .map(|(line, _)| from + line + 1)
                    .find(|line| is_item_line(text, *line));
                end = cut.unwrap_or(text.len());
                break;
            }
            None => at + 1,
        };
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 && in_parentheses => {
                (end, closed) = (at, true);
                break;
            }
            b')' => depth = depth.saturating_sub(1),
            b'/' if text.as_bytes().get(at + 1) == Some(&b'/') && faults.is_empty() => {
                faults.push(Fault { kind: FaultKind::SlashComment, range: at..at + 2 });
            }
            b'\n' if is_item_line(text, at + 1) => {
                (end, cut) = (at, Some(at + 1));
                break;
            }
            _ => {}
        }
        at = next;
    }
    if !closed {
        faults.push(Fault { kind: FaultKind::Parenthesis, range: 0..0 });
    }
    Found { range: trimmed(text, end), faults, open, cut }
}

/// Words that can begin a line of SQL.
const SQL_WORDS: [&str; 33] = [
    "and",
    "as",
    "case",
    "cross",
    "else",
    "end",
    "except",
    "for",
    "from",
    "full",
    "group",
    "having",
    "in",
    "inner",
    "insert",
    "intersect",
    "join",
    "left",
    "limit",
    "natural",
    "not",
    "on",
    "or",
    "order",
    "over",
    "partition",
    "right",
    "select",
    "then",
    "union",
    "when",
    "where",
    "with",
];

/// Words that follow a column or a table in SQL, and that no declaration has for a name.
const BEHIND_NAMES: [&str; 15] = [
    "and", "as", "asc", "between", "desc", "from", "in", "is", "join", "like", "not", "on", "or", "similar",
    "where",
];

/// Whether an item, and no line of SQL, begins at the start of a line.
fn is_item_line(text: &str, at: usize) -> bool {
    let line = text.get(at..).unwrap_or_default();
    let line = line.split('\n').next().unwrap_or_default();
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is_sql = SQL_WORDS.contains(&first)
        || BEHIND_NAMES.iter().any(|word| second.eq_ignore_ascii_case(word)) && !SENTENCES.contains(&first);
    !is_sql && lex::is_item_line(text, at)
}

/// Words that begin a sentence of the language, behind which any word may stand.
const SENTENCES: [&str; 5] = ["grant", "deny", "share", "assert", "use"];

struct Skip {
    /// Just behind the closing quote; `None` where there is none.
    end: Option<usize>,
    kind: FaultKind,
}

/// A quoted name, a quoted text or a comment at `at`.
fn skip(text: &str, at: usize) -> Option<Skip> {
    let rest = text.get(at..)?;
    let (open, close, kind) = match rest.as_bytes() {
        [b'\'', ..] => (1, "'", FaultKind::Quote('\'')),
        [b'"', ..] => (1, "\"", FaultKind::Quote('"')),
        [b'`', ..] => (1, "`", FaultKind::Quote('`')),
        [b'/', b'*', ..] => (2, "*/", FaultKind::Comment),
        [b'-', b'-', ..] => {
            let end = rest.find('\n').unwrap_or(rest.len());
            return Some(Skip { end: Some(at + end), kind: FaultKind::Comment });
        }
        _ => return None,
    };
    let end = rest.get(open..)?.find(close).map(|found| at + open + found + close.len());
    Some(Skip { end, kind })
}

fn trimmed(text: &str, end: usize) -> Range<usize> {
    let inside = text.get(..end).unwrap_or_default();
    let start = inside.len() - inside.trim_start().len();
    start..start + inside.trim().len()
}
