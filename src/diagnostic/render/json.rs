//! JSON lines of our own: one object a diagnostic, the same members in every line.

use serde::Serialize;

use super::place::Place;
use super::severity_name;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    label: &'a str,
    help: Option<&'a str>,
    related: Vec<RelatedPlace<'a>>,
    fix: Option<Replacement<'a>>,
}

#[derive(Serialize)]
struct RelatedPlace<'a> {
    #[serde(flatten)]
    place: Option<Place<'a>>,
    label: &'a str,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Option<Place<'a>>,
    replacement: &'a str,
}

/// One line a diagnostic.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic, sources) + "\n").collect()
}

fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let related = diagnostic.related.iter();
    let line = Line {
        code: diagnostic.code.as_str(),
        severity: severity_name(diagnostic.severity),
        message: &diagnostic.message,
        place: Place::of(sources, diagnostic.span),
        label: &diagnostic.label,
        help: diagnostic.help.as_deref(),
        related: related
            .map(|one| RelatedPlace { place: Place::of(sources, one.span), label: &one.label })
            .collect(),
        fix: diagnostic
            .fix
            .as_ref()
            .map(|fix| Replacement { place: Place::of(sources, fix.span), replacement: &fix.replacement }),
    };
    serde_json::to_string(&line).unwrap_or_default()
}
