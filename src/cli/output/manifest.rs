//! `manifest.json`: which files the program made, and from what.

use std::path::Path;

use dpl::artifact::Artifact;
use dpl::source::SourceMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Its name in the output folder.
pub(super) const NAME: &str = "manifest.json";
const VERSION: u32 = 1;
/// Bytes of a usual entry.
const ENTRY_SIZE: usize = 400;

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    files: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    path: &'a str,
    account: &'a str,
    family: &'a str,
    declaration: &'a str,
    source: String,
    sha256: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

/// The manifest of artifacts that are sorted by path. Sources are told from the program's root, so that the same program gives the same
/// bytes wherever it lies and wherever the command runs.
pub(super) fn render(made: &[Artifact], sources: &SourceMap, root: &Path) -> String {
    let entry = |artifact: &Artifact| -> String {
        let place = sources.position(artifact.source.start);
        place
            .map(|(file, position)| format!("{}:{}", below(root, &file.path), position.line))
            .unwrap_or_default()
    };
    let files = made.iter().map(|artifact| Entry {
        path: &artifact.path,
        account: &artifact.account,
        family: artifact.family,
        declaration: &artifact.declaration,
        source: entry(artifact),
        sha256: digest(&artifact.text),
        notes: &artifact.notes,
    });
    let manifest = Manifest { version: VERSION, files: files.collect() };
    let mut text = Vec::with_capacity(made.len() * ENTRY_SIZE);
    let written = serde_json::to_writer_pretty(&mut text, &manifest);
    debug_assert!(written.is_ok(), "a manifest holds nothing that JSON can't");
    text.push(b'\n');
    String::from_utf8(text).unwrap_or_default()
}

fn below<'a>(root: &Path, path: &'a str) -> &'a str {
    let root = root.strip_prefix(".").unwrap_or(root);
    Path::new(path).strip_prefix(root).ok().and_then(Path::to_str).unwrap_or(path)
}

fn digest(text: &str) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The part of a manifest that says which files are ours. Other members may differ between versions of the program.
#[derive(Serialize, Deserialize)]
struct Listed {
    version: u32,
    files: Vec<ListedPath>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct ListedPath {
    path: String,
}

/// A manifest that only says which files are ours.
pub(super) fn of_paths<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let mut files: Vec<_> =
        paths.filter(|path| *path != NAME).map(|path| ListedPath { path: path.to_owned() }).collect();
    files.sort();
    files.dedup();
    serde_json::to_string_pretty(&Listed { version: VERSION, files }).unwrap_or_default() + "\n"
}

/// The paths that an old manifest lists; none where the text is no manifest of ours. A path that leads out of the folder is not listed:
/// somebody else wrote it.
pub(super) fn paths(text: &[u8]) -> Option<Vec<String>> {
    let listed: Listed = serde_json::from_slice(text).ok()?;
    let below = listed.files.into_iter().map(|file| file.path).filter(|path| is_below(path));
    (listed.version == VERSION).then(|| below.collect())
}

/// Whether a path leads to a place below the folder that it is relative to, on every system: no part is empty, `.` or `..`, and none has a
/// character that some system reads as more than a character.
pub(super) fn is_below(path: &str) -> bool {
    let plain = |part: &str| {
        let special = |character: char| character.is_control() || matches!(character, '\\' | ':');
        !part.is_empty() && part != "." && part != ".." && !part.contains(special)
    };
    path.split('/').all(plain)
}
