//! String functions, by code points.

use super::column::Text;
use serde::{Deserialize, Serialize};

/// A pattern of LIKE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    /// `%`
    Any,
    /// `_`
    One,
    Char(char),
}

impl Pattern {
    /// `None` where the escape character stands before nothing it can escape.
    pub(super) fn new(pattern: &str, escape: Option<char>) -> Option<Pattern> {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                c if Some(c) == escape => {
                    let next = chars.next()?;
                    (next == '%' || next == '_' || next == c).then_some(Piece::Char(next))?
                }
                '%' => Piece::Any,
                '_' => Piece::One,
                c => Piece::Char(c),
            });
        }
        Some(Pattern(pieces))
    }

    /// Whether the whole text matches: greedily, going back to the last `%` only.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        let mut rest = text.chars();
        let mut at = 0;
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            match (self.0.get(at), rest.next()) {
                (Some(Piece::Any), _) => {
                    rest = before;
                    at += 1;
                    retry = Some((at, rest.clone()));
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::One), Some(_)) => {
                    at += 1;
                    continue;
                }
                (Some(Piece::Char(want)), Some(c)) if *want == c => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let Some((piece, from)) = &mut retry else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *piece;
            rest = from.clone();
        }
    }
}

/// Maps each string by a function of text.
pub(super) fn map(texts: &Text, f: impl Fn(&str) -> String) -> Text {
    let mut out = Text::default();
    texts.iter().for_each(|t| out.push(f(&String::from_utf8_lossy(t)).as_bytes()));
    out
}

/// How many code points a string has.
pub(super) fn char_length(text: &[u8]) -> i32 {
    let starts = text.iter().filter(|b| (**b & 0xC0) != 0x80).count();
    i32::try_from(starts).unwrap_or(i32::MAX)
}

/// `SUBSTRING(text, from[, length])`; `None` where Flink gives null (a negative length). What starts outside the
/// text is empty.
pub(super) fn substring(text: &[u8], from: i32, length: Option<i32>) -> Option<&[u8]> {
    let length = i64::from(length.unwrap_or(i32::MAX));
    if length < 0 {
        return None;
    }
    let chars = i64::from(char_length(text));
    let from = i64::from(from);
    let start = match from {
        0 => 0,
        1.. => from - 1,
        _ => chars + from,
    };
    let end = (start + length).min(chars);
    if start < 0 || start >= chars {
        return Some(&[]);
    }
    text.get(byte_at(text, start)..byte_at(text, end))
}

/// Where the `n`-th code point starts.
fn byte_at(text: &[u8], n: i64) -> usize {
    let mut starts = text.iter().enumerate().filter(|(_, b)| (**b & 0xC0) != 0x80).map(|(i, _)| i);
    usize::try_from(n).ok().and_then(|n| starts.nth(n)).unwrap_or(text.len())
}
