//! Where a statement of SQL has its parameters: `:name`, outside of text, quoted names and comments.

use smol_str::SmolStr;

/// A part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it was written.
    Text(String),
    /// The name of a parameter.
    Parameter(SmolStr),
}

/// A statement in parts. `::` is a cast.
pub fn pieces(sql: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            ':' if rest.starts_with("::") => 2,
            ':' => match name(rest) {
                0 => 1,
                length => {
                    let (found, behind) = rest.split_at(length + 1);
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Parameter(SmolStr::new(found.trim_start_matches(':'))));
                    rest = behind;
                    continue;
                }
            },
            other => other.len_utf8(),
        };
        let (taken, behind) = rest.split_at(length);
        text.push_str(taken);
        rest = behind;
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// How long a quoted part is; a doubled quote inside begins another, which comes to the same.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1);
    letters.find(|(_, letter)| *letter == quote).map_or(text.len(), |(at, _)| at + quote.len_utf8())
}

/// How long the name behind a `:` is.
fn name(text: &str) -> usize {
    let name = text.get(1..).unwrap_or_default();
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
        return 0;
    }
    name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(name.len())
}
