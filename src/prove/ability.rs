//! What a role can do with a resource: everything that a capability takes there, or some of it, by itself or as another role that it can assume.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use smol_str::SmolStr;

use super::{
    candidates::Candidates,
    control::Control,
    decide::{Deciding, Decision, Policy},
    request::{Request, requests},
};
use crate::{
    access::{
        Access, Limit, RoleAccess, RoleKey, TableGrant,
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    library::KindId,
    platform::{Capability, CapabilityUse, Platform, Principal, Target, resource::Noun},
    source::Span,
};

/// Proves over one program's documents.
pub struct Prover<'a> {
    pub(super) platform: &'a Platform,
    pub(super) access: &'a Access,
    pub(super) control: Control<'a>,
    candidates: Candidates<'a>,
    bucket: Option<KindId>,
    /// Found when first asked for.
    chains: OnceCell<Vec<Vec<usize>>>,
}

/// Whether a role can do something, and what decides.
#[derive(Clone, Debug, Default)]
pub struct Ability<'a> {
    /// It can do all of it, under circumstances that were found.
    pub fully: bool,
    /// It can do some of it, or the program does not say that it can't.
    pub partly: bool,
    /// What allows what it can do.
    pub allowed_by: Vec<Ground<'a>>,
    /// Denials that may stand in the way: what they depend on is not decided by the program.
    pub unless: Vec<Ground<'a>>,
    /// Why it can't do all.
    pub missing: Option<Missing<'a>>,
}

/// What has a part in a decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ground<'a> {
    /// A statement of a policy.
    Policy(Deciding<'a>),
    /// A grant of Lake Formation, where the program says so.
    LakeFormation(Span),
}

/// What stands in the way.
#[derive(Clone, Debug)]
pub struct Missing<'a> {
    /// In words: the action, the resource, the reason.
    pub reason: String,
    /// The statement that denies it, if one does.
    pub denied_by: Option<Deciding<'a>>,
}

impl Ground<'_> {
    /// Whether it holds for every request, and not under conditions only.
    pub fn is_certain(&self) -> bool {
        match self {
            Self::Policy(deciding) => deciding.certain,
            Self::LakeFormation(_) => true,
        }
    }

    /// The places in the program that it comes from.
    pub fn places(&self) -> &[Span] {
        match self {
            Self::Policy(deciding) => &deciding.statement.origins,
            Self::LakeFormation(span) => std::slice::from_ref(span),
        }
    }
}

impl<'a> Prover<'a> {
    /// For one program.
    pub fn new(platform: &'a Platform, access: &'a Access) -> Self {
        let bucket = platform.library.kind_named("bucket");
        let (control, candidates) = (Control::of(platform, access), Candidates::of(platform, access));
        Self { platform, access, control, candidates, bucket, chains: OnceCell::new() }
    }

    /// The statement of a guardrail that denies a request, whatever the circumstances.
    pub fn guardrail(&self, request: &Request<'a>) -> Option<Deciding<'a>> {
        match self.decide(request) {
            Decision::ExplicitlyDenied(by)
                if matches!(by.policy, Policy::ServiceControl | Policy::ResourceControl) =>
            {
                Some(by)
            }
            _ => None,
        }
    }

    /// Whether a role's boundary leaves nothing of what it may do by itself.
    pub(super) fn is_outside_boundary(&self, role: &'a RoleAccess, requirement: &Requirement) -> bool {
        let (patterns, prefixes) = self.patterns(role, requirement);
        let mut asked = requests(self.platform, role, requirement, &patterns, &prefixes).into_iter();
        asked.all(|request| match self.decide(&request) {
            Decision::ImplicitlyDenied(policy) => policy == Policy::Boundary,
            Decision::ExplicitlyDenied(by) => by.policy == Policy::Boundary,
            Decision::Allowed(..) => false,
        })
    }

    /// Every role that can do some of something by itself, by its place in the list, and what it can do.
    pub fn able(&self, wanted: &CapabilityUse, on: &Target) -> BTreeMap<usize, Ability<'a>> {
        let able = self.candidates(wanted, on).into_iter().filter_map(|at| {
            let ability = self.ability(self.access.roles.get(at)?, wanted, on);
            ability.partly.then_some((at, ability))
        });
        able.collect()
    }

