//! Who needs what: from sentences, trusts and [what declarations do](super::uses) to the permissions of each role and the permissions that resources
//! must give to other accounts.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    condition,
    foreign::{Missing, Ours},
    is_ours,
    minimize::Permission,
    named::{self, Named, source_service},
    requirement::{Place, Requirement, requirements},
    roles::{RoleKey, Roles, acting},
    trust::session_tags,
    uses::Use,
};
use crate::{
    library::ServiceId,
    platform::{
        AccountId, Capability, Grant, Platform, Principal, ResourceId, grant::Effect, resource::Noun,
    },
    source::Span,
};

/// The permissions of everybody.
pub struct Needs<'a> {
    pub(super) platform: &'a Platform,
    roles: &'a Roles,
    /// Of each role, by its index in [`Roles::list`].
    pub identity: Vec<Vec<Permission>>,
    /// What the policies of resources say.
    pub resources: BTreeMap<ResourceId, Vec<Permission>>,
    /// What only somebody else can add.
    pub missing: Missing,
    /// What is taken without a grant.
    pub uses: Vec<Use>,
}

/// Everything that the program needs.
pub fn needs<'a>(platform: &'a Platform, roles: &'a Roles) -> Needs<'a> {
    let identity = vec![Vec::new(); roles.list.len()];
    let (resources, missing, uses) = (BTreeMap::new(), Missing::new(), Vec::new());
    let mut needs = Needs { platform, roles, identity, resources, missing, uses };
    platform.grants.iter().for_each(|grant| needs.grant(grant));
    needs.trusts();
    needs.uses();
    needs
}

