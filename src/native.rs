//! A checked query as a job of the native operator: what `dpl run` runs.

use crate::{platform::ResourceId, run::Job, window::time::Style};

/// A query with the streams around it. Made from the query's typed plan and its streams' schemas.
#[derive(Clone, Debug)]
pub struct Native {
    /// What is computed.
    pub job: Job,
    /// The stream that is read.
    pub source: ResourceId,
    /// How the source's timestamps are written.
    pub style: Style,
    /// Whether the source's own format is CSV; JSON lines otherwise.
    pub csv: bool,
    /// The stream that results are written to.
    pub sink: ResourceId,
    /// The stream that late rows are diverted to.
    pub late: Option<ResourceId>,
    /// The stream that invalid rows are diverted to.
    pub rejected: Option<ResourceId>,
}
