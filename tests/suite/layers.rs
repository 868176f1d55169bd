//! The arrows of ARCHITECTURE.md's picture, kept: what each room may not look into.

use std::path::{Path, PathBuf};

/// A room, and the rooms that it may not import.
const CLOSED: &[(&str, &[&str])] = &[
    (
        "machine",
        &[
            "access",
            "artifact",
            "check",
            "config",
            "diagnostic",
            "library",
            "lower",
            "platform",
            "prove",
            "resolve",
            "run",
            "source",
            "sql",
            "syntax",
            "target",
            "window",
        ],
    ),
    (
        "window",
        &[
            "access",
            "artifact",
            "check",
            "config",
            "diagnostic",
            "library",
            "lower",
            "platform",
            "resolve",
            "run",
            "source",
            "sql",
            "syntax",
            "target",
        ],
    ),
    (
        "syntax",
        &[
            "access", "artifact", "check", "config", "library", "lower", "platform", "resolve", "run", "sql",
            "target", "window",
        ],
    ),
    (
        "format",
        &[
            "access",
            "artifact",
            "check",
            "config",
            "library",
            "lower",
            "machine",
            "platform",
            "prove",
            "rehearsal",
            "resolve",
            "run",
            "sql",
            "target",
            "window",
        ],
    ),
    (
        "lsp",
        &[
            "artifact",
            "check",
            "config",
            "lower",
            "machine",
            "prove",
            "rehearsal",
            "resolve",
            "run",
            "target",
            "window",
        ],
    ),
    (
        "diagnostic",
        &[
            "access", "artifact", "check", "library", "lower", "platform", "resolve", "run", "sql", "syntax",
            "target", "window",
        ],
    ),
    ("platform", &["access", "artifact", "check", "lower", "resolve", "run", "target", "window"]),
    ("library", &["access", "artifact", "check", "lower", "resolve", "run", "sql", "target", "window"]),
    ("resolve", &["access", "artifact", "check", "lower", "run", "target", "window"]),
    (
        "flow",
        &["access", "artifact", "check", "lower", "prove", "resolve", "run", "syntax", "target", "window"],
    ),
    ("check", &["artifact", "resolve", "run", "target", "window"]),
    ("access", &["artifact", "check", "resolve", "run", "target", "window"]),
    ("target", &["check", "resolve", "run", "window", "machine", "rehearsal"]),
    ("diff", &["check", "resolve", "run", "syntax", "target", "window", "machine", "rehearsal"]),
    ("graph", &["check", "resolve", "target", "lower", "run", "window", "machine", "rehearsal"]),
    ("rehearsal", &["access", "artifact", "check", "resolve"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every room that a file names behind `crate::`, alone or in a group.
fn imports(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 1;
                let mut word = String::new();
                for letter in group.chars() {
                    match letter {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        rooms.push(word.clone());
                        break;
                    }
                    if depth == 1 && letter == ',' {
                        rooms.push(std::mem::take(&mut word));
                    } else if depth == 1 {
                        word.push(letter);
                    }
                }
            }
            None => rooms
                .push(rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()),
        }
    }
    let first = |room: String| room.trim().split("::").next().unwrap_or_default().to_owned();
    rooms.into_iter().map(first).collect()
}

#[test]
fn no_room_looks_where_it_may_not() {
    let mut broken = Vec::new();
    for (room, closed) in CLOSED {
        for file in sources(&source_root().join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for import in imports(&text) {
                if closed.contains(&import.as_str()) {
                    broken.push(format!("{}: {room} imports {import}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn no_target_knows_another() {
    let root = source_root().join("target");
    let targets: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for target in &targets {
        for file in sources(&root.join(target)) {
            let text = std::fs::read_to_string(&file).unwrap();
            // `bundle` is no target: two are made of what it reads out of the calls.
            for other in targets.iter().filter(|other| *other != target && *other != "bundle") {
                assert!(
                    !text.contains(&format!("target::{other}")),
                    "{}: {target} knows {other}",
                    file.display()
                );
            }
        }
    }
}
