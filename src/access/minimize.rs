//! Permissions into as few statements as say the same: what a wider resource covers is left out, actions with equal resources share a statement,
//! equal statements their principals. The result depends on the permissions alone, not on their order.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::document::{Actions, Conditions, Principals, Statement};
use crate::{platform::grant::Effect, source::Span};

/// One action on one resource for one principal, and what needs it.
#[derive(Clone, Debug)]
pub struct Permission {
    /// Allow or deny.
    pub effect: Effect,
    /// Whom a resource's policy is about; `None` in an identity's policy.
    pub principal: Option<Principals>,
    /// The service's prefix. Statements never mix services.
    pub service: SmolStr,
    /// The action in AWS's spelling.
    pub action: SmolStr,
    /// The ARN or the pattern of ARNs.
    pub resource: SmolStr,
    /// The name of the resource's type.
    pub kind: SmolStr,
    /// The condition key and pattern that limit it to a prefix.
    pub prefix: Option<(SmolStr, SmolStr)>,
    /// Further conditions.
    pub conditions: Conditions,
    /// What names its statement, as long as all that is merged agrees.
    pub label: SmolStr,
    /// The place in the program that needs it.
    pub origin: Span,
}

/// What may share a statement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    effect: Effect,
    principal: Option<Principals>,
    service: SmolStr,
    conditions: Conditions,
}

/// What is known of an action on a resource, or of a whole statement. Each list may hold something several times.
#[derive(Default)]
struct Facts {
    kinds: Vec<SmolStr>,
    labels: Vec<SmolStr>,
    origins: Vec<Span>,
}

impl Facts {
    fn extend(&mut self, mut other: Self) {
        self.kinds.append(&mut other.kinds);
        self.labels.append(&mut other.labels);
        self.origins.append(&mut other.origins);
    }
}

type Resources = BTreeMap<SmolStr, BTreeMap<SmolStr, Facts>>;

/// The statements that say what the permissions say.
pub fn statements(permissions: Vec<Permission>) -> Vec<Statement> {
    grouped(narrowest(permissions))
}

/// The same, sorted by what is done where instead of by who does it: fewer statements where many do different things in few places.
pub fn statements_by_place(permissions: Vec<Permission>) -> Vec<Statement> {
    let mut cells: BTreeMap<(Class, SmolStr, SmolStr), (Option<Principals>, Facts)> = BTreeMap::new();
    for (class, resources) in narrowest(permissions) {
        for (resource, actions) in resources {
            for (action, facts) in actions {
                let nobody = Class { principal: None, ..class.clone() };
                let (together, known) = cells.entry((nobody, resource.clone(), action)).or_default();
                if let Some(more) = &class.principal {
                    together.get_or_insert_default().extend(more);
                }
                known.extend(facts);
            }
        }
    }
    let mut classes: BTreeMap<Class, Resources> = BTreeMap::new();
    for ((class, resource, action), (principal, facts)) in cells {
        let class = Class { principal, ..class };
        classes.entry(class).or_default().entry(resource).or_default().insert(action, facts);
    }
    grouped(classes)
}

/// The permissions by what may share a statement, without those that wider ones cover.
fn narrowest(permissions: Vec<Permission>) -> BTreeMap<Class, Resources> {
    let mut classes = classes(permissions);
    drop_stricter(&mut classes);
    classes.values_mut().for_each(drop_covered);
    classes
}

fn grouped(classes: BTreeMap<Class, Resources>) -> Vec<Statement> {
    let mut merged: BTreeMap<Merged, (Principals, Facts)> = BTreeMap::new();
    for (class, resources) in classes {
        for (resources, (actions, facts)) in by_resources(resources) {
            let key = Merged {
                effect: class.effect,
                service: class.service.clone(),
                about_principals: class.principal.is_some(),
                actions,
                resources,
                conditions: class.conditions.clone(),
            };
            let (principals, known) = merged.entry(key).or_default();
            if let Some(more) = &class.principal {
                principals.extend(more);
            }
            known.extend(facts);
        }
    }
    named(through_any(merged))
}

