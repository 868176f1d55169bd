//! Why somebody can do something: the statements and the copies that lead there, one behind the other, each with the places in the program that
//! say so.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    ability::{Ability, Ground, Way},
    decide::{Deciding, Policy},
    prover::{Actor, Prover},
};
use crate::{
    access::{RoleAccess, RoleKey, Statement},
    platform::{Location, Principal, ResourceId, Target, resource::Noun},
    source::Span,
};

/// A step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it does, in a sentence.
    pub says: String,
    /// The same in few words, where the place is seen beside it.
    pub label: String,
    /// The statement, by its name in its policy; `None` where it is no policy's.
    pub statement: Option<SmolStr>,
    /// Where the program says so.
    pub places: Vec<Span>,
}

/// What a statement does that gives.
const ALLOWS: &str = "allows";

/// The most roles on a way that are shown one by one, before the last.
const MOST_STEPS: usize = 8;

/// The most places of one statement that are shown.
const MOST_PLACES: usize = 4;

impl<'a> Prover<'a> {
    /// How an ability is come to: the roles that are become first, by their places in the list, then the copies, then what allows it.
    pub fn chain(&self, first: Actor<'a>, path: &[usize], ability: &Ability<'a>, on: &Target) -> Vec<Link> {
        let mut links = Vec::new();
        let mut actor = first;
        let left_out = path.len().saturating_sub(MOST_STEPS + 2);
        for (step, &at) in (1..).zip(path.iter().skip(1)) {
            let Some(role) = self.access.roles.get(at) else { continue };
            if left_out == 0 || step <= MOST_STEPS || at == path.last().copied().unwrap_or_default() {
                links.extend(self.becomes(actor, role));
            } else if step == MOST_STEPS + 1 {
                links.push(Link {
                    says: format!("and so on, by way of {left_out} roles"),
                    label: String::new(),
                    statement: None,
                    places: Vec::new(),
                });
            }
            actor = role.into();
        }
        links.extend(self.had_by(actor, ability, on));
        links
    }

    /// What decides of somebody's own ability: copies, then statements.
    fn had_by(&self, actor: Actor<'a>, ability: &Ability<'a>, on: &Target) -> Vec<Link> {
        let mut links = Vec::new();
        let mut place = on.clone();
        if let Way::Copy { by, at, .. } = &ability.way {
            for copy in by.iter().filter_map(|at| self.flow().copies().get(*at)) {
                links.push(Link {
                    says: self.copies(copy),
                    label: self.copied_by(copy),
                    statement: None,
                    places: vec![copy.span],
                });
            }
            place = at.clone();
        }
        if ability.way == Way::Objects
            && let Some(location) = self.location_of(on)
        {
            let prefix = Some(location.key.clone()).filter(|key| !key.is_empty());
            place = Target { resource: location.bucket, prefix, span: on.span };
        }
        links.extend(self.statements(actor, &ability.allowed_by, &place, ALLOWS));
        links
    }

