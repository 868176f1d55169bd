//! What a request may be asked in `when`: AWS's condition keys, as `condition` declares them.

use smol_str::SmolStr;

use super::{ActionId, FieldDecl, KindId, Library, ServiceId};
use crate::source::Span;

/// `condition source_vpce : string { key = "aws:SourceVpce" }`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its name.
    pub name: SmolStr,
    /// What it asks.
    pub doc: Option<SmolStr>,
    /// AWS's key, with `{key}` where the parameter goes.
    pub key: SmolStr,
    /// What stands in parentheses: `tag("team")`.
    pub param: Option<FieldDecl>,
    /// What it is compared with: name, type and refinements.
    pub value: FieldDecl,
    /// How values compare.
    pub measure: Measure,
    /// Whose requests have the key.
    pub asked_of: AskedOf,
    /// Whether it is the same in what a service asks for on the caller's behalf.
    pub carried: bool,
    /// Whether the session of a role can have the key.
    pub sessions: bool,
    /// Whether somebody can have the key who comes to a role from an identity provider.
    pub federated: bool,
    /// Whether a request has several values of it.
    pub several: bool,
    /// The types of resources whose requests have the key, by service and index into its types; empty is all.
    pub types: Vec<(ServiceId, u32)>,
    /// The actions that have the key; empty is all.
    pub actions: Vec<ActionId>,
    /// Its place in the standard library.
    pub span: Span,
}

/// How values of a condition compare, from which AWS's operator follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Text, letter by letter.
    Text,
    /// True or false.
    Flag,
    /// Whole seconds.
    Seconds,
    /// An instant.
    Instant,
    /// An IP address or a range of them.
    Address,
    /// An ARN, in which `*` and `?` stand for anything.
    Arn,
    /// The `id` of a declaration of that kind, or that id as text.
    Id(KindId),
}

/// Whose requests have a condition's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedOf {
    /// Everybody's.
    Anybody,
    /// Those of roles and users.
    Callers,
    /// Those of services that act for themselves.
    Services,
}

impl Library {
    /// The condition of that name, with its place in [`Library::conditions`].
    pub fn condition_named(&self, name: &str) -> Option<(super::ConditionId, &Condition)> {
        let at = self.conditions.iter().position(|condition| condition.name == name)?;
        Some((super::ConditionId(u32::try_from(at).ok()?), self.conditions.get(at)?))
    }

    /// Whether requests for an action on a type of resource have the key of a condition.
    pub fn has_key(&self, condition: &Condition, action: ActionId, kind: &str) -> bool {
        let service = self.action(action).service;
        let on_type = condition.types.iter().any(|(of, at)| {
            let known = self.service(*of).types.get(*at as usize);
            *of == service && known.is_some_and(|(name, _)| name == kind)
        });
        (condition.types.is_empty() || on_type)
            && (condition.actions.is_empty() || condition.actions.contains(&action))
    }
}
