//! How much of a text may be read at all. The grammar and every stage behind it walk nested text by recursion, so nesting has a limit.

use super::faults;
use super::lex::{self, Kind};
use crate::diagnostic::Diagnostics;
use crate::source::{SourceFile, Span};

/// How deep brackets may nest.
pub(super) const MAX_NESTING: usize = 200;

/// The largest file in bytes.
pub(super) const MAX_SIZE: usize = 64 * 1024 * 1024;

/// Up to which offset the text of a file may be read. What lies behind is reported.
pub(super) fn readable(source: &SourceFile, diagnostics: &mut Diagnostics) -> usize {
    let text = source.text.as_str();
    if text.len() > MAX_SIZE {
        diagnostics.push(faults::too_large(source.span(), text.len(), MAX_SIZE));
        return 0;
    }
    let Some(at) = too_deep(text) else {
        return text.len();
    };
    let start = source.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
    diagnostics.push(faults::too_deep(Span::new(start, start.saturating_add(1)), MAX_NESTING));
    last_item_line(text, at)
}

/// The first bracket that is nested too deep.
fn too_deep(text: &str) -> Option<usize> {
    // Most texts have fewer signs that nest, or begin what they nest in, than may be inside one another.
    let nests = |byte: &u8| matches!(byte, b'(' | b'[' | b'{' | b'"' | b'\'');
    if text.as_bytes().iter().filter(|byte| nests(byte)).count() <= MAX_NESTING {
        return None;
    }
    let mut open = 0_usize;
    for token in lex::tokens(text, 0..text.len()) {
        let inside = match token.kind {
            Kind::Open(_) => {
                open += 1;
                0
            }
            Kind::Close(_) => {
                open = open.saturating_sub(1);
                0
            }
            Kind::Text { depth, .. } => depth,
            _ => 0,
        };
        if open + inside > MAX_NESTING {
            return Some(token.range.start);
        }
    }
    None
}

/// The start of the item that holds `at`: the last line before it with a name in its first column.
fn last_item_line(text: &str, at: usize) -> usize {
    let mut end = at;
    while let Some(line) = text.get(..end).and_then(|before| before.rfind('\n')) {
        if text.as_bytes().get(line + 1).is_some_and(u8::is_ascii_alphabetic) {
            return line + 1;
        }
        end = line;
    }
    0
}
