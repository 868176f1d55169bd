//! Names, kinds, values, columns, … as items.

use lsp_types::{
    CompletionItem, CompletionItemKind, Documentation, InsertTextFormat, MarkupContent, MarkupKind,
};

use crate::library::{ConstructorId, FieldDecl, FieldType, Kind, Library, Part, Place};
use crate::lsp::{show, workspace::Snapshot};
use crate::platform::ValueKind;
use crate::source::SourceFile;

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

/// Where names come from.
pub(super) struct Scope<'a> {
    pub library: &'a Library,
    pub snapshot: Option<&'a Snapshot>,
    pub module: Option<&'a SourceFile>,
}

impl Scope<'_> {
    /// What stands at the top of a file.
    pub(super) fn items(&self) -> Vec<CompletionItem> {
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

    /// What stands in the body of a declaration, without the fields that are given.
    pub(super) fn members(&self, kind: &Kind, given: &[&str]) -> Vec<CompletionItem> {
        let fields = kind.fields.iter().filter(|field| !given.contains(&field.name.as_str()));
        let mut items: Vec<CompletionItem> = fields.map(|field| self.field(field, " = ")).collect();
        let id = self.library.kind_named(&kind.name);
        let inside = |place: Place| matches!(place, Place::Inside(of) if Some(of) == id);
        let inner = self.library.kinds.iter().filter(|inner| inside(inner.place));
        items.extend(inner.map(|kind| self.kind(kind)));
        if kind.takes.contains(&Part::Deny) {
            items.push(item("deny", CompletionItemKind::KEYWORD, "", None));
        }
        items
    }

    /// Words that begin statements.
    pub(super) fn statements(&self) -> Vec<CompletionItem> {
        STATEMENTS.iter().map(|word| item(word, CompletionItemKind::KEYWORD, "", None)).collect()
    }

    /// Words that go on with a sentence.
    pub(super) fn clauses(&self, first: &str) -> Vec<CompletionItem> {
        let words: &[&str] = match first {
            "grant" => &["on", "to", "where", "with grant option", "when", "until"],
            "deny" => &["on", "to", "when", "outside", "except"],
            _ => &["can", "cannot", "on", "where"],
        };
        words.iter().map(|word| item(word, CompletionItemKind::KEYWORD, "", None)).collect()
    }

    /// Arguments of a call by their names, without those that are given.
    pub(super) fn arguments(&self, callee: &str, given: &[&str]) -> Vec<CompletionItem> {
        let constructors = self.library.constructors_named(callee).iter();
        let fields = constructors.flat_map(|id| &self.library.constructor(*id).fields);
        let integration = self.library.integration_named(callee).map(|id| self.library.integration(id));
        let fields = fields.chain(integration.into_iter().flat_map(|one| &one.params));
        let fields = fields.filter(|field| !given.contains(&field.name.as_str()));
        fields.map(|field| self.field(field, " = ")).collect()
    }

    /// What a request can be asked.
    pub(super) fn conditions(&self) -> Vec<CompletionItem> {
        let one = |condition: &crate::library::Condition| {
            let detail = show::field_type(self.library, &condition.value.ty);
            let doc = condition.doc.as_deref();
            let new = item(&condition.name, CompletionItemKind::PROPERTY, &detail, doc);
            match condition.param {
                Some(_) => with_snippet(new, &format!("{}(\"$1\")", condition.name)),
                None => new,
            }
        };
        let mut items: Vec<CompletionItem> = self.library.conditions.iter().map(one).collect();
        items.extend(["and", "not"].map(|word| item(word, CompletionItemKind::KEYWORD, "", None)));
        items
    }

    /// The keys that a map has elsewhere in the program: tags are the same everywhere.
    pub(super) fn keys(&self, field: &str) -> Vec<CompletionItem> {
        let Some(snapshot) = self.snapshot else { return Vec::new() };
        let platform = &snapshot.analysis.platform;
        let mut counted: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for resource in &platform.resources {
            let kind = platform.library.kind(resource.kind);
            if let Some(ValueKind::Map(entries)) = resource.field(kind, field).map(|value| &value.kind) {
                entries.iter().for_each(|(key, _)| *counted.entry(key).or_default() += 1);
            }
        }
        let one = |(key, count): (&str, usize)| {
            let plain = key.bytes().all(crate::syntax::lex::is_name_byte);
            let written = if plain { key.to_owned() } else { format!("\"{key}\"") };
            let detail = format!("{count} declaration{}", if count == 1 { " has" } else { "s have" });
            CompletionItem {
                insert_text: Some(format!("{written} = ")),
                ..item(key, CompletionItemKind::PROPERTY, &detail, None)
            }
        };
        counted.into_iter().map(one).collect()
    }

    /// A column of what is declared here.
    pub(super) fn column(&self, name: &str, detail: &str) -> CompletionItem {
        item(name, CompletionItemKind::FIELD, detail, None)
    }

    /// The columns of a record type.
    pub(super) fn columns_of(&self, schema: &str) -> Vec<CompletionItem> {
        let Some(snapshot) = self.snapshot else { return Vec::new() };
        let platform = &snapshot.analysis.platform;
        let found = platform.schemas.iter().find(|one| one.name == schema);
        let columns = found.into_iter().flat_map(|schema| &schema.columns);
        columns.map(|column| self.column(&column.name, &platform.spelled(&column.ty))).collect()
    }

    /// Behind the type of a column: what it may carry.
    pub(super) fn after_type(&self) -> Vec<CompletionItem> {
        let words = ["in", "length", "matching", "one of", "key"];
        let mut items: Vec<CompletionItem> =
            words.iter().map(|word| item(word, CompletionItemKind::KEYWORD, "", None)).collect();
        let labels = self.snapshot.map_or(&self.library.labels, |it| &it.analysis.platform.labels);
        items.extend(labels.iter().map(|label| item(label, CompletionItemKind::CONSTANT, "label", None)));
        items
    }

    /// Everything of which it can be asserted what it may do.
    pub(super) fn actors(&self) -> Vec<CompletionItem> {
        let mut items = self.resources(|kind| {
            matches!(kind, "role" | "pipeline" | "query" | "sync" | "function" | "crawler" | "group")
        });
        items.extend(["no role", "only"].map(|word| item(word, CompletionItemKind::KEYWORD, "", None)));
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

    /// Values of a type.
    pub(super) fn of_type(&self, ty: &FieldType) -> Vec<CompletionItem> {
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
                let labels = self.snapshot.map_or(&self.library.labels, |it| &it.analysis.platform.labels);
                let labels = labels.iter();
                labels.map(|label| item(label, CompletionItemKind::CONSTANT, "label", None)).collect()
            }
            FieldType::Construct(id) => self.construct(&self.library.family(*id).constructors),
            _ => self.names(),
        }
    }

    /// Values of a family: its constructors, and what stands for one without its name.
    fn construct(&self, constructors: &[ConstructorId]) -> Vec<CompletionItem> {
        let mut items = Vec::new();
        for id in constructors {
            let one = self.library.constructor(*id);
            let detail = show::parameters(self.library, &one.fields);
            let new = item(&one.name, CompletionItemKind::CONSTRUCTOR, &detail, one.doc.as_deref());
            items.push(with_snippet(new, &format!("{}($1)", one.name)));
            let first = one.fields.first().map(|field| &field.ty);
            // `warehouse.table(…)`: what a lone constructor begins with may stand before it.
            let leads = matches!(first, Some(FieldType::Resource(_))) && constructors.len() == 1;
            if let Some(ty) = first.filter(|_| one.implicit || leads) {
                items.extend(self.of_type(ty));
            }
        }
        items
    }

    /// Capabilities, or the actions of a service behind its dot.
    pub(super) fn capabilities(&self, words: &[&str]) -> Vec<CompletionItem> {
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

    pub(super) fn modules(&self) -> Vec<CompletionItem> {
        let names = self.snapshot.map(Snapshot::module_names).unwrap_or_default();
        let others = names.iter().filter(|name| self.module.is_none_or(|own| own.module != name.as_str()));
        others.map(|name| item(name, CompletionItemKind::MODULE, "module", None)).collect()
    }

    /// Declared resources of some kinds. What stands in a module that is not used yet brings its `use` line in mind.
    pub(super) fn resources(&self, wanted: impl Fn(&str) -> bool) -> Vec<CompletionItem> {
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
            let own = self.module.is_some_and(|own| own.module == module);
            Some(CompletionItem {
                // What stands in this module comes first.
                sort_text: Some(format!("{}{name}", if own { 1 } else { 2 })),
                ..item(&name, CompletionItemKind::VARIABLE, &detail, resource.doc.as_deref())
            })
        });
        found.collect()
    }

    /// Everything that has a name.
    pub(super) fn names(&self) -> Vec<CompletionItem> {
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
    pub(super) fn columns_and_types(&self) -> Vec<CompletionItem> {
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
    pub(super) fn in_sql(&self, sql: &str) -> Vec<CompletionItem> {
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

pub(super) fn item(label: &str, kind: CompletionItemKind, detail: &str, doc: Option<&str>) -> CompletionItem {
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

pub(super) fn with_snippet(item: CompletionItem, snippet: &str) -> CompletionItem {
    CompletionItem {
        insert_text: Some(snippet.to_owned()),
        insert_text_format: Some(InsertTextFormat::SNIPPET),
        ..item
    }
}
