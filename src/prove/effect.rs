//! Grants that have no effect, or another than it seems.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{prover::Prover, request::requests};
use crate::{
    access::{
        Limit, RoleAccess,
        requirement::{Place, requirements},
        roles::acting,
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Capability, CapabilityUse, Grant, Platform, Principal, ResourceId, grant::Effect},
    source::Span,
};

/// Reports grants that a guardrail makes void, that others contain, that are open to a whole account, and whose columns hide nothing.
pub fn effects(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let (platform, access) = (prover.platform, prover.access);
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (principal, span) in &grant.to {
            match principal {
                Principal::Resource(id) => {
                    if let Some(role) = acting(platform, *id).and_then(|key| access.role(key)) {
                        dead(prover, grant, role, diagnostics);
                        outside_boundary(prover, grant, role, diagnostics);
                        void_columns(prover, grant, role, diagnostics);
                    }
                }
                Principal::Account(_) | Principal::ForeignAccount(_) => {
                    whole_account(platform, grant, *span, diagnostics);
                }
                Principal::Service(_) => {}
            }
        }
    }
    redundant(platform, diagnostics);
}

/// What a guardrail denies can't be granted.
fn dead<'a>(prover: &Prover<'a>, grant: &Grant, role: &'a RoleAccess, diagnostics: &mut Diagnostics) {
    let platform = prover.platform;
    if prover.access.guardrails_on(role.identity.account).next().is_none() {
        return;
    }
    let place = Place::from(&grant.on);
    for wanted in &grant.capabilities {
        let required = requirements(platform, wanted.capability, &place);
        let denied = required.iter().filter(|it| it.primary).find_map(|requirement| {
            let asked = requests(platform, role, requirement, &BTreeSet::new(), &BTreeSet::new());
            asked.iter().find_map(|request| prover.guardrail(request))
        });
        if let Some(rules) = denied.map(|statement| &statement.origins) {
            let account = &platform.account(role.identity.account).name;
            diagnostics.push(dead_grant(wanted.span, account, rules));
        }
    }
}

/// What a role's boundary leaves nothing of can't be granted.
fn outside_boundary<'a>(
    prover: &Prover<'a>,
    grant: &Grant,
    role: &'a RoleAccess,
    diagnostics: &mut Diagnostics,
) {
    let Some(Limit::Ours(at)) = role.boundary else { return };
    let Some(boundary) = prover.access.boundaries.get(at).map(|it| it.resource) else { return };
    let place = Place::from(&grant.on);
    for wanted in &grant.capabilities {
        let required = requirements(prover.platform, wanted.capability, &place);
        if required.iter().filter(|it| it.primary).any(|it| prover.is_outside_boundary(role, it)) {
            diagnostics.push(void_by_boundary(prover.platform, wanted.span, boundary));
        }
    }
}

fn void_columns<'a>(prover: &Prover<'a>, grant: &Grant, role: &'a RoleAccess, diagnostics: &mut Diagnostics) {
    for wanted in &grant.capabilities {
        if wanted.columns.is_empty() && grant.filter.is_none() {
            continue;
        }
        let spans = prover.objects_open_to(role, wanted, &grant.on);
        if !spans.is_empty() {
            diagnostics.push(void_limit(wanted.span, &spans));
        }
    }
}

fn whole_account(platform: &Platform, grant: &Grant, to: Span, diagnostics: &mut Diagnostics) {
    let deletes = |wanted: &&CapabilityUse| {
        requirements(platform, wanted.capability, &Place::from(&grant.on))
            .iter()
            .any(|it| it.primary && platform.library.action(it.action).name.starts_with("Delete"))
    };
    if let Some(wanted) = grant.capabilities.iter().find(deletes) {
        diagnostics.push(account_deletes(wanted.span, to));
    }
}

type Key<'a> = (&'a Principal, Capability, ResourceId, Option<SmolStr>);

