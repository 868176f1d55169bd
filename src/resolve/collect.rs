//! Every declaration of the program, each with its id, in canonical order.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Declared, index, suggest};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::{Kind, KindId, Library, Part, Place},
    platform::{Platform, Resource, ResourceId, Schema, SchemaId, resource::Noun},
    source::{FileId, Span},
    syntax::ast::{Decl, Ident, Item, Member, Module},
};

/// Kinds of declarations that are no resources.
const WORDS: &[&str] = &["schema", "param", "label", "test"];
/// Kinds of declarations that only the standard library may have.
const LIBRARY_WORDS: &[&str] = &[
    "kind",
    "enum",
    "constructor",
    "service",
    "capability",
    "integration",
    "sql_function",
    "pipeline_function",
    "cloudformation",
    "terraform",
    "limit",
];

/// All declarations, by what they are.
#[derive(Default)]
pub struct Found<'a> {
    /// In the order of their ids.
    pub resources: Vec<Declared<'a>>,
    /// Record types in the order of their ids, with their file.
    pub schemas: Vec<(SchemaId, FileId, &'a Decl)>,
    /// The record types of the standard library, by name.
    pub library_schemas: FxHashMap<SmolStr, SchemaId>,
    /// Parameters.
    pub params: Vec<(FileId, &'a Decl)>,
    /// Labels of the program's own.
    pub labels: Vec<(FileId, &'a Decl)>,
    /// Tests.
    pub tests: Vec<(FileId, &'a Decl)>,
    /// Declarations that are reported already: their names are known, and mean nothing.
    pub broken: Vec<(FileId, &'a Decl)>,
}

struct Pending<'a> {
    file: FileId,
    decl: &'a Decl,
    kind: KindId,
    /// Its name with those of what it stands in, `sales.customers`.
    qualified: SmolStr,
    parent: Option<usize>,
}

/// Finds all declarations and makes a resource or a schema for each.
pub fn collect<'a>(
    library_modules: &'a [Module],
    modules: &'a [Module],
    platform: &mut Platform,
    diagnostics: &mut Diagnostics,
) -> Found<'a> {
    let mut found = Found::default();
    for module in library_modules {
        for decl in decls(module).filter(|decl| decl.kind.name == "schema") {
            let id = add_schema(platform, decl);
            found.library_schemas.insert(name_of(decl), id);
            found.schemas.push((id, module.file, decl));
        }
    }
    let library = Arc::clone(&platform.library);
    let mut collector = Collector { library: &library, diagnostics, found, pending: Vec::new() };
    for module in modules {
        for decl in decls(module) {
            collector.decl(module.file, decl, None);
        }
    }
    let Collector { mut found, pending, .. } = collector;
    number(pending, platform, &mut found);
    let mut schemas: Vec<(FileId, &Decl)> =
        found.schemas.iter().filter(|(id, _, _)| id.0 == u32::MAX).map(|(_, f, d)| (*f, *d)).collect();
    schemas.sort_by_key(|(file, decl)| (name_of(decl), *file, decl.span));
    found.schemas.retain(|(id, _, _)| id.0 != u32::MAX);
    for (file, decl) in schemas {
        let id = add_schema(platform, decl);
        found.schemas.push((id, file, decl));
    }
    platform.labels.clone_from(&platform.library.labels);
    platform.labels.extend(found.labels.iter().map(|(_, decl)| name_of(decl)));
    platform.labels.sort();
    platform.labels.dedup();
    found
}

fn decls(module: &Module) -> impl Iterator<Item = &Decl> {
    module.items.iter().filter_map(|item| match item {
        Item::Decl(decl) => Some(decl),
        _ => None,
    })
}

fn add_schema(platform: &mut Platform, decl: &Decl) -> SchemaId {
    let id = SchemaId(index(platform.schemas.len()));
    let span = decl.name.as_ref().map_or(decl.span, |name| name.span);
    let doc = decl.doc.as_deref().map(SmolStr::new);
    platform.schemas.push(Schema { name: name_of(decl), columns: Vec::new(), doc, span });
    id
}

struct Collector<'a, 'b> {
    library: &'b Library,
    diagnostics: &'b mut Diagnostics,
    found: Found<'a>,
    pending: Vec<Pending<'a>>,
}

impl<'a> Collector<'a, '_> {
    fn decl(&mut self, file: FileId, decl: &'a Decl, parent: Option<usize>) {
        match decl.kind.name.as_str() {
            "schema" => self.found.schemas.push((SchemaId(u32::MAX), file, decl)),
            "param" => self.found.params.push((file, decl)),
            "label" => self.found.labels.push((file, decl)),
            "test" => self.found.tests.push((file, decl)),
            word => match self.library.kind_named(word) {
                Some(kind) => self.resource(file, decl, kind, parent),
                None => {
                    let parent =
                        parent.and_then(|at| self.pending.get(at)).map(|above| self.library.kind(above.kind));
                    if !self.diagnostics.has_error_within(decl.span) {
                        self.diagnostics.push(unknown_kind(self.library, decl, parent));
                    }
                    self.found.broken.push((file, decl));
                }
            },
        }
    }

    fn resource(&mut self, file: FileId, decl: &'a Decl, kind: KindId, parent: Option<usize>) {
        let place = self.library.kind(kind).place;
        let parent_kind = parent.and_then(|at| self.pending.get(at)).map(|pending| pending.kind);
        match (place, parent_kind) {
            (Place::Inside(wanted), Some(actual)) if wanted == actual => {}
            (Place::Inside(wanted), _) => {
                let wanted = &self.library.kind(wanted).name;
                self.diagnostics.push(misplaced(decl, &format!("inside a `{wanted}`")));
                self.found.broken.push((file, decl));
                return;
            }
            (Place::Account, Some(_)) => {
                self.diagnostics.push(misplaced(decl, "at the top of a file"));
                self.found.broken.push((file, decl));
                return;
            }
            _ => {}
        }
        self.unexpected_parts(decl, kind);
        let name = name_of(decl);
        let scoped = matches!(place, Place::Inside(_));
        let qualified = match parent.and_then(|at| self.pending.get(at)) {
            Some(above) if scoped => SmolStr::new(format!("{}.{name}", above.qualified)),
            _ => name,
        };
        let at = self.pending.len();
        self.pending.push(Pending { file, decl, kind, qualified, parent });
        for member in decl.body.iter().flatten() {
            if let Member::Decl(inner) = member {
                self.decl(file, inner, Some(at));
            }
        }
    }

    fn unexpected_parts(&mut self, decl: &Decl, kind: KindId) {
        let kind = self.library.kind(kind);
        let takes = |part: Part| kind.takes.contains(&part);
        let members = |wanted: fn(&Member) -> Option<Span>| decl.body.iter().flatten().find_map(wanted);
        // A word that is no kind is reported as such.
        let inner = decl.body.iter().flatten().find_map(|member| match member {
            Member::Decl(inner) if self.library.kind_named(&inner.kind.name).is_some() => {
                Some(inner.kind.span)
            }
            _ => None,
        });
        let parts: [(Part, Option<Span>, &str); 10] = [
            (
                Part::Params,
                decl.params.as_ref().map(|params| params.first().map_or(decl.kind.span, |param| param.span)),
                "parameters",
            ),
            (Part::Result, decl.result.as_ref().map(|ty| ty.span), "result type"),
            (Part::Type, decl.ty.as_ref().map(|ty| ty.span), "type"),
            (Part::On, decl.on.first().map(|path| path.span), "`on`"),
            (Part::Query, decl.sql.map(|sql| sql.span).or(decl.into.as_ref().map(|into| into.span)), "query"),
            (Part::Value, decl.value.as_ref().map(|value| value.span), "value"),
            (
                Part::Columns,
                decl.body.iter().flatten().find_map(|member| match member {
                    Member::Column(column) if kind.field_index(&column.name.name).is_none() => {
                        Some(column.name.span)
                    }
                    _ => None,
                }),
                "columns",
            ),
            (
                Part::Statements,
                members(|member| match member {
                    Member::Statement(statement) => Some(statement.span),
                    _ => None,
                }),
                "statements",
            ),
            (
                Part::Deny,
                members(|member| match member {
                    Member::Deny(deny) => Some(deny.span),
                    Member::Step(step) => Some(step.span),
                    _ => None,
                }),
                "rules",
            ),
            (Part::Declarations, inner, "declarations inside"),
        ];
        let fields = decl.body.iter().flatten().filter_map(|member| match member {
            Member::Column(column) if kind.field_index(&column.name.name).is_some() => Some(column),
            _ => None,
        });
        for column in fields.filter(|_| !takes(Part::Columns)) {
            self.diagnostics.push(set_with_colon(&column.name, column.ty.span));
        }
        for (part, span, word) in parts {
            if let Some(span) = span
                && !takes(part)
            {
                self.diagnostics.push(unexpected_part(&kind.name, word, span, part));
            }
        }
        if decl.target.is_some() {
            self.diagnostics.push(unexpected_part(&kind.name, "`for`", decl.span, Part::On));
        }
    }
}

