//! One request, one answer.

use std::path::PathBuf;
use std::sync::Arc;

use dpl::lsp::document::{Shift, range};
use dpl::lsp::workspace::{Declared, Snapshot};
use dpl::lsp::{complete, diagnostics, hints, hover, lens, navigate, paint, signature, symbols};
use dpl::platform::ResourceId;
use lsp_server::Request;
use lsp_types::request::{self, Request as _};
use lsp_types::{
    CodeActionOrCommand, CodeActionParams, CodeLens, CodeLensParams, ExecuteCommandParams, InlayHintParams,
    Location, Position, Range, SemanticTokens, TextDocumentPositionParams, Uri, WorkspaceSymbolParams,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::aside::{Asked, Question};
use super::place;
use super::server::{Open, Server};

/// What a declaration becomes: a request of ours, of a position in a document.
pub(super) const ARTIFACT: &str = "dpl/artifact";

/// What becomes of a request.
pub(super) enum Answer {
    Now(Value),
    Refused(String),
    /// It needs an analysis of the program as it is now.
    Later(PathBuf),
    /// It takes longer than a keystroke may.
    Aside(Question),
    Unknown,
}

/// Where something is asked.
struct Place<'a> {
    open: &'a Open,
    /// The byte in the text that is open.
    at: usize,
    /// The path in the program.
    path: &'a str,
    snapshot: Option<Arc<Snapshot>>,
    /// Whether the analysis is one of the present texts.
    fresh: bool,
}

impl Place<'_> {
    /// The same place in the text that was analyzed: what is before and behind the change since then stays where it was.
    fn analyzed(&self) -> usize {
        let Some(file) = self.snapshot.as_ref().and_then(|snapshot| snapshot.file(self.path)) else {
            return self.at;
        };
        Shift::new(self.open.document.text(), &file.text).near(self.at)
    }
}

/// Answers a request, or says that it must wait.
pub(super) fn answer(server: &Server<'_>, request: &Request) -> Answer {
    match request.method.as_str() {
        request::HoverRequest::METHOD => at_place(server, request, |place| {
            value(hover::hover(
                &place.open.document,
                place.snapshot.as_deref(),
                place.path,
                place.at,
                place.analyzed(),
            ))
        }),
        request::Completion::METHOD => at_place(server, request, |place| {
            value(complete::complete(&place.open.document, place.snapshot.as_deref(), place.path, place.at))
        }),
        request::GotoDefinition::METHOD => at_place(server, request, |place| {
            let snapshot = place.snapshot.as_deref();
            value(snapshot.and_then(|it| navigate::definition(it, place.path, place.analyzed(), &place::uri)))
        }),
        request::References::METHOD => fresh(server, request, |snapshot, place| {
            let declaration =
                request.params.pointer("/context/includeDeclaration") == Some(&Value::Bool(true));
            Answer::Now(value(navigate::references(snapshot, place.path, place.at, declaration, &place::uri)))
        }),
        request::PrepareRenameRequest::METHOD => fresh(server, request, |snapshot, place| {
            let span = navigate::renameable(snapshot, place.path, place.at);
            Answer::Now(value(span.zip(snapshot.file(place.path)).map(|(span, file)| range(file, span))))
        }),
        request::Rename::METHOD => fresh(server, request, |snapshot, place| {
            let name = request.params.get("newName").and_then(Value::as_str).unwrap_or_default();
            match navigate::rename(snapshot, place.path, place.at, name, &place::uri) {
                Ok(edit) => Answer::Now(value(edit)),
                Err(why) => Answer::Refused(why),
            }
        }),
        request::CodeActionRequest::METHOD => fresh(server, request, |snapshot, place| {
            let Some(wanted) = read::<CodeActionParams>(request).map(|parameters| parameters.range) else {
                return Answer::Now(Value::Null);
            };
            let mends = diagnostics::mends(snapshot, place.path, wanted, &place::uri);
            Answer::Now(value(mends.into_iter().map(CodeActionOrCommand::CodeAction).collect::<Vec<_>>()))
        }),
        request::DocumentSymbolRequest::METHOD => {
            in_document(server, request, |open| value(symbols::outline(&open.document)))
        }
        request::FoldingRangeRequest::METHOD => {
            in_document(server, request, |open| value(symbols::folds(&open.document)))
        }
        request::Formatting::METHOD => in_document(server, request, |open| value(open.document.formatted())),
        request::SemanticTokensFullRequest::METHOD => in_document(server, request, |open| {
            value(SemanticTokens { result_id: None, data: paint::tokens(&open.document) })
        }),
        request::WorkspaceSymbolRequest::METHOD => in_programs(server, request),
        _ => derived(server, request),
    }
}

/// Answers from what was worked out: signatures, hints, lenses and their commands.
fn derived(server: &Server<'_>, request: &Request) -> Answer {
    match request.method.as_str() {
        request::SignatureHelpRequest::METHOD => at_place(server, request, |place| {
            value(signature::help(&place.open.document, place.snapshot.as_deref(), place.at))
        }),
        request::InlayHintRequest::METHOD => fresh(server, request, |snapshot, place| {
            let wanted = read::<InlayHintParams>(request).map(|parameters| parameters.range);
            Answer::Now(value(wanted.map(|wanted| hints::hints(snapshot, place.path, wanted))))
        }),
        request::CodeLensRequest::METHOD => fresh(server, request, |snapshot, place| {
            let uri = read::<CodeLensParams>(request).map(|parameters| parameters.text_document.uri);
            Answer::Now(value(uri.map(|uri| lens::lenses(snapshot, place.path, &uri))))
        }),
        request::CodeLensResolve::METHOD => {
            let Some(seen) = read::<CodeLens>(request) else { return Answer::Now(Value::Null) };
            let data = seen.data.clone().unwrap_or_default();
            match about(server, request, data, |_| Asked::Lens(Box::new(seen.clone()))) {
                // The declaration has gone meanwhile, and its lens goes too.
                Answer::Now(_) => Answer::Now(value(lens::with_readers(seen, None))),
                other => other,
            }
        }
        ARTIFACT => about(server, request, request.params.clone(), |_| Asked::Artifact),
        request::ExecuteCommand::METHOD => command(server, request),
        _ => Answer::Unknown,
    }
}

