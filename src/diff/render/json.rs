//! For programs: one object.

use serde::Serialize;

use super::Places;
use crate::diff::{Class, Diff, Gain, Topic, Turn, Version};

#[derive(Serialize)]
struct Told<'a> {
    changes: Vec<Change<'a>>,
    order: &'a [Turn],
}

#[derive(Serialize)]
struct Change<'a> {
    class: Class,
    topic: Topic,
    subject: &'a str,
    what: &'a str,
    details: &'a [String],
    readers: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'a Gain>,
    version: Version,
    file: Option<String>,
    line: Option<u32>,
}

/// The whole text.
pub fn render(diff: &Diff, places: Places<'_>) -> String {
    let changes = diff.entries.iter().map(|entry| {
        let (file, line) = places(entry.at).unzip();
        Change {
            class: entry.class,
            topic: entry.topic,
            subject: &entry.subject,
            what: &entry.what,
            details: &entry.details,
            readers: &entry.readers,
            access: entry.gain.as_ref(),
            version: entry.at.version,
            file,
            line,
        }
    });
    let told = Told { changes: changes.collect(), order: &diff.order };
    serde_json::to_string_pretty(&told).unwrap_or_default() + "\n"
}
