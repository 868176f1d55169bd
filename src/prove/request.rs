//! Requests: what somebody asks AWS to do, with everything that policies may ask about it.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::{
    access::{
        RoleAccess, RoleKey,
        pattern::{matches, sample},
        requirement::Requirement,
    },
    platform::{AccountId, Platform, ResourceId, resource::Noun},
};

/// What stands for anything in a sampled resource. No pattern of a program names it.
const ANYTHING: &str = "~any~";

/// A request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The role that makes it.
    pub role: &'a RoleAccess,
    /// The action in AWS's spelling.
    pub action: SmolStr,
    /// The resource's ARN.
    pub resource: SmolStr,
    /// The declaration whose policy decides beside.
    pub owner: Option<ResourceId>,
    /// The account that the resource is in.
    pub account: AccountId,
    /// Condition keys in lower case, with their values.
    pub context: BTreeMap<SmolStr, Vec<SmolStr>>,
}

/// The requests that a requirement stands for: one for the requirement as a whole, and one for each narrower pattern that a policy has inside
/// it. Policies limit resources by prefixes only, so these are all the cases there are.
pub fn requests<'a>(
    platform: &Platform,
    role: &'a RoleAccess,
    requirement: &Requirement,
    patterns: &[&SmolStr],
    prefixes: &[&SmolStr],
) -> Vec<Request<'a>> {
    let account =
        requirement.owner.and_then(|owner| platform.resource(owner).account).unwrap_or(role.identity.account);
    let context = context(platform, role, requirement, account);
    let resources = inside(&requirement.resource, patterns);
    let Some((key, prefix)) = &requirement.prefix.clone().or_else(|| whole(platform, requirement)) else {
        let one = |resource| Request {
            role,
            action: SmolStr::from(platform.library.action_spelling(requirement.action)),
            resource,
            owner: requirement.owner,
            account,
            context: context.clone(),
        };
        return resources.into_iter().map(one).collect();
    };
    let mut all = Vec::new();
    for prefix in inside(prefix, prefixes) {
        for resource in &resources {
            let mut context = context.clone();
            context.insert(SmolStr::from(key.to_ascii_lowercase()), vec![prefix.clone()]);
            all.push(Request {
                role,
                action: SmolStr::from(platform.library.action_spelling(requirement.action)),
                resource: resource.clone(),
                owner: requirement.owner,
                account,
                context,
            });
        }
    }
    all
}

/// An action that a prefix can limit, asked for without one.
fn whole(platform: &Platform, requirement: &Requirement) -> Option<(SmolStr, SmolStr)> {
    platform.library.action(requirement.action).prefix_key.clone().map(|key| (key, "*".into()))
}

/// A sample of a pattern, and one of each pattern inside it.
fn inside(pattern: &SmolStr, patterns: &[&SmolStr]) -> Vec<SmolStr> {
    let mut samples = vec![sample(pattern, ANYTHING)];
    samples.extend(
        patterns.iter().filter(|narrow| matches(pattern, narrow)).map(|narrow| sample(narrow, ANYTHING)),
    );
    samples.sort();
    samples.dedup();
    samples
}

fn context(
    platform: &Platform,
    role: &RoleAccess,
    requirement: &Requirement,
    account: AccountId,
) -> BTreeMap<SmolStr, Vec<SmolStr>> {
    let owner = platform.account(account);
    let own = platform.account(role.identity.account);
    let region = if owner.region.is_empty() { &own.region } else { &owner.region };
    let mut context = BTreeMap::new();
    let mut set = |key: &str, values: Vec<SmolStr>| {
        context.insert(SmolStr::from(key), values);
    };
    set("aws:securetransport", vec!["true".into()]);
    set("aws:principalarn", vec![role.identity.arn.clone()]);
    set("aws:principalaccount", vec![own.id.clone()]);
    set("aws:resourceaccount", vec![owner.id.clone()]);
    set("aws:requestedregion", vec![region.clone()]);
    if let Some(via) = &requirement.via {
        set("kms:viaservice", vec![via.clone()]);
    }
    if let Some(service) = requirement.passed_to.first() {
        set("iam:passedtoservice", vec![service.clone()]);
    }
    if let Some(alias) = &requirement.alias {
        set("kms:resourcealiases", vec![alias.clone()]);
    }
    if let Some(Noun::Role(at)) = requirement.owner.map(|owner| platform.resource(owner).noun)
        && let Some(assumed) = platform.roles.get(at as usize)
    {
        // Whoever may assume the role is taken to bring what it demands.
        for (key, value) in &assumed.tags {
            set(&format!("aws:requesttag/{}", key.to_ascii_lowercase()), vec![value.clone()]);
        }
        if !assumed.tags.is_empty() {
            set("aws:tagkeys", assumed.tags.iter().map(|(key, _)| key.clone()).collect());
        }
        if let Some(id) = &assumed.external_id {
            set("sts:externalid", vec![id.clone()]);
        }
    }
    context
}

/// Whether a role is one that Lake Formation alone acts as, within its own grants.
pub fn hands_out(role: &RoleAccess) -> bool {
    matches!(role.identity.key, RoleKey::Derived(_, crate::access::Duty::Registration))
}
