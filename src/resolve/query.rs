//! Streaming queries: SQL to a plan over the platform's streams.

use smol_str::SmolStr;

use super::{Context, Declared, index};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Query, ResourceId, ValueKind, resource::Noun},
    source::{FileId, SourceMap, Span, local},
    sql::{
        bind::{self, Table, TableName, Tables},
        parse,
        plan::{Field, Relation},
        sink::{self, Sink},
    },
    syntax::ast::{Ident, Path},
};

impl Context<'_> {
    pub(super) fn queries(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "query" {
                self.query(declared);
            }
        }
    }

    fn query(&mut self, declared: &Declared<'_>) {
        let (Some(into), Some(sql)) = (&declared.decl.into, declared.decl.sql) else {
            self.diagnostics.push(incomplete(self.platform.resource(declared.id).span));
            return;
        };
        let sink = self.resource(declared.file, into, "stream");
        let relation = self.relation(declared.file, sql.span);
        let (Some(sink), Some(relation)) = (sink, relation) else { return };
        let Some(account) =
            self.platform.resource(declared.id).account.or(self.platform.resource(sink).account)
        else {
            return;
        };
        if let Some(resource) = self.platform.resources.get_mut(declared.id.0 as usize) {
            resource.account = Some(account);
        }
        let Some(plan) = self.fitted(relation, sink, into.span) else { return };
        let latency = match self.platform.field(declared.id, "latency") {
            Some(value) => match value.kind {
                ValueKind::Duration(milliseconds) => Some((milliseconds, value.span)),
                _ => None,
            },
            None => None,
        };
        let query = Query { resource: declared.id, account, sink, plan, latency, span: sql.span };
        let noun = Noun::Query(index(self.platform.queries.len()));
        self.platform.queries.push(query);
        self.set_noun(declared, noun);
    }

    fn relation(&mut self, file: FileId, sql: Span) -> Option<Relation> {
        let parsed = parse::query(self.sources, sql, self.diagnostics)?;
        let mut tables = Tables::default();
        for name in bind::table_names(&parsed) {
            let path = path(&name);
            if let Some(stream) = self.resource(file, &path, "stream")
                && let Some(fields) = self.stream_fields(stream)
            {
                tables.insert(name.text, Table { stream, fields });
            }
        }
        let library = self.library.clone();
        bind::query(&parsed, &tables, self.platform, &library, self.diagnostics)
    }

    fn stream_fields(&self, stream: ResourceId) -> Option<Vec<Field>> {
        let schema = self.platform.schema(self.platform.stream(stream)?.schema);
        Some(
            schema
                .columns
                .iter()
                .map(|column| Field { name: column.name.clone(), ty: column.ty.clone() })
                .collect(),
        )
    }

    fn fitted(&mut self, relation: Relation, stream: ResourceId, span: Span) -> Option<Relation> {
        let schema = self.platform.schema(self.platform.stream(stream)?.schema).clone();
        let name = self.platform.resource(stream).name.clone();
        let sources = self.sources;
        let alias = |end: u32| alias_behind(sources, end);
        let platform = &self.platform;
        let sink = Sink { name: &name, schema: &schema, platform, span, alias: &alias };
        sink::fit(relation, &sink, self.diagnostics)
    }
}

/// The name behind an expression of a SELECT list that ends at an offset, with or without AS.
fn alias_behind(sources: &SourceMap, end: u32) -> Option<Span> {
    let (_, file) = sources.file_of(Span::new(end, end))?;
    let rest = file.text.get(local(file, Span::new(end, end)).start..)?;
    let trimmed = rest.trim_start();
    let behind_as =
        trimmed.get(..2).filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| trimmed.get(2..));
    let name = behind_as.filter(|rest| rest.starts_with(char::is_whitespace))?.trim_start();
    let length = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let start = end.saturating_add(index(rest.len() - name.len()));
    (length > 0).then(|| Span::new(start, start.saturating_add(index(length))))
}

fn path(name: &TableName) -> Path {
    let parts =
        name.parts.iter().map(|(name, span)| Ident { name: SmolStr::clone(name), span: *span }).collect();
    Path { parts, span: name.span }
}

fn incomplete(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::MISSING_FIELD,
        span,
        "a query says where its rows go and what they are",
        "incomplete",
    )
    .help("write `query name into stream as SELECT …;`")
}
