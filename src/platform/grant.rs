//! Grants, denials, shares and assertions.

use std::{collections::BTreeMap, sync::Arc};

use smol_str::SmolStr;

use super::{account::AccountId, condition::Condition, resource::ResourceId};
use crate::{
    library::{ActionId, CapabilityId, ServiceId},
    source::Span,
    sql::plan::Expr,
};

/// Whether a sentence gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// `grant`
    Grant,
    /// `deny`
    Deny,
}

/// Somebody who acts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// A declared role, or a declaration that has a role of its own (pipeline, query, sync).
    Resource(ResourceId),
    /// A declared account: its administrators decide who in it.
    Account(AccountId),
    /// An account outside the program, by its twelve digits.
    ForeignAccount(SmolStr),
    /// An AWS service.
    Service(ServiceId),
}

/// `grant …` or `deny …`.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Grant or deny.
    pub effect: Effect,
    /// What may or may not be done.
    pub capabilities: Vec<CapabilityUse>,
    /// On what.
    pub on: Target,
    /// To whom.
    pub to: Vec<(Principal, Span)>,
    /// The rows that are meant.
    pub filter: Option<RowFilter>,
    /// What a request must be like, all of it, sorted; `until` among it.
    pub conditions: Vec<Condition>,
    /// Whether the receiver may grant on.
    pub grant_option: bool,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// The whole sentence.
    pub span: Span,
}

/// A capability with the columns it is limited to.
#[derive(Clone, Debug)]
pub struct CapabilityUse {
    /// Which.
    pub capability: Capability,
    /// Columns; empty is all, unless labels choose them.
    pub columns: Vec<SmolStr>,
    /// On a domain, which columns of its tables are meant: those that meet any of these; empty is all. On a table labels are columns already.
    pub labels: Vec<LabelRule>,
    /// The rows that an assertion or a question is about; `None` asks for the capability, however many rows it shows.
    pub rows: Option<RowFilter>,
    /// Where.
    pub span: Span,
}

/// What a column's labels must be, all of it: for each label whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelRule(pub BTreeMap<SmolStr, bool>);

impl LabelRule {
    /// Whether a column with these labels is meant.
    pub fn holds(&self, labels: &[SmolStr]) -> bool {
        self.0.iter().all(|(label, there)| labels.contains(label) == *there)
    }
}

impl std::fmt::Display for LabelRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (label, there)) in self.0.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            let not = if *there { "" } else { "not " };
            write!(f, "{and}{not}@{label}")?;
        }
        Ok(())
    }
}

/// Which rows of a table are meant: the condition behind `where`.
#[derive(Clone, Debug)]
pub struct RowFilter {
    /// Its SQL, printed as Lake Formation reads it.
    pub text: SmolStr,
    /// The condition over the table's columns; `None` where it is on no table, or at fault.
    pub condition: Option<Arc<Expr>>,
    /// Where.
    pub span: Span,
}

impl PartialEq for RowFilter {
    /// The text says it all.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// A named capability or a raw action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// `read`
    Named(CapabilityId),
    /// `s3.GetObjectTagging`
    Action(ActionId),
}

/// A resource, or a prefix of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Which.
    pub resource: ResourceId,
    /// The prefix in a bucket, without leading `/`; `None` is the whole.
    pub prefix: Option<SmolStr>,
    /// Where.
    pub span: Span,
}

/// `share TABLE with DOMAIN as NAME`.
#[derive(Clone, Debug)]
pub struct Share {
    /// The table, by index into the platform's tables.
    pub table: u32,
    /// The domain that gets the link, by index into the platform's domains.
    pub with: u32,
    /// The link's name, folded to lower case as Glue does.
    pub name: SmolStr,
    /// The doc comment.
    pub doc: Option<SmolStr>,
    /// The whole sentence.
    pub span: Span,
}

/// `assert …`.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// Whom it is about.
    pub subject: AssertionSubject,
    /// `can`, or `cannot`.
    pub can: bool,
    /// What.
    pub capabilities: Vec<CapabilityUse>,
    /// On what.
    pub on: Target,
    /// The whole sentence.
    pub span: Span,
}

/// Whom an assertion is about.
#[derive(Clone, Debug)]
pub enum AssertionSubject {
    /// One principal.
    One(Principal, Span),
    /// Nobody; only roles of one account where given.
    None(Option<AccountId>),
    /// Nobody but these.
    Only(Vec<(Principal, Span)>),
}
