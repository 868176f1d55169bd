//! What can be written at a place.

use lsp_types::{
    CompletionItem, CompletionItemKind, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
};

use super::document::Document;
use super::workspace::Snapshot;
use super::{place, show};
use crate::library::{FieldDecl, FieldType, Kind, Library, Part, Place, standard};
use crate::source::SourceFile;
use crate::syntax::ast::{Decl, Member};
use crate::syntax::lex::{self, Token};

/// Words that begin an item beside kinds.
const SENTENCES: [(&str, &str); 8] = [
    ("use", "use ${1:module}"),
    ("grant", "grant ${1:read} on ${2:resource} to ${3:principal}"),
    ("deny", "deny ${1:read} on ${2:resource} to ${3:principal}"),
    ("share", "share ${1:table} with ${2:domain} as ${3:name}"),
    ("assert", "assert ${1:principal} cannot ${2:read} on ${3:resource}"),
    ("schema", "schema ${1:Name} {\n  ${2:column} : ${3:string}\n}"),
    ("param", "param ${1:name} : ${2:string}"),
    ("label", "label ${1:name}"),
];

/// Words that begin a statement of a pipeline.
const STATEMENTS: [&str; 9] = ["let", "if", "match", "parallel", "for", "try", "wait", "fail", "return"];

/// What can stand at an offset of a document. `path` is its place in the program.
pub fn complete(
    document: &Document,
    snapshot: Option<&Snapshot>,
    path: &str,
    at: usize,
) -> Vec<CompletionItem> {
    let library = &*standard().library;
    let text = document.text();
    let start = place::word(text, at).start;
    let around = place::around(document, at);
    let scope = Scope { library, snapshot, module: snapshot.and_then(|snapshot| snapshot.file(path)) };
    if let Some(sql) = around.last().and_then(|decl| decl.sql).filter(|sql| place::holds(sql.span, at)) {
        return scope.in_sql(document.under(sql.span));
    }
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let line: Vec<Token> = lex::tokens(text, line_start..start).collect();
    if in_comment_or_text(&line, text) {
        return Vec::new();
    }
    let words: Vec<&str> = line.iter().map(|token| token.text(text)).collect();
    match words.as_slice() {
        ["use", ..] => return scope.modules(),
        [first @ ("grant" | "deny" | "assert"), rest @ ..] => return scope.sentence(first, rest),
        _ => {}
    }
    let inside = around.last().filter(|decl| in_body(document, decl, at));
    match (words.as_slice(), inside) {
        ([] | [.., "{" | ","], Some(decl))
            if bracket(&words) != Some("[") && bracket(&words) != Some("(") =>
        {
            scope.members(decl)
        }
        ([], None) => scope.items(),
        ([.., "in"], _) => scope.resources(|kind| kind == "account"),
        (_, Some(decl)) => scope.value(decl, start, &words),
        _ => scope.names(),
    }
}

/// The bracket that is open at the end of a line.
fn bracket<'a>(words: &[&'a str]) -> Option<&'a str> {
    let mut open = Vec::new();
    for word in words {
        match *word {
            "(" | "[" | "{" => open.push(*word),
            ")" | "]" | "}" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.last().copied()
}

fn in_comment_or_text(line: &[Token], text: &str) -> bool {
    line.last().is_some_and(|token| match token.kind {
        lex::Kind::Text { closed, .. } => !closed,
        lex::Kind::Doc => true,
        lex::Kind::Comment { .. } => token.text(text).starts_with("//"),
        _ => false,
    })
}

/// Whether an offset is between the braces of a declaration.
fn in_body(document: &Document, decl: &Decl, at: usize) -> bool {
    let start = decl.span.start as usize;
    let head = document.text().get(start..at).unwrap_or_default();
    lex::tokens(head, 0..head.len()).any(|token| token.kind == lex::Kind::Open(b'{'))
}

struct Scope<'a> {
    library: &'a Library,
    snapshot: Option<&'a Snapshot>,
    module: Option<&'a SourceFile>,
}