/// Gives ids in canonical order: by qualified name, kind, file, so that they do not depend on where a declaration stands.
fn number<'a>(pending: Vec<Pending<'a>>, platform: &mut Platform, found: &mut Found<'a>) {
    let mut order: Vec<usize> = (0..pending.len()).collect();
    order.sort_by_key(|at| {
        pending.get(*at).map(|one| {
            (one.qualified.clone(), platform.library.kind(one.kind).name.clone(), one.file, one.decl.span)
        })
    });
    let mut ids = vec![ResourceId(0); pending.len()];
    for (id, at) in order.iter().enumerate() {
        if let Some(slot) = ids.get_mut(*at) {
            *slot = ResourceId(index(id));
        }
    }
    for at in order {
        let Some(one) = pending.get(at) else { continue };
        let id = ResourceId(index(platform.resources.len()));
        platform.resources.push(Resource {
            kind: one.kind,
            noun: Noun::Plain,
            name: name_of(one.decl),
            physical: SmolStr::default(),
            arn: None,
            account: None,
            parent: one.parent.and_then(|parent| ids.get(parent).copied()),
            external: false,
            fields: Vec::new(),
            given: Vec::new(),
            doc: one.decl.doc.as_deref().map(SmolStr::new),
            span: one.decl.name.as_ref().map_or(one.decl.kind.span, |name| name.span),
            file: one.file,
        });
        found.resources.push(Declared { id, file: one.file, decl: one.decl });
    }
}