    /// At least the roles that can do some of it: who has none of the primary requirements can't.
    fn candidates(&self, wanted: &CapabilityUse, on: &Target) -> BTreeSet<usize> {
        let at_place = |capability: Capability, place: &Place| -> BTreeSet<usize> {
            let required = requirements(self.platform, capability, place);
            let primary = required.iter().filter(|it| it.primary);
            primary.flat_map(|it| self.candidates.for_requirement(it)).collect()
        };
        let Some(permission) = self.permission(wanted) else {
            return at_place(wanted.capability, &Place::from(on));
        };
        let told =
            self.table_grants(permission, on).filter_map(|it| self.access.index_of(self.receiver(it)?));
        let mut found: BTreeSet<usize> = told.collect();
        if let Some((capability, objects)) = self.around(permission, on) {
            found.extend(at_place(capability, &objects));
        }
        found
    }

    /// What a role can do by itself.
    pub fn ability(&self, role: &'a RoleAccess, wanted: &CapabilityUse, on: &Target) -> Ability<'a> {
        match self.permission(wanted) {
            Some(permission) => self.on_table(role, wanted, permission, on),
            None => self.on_place(role, wanted.capability, &Place::from(on)),
        }
    }

    /// The permission of Lake Formation that a capability is, where it is one.
    fn permission(&self, wanted: &CapabilityUse) -> Option<&'a str> {
        match wanted.capability {
            Capability::Named(id) => self.platform.library.capability(id).permission.as_deref(),
            Capability::Action(_) => None,
        }
    }

    fn on_place(&self, role: &'a RoleAccess, capability: Capability, place: &Place) -> Ability<'a> {
        let (primary, beside): (Vec<_>, Vec<_>) =
            requirements(self.platform, capability, place).into_iter().partition(|it| it.primary);
        let mut ability = Ability { fully: !primary.is_empty(), ..Ability::default() };
        for requirement in &primary {
            self.decide_all(role, requirement, &mut ability);
        }
        let partly = ability.partly;
        let mut key_usable = true;
        for requirement in &beside {
            let mut more = Ability { fully: true, ..Ability::default() };
            self.decide_all(role, requirement, &mut more);
            key_usable &= requirement.via.is_none() || more.partly;
            ability.fully &= more.fully;
            ability.allowed_by.extend(more.allowed_by);
            ability.unless.extend(more.unless);
            ability.missing = ability.missing.or(more.missing);
        }
        // Objects without the right to their key are of no use; other things that go with a capability only make it comfortable.
        ability.partly = partly && key_usable;
        ability
    }

    fn decide_all(&self, role: &'a RoleAccess, requirement: &Requirement, ability: &mut Ability<'a>) {
        let (patterns, prefixes) = self.patterns(role, requirement);
        for mut request in requests(self.platform, role, requirement, &patterns, &prefixes) {
            if self.is_catalog(requirement) {
                // Lake Formation opens the catalog to other accounts by sharing it, and not by a policy.
                request.account = role.identity.account;
                request.owner = None;
            }
            self.decide_one(&request, ability);
        }
    }

    fn decide_one(&self, request: &Request<'a>, ability: &mut Ability<'a>) {
        match self.decide(request) {
            Decision::Allowed(grounds, unless) => {
                ability.partly = true;
                let certain = unless.is_empty() && grounds.iter().all(|it| it.certain);
                if !certain && !self.allowed_somehow(request) {
                    ability.refuse(
                        request,
                        "no circumstances were found in which all conditions agree",
                        None,
                    );
                }
                ability.allowed_by.extend(grounds.into_iter().map(Ground::Policy));
                ability.unless.extend(unless.into_iter().map(Ground::Policy));
            }
            Decision::ExplicitlyDenied(by) => ability.refuse(request, by.policy.denying(), Some(by)),
            Decision::ImplicitlyDenied(policy) => ability.refuse(request, policy.lacking(), None),
        }
    }

    fn is_catalog(&self, requirement: &Requirement) -> bool {
        requirement.owner.is_some_and(|owner| {
            matches!(self.platform.resource(owner).noun, Noun::Table(_) | Noun::Domain(_))
        })
    }

    /// The patterns of resources and of prefixes that policies about a role have, so that each case of a request is asked.
    fn patterns(
        &self,
        role: &'a RoleAccess,
        requirement: &Requirement,
    ) -> (Vec<&'a SmolStr>, Vec<&'a SmolStr>) {
        let own = role.policy.statements.iter();
        let theirs = requirement
            .owner
            .and_then(|owner| self.access.policy_of(owner))
            .into_iter()
            .flat_map(|it| &it.statements);
        let theirs = theirs.filter(|statement| {
            statement.principal.as_ref().is_none_or(|it| it.everybody || it.aws.contains(&role.identity.arn))
        });
        let account = requirement.owner.and_then(|owner| self.platform.resource(owner).account);
        let resource = account.map_or(&[][..], |account| self.control.resource(account));
        let levels = self.control.service(role.identity.account).iter().chain(resource);
        let rails = levels.flat_map(|level| &level.documents).flat_map(|it| &it.statements);
        let boundary = match role.boundary {
            Some(Limit::Ours(at)) => self.access.boundaries.get(at).map(|it| &it.policy),
            _ => None,
        };
        let limits = boundary.into_iter().flat_map(|it| &it.statements);
        let (mut resources, mut prefixes) = (Vec::new(), Vec::new());
        for statement in own.chain(theirs).chain(rails).chain(limits) {
            resources.extend(&statement.resources);
            if let Some((key, _)) = &requirement.prefix
                && let Some(values) = statement.conditions.0.get("StringLike").and_then(|keys| keys.get(key))
            {
                prefixes.extend(values);
            }
        }
        (resources, prefixes)
    }

    /// Lake Formation and IAM must both allow it; or the objects below the table are open to the role, whatever Lake Formation says.
    fn on_table(
        &self,
        role: &'a RoleAccess,
        wanted: &CapabilityUse,
        permission: &str,
        on: &Target,
    ) -> Ability<'a> {
        let granted = self.granted(role, wanted, permission, on);
        match self.bypass(role, permission, on) {
            Some(bypass) if bypass.fully || (bypass.partly && !granted.fully) => {
                Ability { fully: bypass.fully || granted.fully, missing: granted.missing, ..bypass }
            }
            _ => granted,
        }
    }

