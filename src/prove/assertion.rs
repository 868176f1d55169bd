//! Assertions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ability::{Ability, Ground, Shown, Way},
    asked::Asked,
    explain::Link,
    graph::closure,
    no_rows::speaks_of_nothing,
    prover::Prover,
    request::hands_out,
    rows::Found,
};
use crate::{
    access::{RoleAccess, RoleKey, federation, roles::acting},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        AccountId, Assertion, AssertionSubject, CapabilityUse, Principal, ResourceId, resource::Noun,
    },
    source::Span,
};

/// The most places that one diagnostic shows of what allows something.
const MOST_PLACES: usize = 4;

/// Reports every assertion that does not hold or can't be decided.
pub fn assertions(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let meant = |it: &&Assertion| speaks_of_nothing(prover.platform, it).is_none();
    // A sentence about labels is about several tables: the first that it does not hold for is told of.
    let mut told: Option<Span> = None;
    for assertion in prover.platform.assertions.iter().filter(meant) {
        if told == Some(assertion.span) {
            continue;
        }
        let before = diagnostics.len();
        for wanted in &assertion.capabilities {
            let proof = Proof { prover, assertion, wanted, asked: prover.asked(wanted, &assertion.on) };
            match &assertion.subject {
                AssertionSubject::One(principal, span) => proof.one(principal, *span, diagnostics),
                AssertionSubject::None(account) => proof.nobody(*account, diagnostics),
                AssertionSubject::Only(allowed) => proof.only(allowed, diagnostics),
            }
        }
        told = (diagnostics.len() > before).then_some(assertion.span).or(told);
    }
}

/// One capability of one assertion.
struct Proof<'p, 'a> {
    prover: &'p Prover<'a>,
    assertion: &'p Assertion,
    wanted: &'p CapabilityUse,
    asked: Asked<'p, 'a>,
}

/// Who an assertion is about, as far as a program tells.
pub(super) enum Subject {
    /// A role, by its place in the list.
    Role(usize),
    /// Those for whom an identity provider vouches, and the roles that they become.
    Provider(ResourceId, Vec<usize>),
}

impl Subject {
    /// A principal as one that can be asked about; `None` where what it may do is decided elsewhere.
    pub(super) fn of(prover: &Prover<'_>, principal: &Principal) -> Option<Self> {
        let Principal::Resource(id) = principal else { return None };
        if federation::action(prover.platform, *id).is_some() {
            return Some(Self::Provider(*id, prover.entries(*id)));
        }
        acting(prover.platform, *id).and_then(|key| prover.access.index_of(key)).map(Self::Role)
    }

    /// The roles that it is or becomes at once.
    fn first(&self) -> &[usize] {
        match self {
            Self::Role(at) => std::slice::from_ref(at),
            Self::Provider(_, entries) => entries,
        }
    }
}

