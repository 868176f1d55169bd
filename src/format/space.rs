//! Whether a blank stands between two neighbours on a line.

use super::token::{Token, What};

/// The number of blanks between two tokens, none or one.
pub(super) fn between(text: &str, left: &Token, right: &Token) -> usize {
    usize::from(!joined(text, left, right))
}

fn joined(text: &str, left: &Token, right: &Token) -> bool {
    if left.is_comment() || right.is_comment() {
        return false;
    }
    let sign = |token: &Token| match token.what {
        What::Sign => text.get(token.range.clone()).unwrap_or_default(),
        _ => "",
    };
    if right.close || right.angle || right.close_angle || left.angle || left.prefix {
        return true;
    }
    match (sign(left), sign(right)) {
        (_, "," | ";" | "?" | ".") | ("." | "@", _) => return true,
        (_, "..") => return !is_keyword(left),
        ("..", _) => return is_bound(right),
        _ => {}
    }
    match (left.what, right.what) {
        (What::Open(b'(' | b'['), _) | (_, What::Close(b')' | b']')) => true,
        (_, What::Open(b'(' | b'[')) => left.name || matches!(left.what, What::Close(_)),
        _ => false,
    }
}

/// `in` and `length` before an open range.
fn is_keyword(token: &Token) -> bool {
    token.what == What::Word && !token.name
}

/// Whether a token can be the upper bound of a range.
fn is_bound(token: &Token) -> bool {
    token.prefix || token.name || matches!(token.what, What::Number | What::Text)
}
