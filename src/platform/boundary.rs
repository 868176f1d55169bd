//! What a role may do at most.

use super::{grant::Grant, resource::ResourceId};

/// A permissions boundary.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Its declaration.
    pub resource: ResourceId,
    /// What it leaves and what it takes, to nobody in particular; empty for one that exists already.
    pub sentences: Vec<Grant>,
}