    /// What a role can do with the objects of a table past Lake Formation.
    fn bypass(&self, role: &'a RoleAccess, permission: &str, on: &Target) -> Option<Ability<'a>> {
        let (capability, objects) = self.around(permission, on)?;
        Some(self.on_place(role, capability, &objects))
    }

    /// What does the same as a permission of Lake Formation past it, and where.
    fn around(&self, permission: &str, on: &Target) -> Option<(Capability, Place)> {
        let around = match permission {
            "SELECT" => "read",
            "INSERT" => "write",
            "DELETE" => "delete",
            _ => return None,
        };
        let id = self.platform.library.capability_named(self.bucket?, around)?;
        Some((Capability::Named(id), self.objects(on)?))
    }

    /// The places that open a table's objects to a role past Lake Formation; none where they are closed to it.
    pub fn objects_open_to(&self, role: &'a RoleAccess, wanted: &CapabilityUse, on: &Target) -> Vec<Span> {
        let bypass = self.permission(wanted).and_then(|permission| self.bypass(role, permission, on));
        let grounds = bypass.filter(|it| it.partly).map(|it| it.allowed_by).unwrap_or_default();
        grounds.iter().flat_map(Ground::places).copied().collect()
    }

    fn granted(
        &self,
        role: &'a RoleAccess,
        wanted: &CapabilityUse,
        permission: &str,
        on: &Target,
    ) -> Ability<'a> {
        let mut ability = self.on_place(role, wanted.capability, &Place::from(on));
        let (all, some, spans) = self.told(role, wanted, permission, on);
        if !all && ability.missing.is_none() {
            let reason = "a grant of Lake Formation on it".to_owned();
            ability.missing = Some(Missing { reason, denied_by: None });
        }
        ability.fully &= all;
        ability.partly &= some;
        ability.allowed_by.extend(spans.into_iter().map(Ground::LakeFormation));
        ability
    }

    /// Whether Lake Formation grants all columns asked for, whether it grants any, and where the program says so.
    fn told(
        &self,
        role: &RoleAccess,
        wanted: &CapabilityUse,
        permission: &str,
        on: &Target,
    ) -> (bool, bool, Vec<Span>) {
        let grants: Vec<&TableGrant> = self
            .table_grants(permission, on)
            .filter(|it| self.receiver(it) == Some(role.identity.key))
            .collect();
        let asked = self.columns(wanted, on);
        let has =
            |column: &SmolStr| grants.iter().any(|it| it.columns.is_empty() || it.columns.contains(column));
        let all = !grants.is_empty() && asked.iter().all(has);
        let some = !grants.is_empty() && (asked.is_empty() || asked.iter().any(has));
        (all, some, grants.iter().map(|it| it.span).collect())
    }

