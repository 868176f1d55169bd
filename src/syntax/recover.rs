//! stub for first slice
use super::faults;
use super::lex;
use super::pairs::{Reader, Stop, Top};

pub(super) fn item(reader: &mut Reader<'_>, at: usize, stop: &Stop) -> (Top, usize) {
    let text = reader.text;
    let wanted = stop.wanted.describe();
    let found = text.get(stop.at..).and_then(|t| t.lines().next()).unwrap_or_default();
    reader.report(faults::unexpected(reader.span(stop.at..stop.at + found.len()), found, &wanted));
    let mut next = text.len();
    let mut from = at.max(stop.at);
    while let Some(line) = text.get(from..).and_then(|t| t.find('\n')) {
        from += line + 1;
        if lex::is_item_line(text, from) {
            next = from;
            break;
        }
    }
    (Top::Nothing, next)
}
