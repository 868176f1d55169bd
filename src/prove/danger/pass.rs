//! Who may hand a role to a service that then acts as it.

use std::collections::BTreeSet;

use super::Danger;
use crate::{
    access::{RoleAccess, RoleKey, document::Actions},
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
