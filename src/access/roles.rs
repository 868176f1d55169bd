//! All roles there are: declared ones, and those that the compiler derives, each where it is found again by what it is for.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::derived::{Duty, derived_role, derived_role_in};
use crate::{
    platform::{
        AccountId, Function, Pipeline, Platform, Principal, ResourceId, ValueKind,
        pipeline::{TriggerKind, User},
        resource::Noun,
    },
    source::Span,
};

/// Which role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKey {
    /// A declared one.
    Declared(ResourceId),
    /// The one that a declaration needs.
    Derived(ResourceId, Duty),
}

impl RoleKey {
    /// The declaration that it comes from.
    pub fn declaration(self) -> ResourceId {
        match self {
            Self::Declared(id) | Self::Derived(id, _) => id,
        }
    }
}

/// A role that is ours to make.
#[derive(Clone, Debug)]
pub struct RoleIdentity {
    /// Which.
    pub key: RoleKey,
    /// Its name in AWS.
    pub name: SmolStr,
    /// Its ARN; where AWS completes its name, one that it could have.
    pub arn: SmolStr,
    /// The patterns of ARNs by which policies mean it, where AWS completes its name; empty where the ARN is known.
    pub patterns: Vec<SmolStr>,
    /// The account that it lives in.
    pub account: AccountId,
    /// The service that assumes it, by its name in the standard library; `None` for a declared role, which says itself, and for one that
    /// another role takes on.
    pub service: Option<&'static str>,
    /// Its declaration's name in the program.
    pub span: Span,
}

impl RoleIdentity {
    /// Whether it is the role of a permission set, which Identity Center makes and not we.
    pub fn is_permission_set(&self) -> bool {
        !self.patterns.is_empty()
    }
}

/// All roles that are ours to make, by account and name.
#[derive(Debug, Default)]
pub struct Roles {
    /// Sorted by account, then name.
    pub list: Vec<RoleIdentity>,
    places: FxHashMap<RoleKey, usize>,
}

impl Roles {
    /// All roles of a program.
    pub fn of(platform: &Platform) -> Self {
        let mut list = declared(platform);
        list.extend(derived(platform));
        list.extend(groups(platform));
        list.retain(|role| !platform.account(role.account).external);
        list.sort_by(|a, b| {
            (&platform.account(a.account).name, &a.name, a.key).cmp(&(
                &platform.account(b.account).name,
                &b.name,
                b.key,
            ))
        });
        let places = list.iter().enumerate().map(|(at, role)| (role.key, at)).collect();
        Self { list, places }
    }

    /// Where a role stands in the list; `None` where it is not ours to make.
    pub fn index_of(&self, key: RoleKey) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// The role that acts where a sentence names a declaration, where it is ours to make.
    pub fn key_of(&self, platform: &Platform, id: ResourceId) -> Option<RoleKey> {
        acting(platform, id).filter(|key| self.places.contains_key(key))
    }
}

/// The role that acts where a sentence names a declaration: a role itself, a pipeline's, a query's, a sync's, a function's or a crawler's own, a warehouse's
/// declared one, a group's permission set.
pub fn acting(platform: &Platform, id: ResourceId) -> Option<RoleKey> {
    Some(match platform.kind_of(id).name.as_str() {
        "role" | "group" => RoleKey::Declared(id),
        "pipeline" => RoleKey::Derived(id, Duty::Pipeline),
        "query" => RoleKey::Derived(id, Duty::Query),
        "sync" => RoleKey::Derived(id, Duty::Sync),
        "function" => RoleKey::Derived(id, Duty::Function),
        "crawler" => RoleKey::Derived(id, Duty::Crawler),
        "domain" => RoleKey::Derived(id, Duty::Quality),
        _ => RoleKey::Declared(platform.reference(id, "role")?),
    })
}

fn declared(platform: &Platform) -> Vec<RoleIdentity> {
    let ours = platform.roles.iter().filter(|role| !platform.resource(role.resource).external);
    ours.map(|role| {
        let resource = platform.resource(role.resource);
        let id = &platform.account(role.account).id;
        let arn = format!("arn:{}:iam::{id}:role/{}", platform.project.partition(), resource.physical);
        RoleIdentity {
            key: RoleKey::Declared(role.resource),
            name: resource.physical.clone(),
            arn: resource.arn.clone().unwrap_or_else(|| SmolStr::from(arn)),
            patterns: Vec::new(),
            account: role.account,
            service: None,
            span: resource.span,
        }
    })
    .collect()
}

