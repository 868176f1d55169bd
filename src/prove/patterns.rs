//! The patterns of resources and of prefixes that policies have, read once, so that those inside a requirement are found and not looked for.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use smol_str::SmolStr;

use super::{candidates::stem, control::Control, decide::Level};
use crate::{
    access::{Access, Limit, RoleAccess, Statement, pattern::matches, requirement::Requirement},
    platform::{AccountId, Platform, ResourceId},
};

/// The patterns of every policy, each list made when it is first asked for.
pub struct Patterns<'a> {
    access: &'a Access,
    roles: Vec<OnceCell<Sorted<'a>>>,
    resources: BTreeMap<ResourceId, OnceCell<Sorted<'a>>>,
    /// What limits the roles of each account, by its index.
    service: Vec<Sorted<'a>>,
    /// What limits the use of each account's resources.
    control: Vec<Sorted<'a>>,
    boundaries: Vec<Sorted<'a>>,
}

/// The patterns that have to be asked about, each once.
#[derive(Debug, Default)]
pub struct Cases<'a> {
    /// Of resources.
    pub resources: BTreeSet<&'a SmolStr>,
    /// Of the condition key that limits an action to a prefix.
    pub prefixes: BTreeSet<&'a SmolStr>,
}

impl<'a> Patterns<'a> {
    /// For one program.
    pub fn of(platform: &Platform, access: &'a Access, control: &Control<'a>) -> Self {
        let accounts = || (0..).map(AccountId).take(platform.accounts.len());
        let all = |levels: &[Level<'a>]| {
            let documents = levels.iter().flat_map(|level| level.documents.iter().copied());
            Sorted::of(documents.flat_map(|document| &document.statements))
        };
        Self {
            access,
            roles: access.roles.iter().map(|_| OnceCell::new()).collect(),
            resources: access.resources.keys().map(|id| (*id, OnceCell::new())).collect(),
            service: accounts().map(|account| all(control.service(account))).collect(),
            control: accounts().map(|account| all(control.resource(account))).collect(),
            boundaries: access.boundaries.iter().map(|it| Sorted::of(&it.policy.statements)).collect(),
        }
    }

    /// The patterns inside a requirement that policies about a role's request have.
    pub fn inside(
        &self,
        role: &'a RoleAccess,
        requirement: &Requirement,
        owned_by: Option<AccountId>,
    ) -> Cases<'a> {
        let mut cases = Cases::default();
        if let Some(own) = self.access.index_of(role.identity.key).and_then(|at| self.roles.get(at)) {
            own.get_or_init(|| Sorted::of(&role.policy.statements)).add(requirement, &mut cases, |_| true);
        }
        if let Some(theirs) = requirement.owner.and_then(|owner| self.resources.get_key_value(&owner)) {
            let (owner, list) = theirs;
            let statements = self.access.resources.get(owner).into_iter().flat_map(|it| &it.statements);
            list.get_or_init(|| Sorted::of(statements)).add(requirement, &mut cases, |statement| {
                let principal = statement.principal.as_ref();
                principal.is_none_or(|it| it.everybody || it.aws.contains(&role.identity.arn))
            });
        }
        let of = |list: &'_ [Sorted<'a>], account: AccountId, cases: &mut Cases<'a>| {
            if let Some(sorted) = list.get(account.0 as usize) {
                sorted.add(requirement, cases, |_| true);
            }
        };
        of(&self.service, role.identity.account, &mut cases);
        if let Some(account) = owned_by {
            of(&self.control, account, &mut cases);
        }
        if let Some(Limit::Ours(at)) = role.boundary
            && let Some(boundary) = self.boundaries.get(at)
        {
            boundary.add(requirement, &mut cases, |_| true);
        }
        cases
    }
}

/// A policy's patterns in the order of their texts, each with its statement.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    resources: Vec<(&'a SmolStr, &'a Statement)>,
    prefixes: Vec<(&'a SmolStr, &'a SmolStr, &'a Statement)>,
}

impl<'a> Sorted<'a> {
    /// Those of some statements.
    pub fn of(statements: impl IntoIterator<Item = &'a Statement>) -> Self {
        let mut sorted = Self::default();
        for statement in statements {
            // What means everything is inside nothing but itself.
            let narrow = statement.resources.iter().filter(|pattern| *pattern != "*");
            sorted.resources.extend(narrow.map(|pattern| (pattern, statement)));
            for (key, values) in statement.conditions.0.get("StringLike").into_iter().flatten() {
                sorted.prefixes.extend(values.iter().map(|value| (value, key, statement)));
            }
        }
        sorted.resources.sort_by_key(|(pattern, _)| *pattern);
        sorted.prefixes.sort_by_key(|(value, key, _)| (*value, *key));
        sorted
    }

    /// Adds those inside a requirement whose statements count.
    pub fn add(&self, requirement: &Requirement, cases: &mut Cases<'a>, counts: impl Fn(&Statement) -> bool) {
        let wide = &requirement.resource;
        let resources = from(&self.resources, stem(wide), |(pattern, _)| pattern);
        let inside = resources.filter(|(pattern, statement)| matches(wide, pattern) && counts(statement));
        cases.resources.extend(inside.map(|(pattern, _)| *pattern));
        if let Some((key, wide)) = &requirement.prefix {
            let prefixes = from(&self.prefixes, stem(wide), |(value, ..)| value);
            let inside = prefixes
                .filter(|(value, of, statement)| *of == key && matches(wide, value) && counts(statement));
            cases.prefixes.extend(inside.map(|(value, ..)| *value));
        }
    }
}

/// Those of a sorted list whose texts begin so.
fn from<'l, T>(list: &'l [T], stem: &str, text: fn(&T) -> &str) -> impl Iterator<Item = &'l T> {
    let first = list.partition_point(|it| text(it) < stem);
    let behind = list.iter().skip(first);
    let count = behind.clone().take_while(|it| text(it).starts_with(stem)).count();
    behind.take(count)
}
