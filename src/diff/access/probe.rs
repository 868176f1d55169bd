//! Requests that tell two versions apart: each pattern that a policy has inside a thing, under each circumstance that a condition asks for.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    cells::Cell,
    side::{Side, Thing},
};
use crate::{
    access::{
        RoleAccess, Statement,
        pattern::{matches, sample},
    },
    prove::{Context, Decision, Single, acts, values_of},
    source::Span,
};

/// What stands for anything in a sampled resource.
const ANYTHING: &str = "~any~";
/// Up to so many circumstances are tried in every combination; of more, each key's values one after the other.
const MOST: usize = 1024;

/// A thing that one version allows and the other does not.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Whether it is the new one that allows it.
    pub wider: bool,
    /// Who: an ARN, or a service.
    pub principal: SmolStr,
    /// What.
    pub thing: Thing,
    /// Columns, where it is not all.
    pub columns: Vec<SmolStr>,
    /// Under which circumstances, where the other version allows it under others, too.
    pub when: Vec<String>,
    /// What allows it, in the version that does.
    pub allowed_by: Vec<Span>,
    /// What denies it, in the version that does.
    pub denied_by: Vec<Span>,
}

type Choice = Vec<(SmolStr, Vec<SmolStr>)>;

/// Asks both versions.
pub fn probe(old: &Side<'_>, new: &Side<'_>, cell: &Cell, findings: &mut Vec<Finding>) {
    let statements = concerned(old, new, cell);
    let patterns: BTreeSet<&SmolStr> = statements
        .iter()
        .flat_map(|statement| &statement.resources)
        .filter(|narrow| matches(&cell.thing.resource, narrow))
        .collect();
    let mut samples: BTreeMap<SmolStr, &SmolStr> =
        patterns.into_iter().map(|pattern| (sample(pattern, ANYTHING), pattern)).collect();
    samples.insert(sample(&cell.thing.resource, ANYTHING), &cell.thing.resource);
    for (resource, pattern) in samples {
        let thing = Thing { resource: pattern.clone(), ..cell.thing.clone() };
        let about = |statement: &&&Statement| {
            let all = &statement.resources;
            all.is_empty() || all.iter().any(|pattern| matches(pattern, &resource))
        };
        let concerned: Vec<&Statement> = statements.iter().filter(about).copied().collect();
        ask(old, new, &cell.role, &thing, &resource, &concerned, findings);
    }
}

/// Every statement of both versions that has a say about an action.
fn concerned<'a>(old: &Side<'a>, new: &Side<'a>, cell: &Cell) -> Vec<&'a Statement> {
    let mut found = Vec::new();
    for side in [old, new] {
        let Some(role) = side.roles.get(cell.role.as_str()).copied() else { continue };
        let limit = match role.boundary {
            Some(crate::access::Limit::Ours(at)) => {
                side.analysis.access.boundaries.get(at).map(|it| &it.policy)
            }
            _ => None,
        };
        let account = side.account_of(&cell.thing, role.identity.account);
        let control = account.map_or(&[][..], |it| side.control().resource_of_action(it, &cell.thing.action));
        let documents = [Some(&role.policy), limit, side.policy_of(&cell.thing)].into_iter().flatten();
        let levels = side.service_control(role.identity.account).iter().chain(control);
        let documents = documents.chain(levels.flat_map(|level| level.documents.iter().copied()));
        found.extend(
            documents.flat_map(|it| &it.statements).filter(|it| acts(&it.actions, &cell.thing.action)),
        );
    }
    found
}

/// Who allows it under which circumstances.
#[derive(Default)]
struct Told {
    choices: Vec<usize>,
    allowed_by: BTreeSet<Span>,
    denied_by: BTreeSet<Span>,
}

fn ask(
    old: &Side<'_>,
    new: &Side<'_>,
    role: &SmolStr,
    thing: &Thing,
    resource: &str,
    statements: &[&Statement],
    findings: &mut Vec<Finding>,
) {
    let choices = choices(old, new, role, thing, statements);
    let (mut gained, mut lost) = (Told::default(), Told::default());
    let (mut before, mut after) = (0_usize, 0_usize);
    for (at, choice) in choices.iter().enumerate() {
        let (was, is) =
            (decided(old, role, thing, resource, choice), decided(new, role, thing, resource, choice));
        before += usize::from(was.0);
        after += usize::from(is.0);
        let (told, yes, no) = match (was.0, is.0) {
            (false, true) => (&mut gained, is.1, was.1),
            (true, false) => (&mut lost, was.1, is.1),
            _ => continue,
        };
        told.choices.push(at);
        told.allowed_by.extend(yes);
        told.denied_by.extend(no);
    }
    for (told, wider, other) in [(gained, true, before), (lost, false, after)] {
        let Some(first) = told.choices.first().and_then(|at| choices.get(*at)) else { continue };
        findings.push(Finding {
            wider,
            principal: role.clone(),
            thing: thing.clone(),
            columns: Vec::new(),
            when: if other > 0 { circumstances(first) } else { Vec::new() },
            allowed_by: told.allowed_by.into_iter().collect(),
            denied_by: told.denied_by.into_iter().collect(),
        });
    }
}