/// A grant that another one contains says nothing.
fn redundant(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut all: BTreeMap<Key<'_>, Vec<(&Grant, &CapabilityUse)>> = BTreeMap::new();
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for wanted in &grant.capabilities {
            for (principal, _) in &grant.to {
                let key = (principal, wanted.capability, grant.on.resource, folder(grant));
                all.entry(key).or_default().push((grant, wanted));
            }
        }
    }
    for ((principal, capability, resource, prefix), same) in &all {
        for (grant, wanted) in same {
            let wider = around(prefix.as_ref()).into_iter().find_map(|above| {
                let key = (*principal, *capability, *resource, above);
                let others = all.get(&key)?;
                others.iter().find(|other| contains(**other, (grant, wanted)))
            });
            if let Some((other, by)) = wider {
                diagnostics.push(redundant_grant(wanted.span, by.span, other.span == grant.span));
            }
        }
    }
}

fn folder(grant: &Grant) -> Option<SmolStr> {
    grant.on.prefix.as_ref().map(|prefix| SmolStr::from(prefix.trim_end_matches('/')))
}

/// A prefix, the folders above it, and the whole bucket.
fn around(prefix: Option<&SmolStr>) -> Vec<Option<SmolStr>> {
    let mut all: Vec<Option<SmolStr>> = prefix.into_iter().map(|prefix| Some(prefix.clone())).collect();
    let ends =
        prefix.into_iter().flat_map(|prefix| prefix.match_indices('/').map(move |(at, _)| prefix.get(..at)));
    all.extend(ends.flatten().map(|above| Some(SmolStr::from(above))));
    all.push(None);
    all
}

/// Whether a grant says all that another says. Of two that say the same, the one that stands first contains the other.
fn contains(wide: (&Grant, &CapabilityUse), narrow: (&Grant, &CapabilityUse)) -> bool {
    let says = |a: (&Grant, &CapabilityUse), b: (&Grant, &CapabilityUse)| {
        let columns = a.1.columns.is_empty()
            || (!b.1.columns.is_empty() && b.1.columns.iter().all(|it| a.1.columns.contains(it)));
        let rows = a.0.filter.is_none()
            || a.0.filter.as_ref().map(|it| &it.0) == b.0.filter.as_ref().map(|it| &it.0);
        let place =
            a.0.on.prefix.is_none() || folder(b.0).is_some_and(|it| around(Some(&it)).contains(&folder(a.0)));
        columns && rows && place && (a.0.grant_option || !b.0.grant_option)
    };
    wide.1.span != narrow.1.span
        && says(wide, narrow)
        && (!says(narrow, wide) || wide.1.span.start < narrow.1.span.start)
}

fn dead_grant(span: Span, account: &str, rules: &[Span]) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        catalogue::DEAD_GRANT,
        span,
        format!("a guardrail on account `{account}` denies what is granted here"),
        "has no effect",
    );
    rules
        .iter()
        .fold(diagnostic, |diagnostic, rule| diagnostic.related(*rule, "denied here"))
        .help("take the grant away, or except its action from the guardrail")
}

fn void_by_boundary(platform: &Platform, span: Span, boundary: ResourceId) -> Diagnostic {
    let resource = platform.resource(boundary);
    Diagnostic::warning(
        catalogue::OUTSIDE_BOUNDARY,
        span,
        format!("the boundary `{}` of who gets this leaves none of it", resource.name),
        "has no effect",
    )
    .related(resource.span, "the boundary")
    .help("add it to the boundary, or take the grant away")
}

fn void_limit(span: Span, allowed_by: &[Span]) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        catalogue::LIMIT_WITHOUT_EFFECT,
        span,
        "the receiver can read all of the table's objects in the bucket, whatever columns and rows are granted",
        "hides nothing",
    );
    allowed_by
        .iter()
        .fold(diagnostic, |diagnostic, place| diagnostic.related(*place, "the objects are open here"))
        .help("grant the bucket without the table's place, or grant the whole table")
}

fn account_deletes(span: Span, to: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::WHOLE_ACCOUNT_DELETES,
        span,
        "everybody in an account may delete",
        "to a whole account",
    )
    .related(to, "whoever its administrators let in")
    .help("grant it to a role")
}

fn redundant_grant(span: Span, by: Span, same_sentence: bool) -> Diagnostic {
    let label = if same_sentence { "said already in this sentence" } else { "said already" };
    Diagnostic::warning(catalogue::REDUNDANT_GRANT, span, "another grant contains this one", label)
        .related(by, "contained in this")
        .help("take one of them away")
}
