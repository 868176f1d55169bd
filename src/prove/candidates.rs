//! Who may be able to do something: roles are found by what their policies and the resources' policies name, so that a question about all roles
//! looks only at those for which the answer could be yes.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use rustc_hash::FxHashMap;

use super::decide::acts;
use crate::{
    access::{Access, Statement, TableGrant, document::Actions, requirement::Requirement},
    platform::{Platform, grant::Effect},
};

/// Roles, by their place in [`Access::roles`], under what names them.
pub struct Candidates<'a> {
    platform: &'a Platform,
    access: &'a Access,
    /// By the action that a statement allows, in lower case.
    by_action: FxHashMap<String, Patterns<'a>>,
    /// Roles with a statement whose actions are patterns.
    by_any_action: Vec<usize>,
    by_arn: FxHashMap<&'a str, Vec<usize>>,
    tables: FxHashMap<(u32, Option<u32>), Vec<&'a TableGrant>>,
}

/// Roles by the resources of their statements.
#[derive(Default)]
struct Patterns<'a> {
    /// By a resource without wildcards.
    exact: BTreeMap<&'a str, Vec<usize>>,
    /// By what stands before a pattern's first wildcard.
    open: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Candidates<'a> {
    /// In one pass over the policies of a program.
    pub fn of(platform: &'a Platform, access: &'a Access) -> Self {
        let mut found = Self {
            platform,
            access,
            by_action: FxHashMap::default(),
            by_any_action: Vec::new(),
            by_arn: FxHashMap::default(),
            tables: FxHashMap::default(),
        };
        for (at, role) in access.roles.iter().enumerate() {
            found.by_arn.entry(&role.identity.arn).or_default().push(at);
            for statement in role.policy.statements.iter().filter(|it| it.effect == Effect::Grant) {
                found.add(at, statement);
            }
        }
        for grant in &access.tables {
            found.tables.entry((grant.domain, grant.table)).or_default().push(grant);
        }
        found
    }

    fn add(&mut self, at: usize, statement: &'a Statement) {
        let Actions::Only(actions) = &statement.actions else { return self.by_any_action.push(at) };
        for action in actions {
            if action.contains(['*', '?', '$']) {
                self.by_any_action.push(at);
                continue;
            }
            let patterns = self.by_action.entry(action.to_ascii_lowercase()).or_default();
            if statement.resources.is_empty() {
                patterns.open.entry("").or_default().push(at);
            }
            for resource in &statement.resources {
                let stem = stem(resource);
                let places =
                    if stem.len() == resource.len() { &mut patterns.exact } else { &mut patterns.open };
                places.entry(stem).or_default().push(at);
            }
        }
    }

    /// Every role that can have some of a requirement, and perhaps others: those whose own policies allow the action on a resource that could be
    /// meant, and those that the owner's policy names.
    pub fn for_requirement(&self, requirement: &Requirement) -> BTreeSet<usize> {
        let action = self.platform.library.action_spelling(requirement.action);
        let mut found: BTreeSet<usize> = self.by_any_action.iter().copied().collect();
        if let Some(patterns) = self.by_action.get(&action.to_ascii_lowercase()) {
            patterns.collect(&requirement.resource, &mut found);
        }
        let policy = requirement.owner.and_then(|owner| self.access.policy_of(owner));
        for statement in policy.into_iter().flat_map(|it| &it.statements) {
            if statement.effect == Effect::Grant && acts(&statement.actions, action) {
                let named = statement.principal.iter().flat_map(|it| &it.aws);
                found.extend(named.filter_map(|arn| self.by_arn.get(arn.as_str())).flatten());
            }
        }
        found
    }

    /// What Lake Formation is told about a table, or with `None` about a whole database.
    pub fn table_grants(&self, domain: u32, table: Option<u32>) -> &[&'a TableGrant] {
        self.tables.get(&(domain, table)).map_or(&[], Vec::as_slice)
    }
}

impl Patterns<'_> {
    /// The roles with a resource that has something in common with a pattern. Two patterns have nothing in common where what stands before their
    /// first wildcards differs.
    fn collect(&self, pattern: &str, found: &mut BTreeSet<usize>) {
        let stem = stem(pattern);
        for end in (0..=stem.len()).filter(|&end| stem.is_char_boundary(end)) {
            found.extend(stem.get(..end).and_then(|above| self.open.get(above)).into_iter().flatten());
        }
        if stem.len() == pattern.len() {
            found.extend(self.exact.get(stem).into_iter().flatten());
            return;
        }
        for places in [&self.exact, &self.open] {
            let below = places.range::<str, _>((Bound::Included(stem), Bound::Unbounded));
            found.extend(below.take_while(|(name, _)| name.starts_with(stem)).flat_map(|(_, roles)| roles));
        }
    }
}

/// What stands before the first character that may mean something in a pattern.
pub fn stem(pattern: &str) -> &str {
    let plain = memchr::memchr3(b'*', b'?', b'$', pattern.as_bytes());
    plain.and_then(|plain| pattern.get(..plain)).unwrap_or(pattern)
}
