//! Where data goes: the copies that the program makes, and what pipelines read, write, start and call.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    Relation,
    gather::{Gathered, capability},
};
use crate::{
    access::requirement::functions_by_arn,
    flow::{Flow, Spot},
    platform::{
        Capability, Location, Platform, ResourceId,
        pipeline::{TriggerKind, Use, UseTarget, User},
    },
};

/// Every way that data takes.
pub(super) fn flows(gathered: &mut Gathered<'_>) {
    let platform = gathered.platform;
    for copy in Flow::of(platform).copies() {
        let (from, by, to) = (copy.from.resource(), copy.by, copy.to.resource());
        if from == to && !matches!(copy.from, Spot::Objects(_)) {
            continue;
        }
        gathered.add_at(from, by, Relation::Data, &place(&copy.from));
        gathered.add_at(by, to, Relation::Data, &place(&copy.to));
    }
    syncs(gathered);
    crawlers(gathered);
    for query in &platform.queries {
        // Rows of a stream that lie in a bucket are the stream's, too.
        for source in query.sources() {
            gathered.add(source, query.resource, Relation::Data, "");
        }
        gathered.add(query.resource, query.sink, Relation::Data, "");
    }
    for stream in &platform.streams {
        for location in stream.connector.locations() {
            gathered.add_at(stream.resource, location.0.bucket, Relation::Data, &location.0.key);
        }
    }
    pipelines(gathered);
}

/// Of a sync one end may be outside AWS.
fn syncs(gathered: &mut Gathered<'_>) {
    let platform = gathered.platform;
    for (id, _) in platform.of_kind("sync") {
        let places =
            |field| platform.field(id, field).map(crate::platform::Value::locations).unwrap_or_default();
        for (from, _) in places("from") {
            gathered.add_at(from.bucket, id, Relation::Data, &from.key);
        }
        for (to, _) in places("to") {
            gathered.add_at(id, to.bucket, Relation::Data, &to.key);
        }
    }
}

fn crawlers(gathered: &mut Gathered<'_>) {
    let platform = gathered.platform;
    for crawler in platform.crawlers() {
        for (target, _) in &crawler.targets {
            gathered.add_at(target.bucket, crawler.resource, Relation::Data, &target.key);
        }
        gathered.add(crawler.resource, crawler.domain.0, Relation::Data, "tables");
    }
}

fn pipelines(gathered: &mut Gathered<'_>) {
    let platform = gathered.platform;
    let functions = functions_by_arn(platform);
    for pipeline in &platform.pipelines {
        let own = pipeline.resource;
        match pipeline.trigger.as_ref().map(|trigger| &trigger.kind) {
            Some(TriggerKind::Event(event)) => {
                for starter in event.bucket.into_iter().chain(event.after) {
                    gathered.add(starter, own, Relation::Calls, "starts");
                }
            }
            Some(TriggerKind::Records(pipe)) => gathered.add(pipe.stream, own, Relation::Data, "records"),
            Some(TriggerKind::Schedule(..)) | None => {}
        }
        for used in pipeline.uses.iter().filter(|used| matches!(used.who, User::Pipeline | User::Delegate(_)))
        {
            let Some((id, at)) = on(&functions, used) else { continue };
            let label = capability(platform, used.capability);
            let (from, to, relation) = match way(platform, id, used.capability) {
                Way::Calls => (own, id, Relation::Calls),
                Way::Reads => (id, own, Relation::Data),
                Way::Writes => (own, id, Relation::Data),
            };
            // That a function is called is all there is to say of it.
            let is_function = platform.kind_of(id).name == "function";
            gathered.add(from, to, relation, if is_function { "" } else { &label });
            gathered.add_at(from, to, relation, &at);
        }
    }
}

/// What a permission is on, and where there.
fn on(functions: &BTreeMap<SmolStr, ResourceId>, used: &Use) -> Option<(ResourceId, String)> {
    match &used.on {
        UseTarget::Resource(id) => Some((*id, String::new())),
        UseTarget::Location(Location { bucket, key }) | UseTarget::Prefix(Location { bucket, key }) => {
            Some((*bucket, key.to_string()))
        }
        UseTarget::Arn(arn) => functions.get(arn).map(|id| (*id, String::new())),
        UseTarget::Any => None,
    }
}

enum Way {
    Reads,
    Writes,
    Calls,
}

/// Which way data goes by what an action is called: AWS's names say whether something is read.
fn way(platform: &Platform, id: ResourceId, capability: Capability) -> Way {
    const READS: &[&str] =
        &["Get", "List", "Query", "Scan", "Batch", "Select", "Describe", "Receive", "Head"];
    if matches!(platform.kind_of(id).name.as_str(), "function" | "pipeline" | "sync" | "crawler" | "role") {
        return Way::Calls;
    }
    let library = &platform.library;
    let action = match capability {
        Capability::Action(action) => Some(action),
        Capability::Named(named) => library.capability(named).actions.first().copied(),
    };
    let name = action.map(|action| library.action(action).name.as_str()).unwrap_or_default();
    if READS.iter().any(|verb| name.starts_with(verb)) { Way::Reads } else { Way::Writes }
}

fn place(spot: &Spot) -> String {
    match spot {
        Spot::Objects(location) => location.key.to_string(),
        Spot::Stream(_) | Spot::Warehouse(_) | Spot::Within(_) => String::new(),
    }
}
