//! Who is told when something fails.

use super::{Platform, ResourceId};

impl Platform {
    /// The topic that a declaration tells: its own, else that of what it stands in, else its account's.
    pub fn alerts(&self, id: ResourceId) -> Option<ResourceId> {
        let mut at = Some(id);
        while let Some(here) = at {
            if let Some(topic) = self.reference(here, "alerts") {
                return Some(topic);
            }
            at = self.resource(here).parent;
        }
        self.reference(self.account_of(id)?.resource, "alerts")
    }

    /// Whether it is made, and somebody is told when it fails.
    pub fn is_watched(&self, id: ResourceId) -> bool {
        let resource = self.resource(id);
        let ours = self.account_of(id).is_some_and(|account| !account.external) && !resource.external;
        ours && self.library.watched.contains_key(&resource.kind) && self.alerts(id).is_some()
    }
}
