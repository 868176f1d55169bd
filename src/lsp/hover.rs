//! What a word means.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};
use smol_str::SmolStr;

use super::document::Document;
use super::workspace::{Declared, Snapshot};
use super::{navigate, place, show};
use crate::library::{FieldType, Library, standard};
use crate::syntax::ast::{Cap, Decl, Item, Member};

/// What is known about the word at an offset of a document. `analyzed` is the same place in the text that was analyzed.
pub fn hover(
    document: &Document,
    snapshot: Option<&Snapshot>,
    path: &str,
    at: usize,
    analyzed: usize,
) -> Option<Hover> {
    let library = &*standard().library;
    let word = place::word(document.text(), at);
    let name = document.text().get(word.clone())?;
    let around = place::around(document, at);
    let text = around
        .last()
        .and_then(|decl| in_declaration(library, decl, name, at))
        .or_else(|| capability(library, document, name, at))
        .or_else(|| snapshot.and_then(|snapshot| declared(snapshot, path, analyzed)))
        .or_else(|| around.last().and_then(|decl| in_sql(snapshot, library, document, decl, name, at)))
        .or_else(|| constructor(library, name))?;
    let span = crate::source::Span::new(small(word.start), small(word.end));
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text }),
        range: Some(document.range(span)),
    })
}

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The kind's word, a field's name, or an enum's value.
fn in_declaration(library: &Library, decl: &Decl, name: &str, at: usize) -> Option<String> {
    if place::holds(decl.kind.span, at) {
        let kind = library.kind(library.kind_named(&decl.kind.name)?);
        let mut text = show::code(&format!("kind {}", kind.name));
        show::paragraph(&mut text, kind.doc.as_deref());
        let required =
            kind.fields.iter().filter(|field| field.required()).map(|field| format!("`{}`", field.name));
        let required: Vec<String> = required.collect();
        if !required.is_empty() {
            text.push_str(&format!("\nMust have: {}\n", required.join(", ")));
        }
        return Some(text);
    }
    let (field, in_name) = place::library_field(library, decl, at)?;
    let default = field.default.as_ref().map_or("", |default| standard().sources.text(default.span));
    if in_name {
        return Some(show::field(library, field, default));
    }
    let FieldType::Enum(id) = place::element(&field.ty) else { return None };
    let variant = library.enumeration(*id).variants.iter().find(|variant| variant.name == name)?;
    let mut text = show::code(&format!("{} : {}", variant.name, library.enumeration(*id).name));
    show::paragraph(&mut text, variant.doc.as_deref());
    text.push_str(&format!("\nIn AWS: `{}`\n", variant.spelling));
    Some(text)
}

/// A capability, or an action of AWS.
fn capability(library: &Library, document: &Document, name: &str, at: usize) -> Option<String> {
    let caps = document.module.items.iter().flat_map(|item| match item {
        Item::Grant(grant) => grant.caps.as_slice(),
        Item::Assert(assert) => assert.caps.as_slice(),
        Item::Decl(_) | Item::Share(_) => &[],
    });
    let inner = document.module.items.iter().filter_map(|item| match item {
        Item::Decl(decl) => decl.body.as_ref(),
        _ => None,
    });
    let inner = inner.flatten().flat_map(|member| match member {
        Member::Deny(deny) => deny.caps.as_slice(),
        _ => &[],
    });
    let cap: &Cap = caps.chain(inner).find(|cap| place::holds(cap.path.span, at))?;
    let parts: Vec<&str> = cap.path.parts.iter().map(|part| part.name.as_str()).collect();
    if let [service, action] = parts.as_slice() {
        let service = library.service_named(service)?;
        let id = library.action_named(service, action)?;
        return Some(format!("An action of AWS: `{}`\n", library.action_spelling(id)));
    }
    let all = library.capabilities.iter().filter(|capability| capability.name == name);
    let lines = all.map(|capability| {
        let actions: Vec<String> =
            capability.actions.iter().map(|id| format!("`{}`", library.action_spelling(*id))).collect();
        let doc = capability.doc.as_deref().unwrap_or_default();
        format!("- on `{}`: {doc} {}\n", library.kind(capability.kind).name, actions.join(", "))
    });
    let lines: String = lines.collect();
    (!lines.is_empty()).then(|| format!("{}\n{lines}", show::code(name)))
}

fn declared(snapshot: &Snapshot, path: &str, at: usize) -> Option<String> {
    let name = snapshot.meaning(navigate::global(snapshot, path, at)?)?;
    match snapshot.declared(name)? {
        Declared::Resource(id) => Some(show::resource(snapshot, id)),
        Declared::Schema(id) => {
            let platform = &snapshot.analysis.platform;
            Some(show::schema(platform, platform.schema(id)))
        }
    }
}

/// A column of a stream, or a function of SQL.
fn in_sql(
    snapshot: Option<&Snapshot>,
    library: &Library,
    document: &Document,
    decl: &Decl,
    name: &str,
    at: usize,
) -> Option<String> {
    let sql = decl.sql.filter(|sql| place::holds(sql.span, at))?;
    let functions = library.sql_functions.iter().filter(|function| function.name.eq_ignore_ascii_case(name));
    let docs: Vec<&SmolStr> = functions.filter_map(|function| function.doc.as_ref()).collect();
    if let Some(doc) = docs.first() {
        return Some(format!("{}\n{doc}\n", show::code(name)));
    }
    let platform = &snapshot?.analysis.platform;
    let text = document.under(sql.span);
    let streams = platform.streams.iter().filter(|stream| {
        let name = platform.resource(stream.resource).name.as_str();
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == name)
    });
    let lines: Vec<String> = streams
        .filter_map(|stream| {
            let column = platform.schema(stream.schema).column(name)?;
            let of = &platform.resource(stream.resource).name;
            Some(show::code(&format!("{of}.{name} : {}", platform.spelled(&column.ty))))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.concat())
}

fn constructor(library: &Library, name: &str) -> Option<String> {
    let constructors = library.constructors_named(name);
    let texts = constructors.iter().map(|id| {
        let constructor = library.constructor(*id);
        let fields: Vec<String> = constructor
            .fields
            .iter()
            .map(|field| {
                format!(
                    "{}: {}{}",
                    field.name,
                    show::field_type(library, &field.ty),
                    if field.required() { "" } else { "?" }
                )
            })
            .collect();
        let mut text = show::code(&format!(
            "{name}({}) : {}",
            fields.join(", "),
            library.family(constructor.family).name
        ));
        show::paragraph(&mut text, constructor.doc.as_deref());
        text
    });
    let text: String = texts.collect();
    (!text.is_empty()).then_some(text)
}
