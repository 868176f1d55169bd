//! Questions: whether somebody can do something, and who can. They are answered as assertions are, and say why.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ability::{Ability, Way},
    asked::Asked,
    assertion::{Subject, by},
    chains::Paths,
    explain::Link,
    graph::closure,
    others,
    prover::{Actor, Prover},
    request::hands_out,
};
use crate::{
    access::{Document, RoleAccess},
    platform::{CapabilityUse, Principal, ResourceId, Target},
    source::Span,
};

/// How much of what was asked about somebody can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of it: `assert … can` holds.
    Yes,
    /// Some of it, or only from a copy: neither `can` nor `cannot` holds.
    Partly,
    /// What it can read elsewhere may be the data; nobody can tell.
    Perhaps,
    /// Nothing of it: `assert … cannot` holds.
    No,
    /// What it may do is decided outside the program.
    Undecided,
}

/// What somebody can do, and why.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How much.
    pub verdict: Verdict,
    /// By which way, to stand behind what it can: `, having become `Reader``.
    pub by: String,
    /// How it comes about, one step behind the other.
    pub chain: Vec<Link>,
    /// Denials that may stand in the way.
    pub unless: Vec<Link>,
    /// The only rows that it sees, as conditions; `None` where these are all, or none.
    pub rows: Option<String>,
    /// Why it can't do all, with the places of what denies it.
    pub missing: Option<(String, Vec<Span>)>,
    /// What is taken to be so since the program does not say.
    pub assumes: BTreeSet<String>,
}

/// One who can.
#[derive(Clone, Debug)]
pub struct Holder {
    /// As a sentence names it.
    pub name: String,
    /// What it is, and of which account: `role in lake`.
    pub what: String,
    /// What it can do.
    pub answer: Answer,
}

impl Answer {
    pub(super) fn bare(verdict: Verdict) -> Self {
        Self {
            verdict,
            by: String::new(),
            chain: Vec::new(),
            unless: Vec::new(),
            rows: None,
            missing: None,
            assumes: BTreeSet::new(),
        }
    }
}

/// A way to do something: how those of a provider come in, who is become, and what the last one can.
struct Found<'a> {
    entry: Option<ResourceId>,
    first: Actor<'a>,
    path: Vec<usize>,
    ability: Ability<'a>,
}

impl Found<'_> {
    /// All of it before some of it, what is sure before what may be, fewer steps before more.
    fn rank(&self) -> (bool, bool, usize) {
        (!self.ability.fully, !self.ability.is_certain(), self.path.len())
    }
}

impl<'a> Prover<'a> {
    /// Whether a principal can do something; in a session that a policy narrows where one is given.
    pub fn can(
        &self,
        principal: &Principal,
        wanted: &CapabilityUse,
        on: &Target,
        session: Option<&'a Document>,
    ) -> Answer {
        let asked = self.asked(wanted, on);
        let Some(subject) = Subject::of(self, principal) else {
            return others::answer(self, &asked, principal, on);
        };
        let (entry, firsts) = match &subject {
            Subject::Role(at) => (None, vec![*at]),
            Subject::Provider(id, entries) => (Some(*id), entries.clone()),
        };
        let roles = firsts.iter().filter_map(|at| Some((*at, self.access.roles.get(*at)?)));
        let found = roles.flat_map(|(at, role)| self.found(&asked, at, Actor { role, session }));
        let best = found.map(|it| Found { entry, ..it }).min_by_key(Found::rank);
        match best {
            Some(best) if best.ability.partly => self.answer(&best, on),
            Some(Found { ability: Ability { missing: Some(missing), .. }, .. }) => {
                let places = missing.denied_by.map(|it| it.statement.origins.clone()).unwrap_or_default();
                Answer { missing: Some((missing.reason, places)), ..Answer::bare(Verdict::No) }
            }
            Some(_) => Answer::bare(Verdict::No),
            None => {
                let reason = "a role that lets in those for whom it vouches".to_owned();
                Answer { missing: Some((reason, Vec::new())), ..Answer::bare(Verdict::No) }
            }
        }
    }