impl<'a> Proof<'_, 'a> {
    fn one(&self, principal: &Principal, span: Span, diagnostics: &mut Diagnostics) {
        let Some(subject) = Subject::of(self.prover, principal) else {
            diagnostics.push(undecided(span));
            return;
        };
        let within = closure(subject.first().iter().copied(), self.prover.chains());
        let within: BTreeSet<usize> = within.into_iter().collect();
        let able = self.asked.able_of(|at| within.contains(&at));
        match (self.assertion.can, able.values().any(|ability| ability.fully)) {
            (true, true) => {}
            (true, false) => diagnostics.push(match able.values().find_map(Ability::unknown_rest) {
                Some(why) => self.not_decided(principal, why),
                None => self.cannot(&subject, principal),
            }),
            (false, _) => diagnostics.extend(self.reach(&subject, principal, &able)),
        }
    }

    fn nobody(&self, account: Option<AccountId>, diagnostics: &mut Diagnostics) {
        self.report_all(diagnostics, |role| account.is_none_or(|account| role.identity.account == account));
    }

    fn only(&self, allowed: &[(Principal, Span)], diagnostics: &mut Diagnostics) {
        let mut keys: BTreeSet<RoleKey> = BTreeSet::new();
        let mut providers: BTreeSet<ResourceId> = BTreeSet::new();
        for (principal, span) in allowed {
            match principal {
                Principal::Resource(id) if federation::action(self.prover.platform, *id).is_some() => {
                    providers.insert(*id);
                }
                Principal::Resource(id) => keys.extend(acting(self.prover.platform, *id)),
                _ => diagnostics.push(undecided(*span)),
            }
        }
        self.report_all(diagnostics, |role| {
            let declared = role.identity.key.declaration();
            !keys.contains(&role.identity.key) && !self.is_for(declared, &providers, &mut BTreeSet::new())
        });
    }

    /// Whether a role is for those alone for whom some providers vouch: it trusts them, or roles that are for them.
    fn is_for(
        &self,
        role: ResourceId,
        providers: &BTreeSet<ResourceId>,
        seen: &mut BTreeSet<ResourceId>,
    ) -> bool {
        let platform = self.prover.platform;
        let Noun::Role(at) = platform.resource(role).noun else { return false };
        let Some(declared) = platform.roles.get(at as usize).filter(|_| seen.insert(role)) else {
            return false;
        };
        let mut trust = declared.trust.iter();
        !declared.trust.is_empty()
            && trust.all(|trust| match trust.principal {
                Principal::Resource(id) => providers.contains(&id) || self.is_for(id, providers, seen),
                _ => false,
            })
    }

    /// Reports each role for which the assertion speaks and that can do it nonetheless.
    fn report_all(&self, diagnostics: &mut Diagnostics, speaks_of: impl Fn(&RoleAccess) -> bool) {
        let able = self.asked.able();
        let steps = self.prover.steps();
        let certain = steps.paths(able.iter().filter(|(_, it)| it.is_certain()).map(|(at, _)| *at));
        let any = steps.paths(able.keys().copied());
        for at in any.starts() {
            let Some(role) = self.prover.access.roles.get(at) else { continue };
            if hands_out(role) || !speaks_of(role) {
                continue;
            }
            let Some(path) = certain.of(at).or_else(|| any.of(at)) else { continue };
            let ability = path.last().and_then(|last| able.get(last));
            diagnostics.extend(ability.map(|it| self.can(&self.prover.name_at(at), None, &path, it)));
        }
    }

    /// What says that one can, of the shortest way; what is certain before what may be.
    fn reach(
        &self,
        subject: &Subject,
        principal: &Principal,
        able: &BTreeMap<usize, Ability<'a>>,
    ) -> Option<Diagnostic> {
        let steps = self.prover.steps();
        let certain = steps.paths(able.iter().filter(|(_, it)| it.is_certain()).map(|(at, _)| *at));
        let any = steps.paths(able.keys().copied());
        let shortest = |paths: &super::chains::Paths| {
            subject.first().iter().filter_map(|at| paths.of(*at)).min_by_key(Vec::len)
        };
        let path = shortest(&certain).or_else(|| shortest(&any))?;
        let provider = match subject {
            Subject::Provider(id, _) => Some(*id),
            Subject::Role(_) => None,
        };
        let name = match subject {
            Subject::Role(at) => self.prover.name_at(*at),
            Subject::Provider(..) => self.prover.principal_name(principal),
        };
        Some(self.can(&name, provider, &path, able.get(path.last()?)?))
    }

    fn can(
        &self,
        name: &str,
        provider: Option<ResourceId>,
        path: &[usize],
        ability: &Ability<'a>,
    ) -> Diagnostic {
        let (prover, on) = (self.prover, &self.assertion.on);
        let what = prover.what(self.wanted, on);
        let certain = ability.allowed_by.iter().all(Ground::is_certain);
        let when = if certain { "" } else { ", where a request meets the conditions" };
        let by = by(prover, provider, path, &ability.way) + when;
        let mut diagnostic = if let Some(why) = ability.unknown_rows() {
            rows_undecided(
                self.assertion.span,
                format!("whether `{name}` can {what}{by} can't be decided"),
                why,
            )
        } else if ability.way.is_certain() {
            Diagnostic::error(
                catalogue::ASSERTION_FAILS,
                self.assertion.span,
                format!("`{name}` can {what}{by}{}", such_as(ability)),
                "does not hold",
            )
            .help(assuming(mend(&ability.way), &ability.assumes))
        } else {
            Diagnostic::warning(
                catalogue::MAY_HOLD_DATA,
                self.assertion.span,
                format!("`{name}` may have what it would see with {what}{by}"),
                "can't be proved",
            )
            .help(assuming(
                "take the access to that place away, or say in the assertion that it is meant",
                &ability.assumes,
            ))
        };
        let entry = provider.zip(path.first().copied());
        let mut links: Vec<Link> =
            entry.map(|(provider, at)| prover.entered(provider, at)).unwrap_or_default();
        if let Some(first) = path.first().and_then(|at| prover.access.roles.get(*at)) {
            links.extend(prover.chain(first.into(), path, ability, on));
        }
        for (span, label) in shown(&links) {
            diagnostic = diagnostic.related(span, label);
        }
        diagnostic
    }

    fn not_decided(&self, principal: &Principal, why: &str) -> Diagnostic {
        let (prover, what) = (self.prover, self.prover.what(self.wanted, &self.assertion.on));
        let name = prover.principal_name(principal);
        rows_undecided(self.assertion.span, format!("whether `{name}` can {what} can't be decided"), why)
    }

    fn cannot(&self, subject: &Subject, principal: &Principal) -> Diagnostic {
        let (prover, what) = (self.prover, self.prover.what(self.wanted, &self.assertion.on));
        let name = match subject {
            Subject::Role(at) => prover.name_at(*at),
            Subject::Provider(..) => prover.principal_name(principal),
        };
        let diagnostic = Diagnostic::error(
            catalogue::ASSERTION_FAILS,
            self.assertion.span,
            format!("`{name}` cannot {what}"),
            "does not hold",
        );
        let own = subject.first().first().and_then(|at| prover.access.roles.get(*at));
        let missing = own.and_then(|role| self.asked.ability(role.into()).missing);
        match missing {
            Some(missing) => {
                let denied = missing.denied_by.map(|it| it.statement.origins.as_slice());
                let denied = denied.into_iter().flatten().take(MOST_PLACES);
                denied
                    .fold(diagnostic, |diagnostic, span| diagnostic.related(*span, "denied here"))
                    .help(format!("what is missing: {}", missing.reason))
            }
            None if own.is_none() => {
                diagnostic.help(format!("no role lets in those for whom `{name}` vouches"))
            }
            None => diagnostic,
        }
    }
}

