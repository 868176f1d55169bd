//! A program that is one file: that file, and the modules that it uses, and those that they use.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use dpl::diagnostic::Diagnostics;
use dpl::source::SourceMap;
use dpl::syntax;

use super::file::{self, EXTENSION};
use super::{Failure, Source, folder};

/// Reads the file and what it uses below the root. A module without a file is left to the analysis, which tells where it is used.
pub(super) fn read(root: &Path, path: &Path) -> Result<(SourceMap, Vec<PathBuf>), Failure> {
    if path.extension().is_none_or(|extension| extension != EXTENSION) {
        return Err(Failure(format!("`{}` is no `.{EXTENSION}` file", path.display())));
    }
    let first = file::module(root, path)?;
    let mut seen = BTreeSet::from([first.clone()]);
    let mut open = VecDeque::from([Source { path: path.to_path_buf(), module: first }]);
    let mut found = Vec::new();
    while let Some(source) = open.pop_front() {
        for module in used(&file::text(&source.path)?) {
            let path = place(root, &module);
            if path.is_file() && seen.insert(module.clone()) {
                open.push_back(Source { path, module });
            }
        }
        found.push(source);
    }
    found.sort_by(|a, b| a.module.cmp(&b.module));
    folder::add_all(found)
}

fn place(root: &Path, module: &str) -> PathBuf {
    let mut path = root.to_path_buf();
    path.extend(module.split('.'));
    path.set_extension(EXTENSION);
    path
}

/// The modules that a text uses. What can't be read in it is told by the analysis.
fn used(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let id = sources.add("", "", text, false);
    let Some(file) = sources.file(id) else { return Vec::new() };
    let module = syntax::parse(id, file, &mut Diagnostics::default());
    let name = |path: &syntax::ast::Path| {
        let parts = path.parts.iter().map(|part| part.name.as_str());
        parts.collect::<Vec<_>>().join(".")
    };
    module.uses.iter().map(|one| name(&one.path)).collect()
}
