//! Lake Formation's hybrid access mode.

use super::{Domain, Platform, ValueKind};

impl Platform {
    /// Whether IAM's policies alone govern whoever is granted nothing in a domain.
    pub fn is_hybrid(&self, domain: &Domain) -> bool {
        self.field(domain.resource, "hybrid").is_some_and(|value| value.kind == ValueKind::Bool(true))
    }
}
