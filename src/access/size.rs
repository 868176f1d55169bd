//! How much AWS takes of a policy, counted as AWS counts: characters of what is sent, which has no white space, and numbers of parts.

use std::collections::BTreeSet;

use super::document::{Actions, Document, Principals, Statement};
use crate::platform::Platform;

/// Something that there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Of what, in words.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
    /// How many AWS takes.
    pub limit: usize,
}

/// One of the standard library's limits; `None` where AWS has none of that name.
pub fn limit(platform: &Platform, name: &str) -> Option<usize> {
    usize::try_from(*platform.library.limits.get(name)?).ok()
}

/// The characters of a document.
pub fn characters(document: &Document) -> usize {
    document.compact().chars().count()
}

/// The characters of a statement.
pub fn characters_of(statement: &Statement) -> usize {
    serde_json::to_string(statement).unwrap_or_default().chars().count()
}

/// What a policy of a resource has too much of, by the limits of its kind.
pub fn excess(platform: &Platform, kind: &str, document: &Document) -> Option<Excess> {
    let actions = document.statements.iter().map(|statement| match &statement.actions {
        Actions::Only(actions) | Actions::AllBut(actions) => actions.len(),
    });
    let counted = [
        ("bytes", "policy", document.compact().len()),
        ("statements", "policy_statements", document.statements.len()),
        ("principals", "policy_principals", principals(document)),
        ("actions in a statement", "policy_actions", actions.max().unwrap_or_default()),
    ];
    counted.into_iter().find_map(|(what, of, count)| {
        let limit = limit(platform, &format!("{kind}_{of}"))?;
        (count > limit).then_some(Excess { what, count, limit })
    })
}

fn principals(document: &Document) -> usize {
    let named = document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let each = named.flat_map(|Principals { aws, services, .. }| aws.iter().chain(services));
    each.collect::<BTreeSet<_>>().len()
}
