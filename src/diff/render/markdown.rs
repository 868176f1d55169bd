//! For a pull request.

use std::fmt::Write as _;

use super::{Class, Places};
use crate::diff::{Diff, Version};

/// The whole text.
pub fn render(diff: &Diff, places: Places<'_>) -> String {
    if diff.entries.is_empty() {
        return "Nothing that matters changed.\n".into();
    }
    let mut text = String::new();
    for class in Class::ALL {
        let of_class: Vec<_> = diff.entries.iter().filter(|it| it.class == *class).collect();
        if of_class.is_empty() {
            continue;
        }
        let _ =
            write!(text, "### {} ({})\n\n| what | where |\n| --- | --- |\n", class.title(), of_class.len());
        for entry in of_class {
            let mut what = format!("**{}** {}", cell(&entry.subject), cell(&entry.what));
            entry.details.iter().for_each(|detail| {
                let _ = write!(what, "<br>{}", cell(detail));
            });
            if !entry.readers.is_empty() {
                let _ = write!(what, "<br>hits {}", cell(&entry.readers.join(", ")));
            }
            let place =
                places(entry.at).map(|(file, line)| cell(&format!("{file}:{line}"))).unwrap_or_default();
            let old = if entry.at.version == Version::Old { " (old)" } else { "" };
            let _ = writeln!(text, "| {what} | {place}{old} |");
        }
        text.push('\n');
    }
    if !diff.order.is_empty() {
        text.push_str("### Order of deployment\n\n");
    }
    for (at, turn) in (1..).zip(&diff.order) {
        let after =
            if turn.after.is_empty() { String::new() } else { format!(": {}", turn.after.join("; ")) };
        let _ = writeln!(text, "{at}. {}{}", cell(&turn.account), cell(&after));
    }
    text
}

/// A text that stays in its cell and means nothing but itself.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '<' | '>' | '[' | ']' => safe.extend(['\\', character]),
            _ if character.is_control() => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}