/// The places of a chain with what they have to do with it, each once: roles that are become and copies in their order, then what allows it.
fn shown(links: &[Link]) -> Vec<(Span, String)> {
    let allows = |link: &&Link| link.label == "allowed here";
    let mut shown: Vec<(Span, String)> = Vec::new();
    let mut add = |span: Span, label: &str| {
        if !shown.iter().any(|(known, _)| *known == span) {
            shown.push((span, label.to_owned()));
        }
    };
    for link in links.iter().filter(|link| !allows(link)) {
        link.places.iter().for_each(|span| add(*span, &link.label));
    }
    let allowed: BTreeSet<Span> = links.iter().filter(allows).flat_map(|it| &it.places).copied().collect();
    allowed.into_iter().take(MOST_PLACES).for_each(|span| add(span, "allowed here"));
    shown
}

/// By which way, behind what somebody can.
pub(super) fn by(prover: &Prover<'_>, provider: Option<ResourceId>, path: &[usize], way: &Way) -> String {
    let last = path.last().filter(|_| path.len() > 1 || provider.is_some());
    let role = last.map(|at| format!(", having become `{}`", prover.name_at(*at))).unwrap_or_default();
    let way = match way {
        Way::Direct => String::new(),
        Way::Objects => ", by its objects in the bucket".to_owned(),
        Way::Copy { certain: true, at, .. } => format!(", from a copy in `{}`", prover.place_name(at)),
        Way::Copy { certain: false, at, .. } => {
            format!(", from what may be a copy in `{}`", prover.place_name(at))
        }
    };
    role + &way
}

fn mend(way: &Way) -> &'static str {
    match way {
        Way::Copy { .. } => {
            "take the access to the copy away, copy less, or say in the assertion that it is meant"
        }
        Way::Direct | Way::Objects => "take the access away, or say in the assertion that it is meant",
    }
}

/// A mend, and what the finding takes to be so since the program does not say.
fn assuming(mend: &str, assumes: &BTreeSet<String>) -> String {
    let assumed: Vec<&str> = assumes.iter().map(String::as_str).collect();
    if assumed.is_empty() { mend.to_owned() } else { format!("{mend}; assumed: {}", assumed.join("; ")) }
}

/// A row that is seen, of those that were asked about.
fn such_as(ability: &Ability<'_>) -> String {
    match &ability.shown {
        Some(Shown { seen: Found::Row(like), .. }) if !like.is_empty() => {
            format!(", such as a row where {like}")
        }
        _ => String::new(),
    }
}

fn rows_undecided(span: Span, message: String, why: &str) -> Diagnostic {
    Diagnostic::error(catalogue::ROWS_UNDECIDED, span, message, "neither proved nor refuted").help(format!(
        "{why}; compare columns with constants, here and in the grants, or assert about fewer rows"
    ))
}

fn undecided(span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::UNDECIDED,
        span,
        "this can't be proved: what it may do is decided outside the program",
        "its own policies are not known",
    )
    .help("assert about roles that the program declares")
}
