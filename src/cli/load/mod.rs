//! A program from the file system: its sources, its `dpl.toml`, its output folder.

mod file;
mod folder;
mod revision;
mod uses;

use std::path::{Path, PathBuf};

use dpl::config::{Config, Manifest};
use dpl::diagnostic::{Diagnostic, Diagnostics};
use dpl::lsp::workspace::Text;
use dpl::platform::Project;
use dpl::source::SourceMap;

pub(super) use self::revision::Revision;
pub(super) use file::{shown, text};

use super::input;
use super::report::Format;
use super::{Failure, Outcome, report};

const CONFIG: &str = "dpl.toml";
const OUT: &str = "out";

/// What loading came to.
pub(super) enum Loaded {
    /// All of it.
    Program(Box<Program>),
    /// A `dpl.toml` that is wrong; what the program means depends on it.
    Misconfigured(Misconfigured),
}

/// A program that can be analyzed.
pub(super) struct Program {
    pub(super) sources: SourceMap,
    pub(super) config: Config,
    /// Where the output goes unless the command says otherwise.
    pub(super) out: PathBuf,
    /// The folder that modules are named from.
    pub(super) root: PathBuf,
    /// Where its files were read from.
    pub(super) paths: Vec<PathBuf>,
}

/// The faults of a `dpl.toml`.
pub(super) struct Misconfigured {
    sources: SourceMap,
    diagnostics: Vec<Diagnostic>,
}

impl Misconfigured {
    /// Shows them.
    pub(super) fn report(&self, format: Format) -> Outcome {
        report::diagnostics(&self.diagnostics, &self.sources, format);
        Outcome::Faulty
    }
}

/// A source file that is to be read.
struct Source {
    path: PathBuf,
    module: String,
}

/// The source files that paths name: files themselves, and those below folders, each once.
pub(super) fn below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?;
        if kind.is_dir() {
            files.extend(folder::find(path, None)?);
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(files)
}

/// A program for an editor: every file that can be read, and the settings as far as they are right.
pub(super) fn workspace(root: &Path) -> (Vec<Text>, Project) {
    let input = input::Program { path: root.to_path_buf(), env: None, set: Vec::new() };
    let config = configuration(root, &input).ok().and_then(Result::ok);
    let (out, project) =
        config.map_or((None, Project::default()), |(config, _)| (config.out, config.project));
    let out = root.join(out.as_deref().unwrap_or(OUT));
    let paths = folder::find(root, Some(&out)).unwrap_or_default();
    (paths.iter().filter_map(|path| editor_text(root, path)).collect(), project)
}

/// A file for an editor; nothing where it can't be read.
pub(super) fn editor_text(root: &Path, path: &Path) -> Option<Text> {
    let shown = shown(path).ok()?;
    Some(Text { module: module(root, &shown)?, path: shown, text: text(path).ok()? })
}

/// The name of the module at a path below a program's folder.
pub(super) fn module(root: &Path, path: &str) -> Option<String> {
    file::module(root, Path::new(path)).ok()
}

/// Reads everything that the arguments name.
pub(super) fn load(input: &input::Program) -> Result<Loaded, Failure> {
    let kind = std::fs::metadata(&input.path).map_err(|error| Failure::io("read", &input.path, &error))?;
    let root = if kind.is_dir() { input.path.clone() } else { file::root(&input.path) };
    let (config, configured) = match configuration(&root, input)? {
        Ok(pair) => pair,
        Err(misconfigured) => return Ok(Loaded::Misconfigured(misconfigured)),
    };
    // An output folder of `dpl.toml` stands beside it; without one it is where the command runs.
    let out =
        config.out.as_ref().filter(|_| configured).map_or_else(|| PathBuf::from(OUT), |out| root.join(out));
    let (sources, paths) =
        if kind.is_dir() { folder::read(&root, &out)? } else { uses::read(&root, &input.path)? };
    Ok(Loaded::Program(Box::new(Program { sources, config, root, out, paths })))
}

/// A file's text beside a program, with its path as it is shown.
pub(super) fn text_of(path: &Path) -> Result<(String, String), Failure> {
    Ok((shown(path)?, text(path)?))
}

/// The settings, and whether there is a `dpl.toml` at all.
fn configuration(
    root: &Path,
    input: &input::Program,
) -> Result<Result<(Config, bool), Misconfigured>, Failure> {
    let path = root.join(CONFIG);
    let found = path.symlink_metadata().is_ok();
    let mut sources = SourceMap::default();
    let mut diagnostics = Diagnostics::default();
    let mut manifest = Manifest::default();
    if found {
        let text = text(&path)?;
        let id = sources.add(shown(&path)?, "", text, false);
        if let Some(file) = sources.file(id) {
            manifest = Manifest::read(file, &mut diagnostics);
        }
    }
    if diagnostics.has_errors() {
        return Ok(Err(Misconfigured { sources, diagnostics: diagnostics.into_sorted() }));
    }
    let mut config = manifest.select(input.env.as_deref()).map_err(Failure)?;
    config.project.params.extend(input.set.iter().cloned());
    Ok(Ok((config, found)))
}
