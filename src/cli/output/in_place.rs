//! Replaces the files of a folder one by one, for folders that can't be replaced as a whole. Each file is whole at any moment, and the
//! manifest lists old and new files while this goes on, so that a build after a killed one knows what is ours.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::plan::Plan;
use super::{Change, Fault, manifest};

/// The name under which a file is written before it takes its place.
const UNFINISHED: &str = ".dpl-unfinished";

/// Makes the folder what the plan says.
pub(super) fn write(folder: &Path, plan: &Plan, change: &Change<'_>) -> Result<(), Fault> {
    let all = change.standing.owned_files().chain(plan.files.keys().map(String::as_str));
    put(folder, manifest::NAME, &manifest::of_paths(all))?;
    for path in &change.stale {
        let place = folder.join(path);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Fault::at(&place)(error)),
            _ => remove_emptied(folder, &place),
        }
    }
    for ((path, text), same) in plan.files.iter().zip(&change.same) {
        if !*same && path != manifest::NAME {
            put(folder, path, text)?;
        }
    }
    let last = plan.files.get(manifest::NAME).map_or("", String::as_str);
    put(folder, manifest::NAME, last)
}

fn put(folder: &Path, path: &str, text: &str) -> Result<(), Fault> {
    let (place, unfinished) = (folder.join(path), folder.join(UNFINISHED));
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(Fault::at(parent))?;
    }
    fs::write(&unfinished, text).map_err(Fault::at(&unfinished))?;
    fs::rename(&unfinished, &place).map_err(Fault::at(&place))
}

/// Removes the folders that a removed file leaves empty; the first one that is not stays, and so do those above it.
fn remove_emptied(folder: &Path, file: &Path) {
    let parents = file.ancestors().skip(1).take_while(|parent| *parent != folder);
    for parent in parents {
        if fs::remove_dir(parent).is_err() {
            return;
        }
    }
}
