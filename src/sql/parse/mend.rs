//! The one mend of SQL that can't be read: small changes at the place where reading stopped are tried, and one is a mend only if it makes all of
//! the SQL readable.

use crate::source::Span;

/// A change of a text: a range, what to put there, and how it is called.
pub struct Mend {
    /// The bytes to replace, empty to insert.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
    /// What to do, in words.
    pub help: String,
}

/// Words with which clauses begin or go on.
const WORDS: [&str; 19] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "HAVING",
    "AS",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "LIKE",
    "JOIN",
    "ON",
    "UNION ALL",
    "INTERVAL",
    "CASE",
    "WHEN",
    "THEN",
];

/// How many words before the place where reading stopped may be misspelled.
const WORDS_BEFORE: usize = 3;

/// Finds the change. `stop` is where the first word that could not be read begins, `readable` whether a text can be.
pub fn find(text: &str, stop: usize, base: u32, readable: &dyn Fn(&str) -> bool) -> Option<Mend> {
    let stop = (0..=stop.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    candidates(text, stop).into_iter().find_map(|(start, end, replacement, help)| {
        let mut changed = String::with_capacity(text.len() + replacement.len());
        changed.push_str(text.get(..start)?);
        changed.push_str(&replacement);
        changed.push_str(text.get(end..)?);
        let at = |at: usize| base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        readable(&changed).then(|| Mend { span: Span::new(at(start), at(end)), replacement, help })
    })
}

type Change = (usize, usize, String, String);

fn candidates(text: &str, stop: usize) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let before = text.get(..stop).unwrap_or_default();
    let behind = before.trim_end().len();
    if let Some(length) = length_of_time(text, stop) {
        changes.push(length);
    }
    // `SELECT a, FROM`: one comma too many, before the word that was taken for a column.
    for (start, word) in words(before).into_iter().rev().take(1).chain([(stop, "")]) {
        let comma = text.get(..start).unwrap_or_default().trim_end();
        if comma.ends_with(',') {
            let help = match word {
                "" => "leave the comma out".to_owned(),
                word => format!("leave the comma before `{word}` out"),
            };
            changes.push((comma.len() - 1, comma.len(), String::new(), help));
        }
    }
    let found = text.get(stop..).unwrap_or_default();
    let found: String = found.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let earlier = words(before);
    for (start, word) in earlier.iter().rev().take(WORDS_BEFORE).copied().chain([(stop, found.as_str())]) {
        if let Some(ours) = keyword(word) {
            changes.push((start, start + word.len(), ours.to_owned(), format!("did you mean `{ours}`?")));
        }
    }
    changes.push((behind, behind, ",".to_owned(), format!("write `,` before `{}`", shown(text, stop))));
    changes.push((behind, behind, ")".to_owned(), "write `)`".to_owned()));
    changes
}

/// The keyword that a word was meant to be.
fn keyword(word: &str) -> Option<&'static str> {
    let upper = word.to_ascii_uppercase();
    let near = WORDS.iter().find(|known| {
        let joined = known.replace(' ', "");
        let allowed = if joined.len() > 3 { 2 } else { 1 };
        upper == joined && known.contains(' ')
            || upper != **known && word.len() > 2 && strsim::osa_distance(&upper, &joined) <= allowed
    });
    near.copied()
}

/// Words outside quotes, as far as that matters here, with their places.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, letter.is_alphanumeric() || letter == '_') {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.extend(text.get(from..at).map(|word| (from, word)));
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// `1h`, as durations are written outside of SQL.
fn length_of_time(text: &str, stop: usize) -> Option<Change> {
    let digits = text.get(..stop)?;
    let start = digits.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = digits.get(start..).filter(|number| !number.is_empty())?;
    let rest = text.get(stop..)?;
    let unit: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
    let ours = unit_of_time(&unit)?;
    let replacement = format!("INTERVAL '{number}' {ours}");
    let help = format!("write {replacement}");
    Some((start, stop + unit.len(), replacement, help))
}

/// SQL's word for a unit of time.
pub fn unit_of_time(unit: &str) -> Option<&'static str> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => "SECOND",
        "m" | "min" | "mins" | "minute" | "minutes" => "MINUTE",
        "h" | "hr" | "hour" | "hours" => "HOUR",
        "d" | "day" | "days" => "DAY",
        _ => return None,
    })
}

fn shown(text: &str, stop: usize) -> String {
    let rest = text.get(stop..).unwrap_or_default();
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if word.is_empty() { rest.chars().take(1).collect() } else { word }
}