/// The role that Identity Center makes in the group's account for its permission set: in a folder of the instance's region, unless that is
/// us-east-1, and with sixteen characters of its own behind the name. <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
fn groups(platform: &Platform) -> Vec<RoleIdentity> {
    let groups =
        platform.of_kind("group").filter_map(|(id, resource)| Some((id, resource, resource.account?)));
    groups
        .map(|(id, resource, account)| {
            let name = permission_set(platform, id);
            let (partition, number) = (platform.project.partition(), &platform.account(account).id);
            let folder = format!("arn:{partition}:iam::{number}:role/aws-reserved/sso.amazonaws.com");
            let of = |between: &str, end: &str| {
                SmolStr::from(format!("{folder}/{between}AWSReservedSSO_{name}_{end}"))
            };
            RoleIdentity {
                key: RoleKey::Declared(id),
                arn: of("", "0000000000000000"),
                patterns: vec![of("", "????????????????"), of("*/", "????????????????")],
                name,
                account,
                service: None,
                span: resource.span,
            }
        })
        .collect()
}

/// The name of a group's permission set.
pub fn permission_set(platform: &Platform, id: ResourceId) -> SmolStr {
    match platform.field(id, "permission_set").map(|value| &value.kind) {
        Some(ValueKind::Text(name)) => name.clone(),
        _ => platform.resource(id).name.clone(),
    }
}

fn derived(platform: &Platform) -> Vec<RoleIdentity> {
    let mut roles = Vec::new();
    let mut add = |id: ResourceId, duty: Duty, service: Option<&'static str>, account: Option<AccountId>| {
        let role = match account {
            Some(account) => derived_role_in(platform, id, duty, account),
            None => derived_role(platform, id, duty),
        };
        let span = platform.resource(id).span;
        roles.extend(role.map(|role| RoleIdentity {
            key: RoleKey::Derived(id, duty),
            name: role.name,
            arn: role.arn,
            patterns: Vec::new(),
            account: role.account,
            service,
            span,
        }));
    };
    for pipeline in &platform.pipelines {
        add(pipeline.resource, Duty::Pipeline, Some("states"), None);
        let starter = match pipeline.trigger.as_ref().map(|trigger| &trigger.kind) {
            Some(TriggerKind::Schedule(..)) => "scheduler",
            Some(TriggerKind::Records(_)) => "pipes",
            _ => "events",
        };
        if pipeline.uses.iter().any(|used| used.who == User::Trigger) {
            add(pipeline.resource, Duty::Trigger, Some(starter), None);
        }
        let forwarder = pipeline.uses.iter().find_map(|used| match used.who {
            User::Forwarder(account) => Some(account),
            _ => None,
        });
        if forwarder.is_some() {
            add(pipeline.resource, Duty::Forward, Some("events"), forwarder);
        }
        for account in delegates(pipeline) {
            add(pipeline.resource, Duty::Delegate(account), None, Some(account));
        }
    }
    for query in &platform.queries {
        add(query.resource, Duty::Query, Some("kinesisanalytics"), Some(query.account));
    }
    for domain in &platform.domains {
        add(domain.resource, Duty::Registration, Some("lakeformation"), None);
        if platform.checked(domain).next().is_some() {
            add(domain.resource, Duty::Quality, Some("glue"), None);
            add(domain.resource, Duty::QualityTrigger, Some("scheduler"), None);
        }
    }
    let granted: BTreeSet<ResourceId> =
        platform.grants.iter().flat_map(|grant| &grant.to).filter_map(receiver).collect();
    let acting =
        |it: &&Function| !it.reads.is_empty() || !it.writes.is_empty() || granted.contains(&it.resource);
    for function in platform.functions.iter().filter(acting) {
        add(function.resource, Duty::Function, Some(function_service(platform, function.resource)), None);
    }
    for (id, resource) in platform.of_kind("sync") {
        if resource.noun == Noun::Plain {
            add(id, Duty::Sync, Some("datasync"), None);
        }
    }
    for crawler in platform.crawlers() {
        add(crawler.resource, Duty::Crawler, Some("glue"), None);
    }
    for (id, resource) in platform.of_kind("bucket").filter(|(_, resource)| !resource.external) {
        if !platform.replicas(id).is_empty() && resource.account.is_some() {
            add(id, Duty::Replication, Some("s3"), None);
        }
    }
    roles
}

/// The accounts in which a pipeline calls something as a role there.
pub(super) fn delegates(pipeline: &Pipeline) -> BTreeSet<AccountId> {
    let delegates = pipeline.uses.iter().filter_map(|used| match used.who {
        User::Delegate(account) => Some(account),
        _ => None,
    });
    delegates.collect()
}

fn receiver((principal, _): &(Principal, Span)) -> Option<ResourceId> {
    match principal {
        Principal::Resource(id) => Some(*id),
        _ => None,
    }
}

/// The service that runs a function's code, and so assumes its role.
fn function_service(platform: &Platform, id: ResourceId) -> &'static str {
    let arn = super::requirement::declared_arn(platform, id).unwrap_or_default();
    match arn.split(':').nth(2) {
        Some("glue") => "glue",
        Some("ecs") => "ecs",
        _ => "lambda",
    }
}
