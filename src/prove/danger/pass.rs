//! Who may hand a role to a service that then acts as it.

use std::collections::BTreeSet;

use super::Danger;
use crate::{
    access::{RoleAccess, RoleKey, document::Actions, roles::acting},
    diagnostic::{Diagnostic, catalogue},
    library::{ActionId, Service},
    platform::{CapabilityUse, Grant, grant::Effect},
    source::Span,
};

/// A grant with which a role can have a service act as another role, for which it chooses what is done.
pub fn passes(
    danger: &Danger<'_, '_>,
    grant: &Grant,
    role: &RoleAccess,
    wanted: &CapabilityUse,
    action: ActionId,
) -> Option<Diagnostic> {
    let library = &danger.platform.library;
    if !library.action(action).passes_role {
        return None;
    }
    let passed = danger.access.role(RoleKey::Declared(grant.on.resource))?;
    let service = takers(danger, role).into_iter().find(|service| trusts(passed, service))?;
    Some(stronger(wanted.span, &role.identity.name, &passed.identity.name, &service.name))
}

/// A grant with which a role can change what something does that acts as another role already: no role is handed over for that.
pub fn directs(
    danger: &Danger<'_, '_>,
    grant: &Grant,
    role: &RoleAccess,
    wanted: &CapabilityUse,
    action: ActionId,
) -> Option<Diagnostic> {
    let (platform, library) = (danger.platform, &danger.platform.library);
    if !library.action(action).directs {
        return None;
    }
    let acts_as = acting(platform, grant.on.resource).and_then(|key| danger.access.role(key))?;
    let what = platform.resource(grant.on.resource);
    let different = acts_as.identity.key != role.identity.key;
    different.then(|| {
        changed(wanted.span, &role.identity.name, &acts_as.identity.name, &what.name)
            .related(what.span, "acts as it")
    })
}

/// The services with which a role may make something that acts as a role.
fn takers<'a>(danger: &Danger<'_, 'a>, role: &RoleAccess) -> Vec<&'a Service> {
    let library = &danger.platform.library;
    let allowed = role.policy.statements.iter().filter(|it| it.effect == Effect::Grant);
    let actions: BTreeSet<&str> = allowed
        .filter_map(|statement| match &statement.actions {
            Actions::Only(actions) => Some(actions),
            Actions::AllBut(_) => None,
        })
        .flatten()
        .map(|action| action.as_str())
        .collect();
    let takes = (0..).map(ActionId).zip(&library.actions).filter(|(_, action)| action.takes_role);
    takes
        .filter(|(id, _)| actions.contains(library.action_spelling(*id).as_str()))
        .map(|(_, action)| library.service(action.service))
        .collect()
}

fn trusts(role: &RoleAccess, service: &Service) -> bool {
    let principals = role.trust.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let mut services = principals.flat_map(|it| &it.services);
    service.principal.as_ref().is_some_and(|principal| services.any(|it| it == principal))
}

fn stronger(span: Span, name: &str, passed: &str, service: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::PASSES_STRONGER,
        span,
        format!("`{name}` can have {service} act as `{passed}`, and chooses what is done"),
        format!("so it may do all that `{passed}` may"),
    )
    .help("take one of the two away: handing the role over, or making what acts as it")
}

fn changed(span: Span, name: &str, acts_as: &str, what: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::PASSES_STRONGER,
        span,
        format!("`{name}` can change what `{what}` does as `{acts_as}`"),
        format!("so it may do all that `{acts_as}` may"),
    )
    .help("have what is built deployed by whoever may do that anyway")
}
