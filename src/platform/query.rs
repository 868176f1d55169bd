//! Streaming queries.

use super::{account::AccountId, resource::ResourceId};
use crate::{source::Span, sql::plan::Relation};

/// A continuous query.
#[derive(Clone, Debug)]
pub struct Query {
    /// Its declaration.
    pub resource: ResourceId,
    /// The account that it runs in: its sink's.
    pub account: AccountId,
    /// The stream that it writes to.
    pub sink: ResourceId,
    /// What it computes: a relation whose fields are the sink's columns, in their order.
    pub plan: Relation,
    /// How long in milliseconds after an event its result may come, and where that is promised.
    pub latency: Option<(u64, Span)>,
    /// Its SQL.
    pub span: Span,
}

impl Query {
    /// The streams that it reads, each once, in the order of their ids.
    pub fn sources(&self) -> Vec<ResourceId> {
        self.plan.sources()
    }
}