impl Needs<'_> {
    fn grant(&mut self, grant: &Grant) {
        for (principal, _) in &grant.to {
            for requirement in
                &condition::required(self.platform, grant, named::acts_by_itself(self.platform, principal))
            {
                self.principal(principal, requirement, grant.effect, grant.span);
            }
            self.hand_on(grant, principal);
        }
    }

    /// Lake Formation asks IAM, too, whether somebody may use a grant option; administrators of an account have that from elsewhere.
    /// Source: <https://docs.aws.amazon.com/lake-formation/latest/dg/required-permissions-for-grant.html>.
    fn hand_on(&mut self, grant: &Grant, principal: &Principal) {
        if !grant.grant_option || grant.effect == Effect::Deny || !matches!(principal, Principal::Resource(_))
        {
            return;
        }
        let kind = self.platform.kind_of(grant.on.resource).name.clone();
        let capability = self.capability(&kind, "hand_on");
        let required = capability.map(|it| requirements(self.platform, it, &Place::from(&grant.on)));
        for requirement in required.into_iter().flatten() {
            self.principal(principal, &requirement, Effect::Grant, grant.span);
        }
    }

    /// A role that trusts another by name needs nothing more: the other gets its side from the same line, where it takes one. Within an account the
    /// trust alone is enough.
    fn trusts(&mut self) {
        for role in &self.platform.roles {
            for trust in &role.trust {
                if let Principal::Resource(caller) = trust.principal
                    && acting(self.platform, caller).is_some()
                    && !self.is_at_home(caller, role.account)
                {
                    self.assume(&trust.principal, role.resource, trust.span);
                }
            }
        }
    }

    /// Whether what acts for a declaration is a role of ours in an account, which a trust there names. The trust in a group names its account,
    /// which leaves it to the policy of the permission set.
    fn is_at_home(&self, caller: ResourceId, account: AccountId) -> bool {
        let at = self.roles.key_of(self.platform, caller).and_then(|key| self.roles.index_of(key));
        let caller = at.and_then(|at| self.roles.list.get(at));
        caller.is_some_and(|caller| caller.account == account && !caller.is_permission_set())
    }

    fn assume(&mut self, caller: &Principal, role: ResourceId, origin: Span) {
        let capability = self.capability("role", "assume");
        for requirement in
            capability.map(|it| requirements(self.platform, it, &Place::Resource(role))).unwrap_or_default()
        {
            self.principal(caller, &requirement, Effect::Grant, origin);
        }
    }

    pub(super) fn capability(&self, kind: &str, name: &str) -> Option<Capability> {
        let library = &self.platform.library;
        library.capability_named(library.kind_named(kind)?, name).map(Capability::Named)
    }

    /// A permission of a principal as a sentence names it.
    pub(super) fn principal(
        &mut self,
        principal: &Principal,
        requirement: &Requirement,
        effect: Effect,
        origin: Span,
    ) {
        let platform = self.platform;
        match principal {
            Principal::Resource(id) if source_service(platform, *id).is_some() => {
                if let Some(named) = Named::source(platform, *id) {
                    self.only_owner(None, requirement, effect, &named, origin);
                }
            }
            Principal::Resource(id) => match self.roles.key_of(platform, *id) {
                Some(key) => self.role(key, requirement, effect, origin),
                None => self.external_role(*id, requirement, effect, origin),
            },
            Principal::Account(id) => {
                let account = platform.account(*id);
                let named = Named::account(platform, &account.id, account.name.clone());
                let said = self.owner(requirement, effect, &named, origin);
                if account.external || !said {
                    self.account_half(account.id.clone(), requirement, effect, said, origin);
                }
            }
            Principal::ForeignAccount(id) => {
                let named = Named::account(platform, id, id.clone());
                let said = self.owner(requirement, effect, &named, origin);
                self.account_half(id.clone(), requirement, effect, said, origin);
            }
            Principal::Service(service) => self.service(None, *service, requirement, effect, origin),
        }
    }

    /// A permission of a service, which has no policy of its own. `ours` is what is made here that it acts for.
    pub(super) fn service(
        &mut self,
        ours: Option<Ours>,
        service: ServiceId,
        requirement: &Requirement,
        effect: Effect,
        origin: Span,
    ) {
        let owner = requirement.owner.filter(|_| !condition::names_source(&requirement.given));
        let account = owner.and_then(|owner| self.platform.resource(owner).account);
        if let Some(named) = Named::service(self.platform, service, account) {
            self.only_owner(ours, requirement, effect, &named, origin);
        }
    }

    /// What the resource's policy alone says; where it is not ours, its owner must.
    fn only_owner(
        &mut self,
        ours: Option<Ours>,
        requirement: &Requirement,
        effect: Effect,
        named: &Named,
        origin: Span,
    ) {
        if !self.owner(requirement, effect, named, origin) && effect == Effect::Grant {
            let permission = self.of_resource(requirement, effect, named, origin);
            self.resource_half(ours, requirement, permission);
        }
    }

    /// Both sides of a role's permission: its own policy, and that of the resource where that is another account's.
    pub(super) fn role(&mut self, key: RoleKey, requirement: &Requirement, effect: Effect, origin: Span) {
        let Some(at) = self.roles.index_of(key) else {
            if let RoleKey::Declared(id) = key {
                self.external_role(id, requirement, effect, origin);
            }
            return;
        };
        let Some(role) = self.roles.list.get(at) else { return };
        let permission = self.permission(requirement, effect, origin);
        if let Some(own) = self.identity.get_mut(at) {
            own.push(permission);
            let tags = requirement.owner.is_some_and(|owner| demands_tags(self.platform, owner));
            if tags && let Some(tag) = self.tag_session(requirement, origin) {
                self.identity.get_mut(at).into_iter().for_each(|own| own.push(tag.clone()));
            }
        }
        let elsewhere =
            requirement.owner.and_then(|owner| self.platform.resource(owner).account) != Some(role.account);
        if effect == Effect::Grant && elsewhere {
            let named = Named::role(self.platform, role);
            if !self.owner(requirement, effect, &named, origin) {
                let permission = self.of_resource(requirement, effect, &named, origin);
                self.resource_half(Some(Ours::Role(key)), requirement, permission);
            }
        }
    }

    /// A role that exists already: its own policy is not ours to write, so the resource must name it in any case.
    fn external_role(&mut self, id: ResourceId, requirement: &Requirement, effect: Effect, origin: Span) {
        let resource = self.platform.resource(id);
        if let Some(arn) = resource.arn.clone() {
            let named = Named::arn(arn, resource.name.clone());
            let said = self.owner(requirement, effect, &named, origin);
            self.role_half(id, requirement, effect, said, origin);
            let owner = requirement.owner.map(|owner| self.platform.resource(owner));
            if effect == Effect::Grant && owner.is_some_and(|owner| owner.account != resource.account) {
                let permission = self.of_resource(requirement, effect, &named, origin);
                self.resource_half(None, requirement, permission);
            }
        }
    }

    /// The side of the resource, where it has a policy and is ours; whether it is.
    fn owner(&mut self, requirement: &Requirement, effect: Effect, named: &Named, origin: Span) -> bool {
        let Some(owner) = requirement.owner else { return false };
        let service = self.platform.library.action(requirement.action).service;
        let ours = is_ours(self.platform, self.platform.resource(owner));
        if !ours || !self.platform.library.service(service).resource_policy {
            return false;
        }
        let permission = self.of_resource(requirement, effect, named, origin);
        self.resources.entry(owner).or_default().push(permission);
        true
    }

    /// A permission as the resource's own policy says it.
    fn of_resource(
        &self,
        requirement: &Requirement,
        effect: Effect,
        named: &Named,
        origin: Span,
    ) -> Permission {
        let mut permission = self.permission(requirement, effect, origin);
        permission.conditions = named.conditions.clone();
        permission.conditions.extend(&requirement.given);
        // A service that acts by itself uses a key by itself, too.
        if let Some(via) = requirement.via.as_ref().filter(|_| named.principals.services.is_empty()) {
            permission.conditions.insert("StringEquals", "kms:ViaService", via.clone());
        }
        // Each resource's policy is about that resource alone. A key has no other name in its own, and a secret none that is known before.
        if requirement.owner.is_some_and(|owner| is_whole_in_its_policy(self.platform, owner)) {
            permission.resource = "*".into();
            permission.kind = SmolStr::default();
        }
        permission.principal = Some(named.principals.clone());
        permission.label = named.label.clone();
        permission
    }

    pub(super) fn permission(&self, requirement: &Requirement, effect: Effect, origin: Span) -> Permission {
        permission(self.platform, requirement, effect, origin)
    }

    /// What goes with assuming a role that demands session tags.
    fn tag_session(&self, requirement: &Requirement, origin: Span) -> Option<Permission> {
        let library = &self.platform.library;
        let action = library.action_named(library.service_named("sts")?, "TagSession")?;
        Some(self.permission(&Requirement { action, ..requirement.clone() }, Effect::Grant, origin))
    }
}

