//! A program that files of the editor belong to, as the answering thread knows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dpl::lsp::workspace::Snapshot;
use lsp_server::Request;
use lsp_types::Diagnostic;

/// The settings' file, which marks a program's folder.
const CONFIG: &str = "dpl.toml";

/// What is known of a program.
#[derive(Default)]
pub(super) struct Program {
    /// The last analysis.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The number of the last change.
    pub told: u64,
    /// The number of the change that the last analysis has seen.
    pub seen: u64,
    /// What was published last, by path.
    pub published: BTreeMap<String, Vec<Diagnostic>>,
    /// Requests that need an analysis of the present texts.
    pub waiting: Vec<Request>,
}

/// The folder of the program that a file belongs to: the nearest with a `dpl.toml` inside the folders that the editor has open, else that
/// folder itself, else the file's own.
pub(super) fn root(path: &Path, folders: &[PathBuf]) -> PathBuf {
    let own = path.parent().unwrap_or(path);
    let folder = folders
        .iter()
        .filter(|folder| path.starts_with(folder))
        .max_by_key(|folder| folder.as_os_str().len());
    let limit = folder.map_or(own, PathBuf::as_path);
    let above = own.ancestors().take_while(|above| above.starts_with(limit));
    let marked = above.into_iter().find(|above| above.join(CONFIG).is_file());
    marked.unwrap_or(limit).to_path_buf()
}

/// Whether a path is a program's settings.
pub(super) fn is_settings(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == CONFIG)
}
