//! Who can become whom: a role another one, and those for whom an identity provider vouches a role.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque, btree_map::Entry},
    rc::Rc,
};

use super::{
    ability::Ability,
    condition::Truth,
    context::Context,
    decide::{Question, applies},
    graph::reversed,
    prover::{Actor, Prover},
};
use crate::{
    access::{RoleAccess, RoleKey, federation, requirement::Requirement},
    platform::{ResourceId, grant::Effect},
};

/// The steps from role to role, by their places in the list of roles.
#[derive(Debug)]
pub struct Chains {
    /// For each role those that it can assume.
    pub to: Vec<Vec<usize>>,
    /// For each role those that can assume it.
    pub from: Vec<Vec<usize>>,
}

/// For each role that comes to one of some roles, the next one on the shortest way. Most roles come to none of them.
pub struct Paths(BTreeMap<usize, usize>);

impl Chains {
    /// For one program.
    pub fn of(prover: &Prover<'_>) -> Self {
        let mut to = vec![Vec::new(); prover.access.roles.len()];
        for (at, assumed) in prover.access.roles.iter().enumerate() {
            let RoleKey::Declared(id) = assumed.identity.key else { continue };
            let required = prover.to_become(id);
            let callers =
                required.first().map(|it| prover.candidates.for_requirement(it)).unwrap_or_default();
            for caller in callers.into_iter().filter(|caller| *caller != at) {
                let Some(role) = prover.access.roles.get(caller) else { continue };
                if prover.all(role.into(), &required).fully {
                    to.get_mut(caller).into_iter().for_each(|it: &mut Vec<usize>| it.push(at));
                }
            }
        }
        let from = reversed(&to);
        Self { to, from }
    }

    /// The ways to some roles, those themselves first.
    pub fn paths(&self, goals: impl IntoIterator<Item = usize>) -> Paths {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        let mut open: VecDeque<usize> = VecDeque::new();
        for goal in goals.into_iter().filter(|goal| *goal < self.from.len()) {
            next.insert(goal, goal);
            open.push_back(goal);
        }
        while let Some(here) = open.pop_front() {
            for &caller in self.from.get(here).into_iter().flatten() {
                if let Entry::Vacant(place) = next.entry(caller) {
                    place.insert(here);
                    open.push_back(caller);
                }
            }
        }
        Paths(next)
    }
}

impl Paths {
    /// The roles that one becomes, itself first and the goal last; `None` where it comes to none.
    pub fn of(&self, from: usize) -> Option<Vec<usize>> {
        let mut path = vec![from];
        let mut here = from;
        loop {
            let next = *self.0.get(&here)?;
            if next == here {
                return Some(path);
            }
            path.push(next);
            here = next;
        }
    }

    /// Those that come to a goal, in the order of the list of roles.
    pub fn starts(&self) -> impl Iterator<Item = usize> {
        self.0.keys().copied()
    }
}

impl<'a> Prover<'a> {
    /// What somebody can do of all of some requirements.
    pub(super) fn all(&self, actor: Actor<'a>, required: &[Requirement]) -> Ability<'a> {
        let mut ability = Ability::whole();
        for request in required.iter().flat_map(|it| self.requests(actor, it)) {
            ability.decide(self, &request);
        }
        ability
    }

    /// Whether somebody can become a role, and what decides.
    pub(super) fn becoming(&self, actor: Actor<'a>, role: &RoleAccess) -> Rc<Ability<'a>> {
        let RoleKey::Declared(id) = role.identity.key else { return Rc::default() };
        let place = |role: &RoleAccess| self.access.index_of(role.identity.key);
        let key = place(actor.role).zip(place(role)).filter(|_| actor.session.is_none());
        if let Some(known) = key.and_then(|key| self.becoming.borrow().get(&key).cloned()) {
            return known;
        }
        let found = Rc::new(self.all(actor, &self.to_become(id)));
        if let Some(key) = key {
            self.becoming.borrow_mut().insert(key, Rc::clone(&found));
        }
        found
    }

    /// The roles that a session can become in one step.
    pub(super) fn steps_of(&self, actor: Actor<'a>) -> Vec<usize> {
        let Some(at) = self.access.index_of(actor.role.identity.key) else { return Vec::new() };
        let to = self.chains().get(at).into_iter().flatten().copied();
        let open = |next: &usize| {
            actor.session.is_none()
                || self.access.roles.get(*next).is_some_and(|role| self.becoming(actor, role).fully)
        };
        to.filter(open).collect()
    }

    /// The roles that those assume for whom an identity provider vouches. Nobody there is a principal of AWS before: guardrails on accounts do not
    /// bind them, those on resources do.
    pub fn entries(&self, provider: ResourceId) -> Vec<usize> {
        let all = self.access.roles.iter().enumerate();
        all.filter(|(_, role)| self.lets_in(role, provider)).map(|(at, _)| at).collect()
    }

    fn lets_in(&self, role: &RoleAccess, provider: ResourceId) -> bool {
        let resource = self.platform.resource(provider);
        let (Some(action), Some(arn)) = (federation::action(self.platform, provider), &resource.arn) else {
            return false;
        };
        let mut context = Context::open();
        for (key, value) in [("aws:securetransport", "true"), ("aws:principalisawsservice", "false")] {
            context.set(key, vec![value.into()]);
        }
        let account = &self.platform.account(role.identity.account).id;
        let question = Question {
            caller: arn,
            session: None,
            caller_account: account,
            action,
            resource: &role.identity.arn,
            resource_account: account,
            context: &context,
        };
        let levels = self.control.resource_of_action(role.identity.account, action).iter();
        let rules = levels.flat_map(|level| &level.documents).flat_map(|document| &document.statements);
        let denied = rules
            .filter(|statement| statement.effect == Effect::Deny)
            .any(|statement| applies(statement, &question) == Truth::Yes);
        !denied
            && role.trust.statements.iter().any(|statement| {
                let named = statement.principal.as_ref().is_some_and(|it| it.federated.contains(arn));
                named && applies(statement, &question) != Truth::No
            })
    }

    /// The identity providers of the program, with the roles that they lead to.
    pub fn providers(&self) -> Vec<(ResourceId, BTreeSet<usize>)> {
        let all = (0..).map(ResourceId).take(self.platform.resources.len());
        let providers = all.filter(|id| federation::action(self.platform, *id).is_some());
        providers.map(|id| (id, self.entries(id).into_iter().collect())).collect()
    }
}