/// Statements that differ only in the services through which a key is used, as one; one that asks for no service says all that they say.
fn through_any(merged: BTreeMap<Merged, (Principals, Facts)>) -> BTreeMap<Merged, (Principals, Facts)> {
    type Through = (Vec<BTreeSet<SmolStr>>, Facts);
    let mut through: BTreeMap<(Merged, Principals), Through> = BTreeMap::new();
    for (mut statement, (principals, facts)) in merged {
        let services = statement.conditions.take("StringEquals", "kms:ViaService");
        let (all, known) = through.entry((statement, principals)).or_default();
        all.push(services);
        known.extend(facts);
    }
    let mut merged: BTreeMap<Merged, (Principals, Facts)> = BTreeMap::new();
    for ((mut statement, principals), (services, facts)) in through {
        let limited = services.iter().all(|it| !it.is_empty());
        for service in services.into_iter().flatten().filter(|_| limited) {
            statement.conditions.insert("StringEquals", "kms:ViaService", service);
        }
        let (all, known) = merged.entry(statement).or_default();
        all.extend(&principals);
        known.extend(facts);
    }
    merged
}

/// A statement without its name and principals.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Merged {
    effect: Effect,
    service: SmolStr,
    about_principals: bool,
    resources: BTreeSet<SmolStr>,
    actions: BTreeSet<SmolStr>,
    conditions: Conditions,
}

/// Sorts the permissions by what may share a statement. Prefixes of the same action on the same resource become one condition, and none where
/// the action is allowed without a prefix as well.
fn classes(permissions: Vec<Permission>) -> BTreeMap<Class, Resources> {
    type Prefixes = Option<(SmolStr, BTreeSet<SmolStr>)>;
    let mut cells: BTreeMap<(Class, SmolStr, SmolStr), (Prefixes, Facts)> = BTreeMap::new();
    for permission in permissions {
        let class = Class {
            effect: permission.effect,
            principal: permission.principal,
            service: permission.service,
            conditions: permission.conditions,
        };
        let facts = Facts {
            kinds: vec![permission.kind],
            labels: vec![permission.label],
            origins: vec![permission.origin],
        };
        let prefix = permission.prefix.map(|(key, pattern)| (key, BTreeSet::from([pattern])));
        match cells.entry((class, permission.resource, permission.action)) {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert((prefix, facts));
            }
            std::collections::btree_map::Entry::Occupied(mut occupied) => {
                let (known, all) = occupied.get_mut();
                all.extend(facts);
                *known = match (known.take(), prefix) {
                    (Some((key, mut patterns)), Some((_, more))) => {
                        patterns.extend(more);
                        Some((key, patterns))
                    }
                    _ => None,
                };
            }
        }
    }
    let mut classes: BTreeMap<Class, Resources> = BTreeMap::new();
    for ((mut class, resource, action), (prefixes, facts)) in cells {
        if let Some((key, patterns)) = prefixes {
            for pattern in widest(patterns) {
                class.conditions.insert("StringLike", key.clone(), pattern);
            }
        }
        classes.entry(class).or_default().entry(resource).or_default().insert(action, facts);
    }
    classes
}

/// Takes away each action on a resource under conditions that it has under some of them only, or under none.
fn drop_stricter(classes: &mut BTreeMap<Class, Resources>) {
    let strict: Vec<Class> = classes.keys().filter(|class| !class.conditions.is_empty()).cloned().collect();
    for class in strict {
        for conditions in class.conditions.fewer() {
            let looser = Class { conditions, ..class.clone() };
            if !classes.contains_key(&looser) {
                continue;
            }
            let Some(mut resources) = classes.remove(&class) else { break };
            if let Some(wide) = classes.get_mut(&looser) {
                resources.retain(|resource, actions| {
                    if let Some(known) = wide.get_mut(resource) {
                        actions.retain(|action, facts| match known.get_mut(action) {
                            Some(known) => {
                                known.origins.append(&mut facts.origins);
                                false
                            }
                            None => true,
                        });
                    }
                    !actions.is_empty()
                });
            }
            if !resources.is_empty() {
                classes.insert(class.clone(), resources);
            }
        }
    }
}

