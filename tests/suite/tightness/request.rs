//! Requests that needs stand for, and whether they are met.

use std::collections::BTreeMap;

use dpl::{
    Analysis,
    access::pattern::{matches, sample},
    library::ActionId,
    platform::{AccountId, ResourceId, resource::Noun},
    prove::{Context, Decision, Known, Prover, Request},
};
use smol_str::SmolStr;

use super::needs::Need;

/// The request that a need stands for.
pub fn request<'a>(analysis: &'a Analysis, need: &Need) -> Request<'a> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let (role, needed) = (&access.roles[need.role], &need.requirement);
    // The catalog is opened to other accounts by sharing it, and not by a policy.
    let shared = |id: &ResourceId| matches!(platform.resource(*id).noun, Noun::Table(_) | Noun::Domain(_));
    let owner = needed.owner.filter(|id| !shared(id));
    let account = owner.and_then(|id| platform.resource(id).account).unwrap_or(role.identity.account);
    let mut context = context(analysis, need.role, account);
    let mut set = |key: &str, values: Vec<SmolStr>| {
        context.insert(SmolStr::from(key.to_ascii_lowercase()), values);
    };
    if let Some((key, pattern)) = &needed.prefix {
        set(key, vec![sample(pattern, "any")]);
    }
    if let Some(via) = &needed.via {
        set("kms:viaservice", vec![via.clone()]);
    }
    if let Some(alias) = &needed.alias {
        set("kms:resourcealiases", vec![alias.clone()]);
    }
    if let Some(service) = needed.passed_to.first() {
        set("iam:passedtoservice", vec![service.clone()]);
    }
    if let Some(Noun::Role(at)) = owner.map(|id| platform.resource(id).noun) {
        let assumed = &platform.roles[at as usize];
        for (key, value) in &assumed.tags {
            set(&format!("aws:requesttag/{key}"), vec![value.clone()]);
        }
        if let Some(id) = &assumed.external_id {
            set("sts:externalid", vec![id.clone()]);
        }
    }
    Request {
        role,
        session: None,
        action: platform.library.action_spelling(needed.action).clone(),
        // `*` alone stands for no resource in particular.
        resource: if needed.resource == "*" { "*".into() } else { sample(&needed.resource, "any") },
        owner,
        account,
        context: Context::exact(context),
    }
}

pub fn context(analysis: &Analysis, role: usize, account: AccountId) -> BTreeMap<SmolStr, Vec<SmolStr>> {
    let (platform, role) = (&analysis.platform, &analysis.access.roles[role]);
    let there = platform.account(account);
    BTreeMap::from([
        ("aws:securetransport".into(), vec!["true".into()]),
        ("aws:principalarn".into(), vec![role.identity.arn.clone()]),
        ("aws:principalaccount".into(), vec![platform.account(role.identity.account).id.clone()]),
        ("aws:resourceaccount".into(), vec![there.id.clone()]),
        ("aws:requestedregion".into(), vec![there.region.clone()]),
    ])
}

pub fn prover(analysis: &Analysis) -> Prover<'_> {
    Prover::new(&analysis.platform, &analysis.access)
}

pub fn allowed<'a>(prover: &Prover<'a>, request: &Request<'a>) -> bool {
    matches!(prover.decide(request), Decision::Allowed(..))
}

pub fn given<'r>(request: &'r Request<'_>, key: &str) -> &'r [SmolStr] {
    match request.context.get(key) {
        Known::Values(values) => values,
        Known::Absent | Known::Unknown => &[],
    }
}

/// Whether a request is among what its role needs.
pub fn is_needed(needs: &[Need], role: usize, action: ActionId, request: &Request<'_>) -> bool {
    let same = |needed: &Option<SmolStr>, key: &str| {
        needed.as_ref().is_none_or(|it| given(request, key).contains(it))
    };
    needs.iter().filter(|need| need.role == role && !need.denied).any(|need| {
        let needed = &need.requirement;
        let prefix = needed
            .prefix
            .as_ref()
            .is_none_or(|(key, pattern)| given(request, key).iter().any(|it| matches(pattern, it)));
        needed.action == action
            && matches(&needed.resource, &request.resource)
            && prefix
            && same(&needed.via, "kms:viaservice")
            && same(&needed.alias, "kms:resourcealiases")
    })
}

/// Whether a role's need is met: what it needs is allowed, what it must not do is not.
pub fn met<'a>(analysis: &'a Analysis, prover: &Prover<'a>, need: &Need) -> bool {
    allowed(prover, &request(analysis, need)) != need.denied
}
