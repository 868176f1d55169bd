//! Which control policies bind an account, gathered once.

use std::collections::BTreeSet;

use super::decide::Level;
use crate::{
    access::{Access, Document},
    platform::{AccountId, Platform},
};

/// The control policies of every account, by its index.
pub struct Control<'a> {
    service: Vec<Vec<Level<'a>>>,
    resource: Vec<Vec<Level<'a>>>,
    /// The prefixes of the services for which resource control policies count.
    controlled: BTreeSet<&'a str>,
}

impl<'a> Control<'a> {
    /// For one program.
    pub fn of(platform: &'a Platform, access: &'a Access) -> Self {
        let services = platform.library.services.iter().filter(|service| service.resource_control);
        Self {
            service: levels(platform, access, &access.guardrails),
            resource: levels(platform, access, &access.resource_guardrails),
            controlled: services.map(|service| service.prefix.as_str()).collect(),
        }
    }

    /// What an account's roles may do at most.
    pub fn service(&self, account: AccountId) -> &[Level<'a>] {
        self.service.get(account.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// What limits an action on an account's resources: resource control policies count for some services only.
    pub fn resource_of_action(&self, account: AccountId, action: &str) -> &[Level<'a>] {
        let service = action.split(':').next().unwrap_or_default();
        if self.controlled.contains(service) { self.resource(account) } else { &[] }
    }

    /// What may be done at most with an account's resources.
    pub fn resource(&self, account: AccountId) -> &[Level<'a>] {
        self.resource.get(account.0 as usize).map_or(&[], Vec::as_slice)
    }
}

/// AWS's own policy that allows everything is attached at every level: we never detach it.
fn levels<'a>(platform: &Platform, access: &Access, documents: &'a [Document]) -> Vec<Vec<Level<'a>>> {
    let level = |attached: &Vec<usize>| Level {
        full_access: true,
        documents: attached
            .iter()
            .filter_map(|&at| documents.get(at))
            .filter(|document| !document.statements.is_empty())
            .collect(),
    };
    let accounts = (0_u32..).zip(&platform.accounts).map(|(at, _)| AccountId(at));
    accounts.map(|account| access.levels(account).iter().map(level).collect()).collect()
}
