//! Labelled columns reach only those who are cleared for them.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::Library,
    platform::{
        Capability, CapabilityUse, Column, Grant, Location, Platform, Principal, ResourceId, Table,
        grant::Effect, resource::Noun,
    },
    source::Span,
};

/// A grant on a labelled column, on its table, or on the place where the table lies, needs the receiver's clearance.
pub fn labelled_data_is_granted_to_the_cleared_only(platform: &Platform, diagnostics: &mut Diagnostics) {
    let labelled = labelled_by_bucket(platform);
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (principal, span) in &grant.to {
            let clearance = clearance(platform, principal);
            for (table, capability) in readable(platform, grant, &labelled) {
                let columns = &platform.schema(table.schema).columns;
                let seen = columns.iter().filter(|column| {
                    capability.columns.is_empty() || capability.columns.contains(&column.name)
                });
                if let Some((column, label)) = missing(seen, clearance) {
                    diagnostics.push(not_cleared(platform, principal, *span, table, column, label));
                    break;
                }
            }
        }
    }
}

/// A shared table's labelled columns are seen by the owner of the domain that gets the link.
pub fn labelled_tables_are_shared_with_the_cleared_only(platform: &Platform, diagnostics: &mut Diagnostics) {
    for share in &platform.shares {
        let (Some(table), Some(domain)) =
            (platform.tables.get(share.table as usize), platform.domains.get(share.with as usize))
        else {
            continue;
        };
        let columns = platform.schema(table.schema).columns.iter();
        if let Some((column, label)) = missing(columns, clearance(platform, &domain.owner)) {
            diagnostics.push(not_cleared(platform, &domain.owner, share.span, table, column, label));
        }
    }
}

/// The tables that have a labelled column, by the bucket that they lie in.
fn labelled_by_bucket(platform: &Platform) -> FxHashMap<ResourceId, Vec<&Table>> {
    let mut tables: FxHashMap<ResourceId, Vec<&Table>> = FxHashMap::default();
    for table in &platform.tables {
        if platform.schema(table.schema).columns.iter().any(|column| !column.ty.labels.is_empty()) {
            tables.entry(table.location.bucket).or_default().push(table);
        }
    }
    tables
}

/// The tables whose rows a grant shows, each with the capability that does.
fn readable<'a>(
    platform: &'a Platform,
    grant: &'a Grant,
    labelled: &FxHashMap<ResourceId, Vec<&'a Table>>,
) -> Vec<(&'a Table, &'a CapabilityUse)> {
    let mut readable = Vec::new();
    for capability in grant.capabilities.iter().filter(|one| shows_rows(&platform.library, one.capability)) {
        let tables: Vec<&Table> = match platform.resource(grant.on.resource).noun {
            Noun::Table(at) => platform.tables.get(at as usize).into_iter().collect(),
            Noun::Domain(at) => {
                let domain = platform.domains.get(at as usize);
                domain
                    .into_iter()
                    .flat_map(|domain| &domain.tables)
                    .filter_map(|at| platform.tables.get(*at as usize))
                    .collect()
            }
            _ => {
                let place =
                    Location { bucket: grant.on.resource, key: grant.on.prefix.clone().unwrap_or_default() };
                let here = labelled.get(&grant.on.resource).into_iter().flatten();
                here.copied().filter(|table| overlap(&table.location, &place)).collect()
            }
        };
        readable.extend(tables.into_iter().map(|table| (table, capability)));
    }
    readable
}

/// Whether a capability lets one see what is in a table: SELECT, or reading the objects that it is made of.
fn shows_rows(library: &Library, capability: Capability) -> bool {
    let actions = match capability {
        Capability::Named(id) => {
            let capability = library.capability(id);
            if capability.permission.as_deref() == Some("SELECT") {
                return true;
            }
            capability.actions.as_slice()
        }
        Capability::Action(ref id) => std::slice::from_ref(id),
    };
    actions.iter().any(|id| library.action_spelling(*id).starts_with("s3:GetObject"))
}

/// Whether one place holds the other, or is it.
fn overlap(a: &Location, b: &Location) -> bool {
    let below = |inner: &str, outer: &str| {
        outer.is_empty()
            || inner == outer
            || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
    };
    a.bucket == b.bucket && (below(&a.key, &b.key) || below(&b.key, &a.key))
}

fn clearance<'a>(platform: &'a Platform, principal: &Principal) -> &'a [SmolStr] {
    match principal {
        Principal::Resource(id) => match platform.resource(*id).noun {
            Noun::Role(at) => platform.roles.get(at as usize).map_or(&[], |role| role.clearance.as_slice()),
            _ => &[],
        },
        _ => &[],
    }
}

fn missing<'a>(
    columns: impl Iterator<Item = &'a Column>,
    clearance: &[SmolStr],
) -> Option<(&'a Column, &'a SmolStr)> {
    let mut labels = columns.flat_map(|column| column.ty.labels.iter().map(move |label| (column, label)));
    labels.find(|(_, label)| !clearance.contains(label))
}

fn not_cleared(
    platform: &Platform,
    principal: &Principal,
    span: Span,
    table: &Table,
    column: &Column,
    label: &SmolStr,
) -> Diagnostic {
    let name = match principal {
        Principal::Resource(id) => format!("`{}`", platform.resource(*id).name),
        Principal::Account(id) => format!("the account `{}`", platform.account(*id).name),
        Principal::ForeignAccount(id) => format!("the account {id}"),
        Principal::Service(id) => format!("the service `{}`", platform.library.service(*id).name),
    };
    let table = &platform.schema(table.schema).name;
    let diagnostic = Diagnostic::error(
        catalogue::GRANT_NOT_CLEARED,
        span,
        format!("{name} would see `{}` of `{table}`, which is labelled `@{label}`", column.name),
        format!("not cleared for `{label}`"),
    )
    .related(column.span, "labelled here");
    match principal {
        Principal::Resource(id) if matches!(platform.resource(*id).noun, Noun::Role(_)) => diagnostic
            .related(platform.resource(*id).span, "without that clearance")
            .help(format!("name the columns that it may see, or clear it: `clearance = [{label}]`")),
        _ => diagnostic.help("grant it to a role that is cleared, and name the columns that others may see"),
    }
}
