//! Those who are let in without being a role of the program: other accounts, roles elsewhere, services, identity providers, everybody. Only the
//! resource's side is known of them, so it is what is compared: what its policy lets in, and what it denies.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    cells::of_statement,
    probe::Finding,
    side::{Side, Thing},
};
use crate::{
    access::{
        Statement,
        document::{Conditions, Principals},
    },
    platform::grant::Effect,
    source::Span,
};

/// What is let in: who, what, under which conditions.
type Door = (SmolStr, Thing, Conditions);

/// Compares what both versions let in.
pub fn compare(old: &Side<'_>, new: &Side<'_>, findings: &mut Vec<Finding>) {
    let (before, after) = (doors(old, new), doors(new, old));
    for (here, there, wider) in [(&after, &before, true), (&before, &after, false)] {
        for (door, origins) in here {
            let covered = there.keys().any(|other| {
                other.0 == door.0
                    && other.1.action == door.1.action
                    && other.1.alias == door.1.alias
                    && crate::access::pattern::matches(&other.1.resource, &door.1.resource)
                    && (other.2 == door.2
                        || door.2.fewer().contains(&other.2)
                        || is_narrower(&door.2, &other.2))
            });
            if !covered {
                let partly = there.keys().any(|other| other.0 == door.0 && other.1 == door.1);
                findings.push(Finding {
                    wider,
                    principal: door.0.clone(),
                    thing: door.1.clone(),
                    columns: Vec::new(),
                    when: if partly { written(&door.2) } else { Vec::new() },
                    allowed_by: origins.iter().copied().collect(),
                    denied_by: Vec::new(),
                });
            }
        }
    }
}

/// Whether whatever meets one meets the other, key by key: fewer values where one must match, more where none may.
fn is_narrower(strict: &Conditions, loose: &Conditions) -> bool {
    loose.0.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, wanted)| {
            let own = strict.0.get(operator).and_then(|keys| keys.get(key));
            let negative = AsRef::<str>::as_ref(operator).contains("Not");
            own.is_some_and(|own| if negative { own.is_superset(wanted) } else { own.is_subset(wanted) })
        })
    })
}

fn written(conditions: &Conditions) -> Vec<String> {
    let all = conditions
        .0
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, wanted)| (operator, key, wanted)));
    all.map(|(operator, key, wanted)| {
        format!("{key} {operator} {}", wanted.iter().map(SmolStr::as_str).collect::<Vec<_>>().join(", "))
    })
    .collect()
}

/// Everything that a version lets in from outside.
fn doors(side: &Side<'_>, other: &Side<'_>) -> BTreeMap<Door, BTreeSet<Span>> {
    let mut doors: BTreeMap<Door, BTreeSet<Span>> = BTreeMap::new();
    for (own, document) in side.documents() {
        let home =
            side.analysis.platform.account(match side.account_of(&own, crate::platform::AccountId(0)) {
                Some(account) => account,
                None => continue,
            });
        let root = format!("::{}:root", home.id);
        for statement in document.statements.iter().filter(|it| it.effect == Effect::Grant) {
            for who in people(statement.principal.as_ref()) {
                let is_role = side.roles.contains_key(who.as_str()) || other.roles.contains_key(who.as_str());
                // Its own account leaves it to the roles in it, which are asked themselves; but who becomes a role that trusts its account is
                // mostly nobody of the program.
                let at_home = who.ends_with(&root) || *who == home.id;
                if is_role || at_home && !own.resource.contains(":role/") {
                    continue;
                }
                let mut things = BTreeSet::new();
                of_statement(statement, Some(&own), &mut things);
                for thing in things.into_iter().filter(|thing| !is_denied(&document.statements, &who, thing))
                {
                    let origins =
                        doors.entry((who.clone(), thing, statement.conditions.clone())).or_default();
                    origins.extend(statement.origins.iter().copied());
                }
            }
        }
    }
    doors
}

fn people(principals: Option<&Principals>) -> Vec<SmolStr> {
    let Some(it) = principals else { return Vec::new() };
    let everybody = it.everybody.then(|| SmolStr::new_static("*"));
    it.aws.iter().chain(&it.services).chain(&it.federated).cloned().chain(everybody).collect()
}

/// Whether a policy denies all of it to them, under no condition.
fn is_denied(statements: &[Statement], who: &SmolStr, thing: &Thing) -> bool {
    statements.iter().any(|it| {
        let principals = it.principal.as_ref();
        it.effect == Effect::Deny
            && it.conditions.is_empty()
            && principals.is_some_and(|it| it.everybody || people(Some(it)).contains(who))
            && crate::prove::acts(&it.actions, &thing.action)
            && (it.resources.is_empty()
                || it
                    .resources
                    .iter()
                    .any(|pattern| crate::access::pattern::matches(pattern, &thing.resource)))
    })
}
