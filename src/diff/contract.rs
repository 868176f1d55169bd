//! What readers of tables and streams rely on: columns, their types, and what a contract promises beside.

use std::collections::BTreeSet;

use super::{
    At, Class, Entry, Topic, Version,
    pair::Pairs,
    types::{Typed, takes, written},
};
use crate::{
    Analysis,
    access::roles::acting,
    platform::{
        Column, LabelRule, Platform, Principal, ResourceId, Schema, SchemaId, ValueKind, resource::Noun,
    },
    source::Span,
};

/// A table or a stream of which both versions are at hand.
struct Both<'a> {
    old: &'a Analysis,
    new: &'a Analysis,
    ids: (ResourceId, ResourceId),
    schemas: (&'a Schema, &'a Schema),
    /// The contract's mode in the old version.
    mode: Option<String>,
}

/// Every broken promise.
pub fn changes(old: &Analysis, new: &Analysis, pairs: &Pairs) -> Vec<Entry> {
    let mut entries = Vec::new();
    for &ids in &pairs.both {
        let (Some(before), Some(after)) = (schema(&old.platform, ids.0), schema(&new.platform, ids.1)) else {
            continue;
        };
        let schemas = (old.platform.schema(before), new.platform.schema(after));
        let contracts = (contract(&old.platform, ids.0), contract(&new.platform, ids.1));
        let mode = contracts.0.and_then(|id| word(&old.platform, id, "compatible"));
        let both = Both { old, new, ids, schemas, mode };
        let found = both.columns();
        let changed = !found.is_empty() || both.has_new_columns();
        let broken = found.iter().any(|entry| entry.class == Class::Breaking);
        entries.extend(found);
        if let Some(before) = contracts.0 {
            entries.extend(both.promises(before, contracts.1, changed, broken));
        }
    }
    entries
}

fn schema(platform: &Platform, id: ResourceId) -> Option<SchemaId> {
    match platform.resource(id).noun {
        Noun::Table(at) => platform.tables.get(at as usize).map(|it| it.schema),
        Noun::Stream(at) => platform.streams.get(at as usize).map(|it| it.schema),
        Noun::ItemTable(at) => platform.item_tables.get(at as usize).map(|it| it.schema),
        _ => None,
    }
}

fn contract(platform: &Platform, id: ResourceId) -> Option<ResourceId> {
    match platform.resource(id).noun {
        Noun::Table(at) => platform.tables.get(at as usize)?.contract,
        _ => None,
    }
}

/// A field's text, or the name of its variant.
fn word(platform: &Platform, id: ResourceId, field: &str) -> Option<String> {
    match &platform.field(id, field)?.kind {
        ValueKind::Text(text) => Some(text.to_string()),
        ValueKind::Variant(of, at) => {
            let variants = &platform.library.enums.get(of.0 as usize)?.variants;
            variants.get(*at as usize).map(|it| it.name.to_string())
        }
        _ => None,
    }
}