/// A permission as the policy of whoever has it says it.
pub(super) fn permission(
    platform: &Platform,
    requirement: &Requirement,
    effect: Effect,
    origin: Span,
) -> Permission {
    let library = &platform.library;
    let mut conditions = requirement.given.clone();
    if let Some(via) = &requirement.via {
        conditions.insert("StringEquals", "kms:ViaService", via.clone());
    }
    for service in &requirement.passed_to {
        conditions.insert("StringEquals", "iam:PassedToService", service.clone());
    }
    if let Some(alias) = &requirement.alias {
        conditions.insert("ForAnyValue:StringEquals", "kms:ResourceAliases", alias.clone());
    }
    Permission {
        effect,
        principal: None,
        service: library.service(library.action(requirement.action).service).prefix.clone(),
        action: library.action_spelling(requirement.action).clone(),
        resource: requirement.resource.clone(),
        kind: requirement.kind.clone(),
        prefix: requirement.prefix.clone(),
        conditions,
        label: requirement.owner.map_or_else(SmolStr::default, |owner| platform.resource(owner).name.clone()),
        origin,
    }
}

/// The ARN that stands for an account as a principal.
pub fn account_root(platform: &Platform, id: &str) -> SmolStr {
    SmolStr::from(format!("arn:{}:iam::{id}:root", platform.project.partition()))
}

/// Whether a resource's own policy means it by `*`.
fn is_whole_in_its_policy(platform: &Platform, id: ResourceId) -> bool {
    matches!(platform.kind_of(id).name.as_str(), "key" | "secret")
}

/// Whether somebody who assumes a role must bring session tags.
fn demands_tags(platform: &Platform, id: ResourceId) -> bool {
    matches!(platform.resource(id).noun, Noun::Role(at) if platform.roles.get(at as usize).is_some_and(|role| !session_tags(role).is_empty()))
}
