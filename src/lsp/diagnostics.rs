//! What is wrong, and the mends.

use lsp_types::{
    CodeAction, CodeActionKind, CodeDescription, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::document::{Document, Shift, position, range};
use super::workspace::Snapshot;
use crate::diagnostic::{self, Severity, catalogue};
use crate::source::{Span, local};

/// What is said about each file with something to say, by path. `uri` names a file to the editor.
pub fn all(snapshot: &Snapshot, uri: &dyn Fn(&str) -> Option<Uri>) -> Vec<(String, Vec<Diagnostic>)> {
    let mut list: Vec<(String, Vec<Diagnostic>)> = Vec::new();
    for said in &snapshot.analysis.diagnostics {
        let Some((_, file)) = snapshot.analysis.sources.file_of(said.span) else { continue };
        let diagnostic = one(snapshot, said, range(file, said.span), uri);
        // They come in the order of their places, so file by file.
        match list.last_mut().filter(|(path, _)| *path == file.path) {
            Some((_, known)) => known.push(diagnostic),
            None => list.push((file.path.clone(), vec![diagnostic])),
        }
    }
    list
}

/// What can be said of a text that is not understood yet: what can't be read in it, and what was said of it before where that still stands.
pub fn meanwhile(
    document: &Document,
    snapshot: Option<&Snapshot>,
    path: &str,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Vec<Diagnostic> {
    let own = |span: Span| Some(Location { uri: uri(path)?, range: document.range(span) });
    let mut list: Vec<Diagnostic> =
        document.faults.iter().map(|fault| shown(fault, document.range(fault.span), &own)).collect();
    let known = snapshot.and_then(|snapshot| Some((snapshot, snapshot.file(path)?)));
    let (Some((snapshot, old)), Some(new)) = (known, document.file()) else { return list };
    let shift = Shift::new(&old.text, document.text());
    let of_this = |said: &&diagnostic::Diagnostic| {
        old.span().start <= said.span.start && said.span.end <= old.span().end && !said.code.is_of_syntax()
    };
    for said in snapshot.analysis.diagnostics.iter().filter(of_this) {
        let within = local(old, said.span);
        if let (Some(start), Some(end)) = (shift.place(within.start), shift.place(within.end)) {
            let range = Range { start: position(new, start), end: position(new, end) };
            list.push(one(snapshot, said, range, uri));
        }
    }
    list
}

fn one(
    snapshot: &Snapshot,
    said: &diagnostic::Diagnostic,
    range: Range,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Diagnostic {
    shown(said, range, &|span| location(snapshot, span, uri))
}

fn shown(
    said: &diagnostic::Diagnostic,
    range: Range,
    place: &dyn Fn(Span) -> Option<Location>,
) -> Diagnostic {
    let related = said.related.iter().filter_map(|related| {
        Some(DiagnosticRelatedInformation { location: place(related.span)?, message: related.label.clone() })
    });
    let help = said.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let unused = said.code == catalogue::UNUSED_USE;
    Diagnostic {
        range,
        severity: Some(match said.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(said.code.to_string())),
        code_description: None::<CodeDescription>,
        source: Some("dpl".to_owned()),
        message: format!("{}: {}{help}", said.message, said.label),
        related_information: Some(related.collect()),
        tags: unused.then(|| vec![DiagnosticTag::UNNECESSARY]),
        data: None,
    }
}

/// A place of the program.
pub(super) fn location(
    snapshot: &Snapshot,
    span: Span,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Option<Location> {
    let (_, file) = snapshot.analysis.sources.file_of(span)?;
    if file.library {
        return None;
    }
    Some(Location { uri: uri(&file.path)?, range: range(file, span) })
}

/// The mends of what is wrong in a range of a file: of each diagnostic that has one.
pub fn mends(
    snapshot: &Snapshot,
    path: &str,
    wanted: Range,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Vec<CodeAction> {
    let Some(file) = snapshot.file(path) else { return Vec::new() };
    let here = |said: &&diagnostic::Diagnostic| {
        let place = range(file, said.span);
        file.span().start <= said.span.start
            && said.span.end <= file.span().end
            && place.start <= wanted.end
            && wanted.start <= place.end
    };
    let found = snapshot.analysis.diagnostics.iter().filter(here);
    found.filter_map(|said| mend(snapshot, said, range(file, said.span), uri)).collect()
}

/// What is removed, and the end of its line where nothing else stands on it.
fn with_line(snapshot: &Snapshot, span: Span) -> Span {
    let Some((_, file)) = snapshot.analysis.sources.file_of(span) else { return span };
    let within = local(file, span);
    let before = file.text.get(..within.start).unwrap_or_default();
    let alone = before.is_empty() || before.ends_with('\n');
    let ends = file.text.get(within.end..).is_some_and(|behind| behind.starts_with('\n'));
    if alone && ends { Span::new(span.start, span.end + 1) } else { span }
}

/// The beginning of a text, for a title of one line.
fn in_short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn mend(
    snapshot: &Snapshot,
    said: &diagnostic::Diagnostic,
    place: Range,
    uri: &dyn Fn(&str) -> Option<Uri>,
) -> Option<CodeAction> {
    let fix = said.fix.as_ref()?;
    let span = if fix.replacement.is_empty() { with_line(snapshot, fix.span) } else { fix.span };
    let Location { uri: target, range } = location(snapshot, span, uri)?;
    let title = match (snapshot.analysis.sources.text(fix.span).trim(), fix.replacement.trim()) {
        ("", new) => format!("Insert `{}`", in_short(new)),
        (old, "") => format!("Remove `{}`", in_short(old)),
        (old, new) => format!("Replace `{}` by `{}`", in_short(old), in_short(new)),
    };
    let edit = TextEdit { range, new_text: fix.replacement.clone() };
    Some(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![one(snapshot, said, place, uri)]),
        edit: Some(WorkspaceEdit {
            changes: Some([(target, vec![edit])].into_iter().collect()),
            ..WorkspaceEdit::default()
        }),
        is_preferred: Some(true),
        ..CodeAction::default()
    })
}
