//! Rules of roles.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, Principal, ResourceId, Role, resource::Noun},
    source::Span,
};

/// A role has somebody to assume it: AWS takes no empty trust policy.
pub fn roles_are_assumed(platform: &Platform, diagnostics: &mut Diagnostics) {
    for role in own(platform) {
        let somebody = role.trust.iter().any(|trust| match trust.principal {
            Principal::Service(service) => platform.library.service(service).principal.is_some(),
            _ => true,
        });
        if !somebody {
            diagnostics.push(nobody_assumes(platform, role));
        }
    }
}

/// Somebody else's account proves by an external id that it acts for us. A role's own account needs none, whosever it is.
pub fn strangers_bring_an_external_id(platform: &Platform, diagnostics: &mut Diagnostics) {
    for role in own(platform).filter(|role| role.external_id.is_none()) {
        for trust in &role.trust {
            let stranger = match &trust.principal {
                Principal::ForeignAccount(_) => true,
                Principal::Account(account) => {
                    platform.account(*account).external && *account != role.account
                }
                Principal::Resource(_) | Principal::Service(_) => false,
            };
            if stranger {
                diagnostics.push(no_external_id(trust.span));
            }
        }
    }
}

/// A boundary is a policy of the role's own account.
pub fn boundaries_are_of_the_same_account(platform: &Platform, diagnostics: &mut Diagnostics) {
    for role in own(platform) {
        let Some(boundary) = role.boundary else { continue };
        let there = platform.resource(boundary).account;
        if there.is_some() && there != Some(role.account) {
            let value = platform.field(role.resource, "boundary").map(|value| value.span);
            let span = value.unwrap_or(platform.resource(role.resource).span);
            diagnostics.push(boundary_elsewhere(platform, span, boundary));
        }
    }
}

/// Roles do not trust each other in a circle: none of them could be made first, and each has what all have.
pub fn trusts_do_not_circle(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for start in 0..platform.roles.len() {
        // The way down from the start: each role with the trusts that are still to be followed. A stack, since a chain may be long.
        let mut way: Vec<(usize, Vec<(usize, Span)>)> = vec![(start, trusted(platform, start))];
        while let Some((here, open)) = way.last_mut() {
            let here = *here;
            let Some((next, span)) = open.pop() else {
                done.insert(here);
                way.pop();
                continue;
            };
            if way.iter().any(|(role, _)| *role == next) {
                diagnostics.push(circle(platform, span, next));
            } else if !done.contains(&next) {
                way.push((next, trusted(platform, next)));
            }
        }
    }
}

/// The declared roles that a role trusts, by index.
fn trusted(platform: &Platform, role: usize) -> Vec<(usize, Span)> {
    let trusts = platform.roles.get(role).into_iter().flat_map(|role| &role.trust);
    trusts
        .filter_map(|trust| match trust.principal {
            Principal::Resource(id) => match platform.resource(id).noun {
                Noun::Role(at) => Some((at as usize, trust.span)),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn own(platform: &Platform) -> impl Iterator<Item = &Role> {
    platform.roles.iter().filter(|role| !platform.resource(role.resource).external)
}

fn boundary_elsewhere(platform: &Platform, span: Span, boundary: ResourceId) -> Diagnostic {
    let resource = platform.resource(boundary);
    Diagnostic::error(
        catalogue::BOUNDARY_ELSEWHERE,
        span,
        format!("`{}` is a policy of another account than the role's", resource.name),
        "of another account",
    )
    .related(resource.span, "declared here")
    .help("declare it in the role's account")
}

fn nobody_assumes(platform: &Platform, role: &Role) -> Diagnostic {
    let resource = platform.resource(role.resource);
    Diagnostic::error(
        catalogue::NOBODY_ACTS,
        resource.span,
        format!("nobody may assume `{}`", resource.name),
        "trusts nobody",
    )
    .help("say who may: `trust = [ACCOUNT]`, `trust = [service lambda]`")
}

fn no_external_id(span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::NO_EXTERNAL_ID,
        span,
        "somebody else's account may assume this role without saying for whom",
        "not of this organization",
    )
    .help("agree on an `external_id` with its owner, so that another customer of theirs can't be given this role")
}

fn circle(platform: &Platform, span: Span, role: usize) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TRUST_CYCLE,
        span,
        "roles trust each other in a circle",
        "closes the circle",
    )
    .help("take one of the trusts away");
    match platform.roles.get(role) {
        Some(role) => diagnostic.related(platform.resource(role.resource).span, "which leads here again"),
        None => diagnostic,
    }
}
