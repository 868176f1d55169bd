//! Crawlers, as far as the compiler knows more of them than their fields.

use super::{Location, Platform, ResourceId, ValueKind};
use crate::source::Span;

/// A crawler that is ours to make.
#[derive(Debug)]
pub struct Crawler<'a> {
    /// The declaration.
    pub resource: ResourceId,
    /// Where it looks, with where each is written.
    pub targets: Vec<(&'a Location, Span)>,
    /// The domain that it writes tables into, with where it is named.
    pub domain: (ResourceId, Span),
}

impl Platform {
    /// All crawlers that the program makes.
    pub fn crawlers(&self) -> impl Iterator<Item = Crawler<'_>> {
        let ours = self.of_kind("crawler").filter(|(_, resource)| !resource.external);
        ours.filter_map(|(resource, _)| {
            let domain = self.field(resource, "domain")?;
            let ValueKind::Ref(id) = domain.kind else { return None };
            let targets = self.field(resource, "targets").map(super::Value::locations).unwrap_or_default();
            Some(Crawler { resource, targets, domain: (id, domain.span) })
        })
    }
}
