//! Findings into entries: one for each principal and thing, with all actions that changed alike.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    probe::Finding,
    side::{Side, Thing},
};
use crate::{
    access::pattern::matches,
    diff::{At, Class, Entry, Gain, Topic, Version},
    source::Span,
};

type Key = (bool, SmolStr, SmolStr, Option<SmolStr>, Vec<SmolStr>, Vec<String>);

#[derive(Default)]
struct Group {
    actions: BTreeSet<SmolStr>,
    allowed_by: BTreeSet<Span>,
    denied_by: BTreeSet<Span>,
}

/// All entries.
pub fn entries(old: &Side<'_>, new: &Side<'_>, findings: Vec<Finding>) -> Vec<Entry> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for it in without_covered(findings) {
        let key = (it.wider, it.principal, it.thing.resource, it.thing.alias, it.columns, it.when);
        let group = groups.entry(key).or_default();
        group.actions.insert(it.thing.action);
        group.allowed_by.extend(it.allowed_by);
        group.denied_by.extend(it.denied_by);
    }
    let written = [said(old), said(new)];
    groups.into_iter().filter_map(|(key, group)| entry(old, new, &written, key, group)).collect()
}

/// Findings without those that a wider pattern of the same says as well.
fn without_covered(findings: Vec<Finding>) -> Vec<Finding> {
    let alike = |it: &Finding| {
        let thing = &it.thing;
        let who = (it.wider, it.principal.clone(), thing.action.clone(), thing.alias.clone());
        (who, it.columns.clone(), it.when.clone())
    };
    let mut wide: BTreeMap<_, BTreeSet<SmolStr>> = BTreeMap::new();
    for it in findings.iter().filter(|it| it.thing.resource.contains('*')) {
        wide.entry(alike(it)).or_default().insert(it.thing.resource.clone());
    }
    let covered = |it: &Finding| {
        let own = &it.thing.resource;
        let wider = |pattern: &SmolStr| pattern != own && matches(pattern, own);
        wide.get(&alike(it)).is_some_and(|patterns| patterns.iter().any(wider))
    };
    let covered: Vec<bool> = findings.iter().map(covered).collect();
    findings.into_iter().zip(covered).filter(|(_, covered)| !covered).map(|(it, _)| it).collect()
}

/// The sentences of a version that policies come from.
fn said(side: &Side<'_>) -> BTreeSet<String> {
    let access = &side.analysis.access;
    let roles = access.roles.iter().flat_map(|role| [&role.policy, &role.trust]);
    let documents = roles.chain(access.resources.values());
    let origins = documents.flat_map(|it| &it.statements).flat_map(|it| &it.origins);
    origins.chain(access.tables.iter().map(|it| &it.span)).map(|span| words(side, *span)).collect()
}

fn words(side: &Side<'_>, span: Span) -> String {
    side.analysis.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entry(
    old: &Side<'_>,
    new: &Side<'_>,
    written: &[BTreeSet<String>; 2],
    key: Key,
    group: Group,
) -> Option<Entry> {
    let (wider, principal, resource, alias, columns, when) = key;
    let (here, there, version, before) =
        if wider { (new, old, Version::New, &written[0]) } else { (old, new, Version::Old, &written[1]) };
    // What the other version does not say tells more than what both say.
    let fresh = group.allowed_by.iter().find(|span| !before.contains(&words(here, **span)));
    let denied = group
        .denied_by
        .first()
        .map(|span| At { version: if wider { Version::Old } else { Version::New }, span: *span });
    let allowed = group.allowed_by.first().map(|span| At { version, span: *span });
    let at = fresh.map(|span| At { version, span: *span }).or(denied).or(allowed);
    let thing = Thing { action: SmolStr::default(), resource: resource.clone(), alias: alias.clone() };
    let place = place(here, there, &thing);
    let who = who(here, there, &principal);
    let actions: Vec<String> = group.actions.iter().map(ToString::to_string).collect();
    let of = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    let may = if wider { "may now" } else { "may no longer" };
    let mut details = Vec::new();
    if !when.is_empty() {
        details.push(format!("for example when {}", when.join(" and ")));
    }
    if denied.is_some() {
        details.push(if wider { "a denial is gone".into() } else { "a denial is new".into() });
    }
    let known = there.roles.contains_key(principal.as_str()) || !here.roles.contains_key(principal.as_str());
    if !known {
        details.push(if wider { "the role is new".into() } else { "the role is gone".into() });
    }
    Some(Entry {
        class: if wider { Class::Widening } else { Class::Narrowing },
        topic: Topic::Access,
        subject: who,
        what: format!("{may} {}{of} on {place}", actions.join(", ")),
        details,
        readers: Vec::new(),
        gain: Some(Gain {
            principal: principal.to_string(),
            actions,
            resource: resource.to_string(),
            columns: columns.iter().map(ToString::to_string).collect(),
            when,
        }),
        at: at.or_else(|| Some(At { version, span: here.roles.get(principal.as_str())?.identity.span }))?,
    })
}

/// A place as the program calls it.
fn place(here: &Side<'_>, there: &Side<'_>, thing: &Thing) -> String {
    let found = [here, there].into_iter().find_map(|side| Some((side, side.owner(thing)?)));
    let Some((side, owner)) = found else { return format!("`{}`", thing.resource) };
    let resource = side.analysis.platform.resource(owner);
    let own = resource.arn.as_deref().unwrap_or(&thing.resource);
    match thing.resource.strip_prefix(own).unwrap_or_default() {
        "" => format!("`{}`", resource.name),
        "/*" => format!("everything in `{}`", resource.name),
        rest => format!("`{}` / \"{}\"", resource.name, rest.trim_start_matches('/')),
    }
}

/// Somebody as the program calls them.
fn who(here: &Side<'_>, there: &Side<'_>, principal: &str) -> String {
    let role = [here, there].into_iter().find_map(|side| side.roles.get(principal).copied().zip(Some(side)));
    if let Some((role, side)) = role {
        let account = &side.analysis.platform.account(role.identity.account).name;
        return format!("role `{}` in {account}", role.identity.name);
    }
    let id = principal.split(':').nth(4).filter(|_| principal.ends_with(":root")).unwrap_or(principal);
    let account = here.analysis.platform.account_numbered(id).map(|at| here.analysis.platform.account(at));
    match account {
        Some(account) => format!("account `{}`", account.name),
        None if principal == "*" => "everybody".into(),
        None => format!("`{id}`"),
    }
}
