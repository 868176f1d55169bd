//! Reads files and analyses programs, away from the thread that answers the editor.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};
use dpl::lsp::diagnostics;
use dpl::lsp::workspace::{Snapshot, Text, Workspace};
use lsp_types::Diagnostic;

use crate::cli::load;

/// Something that became of a program.
pub(super) enum Change {
    /// A text in the editor.
    Put(Text),
    /// A file as it is on disk: read again, or gone.
    Reload(PathBuf),
    /// Its settings changed: everything is read again.
    Restart,
}

/// A change, and the number under which its analysis is expected.
pub(super) struct Job {
    pub root: PathBuf,
    pub change: Change,
    pub revision: u64,
    /// Texts in the editor stand for files while a program is read.
    pub open: Vec<Text>,
}

/// An analysis.
pub(super) struct Done {
    pub root: PathBuf,
    pub snapshot: Arc<Snapshot>,
    /// What is said of it, by path.
    pub said: BTreeMap<String, Vec<Diagnostic>>,
    pub revision: u64,
}

/// Starts the thread. It ends when nobody sends any more.
pub(super) fn start() -> (Sender<Job>, Receiver<Done>) {
    let (jobs, todo) = unbounded::<Job>();
    let (done, results) = unbounded();
    std::thread::spawn(move || work(&todo, &done));
    (jobs, results)
}

fn work(todo: &Receiver<Job>, done: &Sender<Done>) {
    let mut programs: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
    // Programs of which more is to be said once nothing more urgent is to be done.
    let mut touched: BTreeMap<PathBuf, u64> = BTreeMap::new();
    while let Ok(first) = todo.recv() {
        touched.extend(take(&mut programs, std::iter::once(first).chain(todo.try_iter())));
        while let Some((root, revision)) = touched.pop_first() {
            let Some(program) = programs.get(&root) else { continue };
            // Whoever types on does not wait for what is proved of a text that is gone.
            let snapshot = Arc::new(program.analyze_unless(|| !todo.is_empty()));
            let said = diagnostics::all(&snapshot, &super::place::uri).into_iter().collect();
            if !snapshot.proved {
                touched.insert(root.clone(), revision);
            }
            if done.send(Done { root, snapshot, said, revision }).is_err() {
                return;
            }
            touched.extend(take(&mut programs, todo.try_iter()));
        }
    }
}

/// Applies changes, and says which programs they touch. Whatever has come meanwhile is analysed at once.
fn take(
    programs: &mut BTreeMap<PathBuf, Workspace>,
    jobs: impl Iterator<Item = Job>,
) -> BTreeMap<PathBuf, u64> {
    let mut touched = BTreeMap::new();
    for job in jobs {
        touched.insert(job.root.clone(), job.revision);
        apply(programs, job);
    }
    touched
}

fn apply(programs: &mut BTreeMap<PathBuf, Workspace>, job: Job) {
    let Job { root, change, open, .. } = job;
    let program = match (programs.get_mut(&root), &change) {
        (Some(program), Change::Put(_) | Change::Reload(_)) => program,
        _ => {
            let (texts, project) = load::workspace(&root);
            let program = Workspace::new(texts, project);
            programs.insert(root.clone(), program);
            let Some(program) = programs.get_mut(&root) else { return };
            open.into_iter().for_each(|text| program.put(text));
            program
        }
    };
    match change {
        Change::Put(text) => program.put(text),
        Change::Restart => {}
        Change::Reload(path) => match (load::editor_text(&root, &path), super::place::shown(&path)) {
            (Some(text), _) => program.put(text),
            (None, Some(path)) => program.remove(&path),
            (None, None) => {}
        },
    }
}
