//! A folder or a file as it is in a revision of git: read by git itself, into a folder of its own.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use super::Failure;

/// What was taken; cleared away when it is dropped.
pub(in crate::cli) struct Revision {
    folder: PathBuf,
    path: PathBuf,
}

impl Drop for Revision {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Revision {
    /// Takes a path out of a revision.
    pub(in crate::cli) fn take(revision: &str, path: &Path) -> Result<Self, Failure> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(Failure(format!("`{revision}` is no revision")));
        }
        let real = path.canonicalize().map_err(|error| Failure::io("read", path, &error))?;
        let (at, name) = match (real.is_dir(), real.parent(), real.file_name()) {
            (false, Some(parent), Some(name)) => (parent.to_owned(), Some(PathBuf::from(name))),
            _ => (real, None),
        };
        let listed = git(&at, &["ls-tree", "-r", "-z", "--name-only", revision, "--", "."])?;
        let folder = fresh()?;
        let taken = Self { path: name.map_or_else(|| folder.clone(), |name| folder.join(name)), folder };
        for file in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(file).into_owned();
            if is_wanted(Path::new(&name)) {
                taken.write(&name, &git(&at, &["show", &format!("{revision}:./{name}")])?)?;
            }
        }
        Ok(taken)
    }

    /// Where it lies.
    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, name: &str, text: &[u8]) -> Result<(), Failure> {
        let target = self.folder.join(name);
        let failed = |error: std::io::Error| Failure::io("write", &target, &error);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::write(&target, text).map_err(failed)
    }
}

/// Only what a program is read from, and only below the folder.
fn is_wanted(path: &Path) -> bool {
    let below = path.components().all(|part| matches!(part, Component::Normal(_)));
    let source = path.extension().is_some_and(|it| it == super::file::EXTENSION);
    below && (source || path.file_name().is_some_and(|it| it == super::CONFIG))
}

/// A folder that nobody else has: making it fails where it is there already.
fn fresh() -> Result<PathBuf, Failure> {
    let named = |number: u32| std::env::temp_dir().join(format!("dpl-diff-{}-{number}", std::process::id()));
    let mut number = 0;
    loop {
        let folder = named(number);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(error) => return Err(Failure::io("make", &folder, &error)),
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let output = Command::new("git").current_dir(folder).args(arguments).output();
    let output = output.map_err(|error| Failure(format!("can't run `git`: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure(format!("git: {}", said.lines().next().unwrap_or("it failed"))))
}
