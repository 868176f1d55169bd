//! Keeps the user's text from steering the terminal: control and direction characters are shown instead of obeyed.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A text with every character that would steer the terminal spelled out, line ends and tabs apart.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) && !is_layout(character) {
            let _ = write!(cleaned, "\\u{{{:x}}}", u32::from(character));
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

/// The same for a file's text, where every character must keep its length so that offsets stay true.
pub(super) fn clean_in_place(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| !is_layout(character) && steers(character)) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().map(|character| match character {
        _ if is_layout(character) || !steers(character) => character,
        // Returning to the line's start would let what follows cover what stands before.
        '\r' => ' ',
        _ if character.len_utf8() == 1 => '?',
        _ if character.len_utf8() == 2 => '¿',
        _ => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(replaced.collect())
}

const fn is_layout(character: char) -> bool {
    matches!(character, '\n' | '\t')
}

/// Control characters (C0, DEL, C1), and the marks that change the direction of the text around them.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
