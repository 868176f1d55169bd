//! Declarations as an outline, and what can be folded.

use lsp_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, SymbolInformation, SymbolKind, Uri};

use super::diagnostics::location;
use super::document::Document;
use super::workspace::Snapshot;
use crate::source::Span;
use crate::syntax::ast::{Decl, Item, Member};
use crate::syntax::lex::{self, Kind};

/// The outline of a document.
pub fn outline(document: &Document) -> Vec<DocumentSymbol> {
    let decls = document.module.items.iter().filter_map(|item| match item {
        Item::Decl(decl) => symbol(document, decl),
        _ => None,
    });
    decls.collect()
}

fn symbol(document: &Document, decl: &Decl) -> Option<DocumentSymbol> {
    let name = decl.name.as_ref().unwrap_or(&decl.kind);
    let inner = decl.body.iter().flatten().filter_map(|member| match member {
        Member::Decl(inner) => symbol(document, inner),
        Member::Column(column) => Some(entry(
            document,
            &column.name.name,
            document.under(column.ty.span),
            SymbolKind::FIELD,
            (column.span, column.name.span),
            Vec::new(),
        )),
        _ => None,
    });
    let children = inner.collect();
    let kind = kind(&decl.kind.name);
    Some(entry(document, &name.name, &decl.kind.name, kind, (decl.span, name.span), children))
}

#[expect(deprecated, reason = "the type has a deprecated member that must be given")]
fn entry(
    document: &Document,
    name: &str,
    detail: &str,
    kind: SymbolKind,
    (whole, own): (Span, Span),
    children: Vec<DocumentSymbol>,
) -> DocumentSymbol {
    DocumentSymbol {
        name: if name.is_empty() { "?".to_owned() } else { name.to_owned() },
        detail: Some(detail.to_owned()),
        kind,
        tags: None,
        deprecated: None,
        range: document.range(whole.to(own)),
        selection_range: document.range(own),
        children: (!children.is_empty()).then_some(children),
    }
}

fn kind(word: &str) -> SymbolKind {
    match word {
        "organization" | "unit" | "account" | "domain" => SymbolKind::NAMESPACE,
        "schema" | "table" => SymbolKind::STRUCT,
        "function" | "pipeline" | "query" => SymbolKind::FUNCTION,
        "role" | "group" => SymbolKind::INTERFACE,
        "param" => SymbolKind::CONSTANT,
        "key" | "secret" => SymbolKind::KEY,
        "stream" | "topic" | "queue" => SymbolKind::EVENT,
        _ => SymbolKind::OBJECT,
    }
}

/// The declarations of a program whose names hold a text.
#[expect(deprecated, reason = "the type has a deprecated member that must be given")]
pub fn search(snapshot: &Snapshot, text: &str, uri: &dyn Fn(&str) -> Option<Uri>) -> Vec<SymbolInformation> {
    let platform = &snapshot.analysis.platform;
    let wanted = text.to_lowercase();
    let resources = platform.resources.iter().map(|one| {
        let container = one.parent.map(|parent| platform.resource(parent).name.to_string());
        (&one.name, kind(&platform.library.kind(one.kind).name), one.span, container)
    });
    let schemas = platform.schemas.iter().map(|one| (&one.name, SymbolKind::STRUCT, one.span, None));
    let found = resources.chain(schemas).filter(|(name, ..)| name.to_lowercase().contains(&wanted));
    let symbols = found.filter_map(|(name, kind, span, container_name)| {
        let location = location(snapshot, span, uri)?;
        Some(SymbolInformation {
            name: name.to_string(),
            kind,
            tags: None,
            deprecated: None,
            location,
            container_name,
        })
    });
    symbols.take(500).collect()
}

/// Brackets over several lines, comments over several lines, and groups of `use` lines.
pub fn folds(document: &Document) -> Vec<FoldingRange> {
    let text = document.text();
    let line = |at: usize| document.file().map_or(0, |file| u32::try_from(file.line_at(at)).unwrap_or(0));
    let mut folds = Vec::new();
    let mut add = |start: u32, end: u32, kind: Option<FoldingRangeKind>| {
        if end > start {
            folds.push(FoldingRange { start_line: start, end_line: end, kind, ..FoldingRange::default() });
        }
    };
    let mut open = Vec::new();
    let mut comment: Option<(u32, u32)> = None;
    for token in lex::tokens(text, 0..text.len()) {
        let (start, end) = (line(token.range.start), line(token.range.end.saturating_sub(1)));
        match token.kind {
            Kind::LineEnd => continue,
            Kind::Comment { .. } | Kind::Doc => {
                comment = match comment {
                    Some((first, last)) if start <= last + 1 => Some((first, end)),
                    Some((first, last)) => {
                        add(first, last, Some(FoldingRangeKind::Comment));
                        Some((start, end))
                    }
                    None => Some((start, end)),
                };
                continue;
            }
            Kind::Open(_) => open.push(start),
            Kind::Close(_) => {
                if let Some(first) = open.pop() {
                    // The closing bracket's line stays.
                    add(first, start.saturating_sub(1), None);
                }
            }
            _ => {}
        }
        if let Some((first, last)) = comment.take() {
            add(first, last, Some(FoldingRangeKind::Comment));
        }
    }
    if let Some((first, last)) = comment {
        add(first, last, Some(FoldingRangeKind::Comment));
    }
    let uses = document.module.uses.iter().map(|one| document.range(one.span));
    let lines = uses.fold(None, |all: Option<(u32, u32)>, one| {
        Some(all.map_or((one.start.line, one.end.line), |(first, _)| (first, one.end.line)))
    });
    if let Some((first, last)) = lines {
        add(first, last, Some(FoldingRangeKind::Imports));
    }
    for item in &document.module.items {
        if let Item::Decl(Decl { sql: Some(sql), kind, .. }) = item {
            add(document.range(kind.span).start.line, document.range(sql.span).end.line, None);
        }
    }
    folds
}
