//! What is legal and gives more than it seems to: decided over the documents, told as warnings.

mod chain;
mod key;
mod pass;
mod rewrite;

use super::{graph, prover::Prover};
use crate::{
    access::{Access, RoleAccess, roles::acting},
    diagnostic::Diagnostics,
    library::ActionId,
    platform::{Capability, CapabilityUse, Grant, Platform, Principal, grant::Effect},
};

/// Reports everything dangerous.
pub fn dangers(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let (platform, access) = (prover.platform, prover.access);
    let danger = Danger { prover, platform, access, chains: prover.chains() };
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (role, wanted, action) in danger.actions(grant) {
            diagnostics.extend(rewrite::rewrites(&danger, grant, role, wanted, action));
            diagnostics.extend(pass::passes(&danger, grant, role, wanted, action));
            diagnostics.extend(pass::directs(&danger, grant, role, wanted, action));
        }
    }
    chain::stronger(&danger, diagnostics);
    key::unadministered(platform, access, diagnostics);
}

/// A program with its documents.
struct Danger<'p, 'a> {
    prover: &'p Prover<'a>,
    platform: &'a Platform,
    access: &'a Access,
    /// For each role, by its place in the list, those that it can assume.
    chains: &'p [Vec<usize>],
}

impl<'a> Danger<'_, 'a> {
    /// The single actions that a grant gives to roles, where the documents do allow them.
    fn actions<'g>(&self, grant: &'g Grant) -> Vec<(&'a RoleAccess, &'g CapabilityUse, ActionId)> {
        let mut found = Vec::new();
        for wanted in &grant.capabilities {
            let Capability::Action(action) = wanted.capability else { continue };
            let declared = self.platform.library.action(action);
            if declared.rewrites.is_none() && !declared.passes_role && !declared.directs {
                continue;
            }
            for (principal, _) in &grant.to {
                let Principal::Resource(id) = principal else { continue };
                let role = acting(self.platform, *id).and_then(|key| self.access.role(key));
                found.extend(
                    role.filter(|it| self.prover.ability(it, wanted, &grant.on).partly)
                        .map(|it| (it, wanted, action)),
                );
            }
        }
        found
    }

    /// Whether a role can become another, however many steps away.
    fn becomes(&self, from: usize, to: usize) -> bool {
        graph::closure([from], self.chains).contains(&to)
    }
}
