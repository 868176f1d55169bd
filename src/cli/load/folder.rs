//! A program that is a folder: every source file below it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use dpl::source::SourceMap;

use super::file::{self, EXTENSION};
use super::{Failure, Source};

/// Cargo's folder, which may hold copies of a project.
const TARGET: &str = "target";

/// Bytes of a program at most; offsets have 32 bits, and the standard library stands in front.
const MOST: usize = 2 << 30;

/// Reads every `*.dpl` below the root, in the order of their modules' names. Hidden folders, `target` and the output folder are left out.
pub(super) fn read(root: &Path, out: &Path) -> Result<(SourceMap, Vec<PathBuf>), Failure> {
    let mut sources = Vec::new();
    for path in find(root, Some(out))? {
        sources.push(Source { module: file::module(root, &path)?, path });
    }
    if sources.is_empty() {
        return Err(Failure(format!(
            "there is no `.{EXTENSION}` file in `{}`; `dpl init DIR` writes a project to start from",
            root.display()
        )));
    }
    sources.sort_by(|a, b| (&a.module, &a.path).cmp(&(&b.module, &b.path)));
    distinct(&sources)?;
    add_all(sources)
}

/// Reads the files into one source map, behind the standard library.
pub(super) fn add_all(sources: Vec<Source>) -> Result<(SourceMap, Vec<PathBuf>), Failure> {
    let mut map = dpl::sources();
    let mut paths = Vec::with_capacity(sources.len());
    let mut bytes = 0_usize;
    for Source { path, module } in sources {
        let text = file::text(&path)?;
        bytes = bytes.saturating_add(text.len()).saturating_add(1);
        if bytes > MOST {
            return Err(Failure(format!("the program has more than {} GiB of text", MOST >> 30)));
        }
        map.add(file::shown(&path)?, module, text, false);
        paths.push(path);
    }
    Ok((map, paths))
}

fn distinct(sources: &[Source]) -> Result<(), Failure> {
    for pair in sources.windows(2) {
        if let [first, second] = pair
            && first.module == second.module
        {
            return Err(Failure(format!(
                "`{}` and `{}` are both the module `{}`",
                first.path.display(),
                second.path.display(),
                first.module
            )));
        }
    }
    Ok(())
}

/// The source files below a folder. Links to folders are followed after everything else and each real folder is read once, so that a
/// loop ends and a file has the name of its real place.
pub(super) fn find(root: &Path, out: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let real = |folder: &Path| folder.canonicalize().map_err(|error| Failure::io("read", folder, &error));
    let mut seen: BTreeSet<PathBuf> = out.and_then(|out| out.canonicalize().ok()).into_iter().collect();
    // Standing in an output folder that lies around the sources is refused when it is written to, not here.
    seen.remove(&real(root)?);
    let mut folders = vec![root.to_path_buf()];
    let mut links = Vec::new();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop().or_else(|| links.pop()) {
        if !seen.insert(real(&folder)?) {
            continue;
        }
        let mut linked = Vec::new();
        for entry in entries(&folder)? {
            let path = entry.path();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            match kind(&entry) {
                Kind::Source => found.push(path),
                Kind::Folder if is_link => linked.push(path),
                Kind::Folder => folders.push(path),
                Kind::Other => {}
            }
        }
        links.extend(linked.into_iter().rev());
    }
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, Failure> {
    let unreadable = |error| Failure::io("read", folder, &error);
    let mut entries =
        std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

enum Kind {
    Source,
    Folder,
    Other,
}

fn kind(entry: &DirEntry) -> Kind {
    let path = entry.path();
    let name = entry.file_name();
    let hidden = name.as_encoded_bytes().starts_with(b".");
    let named_as_source = path.extension() == Some(OsStr::new(EXTENSION));
    // The folder tells what is in it; only where a link leads must be asked for.
    let is_folder = entry.file_type().is_ok_and(|kind| match kind.is_symlink() {
        true => std::fs::metadata(&path).is_ok_and(|kind| kind.is_dir()),
        false => kind.is_dir(),
    });
    match is_folder {
        true if !hidden && name != TARGET => Kind::Folder,
        // What can't be looked at is told when it is read.
        false if named_as_source && !hidden => Kind::Source,
        _ => Kind::Other,
    }
}