impl Both<'_> {
    fn entry(
        &self,
        class: Class,
        what: String,
        details: Vec<String>,
        columns: Option<&str>,
        at: At,
    ) -> Entry {
        Entry {
            class,
            topic: Topic::Contract,
            subject: format!("{} `{}`", self.old.platform.kind_of(self.ids.0).name, self.schemas.0.name),
            what,
            details,
            readers: readers(self.old, self.ids.0, columns),
            gain: None,
            at,
        }
    }

    fn has_new_columns(&self) -> bool {
        self.schemas.1.columns.iter().any(|column| self.schemas.0.column(&column.name).is_none())
    }

    /// Whether the contract promises that readers of the old version can read what the new one writes.
    fn protects_old_readers(&self) -> bool {
        matches!(self.mode.as_deref(), Some("forward" | "full"))
    }

    fn columns(&self) -> Vec<Entry> {
        let (old, new) = self.schemas;
        let mut entries = Vec::new();
        for column in &old.columns {
            match new.column(&column.name) {
                None => entries.push(self.entry(
                    Class::Breaking,
                    format!("has no column `{}` any more", column.name),
                    Vec::new(),
                    Some(&column.name),
                    At { version: Version::Old, span: column.span },
                )),
                Some(other) => entries.extend(self.column(column, other)),
            }
        }
        for column in new.columns.iter().filter(|it| old.column(&it.name).is_none() && !it.ty.nullable) {
            entries.push(self.entry(
                Class::Breaking,
                format!("demands a new column `{}`", column.name),
                vec!["what was written before does not have it: make it optional with `?`".into()],
                None,
                At { version: Version::New, span: column.span },
            ));
        }
        entries
    }

    fn column(&self, old: &Column, new: &Column) -> Option<Entry> {
        let before = Typed { platform: &self.old.platform, ty: &old.ty };
        let after = Typed { platform: &self.new.platform, ty: &new.ty };
        let (reads_old, read_by_old) = (takes(after, before), takes(before, after));
        if reads_old && read_by_old {
            return None;
        }
        let (from, to) = (written(before), written(after));
        let what = match from == to {
            true => format!("has other conditions on the values of `{}`", old.name),
            false => format!("changes `{}` from {from} to {to}", old.name),
        };
        let (class, why) = if !reads_old {
            (Class::Breaking, "the new type does not take everything that was written before")
        } else if new.ty.nullable && !old.ty.nullable {
            (Class::Breaking, "readers get nulls where there were none")
        } else if self.protects_old_readers() {
            (
                Class::Breaking,
                "readers by the old version don't take every new value, as the contract promises",
            )
        } else {
            (Class::Note, "readers by the old version may meet values that they did not know")
        };
        let at = At { version: Version::New, span: new.span };
        Some(self.entry(class, what, vec![why.into()], Some(&old.name), at))
    }

    /// What the contract itself promises.
    fn promises(
        &self,
        before: ResourceId,
        after: Option<ResourceId>,
        changed: bool,
        broken: bool,
    ) -> Vec<Entry> {
        let (old, new) = (&self.old.platform, &self.new.platform);
        let Some(after) = after else {
            let at = At { version: Version::Old, span: old.resource(before).span };
            return vec![self.entry(
                Class::Breaking,
                "has no contract any more".into(),
                Vec::new(),
                None,
                at,
            )];
        };
        let place = |field: &str| At { version: Version::New, span: span_of(new, after, field) };
        let mut entries = Vec::new();
        let mut say = |what: String, detail: &str, field: &str| {
            let details = if detail.is_empty() { Vec::new() } else { vec![detail.to_owned()] };
            entries.push(self.entry(Class::Breaking, what, details, None, place(field)));
        };
        let modes = (word(old, before, "compatible"), word(new, after, "compatible"));
        if let (Some(was), Some(is)) = &modes
            && !keeps(was, is)
        {
            say(
                format!("promises `{is}` instead of `{was}`"),
                "what could be relied on can't be any more",
                "compatible",
            );
        }
        let fresh = (number(old, before, "freshness"), number(new, after, "freshness"));
        match fresh {
            (Some(was), Some(is)) if is > was => {
                say(format!("may be {} old, and {} before", duration(is), duration(was)), "", "freshness");
            }
            (Some(_), None) => say("promises no freshness any more".into(), "", "freshness"),
            _ => {}
        }
        match (number(old, before, "volume"), number(new, after, "volume")) {
            (Some(was), Some(is)) if is < was => {
                say(format!("promises {is} rows, and {was} before"), "", "volume");
            }
            (Some(_), None) => say("promises no number of rows any more".into(), "", "volume"),
            _ => {}
        }
        let versions = (word(old, before, "version"), word(new, after, "version"));
        if let (Some(was), Some(is)) = &versions {
            let (a, b) = (parts(was), parts(is));
            if b < a {
                say(format!("goes back from version {was} to {is}"), "", "version");
            } else if broken && b.first() == a.first() {
                say(
                    format!("breaks its readers in version {is}"),
                    "a change that breaks readers takes a new major version",
                    "version",
                );
            } else if changed && a == b {
                say(format!("changes and stays version {was}"), "a change takes a new version", "version");
            }
        }
        entries
    }
}

