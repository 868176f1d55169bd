//! What an output folder must not be.

use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// The real place of the output folder: links are followed, missing parents are made, the folder itself may be missing.
pub(super) fn real(out: &Path) -> Result<PathBuf, Failure> {
    let unusable = |error| Failure::io("write", out, &error);
    if out.symlink_metadata().is_ok() {
        if !std::fs::metadata(out).map_err(unusable)?.is_dir() {
            return Err(Failure(format!("can't write `{}`: it is a file, not a folder", out.display())));
        }
        return out.canonicalize().map_err(unusable);
    }
    let Some(name) = out.file_name() else {
        return Err(Failure(format!("can't write `{}`: it does not name a folder", out.display())));
    };
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(unusable)?;
    Ok(parent.canonicalize().map_err(unusable)?.join(name))
}

/// Refuses a folder that holds the program's own files.
pub(super) fn no_sources(out: &Path, sources: &[PathBuf]) -> Result<(), Failure> {
    let Ok(folder) = out.canonicalize() else { return Ok(()) };
    let is_inside = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(&folder));
    // Files of one folder come one behind the other, and most are no links: where their folder lies is asked once.
    let mut last: Option<(&Path, bool)> = None;
    let mut within = None;
    for path in sources {
        let is_link = path.symlink_metadata().is_ok_and(|kind| kind.is_symlink());
        let parent = path.parent().filter(|parent| !is_link && !parent.as_os_str().is_empty());
        let is_within = match (parent, last) {
            (Some(parent), Some((known, answer))) if known == parent => answer,
            (Some(parent), _) => last.insert((parent, is_inside(parent))).1,
            (None, _) => is_inside(path),
        };
        if is_within {
            within = Some(path);
            break;
        }
    }
    match within {
        Some(source) => Err(Failure(format!(
            "can't write `{}`: it holds the program's own `{}`; name a folder for the output alone",
            out.display(),
            source.display()
        ))),
        None => Ok(()),
    }
}
