//! What is to stand in the output folder: the artifacts and the manifest that lists them.

use std::collections::BTreeMap;
use std::path::Path;

use dpl::artifact::{Artifact, Artifacts};
use dpl::source::SourceMap;

use super::manifest;
use crate::cli::Failure;

/// Every file of the output with its text, by path.
pub(in crate::cli) struct Plan {
    pub(super) files: BTreeMap<String, String>,
}

impl Plan {
    /// The plan of what was compiled. Two declarations that make one file, or a path that is not one of a folder, stop the build: nothing is
    /// written over something else.
    pub(in crate::cli) fn of(
        artifacts: Artifacts,
        sources: &SourceMap,
        root: &Path,
    ) -> Result<Self, Failure> {
        let mut made = artifacts.files;
        made.sort_by(|a, b| a.path.cmp(&b.path));
        distinct(&made)?;
        let manifest = manifest::render(&made, sources, root);
        let mut files = BTreeMap::new();
        for Artifact { path, text, declaration, .. } in made {
            if !manifest::is_below(&path) || path == manifest::NAME {
                return Err(Failure(format!("`{declaration}` makes a file that can't be written: `{path}`")));
            }
            files.insert(path, text);
        }
        files.insert(manifest::NAME.to_owned(), manifest);
        Ok(Self { files })
    }
}

fn distinct(made: &[Artifact]) -> Result<(), Failure> {
    for pair in made.windows(2) {
        if let [first, second] = pair
            && first.path == second.path
        {
            let (first, path) = (&first.declaration, &first.path);
            return Err(Failure(format!(
                "`{first}` and `{}` both make the file `{path}`",
                second.declaration
            )));
        }
    }
    Ok(())
}
