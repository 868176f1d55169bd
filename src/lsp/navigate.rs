//! Where a name is declared and used, and another name for it.

use lsp_types::{Location, TextEdit, Uri, WorkspaceEdit};

use super::diagnostics::location;
use super::workspace::Snapshot;
use crate::source::Span;
use crate::syntax::lex::{self, Kind};

/// Where the name at an offset of a file is declared.
pub fn definition(
    snapshot: &Snapshot,
    path: &str,
    at: usize,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Option<Location> {
    location(snapshot, snapshot.meaning(global(snapshot, path, at)?)?, uri)
}

/// Where it is used.
pub fn references(
    snapshot: &Snapshot,
    path: &str,
    at: usize,
    declaration: bool,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Option<Vec<Location>> {
    let declared = snapshot.meaning(global(snapshot, path, at)?)?;
    let places = all_places(snapshot, declared);
    let wanted = places.into_iter().filter(|place| declaration || *place != declared);
    Some(wanted.filter_map(|place| location(snapshot, place, uri)).collect())
}

/// The place of the name at an offset, if it can have another.
pub fn renameable(snapshot: &Snapshot, path: &str, at: usize) -> Option<Span> {
    let at = global(snapshot, path, at)?;
    let declared = snapshot.meaning(at)?;
    let (_, file) = snapshot.analysis.sources.file_of(declared)?;
    let here = |place: &Span| place.start <= at && at <= place.end;
    snapshot.uses(declared).into_iter().find(here).filter(|_| !file.library)
}

/// The edits that give the name at an offset another one, or why it can't have it.
pub fn rename(
    snapshot: &Snapshot,
    path: &str,
    at: usize,
    name: &str,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Result<WorkspaceEdit, String> {
    if renameable(snapshot, path, at).is_none() {
        return Err("only the name of a declaration of this program can be changed".to_owned());
    }
    let mut tokens = lex::tokens(name, 0..name.len());
    let word = tokens.next().is_some_and(|token| token.kind == Kind::Word && token.range.len() == name.len());
    if !word || crate::syntax::is_reserved(name) {
        return Err(format!(
            "`{name}` can't be a name: letters, digits and `_`, not first a digit, and no reserved word"
        ));
    }
    let declared = global(snapshot, path, at).and_then(|at| snapshot.meaning(at)).unwrap_or_default();
    if let Some(taken) = taken(snapshot, declared, name) {
        return Err(format!("`{name}` is declared already, in `{taken}`"));
    }
    #[expect(clippy::mutable_key_type, reason = "the protocol's own type of an edit has such keys")]
    let mut changes: std::collections::HashMap<Uri, Vec<TextEdit>> = std::collections::HashMap::new();
    for place in all_places(snapshot, declared) {
        if let Some(Location { uri, range }) = location(snapshot, place, uri) {
            changes.entry(uri).or_default().push(TextEdit { range, new_text: name.to_owned() });
        }
    }
    Ok(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

/// The module that declares a name beside the declaration which is to have it.
fn taken(snapshot: &Snapshot, declared: Span, name: &str) -> Option<String> {
    let (id, _) = snapshot.analysis.sources.file_of(declared)?;
    let platform = &snapshot.analysis.platform;
    let resources = platform.resources.iter().map(|one| (&one.name, one.span));
    let mut all = resources.chain(platform.schemas.iter().map(|one| (&one.name, one.span)));
    let other = all.find(|(known, span)| {
        let file = snapshot.analysis.sources.file_of(*span);
        *known == name && *span != declared && file.is_some_and(|(file, _)| file == id)
    });
    let (_, file) = snapshot.analysis.sources.file_of(other?.1)?;
    Some(file.module.clone())
}

/// Every place of a name: those that were resolved, and in the SQL around such a place those that qualify a column.
fn all_places(snapshot: &Snapshot, declared: Span) -> Vec<Span> {
    let sources = &snapshot.analysis.sources;
    let mut places = snapshot.uses(declared);
    let name = sources.text(declared);
    for query in &snapshot.analysis.platform.queries {
        let inside = |place: &Span| query.span.start <= place.start && place.end <= query.span.end;
        if places.iter().any(inside) {
            let text = sources.text(query.span);
            let named = text.match_indices(name).filter(|(at, _)| is_stream(text, *at, name.len()));
            let start = |at: usize| query.span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
            places.extend(named.map(|(at, _)| Span::new(start(at), start(at + name.len()))));
        }
    }
    let (first, rest) = (declared, places.split_off(1));
    let mut rest: Vec<Span> = rest.into_iter().filter(|place| sources.text(*place) == name).collect();
    rest.sort_unstable();
    rest.dedup();
    rest.retain(|place| *place != first);
    rest.insert(0, first);
    rest
}

/// Whether a word of SQL stands before a dot, and not behind one.
fn is_stream(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let behind = text.get(at + length..).and_then(|behind| behind.chars().next());
    behind == Some('.')
        && !before.is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '\''))
}

/// The offset in the program of a byte of a file.
pub(super) fn global(snapshot: &Snapshot, path: &str, at: usize) -> Option<u32> {
    let file = snapshot.file(path)?;
    Some(file.base.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)))
}
