//! What two versions of a program mean differently: who may do more or less, which promises are broken and for whom, which resources are made
//! anew, which state of a streaming job is lost. It compares what was derived, never the text, so that what only looks different is not told.
//!
//! | file | does |
//! | --- | --- |
//! | `pair.rs` | which declaration is which of the other version: by its name in AWS |
//! | `access/` | requests that one version allows and the other does not |
//! | `types.rs` | whether every value of a type is one of another |
//! | `contract.rs` | what readers of tables and streams rely on |
//! | `resource.rs` | resources that are gone, or made anew |
//! | `state.rs` | state of streaming queries |
//! | `pipeline.rs` | what pipelines take and return |
//! | `order.rs` | in which order accounts are deployed |
//! | `render/` | a writer per format |

mod access;
mod contract;
mod order;
mod pair;
mod pipeline;
pub mod render;
mod resource;
mod state;
mod types;

use serde::Serialize;

use crate::{Analysis, source::Span};

/// What a change means for those who rely on the old version. In the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Somebody may do more.
    Widening,
    /// A promise is broken: to readers, to callers, or to a job's state.
    Breaking,
    /// A resource is made anew, or is gone.
    Replacement,
    /// Somebody may do less.
    Narrowing,
    /// Worth knowing.
    Note,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Who may do what.
    Access,
    /// What readers rely on.
    Contract,
    /// What a pipeline takes and returns.
    Pipeline,
    /// Resources.
    Resource,
    /// State of a streaming job.
    State,
}

/// Which version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// The one before.
    Old,
    /// The one behind.
    New,
}

/// A place in one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// In which.
    pub version: Version,
    /// Where.
    pub span: Span,
}

/// Who may do what, more or less than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gain {
    /// The ARN of a role or an account, or a service.
    pub principal: String,
    /// In AWS's spelling.
    pub actions: Vec<String>,
    /// The ARN or a pattern of ARNs.
    pub resource: String,
    /// Columns, where it is not all of a table's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Circumstances that tell both versions apart, where they matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What it means.
    pub class: Class,
    /// What it is about.
    pub topic: Topic,
    /// The declaration or the principal, as the program calls it.
    pub subject: String,
    /// What changed, behind the subject.
    pub what: String,
    /// What follows, a sentence each.
    pub details: Vec<String>,
    /// Whom it hits, sorted.
    pub readers: Vec<String>,
    /// Of access: the exact terms.
    pub gain: Option<Gain>,
    /// Where.
    pub at: At,
}

/// An account's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// Its name in the program.
    pub account: String,
    /// Why it does not come earlier; empty where nothing keeps it.
    pub after: Vec<String>,
}

/// All changes, sorted, and the order in which accounts are deployed; both empty where nothing that matters changed.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// The changes.
    pub entries: Vec<Entry>,
    /// The accounts whose artifacts differ.
    pub order: Vec<Turn>,
}

/// Compares two versions without errors.
pub fn diff(old: &Analysis, new: &Analysis) -> Diff {
    let pairs = pair::Pairs::of(&old.platform, &new.platform);
    let mut entries = access::changes(old, new);
    entries.extend(contract::changes(old, new, &pairs));
    entries.extend(resource::changes(old, new, &pairs));
    entries.extend(state::changes(old, new, &pairs));
    entries.extend(pipeline::changes(old, new, &pairs));
    entries.sort();
    entries.dedup();
    let order = if entries.is_empty() { Vec::new() } else { order::turns(old, new) };
    Diff { entries, order }
}