    /// The role that a permission of Lake Formation is for.
    fn receiver(&self, grant: &TableGrant) -> Option<RoleKey> {
        match grant.principal {
            Principal::Resource(id) => acting(self.platform, id),
            _ => None,
        }
    }

    /// What is granted of a permission on a table or a database; what is granted on a database counts for each of its tables.
    fn table_grants(&self, permission: &str, on: &Target) -> impl Iterator<Item = &'a TableGrant> {
        let (domain, table) = match self.platform.resource(on.resource).noun {
            Noun::Domain(domain) => (Some(domain), None),
            Noun::Table(at) => {
                (self.platform.tables.get(at as usize).map(|table| table.domain), Some(Some(at)))
            }
            _ => (None, None),
        };
        let places = domain.into_iter().flat_map(move |domain| {
            [Some(None), table].into_iter().flatten().map(move |table| (domain, table))
        });
        places
            .flat_map(|(domain, table)| self.candidates.table_grants(domain, table))
            .copied()
            .filter(move |it| it.permission == permission)
    }

    /// The columns asked for: those named, else all of the table.
    fn columns(&self, wanted: &CapabilityUse, on: &Target) -> Vec<SmolStr> {
        if !wanted.columns.is_empty() {
            return wanted.columns.clone();
        }
        match self.platform.resource(on.resource).noun {
            Noun::Table(at) => self.platform.tables.get(at as usize).map_or_else(Vec::new, |table| {
                self.platform.schema(table.schema).columns.iter().map(|column| column.name.clone()).collect()
            }),
            _ => Vec::new(),
        }
    }

    /// Where a table's or a domain's objects lie.
    fn objects(&self, on: &Target) -> Option<Place> {
        match self.platform.resource(on.resource).noun {
            Noun::Table(at) => Some(Place::from(&self.platform.tables.get(at as usize)?.location)),
            Noun::Domain(at) => Some(Place::from(&self.platform.domains.get(at as usize)?.location)),
            _ => None,
        }
    }

    /// Who can become whom: for each role, by its place in the list, the roles that it can assume.
    pub fn chains(&self) -> &[Vec<usize>] {
        self.chains.get_or_init(|| self.find_chains())
    }

    fn find_chains(&self) -> Vec<Vec<usize>> {
        let mut chains = vec![Vec::new(); self.access.roles.len()];
        let Some(assume) = self.assume() else { return chains };
        for (at, assumed) in self.access.roles.iter().enumerate() {
            let RoleKey::Declared(id) = assumed.identity.key else { continue };
            let required = requirements(self.platform, assume, &Place::Resource(id));
            let callers = required.first().map(|it| self.candidates.for_requirement(it)).unwrap_or_default();
            for caller in callers {
                let Some(role) = self.access.roles.get(caller).filter(|_| caller != at) else { continue };
                let mut ability = Ability { fully: true, ..Ability::default() };
                required.iter().for_each(|it| self.decide_all(role, it, &mut ability));
                if ability.fully {
                    chains.get_mut(caller).into_iter().for_each(|it| it.push(at));
                }
            }
        }
        chains
    }

    fn assume(&self) -> Option<Capability> {
        let library = &self.platform.library;
        library.capability_named(library.kind_named("role")?, "assume").map(Capability::Named)
    }
}

impl<'a> Ability<'a> {
    fn refuse(&mut self, request: &Request<'_>, reason: &str, denied_by: Option<Deciding<'a>>) {
        self.fully = false;
        if self.missing.is_none() {
            let Request { action, resource, .. } = request;
            let reason = format!("{action} on {} ({reason})", resource.replace("~any~", "*"));
            self.missing = Some(Missing { reason, denied_by });
        }
    }
}

impl Policy {
    /// What is said where one denies.
    fn denying(self) -> &'static str {
        match self {
            Self::Identity => "the role's own policy denies it",
            Self::Boundary => "the role's boundary denies it",
            Self::Session => "the session's policy denies it",
            Self::ServiceControl => "a guardrail denies it",
            Self::ResourceControl => "a guardrail of the resource's account denies it",
            Self::Resource => "the resource's policy denies it",
        }
    }

    /// What is said where one does not allow what it must.
    fn lacking(self) -> &'static str {
        match self {
            Self::Identity => "the role's own policy must allow it",
            Self::Boundary => "the role's boundary must allow it, too",
            Self::Session => "the session's policy must allow it, too",
            Self::ServiceControl => "a service control policy must allow it, too",
            Self::ResourceControl => "a resource control policy must allow it, too",
            Self::Resource => "the resource's policy must allow it, too",
        }
    }
}
