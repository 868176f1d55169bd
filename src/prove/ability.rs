//! What somebody can do with a resource: how much of it, by which way, and what decides.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    condition::unknown,
    decide::{Deciding, Decision, Policy},
    prover::Prover,
    request::Request,
    rows::Found,
    witness::Witness,
};
use crate::{
    access::pattern::has_variable,
    platform::{ResourceId, RowFilter, Target},
    source::Span,
};

/// Whether a role can do something, and what decides.
#[derive(Clone, Debug, Default)]
pub struct Ability<'a> {
    /// It can do all of it, under circumstances that were found.
    pub fully: bool,
    /// It can do some of it, or the program does not say that it can't.
    pub partly: bool,
    /// What allows what it can do.
    pub allowed_by: Vec<Ground<'a>>,
    /// Denials that may stand in the way: what they depend on is not decided by the program.
    pub unless: Vec<Ground<'a>>,
    /// Why it can't do all.
    pub missing: Option<Missing<'a>>,
    /// What is taken to be so since the program does not say, a sentence each.
    pub assumes: BTreeSet<String>,
    /// The only rows that it sees, as conditions; `None` where these are all.
    pub only_rows: Option<String>,
    /// What it sees of the rows that were asked about, where some were and Lake Formation is asked.
    pub shown: Option<Shown>,
    /// By which way it can.
    pub way: Way,
}

/// How much of the rows that were asked about somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// A row of them that is hidden.
    pub hidden: Found,
    /// A row of them that is seen.
    pub seen: Found,
}

/// The ways to data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// By what the capability takes.
    #[default]
    Direct,
    /// By the objects of a table, past Lake Formation.
    Objects,
    /// By a copy of it.
    Copy {
        /// What copies it, one behind the other, by their places in [`crate::flow::Flow::copies`].
        by: Vec<usize>,
        /// Whether it is the data for sure, and not what code or a warehouse makes of it.
        certain: bool,
        /// Where it is.
        at: Target,
    },
}

/// What has a part in a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Ground<'a> {
    /// A statement of a policy.
    Policy {
        /// The statement.
        by: Deciding<'a>,
        /// The action that was asked about.
        action: SmolStr,
        /// The declaration whose policy decided beside the role's own.
        owner: Option<ResourceId>,
    },
    /// A grant of Lake Formation.
    LakeFormation {
        /// Where the program says so.
        span: Span,
        /// The rows that it shows, where these are not all.
        rows: Option<&'a RowFilter>,
    },
}

/// What stands in the way.
#[derive(Clone, Debug)]
pub struct Missing<'a> {
    /// In words: the action, the resource, the reason.
    pub reason: String,
    /// The statement that denies it, if one does.
    pub denied_by: Option<Deciding<'a>>,
}

impl Ground<'_> {
    /// Whether it holds for every request, and not under conditions only.
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Policy { by, .. } => by.certain,
            Self::LakeFormation { .. } => true,
        }
    }

    /// The places in the program that it comes from.
    pub fn places(&self) -> &[Span] {
        match self {
            Self::Policy { by, .. } => &by.statement.origins,
            Self::LakeFormation { span, .. } => std::slice::from_ref(span),
        }
    }
}

impl Way {
    /// Whether what is had this way is the data for sure.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Copy { certain: false, .. })
    }
}

impl<'a> Ability<'a> {
    /// Nothing taken away yet.
    pub(super) fn whole() -> Self {
        Self { fully: true, ..Self::default() }
    }

    /// Whether it is possible for sure, as far as a program tells: some of it, and not only by what nobody sees.
    pub fn is_certain(&self) -> bool {
        self.partly && self.way.is_certain() && self.unknown_rows().is_none()
    }

