//! Roles, and who may assume them.

use smol_str::SmolStr;

use super::{account::AccountId, condition::Condition, grant::Principal, resource::ResourceId};
use crate::source::Span;

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its declaration.
    pub resource: ResourceId,
    /// The account that it lives in.
    pub account: AccountId,
    /// Who may assume it.
    pub trust: Vec<Trust>,
    /// Longest session in seconds (900 to 43,200).
    pub session: u64,
    /// Session tags that whoever assumes it must bring, sorted by key.
    pub tags: Vec<(SmolStr, SmolStr)>,
    /// What a request to assume it must be like, sorted.
    pub when: Vec<Condition>,
    /// The external id that the caller must give.
    pub external_id: Option<SmolStr>,
    /// Its permissions boundary.
    pub boundary: Option<ResourceId>,
    /// Whom of an OpenID Connect provider it is for, sorted.
    pub subjects: Vec<SmolStr>,
    /// For whom a token must have been made out.
    pub audience: Option<SmolStr>,
    /// Labels that it may read.
    pub clearance: Vec<SmolStr>,
}

/// Somebody who may assume a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    /// Who.
    pub principal: Principal,
    /// Where it says so.
    pub span: Span,
}
