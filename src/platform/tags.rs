//! What things are tagged with: what the organization, the units and the account around them say, their domain, and they themselves. What stands
//! further inside goes before what stands further outside.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{AccountId, Platform, ResourceId, ValueKind};

/// Tags by their keys.
pub type Tags = BTreeMap<SmolStr, SmolStr>;

impl Platform {
    /// What everything in an account is tagged with.
    pub fn tags_in(&self, account: AccountId) -> Tags {
        let account = self.account(account);
        let mut around = Vec::new();
        let mut unit = account.unit;
        while let Some(at) = unit {
            around.push(self.unit(at).resource);
            unit = self.unit(at).parent;
        }
        let organization = account.organization.and_then(|at| self.organizations.get(at as usize));
        around.extend(organization.map(|it| it.resource));
        let mut tags = Tags::new();
        for id in around.into_iter().rev().chain([account.resource]) {
            tags.extend(self.own_tags(id));
        }
        tags
    }

    /// What a declaration is tagged with in an account that may be another than its own: a pipeline has its rule where the bucket is.
    pub fn tags_of(&self, id: ResourceId, account: AccountId) -> Tags {
        let mut within = vec![id];
        let mut parent = self.resource(id).parent;
        while let Some(at) = parent {
            within.push(at);
            parent = self.resource(at).parent;
        }
        let mut tags = self.tags_in(account);
        for id in within.into_iter().rev() {
            tags.extend(self.own_tags(id));
        }
        tags
    }

    /// The tags that a declaration names. A role's are those of its sessions, and say nothing about the role.
    fn own_tags(&self, id: ResourceId) -> Tags {
        let (resource, kind) = (self.resource(id), self.kind_of(id));
        let Some(ValueKind::Map(entries)) = resource.field(kind, "tags").map(|value| &value.kind) else {
            return Tags::new();
        };
        if kind.name == "role" {
            return Tags::new();
        }
        let texts = entries.iter().filter_map(|(key, value)| match &value.kind {
            ValueKind::Text(text) => Some((key.clone(), text.clone())),
            _ => None,
        });
        texts.collect()
    }
}
