//! `build --check`: what differs between the folder and the program, without writing.

use std::path::Path;

use similar::TextDiff;

use super::Plan;
use super::standing::Standing;
use crate::cli::{Failure, report};

/// Lines of a file's differences that are shown, and characters of each.
const SHOWN: usize = 12;
const SHOWN_WIDTH: usize = 160;

/// One file that is not what the program says.
pub(in crate::cli) struct Difference {
    path: String,
    what: What,
}

enum What {
    Missing,
    /// The first lines that differ.
    Changed(String),
    Unexpected,
}

/// The differences, sorted by path. Files that no manifest lists are the user's and don't count.
pub(in crate::cli) fn differences(out: &Path, plan: &Plan) -> Result<Vec<Difference>, Failure> {
    if out.exists() && !out.is_dir() {
        return Err(Failure(format!("can't read `{}`: it is a file, not a folder", out.display())));
    }
    let standing = Standing::read(out)?;
    let mut found = Vec::new();
    let mut buffer = Vec::new();
    for (path, text) in &plan.files {
        if standing.kind(path).is_none() {
            found.push(Difference { path: path.clone(), what: What::Missing });
        } else if !standing.holds(out, path, text, &mut buffer)? {
            let old = std::fs::read(out.join(path)).unwrap_or_default();
            found.push(Difference { path: path.clone(), what: What::Changed(diff(&old, text)) });
        }
    }
    let unexpected = standing.owned_files().filter(|path| !plan.files.contains_key(*path));
    found.extend(unexpected.map(|path| Difference { path: path.to_owned(), what: What::Unexpected }));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The differences for people: a line a file, and under a changed one the first lines that differ.
pub(in crate::cli) fn listing(differences: &[Difference], out: &Path) -> String {
    let out = out.display();
    if differences.is_empty() {
        return report::printable(&format!("`{out}` is what the program says\n"));
    }
    let mut listing = String::new();
    for Difference { path, what } in differences {
        match what {
            What::Missing => listing.push_str(&format!("missing     {path}\n")),
            What::Unexpected => listing.push_str(&format!("unexpected  {path}\n")),
            What::Changed(lines) => listing.push_str(&format!("changed     {path}\n{lines}")),
        }
    }
    let (count, plural) = (differences.len(), if differences.len() == 1 { "" } else { "s" });
    report::printable(&format!("{listing}{count} file{plural} in `{out}` not what the program says\n"))
}

fn diff(old: &[u8], new: &str) -> String {
    let old = String::from_utf8_lossy(old);
    let unified = TextDiff::from_lines(old.as_ref(), new).unified_diff().context_radius(1).to_string();
    let mut lines = unified.lines().filter(|line| !line.starts_with('\\'));
    let mut shown: String = lines.by_ref().take(SHOWN).map(cut).collect();
    match lines.count() {
        0 => {}
        1 => shown.push_str("    … 1 more line\n"),
        rest => shown.push_str(&format!("    … {rest} more lines\n")),
    }
    shown
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(SHOWN_WIDTH) {
        Some((end, _)) => format!("    {}…\n", line.get(..end).unwrap_or(line)),
        None => format!("    {line}\n"),
    }
}
