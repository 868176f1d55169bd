//! What is worth asking for: whatever a policy of either version allows a role, where a policy that has a say in it differs.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::side::{ALIASES, Side, Thing};
use crate::{
    access::{Document, Limit, RoleAccess, Statement, document::Actions},
    platform::grant::Effect,
};

/// Something that a role may be allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The role's ARN.
    pub role: SmolStr,
    /// What.
    pub thing: Thing,
}

/// Everything worth asking for, sorted.
pub fn cells(old: &Side<'_>, new: &Side<'_>) -> Vec<Cell> {
    let named = named(old, new);
    let arns: BTreeSet<&str> = old.roles.keys().chain(new.roles.keys()).copied().collect();
    let mut cells = BTreeSet::new();
    for arn in arns {
        let (before, after) = (old.roles.get(arn).copied(), new.roles.get(arn).copied());
        let same = match (before, after) {
            (Some(before), Some(after)) => limits(old, before) == limits(new, after),
            _ => false,
        };
        let mut things: BTreeSet<Thing> = BTreeSet::new();
        [before, after].into_iter().flatten().for_each(|role| allowed(&role.policy, None, &mut things));
        things.extend(named.get(arn).into_iter().flatten().cloned());
        things.extend(named.get("*").into_iter().flatten().cloned());
        if same {
            things.retain(|thing| {
                differs(old.policy_of(thing), new.policy_of(thing)) || moved(old, new, arn, thing)
            });
        }
        cells.extend(things.into_iter().map(|thing| Cell { role: arn.into(), thing }));
    }
    cells.into_iter().collect()
}

/// Whether what binds whoever comes to a thing differs.
fn moved(old: &Side<'_>, new: &Side<'_>, arn: &str, thing: &Thing) -> bool {
    let control = |side: &Side<'_>| {
        let role = side.roles.get(arn)?;
        let account = side.account_of(thing, role.identity.account)?;
        let levels = side.control().resource_of_action(account, &thing.action);
        let documents = levels.iter().flat_map(|level| &level.documents);
        Some(documents.flat_map(|it| said(it)).collect::<BTreeSet<_>>())
    };
    control(old) != control(new)
}

/// What the policies of resources allow, by the ARN of whom they name; `*` is everybody.
fn named<'a>(old: &Side<'a>, new: &Side<'a>) -> BTreeMap<&'a str, BTreeSet<Thing>> {
    let mut named: BTreeMap<&str, BTreeSet<Thing>> = BTreeMap::new();
    for side in [old, new] {
        for (own, document) in side.documents() {
            for statement in &document.statements {
                let Some(principals) = &statement.principal else { continue };
                let everybody = principals.everybody.then_some("*");
                for arn in principals.aws.iter().map(SmolStr::as_str).chain(everybody) {
                    of_statement(statement, Some(&own), named.entry(arn).or_default());
                }
            }
        }
    }
    named
}

/// What a document allows.
pub fn allowed(document: &Document, own: Option<&Thing>, things: &mut BTreeSet<Thing>) {
    document.statements.iter().for_each(|statement| of_statement(statement, own, things));
}

/// What a statement allows; `own` is the resource that its policy is of.
pub fn of_statement(statement: &Statement, own: Option<&Thing>, things: &mut BTreeSet<Thing>) {
    let (Effect::Grant, Actions::Only(actions)) = (statement.effect, &statement.actions) else { return };
    let aliases: Vec<Option<SmolStr>> = match own {
        Some(own) => vec![own.alias.clone()],
        None => {
            let all = statement.conditions.0.values().flatten().filter(|(key, _)| key.as_str() == ALIASES);
            let mut aliases: Vec<_> = all.flat_map(|(_, values)| values).cloned().map(Some).collect();
            if aliases.is_empty() {
                aliases.push(None);
            }
            aliases
        }
    };
    let whole = own.map(|own| own.resource.clone());
    let resources = statement.resources.iter().map(|resource| match (&whole, resource.as_str()) {
        (Some(whole), "*") => whole.clone(),
        _ => resource.clone(),
    });
    let mut resources: Vec<SmolStr> = resources.collect();
    if resources.is_empty() {
        resources.extend(whole);
    }
    for action in actions {
        for resource in &resources {
            let kms = action.starts_with("kms:");
            for alias in aliases.iter().filter(|alias| kms || alias.is_none() || own.is_some()) {
                things.insert(Thing {
                    action: action.clone(),
                    resource: resource.clone(),
                    alias: alias.clone(),
                });
            }
        }
    }
}

/// Every statement that limits a role whatever it asks for, without names and places.
fn limits(side: &Side<'_>, role: &RoleAccess) -> Vec<BTreeSet<Said>> {
    let access = &side.analysis.access;
    let boundary = match role.boundary {
        Some(Limit::Ours(at)) => access.boundaries.get(at).map(|it| &it.policy),
        _ => None,
    };
    let account = role.identity.account;
    let guardrails = access.guardrails_on(account).flat_map(said).collect();
    let unknown = matches!(role.boundary, Some(Limit::Theirs(_))) || role.boundary.is_none();
    let bounded = boundary.map(|it| said(it).collect()).unwrap_or_default();
    let mark = BTreeSet::from([(unknown, None, String::new(), SmolStr::default(), String::new())]);
    vec![said(&role.policy).collect(), bounded, guardrails, mark]
}

fn differs(old: Option<&Document>, new: Option<&Document>) -> bool {
    let all = |document: Option<&Document>| document.map(|it| said(it).collect::<BTreeSet<_>>());
    all(old).unwrap_or_default() != all(new).unwrap_or_default()
}

type Said = (bool, Option<crate::access::document::Principals>, String, SmolStr, String);

/// What a document says, one action on one resource each.
fn said(document: &Document) -> impl Iterator<Item = Said> {
    document.statements.iter().flat_map(|statement| {
        let conditions = format!("{:?}", statement.conditions);
        let actions: Vec<String> = match &statement.actions {
            Actions::Only(actions) => actions.iter().map(ToString::to_string).collect(),
            Actions::AllBut(actions) => vec![format!("{actions:?}")],
        };
        let mut resources: Vec<SmolStr> = statement.resources.iter().cloned().collect();
        if resources.is_empty() {
            resources.push("*".into());
        }
        let grants = statement.effect == Effect::Grant;
        let all = actions.into_iter().flat_map(move |action| {
            let conditions = conditions.clone();
            let principal = statement.principal.clone();
            resources
                .clone()
                .into_iter()
                .map(move |it| (grants, principal.clone(), action.clone(), it, conditions.clone()))
        });
        all.collect::<Vec<_>>()
    })
}