    /// Why it is not known whether it sees any of the rows that were asked about.
    pub fn unknown_rows(&self) -> Option<&'static str> {
        self.shown.as_ref().and_then(|shown| shown.seen.undecided())
    }

    /// Why it is not known whether it sees all of them.
    pub fn unknown_rest(&self) -> Option<&'static str> {
        self.shown.as_ref().and_then(|shown| shown.hidden.undecided())
    }

    /// The statements that allow it.
    pub fn policies(&self) -> impl Iterator<Item = &Deciding<'a>> {
        self.allowed_by.iter().filter_map(|ground| match ground {
            Ground::Policy { by, .. } => Some(by),
            Ground::LakeFormation { .. } => None,
        })
    }

    /// What one more request says.
    pub(super) fn decide(&mut self, prover: &Prover<'a>, request: &Request<'a>) {
        match prover.decide(request) {
            Decision::Allowed(grounds, unless) => {
                let certain = unless.is_empty() && grounds.iter().all(|it| it.certain);
                let witness = if certain { Witness::Found } else { prover.allowed_somehow(request) };
                match witness {
                    Witness::Found => {}
                    Witness::Missed => {
                        let reason = "no circumstances were found in which all conditions agree";
                        self.refuse(request, reason, None);
                    }
                    Witness::Impossible => {
                        let reason = "what allows it and what denies it leave no circumstances";
                        return self.refuse(request, reason, unless.first().copied());
                    }
                }
                self.partly = true;
                if !certain {
                    self.assumes.extend(circumstances(&grounds, request, "is"));
                    self.assumes.extend(circumstances(&unless, request, "is not"));
                }
                self.assumes.extend(prover.not_seen(request));
                let (action, owner) = (&request.action, request.owner);
                let ground = |by| Ground::Policy { by, action: action.clone(), owner };
                self.allowed_by.extend(grounds.into_iter().map(ground));
                self.unless.extend(unless.into_iter().map(ground));
            }
            Decision::ExplicitlyDenied(by) => self.refuse(request, by.policy.denying(), Some(by)),
            Decision::ImplicitlyDenied(policy) => self.refuse(request, policy.lacking(), None),
        }
    }

    fn refuse(&mut self, request: &Request<'_>, reason: &str, denied_by: Option<Deciding<'a>>) {
        self.fully = false;
        if self.missing.is_none() {
            let Request { action, resource, .. } = request;
            let reason = format!("{action} on {} ({reason})", resource.replace("~any~", "*"));
            self.missing = Some(Missing { reason, denied_by });
        }
    }
}

/// What statements depend on that the program does not say: `mfa` as `aws:MultiFactorAuthPresent is true`.
fn circumstances(grounds: &[Deciding<'_>], request: &Request<'_>, is: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in grounds.iter().filter(|it| !it.certain).map(|it| it.statement) {
        let conditions = unknown(&statement.conditions, &request.context);
        // A denial holds where all of its conditions do: without it one of them does not.
        found.extend(conditions.iter().map(|it| {
            let wanted: Vec<&str> = it.wanted.iter().map(|value| value.as_str()).collect();
            let operator = if it.operator == "StringEquals" { "" } else { &format!("{} ", it.operator) };
            format!("{} {is} {operator}{}", it.key, wanted.join(" or "))
        }));
        let open = statement.resources.iter().filter(|it| has_variable(it));
        found.extend(
            open.map(|resource| format!("{} {is} {resource}", request.resource.replace("~any~", "*"))),
        );
    }
    found
}

impl Policy {
    /// What is said where one denies.
    fn denying(self) -> &'static str {
        match self {
            Self::Identity => "the role's own policy denies it",
            Self::Boundary => "the role's boundary denies it",
            Self::Session => "the session's policy denies it",
            Self::ServiceControl => "a guardrail denies it",
            Self::ResourceControl => "a guardrail of the resource's account denies it",
            Self::Resource => "the resource's policy denies it",
        }
    }

    /// What is said where one does not allow what it must.
    fn lacking(self) -> &'static str {
        match self {
            Self::Identity => "the role's own policy must allow it",
            Self::Boundary => "the role's boundary must allow it, too",
            Self::Session => "the session's policy must allow it, too",
            Self::ServiceControl => "a service control policy must allow it, too",
            Self::ResourceControl => "a resource control policy must allow it, too",
            Self::Resource => "the resource's policy must allow it, too",
        }
    }
}
