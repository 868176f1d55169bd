//! What lies beside a need: nothing of it is allowed.

use dpl::{
    Analysis,
    access::pattern::sample,
    library::ActionId,
    platform::{Platform, ResourceId},
    prove::Request,
};
use smol_str::SmolStr;

use super::{
    Tried,
    needs::Need,
    request::{allowed, given, is_needed, prover, request},
    told,
};

/// Asks for what lies beside each need: other actions of its service, places beside and above it, other buckets, other roles, other circumstances.
pub fn around<'a>(analysis: &'a Analysis, needs: &[Need], tried: &mut Tried) -> Vec<String> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let mut wide = Vec::new();
    let prover = prover(analysis);
    let mut ask = |role: usize, action: ActionId, request: &Request<'a>| {
        tried.around += 1;
        if allowed(&prover, request) && !is_needed(needs, role, action, request) {
            wide.push(format!("{} {} on {}", request.role.identity.name, request.action, request.resource));
        }
    };
    for need in needs.iter().filter(|need| !need.denied) {
        let asked = request(analysis, need);
        let own = platform.library.action(need.requirement.action).service;
        let services = (0..).map(ActionId).zip(&platform.library.actions).filter(|(_, it)| it.service == own);
        for (action, _) in services {
            let spelled = platform.library.action_spelling(action).clone();
            ask(need.role, action, &Request { action: spelled, ..asked.clone() });
        }
        for resource in beside(platform, &need.requirement.resource) {
            let owner = owner(platform, &resource);
            ask(need.role, need.requirement.action, &Request { resource, owner, ..asked.clone() });
        }
        for at in 0..access.roles.len() {
            let other = Need { role: at, requirement: need.requirement.clone(), denied: false };
            ask(at, need.requirement.action, &request(analysis, &other));
        }
        for key in ["s3:prefix", "kms:viaservice", "kms:resourcealiases", "iam:passedtoservice"] {
            if !given(&asked, key).is_empty() {
                let mut other = asked.clone();
                other.context.set(key, vec!["beside".into()]);
                ask(need.role, need.requirement.action, &other);
            }
        }
        if asked.action.starts_with("s3:") && asked.owner.is_some() {
            let mut plain = asked.clone();
            plain.context.set("aws:securetransport", vec!["false".into()]);
            assert!(!allowed(&prover, &plain), "without TLS: {}", told(analysis, need));
        }
    }
    wide
}

/// Resources beside one: with a longer name, the folder above, the same place in other buckets.
fn beside(platform: &Platform, pattern: &SmolStr) -> Vec<SmolStr> {
    let stem = pattern.trim_end_matches('*').trim_end_matches('/');
    let mut all = vec![SmolStr::from(format!("{stem}x/any")), SmolStr::from(format!("{stem}x"))];
    if let Some((above, _)) = stem.rsplit_once('/') {
        all.extend([SmolStr::from(above), SmolStr::from(format!("{above}/other"))]);
    }
    if let Some(key) = pattern.strip_prefix("arn:aws:s3:::") {
        let rest = key.split_once('/').map_or_else(String::new, |(_, rest)| format!("/{rest}"));
        let buckets = platform.of_kind("bucket").map(|(_, bucket)| &bucket.physical);
        all.extend(buckets.map(|name| sample(&format!("arn:aws:s3:::{name}{rest}").into(), "any")));
    }
    all
}

fn owner(platform: &Platform, arn: &str) -> Option<ResourceId> {
    let bucket = arn.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
    platform.of_kind("bucket").find(|(_, resource)| resource.physical == bucket).map(|(id, _)| id)
}
