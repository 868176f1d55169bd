//! Domains, tables and shares.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Context, Declared, index, schema::columns_of};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Domain, Location, ResourceId, Schema, Share, Table, ValueKind, resource::Noun},
    source::FileId,
    syntax::ast,
};

impl Context<'_> {
    pub(super) fn domains(&mut self, resources: &[Declared<'_>]) {
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "domain" {
                self.domain(declared);
            }
        }
        // What stands inside a table is its contract.
        let mut inside: FxHashMap<ResourceId, ResourceId> = FxHashMap::default();
        for declared in resources {
            if let Some(parent) = self.platform.resource(declared.id).parent {
                inside.entry(parent).or_insert(declared.id);
            }
        }
        for declared in resources {
            if self.platform.kind_of(declared.id).name == "table" {
                self.table(declared, inside.get(&declared.id).copied());
            }
        }
    }

    fn domain(&mut self, declared: &Declared<'_>) {
        let Some(ValueKind::Principal(owner)) =
            self.platform.field(declared.id, "owner").map(|value| value.kind.clone())
        else {
            return;
        };
        let Some(location) = self.location_of(declared.id, "location") else { return };
        let database = self
            .text_of(declared.id, "database")
            .unwrap_or_else(|| self.platform.resource(declared.id).physical.clone());
        let domain =
            Domain { resource: declared.id, owner, location, database: lower(&database), tables: Vec::new() };
        let noun = Noun::Domain(index(self.platform.domains.len()));
        self.platform.domains.push(domain);
        self.set_noun(declared, noun);
    }

    fn table(&mut self, declared: &Declared<'_>, contract: Option<ResourceId>) {
        let Some(parent) = self.platform.resource(declared.id).parent else { return };
        let columns = self.columns(declared.file, &columns_of(declared.decl));
        let Noun::Domain(domain) = self.platform.resource(parent).noun else { return };
        let Some(above) = self.platform.domains.get(domain as usize).map(|domain| domain.location.clone())
        else {
            return;
        };
        let resource = self.platform.resource(declared.id);
        let (name, physical, span, doc) =
            (resource.name.clone(), resource.physical.clone(), resource.span, resource.doc.clone());
        let qualified = SmolStr::new(format!("{}.{name}", self.platform.resource(parent).name));
        let schema = self.add_schema(Schema { name: qualified, columns, doc, span });
        let location = self.location_of(declared.id, "location").unwrap_or_else(|| below(&above, &physical));
        let partition = match self.platform.field(declared.id, "partition").map(|value| &value.kind) {
            Some(ValueKind::List(items)) => items
                .iter()
                .filter_map(|item| match &item.kind {
                    ValueKind::Column(name) => Some(name.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let table = Table {
            resource: declared.id,
            domain,
            name: lower(&physical),
            schema,
            location,
            partition,
            contract,
        };
        let at = index(self.platform.tables.len());
        self.platform.tables.push(table);
        if let Some(domain) = self.platform.domains.get_mut(domain as usize) {
            domain.tables.push(at);
        }
        self.set_noun(declared, Noun::Table(at));
    }

    fn location_of(&self, id: ResourceId, field: &str) -> Option<Location> {
        match &self.platform.field(id, field)?.kind {
            ValueKind::Location(location) => Some(location.clone()),
            _ => None,
        }
    }

    pub(super) fn share(&mut self, file: FileId, share: &ast::Share) {
        let table = self.resource(file, &share.table, "table");
        let with = self.resource(file, &share.with, "domain");
        let (Some(table), Some(with)) = (table, with) else { return };
        let (Noun::Table(table), Noun::Domain(with)) =
            (self.platform.resource(table).noun, self.platform.resource(with).noun)
        else {
            return;
        };
        let doc = share.doc.as_deref().map(SmolStr::new);
        self.platform.shares.push(Share {
            table,
            with,
            name: lower(&share.name.name),
            doc,
            span: share.span,
        });
    }
}

fn lower(name: &str) -> SmolStr {
    SmolStr::new(name.to_lowercase())
}

fn below(location: &Location, name: &str) -> Location {
    let key = if location.key.is_empty() {
        SmolStr::new(name)
    } else {
        SmolStr::new(format!("{}/{name}", location.key))
    };
    Location { bucket: location.bucket, key }
}

/// A doubled share is found by the name that both links would have.
pub(super) fn doubled_share(first: &Share, second: &Share) -> Diagnostic {
    Diagnostic::error(
        catalogue::SAME_NAME_IN_AWS,
        second.span,
        format!("two shares make a link `{}` in the same domain", second.name),
        "the same name again",
    )
    .related(first.span, "and here")
    .help("give one of them another name behind `as`")
}
