//! Assertions.

use std::collections::BTreeSet;

use super::{
    ability::{Ability, Ground, Prover},
    graph::{closure, reversed},
    request::hands_out,
};
use crate::{
    access::{Access, RoleAccess, RoleKey, roles::acting},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        AccountId, Assertion, AssertionSubject, Capability, CapabilityUse, Platform, Principal, Target,
    },
    source::Span,
};

/// The most places that one diagnostic shows.
const MOST_PLACES: usize = 4;

/// Reports every assertion that does not hold or can't be decided.
pub fn assertions(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let (platform, access) = (prover.platform, prover.access);
    if platform.assertions.is_empty() {
        return;
    }
    let chains = prover.chains();
    let proof = Proof { platform, access, callers: reversed(chains), chains, prover };
    for assertion in &platform.assertions {
        for wanted in &assertion.capabilities {
            match &assertion.subject {
                AssertionSubject::One(principal, span) => {
                    proof.one(assertion, principal, *span, wanted, diagnostics)
                }
                AssertionSubject::None(account) => proof.nobody(assertion, *account, wanted, diagnostics),
                AssertionSubject::Only(allowed) => proof.only(assertion, allowed, wanted, diagnostics),
            }
        }
    }
}

struct Proof<'p, 'a> {
    platform: &'a Platform,
    access: &'a Access,
    prover: &'p Prover<'a>,
    /// For each role those that it can assume.
    chains: &'p [Vec<usize>],
    /// For each role those that can assume it.
    callers: Vec<Vec<usize>>,
}

impl<'a> Proof<'_, 'a> {
    fn one(
        &self,
        assertion: &Assertion,
        principal: &Principal,
        span: Span,
        wanted: &CapabilityUse,
        diagnostics: &mut Diagnostics,
    ) {
        let key = match principal {
            Principal::Resource(id) => acting(self.platform, *id),
            _ => None,
        };
        let Some(at) = key.and_then(|key| self.access.index_of(key)) else {
            diagnostics.push(undecided(span));
            return;
        };
        let reached = self.reached(at, wanted, &assertion.on);
        let name = self.principal_name(at);
        match (assertion.can, reached.iter().any(|(_, ability)| ability.fully)) {
            (true, false) => {
                let why = reached.into_iter().next().and_then(|(_, ability)| ability.missing);
                let what = self.what(wanted, &assertion.on);
                let mut diagnostic = Diagnostic::error(
                    catalogue::ASSERTION_FAILS,
                    assertion.span,
                    format!("`{name}` cannot {what}"),
                    "does not hold",
                );
                if let Some(missing) = why {
                    let denied = missing.denied_by.map(|it| it.statement.origins.as_slice());
                    for span in denied.into_iter().flatten().take(MOST_PLACES) {
                        diagnostic = diagnostic.related(*span, "denied here");
                    }
                    diagnostic = diagnostic.help(format!("what is missing: {}", missing.reason));
                }
                diagnostics.push(diagnostic);
            }
            (false, _) => {
                if let Some((through, ability)) = reached.into_iter().find(|(_, ability)| ability.partly) {
                    diagnostics.push(self.can(assertion, wanted, at, through, &ability));
                }
            }
            (true, true) => {}
        }
    }

    fn nobody(
        &self,
        assertion: &Assertion,
        account: Option<AccountId>,
        wanted: &CapabilityUse,
        diagnostics: &mut Diagnostics,
    ) {
        let inside = |role: &RoleAccess| account.is_none_or(|account| role.identity.account == account);
        self.report_all(assertion, wanted, diagnostics, inside);
    }

    fn only(
        &self,
        assertion: &Assertion,
        allowed: &[(Principal, Span)],
        wanted: &CapabilityUse,
        diagnostics: &mut Diagnostics,
    ) {
        let mut keys: BTreeSet<RoleKey> = BTreeSet::new();
        for (principal, span) in allowed {
            match principal {
                Principal::Resource(id) => keys.extend(acting(self.platform, *id)),
                _ => diagnostics.push(undecided(*span)),
            }
        }
        self.report_all(assertion, wanted, diagnostics, |role| !keys.contains(&role.identity.key));
    }

    /// Reports each role for which the assertion speaks and that can do it nonetheless.
    fn report_all(
        &self,
        assertion: &Assertion,
        wanted: &CapabilityUse,
        diagnostics: &mut Diagnostics,
        speaks_of: impl Fn(&RoleAccess) -> bool,
    ) {
        let able = self.prover.able(wanted, &assertion.on);
        for at in closure(able.keys().copied(), &self.callers).into_iter().collect::<BTreeSet<_>>() {
            let Some(role) = self.access.roles.get(at) else { continue };
            if hands_out(role) || !speaks_of(role) {
                continue;
            }
            let through = closure([at], self.chains).into_iter().find_map(|at| able.get_key_value(&at));
            if let Some((&through, ability)) = through {
                diagnostics.push(self.can(assertion, wanted, at, through, ability));
            }
        }
    }

    /// What a role can do itself and as each role that it can become, itself first.
    fn reached(&self, at: usize, wanted: &CapabilityUse, on: &Target) -> Vec<(usize, Ability<'a>)> {
        let roles = closure([at], self.chains).into_iter();
        roles
            .filter_map(|at| Some((at, self.prover.ability(self.access.roles.get(at)?, wanted, on))))
            .collect()
    }

    fn can(
        &self,
        assertion: &Assertion,
        wanted: &CapabilityUse,
        at: usize,
        through: usize,
        ability: &Ability<'_>,
    ) -> Diagnostic {
        let name = self.principal_name(at);
        let by = if through == at {
            String::new()
        } else {
            format!(", having become `{}`", self.principal_name(through))
        };
        let certain = ability.allowed_by.iter().all(Ground::is_certain);
        let when = if certain { "" } else { ", where a request meets the conditions" };
        let what = self.what(wanted, &assertion.on);
        let mut diagnostic = Diagnostic::error(
            catalogue::ASSERTION_FAILS,
            assertion.span,
            format!("`{name}` can {what}{by}{when}"),
            "does not hold",
        );
        let places: BTreeSet<(u32, u32)> =
            ability.allowed_by.iter().flat_map(|it| it.places()).map(|span| (span.start, span.end)).collect();
        for (start, end) in places.into_iter().take(MOST_PLACES) {
            diagnostic = diagnostic.related(Span { start, end }, "allowed here");
        }
        diagnostic.help("take the access away, or say in the assertion that it is meant")
    }

    fn principal_name(&self, at: usize) -> String {
        self.access.roles.get(at).map_or_else(String::new, |role| match role.identity.key {
            RoleKey::Declared(id) => self.platform.resource(id).name.to_string(),
            RoleKey::Derived(id, _) => {
                format!("{} {}", self.platform.kind_of(id).name, self.platform.resource(id).name)
            }
        })
    }

    /// `read` on `data_lake / "raw"`
    fn what(&self, wanted: &CapabilityUse, on: &Target) -> String {
        let library = &self.platform.library;
        let name = match wanted.capability {
            Capability::Named(id) => library.capability(id).name.to_string(),
            Capability::Action(id) => library.action_spelling(id),
        };
        let columns = if wanted.columns.is_empty() {
            String::new()
        } else {
            format!("({})", wanted.columns.join(", "))
        };
        let place = match &on.prefix {
            Some(prefix) => format!("{} / \"{prefix}\"", self.platform.resource(on.resource).name),
            None => self.platform.resource(on.resource).name.to_string(),
        };
        format!("`{name}{columns}` on `{place}`")
    }
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
