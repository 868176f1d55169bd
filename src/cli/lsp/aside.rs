//! Questions that take longer than a keystroke may: who can read something, and what it becomes. They are answered from one analysis, on a thread
//! of their own.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, unbounded};
use dpl::artifact::Artifacts;
use dpl::graph::{self, Reader};
use dpl::lsp::{lens, workspace::Snapshot};
use dpl::platform::ResourceId;
use lsp_server::{Message, Notification, RequestId, Response};
use lsp_types::notification::{Notification as _, ShowMessage};
use lsp_types::{CodeLens, MessageType, ShowMessageParams};
use serde_json::{Value, json};

/// A question about a declaration.
pub(super) struct Question {
    pub snapshot: Arc<Snapshot>,
    pub about: ResourceId,
    pub asked: Asked,
}

/// What is asked.
pub(super) enum Asked {
    /// A lens is seen.
    Lens(Box<CodeLens>),
    /// Who can read it, in words.
    Readers,
    /// What it becomes.
    Artifact,
}

/// Starts the thread, which answers by itself. It ends when nobody asks any more.
pub(super) fn start(answers: Sender<Message>) -> Sender<(RequestId, Question)> {
    let (questions, todo) = unbounded();
    std::thread::spawn(move || work(&todo, &answers));
    questions
}

fn work(todo: &Receiver<(RequestId, Question)>, answers: &Sender<Message>) {
    let mut made: Option<(Arc<Snapshot>, Artifacts)> = None;
    while let Ok(first) = todo.recv() {
        // An editor asks for all lenses that it shows at once: one prover answers them together.
        let all: Vec<(RequestId, Question)> = std::iter::once(first).chain(todo.try_iter()).collect();
        for group in all.chunk_by(|(_, one), (_, next)| Arc::ptr_eq(&one.snapshot, &next.snapshot)) {
            answer_group(group, &mut made, answers);
        }
    }
}

fn answer_group(
    group: &[(RequestId, Question)],
    made: &mut Option<(Arc<Snapshot>, Artifacts)>,
    answers: &Sender<Message>,
) {
    let Some((_, Question { snapshot, .. })) = group.first() else { return };
    let proved: Vec<ResourceId> = group
        .iter()
        .filter(|(_, question)| !matches!(question.asked, Asked::Artifact))
        .map(|(_, question)| question.about)
        .collect();
    let readers = match proved.as_slice() {
        [] => Vec::new(),
        some => graph::readers(&snapshot.analysis.platform, &snapshot.analysis.access, some),
    };
    let mut readers = readers.into_iter();
    for (id, question) in group {
        let value = match &question.asked {
            Asked::Lens(lens) => {
                let who = readers.next().flatten();
                serde_json::to_value(lens::with_readers((**lens).clone(), who.as_deref())).unwrap_or_default()
            }
            Asked::Readers => {
                let text = in_words(question, readers.next().flatten().as_deref().unwrap_or_default());
                let said = ShowMessageParams { typ: MessageType::INFO, message: text.clone() };
                let _ = answers.send(Notification::new(ShowMessage::METHOD.to_owned(), said).into());
                json!(text)
            }
            Asked::Artifact => artifacts(question, made),
        };
        // An editor that has gone away reads nothing.
        let _ = answers.send(Response::new_ok(id.clone(), value).into());
    }
}

fn in_words(question: &Question, readers: &[Reader]) -> String {
    let name = &question.snapshot.analysis.platform.resource(question.about).name;
    if readers.is_empty() {
        return format!("nobody can read `{name}`");
    }
    let lines = readers.iter().map(|reader| format!("{} ({}): {}", reader.name, reader.what, reader.how));
    format!("who can read `{name}`:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The files that a declaration becomes: the path of each below the output folder, and what is in it.
fn artifacts(question: &Question, made: &mut Option<(Arc<Snapshot>, Artifacts)>) -> Value {
    let snapshot = &question.snapshot;
    let known = made.take().filter(|(of, _)| Arc::ptr_eq(of, snapshot));
    let (_, all) =
        made.insert(known.unwrap_or_else(|| (snapshot.clone(), dpl::compile(&snapshot.analysis, &[]))));
    let resource = snapshot.analysis.platform.resource(question.about);
    let mut files: Vec<_> = all.files.iter().filter(|file| file.source == resource.span).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let files: Vec<Value> = files
        .into_iter()
        .map(|file| json!({ "path": file.path, "family": file.family, "text": file.text, "notes": file.notes }))
        .collect();
    json!({ "declaration": resource.name, "files": files })
}
