//! In which order the accounts whose artifacts differ are deployed: a policy that names a role is refused as long as the role is not there.

use std::collections::{BTreeMap, BTreeSet};

use super::Turn;
use crate::{Analysis, access::Document, compile};

/// The accounts in their order. Where two name each other's new roles, the one that comes first by its name is told what it waits for.
pub fn turns(old: &Analysis, new: &Analysis) -> Vec<Turn> {
    let waits = waits(old, new);
    let mut open: BTreeSet<String> = changed(old, new);
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut turns = Vec::new();
    while !open.is_empty() {
        let none = BTreeMap::new();
        let of = |account: &String| waits.get(account).unwrap_or(&none);
        let is_free = |account: &&String| of(account).keys().all(|other| !open.contains(other));
        let Some(next) = open.iter().find(is_free).or_else(|| open.first()).cloned() else { break };
        let after = of(&next).iter().filter(|(other, _)| open.contains(*other) || done.contains(*other));
        let after =
            after.map(|(other, role)| format!("{other} makes `{role}`, which its policies name")).collect();
        open.remove(&next);
        done.insert(next.clone());
        turns.push(Turn { account: next, after });
    }
    turns
}

/// The accounts of which an artifact differs.
fn changed(old: &Analysis, new: &Analysis) -> BTreeSet<String> {
    let files = |analysis: &Analysis| -> BTreeMap<String, (String, String)> {
        let files = compile(analysis, &[]).files.into_iter().filter(|file| !file.account.is_empty());
        files.map(|file| (file.path, (file.account, file.text))).collect()
    };
    let (before, after) = (files(old), files(new));
    let differs = |one: &BTreeMap<String, (String, String)>, other: &BTreeMap<String, (String, String)>| {
        let all = one.iter().filter(|(path, file)| other.get(*path).map(|it| &it.1) != Some(&file.1));
        all.map(|(_, file)| file.0.clone()).collect::<BTreeSet<_>>()
    };
    differs(&before, &after).into_iter().chain(differs(&after, &before)).collect()
}

/// For each account the others that make a new role that its policies name.
fn waits(old: &Analysis, new: &Analysis) -> BTreeMap<String, BTreeMap<String, String>> {
    let platform = &new.platform;
    let known: BTreeSet<&str> = old.access.roles.iter().map(|role| role.identity.arn.as_str()).collect();
    let made: BTreeMap<&str, (&str, &str)> = new
        .access
        .roles
        .iter()
        .filter(|role| !known.contains(role.identity.arn.as_str()))
        .map(|role| {
            let account = platform.account(role.identity.account).name.as_str();
            (role.identity.arn.as_str(), (account, role.identity.name.as_str()))
        })
        .collect();
    let mut waits: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut add = |account: &str, document: &Document| {
        for arn in document.statements.iter().filter_map(|it| it.principal.as_ref()).flat_map(|it| &it.aws) {
            if let Some((other, role)) = made.get(arn.as_str()).filter(|(other, _)| *other != account) {
                waits.entry(account.to_owned()).or_default().insert((*other).to_owned(), (*role).to_owned());
            }
        }
    };
    for (&id, document) in &new.access.resources {
        platform.account_of(id).into_iter().for_each(|account| add(&account.name, document));
    }
    for role in &new.access.roles {
        add(&platform.account(role.identity.account).name, &role.trust);
    }
    waits
}