    fn location_of(&self, on: &Target) -> Option<&'a Location> {
        match self.platform.resource(on.resource).noun {
            Noun::Table(at) => Some(&self.platform.tables.get(at as usize)?.location),
            Noun::Domain(at) => Some(&self.platform.domains.get(at as usize)?.location),
            _ => None,
        }
    }

    /// What has a part in a decision, a statement a link.
    pub(super) fn statements(
        &self,
        actor: Actor<'a>,
        grounds: &[Ground<'a>],
        on: &Target,
        does: &str,
    ) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        let mut told: Vec<(Policy, &Statement, BTreeSet<&str>)> = Vec::new();
        for ground in grounds {
            match ground {
                Ground::Policy { by, action, owner } => {
                    let same = |it: &&mut (Policy, &Statement, BTreeSet<&str>)| {
                        it.0 == by.policy && std::ptr::eq(it.1, by.statement)
                    };
                    if let Some((.., actions)) = told.iter_mut().find(same) {
                        actions.insert(action);
                        continue;
                    }
                    told.push((by.policy, by.statement, BTreeSet::from([action.as_str()])));
                    links.push(self.statement(actor, by, *owner, on, does));
                }
                Ground::LakeFormation { span, rows } => links.push(Link {
                    says: match rows {
                        Some(rows) => format!("Lake Formation {does} it, of rows where {}", rows.text),
                        None => format!("Lake Formation {does} it"),
                    },
                    label: "granted in Lake Formation here".to_owned(),
                    statement: None,
                    places: vec![*span],
                }),
            }
        }
        let mut told = told.into_iter();
        for link in links.iter_mut().filter(|link| link.statement.is_some()) {
            let actions = told.next().map(|(.., actions)| actions).unwrap_or_default();
            link.says =
                format!("{} {does} {}", link.says, actions.into_iter().collect::<Vec<_>>().join(", "));
        }
        links
    }

    /// A statement as a link that says whose it is.
    fn statement(
        &self,
        actor: Actor<'a>,
        by: &Deciding<'a>,
        owner: Option<ResourceId>,
        on: &Target,
        does: &str,
    ) -> Link {
        let name = self.role_name(actor.role);
        let whose = match (by.policy, owner) {
            (Policy::Identity, _) => format!("the policy of `{name}`"),
            (Policy::Boundary, _) => format!("the boundary of `{name}`"),
            (Policy::Session, _) => "the session's policy".to_owned(),
            (Policy::ServiceControl, _) => format!("a guardrail on the account of `{name}`"),
            (Policy::ResourceControl, _) => "a guardrail on the resource's account".to_owned(),
            (Policy::Resource, Some(owner)) => format!("the policy of `{}`", self.declared(owner)),
            (Policy::Resource, None) => "the resource's policy".to_owned(),
        };
        Link {
            says: whose,
            label: if does == ALLOWS { "allowed here" } else { "denied here" }.to_owned(),
            statement: Some(by.statement.sid.clone()),
            places: self.relevant(&by.statement.origins, on),
        }
    }

    /// The places of a statement that are about a place: one statement says what many sentences do.
    fn relevant(&self, places: &[Span], on: &Target) -> Vec<Span> {
        let about = |span: &&Span| {
            let grant = self.grants().get(span).and_then(|at| self.platform.grants.get(*at));
            grant.is_some_and(|grant| touches(&grant.on, on))
        };
        let some: BTreeSet<Span> = places.iter().filter(about).copied().collect();
        let shown = if some.is_empty() { places.iter().copied().collect() } else { some };
        shown.into_iter().take(MOST_PLACES).collect()
    }

    /// Why somebody can become a role: its trust, and their own policy where that is asked.
    fn becomes(&self, actor: Actor<'a>, role: &'a RoleAccess) -> Vec<Link> {
        let (from, to) = (self.role_name(actor.role), self.role_name(role));
        let trust = self.trust_of(role, actor.role);
        let mut links: Vec<Link> = Vec::new();
        let mut grounds: Vec<Deciding<'a>> = self.becoming(actor, role).policies().copied().collect();
        grounds.sort_by_key(|by| by.policy != Policy::Resource);
        for by in &grounds {
            let (says, label) = match by.policy {
                Policy::Resource => {
                    (format!("`{to}` lets `{from}` become it"), format!("lets `{from}` become it"))
                }
                Policy::Identity => (
                    format!("the policy of `{from}` allows sts:AssumeRole on `{to}`"),
                    format!("so `{from}` may become it"),
                ),
                _ => {
                    (format!("the session's policy leaves `{from}` sts:AssumeRole on `{to}`"), String::new())
                }
            };
            let places = match (by.policy, trust) {
                (Policy::Resource, Some(span)) => vec![span],
                // One statement says it of every role that trusts the same one.
                (_, Some(span)) if by.statement.origins.contains(&span) => vec![span],
                _ => self.relevant(&by.statement.origins, &self.whole(role)),
            };
            // A role's trust gives the caller its side: what is said there once is shown once.
            let known = links.iter().any(|it| it.places == places && !places.is_empty());
            if !known {
                links.push(Link { says, label, statement: Some(by.statement.sid.clone()), places });
            }
        }
        links
    }

    fn whole(&self, role: &RoleAccess) -> Target {
        Target { resource: role.identity.key.declaration(), prefix: None, span: role.identity.span }
    }

    /// Where a role's trust names another.
    pub(super) fn trust_of(&self, role: &RoleAccess, named: &RoleAccess) -> Option<Span> {
        self.trusts(role, |principal| {
            *principal == Principal::Resource(named.identity.key.declaration())
                || *principal == Principal::Account(named.identity.account)
        })
    }

    /// How those for whom a provider vouches come into a role.
    pub fn entered(&self, provider: ResourceId, at: usize) -> Vec<Link> {
        let Some(role) = self.access.roles.get(at) else { return Vec::new() };
        let (name, to) = (&self.platform.resource(provider).name, self.role_name(role));
        let span = self.trusts(role, |principal| *principal == Principal::Resource(provider));
        vec![Link {
            says: format!("`{to}` lets those become it for whom `{name}` vouches"),
            label: format!("lets in those for whom `{name}` vouches"),
            statement: None,
            places: span.into_iter().collect(),
        }]
    }

    fn trusts(&self, role: &RoleAccess, is: impl Fn(&Principal) -> bool) -> Option<Span> {
        let RoleKey::Declared(id) = role.identity.key else { return None };
        let Noun::Role(at) = self.platform.resource(id).noun else { return None };
        let trust = &self.platform.roles.get(at as usize)?.trust;
        trust.iter().find(|it| is(&it.principal)).map(|it| it.span)
    }
}

fn touches(a: &Target, b: &Target) -> bool {
    let key = |target: &Target| target.prefix.clone().unwrap_or_default();
    let (a, b) = (Location { bucket: a.resource, key: key(a) }, Location { bucket: b.resource, key: key(b) });
    a.holds(&b) || b.holds(&a)
}
