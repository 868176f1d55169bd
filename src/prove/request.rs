//! Requests: what somebody asks AWS to do, with everything that policies may ask about it.

use std::{collections::BTreeSet, sync::Arc};

use smol_str::SmolStr;

use super::context::Context;
use crate::{
    access::{
        Document, RoleAccess, RoleKey,
        pattern::{matches, sample},
        requirement::Requirement,
        session_tags,
    },
    library::Library,
    platform::{Account, AccountId, Platform, ResourceId, resource::Noun},
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
    /// What the role's session may do at most, where it has a policy.
    pub session: Option<&'a Document>,
    /// The declaration whose policy decides beside.
    pub owner: Option<ResourceId>,
    /// The account that the resource is in.
    pub account: AccountId,
    /// What conditions are decided over.
    pub context: Context,
}

/// The requests that a requirement stands for: one for the requirement as a whole, and one for each narrower pattern that a policy has inside
/// it. Policies limit resources by prefixes only, so these are all the cases there are. `lacks` comes from [`lacking`].
pub fn requests<'a>(
    platform: &Platform,
    lacks: &Arc<[SmolStr]>,
    role: &'a RoleAccess,
    requirement: &Requirement,
    patterns: &BTreeSet<&SmolStr>,
    prefixes: &BTreeSet<&SmolStr>,
) -> Vec<Request<'a>> {
    let account =
        requirement.owner.and_then(|owner| platform.resource(owner).account).unwrap_or(role.identity.account);
    let context = context(platform, lacks, role, requirement, account);
    let action = platform.library.action_spelling(requirement.action).clone();
    let resources = inside(&requirement.resource, patterns);
    let Some((key, prefix)) = &requirement.prefix.clone().or_else(|| whole(platform, requirement)) else {
        let one = |resource| Request {
            role,
            session: None,
            action: action.clone(),
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
            context.set_one(key.to_ascii_lowercase(), prefix.clone());
            all.push(Request {
                role,
                session: None,
                action: action.clone(),
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
fn inside(pattern: &SmolStr, patterns: &BTreeSet<&SmolStr>) -> Vec<SmolStr> {
    let mut samples = vec![sample(pattern, ANYTHING)];
    samples.extend(
        patterns.iter().filter(|narrow| matches(pattern, narrow)).map(|narrow| sample(narrow, ANYTHING)),
    );
    samples.sort();
    samples.dedup();
    samples
}

/// Keys that the program alone decides: a request that is not given one does not have it.
const DECIDED: &[&str] = &[
    "aws:principalorgid",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "iam:passedtoservice",
    "kms:viaservice",
    "kms:resourcealiases",
];

/// The keys that a role's request does not have unless it is given them, in lower case: those that the program decides, and what AWS tells of
/// users only, and not of the session that whoever assumed a role has.
pub fn lacking(library: &Library) -> Arc<[SmolStr]> {
    let of_users = library.conditions.iter().filter(|condition| !condition.sessions);
    let of_users = of_users.map(|condition| SmolStr::from(condition.key.to_ascii_lowercase()));
    DECIDED.iter().copied().map(SmolStr::new_static).chain(of_users).collect()
}

/// Everything that the program knows about a request. Where from, when and by whom behind the role it is made, it does not know.
fn context(
    platform: &Platform,
    lacks: &Arc<[SmolStr]>,
    role: &RoleAccess,
    requirement: &Requirement,
    account: AccountId,
) -> Context {
    let owner = platform.account(account);
    let own = platform.account(role.identity.account);
    let region = if owner.region.is_empty() { &own.region } else { &owner.region };
    let organization =
        |account: &Account| platform.organizations.get(account.organization? as usize)?.id.clone();
    let known = [
        ("aws:securetransport", Some(SmolStr::new_static("true"))),
        ("aws:principalarn", Some(role.identity.arn.clone())),
        ("aws:principalaccount", Some(own.id.clone())),
        ("aws:principalisawsservice", Some(SmolStr::new_static("false"))),
        ("aws:principaltype", Some(SmolStr::new_static("AssumedRole"))),
        ("aws:resourceaccount", Some(owner.id.clone())),
        ("aws:requestedregion", Some(region.clone())),
        ("aws:principalorgid", organization(own)),
        ("aws:resourceorgid", organization(owner)),
        ("iam:passedtoservice", requirement.passed_to.first().cloned()),
        ("kms:viaservice", requirement.via.clone()),
        ("kms:resourcealiases", requirement.alias.clone()),
    ];
    let mut context = Context::lacking(lacks, known);
    if let Some(Noun::Role(at)) = requirement.owner.map(|owner| platform.resource(owner).noun)
        && let Some(assumed) = platform.roles.get(at as usize)
    {
        // Whoever may assume the role is taken to bring what it demands.
        for (key, value) in &assumed.tags {
            context.set_one(format!("aws:requesttag/{}", key.to_ascii_lowercase()), value.clone());
        }
        context.set("aws:tagkeys", session_tags(assumed).into_iter().map(SmolStr::from).collect());
        context.set("sts:externalid", assumed.external_id.clone().into_iter().collect());
    }
    // Step Functions brings the state machine's ARN where a pipeline's role takes on one of another account.
    if let RoleKey::Derived(pipeline, crate::access::Duty::Pipeline) = role.identity.key
        && requirement.owner == Some(pipeline)
    {
        context.set("sts:externalid", platform.resource(pipeline).arn.clone().into_iter().collect());
    }
    context
}

/// Whether a role is one that Lake Formation alone acts as, within its own grants.
pub fn hands_out(role: &RoleAccess) -> bool {
    matches!(
        role.identity.key,
        RoleKey::Derived(_, crate::access::Duty::Registration | crate::access::Duty::Quality)
    )
}