fn span_of(platform: &Platform, id: ResourceId, field: &str) -> Span {
    let own = platform.resource(id);
    let given = platform.kind_of(id).field_index(field).and_then(|at| *own.given.get(at)?);
    given.unwrap_or(own.span)
}

/// Whether a mode promises all that another one does.
fn keeps(was: &str, is: &str) -> bool {
    was == is || was == "none" || is == "full"
}

fn number(platform: &Platform, id: ResourceId, field: &str) -> Option<u64> {
    match platform.field(id, field)?.kind {
        ValueKind::Duration(milliseconds) => Some(milliseconds),
        ValueKind::Int(count) => u64::try_from(count).ok(),
        _ => None,
    }
}

fn duration(milliseconds: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let whole = units.into_iter().find(|(size, _)| milliseconds.is_multiple_of(*size));
    whole.map_or_else(|| format!("{milliseconds}ms"), |(size, unit)| format!("{}{unit}", milliseconds / size))
}

fn parts(version: &str) -> Vec<u64> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

/// Who reads a table, a column of it, or a stream: roles that are granted it, accounts it is shared with, queries and pipelines.
pub fn readers(analysis: &Analysis, id: ResourceId, column: Option<&str>) -> Vec<String> {
    let platform = &analysis.platform;
    let mut readers = BTreeSet::new();
    let parent = platform.resource(id).parent;
    for grant in platform.grants.iter().filter(|it| it.effect == crate::platform::grant::Effect::Grant) {
        let on = grant.on.resource == id || Some(grant.on.resource) == parent;
        let reads = grant.capabilities.iter().any(|it| {
            let named = match it.capability {
                crate::platform::Capability::Named(at) => platform.library.capability(at).name.as_str(),
                crate::platform::Capability::Action(_) => "",
            };
            let sees =
                column.is_none_or(|column| it.columns.is_empty() || it.columns.iter().any(|it| it == column));
            let by_label = it.labels.is_empty() || sees_by_label(platform, id, &it.labels, column);
            matches!(named, "read" | "select") && sees && by_label
        });
        if on && reads {
            readers.extend(grant.to.iter().map(|(who, _)| principal(platform, who)));
        }
    }
    for share in &platform.shares {
        if platform.tables.get(share.table as usize).is_some_and(|table| table.resource == id)
            && let Some(with) = platform.domains.get(share.with as usize)
        {
            readers.insert(format!("domain `{}`", platform.resource(with.resource).name));
        }
    }
    let queries = platform.queries.iter().filter(|query| query.sources().contains(&id));
    readers.extend(queries.map(|query| format!("query `{}`", platform.resource(query.resource).name)));
    for pipeline in &platform.pipelines {
        let records = match pipeline.trigger.as_ref().map(|it| &it.kind) {
            Some(crate::platform::pipeline::TriggerKind::Records(pipe)) => pipe.stream == id,
            _ => false,
        };
        if records {
            readers.insert(format!("pipeline `{}`", platform.resource(pipeline.resource).name));
        }
    }
    readers.into_iter().collect()
}

/// Whether labels choose a column of a table; any of its columns, without one.
fn sees_by_label(platform: &Platform, id: ResourceId, rules: &[LabelRule], column: Option<&str>) -> bool {
    let Noun::Table(at) = platform.resource(id).noun else { return false };
    let Some(table) = platform.tables.get(at as usize) else { return false };
    platform.labelled_columns(table.schema, rules).any(|it| column.is_none_or(|column| it.name == column))
}

fn principal(platform: &Platform, who: &Principal) -> String {
    match who {
        Principal::Resource(id) => {
            let acts = acting(platform, *id).map_or(*id, crate::access::RoleKey::declaration);
            format!("{} `{}`", platform.kind_of(acts).name, platform.resource(acts).name)
        }
        Principal::Account(id) => format!("account `{}`", platform.account(*id).name),
        Principal::ForeignAccount(id) => format!("account {id}"),
        Principal::Service(id) => format!("service {}", platform.library.service(*id).name),
    }
}
