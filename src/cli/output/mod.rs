//! The output folder: what is to stand in it, and how it gets there in one step.

pub(super) mod compare;
mod guard;
mod in_place;
mod lines;
mod manifest;
mod plan;
mod stage;
mod standing;
mod swap;

use std::path::{Path, PathBuf};

pub(super) use self::manifest::place;
pub(super) use self::plan::Plan;
use self::standing::Standing;
use super::{Failure, report};

/// What a build changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Summary {
    files: usize,
    written: usize,
    removed: usize,
}

impl Summary {
    /// One line for the user.
    pub(super) fn sentence(self, out: &Path) -> String {
        let Self { files, written, removed } = self;
        let plural = if files == 1 { "" } else { "s" };
        let out = report::printable(&out.display().to_string());
        format!(
            "{files} file{plural} in `{out}`: {written} written, {removed} removed, {} unchanged\n",
            files - written
        )
    }
}

/// The difference between a plan and a folder, made sure that nothing of the user's is in its way.
struct Change<'a> {
    /// What stands there.
    standing: &'a Standing,
    /// Paths of the plan whose text already stands there.
    same: Vec<bool>,
    /// Paths that the manifest lists and the program no longer makes.
    stale: Vec<String>,
}

/// Makes the folder what the plan says. `sources` are the program's files, which must not lie in the folder.
pub(super) fn write(out: &Path, plan: &Plan, sources: &[PathBuf]) -> Result<Summary, Failure> {
    guard::no_sources(out, sources)?;
    let folder = guard::real(out)?;
    let _alone = swap::alone(&folder)?;
    swap::recover(&folder)?;
    let standing = Standing::read(&folder)?;
    let change = change(&folder, plan, &standing)?;
    let written = change.same.iter().filter(|same| !**same).count();
    let summary = Summary { files: plan.files.len(), written, removed: change.stale.len() };
    if written > 0 || summary.removed > 0 {
        apply(&folder, plan, &change)?;
    }
    Ok(summary)
}

fn change<'a>(folder: &Path, plan: &Plan, standing: &'a Standing) -> Result<Change<'a>, Failure> {
    let mut same = Vec::with_capacity(plan.files.len());
    let mut buffer = Vec::new();
    for (path, text) in &plan.files {
        let equal = standing.holds(folder, path, text, &mut buffer)?;
        if !equal {
            standing.may_write(folder, path)?;
        }
        same.push(equal);
    }
    let stale =
        standing.owned_files().filter(|path| !plan.files.contains_key(*path)).map(str::to_owned).collect();
    Ok(Change { standing, same, stale })
}

/// Swaps a finished folder in; where the system can't swap (a mount point, a parent that is not ours), replaces file by file.
fn apply(folder: &Path, plan: &Plan, change: &Change<'_>) -> Result<(), Failure> {
    let staged = swap::staging(folder);
    let swapped = stage::fill(&staged, folder, plan, change).and_then(|()| swap::swap(&staged, folder));
    let Err(error) = swapped else { return Ok(()) };
    swap::discard(&staged);
    if !swap::needs_other_way(&error.cause) || !folder.is_dir() {
        return Err(error.into_failure());
    }
    report::error(&format!(
        "note: `{}` can't be replaced in one step ({}), so its files are replaced one by one\n",
        report::printable(&folder.display().to_string()),
        super::reason(&error.cause)
    ));
    in_place::write(folder, plan, change).map_err(Fault::into_failure)
}

/// A file or folder that could not be written.
#[derive(Debug)]
struct Fault {
    path: PathBuf,
    cause: std::io::Error,
}

impl Fault {
    /// For `map_err`: the fault at a path.
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self { path, cause }
    }

    fn into_failure(self) -> Failure {
        Failure::io("write", &self.path, &self.cause)
    }
}
