//! Data that lies elsewhere, too: what one can read of it there.

use super::{
    ability::Way,
    asked::{Route, permission},
    prover::Prover,
};
use crate::{
    access::requirement::Place,
    flow::{self, Spot},
    platform::{
        Capability, CapabilityUse, Location, ResourceId, RowFilter, SchemaId, Target, resource::Noun,
    },
};

/// The ways to the data of a place by its copies; none where what is asked does not read.
pub(super) fn routes<'a>(prover: &Prover<'a>, wanted: &CapabilityUse, on: &Target) -> Vec<Route<'a>> {
    if prover.flow().copies().is_empty() || !reads(prover, wanted) {
        return Vec::new();
    }
    let mut routes = Vec::new();
    let rows = wanted.rows.as_ref().map(|rows| (rows, schema(prover, on)));
    for spot in spots(prover, on) {
        for reached in prover.flow().reached(&spot, &wanted.columns) {
            let certain = prover.flow().is_certain(&reached.by);
            let way = |at: Target| Way::Copy { by: reached.by.clone(), certain, at };
            routes.extend(at_spot(prover, &reached.spot, &rows, way));
        }
    }
    routes
}

/// Whether who can do something sees data.
fn reads(prover: &Prover<'_>, wanted: &CapabilityUse) -> bool {
    let library = &prover.platform.library;
    let actions = match &wanted.capability {
        Capability::Named(id) => library.capability(*id).actions.as_slice(),
        Capability::Action(id) => std::slice::from_ref(id),
    };
    permission(prover, wanted) == Some("SELECT")
        || actions.iter().any(|id| library.action(*id).reads.is_some())
}

/// Where the data of a declaration lies first.
fn spots(prover: &Prover<'_>, on: &Target) -> Vec<Spot> {
    let platform = prover.platform;
    let objects = |location: &Location| vec![Spot::Objects(location.clone())];
    match platform.resource(on.resource).noun {
        Noun::Table(at) => {
            platform.tables.get(at as usize).map(|it| objects(&it.location)).unwrap_or_default()
        }
        Noun::Domain(at) => platform.domains.get(at as usize).map_or_else(Vec::new, |domain| {
            let tables = domain.tables.iter().filter_map(|at| platform.tables.get(*at as usize));
            tables.map(|table| Spot::Objects(table.location.clone())).collect()
        }),
        Noun::Stream(_) => flow::spots(platform, on.resource),
        _ if platform.kind_of(on.resource).name == "bucket" => {
            objects(&Location { bucket: on.resource, key: on.prefix.clone().unwrap_or_default() })
        }
        _ => Vec::new(),
    }
}

/// The ways to read what lies at a spot: the objects, and the tables that are made of them.
fn at_spot<'a>(
    prover: &Prover<'a>,
    spot: &Spot,
    rows: &Option<(&RowFilter, Option<SchemaId>)>,
    way: impl Fn(Target) -> Way,
) -> Vec<Route<'a>> {
    let whole = |resource: ResourceId| Target {
        resource,
        prefix: None,
        span: prover.platform.resource(resource).span,
    };
    match spot {
        Spot::Objects(location) => {
            let target = Target {
                prefix: Some(location.key.clone()).filter(|key| !key.is_empty()),
                ..whole(location.bucket)
            };
            let read = prover.capability("bucket", "read");
            let objects = read.map(|read| Route::at(prover, way(target), read, &Place::from(location)));
            objects.into_iter().chain(of_tables(prover, location, rows, way)).collect()
        }
        Spot::Stream(id) => {
            let consume = prover.capability("stream", "consume");
            let place = Place::Resource(*id);
            consume.map(|consume| Route::at(prover, way(whole(*id)), consume, &place)).into_iter().collect()
        }
        Spot::Warehouse(id) => {
            let library = &prover.platform.library;
            let execute = ["ExecuteStatement", "BatchExecuteStatement"].into_iter().filter_map(|name| {
                library.action_named(library.service_named("redshift_data")?, name).map(Capability::Action)
            });
            execute.map(|it| Route::at(prover, way(whole(*id)), it, &Place::Resource(*id))).collect()
        }
        Spot::Within(_) => Vec::new(),
    }
}

/// The tables that are made of objects. Which of the rows asked about they show is known where they have the same columns.
fn of_tables<'a>(
    prover: &Prover<'a>,
    location: &Location,
    rows: &Option<(&RowFilter, Option<SchemaId>)>,
    way: impl Fn(Target) -> Way,
) -> Vec<Route<'a>> {
    let Some(select) = prover.capability("table", "select") else { return Vec::new() };
    let touches = |other: &Location| location.holds(other) || other.holds(location);
    let tables = prover.tables_in(location.bucket).iter().filter_map(|at| prover.platform.tables.get(*at));
    let select = |resource: ResourceId| {
        let span = prover.platform.resource(resource).span;
        let on = Target { resource, prefix: None, span };
        let there = schema(prover, &on);
        let rows = rows.as_ref().map(|(rows, of)| RowFilter {
            condition: rows.condition.clone().filter(|_| same_columns(prover, *of, there)),
            ..(*rows).clone()
        });
        let wanted =
            CapabilityUse { capability: select, columns: Vec::new(), labels: Vec::new(), rows, span };
        Route::of(prover, way(on.clone()), &wanted, &on)
    };
    tables.filter(|table| touches(&table.location)).map(|table| select(table.resource)).collect()
}

/// The columns of a table.
fn schema(prover: &Prover<'_>, on: &Target) -> Option<SchemaId> {
    match prover.platform.resource(on.resource).noun {
        Noun::Table(at) => prover.platform.tables.get(at as usize).map(|table| table.schema),
        _ => None,
    }
}

fn same_columns(prover: &Prover<'_>, one: Option<SchemaId>, other: Option<SchemaId>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let columns = |id: SchemaId| prover.platform.schema(id).columns.iter().map(|it| (&it.name, &it.ty.base));
    one == other || columns(one).eq(columns(other))
}
