//! Puts a finished folder in the place of the old one. On Linux and macOS the system exchanges the two names in one step, so there is no moment
//! without an output folder. Elsewhere, and on file systems that can't, the old one is first renamed aside, and a later build puts it back
//! if this one is killed in between.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Fault;
use crate::cli::Failure;

/// How often, and after what pause, a build waits for another one beside it.
const PATIENCE: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// Where the new folder is filled.
pub(super) fn staging(folder: &Path) -> PathBuf {
    beside(folder, ".dpl-new")
}

/// Where the old folder waits in the second way.
fn aside(folder: &Path) -> PathBuf {
    beside(folder, ".dpl-old")
}

fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    folder.with_file_name(name)
}

/// Keeps other builds out until it is dropped, or the process ends in whatever way. The lock is on the parent folder, so it leaves no file
/// behind. A file system without locks is used without.
pub(super) fn alone(folder: &Path) -> Result<Option<File>, Failure> {
    let Ok(parent) = File::open(folder.parent().unwrap_or(folder)) else { return Ok(None) };
    for _ in 0..PATIENCE {
        match parent.try_lock() {
            Ok(()) => return Ok(Some(parent)),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(fs::TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(Failure(format!("another build is writing beside `{}`", folder.display())))
}

/// Clears away what a killed build left, and puts the old folder back where it was killed between two renames.
pub(super) fn recover(folder: &Path) -> Result<(), Failure> {
    let old = aside(folder);
    if old.is_dir() && folder.symlink_metadata().is_err() {
        fs::rename(&old, folder).map_err(|error| Failure::io("put back", folder, &error))?;
    }
    discard(&old);
    discard(&staging(folder));
    Ok(())
}

/// Removes a folder as far as possible: what remains is in nobody's way, and the next build tries again. Links in it are not followed.
pub(super) fn discard(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// Gives `staged` the name of `folder`, and removes what had it.
pub(super) fn swap(staged: &Path, folder: &Path) -> Result<(), Fault> {
    if folder.symlink_metadata().is_err() {
        return fs::rename(staged, folder).map_err(Fault::at(folder));
    }
    match exchange(staged, folder) {
        Ok(()) => {
            discard(staged);
            Ok(())
        }
        Err(error) if can_rename_instead(&error) => rename_twice(staged, folder),
        Err(error) => Err(Fault::at(folder)(error)),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(staged: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, staged, CWD, folder, RenameFlags::EXCHANGE).map_err(io::Error::from)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::from(ErrorKind::Unsupported))
}

/// Whether it was the exchange that the system does not know, and not the folder that can't be renamed.
fn can_rename_instead(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
}

fn rename_twice(staged: &Path, folder: &Path) -> Result<(), Fault> {
    let old = aside(folder);
    fs::rename(folder, &old).map_err(Fault::at(folder))?;
    if let Err(error) = fs::rename(staged, folder) {
        fs::rename(&old, folder).map_err(Fault::at(folder))?;
        return Err(Fault::at(folder)(error));
    }
    discard(&old);
    Ok(())
}

/// Whether the folder can only be changed from within: it is a mount point, lies on another layer, or its parent can't be written.
pub(super) fn needs_other_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::CrossesDevices
            | ErrorKind::ResourceBusy
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    )
}
