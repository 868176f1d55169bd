//! Requests: what somebody asks AWS to do, with everything that policies may ask about it.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::context::Context;
use crate::{
    access::{
        Document, RoleAccess, RoleKey,
        pattern::{matches, sample},
        requirement::Requirement,
        session_tags,
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
/// it. Policies limit resources by prefixes only, so these are all the cases there are.
pub fn requests<'a>(
    platform: &Platform,
    role: &'a RoleAccess,
    requirement: &Requirement,
    patterns: &BTreeSet<&SmolStr>,
    prefixes: &BTreeSet<&SmolStr>,
) -> Vec<Request<'a>> {
    let account =
        requirement.owner.and_then(|owner| platform.resource(owner).account).unwrap_or(role.identity.account);
    let context = context(platform, role, requirement, account);
    let action = SmolStr::from(platform.library.action_spelling(requirement.action));
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
            context.set(key.to_ascii_lowercase(), vec![prefix.clone()]);
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

/// Keys that the program alone decides: a request that is not given one here does not have it.
const DECIDED: &[&str] = &[
    "aws:principalorgid",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "kms:viaservice",
    "kms:resourcealiases",
];

/// Everything that the program knows about a request. Where from, when and by whom behind the role it is made, it does not know.
fn context(platform: &Platform, role: &RoleAccess, requirement: &Requirement, account: AccountId) -> Context {
    let owner = platform.account(account);
    let own = platform.account(role.identity.account);
    let region = if owner.region.is_empty() { &own.region } else { &owner.region };
    let mut context = Context::open();
    DECIDED.iter().for_each(|key| context.set(*key, Vec::new()));
    // What AWS tells of users only, and not of the session that whoever assumed a role has.
    let of_users = platform.library.conditions.iter().filter(|condition| !condition.sessions);
    of_users.for_each(|condition| context.set(condition.key.to_ascii_lowercase(), Vec::new()));
    context.set("aws:securetransport", vec!["true".into()]);
    context.set("aws:principalarn", vec![role.identity.arn.clone()]);
    context.set("aws:principalaccount", vec![own.id.clone()]);
    context.set("aws:principalisawsservice", vec!["false".into()]);
    context.set("aws:principaltype", vec!["AssumedRole".into()]);
    context.set("aws:resourceaccount", vec![owner.id.clone()]);
    context.set("aws:requestedregion", vec![region.clone()]);
    for (key, account) in [("aws:principalorgid", own), ("aws:resourceorgid", owner)] {
        let organization = account.organization.and_then(|at| platform.organizations.get(at as usize));
        context.set(key, organization.and_then(|it| it.id.clone()).into_iter().collect());
    }
    context.set("iam:passedtoservice", requirement.passed_to.first().cloned().into_iter().collect());
    context.set("kms:viaservice", requirement.via.clone().into_iter().collect());
    context.set("kms:resourcealiases", requirement.alias.clone().into_iter().collect());
    if let Some(Noun::Role(at)) = requirement.owner.map(|owner| platform.resource(owner).noun)
        && let Some(assumed) = platform.roles.get(at as usize)
    {
        // Whoever may assume the role is taken to bring what it demands.
        for (key, value) in &assumed.tags {
            context.set(format!("aws:requesttag/{}", key.to_ascii_lowercase()), vec![value.clone()]);
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
    matches!(role.identity.key, RoleKey::Derived(_, crate::access::Duty::Registration))
}
