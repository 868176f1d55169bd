//! Which control policies bind an account, gathered once.

use super::decide::Level;
use crate::{
    access::{Access, Document},
    platform::{AccountId, Platform},
};

/// The control policies of every account, by its index.
pub struct Control<'a> {
    service: Vec<Vec<Level<'a>>>,
    resource: Vec<Vec<Level<'a>>>,
}

impl<'a> Control<'a> {
    /// For one program.
    pub fn of(platform: &Platform, access: &'a Access) -> Self {
        Self {
            service: levels(platform, access, &access.guardrails),
            resource: levels(platform, access, &access.resource_guardrails),
        }
    }

    /// What an account's roles may do at most.
    pub fn service(&self, account: AccountId) -> &[Level<'a>] {
        self.service.get(account.0 as usize).map_or(&[], Vec::as_slice)
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