/// Whether a version allows it, and the places that say so: what allows it, or what denies it.
fn decided(side: &Side<'_>, arn: &str, thing: &Thing, resource: &str, choice: &Choice) -> (bool, Vec<Span>) {
    let Some(role) = side.roles.get(arn).copied() else { return (false, Vec::new()) };
    let context = side.context(role, thing).closed(choice);
    side.asked(role, thing, resource, &context, |policies, question| match policies.decide(question) {
        Decision::Allowed(by, _) => {
            (true, by.iter().flat_map(|it| it.statement.origins.iter().copied()).collect())
        }
        Decision::ExplicitlyDenied(by) => (false, by.statement.origins.clone()),
        Decision::ImplicitlyDenied(_) => (false, Vec::new()),
    })
}

/// The circumstances to try: for each key that a condition asks for and the program does not decide, each value that it names, another, and none.
fn choices(
    old: &Side<'_>,
    new: &Side<'_>,
    arn: &str,
    thing: &Thing,
    statements: &[&Statement],
) -> Vec<Choice> {
    let Some((side, role)) = [new, old].into_iter().find_map(|side| Some((side, *side.roles.get(arn)?)))
    else {
        return Vec::new();
    };
    let fixed = side.context(role, thing).closed(&[]);
    let mut keys = asked_for(statements);
    keys.retain(|key, _| !is_fixed(&fixed, key, side, role));
    // What a request usually is comes first.
    for (key, usual) in
        [("aws:securetransport", "true".into()), ("aws:requestedregion", side.region(role, thing))]
    {
        if let Some(values) = keys.get_mut(key) {
            values.retain(|value| !value.is_empty() && *value != [usual.clone()]);
            values.insert(0, vec![usual]);
        }
    }
    let product =
        keys.values().try_fold(1_usize, |all, values| all.checked_mul(values.len()).filter(|it| *it <= MOST));
    if product.is_some() {
        let mut all: Vec<Choice> = vec![Vec::new()];
        for (key, values) in &keys {
            let longer = |known: &Choice| {
                values
                    .iter()
                    .map(|it| [known.clone(), vec![(key.clone(), it.clone())]].concat())
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        return all;
    }
    one_by_one(&keys, statements)
}

/// From what meets each statement, every key's values one after the other.
fn one_by_one(keys: &BTreeMap<SmolStr, Vec<Vec<SmolStr>>>, statements: &[&Statement]) -> Vec<Choice> {
    let usual: BTreeMap<SmolStr, Vec<SmolStr>> =
        keys.iter().filter_map(|(key, values)| Some((key.clone(), values.first()?.clone()))).collect();
    let mut all: BTreeSet<Choice> = BTreeSet::new();
    for statement in statements {
        let mut start = usual.clone();
        for (key, values) in asked_for(&[statement]) {
            let meets = values.iter().find(|value| {
                let mut met = start.clone();
                met.insert(key.clone(), (*value).clone());
                crate::prove::hold(&only(statement, &key), &Context::exact(met)) == crate::prove::Truth::Yes
            });
            if let (Some(value), true) = (meets, keys.contains_key(&key)) {
                start.insert(key, value.clone());
            }
        }
        for (key, values) in keys {
            all.extend(values.iter().map(|value| {
                let mut changed = start.clone();
                changed.insert(key.clone(), value.clone());
                changed.into_iter().collect::<Choice>()
            }));
        }
    }
    all.into_iter().collect()
}

/// A statement's conditions on one key.
fn only(statement: &Statement, key: &str) -> crate::access::document::Conditions {
    let mut conditions = statement.conditions.clone();
    conditions.0.values_mut().for_each(|keys| keys.retain(|known, _| known.eq_ignore_ascii_case(key)));
    conditions
}

fn is_fixed(fixed: &Context, key: &str, side: &Side<'_>, role: &RoleAccess) -> bool {
    let known: Vec<&SmolStr> = fixed.iter().map(|(key, _)| key).collect();
    let absent = side.context(role, &Thing { action: "".into(), resource: "".into(), alias: None });
    known.iter().any(|it| it.as_str() == key)
        || [
            "aws:sourcearn",
            "aws:sourceaccount",
            "aws:sourceorgid",
            "aws:principalorgid",
            "aws:resourceorgid",
            "kms:resourcealiases",
        ]
        .contains(&key)
        || side
            .analysis
            .platform
            .library
            .conditions
            .iter()
            .any(|it| !it.sessions && it.key.eq_ignore_ascii_case(key))
        || absent.iter().any(|(it, _)| it.as_str() == key)
}

/// The keys that conditions ask for, with the values to try.
fn asked_for(statements: &[&Statement]) -> BTreeMap<SmolStr, Vec<Vec<SmolStr>>> {
    let mut keys: BTreeMap<SmolStr, BTreeSet<Vec<SmolStr>>> = BTreeMap::new();
    for statement in statements {
        for (operator, asked) in &statement.conditions.0 {
            for (key, wanted) in asked {
                let values = values_of(&Single { operator, key, wanted });
                keys.entry(SmolStr::from(key.to_ascii_lowercase())).or_default().extend(values);
            }
        }
    }
    keys.into_iter().map(|(key, values)| (key, values.into_iter().collect())).collect()
}

/// Circumstances in words.
fn circumstances(choice: &Choice) -> Vec<String> {
    let one = |(key, values): &(SmolStr, Vec<SmolStr>)| match values.as_slice() {
        [] => format!("without {key}"),
        values => format!("{key} = {}", values.join(", ").replace("~another~", "…").replace(ANYTHING, "…")),
    };
    let is_usual = |(key, values): &&(SmolStr, Vec<SmolStr>)| {
        key == "aws:securetransport" && values.iter().any(|it| it == "true")
    };
    choice.iter().filter(|it| !is_usual(it)).map(one).collect()
}
