//! How much AWS takes of a policy, counted as AWS counts: characters of what is sent, which has no white space, and numbers of parts.

use std::{collections::BTreeSet, io};

use serde::Serialize;
use smol_str::SmolStr;

use super::{
    document::{Actions, Conditions, Document, Principals, Statement},
    minimize::Permission,
};
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
    Counter::of(document).characters
}

/// The characters of a statement.
pub fn characters_of(statement: &Statement) -> usize {
    Counter::of(statement).characters
}

/// Whether a document has more characters than that.
pub fn is_longer(document: &Document, limit: usize) -> bool {
    // Most are far from it, as is seen without counting.
    most(document) > limit && characters(document) > limit
}

/// How much of something a document has.
type Count = fn(&Document) -> usize;

/// What a policy of a resource has too much of, by the limits of its kind.
pub fn excess(platform: &Platform, kind: &str, document: &Document) -> Option<Excess> {
    let counted: [(_, _, Count); 4] = [
        ("bytes", "policy", |document| Counter::of(document).bytes),
        ("statements", "policy_statements", |document| document.statements.len()),
        ("principals", "policy_principals", principals),
        ("actions in a statement", "policy_actions", actions),
    ];
    counted.into_iter().find_map(|(what, of, count)| {
        let limit = limit(platform, &format!("{kind}_{of}"))?;
        if of == "policy" && most(document) <= limit {
            return None;
        }
        let count = count(document);
        (count > limit).then_some(Excess { what, count, limit })
    })
}

/// Whether the policy of a resource that says these permissions, beside what every policy of its kind says, could be larger than AWS takes.
pub fn may_outgrow(platform: &Platform, kind: &str, permissions: &[Permission]) -> bool {
    let limit = |of: &str| limit(platform, &format!("{kind}_{of}")).unwrap_or(usize::MAX);
    let bytes: usize = permissions.iter().map(most_of_permission).sum();
    // What every policy of a kind says is a statement or two of less than a thousand bytes each.
    bytes + 2000 > limit("policy")
        || permissions.len() + 2 > limit("policy_statements").min(limit("policy_actions"))
        || permissions.iter().filter_map(|it| it.principal.as_ref()).map(count_of).sum::<usize>() + 2
            > limit("policy_principals")
}

/// Counts what is written, and keeps none of it.
#[derive(Default)]
struct Counter {
    bytes: usize,
    characters: usize,
}

impl Counter {
    fn of(value: &impl Serialize) -> Self {
        let mut counter = Self::default();
        let written = serde_json::to_writer(&mut counter, value);
        debug_assert!(written.is_ok(), "a policy holds nothing that JSON can't");
        counter
    }
}

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        // Every character has one byte that does not continue another.
        self.characters += bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes of a document that it has at most: what is not text of the program or of AWS is counted as if every member were there.
pub fn most(document: &Document) -> usize {
    64 + document.statements.iter().map(most_of_statement).sum::<usize>()
}

/// Bytes of a statement's own words, signs and effect.
const AROUND: usize = 192;

fn most_of_statement(statement: &Statement) -> usize {
    let (Actions::Only(actions) | Actions::AllBut(actions)) = &statement.actions;
    AROUND
        + most_of_text(&statement.sid)
        + statement.principal.as_ref().map_or(0, most_of_principals)
        + most_of_texts(actions)
        + most_of_texts(&statement.resources)
        + most_of_conditions(&statement.conditions)
}

/// A statement of a permission has at most these bytes: its name is made of the service, what is done and what it is about.
fn most_of_permission(permission: &Permission) -> usize {
    let name = [&permission.service, &permission.kind, &permission.label, &permission.action];
    let prefix = permission.prefix.iter().flat_map(|(key, pattern)| [key, pattern]);
    AROUND
        + 32
        + name.into_iter().chain(prefix).map(most_of_text).sum::<usize>()
        + permission.principal.as_ref().map_or(0, most_of_principals)
        + most_of_text(&permission.action)
        + most_of_text(&permission.resource)
        + most_of_conditions(&permission.conditions)
}

fn most_of_principals(principals: &Principals) -> usize {
    most_of_texts(&principals.aws)
        + most_of_texts(&principals.services)
        + most_of_texts(&principals.federated)
}

fn most_of_conditions(conditions: &Conditions) -> usize {
    let keys = conditions.0.iter().flat_map(|(operator, keys)| keys.iter().map(move |it| (operator, it)));
    keys.map(|(operator, (key, values))| {
        16 + most_of_text(operator) + most_of_text(key) + most_of_texts(values)
    })
    .sum()
}

fn most_of_texts(texts: &BTreeSet<SmolStr>) -> usize {
    texts.iter().map(most_of_text).sum()
}

/// A text with its quotes and a comma. What JSON spells out takes six bytes of each.
fn most_of_text(text: &SmolStr) -> usize {
    let plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
    if plain { text.len() + 3 } else { text.len() * 6 + 3 }
}

fn actions(document: &Document) -> usize {
    let each = document.statements.iter().map(|statement| match &statement.actions {
        Actions::Only(actions) | Actions::AllBut(actions) => actions.len(),
    });
    each.max().unwrap_or_default()
}

fn count_of(principals: &Principals) -> usize {
    principals.aws.len() + principals.services.len()
}

fn principals(document: &Document) -> usize {
    let named = document.statements.iter().filter_map(|statement| statement.principal.as_ref());
    let each = named.flat_map(|Principals { aws, services, .. }| aws.iter().chain(services));
    each.collect::<BTreeSet<_>>().len()
}
