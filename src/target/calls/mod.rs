//! Whatever the standard library gives calls: buckets, keys, syncs, topics, queues, streams, … No kind is named here.

use std::collections::BTreeMap;

use crate::{
    access::{Access, Document, Duty, Ours, derived_role},
    artifact::{Artifact, Artifacts},
    lower::{self, Script, Surroundings, trigger::Awaiting},
    platform::{Platform, Resource, ResourceId},
    target::{Program, Target},
};

/// The requests that make each declaration: `<account>/<service>/<name>.calls.json`.
pub struct Calls;

impl Target for Calls {
    fn name(&self) -> &'static str {
        "calls"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, access, .. } = *program;
        let awaited = lower::trigger::awaited(platform);
        let context = Context { platform, access, awaited };
        let ids = (0..).map(ResourceId);
        for (id, resource) in ids.zip(&platform.resources) {
            out.files.extend(script_of(&context, id, resource));
        }
    }
}

/// A declaration's file; none where it makes no request, exists already or is another's.
fn script_of(context: &Context<'_>, id: ResourceId, resource: &Resource) -> Option<Artifact> {
    let platform = context.platform;
    let account = platform.account(resource.account?);
    if resource.external || account.external {
        return None;
    }
    let mut calls = lower::calls_of(platform, context, id);
    if let Some(made) = lower::made_by(platform, id) {
        if let Some(awaiting) = context.awaited.get(&id) {
            calls.extend(lower::trigger::after(awaiting, &made));
        }
        if platform.watched_by(id).is_some() {
            calls.extend(lower::watching(platform, context, id, Some(made)));
        }
    }
    if calls.is_empty() {
        return None;
    }
    Some(Artifact {
        path: lower::file_of(platform, id)?,
        account: account.name.to_string(),
        family: "calls",
        declaration: resource.name.to_string(),
        source: resource.span,
        text: Script { calls }.tagged(platform, Some(id)).text(),
        notes: told_elsewhere(context, id),
        statements: Vec::new(),
    })
}

/// What the owner of a topic must add that the declaration tells, where that is not ours.
fn told_elsewhere(context: &Context<'_>, id: ResourceId) -> Vec<String> {
    let watched = context.platform.watched_by(id).is_some();
    watched
        .then(|| context.access.notes(context.platform, Ours::Resource(id)))
        .into_iter()
        .flatten()
        .collect()
}

/// What templates see of the roles and policies.
struct Context<'a> {
    platform: &'a Platform,
    access: &'a Access,
    /// At whose end pipelines start.
    awaited: BTreeMap<ResourceId, Vec<Awaiting<'a>>>,
}

impl Surroundings for Context<'_> {
    fn role(&self, resource: ResourceId) -> Option<String> {
        let duty = Duty::of_kind(&self.platform.kind_of(resource).name)?;
        derived_role(self.platform, resource, duty).map(|role| role.arn.to_string())
    }

    fn policy(&self, resource: ResourceId) -> Option<String> {
        self.access.resources.get(&resource).map(Document::compact)
    }
}