    /// What somebody can do by itself, and the best of what it can do as those that it can become.
    fn found(&self, asked: &Asked<'_, 'a>, at: usize, first: Actor<'a>) -> Vec<Found<'a>> {
        let one = |path, ability| Found { entry: None, first, path, ability };
        let mut found = vec![one(vec![at], asked.ability(first))];
        let steps = self.steps_of(first);
        let within: BTreeSet<usize> = closure(steps.iter().copied(), self.chains()).into_iter().collect();
        let able = asked.able_of(|at| within.contains(&at));
        let best = |ability: &&Ability<'a>| (!ability.fully, !ability.is_certain());
        let Some(most) = able.values().map(|it| best(&it)).min() else { return found };
        let goals = able.iter().filter(|(_, it)| best(it) == most).map(|(at, _)| *at);
        let paths = self.steps().paths(goals);
        let shortest = steps.iter().filter_map(|next| paths.of(*next)).min_by_key(Vec::len);
        if let Some(path) = shortest
            && let Some(ability) = path.last().and_then(|last| able.get(last))
        {
            found.push(one(std::iter::once(at).chain(path).collect(), ability.clone()));
        }
        found
    }

    fn answer(&self, found: &Found<'a>, on: &Target) -> Answer {
        let Found { entry, first, path, ability } = found;
        let entered = entry.zip(path.first()).map(|(provider, at)| self.entered(provider, *at));
        let mut chain = entered.unwrap_or_default();
        chain.extend(self.chain(*first, path, ability, on));
        let last = path.last().and_then(|at| self.access.roles.get(*at)).map_or(*first, Actor::from);
        let missing = ability.missing.as_ref().filter(|_| !ability.fully);
        Answer {
            verdict: match (ability.fully, ability.is_certain()) {
                (true, _) => Verdict::Yes,
                (false, true) => Verdict::Partly,
                (false, false) => Verdict::Perhaps,
            },
            by: by(self, *entry, path, &ability.way),
            chain,
            unless: self.statements(last, &ability.unless, on, "may deny"),
            rows: ability.only_rows.clone(),
            missing: missing.map(|it| {
                (it.reason.clone(), it.denied_by.map(|by| by.statement.origins.clone()).unwrap_or_default())
            }),
            assumes: self.assumed(found),
        }
    }

    /// What an answer takes to be so, of each step.
    fn assumed(&self, found: &Found<'a>) -> BTreeSet<String> {
        let mut assumes = found.ability.assumes.clone();
        let mut actor = found.first;
        for role in found.path.iter().skip(1).filter_map(|at| self.access.roles.get(*at)) {
            assumes.extend(self.becoming(actor, role).assumes.iter().cloned());
            assumes.extend(self.brings(role));
            actor = role.into();
        }
        if let (Some(_), Some(role)) =
            (found.entry, found.path.first().and_then(|at| self.access.roles.get(*at)))
        {
            assumes.insert(format!(
                "the provider says of them what the trust of `{}` demands",
                self.role_name(role)
            ));
        }
        if let Way::Copy { certain: false, at, .. } = &found.ability.way {
            assumes.insert(format!("what is written to `{}` still holds the data", self.place_name(at)));
        }
        assumes
    }

    /// Everybody who can do something, in the order of accounts and names: roles by each of their ways, or as the nearest role that they can
    /// become; then those for whom identity providers vouch; then those who are let in and decided about elsewhere.
    pub fn who_can(&self, wanted: &CapabilityUse, on: &Target) -> Vec<Holder> {
        let asked = self.asked(wanted, on);
        let able = asked.able();
        let ways = Ways::of(self, &able);
        let mut holders = Vec::new();
        for at in ways.any.starts() {
            let Some(role) = self.access.roles.get(at).filter(|role| !hands_out(role)) else { continue };
            let what = self.kind_name(role);
            holders.extend(self.ways_of(&asked, at, role, &able, &ways).iter().map(|found| Holder {
                name: self.role_name(role),
                what: what.clone(),
                answer: self.answer(found, on),
            }));
        }
        for (provider, entries) in self.providers() {
            let best =
                entries.iter().filter_map(|at| ways.best(*at)).min_by_key(|(rank, path)| (*rank, path.len()));
            let Some((_, path)) = best else { continue };
            let role = path.first().and_then(|at| self.access.roles.get(*at));
            let ability = path.last().and_then(|at| able.get(at));
            let (Some(first), Some(ability)) = (role, ability.cloned()) else { continue };
            let found = Found { entry: Some(provider), first: first.into(), path, ability };
            holders.push(Holder {
                name: self.platform.resource(provider).name.to_string(),
                what: self.kind_of_provider(provider),
                answer: self.answer(&found, on),
            });
        }
        holders.extend(others::holders(self, &asked, on));
        holders.extend(others::come_in(self, ways.any.starts()));
        holders
    }

    /// Each way in which a role can: its own; and as another role, where that gives more.
    fn ways_of(
        &self,
        asked: &Asked<'_, 'a>,
        at: usize,
        role: &'a RoleAccess,
        able: &BTreeMap<usize, Ability<'a>>,
        ways: &Ways,
    ) -> Vec<Found<'a>> {
        let first = Actor::from(role);
        let mut found: Vec<Found<'a>> = asked
            .ways(first)
            .into_iter()
            .map(|ability| Found { entry: None, first, path: vec![at], ability })
            .collect();
        let become_more = ways.best(at).filter(|(_, path)| path.len() > 1);
        if let Some((_, path)) = become_more
            && let Some(ability) = path.last().and_then(|last| able.get(last))
        {
            found.push(Found { entry: None, first, path, ability: ability.clone() });
        }
        if found.iter().any(|it| it.ability.is_certain()) {
            // What may be data is of no interest where it has the data.
            found.retain(|it| it.ability.is_certain());
        }
        found
    }
}

/// The ways from every role to those that can do all of something, some of it for sure, and anything.
struct Ways {
    full: Paths,
    sure: Paths,
    any: Paths,
}

impl Ways {
    fn of(prover: &Prover<'_>, able: &BTreeMap<usize, Ability<'_>>) -> Self {
        let to = |is: fn(&Ability<'_>) -> bool| {
            prover.steps().paths(able.iter().filter(|(_, it)| is(it)).map(|(at, _)| *at))
        };
        Self { full: to(|it| it.fully), sure: to(|it| it.is_certain()), any: to(|_| true) }
    }

    /// The way that gives a role most, and how much that is: the less the more.
    fn best(&self, at: usize) -> Option<(u8, Vec<usize>)> {
        let ways = (0..).zip([&self.full, &self.sure, &self.any]);
        ways.filter_map(|(rank, paths)| Some((rank, paths.of(at)?))).next()
    }
}
