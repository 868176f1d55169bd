//! One source file: its place, its name as a module, its text.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::{CONFIG, Failure};

/// The extension of a program's files.
pub(super) const EXTENSION: &str = "dpl";
/// Bytes of a file at most: more is no program that somebody wrote.
const LARGEST: u64 = 64 << 20;

/// The root of a single file: the nearest folder with a `dpl.toml`, or the file's own.
pub(super) fn root(path: &Path) -> PathBuf {
    let own = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut folder = own.to_path_buf();
    // Spelled `../..`, so that paths are shown the way the user gave them.
    let depth = own.canonicalize().map_or(0, |whole| whole.components().count());
    for _ in 0..depth {
        if folder.join(CONFIG).is_file() {
            return folder;
        }
        folder = match folder.components().next_back() {
            Some(Component::Normal(_)) => {
                folder.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
            }
            _ => folder.join(".."),
        };
        if folder.as_os_str().is_empty() {
            folder = PathBuf::from(".");
        }
    }
    own.to_path_buf()
}

/// A file's text. What is not a plain file, too large or not UTF-8 is told.
pub(in crate::cli) fn text(path: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::io("read", path, &error);
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    if !kind.is_file() {
        return Err(Failure(format!("can't read `{}`: it is not a file", path.display())));
    }
    if kind.len() > LARGEST {
        let megabytes = kind.len() >> 20;
        return Err(Failure(format!(
            "can't read `{}`: it has {megabytes} MiB, and a file may have {} MiB",
            path.display(),
            LARGEST >> 20
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or_default());
    File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
        .map_err(|error| Failure::io("read", path, &error))?;
    String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Failure {
    let at = error.utf8_error().valid_up_to();
    let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    Failure(format!("can't read `{}`: line {line} (byte {at}) is not UTF-8", path.display()))
}

/// A path as it is shown and kept: with `/` between its parts, without a leading `./`.
pub(in crate::cli) fn shown(path: &Path) -> Result<String, Failure> {
    let Some(text) = path.to_str() else {
        return Err(Failure(format!("can't use `{}`: its name is not UTF-8", path.display())));
    };
    let text = if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.to_owned() };
    Ok(text.strip_prefix("./").filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(text))
}

/// A module's name: the path below the root with dots, without the extension.
pub(super) fn module(root: &Path, path: &Path) -> Result<String, Failure> {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts = below.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_str().map(str::to_owned)),
        _ => None,
    });
    let parts: Option<Vec<_>> = parts.collect();
    let parts =
        parts.ok_or_else(|| Failure(format!("can't use `{}`: its name is not UTF-8", path.display())))?;
    Ok(parts.join("."))
}
