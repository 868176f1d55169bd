//! The output folder as it stands: whose each file is, and whether its text is the one wanted.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::manifest;
use crate::cli::Failure;

/// What something in the folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A plain file.
    File,
    /// A folder with nothing in it.
    EmptyFolder,
    /// A folder with something in it.
    Folder,
    /// A link, which is never followed, or something rarer.
    Other,
}

/// Everything below the folder, by path with `/` between its parts.
#[derive(Debug, Default)]
pub(super) struct Standing {
    kinds: FxHashMap<OsString, Kind>,
    owned: BTreeSet<String>,
}

impl Standing {
    /// Reads the folder; a missing one is empty.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let mut standing = Self::default();
        if folder.is_dir() {
            standing.walk(folder)?;
            standing.read_manifest(folder)?;
        }
        Ok(standing)
    }

    fn walk(&mut self, folder: &Path) -> Result<(), Failure> {
        let mut open = vec![OsString::new()];
        while let Some(below) = open.pop() {
            let path = folder.join(&below);
            let unreadable = |error| Failure::io("read", &path, &error);
            let mut empty = true;
            for entry in std::fs::read_dir(&path).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                empty = false;
                let mut name = below.clone();
                if !name.is_empty() {
                    name.push("/");
                }
                name.push(entry.file_name());
                let kind = entry.file_type().map_err(unreadable)?;
                if kind.is_dir() {
                    open.push(name);
                } else {
                    self.kinds.insert(name, if kind.is_file() { Kind::File } else { Kind::Other });
                }
            }
            if !below.is_empty() {
                self.kinds.insert(below, if empty { Kind::EmptyFolder } else { Kind::Folder });
            }
        }
        Ok(())
    }

    fn read_manifest(&mut self, folder: &Path) -> Result<(), Failure> {
        if self.kind(manifest::NAME) != Some(Kind::File) {
            return Ok(());
        }
        let path = folder.join(manifest::NAME);
        let text = std::fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
        if let Some(paths) = manifest::paths(&text) {
            self.owned = paths.into_iter().filter(|path| self.kind(path) == Some(Kind::File)).collect();
            self.owned.insert(manifest::NAME.to_owned());
        }
        Ok(())
    }

    /// What stands at a path.
    pub(super) fn kind(&self, path: &str) -> Option<Kind> {
        self.kinds.get(std::ffi::OsStr::new(path)).copied()
    }

    /// The files that the manifest lists and that are there, sorted.
    pub(super) fn owned_files(&self) -> impl Iterator<Item = &str> {
        self.owned.iter().map(String::as_str)
    }

    /// Everything that we did not make, sorted: files, links and folders that were empty already.
    pub(super) fn others(&self) -> Vec<(PathBuf, Kind)> {
        let mut others: Vec<_> =
            self.kinds.iter().filter(|(path, kind)| self.is_other(path, **kind)).collect();
        others.sort_by_key(|(path, _)| *path);
        others.into_iter().map(|(path, kind)| (PathBuf::from(path), *kind)).collect()
    }

    fn is_other(&self, path: &std::ffi::OsStr, kind: Kind) -> bool {
        kind != Kind::Folder && !path.to_str().is_some_and(|path| self.owned.contains(path))
    }

    /// Whether the text already stands at a path, in a plain file that is reached through no link.
    pub(super) fn holds(
        &self,
        folder: &Path,
        path: &str,
        text: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<bool, Failure> {
        if self.kind(path) != Some(Kind::File) {
            return Ok(false);
        }
        let place = folder.join(path);
        let unreadable = |error| Failure::io("read", &place, &error);
        buffer.clear();
        // One byte more than wanted tells a longer file; its length need not be asked for.
        let wanted = text.len() as u64 + 1;
        File::open(&place).and_then(|file| file.take(wanted).read_to_end(buffer)).map_err(unreadable)?;
        Ok(buffer == text.as_bytes())
    }

    /// Refuses to write over what the manifest does not list, or through a link.
    pub(super) fn may_write(&self, folder: &Path, path: &str) -> Result<(), Failure> {
        for (end, _) in path.match_indices('/') {
            let parent = path.get(..end).unwrap_or_default();
            if matches!(self.kind(parent), Some(Kind::Other)) || self.is_foreign_file(parent) {
                return Err(in_the_way(folder, parent));
            }
        }
        match self.kind(path) {
            None => Ok(()),
            Some(Kind::File) if self.owned.contains(path) => Ok(()),
            _ => Err(in_the_way(folder, path)),
        }
    }

    fn is_foreign_file(&self, path: &str) -> bool {
        self.kind(path) == Some(Kind::File) && !self.owned.contains(path)
    }
}

fn in_the_way(folder: &Path, path: &str) -> Failure {
    Failure(format!(
        "`{}` is in the way: no manifest says that an earlier build made it; move it, or name another output folder",
        folder.join(path).display()
    ))
}
