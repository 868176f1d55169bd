//! Permissions boundaries: what roles may do at most.

use super::{condition, derive::permission, document::Document, is_ours, minimize::statements};
use crate::platform::{Boundary, Platform, ResourceId};

/// A boundary that is ours to make.
#[derive(Debug)]
pub struct BoundaryAccess {
    /// Its declaration.
    pub resource: ResourceId,
    /// What it leaves.
    pub policy: Document,
}

/// What limits a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A boundary of ours, by its place in [`super::Access::boundaries`].
    Ours(usize),
    /// One that exists already, and of which nothing is known.
    Theirs(ResourceId),
}

/// All boundaries that are ours to make, in the platform's order.
pub fn boundaries(platform: &Platform) -> Vec<BoundaryAccess> {
    let ours = platform.boundaries.iter().filter(|it| is_ours(platform, platform.resource(it.resource)));
    ours.map(|boundary| BoundaryAccess { resource: boundary.resource, policy: policy(platform, boundary) })
        .collect()
}

/// What limits a role of which this is the boundary.
pub fn limit(boundaries: &[BoundaryAccess], boundary: ResourceId) -> Limit {
    match boundaries.iter().position(|it| it.resource == boundary) {
        Some(at) => Limit::Ours(at),
        None => Limit::Theirs(boundary),
    }
}

fn policy(platform: &Platform, boundary: &Boundary) -> Document {
    let mut permissions = Vec::new();
    for sentence in &boundary.sentences {
        let required = condition::required(platform, sentence, false);
        permissions
            .extend(required.iter().map(|it| permission(platform, it, sentence.effect, sentence.span)));
    }
    Document::new(statements(permissions))
}