/// Takes away each action on a resource that a wider pattern of resources has as well.
fn drop_covered(resources: &mut Resources) {
    let mut sorted: Vec<SmolStr> = resources.keys().cloned().collect();
    sorted.sort_by(|a, b| (stem(a), a).cmp(&(stem(b), b)));
    let mut around: Vec<SmolStr> = Vec::new();
    for resource in sorted {
        while around.last().is_some_and(|wider| !stem(&resource).starts_with(stem(wider))) {
            around.pop();
        }
        let Some(mut actions) = resources.remove(&resource) else { continue };
        actions.retain(|action, facts| {
            let wider = around
                .iter()
                .find(|wider| resources.get(*wider).is_some_and(|more| more.contains_key(action)));
            let Some(known) = wider.and_then(|wider| resources.get_mut(wider)?.get_mut(action)) else {
                return true;
            };
            known.origins.append(&mut facts.origins);
            false
        });
        if !actions.is_empty() {
            if is_prefix(&resource) {
                around.push(resource.clone());
            }
            resources.insert(resource, actions);
        }
    }
}

/// Patterns of prefixes without those that others contain.
fn widest(patterns: BTreeSet<SmolStr>) -> Vec<SmolStr> {
    let mut sorted: Vec<SmolStr> = patterns.into_iter().collect();
    sorted.sort_by(|a, b| (stem(a), a).cmp(&(stem(b), b)));
    sorted.dedup_by(|later, first| is_prefix(first) && stem(later).starts_with(stem(first)));
    sorted
}

/// A pattern without its last star.
fn stem(pattern: &str) -> &str {
    pattern.strip_suffix('*').unwrap_or(pattern)
}

/// Whether a pattern matches exactly what begins with its stem.
fn is_prefix(pattern: &str) -> bool {
    pattern.ends_with('*') && !stem(pattern).contains(['*', '?'])
}

/// Actions with the same resources, together. An action that takes several types of resources has them in one statement.
fn by_resources(resources: Resources) -> BTreeMap<BTreeSet<SmolStr>, (BTreeSet<SmolStr>, Facts)> {
    let mut actions: BTreeMap<SmolStr, (BTreeSet<SmolStr>, Facts)> = BTreeMap::new();
    for (resource, taken) in resources {
        for (action, facts) in taken {
            let (places, known) = actions.entry(action).or_default();
            places.insert(resource.clone());
            known.extend(facts);
        }
    }
    let mut groups: BTreeMap<BTreeSet<SmolStr>, (BTreeSet<SmolStr>, Facts)> = BTreeMap::new();
    for (action, (places, facts)) in actions {
        let (together, known) = groups.entry(places).or_default();
        together.insert(action);
        known.extend(facts);
    }
    groups
}

fn named(merged: BTreeMap<Merged, (Principals, Facts)>) -> Vec<Statement> {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut statements = Vec::with_capacity(merged.len());
    for (statement, (principals, mut facts)) in merged {
        facts.origins.sort_unstable();
        facts.origins.dedup();
        let name = statement_name(&statement, &facts);
        let count = used.entry(name.clone()).or_default();
        *count += 1;
        let sid = if *count == 1 { name } else { format!("{name}{count}") };
        statements.push(Statement {
            sid: SmolStr::from(sid),
            effect: statement.effect,
            principal: statement.about_principals.then_some(principals),
            actions: Actions::Only(statement.actions),
            resources: statement.resources,
            conditions: statement.conditions,
            origins: facts.origins,
        });
    }
    statements
}

/// `S3GetObjectDataLake`, `S3ObjectDataLake`: the service, the action or else the type of resource, and what it is about where that is one thing.
fn statement_name(statement: &Merged, facts: &Facts) -> String {
    let mut name = String::from(if statement.effect == Effect::Deny { "Deny" } else { "" });
    name.push_str(&camel(&statement.service));
    let what = match statement.actions.first() {
        Some(action) if statement.actions.len() == 1 => action.split_once(':').map(|(_, name)| name),
        _ => only(&facts.kinds),
    };
    for part in [what, only(&facts.labels)].into_iter().flatten() {
        name.push_str(&camel(part));
    }
    name
}

/// The one name that is in a list, however often.
fn only(names: &[SmolStr]) -> Option<&str> {
    let (first, more) = names.split_first()?;
    more.iter().all(|name| name == first).then_some(first)
}

/// `redshift-data` becomes `RedshiftData`; what is neither letter nor digit can't be in a statement's name.
pub fn camel(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    words.fold(String::with_capacity(text.len()), |mut name, word| {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
        name
    })
}
