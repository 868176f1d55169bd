//! For a terminal.

use std::fmt::Write as _;

use super::{Class, Places};
use crate::diff::{Diff, Version};

/// The whole text.
pub fn render(diff: &Diff, places: Places<'_>) -> String {
    let mut text = String::new();
    for class in Class::ALL {
        let mut of_class = diff.entries.iter().filter(|it| it.class == *class).peekable();
        if of_class.peek().is_some() {
            let _ = writeln!(text, "{}", class.title());
        }
        for entry in of_class {
            let _ = writeln!(text, "  {} {}", entry.subject, entry.what);
            if let Some((file, line)) = places(entry.at) {
                let old = if entry.at.version == Version::Old { " (old version)" } else { "" };
                let _ = writeln!(text, "    at {file}:{line}{old}");
            }
            entry.details.iter().for_each(|detail| {
                let _ = writeln!(text, "    {detail}");
            });
            if !entry.readers.is_empty() {
                let _ = writeln!(text, "    hits {}", entry.readers.join(", "));
            }
        }
    }
    if !diff.order.is_empty() {
        text.push_str("Order of deployment\n");
    }
    for (at, turn) in (1..).zip(&diff.order) {
        let after =
            if turn.after.is_empty() { String::new() } else { format!(": {}", turn.after.join("; ")) };
        let _ = writeln!(text, "  {at}. {}{after}", turn.account);
    }
    if text.is_empty() { "nothing that matters changed\n".into() } else { text }
}