pub(super) fn name_of(decl: &Decl) -> SmolStr {
    decl.name.as_ref().map_or_else(|| decl.kind.name.clone(), |name| name.name.clone())
}

fn unknown_kind(library: &Library, decl: &Decl, parent: Option<&Kind>) -> Diagnostic {
    let word = decl.kind.name.as_str();
    if parent.is_some_and(|parent| parent.field_index(word).is_some()) {
        let diagnostic = Diagnostic::error(
            catalogue::UNKNOWN_KIND,
            decl.kind.span,
            format!("`{word}` is a field, and no declaration"),
            "a field",
        )
        .help(format!("write `{word} = …`"));
        return match &decl.name {
            Some(value) => diagnostic.fix(Span::new(decl.kind.span.end, value.span.start), " = "),
            None => diagnostic,
        };
    }
    if LIBRARY_WORDS.contains(&word) {
        return Diagnostic::error(
            catalogue::UNKNOWN_KIND,
            decl.kind.span,
            format!("`{word}` stands in the standard library only"),
            "not in a program",
        )
        .help("declare what the program has with the kinds that there are; a new kind goes into the standard library");
    }
    let mut diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_KIND,
        decl.kind.span,
        format!("there is no kind of declaration `{word}`"),
        "not known",
    );
    let kinds = library.kinds.iter().map(|kind| kind.name.as_str()).chain(WORDS.iter().copied());
    if parent.is_some_and(|parent| parent.takes.contains(&Part::Statements))
        && matches!(word, "var" | "val" | "const")
    {
        return diagnostic.help("a value is named by `let name = …`").fix(decl.kind.span, "let");
    }
    if let Some(ours) = suggest::foreign_kind(word) {
        return diagnostic.help(format!("write `{ours}`")).fix(decl.kind.span, ours);
    }
    diagnostic = match suggest::nearest(word, kinds) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(decl.kind.span, near),
        None => diagnostic.help("begin with a kind such as `bucket`, `role`, `domain`, `schema`, `stream`, `query` or `pipeline`; `docs/kinds.md` has all"),
    };
    diagnostic
}

fn misplaced(decl: &Decl, place: &str) -> Diagnostic {
    let kind = &decl.kind.name;
    Diagnostic::error(
        catalogue::MISPLACED,
        decl.kind.span,
        format!("{} `{kind}` can't stand here", suggest::article(kind)),
        "in the wrong place",
    )
    .help(format!("declare it {place}"))
}

fn set_with_colon(name: &Ident, value: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        name.span,
        format!("`{}` is a field, and no column", name.name),
        "set with `:`",
    )
    .help(format!("write `{} = …`", name.name))
    .fix(Span::new(name.span.end, value.start), " = ")
}

fn unexpected_part(kind: &str, word: &str, span: Span, part: Part) -> Diagnostic {
    let help = match part {
        Part::Columns => "a field is written with `=`: `name = value`",
        Part::Value => "what it is made of stands between braces",
        _ => "leave it out",
    };
    Diagnostic::error(
        catalogue::UNEXPECTED_PART,
        span,
        format!("{} `{kind}` takes no {word}", suggest::article(kind)),
        "not taken here",
    )
    .help(help)
}
