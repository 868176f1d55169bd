//! Roles that lead to stronger ones through others.

use std::collections::BTreeSet;

use super::Danger;
use crate::{
    access::{RoleAccess, Statement, document::Actions, pattern},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::grant::Effect,
    source::Span,
};

/// Reports where a role lets in those who come by way of another, and may do what they may not. Of many who come the same way one is told.
pub fn stronger(danger: &Danger<'_, '_>, diagnostics: &mut Diagnostics) {
    let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (first, through) in danger.chains.iter().enumerate() {
        let direct: BTreeSet<usize> = through.iter().copied().chain([first]).collect();
        for &between in through {
            for &last in danger.chains.get(between).into_iter().flatten() {
                if !direct.contains(&last) && !told.contains(&(between, last)) {
                    let found = by_way_of(danger, first, between, last);
                    told.extend(found.as_ref().map(|_| (between, last)));
                    diagnostics.extend(found);
                }
            }
        }
    }
}

fn by_way_of(danger: &Danger<'_, '_>, first: usize, between: usize, last: usize) -> Option<Diagnostic> {
    let role = |at: usize| danger.access.roles.get(at);
    let (first, between, last) = (role(first)?, role(between)?, role(last)?);
    let stronger = may_more(last, &[first, between]);
    let span = danger.prover.trust_of(last, between).unwrap_or(last.identity.span);
    stronger.then(|| becomes(span, first, between, last))
}

/// Whether a role may do something that none of the others may. Conditions are not compared.
fn may_more(role: &RoleAccess, others: &[&RoleAccess]) -> bool {
    grants(role).any(|statement| {
        let Actions::Only(actions) = &statement.actions else { return true };
        let mut each =
            actions.iter().flat_map(|action| statement.resources.iter().map(move |it| (action, it)));
        each.any(|(action, resource)| {
            let sample = pattern::sample(resource, "~any~");
            !others.iter().copied().flat_map(grants).any(|other| covers(other, action, &sample))
        })
    })
}

fn grants(role: &RoleAccess) -> impl Iterator<Item = &Statement> {
    role.policy.statements.iter().filter(|statement| statement.effect == Effect::Grant)
}

fn covers(statement: &Statement, action: &str, resource: &str) -> bool {
    let acts = match &statement.actions {
        Actions::Only(actions) => actions.contains(action),
        Actions::AllBut(_) => false,
    };
    acts && statement.resources.iter().any(|it| pattern::matches(it, resource))
}

fn becomes(span: Span, first: &RoleAccess, between: &RoleAccess, last: &RoleAccess) -> Diagnostic {
    let (first, between, last) = (&first.identity, &between.identity, &last.identity);
    Diagnostic::warning(
        catalogue::BECOMES_STRONGER,
        span,
        format!(
            "`{}` can become `{}` by way of `{}`, which may do more",
            first.name, last.name, between.name
        ),
        "lets it in with others",
    )
    .related(first.span, "can become the one between")
    .help(format!("trust `{}` directly, if it is meant, or let `{}` become less", first.name, between.name))
}
