//! AWS's decision on a request, over the documents that were generated: an explicit denial first, then what must allow it.

use super::{condition, request::Request};
use crate::{
    access::{
        Access, Statement, account_root,
        document::{Actions, Document, Principals},
        pattern::{matches, matches_action},
    },
    platform::{Platform, grant::Effect},
    source::Span,
};

/// The answer, with the statements that decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It is allowed, by these places in the program.
    Allowed(Vec<Span>),
    /// It is denied, by these, whatever allows it. The text says by what.
    Denied(&'static str, Vec<Span>),
    /// Nothing allows it. The text says what should.
    NotAllowed(&'static str),
}

impl Decision {
    /// Whether the request succeeds.
    pub fn allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// Decides a request.
pub fn decide(platform: &Platform, access: &Access, request: &Request<'_>) -> Decision {
    let asker = request.role;
    let resource_policy = request.owner.and_then(|owner| access.policy_of(owner));
    if let Some(guardrail) = guardrail(access, request) {
        return Decision::Denied("a guardrail denies it", guardrail);
    }
    for (document, who) in [
        (Some(&asker.policy), "the role's own policy denies it"),
        (resource_policy, "the resource's policy denies it"),
    ] {
        if let Some(statement) = document.and_then(|it| find(it, Effect::Deny, request, Side::Any)) {
            return Decision::Denied(who, statement.origins.clone());
        }
    }
    let identity = find(&asker.policy, Effect::Grant, request, Side::Any);
    let named = resource_policy.and_then(|it| find(it, Effect::Grant, request, Side::Principal));
    let delegated = || {
        let root = account_root(platform, &platform.account(asker.identity.account).id);
        resource_policy.and_then(|it| find(it, Effect::Grant, request, Side::Root(&root)))
    };
    let same_account = request.account == asker.identity.account;
    // KMS and STS ask the resource in any case: IAM's policies count only where the key or the role says so.
    let always_asked = request.action.starts_with("kms:") || request.action.starts_with("sts:");
    match (identity, named, same_account, always_asked) {
        (_, Some(named), true, _) => Decision::Allowed(named.origins.clone()),
        (Some(identity), _, true, false) => Decision::Allowed(identity.origins.clone()),
        (None, _, _, _) => Decision::NotAllowed("the role's own policy must allow it"),
        (Some(identity), Some(other), ..) => Decision::Allowed(both(identity, other)),
        (Some(identity), None, ..) => match delegated() {
            Some(other) => Decision::Allowed(both(identity, other)),
            None => Decision::NotAllowed("the resource's policy must allow it, too"),
        },
    }
}

fn both(one: &Statement, other: &Statement) -> Vec<Span> {
    one.origins.iter().chain(&other.origins).copied().collect()
}

/// The places behind the first statement of a guardrail that denies a request.
pub fn guardrail(access: &Access, request: &Request<'_>) -> Option<Vec<Span>> {
    let mut binding = access.guardrails_on(request.role.identity.account);
    let statement = binding.find_map(|document| find(document, Effect::Deny, request, Side::Any))?;
    Some(statement.origins.clone())
}

/// Which principal of a statement counts.
#[derive(Clone, Copy)]
enum Side<'a> {
    /// The statement is about whoever asks, or about everybody.
    Any,
    /// It names the role.
    Principal,
    /// It names the role's account, which leaves it to the account's own policies.
    Root(&'a str),
}

fn find<'a>(
    document: &'a Document,
    effect: Effect,
    request: &Request<'_>,
    side: Side<'_>,
) -> Option<&'a Statement> {
    document.statements.iter().find(|statement| {
        statement.effect == effect
            && is_about(statement.principal.as_ref(), request, side)
            && acts(&statement.actions, &request.action)
            && (statement.resources.is_empty()
                || statement.resources.iter().any(|it| matches(it, &request.resource)))
            && condition::hold(&statement.conditions, &request.context)
    })
}

fn is_about(principal: Option<&Principals>, request: &Request<'_>, side: Side<'_>) -> bool {
    let Some(principals) = principal else { return matches!(side, Side::Any) };
    match side {
        Side::Any => principals.everybody || principals.aws.contains(&request.role.identity.arn),
        Side::Principal => principals.aws.contains(&request.role.identity.arn),
        Side::Root(root) => principals.aws.contains(root),
    }
}

/// Whether an action is among those of a statement.
pub fn acts(actions: &Actions, action: &str) -> bool {
    match actions {
        Actions::Only(patterns) => patterns.iter().any(|pattern| matches_action(pattern, action)),
        Actions::AllBut(patterns) => !patterns.iter().any(|pattern| matches_action(pattern, action)),
    }
}
