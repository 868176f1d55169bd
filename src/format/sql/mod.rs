//! The layout of SQL: each clause on a line, and lists and conditions one below the other where they do not fit or were written so. Words
//! stay as they are.

mod clause;
mod print;
mod token;

use print::Printer;
use token::Text;

/// Parentheses nested deeper are left as they were written.
const DEEPEST: usize = 100;

/// A predicate on one line, if it can stand on one and was written so.
pub(super) fn on_one_line(text: &str) -> Option<String> {
    let text = Text::read(text);
    let whole = text.whole();
    (text.depth <= DEEPEST && !clause::condition_is_broken(&text, whole.clone()))
        .then(|| text.flat(whole))
        .flatten()
}

/// The lines of a predicate.
pub(super) fn predicate(text: &str, width: usize) -> Vec<String> {
    lay_out(text, width, |printer, text| printer.condition(text.whole()))
}

/// The lines of a query. Where the last ends with a comment, an empty one follows.
pub(super) fn query(text: &str, width: usize) -> Vec<String> {
    lay_out(text, width, |printer, text| printer.query(text.whole(), 0))
}

fn lay_out(source: &str, width: usize, print: impl FnOnce(&mut Printer<'_>, &Text<'_>)) -> Vec<String> {
    let text = Text::read(source);
    if text.depth > DEEPEST {
        return as_written(source, &text);
    }
    let mut printer = Printer::new(&text, width);
    print(&mut printer, &text);
    printer.finish()
}

/// The lines as they were written, without blanks at their ends.
fn as_written(source: &str, text: &Text<'_>) -> Vec<String> {
    let mut lines: Vec<_> = source.lines().map(|line| line.trim().to_owned()).collect();
    if text.ends_with_comment() {
        lines.push(String::new());
    }
    lines
}
