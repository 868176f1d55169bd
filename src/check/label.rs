//! Labelled columns reach only those who are cleared for them.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    flow::{Flow, Reached, Spot},
    library::{ActionId, Library},
    platform::{
        Capability, CapabilityUse, Column, Grant, Location, Platform, Principal, ResourceId, SchemaId, Table,
        grant::Effect, resource::Noun,
    },
    source::Span,
};

/// Labelled rows in buckets, by bucket: where they lie, and what they are.
type Places = FxHashMap<ResourceId, Vec<(Location, SchemaId)>>;

/// A grant on a labelled column, on its table or stream, or on a place where its rows lie, needs the receiver's clearance.
pub fn labelled_data_is_granted_to_the_cleared_only(platform: &Platform, diagnostics: &mut Diagnostics) {
    let places = labelled_places(platform);
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (principal, span) in &grant.to {
            let clearance = clearance(platform, principal);
            for (schema, capability) in shown(platform, grant, &places) {
                let columns = platform.schema(schema).columns.iter();
                let mut seen = columns.filter(|column| is_shown(platform, capability, column));
                let open = seen.find_map(|column| {
                    platform
                        .labels_of(&column.ty)
                        .into_iter()
                        .find(|label| !clearance.contains(label))
                        .map(|label| (column, label))
                });
                if let Some((column, label)) = open {
                    diagnostics.push(not_cleared(platform, principal, *span, schema, column, &label));
                    break;
                }
            }
        }
    }
}

/// Whether a capability shows a column.
fn is_shown(platform: &Platform, capability: &CapabilityUse, column: &Column) -> bool {
    if !capability.labels.is_empty() {
        let labels = platform.labels_of(&column.ty);
        return capability.labels.iter().any(|rule| rule.holds(&labels));
    }
    capability.columns.is_empty() || capability.columns.contains(&column.name)
}

fn is_labelled(platform: &Platform, schema: SchemaId) -> bool {
    platform.schema(schema).columns.iter().any(|column| !platform.labels_of(&column.ty).is_empty())
}

/// Where labelled rows lie: under the tables that have them, and wherever syncs and replication copy those places to.
fn labelled_places(platform: &Platform) -> Places {
    let mut places = Places::default();
    let labelled: Vec<&Table> =
        platform.tables.iter().filter(|table| is_labelled(platform, table.schema)).collect();
    if labelled.is_empty() {
        return places;
    }
    let flow = Flow::of(platform);
    for table in labelled {
        let mut add = |location: Location| {
            places.entry(location.bucket).or_default().push((location, table.schema));
        };
        add(table.location.clone());
        let copied = flow.reached(&Spot::Objects(table.location.clone()), &[]);
        for Reached { spot, by } in copied {
            if let Spot::Objects(location) = spot
                && flow.keeps_objects(&by)
            {
                add(location);
            }
        }
    }
    places
}

/// The labelled rows that lie in, above or around a place.
fn at<'a>(places: &'a Places, place: &'a Location) -> impl Iterator<Item = SchemaId> + 'a {
    let here = places.get(&place.bucket).into_iter().flatten();
    here.filter(|(location, _)| location.holds(place) || place.holds(location)).map(|(_, schema)| *schema)
}

/// What rows a grant shows, each with the capability that does.
fn shown<'a>(platform: &Platform, grant: &'a Grant, places: &Places) -> Vec<(SchemaId, &'a CapabilityUse)> {
    let mut shown = Vec::new();
    for capability in grant.capabilities.iter().filter(|one| shows_rows(&platform.library, one.capability)) {
        let schemas: Vec<SchemaId> = match platform.resource(grant.on.resource).noun {
            Noun::Table(at) => {
                platform.tables.get(at as usize).map(|table| table.schema).into_iter().collect()
            }
            Noun::Stream(at) => {
                platform.streams.get(at as usize).map(|stream| stream.schema).into_iter().collect()
            }
            Noun::Domain(at) => {
                let tables = platform.domains.get(at as usize).into_iter().flat_map(|domain| &domain.tables);
                tables.filter_map(|at| platform.tables.get(*at as usize)).map(|table| table.schema).collect()
            }
            _ => {
                let key = grant.on.prefix.clone().unwrap_or_default();
                let place = Location { bucket: grant.on.resource, key };
                at(places, &place).collect()
            }
        };
        shown.extend(schemas.into_iter().map(|schema| (schema, capability)));
    }
    shown
}

/// Whether a capability lets one see rows: SELECT, or reading the objects or records that they are.
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
    let reads = |id: &ActionId| {
        library.action(*id).reads.is_some() || library.action_spelling(*id).starts_with("s3:GetObject")
    };
    actions.iter().any(reads)
}

fn clearance(platform: &Platform, principal: &Principal) -> Vec<SmolStr> {
    match principal {
        Principal::Resource(id) => platform.texts(*id, "clearance"),
        _ => Vec::new(),
    }
}

fn not_cleared(
    platform: &Platform,
    principal: &Principal,
    span: Span,
    schema: SchemaId,
    column: &Column,
    label: &SmolStr,
) -> Diagnostic {
    let name = match principal {
        Principal::Resource(id) => format!("`{}`", platform.resource(*id).name),
        Principal::Account(id) => format!("the account `{}`", platform.account(*id).name),
        Principal::ForeignAccount(id) => format!("the account {id}"),
        Principal::Service(id) => format!("the service `{}`", platform.library.service(*id).name),
    };
    let rows = &platform.schema(schema).name;
    let diagnostic = Diagnostic::error(
        catalogue::GRANT_NOT_CLEARED,
        span,
        format!("{name} would see `{}` of `{rows}`, which is labelled `@{label}`", column.name),
        format!("not cleared for `{label}`"),
    )
    .related(column.span, "labelled here");
    match principal {
        Principal::Resource(id) if platform.kind_of(*id).field_index("clearance").is_some() => diagnostic
            .related(platform.resource(*id).span, "without that clearance")
            .help(format!("name the columns that it may see, or clear it: `clearance = [{label}]`")),
        _ => diagnostic.help("grant it to a role that is cleared, and name the columns that others may see"),
    }
}
