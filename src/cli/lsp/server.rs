//! The loop: what the editor tells and asks, and what the analyses say.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender, select};
use dpl::lsp::diagnostics;
use dpl::lsp::document::{Document, changed};
use dpl::lsp::workspace::Text;
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, RequestId, Response};
use lsp_types::notification::{self, Notification as _};
use lsp_types::request::{RegisterCapability, Request as _};
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, InitializeParams, PublishDiagnosticsParams, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::aside::{self, Question};
use super::program::{self, Program};
use super::worker::{self, Change, Done, Job};
use super::{answer, place};
use crate::cli::load;

/// A text that the editor has open.
pub(super) struct Open {
    pub version: i32,
    pub document: Document,
    /// Its program's folder and its path there, where it is a file.
    pub file: Option<(PathBuf, String)>,
}

/// The state of a session.
pub(super) struct Server<'a> {
    connection: &'a Connection,
    folders: Vec<PathBuf>,
    watches: bool,
    pub programs: BTreeMap<PathBuf, Program>,
    pub open: BTreeMap<String, Open>,
    jobs: Sender<Job>,
    done: Receiver<Done>,
    questions: Sender<(RequestId, Question)>,
    revision: u64,
}

impl<'a> Server<'a> {
    pub(super) fn new(connection: &'a Connection, parameters: &InitializeParams) -> Self {
        let (jobs, done) = worker::start();
        let folders =
            parameters.workspace_folders.iter().flatten().filter_map(|folder| place::path(&folder.uri));
        #[expect(deprecated, reason = "older editors tell the folder so")]
        let root = parameters.root_uri.as_ref().and_then(place::path);
        let mut folders: Vec<PathBuf> = folders.collect();
        if folders.is_empty() {
            folders.extend(root);
        }
        let workspace = parameters.capabilities.workspace.as_ref();
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files);
        Self {
            connection,
            folders,
            watches: watched.and_then(|watched| watched.dynamic_registration) == Some(true),
            programs: BTreeMap::new(),
            open: BTreeMap::new(),
            jobs,
            done,
            questions: aside::start(connection.sender.clone()),
            revision: 0,
        }
    }

    /// Serves until the editor says that it is enough.
    pub(super) fn serve(mut self) -> Result<(), ProtocolError> {
        if self.watches {
            self.watch();
        }
        loop {
            select! {
                recv(self.connection.receiver) -> message => match message {
                    Ok(Message::Request(request)) => {
                        if self.connection.handle_shutdown(&request)? {
                            return Ok(());
                        }
                        self.request(request);
                    }
                    Ok(Message::Notification(told)) => self.told(told),
                    Ok(Message::Response(_)) => {}
                    Err(_) => return Ok(()),
                },
                recv(self.done) -> done => {
                    if let Ok(done) = done {
                        self.analyzed(done);
                    }
                }
            }
        }
    }

    pub(super) fn send(&self, message: impl Into<Message>) {
        // An editor that has gone away reads nothing; the loop ends when it is seen.
        let _ = self.connection.sender.send(message.into());
    }

    /// Has the editor tell of files that change on disk.
    fn watch(&self) {
        let watchers = ["**/*.dpl", "**/dpl.toml"].map(|pattern| json!({ "globPattern": pattern }));
        let registration = json!({
            "id": "files",
            "method": notification::DidChangeWatchedFiles::METHOD,
            "registerOptions": { "watchers": watchers },
        });
        let parameters = json!({ "registrations": [registration] });
        self.send(Request::new("files".to_owned().into(), RegisterCapability::METHOD.to_owned(), parameters));
    }

    fn request(&mut self, request: Request) {
        match answer::answer(self, &request) {
            answer::Answer::Now(value) => self.send(Response::new_ok(request.id, value)),
            answer::Answer::Refused(message) => {
                self.send(Response::new_err(request.id, ErrorCode::InvalidParams as i32, message));
            }
            answer::Answer::Aside(question) => {
                let _ = self.questions.send((request.id, question));
            }
            answer::Answer::Unknown => {
                let message = format!("`{}` is not answered here", request.method);
                self.send(Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message));
            }
            answer::Answer::Later(root) => {
                if let Some(program) = self.programs.get_mut(&root) {
                    program.waiting.push(request);
                }
            }
        }
    }

    fn told(&mut self, told: Notification) {
        match told.method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                if let Some(parameters) = read::<DidOpenTextDocumentParams>(told) {
                    let document = parameters.text_document;
                    self.put(document.uri, document.version, document.text);
                }
            }
            notification::DidChangeTextDocument::METHOD => {
                if let Some(parameters) = read::<DidChangeTextDocumentParams>(told) {
                    let DidChangeTextDocumentParams { text_document, content_changes } = parameters;
                    let Some(open) = self.open.get(text_document.uri.as_str()) else { return };
                    let text = changed(open.document.text().to_owned(), content_changes);
                    self.put(text_document.uri, text_document.version, text);
                }
            }
            notification::DidCloseTextDocument::METHOD => {
                if let Some(parameters) = read::<DidCloseTextDocumentParams>(told) {
                    self.close(&parameters.text_document.uri);
                }
            }
            notification::DidChangeWatchedFiles::METHOD => {
                if let Some(parameters) = read::<DidChangeWatchedFilesParams>(told) {
                    parameters.changes.iter().for_each(|change| self.changed_on_disk(&change.uri));
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, uri: Uri, version: i32, text: String) {
        let path = place::path(&uri);
        let file = path.and_then(|path| {
            let root = program::root(&path, &self.folders);
            Some((root, place::shown(&path)?))
        });
        if let Some((root, path)) = &file
            && let Some(module) = load::module(root, path)
        {
            let text = Text { path: path.clone(), module, text: text.clone() };
            self.change(root.clone(), Change::Put(text));
        }
        let key = uri.as_str().to_owned();
        let open = Open { version, document: Document::new(text), file };
        let before = self.open.get(&key).map_or(&[][..], |open| &open.document.faults);
        let changed = before != open.document.faults;
        self.open.insert(key.clone(), open);
        if changed {
            self.meanwhile(&key);
        }
    }

    /// Tells at once what can't be read in a text that has changed; the rest comes when it is understood.
    fn meanwhile(&self, key: &str) {
        let Some(Open { document, file: Some((root, path)), .. }) = self.open.get(key) else { return };
        let snapshot = self.programs.get(root).and_then(|program| program.snapshot.as_deref());
        self.publish(path, diagnostics::meanwhile(document, snapshot, path, &place::uri));
    }

    fn change(&mut self, root: PathBuf, change: Change) {
        self.revision += 1;
        let revision = self.revision;
        self.programs.entry(root.clone()).or_default().told = revision;
        let open = self.open.values().filter_map(|open| {
            let (of, path) = open.file.as_ref()?;
            let text = open.document.text().to_owned();
            (*of == root).then_some(Text { path: path.clone(), module: load::module(&root, path)?, text })
        });
        // Only a program that is read for the first time, or anew, looks at the others.
        let first = matches!(change, Change::Restart)
            || self.programs.get(&root).is_some_and(|it| it.snapshot.is_none());
        let open = if first { open.collect() } else { Vec::new() };
        let _ = self.jobs.send(Job { root, change, revision, open });
    }

    fn close(&mut self, uri: &Uri) {
        if let Some(Open { file: Some((root, path)), .. }) = self.open.remove(uri.as_str()) {
            self.change(root, Change::Reload(PathBuf::from(path)));
        }
    }

    fn changed_on_disk(&mut self, uri: &Uri) {
        let Some(path) = place::path(uri).filter(|_| !self.open.contains_key(uri.as_str())) else { return };
        let root = program::root(&path, &self.folders);
        let known = self.programs.contains_key(&root);
        if known && program::is_settings(&path) {
            self.change(root, Change::Restart);
        } else if known {
            self.change(root, Change::Reload(path));
        }
    }

    /// Publishes what an analysis says, and answers what waited for it.
    fn analyzed(&mut self, done: Done) {
        let Some(program) = self.programs.get_mut(&done.root) else { return };
        let proved = done.snapshot.proved;
        if let Some(gone) = program.snapshot.replace(done.snapshot) {
            // A large program takes a while to be taken apart, and nobody waits for that.
            std::thread::spawn(move || drop(gone));
        }
        if !proved {
            return;
        }
        program.seen = done.revision;
        let current = done.said;
        let published = std::mem::replace(&mut program.published, current.clone());
        let waiting =
            if program.seen == program.told { std::mem::take(&mut program.waiting) } else { Vec::new() };
        let gone = published.keys().filter(|path| !current.contains_key(*path));
        let gone: Vec<_> = gone.map(|path| (path.clone(), Vec::new())).collect();
        let open: Vec<String> =
            self.open.values().filter_map(|open| Some(open.file.as_ref()?.1.clone())).collect();
        for (path, list) in current.into_iter().chain(gone) {
            // Of a text that is open each version is told, so that the editor knows that it was looked at.
            if published.get(&path) != Some(&list) || open.contains(&path) {
                self.publish(&path, list);
            }
        }
        for path in open.iter().filter(|path| !published.contains_key(*path)) {
            let fine = self.programs.get(&done.root).is_some_and(|it| !it.published.contains_key(path));
            let of_this = self
                .open
                .values()
                .any(|open| open.file.as_ref().is_some_and(|file| file.0 == done.root && file.1 == *path));
            if fine && of_this {
                self.publish(path, Vec::new());
            }
        }
        for request in waiting {
            self.request(request);
        }
    }

    fn publish(&self, path: &str, diagnostics: Vec<lsp_types::Diagnostic>) {
        let Some(uri) = place::uri(path) else { return };
        let version = self.open.values().find(|open| open.file.as_ref().is_some_and(|file| file.1 == path));
        let version = version.map(|open| open.version);
        let parameters = PublishDiagnosticsParams { uri, diagnostics, version };
        self.send(Notification::new(notification::PublishDiagnostics::METHOD.to_owned(), parameters));
    }
}

fn read<T: DeserializeOwned>(told: Notification) -> Option<T> {
    serde_json::from_value(told.params).ok()
}
