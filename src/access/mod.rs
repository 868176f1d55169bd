//! Who may do what: every permission that the program needs, each with the place in the program that needs it, and the policies that say so.
//!
//! | file | does |
//! | --- | --- |
//! | `derived.rs` | names of the roles that the compiler makes |
//! | `roles.rs` | all roles there are |
//! | `requirement.rs` | a capability at a place → actions on resources |
//! | `condition.rs` | what a sentence's conditions are in each half |
//! | `derive.rs`, `uses.rs` | the program → who needs which: by sentences, and by what declarations do |
//! | `named.rs` | how somebody is named in a policy |
//! | `minimize.rs` | permissions → statements |
//! | `size.rs`, `split.rs` | what AWS takes of a policy, and policies that outgrow it |
//! | `federation.rs` | what identity providers must have said |
//! | `trust.rs`, `resource.rs`, `guardrail.rs`, `boundary.rs` | trust policies, policies of resources, control policies, permissions boundaries |
//! | `foreign.rs` | what only somebody else can add |
//! | `lake_formation.rs` | what Lake Formation is told beside |
//! | `document.rs`, `pattern.rs` | IAM's documents and its wildcards |

pub mod boundary;
mod condition;
mod derive;
pub mod derived;
pub mod document;
pub mod federation;
pub mod foreign;
mod guardrail;
pub mod lake_formation;
mod minimize;
pub mod named;
pub mod pattern;
pub mod requirement;
mod resource;
pub mod roles;
pub mod size;
pub mod split;
mod trust;
mod uses;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

pub use boundary::{BoundaryAccess, Limit};
pub use derive::account_root;
pub use derived::{DerivedRole, Duty, derived_role, derived_role_in, short_hash};
pub use document::{Document, Statement};
pub use foreign::{ForeignHalf, Ours, Theirs};
pub use lake_formation::TableGrant;
pub use roles::{RoleIdentity, RoleKey};
pub use trust::session_tags;
pub use uses::Use;

use crate::platform::{AccountId, Platform, ResourceId, Role, resource::Noun};
use guardrail::Control;
use roles::Roles;

/// Every policy of a program.
#[derive(Debug, Default)]
pub struct Access {
    /// The roles that are ours, by account and name.
    pub roles: Vec<RoleAccess>,
    /// The policies of resources that have one: buckets, keys, topics, …
    pub resources: BTreeMap<ResourceId, Document>,
    /// The service control policies, in the order of the platform's guardrails; without statements where no rule is for them.
    pub guardrails: Vec<Document>,
    /// The resource control policies, likewise.
    pub resource_guardrails: Vec<Document>,
    /// What roles may do at most.
    pub boundaries: Vec<BoundaryAccess>,
    /// What Lake Formation is told.
    pub tables: Vec<TableGrant>,
    /// What only somebody else can add, sorted by our half.
    pub foreign: Vec<ForeignHalf>,
    /// What declarations take by what they do, without a grant.
    pub uses: Vec<Use>,
    places: FxHashMap<RoleKey, usize>,
    /// Of each account, by its index, and there of each node from the root down: the guardrails by their place in the platform's list.
    binding: Vec<Vec<Vec<usize>>>,
}

/// A role with its policies.
#[derive(Debug)]
pub struct RoleAccess {
    /// Which role.
    pub identity: RoleIdentity,
    /// Who may assume it.
    pub trust: Document,
    /// What it may do; without statements where it may do nothing.
    pub policy: Document,
    /// What it may do at most.
    pub boundary: Option<Limit>,
}

impl Access {
    /// Derives everything from a program without errors.
    pub fn of(platform: &Platform) -> Self {
        let roles = Roles::of(platform);
        let needs = derive::needs(platform, &roles);
        let (identity, mut resources) = (needs.identity, needs.resources);
        for kind in ["bucket", "key"] {
            for (id, _) in platform.of_kind(kind).filter(|(_, resource)| is_ours(platform, resource)) {
                resources.entry(id).or_default();
            }
        }
        let boundaries = boundary::boundaries(platform);
        let list: Vec<RoleAccess> = roles
            .list
            .iter()
            .zip(identity)
            .map(|(role, permissions)| RoleAccess {
                identity: role.clone(),
                trust: trust::trust(platform, &roles, role),
                policy: Document::new(minimize::statements(permissions)),
                boundary: declared_role(platform, role.key)
                    .and_then(|role| Some(boundary::limit(&boundaries, role.boundary?))),
            })
            .collect();
        Self {
            places: list.iter().enumerate().map(|(at, role)| (role.identity.key, at)).collect(),
            roles: list,
            resources: resources
                .into_iter()
                .filter_map(|(id, permissions)| Some((id, resource::policy(platform, id, permissions)?)))
                .collect(),
            guardrails: control(platform, Control::Service),
            resource_guardrails: control(platform, Control::Resource),
            boundaries,
            tables: lake_formation::table_grants(platform),
            binding: guardrail::binding(platform),
            foreign: foreign::halves(needs.missing),
            uses: needs.uses,
        }
    }

    /// The policy that a resource has of its own; a role's is its trust.
    pub fn policy_of(&self, id: ResourceId) -> Option<&Document> {
        self.resources.get(&id).or_else(|| Some(&self.role(RoleKey::Declared(id))?.trust))
    }

    /// The service control policies that bind an account, in the order of the platform's guardrails.
    pub fn guardrails_on(&self, account: AccountId) -> impl Iterator<Item = &Document> {
        let mut binding: Vec<usize> = self.levels(account).iter().flatten().copied().collect();
        binding.sort_unstable();
        binding.dedup();
        let bound = binding.into_iter().filter_map(|at| self.guardrails.get(at));
        bound.filter(|document| !document.statements.is_empty())
    }

    /// For each node above an account, from the root down to the account, the guardrails that are attached to it, by their place in the platform's
    /// list. None for an account that no control policy binds.
    pub fn levels(&self, account: AccountId) -> &[Vec<usize>] {
        self.binding.get(account.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// What others must do so that this half of ours has an effect, a sentence each.
    pub fn notes(&self, platform: &Platform, ours: Ours) -> Vec<String> {
        let first = self.foreign.partition_point(|half| half.ours < Some(ours));
        let halves = self.foreign.iter().skip(first).take_while(|half| half.ours == Some(ours));
        halves.map(|half| half.sentence(platform)).collect()
    }

    /// Where a role stands in [`Self::roles`]; `None` where it is not ours.
    pub fn index_of(&self, key: RoleKey) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// A role by what it is for.
    pub fn role(&self, key: RoleKey) -> Option<&RoleAccess> {
        self.roles.get(self.index_of(key)?)
    }
}

fn control(platform: &Platform, control: Control) -> Vec<Document> {
    platform.guardrails.iter().map(|it| guardrail::policy(platform, it, control)).collect()
}

fn declared_role(platform: &Platform, key: RoleKey) -> Option<&Role> {
    match (key, platform.resource(key.declaration()).noun) {
        (RoleKey::Declared(_), Noun::Role(at)) => platform.roles.get(at as usize),
        _ => None,
    }
}

/// Whether a declaration is generated: neither it nor its account exists without us.
pub fn is_ours(platform: &Platform, resource: &crate::platform::Resource) -> bool {
    !resource.external && resource.account.is_some_and(|account| !platform.account(account).external)
}