fn command(server: &Server<'_>, request: &Request) -> Answer {
    let Some(called) = read::<ExecuteCommandParams>(request) else { return Answer::Now(Value::Null) };
    let place = called.arguments.into_iter().next().unwrap_or_default();
    match called.command.as_str() {
        lens::ARTIFACT => about(server, request, place, |_| Asked::Artifact),
        lens::READERS => about(server, request, place, |_| Asked::Readers),
        lens::TESTS => {
            let found = |snapshot: &Snapshot, id| {
                let tests = lens::tests(snapshot, id).into_iter();
                let tests = tests.filter_map(|(path, at)| {
                    Some(Location { uri: place::uri(&path)?, range: Range { start: at, end: at } })
                });
                tests.collect::<Vec<_>>()
            };
            declared(server, request, place, |snapshot, id| Answer::Now(value(found(snapshot, id))))
        }
        name => Answer::Refused(format!("`{name}` is no command of this server")),
    }
}

/// A question about the declaration whose name is at a place.
fn about(
    server: &Server<'_>,
    request: &Request,
    place: Value,
    asked: impl Fn(ResourceId) -> Asked,
) -> Answer {
    declared(server, request, place, |snapshot, id| {
        if snapshot.analysis.has_errors() {
            return Answer::Refused("the program has errors: nothing is made or proved of it".to_owned());
        }
        Answer::Aside(Question { snapshot: snapshot.clone(), about: id, asked: asked(id) })
    })
}

fn declared(
    server: &Server<'_>,
    request: &Request,
    place: Value,
    answer: impl FnOnce(&Arc<Snapshot>, ResourceId) -> Answer,
) -> Answer {
    let placed = Request { params: place, ..request.clone() };
    fresh(server, &placed, |snapshot, place| {
        let found = snapshot.file(place.path).and_then(|file| {
            let at = file.span().start + u32::try_from(place.at).ok()?;
            snapshot.declared(snapshot.meaning(at)?)
        });
        match found {
            Some(Declared::Resource(id)) => answer(snapshot, id),
            _ => Answer::Now(Value::Null),
        }
    })
}

fn in_programs(server: &Server<'_>, request: &Request) -> Answer {
    let behind = server.programs.iter().find(|(_, program)| program.seen != program.told);
    if let Some((root, _)) = behind {
        return Answer::Later(root.clone());
    }
    let query = read::<WorkspaceSymbolParams>(request).map(|parameters| parameters.query).unwrap_or_default();
    let snapshots = server.programs.values().filter_map(|program| program.snapshot.as_deref());
    Answer::Now(value(snapshots.flat_map(|it| symbols::search(it, &query, &place::uri)).collect::<Vec<_>>()))
}

fn in_document(server: &Server<'_>, request: &Request, answer: impl FnOnce(&Open) -> Value) -> Answer {
    match open(server, request) {
        Some(open) => Answer::Now(answer(open)),
        None => Answer::Now(Value::Null),
    }
}

fn at_place(server: &Server<'_>, request: &Request, answer: impl FnOnce(&Place<'_>) -> Value) -> Answer {
    match asked(server, request) {
        Some(place) => Answer::Now(answer(&place)),
        None => Answer::Now(Value::Null),
    }
}

/// Answers from an analysis of the present texts only.
fn fresh(
    server: &Server<'_>,
    request: &Request,
    answer: impl FnOnce(&Arc<Snapshot>, &Place<'_>) -> Answer,
) -> Answer {
    let Some(place) = asked(server, request) else { return Answer::Now(Value::Null) };
    match (&place.snapshot, &place.open.file) {
        (Some(snapshot), _) if place.fresh => answer(snapshot, &place),
        (_, Some((root, _))) => Answer::Later(root.clone()),
        _ => Answer::Now(Value::Null),
    }
}

fn open<'a>(server: &'a Server<'_>, request: &Request) -> Option<&'a Open> {
    let uri: Uri = serde_json::from_value(request.params.pointer("/textDocument/uri")?.clone()).ok()?;
    server.open.get(uri.as_str())
}

fn asked<'a>(server: &'a Server<'_>, request: &Request) -> Option<Place<'a>> {
    let open = open(server, request)?;
    let position = read::<TextDocumentPositionParams>(request).map(|parameters| parameters.position);
    let start = || serde_json::from_value::<Position>(request.params.pointer("/range/start")?.clone()).ok();
    // Of a whole document its start.
    let at = open.document.offset(position.or_else(start).unwrap_or_default());
    let (root, path) = open.file.as_ref().map_or((None, ""), |(root, path)| (Some(root), path.as_str()));
    let program = root.and_then(|root| server.programs.get(root));
    let snapshot = program.and_then(|program| program.snapshot.clone());
    let fresh = program.is_some_and(|program| program.seen == program.told);
    Some(Place { open, at, path, snapshot, fresh })
}

fn read<T: DeserializeOwned>(request: &Request) -> Option<T> {
    serde_json::from_value(request.params.clone()).ok()
}

fn value(answer: impl Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}
