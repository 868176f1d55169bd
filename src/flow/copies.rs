//! The copies of each kind of declaration.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{Copy, Spot, What};
use crate::{
    platform::{
        Construct, Location, Platform, Query, ResourceId, Stream, ValueKind,
        pipeline::{UseTarget, User},
    },
    sql::lineage,
};

/// All of them, in the order of the declarations that make them.
pub fn all(platform: &Platform) -> Vec<Copy> {
    let mut copies = syncs(platform);
    copies.extend(replicas(platform));
    platform.queries.iter().for_each(|query| of_query(platform, query, &mut copies));
    functions(platform, &mut copies);
    loads(platform, &mut copies);
    copies
}

/// A sync between buckets.
fn syncs(platform: &Platform) -> Vec<Copy> {
    let syncs = platform.of_kind("sync").map(|(id, _)| id);
    let one = |id| {
        let end = |name| match &platform.field(id, name)?.kind {
            ValueKind::Construct(construct) => Some(Spot::Objects(construct.locations().first()?.0.clone())),
            _ => None,
        };
        let what =
            What::Keys { include: platform.texts(id, "include"), exclude: platform.texts(id, "exclude") };
        Some(Copy { from: end("from")?, to: end("to")?, by: id, what, span: platform.resource(id).span })
    };
    syncs.filter_map(one).collect()
}

/// What S3 copies of a bucket by itself: the rule's prefix may end within a name.
fn replicas(platform: &Platform) -> Vec<Copy> {
    let whole = |bucket| Spot::Objects(Location { bucket, key: SmolStr::default() });
    let of = |id: ResourceId| {
        platform.replicas(id).into_iter().map(move |rule| {
            let include = match rule.prefix.is_empty() {
                true => Vec::new(),
                false => vec![SmolStr::from(format!("{}*", rule.prefix))],
            };
            let what = What::Keys { include, exclude: Vec::new() };
            Copy { from: whole(id), to: whole(rule.to), by: id, what, span: rule.span }
        })
    };
    platform.of_kind("bucket").flat_map(|(id, _)| of(id)).collect()
}

/// What a query makes of each of its streams; late and invalid rows go where its streams say.
fn of_query(platform: &Platform, query: &Query, copies: &mut Vec<Copy>) {
    let origins = lineage::carried(&query.plan, &platform.library);
    let sinks = spots(platform, query.sink);
    for source in query.sources() {
        let made_of: BTreeSet<SmolStr> = origins
            .iter()
            .flatten()
            .filter(|(stream, _)| *stream == source)
            .map(|(_, column)| column.clone())
            .collect();
        let copy = |from: &Spot, to: &Spot, what: What| Copy {
            from: from.clone(),
            to: to.clone(),
            by: query.resource,
            what,
            span: query.span,
        };
        for from in spots(platform, source) {
            if !made_of.is_empty() {
                copies.extend(sinks.iter().map(|to| copy(&from, to, What::Columns(made_of.clone()))));
            }
            for diverted in platform.stream(source).map(Stream::diverts).unwrap_or_default() {
                copies.extend(spots(platform, diverted).iter().map(|to| copy(&from, to, What::All)));
            }
        }
    }
}

/// A function's code has what it reads, and writes what it will.
fn functions(platform: &Platform, copies: &mut Vec<Copy>) {
    for function in platform.functions.iter().filter(|it| !it.writes.is_empty()) {
        let within = Spot::Within(function.resource);
        let copy =
            |from: Spot, to: Spot, span| Copy { from, to, by: function.resource, what: What::Code, span };
        let place = |location: &Location| Spot::Objects(location.clone());
        copies.extend(function.reads.iter().map(|(from, span)| copy(place(from), within.clone(), *span)));
        copies.extend(function.writes.iter().map(|(to, span)| copy(within.clone(), place(to), *span)));
    }
}

/// What a pipeline loads into warehouses: their own roles read it.
fn loads(platform: &Platform, copies: &mut Vec<Copy>) {
    let warehouses: Vec<(ResourceId, ResourceId)> = platform
        .of_kind("warehouse")
        .filter_map(|(id, _)| Some((platform.reference(id, "role")?, id)))
        .collect();
    for pipeline in &platform.pipelines {
        let mut known = BTreeSet::new();
        for used in &pipeline.uses {
            let User::Role(role) = used.who else { continue };
            let (UseTarget::Location(from) | UseTarget::Prefix(from)) = &used.on else { continue };
            for (_, warehouse) in warehouses.iter().filter(|(of, _)| *of == role) {
                if known.insert((from.clone(), *warehouse, used.span)) {
                    copies.push(Copy {
                        from: Spot::Objects(from.clone()),
                        to: Spot::Warehouse(*warehouse),
                        by: pipeline.resource,
                        what: What::Guarded,
                        span: used.span,
                    });
                }
            }
        }
    }
}

/// Where the rows of a stream lie: in the places that its connector names, else in itself.
pub fn spots(platform: &Platform, id: ResourceId) -> Vec<Spot> {
    let connector = platform.stream(id).map(|stream| &stream.connector);
    let places: Vec<Spot> = connector
        .map(Construct::locations)
        .unwrap_or_default()
        .into_iter()
        .map(|(it, _)| Spot::Objects(it.clone()))
        .collect();
    if places.is_empty() { vec![Spot::Stream(id)] } else { places }
}
