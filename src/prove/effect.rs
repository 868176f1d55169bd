//! Grants that have no effect, or another than it seems.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{prover::Prover, rows};
use crate::{
    access::{
        Access, Limit, RoleAccess, RoleKey, Use,
        pattern::matches,
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::ActionId,
    platform::{
        Capability, CapabilityUse, Grant, Platform, Principal, ResourceId, RowFilter, Target, grant::Effect,
        resource::Noun,
    },
    source::Span,
};

/// Reports grants of which a boundary leaves nothing, that others contain, that are open to a whole account, and whose columns hide nothing.
pub fn effects(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let (platform, access) = (prover.platform, prover.access);
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (principal, span) in &grant.to {
            match principal {
                Principal::Resource(id) => {
                    if let Some(role) = acting(platform, *id).and_then(|key| access.role(key)) {
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
    taken_already(platform, access, diagnostics);
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
        if wanted.columns.is_empty() && wanted.labels.is_empty() && grant.filter.is_none() {
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
                others.iter().find(|other| contains(platform, **other, (grant, wanted)))
            });
            if let Some((other, by)) = wider {
                diagnostics.push(redundant_grant(wanted.span, by.span, other.span == grant.span));
            }
        }
    }
}

/// What a declaration takes by what it does needs no grant.
fn taken_already(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    let mut taken: BTreeMap<(RoleKey, ActionId), Vec<&Use>> = BTreeMap::new();
    for it in &access.uses {
        taken.entry((it.role, it.requirement.action)).or_default().push(it);
    }
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let place = Place::from(&grant.on);
        let receivers = grant.to.iter().filter_map(|(principal, _)| match principal {
            Principal::Resource(id) => acting(platform, *id),
            _ => None,
        });
        for role in receivers.filter(|role| matches!(role, RoleKey::Derived(..))) {
            for wanted in grant.capabilities.iter().filter(|it| !is_told(platform, it)) {
                let required = requirements(platform, wanted.capability, &place);
                let by = |it: &Requirement| {
                    taken.get(&(role, it.action))?.iter().find(|one| covers(&one.requirement, it))
                };
                let by: Option<Vec<&&Use>> = required.iter().map(by).collect();
                if let Some(first) = by.as_ref().and_then(|all| all.first()) {
                    diagnostics.push(needs_no_grant(wanted.span, first.origin));
                }
            }
        }
    }
}

/// Whether a capability is a permission of Lake Formation, which nobody has by what it does.
fn is_told(platform: &Platform, wanted: &CapabilityUse) -> bool {
    matches!(wanted.capability, Capability::Named(id) if platform.library.capability(id).permission.is_some())
}

/// Whether a requirement contains another of the same action.
fn covers(wide: &Requirement, narrow: &Requirement) -> bool {
    let limits = |it: &Requirement| (it.via.clone(), it.alias.clone(), it.passed_to.clone());
    matches(&wide.resource, &narrow.resource)
        && (wide.prefix.is_none() || wide.prefix == narrow.prefix)
        && limits(wide) == limits(narrow)
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
fn contains(platform: &Platform, wide: (&Grant, &CapabilityUse), narrow: (&Grant, &CapabilityUse)) -> bool {
    let says = |a: (&Grant, &CapabilityUse), b: (&Grant, &CapabilityUse)| {
        let columns = a.1.columns.is_empty()
            || (!b.1.columns.is_empty() && b.1.columns.iter().all(|it| a.1.columns.contains(it)));
        let labels = a.1.labels.is_empty()
            || (!b.1.labels.is_empty() && b.1.labels.iter().all(|it| a.1.labels.contains(it)));
        let rows = match (&a.0.filter, &b.0.filter) {
            (None, _) => true,
            (Some(shown), Some(asked)) => shown == asked || shows(platform, &a.0.on, shown, asked),
            (Some(_), None) => false,
        };
        let place =
            a.0.on.prefix.is_none() || folder(b.0).is_some_and(|it| around(Some(&it)).contains(&folder(a.0)));
        let requests = a.0.conditions.iter().all(|it| b.0.conditions.contains(it));
        columns && labels && rows && place && requests && (a.0.grant_option || !b.0.grant_option)
    };
    wide.1.span != narrow.1.span
        && says(wide, narrow)
        && (!says(narrow, wide) || wide.1.span.start < narrow.1.span.start)
}

/// Whether a row filter shows all rows of another.
fn shows(platform: &Platform, on: &Target, shown: &RowFilter, asked: &RowFilter) -> bool {
    let Noun::Table(at) = platform.resource(on.resource).noun else { return false };
    let Some(table) = platform.tables.get(at as usize) else { return false };
    let (Some(shown), Some(asked)) = (&shown.condition, &asked.condition) else { return false };
    rows::outside(&platform.schema(table.schema).columns, asked, &[shown]) == rows::Found::Nothing
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

fn needs_no_grant(span: Span, by: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::REDUNDANT_GRANT,
        span,
        "who gets this may do it already, without a grant: it follows from what it does",
        "said already",
    )
    .related(by, "follows from this")
    .help("take the grant away")
}

fn redundant_grant(span: Span, by: Span, same_sentence: bool) -> Diagnostic {
    let label = if same_sentence { "said already in this sentence" } else { "said already" };
    Diagnostic::warning(catalogue::REDUNDANT_GRANT, span, "another grant contains this one", label)
        .related(by, "contained in this")
        .help("take one of them away")
}
