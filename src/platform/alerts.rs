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

    /// The topic that is told when a declaration fails; `None` where it is not made here, or nobody is told.
    pub fn watched_by(&self, id: ResourceId) -> Option<ResourceId> {
        let resource = self.resource(id);
        let ours = self.account_of(id).is_some_and(|account| !account.external) && !resource.external;
        (ours && self.library.watched.contains_key(&resource.kind)).then(|| self.alerts(id))?
    }
}
