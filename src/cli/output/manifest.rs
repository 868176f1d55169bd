//! `manifest.json`: which files the program made, and from what.

use std::cell::RefCell;
use std::path::Path;

use dpl::artifact::{Artifact, StatementOrigins};
use dpl::source::{SourceMap, Span};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines;

/// Its name in the output folder.
pub(super) const NAME: &str = "manifest.json";
const VERSION: u32 = 1;

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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statements: Vec<Statement<'a>>,
}

/// A statement of a policy, with the lines of the program that need it.
#[derive(Serialize)]
struct Statement<'a> {
    sid: &'a str,
    needed_by: Vec<String>,
}

/// The manifest of artifacts that are sorted by path. Sources are told from the program's root, so that the same program gives the same
/// bytes wherever it lies and wherever the command runs.
pub(super) fn render(made: &[Artifact], sources: &SourceMap, root: &Path) -> String {
    let places = Places { sources, root, files: RefCell::default() };
    let source = |span: Span| {
        let found = places.of(span);
        found.map(|(file, line)| format!("{file}:{line}")).unwrap_or_default()
    };
    let files = made.iter().map(|artifact| Entry {
        path: &artifact.path,
        account: &artifact.account,
        family: artifact.family,
        declaration: &artifact.declaration,
        source: source(artifact.source),
        sha256: digest(&artifact.text),
        notes: &artifact.notes,
        statements: artifact.statements.iter().map(|it| statement(it, &places)).collect(),
    });
    let manifest = Manifest { version: VERSION, files: files.collect() };
    lines::to_string(&manifest, LINED) + "\n"
}

/// How deep the manifest has a line for each member: a statement is one line.
const LINED: usize = 4;

/// Places in files whose names from the program's root were found once.
struct Places<'a> {
    sources: &'a SourceMap,
    root: &'a Path,
    files: RefCell<FxHashMap<u32, &'a str>>,
}

impl<'a> Places<'a> {
    fn of(&self, span: Span) -> Option<(&'a str, u32)> {
        let (file, line) = self.sources.line_of(span.start)?;
        let mut files = self.files.borrow_mut();
        let name = files.entry(file.base).or_insert_with(|| below(self.root, &file.path));
        Some((*name, line))
    }
}

fn statement<'a>(of: &'a StatementOrigins, places: &Places<'_>) -> Statement<'a> {
    let mut lines: Vec<(&str, u32)> = of.needed_by.iter().filter_map(|span| places.of(*span)).collect();
    lines.sort_unstable();
    lines.dedup();
    Statement { sid: &of.sid, needed_by: lines.iter().map(|(file, line)| format!("{file}:{line}")).collect() }
}

/// A place's file, from the program's root, and its line.
pub(in crate::cli) fn place<'a>(sources: &'a SourceMap, root: &Path, span: Span) -> Option<(&'a str, u32)> {
    let (file, line) = sources.line_of(span.start)?;
    Some((below(root, &file.path), line))
}

fn below<'a>(root: &Path, path: &'a str) -> &'a str {
    let root = root.strip_prefix(".").unwrap_or(root);
    Path::new(path).strip_prefix(root).ok().and_then(Path::to_str).unwrap_or(path)
}

fn digest(text: &str) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let bytes = Sha256::digest(text.as_bytes());
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
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
