//! What no policy inside an account may allow.

use smol_str::SmolStr;

use super::{
    account::{AccountId, UnitId},
    condition::Condition,
    resource::ResourceId,
};
use crate::source::Span;

/// A guardrail: becomes a service control policy, a resource control policy, or both.
#[derive(Clone, Debug)]
pub struct Guardrail {
    /// Its declaration.
    pub resource: ResourceId,
    /// Where it is attached.
    pub on: Vec<Node>,
    /// What it denies.
    pub rules: Vec<GuardrailRule>,
}

/// A node of the tree of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// The organization's root, by the organization's index.
    Root(u32),
    /// A unit.
    Unit(UnitId),
    /// An account.
    Account(AccountId),
}

/// `deny ACTIONS [on KIND] [to *] [outside …] [except …] [when …] [until …]`.
#[derive(Clone, Debug)]
pub struct GuardrailRule {
    /// Whether it binds whoever comes to resources of the accounts below (`to *`), and not the roles of these accounts wherever they go.
    pub everybody: bool,
    /// Actions in AWS's spelling (`cloudtrail:StopLogging`, `s3:*`, `*`), sorted.
    pub actions: Vec<SmolStr>,
    /// The ARN patterns behind `on`; `*` without.
    pub resources: Vec<SmolStr>,
    /// The condition behind `outside`.
    pub outside: Option<Outside>,
    /// What the requests that it denies are like, beside.
    pub when: Vec<Condition>,
    /// Actions left free, in AWS's spelling, sorted.
    pub except: Vec<SmolStr>,
    /// Each of these patterns as it was written, in the rule's order.
    pub written: Vec<(SmolStr, Span)>,
    /// The rule.
    pub span: Span,
}

/// Where a guardrail's rule does not bind.
#[derive(Clone, Debug)]
pub enum Outside {
    /// These regions (`aws:RequestedRegion`), sorted.
    Regions(Vec<SmolStr>),
    /// Resources of these accounts and organizations (`aws:ResourceAccount`, `aws:ResourceOrgID`); with `to *` whoever is of these
    /// (`aws:PrincipalAccount`, `aws:PrincipalOrgID`).
    Places {
        /// Ids of accounts, sorted.
        accounts: Vec<SmolStr>,
        /// Organizations by their index, sorted.
        organizations: Vec<u32>,
    },
}
