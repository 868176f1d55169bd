//! What only somebody else can add: the half of a permission that belongs to a role, a resource or an account that is not ours. It is said
//! beside our half, and where there is none of ours, as a warning.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    derive::Needs,
    document::Statement,
    is_ours,
    minimize::{self, Permission},
    requirement::Requirement,
    roles::RoleKey,
    trust::demanded,
};
use crate::{
    platform::{Platform, ResourceId, grant::Effect, resource::Noun},
    source::Span,
};

/// Our half of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ours {
    /// The policy of a role, or its trust.
    Role(RoleKey),
    /// The policy of a resource; of a table or a domain what Lake Formation is told.
    Resource(ResourceId),
}

/// Whose the other half is, and where it has to be written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theirs {
    /// The policy of a role that exists already.
    Identity(ResourceId),
    /// The policies of whomever an account's administrators choose: the account's id.
    Members(SmolStr),
    /// The policy of a resource.
    Policy(ResourceId),
    /// The trust policy of a role.
    Trust(ResourceId),
    /// A resource that has no policy: its owner lets others in by other means.
    Door(ResourceId),
}

/// The half of permissions that somebody else must add.
#[derive(Debug)]
pub struct ForeignHalf {
    /// Our half; `None` where nothing of it is ours.
    pub ours: Option<Ours>,
    /// Where it has to be written.
    pub theirs: Theirs,
    /// What it must say.
    pub statements: Vec<Statement>,
}

/// The permissions that are missing on the other side.
pub type Missing = BTreeMap<(Option<Ours>, Theirs), Vec<Permission>>;

impl Needs<'_> {
    /// What a role that exists already must be allowed in its own policy. `said` is whether the resource's policy says it.
    pub(super) fn role_half(
        &mut self,
        role: ResourceId,
        requirement: &Requirement,
        effect: Effect,
        said: bool,
        origin: Span,
    ) {
        let owner = requirement.owner.map(|owner| self.platform.resource(owner));
        let account = self.platform.resource(role).account;
        let trusts = owner.is_some_and(|owner| matches!(owner.noun, Noun::Role(_)) && !owner.external);
        // In an account of its own the resource's policy is enough, as is any denial.
        let alone = effect == Effect::Deny || owner.is_some_and(|owner| owner.account == account);
        if !(alone && (said || trusts)) {
            self.lacks(Theirs::Identity(role), requirement, effect, said, origin);
        }
    }

    /// What somebody else's account must let those do whom it chooses. A denial by the resource needs nobody's help.
    pub(super) fn account_half(
        &mut self,
        account: SmolStr,
        requirement: &Requirement,
        effect: Effect,
        said: bool,
        origin: Span,
    ) {
        if !(said && effect == Effect::Deny) {
            self.lacks(Theirs::Members(account), requirement, effect, said, origin);
        }
    }

    fn lacks(&mut self, theirs: Theirs, requirement: &Requirement, effect: Effect, said: bool, origin: Span) {
        let ours = self.our_half(requirement, said);
        let permission = self.permission(requirement, effect, origin);
        self.missing.entry((ours, theirs)).or_default().push(permission);
    }

    /// What somebody else's resource must allow; nothing where the resource is ours.
    pub(super) fn resource_half(
        &mut self,
        ours: Option<Ours>,
        requirement: &Requirement,
        mut permission: Permission,
    ) {
        let Some(owner) = requirement.owner else { return };
        let resource = self.platform.resource(owner);
        if is_ours(self.platform, resource) {
            return;
        }
        let service = self.platform.library.action(requirement.action).service;
        let theirs = match resource.noun {
            Noun::Role(_) => Theirs::Trust(owner),
            _ if self.platform.library.service(service).resource_policy => Theirs::Policy(owner),
            _ => Theirs::Door(owner),
        };
        if let Noun::Role(at) = resource.noun
            && let Some(role) = self.platform.roles.get(at as usize)
        {
            permission.conditions.extend(&demanded(self.platform, role));
        }
        self.missing.entry((ours, theirs)).or_default().push(permission);
    }

    /// Our half of what a resource gives: its policy where that says it, a role's trust, or what Lake Formation is told. What AWS can't limit to
    /// a resource goes with the rest of the capability.
    fn our_half(&self, requirement: &Requirement, said: bool) -> Option<Ours> {
        let on = requirement.on?;
        let resource = self.platform.resource(on);
        let library = &self.platform.library;
        let service = self.platform.kind_of(on).service.as_ref().and_then(|name| library.service_named(name));
        let has_policy = service.is_some_and(|service| library.service(service).resource_policy);
        match resource.noun {
            _ if !is_ours(self.platform, resource) => None,
            Noun::Role(_) => Some(Ours::Role(RoleKey::Declared(on))),
            Noun::Table(_) | Noun::Domain(_) => Some(Ours::Resource(on)),
            _ => (said || (requirement.owner.is_none() && has_policy)).then_some(Ours::Resource(on)),
        }
    }
}

/// The halves that these permissions make.
pub fn halves(missing: Missing) -> Vec<ForeignHalf> {
    let half = |((ours, theirs), permissions)| {
        let mut statements = minimize::statements(permissions);
        if let Theirs::Trust(_) = theirs {
            // A trust policy is about its role, and names no resource.
            statements.iter_mut().for_each(|statement| statement.resources.clear());
        }
        ForeignHalf { ours, theirs, statements }
    };
    missing.into_iter().map(half).collect()
}

impl Theirs {
    /// The declaration whose owner it is about.
    pub fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Members(_) => None,
            Self::Identity(id) | Self::Policy(id) | Self::Trust(id) | Self::Door(id) => Some(*id),
        }
    }

    /// What must be done with the statements.
    pub fn instruction(&self, platform: &Platform) -> String {
        let name = |id: &ResourceId| {
            let resource = platform.resource(*id);
            match &resource.arn {
                Some(arn) => format!("`{}` ({arn})", resource.name),
                None => format!("`{}`", resource.name),
            }
        };
        match self {
            Self::Identity(id) => format!("the owner of {} must add to that role's policy", name(id)),
            Self::Members(account) => {
                format!("account {account} must add to the policy of whoever is to do it")
            }
            Self::Policy(id) => format!("the owner of {} must add to its policy", name(id)),
            Self::Trust(id) => format!("the owner of {} must add to its trust policy", name(id)),
            Self::Door(id) => {
                format!("the owner of {} must let these in, which has no policy of its own", name(id))
            }
        }
    }
}

impl ForeignHalf {
    /// What its owner must do, in a sentence with the statements to add.
    pub fn sentence(&self, platform: &Platform) -> String {
        let statements = serde_json::to_string(&self.statements).unwrap_or_default();
        format!("{}: {statements}", self.theirs.instruction(platform))
    }
}
