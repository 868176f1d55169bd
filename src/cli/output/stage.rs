//! Fills the folder that is to take the old one's place. What does not change is linked, so that it is neither written nor dated anew.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use super::plan::Plan;
use super::standing::Kind;
use super::{Change, Fault};

/// Fills `staged`, which must not exist, with what `folder` is to hold.
pub(super) fn fill(staged: &Path, folder: &Path, plan: &Plan, change: &Change<'_>) -> Result<(), Fault> {
    fs::create_dir(staged).map_err(Fault::at(staged))?;
    let mut folders: BTreeSet<OsString> = BTreeSet::new();
    // Paths are sorted, so that a folder's files come one behind the other.
    let (mut last, mut within) = ("", staged.to_path_buf());
    for ((path, text), same) in plan.files.iter().zip(&change.same) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if parent != last {
            make_parents(staged, Path::new(path), &mut folders)?;
            (last, within) = (parent, staged.join(parent));
        }
        let to = within.join(name);
        if !*same || fs::hard_link(folder.join(path), &to).is_err() {
            fs::write(&to, text).map_err(Fault::at(&to))?;
        }
    }
    for (path, kind) in change.standing.others() {
        let made = path.to_str().is_some_and(|path| plan.files.contains_key(path));
        if !made && !folders.contains(path.as_os_str()) {
            make_parents(staged, &path, &mut folders)?;
            carry(&folder.join(&path), &staged.join(&path), kind)?;
        }
    }
    keep_permissions(staged, folder, &folders)
}

fn make_parents(staged: &Path, path: &Path, made: &mut BTreeSet<OsString>) -> Result<(), Fault> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    if made.contains(parent.as_os_str()) {
        return Ok(());
    }
    make_parents(staged, parent, made)?;
    let place = staged.join(parent);
    fs::create_dir(&place).map_err(Fault::at(&place))?;
    made.insert(parent.into());
    Ok(())
}

/// Takes over what we did not make. Links are taken over as links.
fn carry(from: &Path, to: &Path, kind: Kind) -> Result<(), Fault> {
    let carried = match kind {
        Kind::Folder | Kind::EmptyFolder => return make_folder(from, to),
        Kind::File => fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ())),
        Kind::Other => fs::hard_link(from, to).or_else(|_| copy_link(from, to)),
    };
    carried.map_err(Fault::at(from))
}

fn make_folder(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::create_dir(to).map_err(Fault::at(to))?;
    let permissions = fs::metadata(from).map_err(Fault::at(from))?.permissions();
    fs::set_permissions(to, permissions).map_err(Fault::at(to))
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a link can't be copied here"))
}

/// Last, since a folder may be one that must not be written into; deepest first for the same reason.
fn keep_permissions(staged: &Path, folder: &Path, folders: &BTreeSet<OsString>) -> Result<(), Fault> {
    if !folder.is_dir() {
        return Ok(());
    }
    let root = OsString::new();
    for below in folders.iter().rev().chain(std::iter::once(&root)) {
        let Ok(old) = fs::symlink_metadata(folder.join(below)) else { continue };
        if old.is_dir() {
            let place = staged.join(below);
            fs::set_permissions(&place, old.permissions()).map_err(Fault::at(&place))?;
        }
    }
    Ok(())
}