impl Scope<'_> {
    /// What stands at the top of a file.
    fn items(&self) -> Vec<CompletionItem> {
        let mut items: Vec<CompletionItem> = SENTENCES
            .iter()
            .map(|(word, snippet)| with_snippet(item(word, CompletionItemKind::KEYWORD, "", None), snippet))
            .collect();
        let tops = self.library.kinds.iter().filter(|kind| !matches!(kind.place, Place::Inside(_)));
        items.extend(tops.map(|kind| self.kind(kind)));
        items
    }

    fn kind(&self, kind: &Kind) -> CompletionItem {
        let place = if kind.place == Place::Account { " in ${2:account}" } else { "" };
        let fields = kind.fields.iter().filter(|field| field.required()).enumerate();
        let fields = fields.map(|(at, field)| format!("\n  {} = ${}", field.name, at + 3));
        let snippet = format!("{} ${{1:name}}{place} {{{}\n}}", kind.name, fields.collect::<String>());
        with_snippet(item(&kind.name, CompletionItemKind::CLASS, "kind", kind.doc.as_deref()), &snippet)
    }

    /// What stands in the body of a declaration.
    fn members(&self, decl: &Decl) -> Vec<CompletionItem> {
        let Some(id) = self.library.kind_named(&decl.kind.name) else {
            return self.columns_and_types();
        };
        let kind = self.library.kind(id);
        let given = |name: &str| {
            decl.body
                .iter()
                .flatten()
                .any(|member| matches!(member, Member::Field(field) if field.name.name == name))
        };
        let mut items: Vec<CompletionItem> = kind
            .fields
            .iter()
            .filter(|field| !given(&field.name))
            .map(|field| self.field(field, " = "))
            .collect();
        let inner = self.library.kinds.iter().filter(|inner| inner.place == Place::Inside(id));
        items.extend(inner.map(|kind| self.kind(kind)));
        if kind.takes.contains(&Part::Statements) {
            items.extend(STATEMENTS.iter().map(|word| item(word, CompletionItemKind::KEYWORD, "", None)));
            items.extend(self.names());
        }
        if kind.takes.contains(&Part::Deny) {
            items.push(item("deny", CompletionItemKind::KEYWORD, "", None));
        }
        items
    }

    fn field(&self, field: &FieldDecl, set: &str) -> CompletionItem {
        let detail = show::field_type(self.library, &field.ty);
        let mut item = item(&field.name, CompletionItemKind::FIELD, &detail, field.doc.as_deref());
        item.insert_text = Some(format!("{}{set}", field.name));
        // What must be given comes first.
        item.sort_text = Some(format!("{}{}", if field.required() { 0 } else { 1 }, field.name));
        item
    }

    /// The value of a field or of an argument.
    fn value(&self, decl: &Decl, start: usize, words: &[&str]) -> Vec<CompletionItem> {
        let named = words.first().filter(|_| matches!(words.get(1), Some(&("=" | "<"))));
        let kind = self.library.kind_named(&decl.kind.name).map(|id| self.library.kind(id));
        let own = named.and_then(|name| {
            let kind = kind?;
            kind.fields.get(kind.field_index(name)?)
        });
        if words.get(1) == Some(&":") && words.len() < 4 {
            return self.columns_and_types();
        }
        let written = place::library_field(self.library, decl, start);
        let mut items = match written.map(|(field, _)| field).or(own) {
            Some(field) => self.of_type(place::element(&field.ty)),
            None => self.names(),
        };
        if bracket(words) == Some("(") {
            let callee =
                words.iter().rposition(|word| *word == "(").and_then(|at| words.get(at.checked_sub(1)?));
            for id in callee.map_or(&[][..], |name| self.library.constructors_named(name)) {
                items.extend(
                    self.library.constructor(*id).fields.iter().map(|field| self.field(field, " = ")),
                );
            }
        }
        items
    }

    /// Values of a type.
    fn of_type(&self, ty: &FieldType) -> Vec<CompletionItem> {
        match ty {
            FieldType::Enum(id) => {
                let variants = self.library.enumeration(*id).variants.iter();
                variants
                    .map(|one| {
                        item(&one.name, CompletionItemKind::ENUM_MEMBER, &one.spelling, one.doc.as_deref())
                    })
                    .collect()
            }
            FieldType::Data(crate::platform::Base::Boolean) => {
                ["true", "false"].map(|word| item(word, CompletionItemKind::VALUE, "boolean", None)).into()
            }
            FieldType::Resource(id) => {
                let wanted = self.library.kind(*id).name.clone();
                self.resources(|kind| kind == wanted)
            }
            FieldType::Data(crate::platform::Base::Location) => self.resources(|kind| kind == "bucket"),
            FieldType::Principal => self.resources(|kind| matches!(kind, "role" | "account" | "group")),
            FieldType::Label => {
                let labels = self.library.labels.iter();
                labels.map(|label| item(label, CompletionItemKind::CONSTANT, "label", None)).collect()
            }
            FieldType::Construct(id) => {
                let constructors = self.library.family(*id).constructors.iter();
                let made = constructors.map(|id| {
                    let constructor = self.library.constructor(*id);
                    let item = item(
                        &constructor.name,
                        CompletionItemKind::CONSTRUCTOR,
                        "",
                        constructor.doc.as_deref(),
                    );
                    with_snippet(item, &format!("{}($1)", constructor.name))
                });
                made.chain(self.names()).collect()
            }
            _ => self.names(),
        }
    }

    /// Behind `grant`, `deny` or `assert`.
    fn sentence(&self, first: &str, rest: &[&str]) -> Vec<CompletionItem> {
        let last = rest
            .iter()
            .rev()
            .find(|word| matches!(**word, "on" | "to" | "can" | "cannot" | "outside" | "except" | "when"));
        match (first, last) {
            (_, Some(&"on")) => self.resources(|kind| !matches!(kind, "account" | "organization" | "unit")),
            (_, Some(&"to")) => {
                self.resources(|kind| matches!(kind, "role" | "account" | "group" | "domain"))
            }
            ("assert", None) => {
                let mut items = self.resources(|kind| {
                    matches!(kind, "role" | "pipeline" | "query" | "sync" | "function" | "crawler" | "group")
                });
                items.extend(
                    ["no role", "only"].map(|word| item(word, CompletionItemKind::KEYWORD, "", None)),
                );
                items
            }
            _ => self.capabilities(rest),
        }
    }

    /// Capabilities, or the actions of a service behind its dot.
    fn capabilities(&self, words: &[&str]) -> Vec<CompletionItem> {
        if let [.., service, "."] = words {
            let Some(id) = self.library.service_named(service) else { return Vec::new() };
            let actions = self.library.actions.iter().filter(|action| action.service == id);
            return actions
                .map(|action| item(&action.name, CompletionItemKind::METHOD, service, None))
                .collect();
        }
        let mut items: Vec<CompletionItem> = Vec::new();
        for capability in &self.library.capabilities {
            if !items.iter().any(|item| item.label == capability.name.as_str()) {
                let doc = capability.doc.as_deref();
                items.push(item(&capability.name, CompletionItemKind::METHOD, "capability", doc));
            }
        }
        items.extend(
            self.library
                .services
                .iter()
                .map(|it| item(&it.name, CompletionItemKind::MODULE, "service", None)),
        );
        items
    }

    fn modules(&self) -> Vec<CompletionItem> {
        let names = self.snapshot.map(Snapshot::module_names).unwrap_or_default();
        let others = names.iter().filter(|name| self.module.is_none_or(|own| own.module != name.as_str()));
        others.map(|name| item(name, CompletionItemKind::MODULE, "module", None)).collect()
    }

    /// Declared resources of some kinds. What stands in a module that is not used yet brings its `use` line in mind.
    fn resources(&self, wanted: impl Fn(&str) -> bool) -> Vec<CompletionItem> {
        let Some(snapshot) = self.snapshot else { return Vec::new() };
        let platform = &snapshot.analysis.platform;
        let found = platform.resources.iter().filter_map(|resource| {
            let kind = &self.library.kind(resource.kind).name;
            if !wanted(kind) {
                return None;
            }
            let name = match resource.parent.filter(|_| kind == "table") {
                Some(parent) => format!("{}.{}", platform.resource(parent).name, resource.name),
                None => resource.name.to_string(),
            };
            let module =
                snapshot.analysis.sources.file(resource.file).map_or("", |file| file.module.as_str());
            let detail = format!("{kind} of {module}");
            Some(item(&name, CompletionItemKind::VARIABLE, &detail, resource.doc.as_deref()))
        });
        found.collect()
    }

    /// Everything that has a name.
    fn names(&self) -> Vec<CompletionItem> {
        let mut items = self.resources(|_| true);
        let mut known: Vec<&str> = Vec::new();
        for constructor in &self.library.constructors {
            if !known.contains(&constructor.name.as_str()) {
                known.push(&constructor.name);
                let doc = constructor.doc.as_deref();
                let item = item(&constructor.name, CompletionItemKind::CONSTRUCTOR, "", doc);
                items.push(with_snippet(item, &format!("{}($1)", constructor.name)));
            }
        }
        items
    }

    /// Types of columns.
    fn columns_and_types(&self) -> Vec<CompletionItem> {
        let scalars = crate::library::types::SCALARS.iter().chain(&["list", "map"]);
        let mut items: Vec<CompletionItem> =
            scalars.map(|name| item(name, CompletionItemKind::STRUCT, "type", None)).collect();
        if let Some(snapshot) = self.snapshot {
            let schemas = snapshot.analysis.platform.schemas.iter();
            items.extend(
                schemas.map(|one| item(&one.name, CompletionItemKind::STRUCT, "schema", one.doc.as_deref())),
            );
        }
        items
    }

    /// Columns of the streams that a query names, streams, functions.
    fn in_sql(&self, sql: &str) -> Vec<CompletionItem> {
        let mut items: Vec<CompletionItem> = Vec::new();
        let mut add = |new: CompletionItem| {
            if !items.iter().any(|item| item.label == new.label) {
                items.push(new);
            }
        };
        if let Some(snapshot) = self.snapshot {
            let platform = &snapshot.analysis.platform;
            let named: Vec<&str> =
                sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
            for stream in &platform.streams {
                let name = &platform.resource(stream.resource).name;
                if named.contains(&name.as_str()) {
                    for column in &platform.schema(stream.schema).columns {
                        let ty = platform.spelled(&column.ty);
                        add(item(&column.name, CompletionItemKind::FIELD, &ty, column.doc.as_deref()));
                    }
                }
                add(item(
                    name,
                    CompletionItemKind::VARIABLE,
                    "stream",
                    platform.resource(stream.resource).doc.as_deref(),
                ));
            }
        }
        for function in &self.library.sql_functions {
            add(item(&function.name, CompletionItemKind::FUNCTION, "function", function.doc.as_deref()));
        }
        items
    }
}

fn item(label: &str, kind: CompletionItemKind, detail: &str, doc: Option<&str>) -> CompletionItem {
    CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        detail: (!detail.is_empty()).then(|| detail.to_owned()),
        documentation: doc.map(|doc| {
            Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value: doc.to_owned() })
        }),
        ..CompletionItem::default()
    }
}

fn with_snippet(item: CompletionItem, snippet: &str) -> CompletionItem {
    CompletionItem {
        insert_text: Some(snippet.to_owned()),
        insert_text_format: Some(InsertTextFormat::SNIPPET),
        ..item
    }
}
