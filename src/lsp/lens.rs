//! What stands above declarations: who can read them, their tests, what they become. Who can read is proved when the lens is seen.

use std::collections::BTreeSet;

use lsp_types::{CodeLens, Command, Position, Range, Uri};
use serde_json::{Value, json};

use super::document::{position, range};
use super::workspace::Snapshot;
use crate::graph::{self, Reader};
use crate::platform::{Platform, ResourceId, test::Tested};
use crate::source::local;

/// The command that tells who can read.
pub const READERS: &str = "dpl.readers";
/// The command that goes to tests.
pub const TESTS: &str = "dpl.tests";
/// The command that shows what a declaration becomes.
pub const ARTIFACT: &str = "dpl.artifact";

/// The lenses of a file; nothing of a program with errors, of which nothing is proved or made.
pub fn lenses(snapshot: &Snapshot, path: &str, uri: &Uri) -> Vec<CodeLens> {
    let Some(file) = snapshot.file(path).filter(|_| !snapshot.analysis.has_errors()) else {
        return Vec::new();
    };
    let platform = &snapshot.analysis.platform;
    let mut lenses = Vec::new();
    for (id, resource) in (0..).map(ResourceId).zip(&platform.resources) {
        let inside = file.span().start <= resource.span.start && resource.span.end <= file.span().end;
        if !inside {
            continue;
        }
        let place = range(file, resource.span);
        let data = json!({ "textDocument": { "uri": uri }, "position": place.start });
        if graph::is_read(&platform.kind_of(id).name) {
            lenses.push(CodeLens { range: place, command: None, data: Some(data.clone()) });
        }
        let tests = tests_of(platform, id);
        if !tests.is_empty() {
            let title = count(tests.len(), "test");
            lenses.push(lens(place, &title, TESTS, data.clone()));
        }
        if is_made(platform, id) {
            lenses.push(lens(place, "show artifacts", ARTIFACT, data));
        }
    }
    lenses.sort_by_key(|lens| (lens.range.start.line, lens.range.start.character));
    lenses
}

fn lens(range: Range, title: &str, command: &str, data: Value) -> CodeLens {
    let command =
        Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![data]) };
    CodeLens { range, command: Some(command), data: None }
}

/// Whether something is made of a declaration.
fn is_made(platform: &Platform, id: ResourceId) -> bool {
    let kind = platform.kind_of(id);
    let acts = crate::access::Duty::of_kind(&kind.name).is_some();
    crate::access::is_ours(platform, platform.resource(id))
        && (acts || !kind.calls.is_empty() || kind.name == "role")
}

fn tests_of(platform: &Platform, id: ResourceId) -> Vec<crate::source::Span> {
    let of = |test: &crate::platform::Test| match &test.of {
        Tested::Pipeline(test) => {
            platform.pipelines.get(test.pipeline as usize).is_some_and(|pipeline| pipeline.resource == id)
        }
        Tested::Query(test) => {
            platform.queries.get(test.query as usize).is_some_and(|query| query.resource == id)
        }
    };
    platform.tests.iter().filter(|test| of(test)).map(|test| test.span).collect()
}

/// The tests of what is declared at a place: a file's path, and where in it.
pub fn tests(snapshot: &Snapshot, id: ResourceId) -> Vec<(String, Position)> {
    let sources = &snapshot.analysis.sources;
    let place = |span| {
        let (_, file) = sources.file_of(span)?;
        Some((file.path.clone(), position(file, local(file, span).start)))
    };
    tests_of(&snapshot.analysis.platform, id).into_iter().filter_map(place).collect()
}

/// A lens that was not resolved yet, with who can read.
pub fn with_readers(lens: CodeLens, readers: Option<&[Reader]>) -> CodeLens {
    let names = |roles: bool| {
        let all = readers.unwrap_or_default().iter();
        let those = all.filter(|reader| is_role(reader) == roles);
        those.map(|reader| (reader.name.as_str(), reader.what.as_str())).collect::<BTreeSet<_>>().len()
    };
    let title = match (names(true), names(false)) {
        (0, 0) => "nobody can read".to_owned(),
        (roles, 0) => format!("{} can read", count(roles, "role")),
        (0, others) => format!("{} can read", count(others, "principal")),
        (roles, others) => format!("{} and {others} more can read", count(roles, "role")),
    };
    let arguments = lens.data.clone().map(|data| vec![data]);
    let command = Command { title, command: READERS.to_owned(), arguments };
    CodeLens { command: Some(command), ..lens }
}

/// Whether somebody is a role of the program, declared or made for a declaration, and nobody of elsewhere.
fn is_role(reader: &Reader) -> bool {
    reader.what.starts_with("role ")
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
