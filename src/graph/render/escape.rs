//! Texts of a program in other languages: none of their characters means anything there.

use std::fmt::Write as _;

/// In XML and HTML, between tags and in quoted attributes.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has no other control characters, and not these two.
            '\t' | '\n' => out.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {}
            letter => out.push(letter),
        }
    }
    out
}

/// In a quoted label of Mermaid, which reads entities by number behind `#`.
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if letter.is_alphanumeric() || " .,-_/:()@".contains(letter) => out.push(letter),
            letter if letter.is_control() => out.push(' '),
            letter => _ = write!(out, "#{};", u32::from(letter)),
        }
    }
    out
}

/// JSON within a `script` element: no `<` may close it.
pub(super) fn script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
