//! Proofs over one program's documents: what is gathered once, and what is asked of it.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    ability::Ability,
    asked::Asked,
    candidates::Candidates,
    chains::Chains,
    control::Control,
    decide::{Deciding, Decision, Policy},
    patterns::Patterns,
    request::{Request, lacking, requests},
};
use crate::{
    access::{
        Access, Document, Limit, RoleAccess,
        requirement::{Place, Requirement, requirements},
    },
    flow::Flow,
    library::{ActionId, CapabilityId},
    platform::{Capability, CapabilityUse, Platform, ResourceId, Target, resource::Noun},
    source::Span,
};

/// Proves over one program's documents.
pub struct Prover<'a> {
    pub(super) platform: &'a Platform,
    pub(super) access: &'a Access,
    pub(super) control: Control<'a>,
    pub(super) candidates: Candidates<'a>,
    patterns: Patterns<'a>,
    /// What no role's request has unless it is given it.
    lacks: Arc<[SmolStr]>,
    /// Found when first asked for.
    flow: OnceCell<Flow>,
    chains: OnceCell<Chains>,
    grants: OnceCell<BTreeMap<Span, usize>>,
    tables: OnceCell<BTreeMap<ResourceId, Vec<usize>>>,
    /// By a capability's id, the actions that read the same data as its own.
    pub(super) alike: RefCell<FxHashMap<CapabilityId, Rc<[ActionId]>>>,
    /// Why one role can become another, by their places: many ways lead over the same steps.
    pub(super) becoming: RefCell<FxHashMap<(usize, usize), Rc<Ability<'a>>>>,
}

/// Somebody who asks: a role, in a session that may be narrower than the role.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The role.
    pub role: &'a RoleAccess,
    /// The session's policy.
    pub session: Option<&'a Document>,
}

impl<'a> From<&'a RoleAccess> for Actor<'a> {
    fn from(role: &'a RoleAccess) -> Self {
        Self { role, session: None }
    }
}

impl<'a> Prover<'a> {
    /// For one program.
    pub fn new(platform: &'a Platform, access: &'a Access) -> Self {
        let (control, candidates) = (Control::of(platform, access), Candidates::of(platform, access));
        let patterns = Patterns::of(platform, access, &control);
        Self {
            platform,
            access,
            control,
            candidates,
            patterns,
            lacks: lacking(&platform.library),
            flow: OnceCell::new(),
            chains: OnceCell::new(),
            grants: OnceCell::new(),
            tables: OnceCell::new(),
            alike: RefCell::default(),
            becoming: RefCell::default(),
        }
    }

    /// The program.
    pub fn platform(&self) -> &'a Platform {
        self.platform
    }

    /// A capability at a place, made ready to be asked about for many.
    pub fn asked(&self, wanted: &CapabilityUse, on: &Target) -> Asked<'_, 'a> {
        Asked::new(self, wanted, on)
    }

    /// Every role that can do some of something by itself, by its place in the list, and what it can do.
    pub fn able(&self, wanted: &CapabilityUse, on: &Target) -> BTreeMap<usize, Ability<'a>> {
        self.asked(wanted, on).able()
    }

    /// What a role can do by itself.
    pub fn ability(&self, role: &'a RoleAccess, wanted: &CapabilityUse, on: &Target) -> Ability<'a> {
        self.asked(wanted, on).ability(role.into())
    }

    /// The places that open a table's objects to a role past Lake Formation; none where they are closed to it.
    pub fn objects_open_to(&self, role: &'a RoleAccess, wanted: &CapabilityUse, on: &Target) -> Vec<Span> {
        let grounds = self.asked(wanted, on).objects(role.into()).map(|it| it.allowed_by).unwrap_or_default();
        grounds.iter().flat_map(super::Ground::places).copied().collect()
    }

    /// Who can become whom: for each role, by its place in the list, the roles that it can assume.
    pub fn chains(&self) -> &[Vec<usize>] {
        &self.steps().to
    }

    /// Who can become whom, in both directions.
    pub(super) fn steps(&self) -> &Chains {
        self.chains.get_or_init(|| Chains::of(self))
    }

    /// What is copied where.
    pub(super) fn flow(&self) -> &Flow {
        self.flow.get_or_init(|| Flow::of(self.platform))
    }

    /// The grants, by their places.
    pub(super) fn grants(&self) -> &BTreeMap<Span, usize> {
        self.grants
            .get_or_init(|| (0..).zip(&self.platform.grants).map(|(at, grant)| (grant.span, at)).collect())
    }

    /// The tables whose objects lie in a bucket, by their places in the platform's list.
    pub(super) fn tables_in(&self, bucket: ResourceId) -> &[usize] {
        let tables = self.tables.get_or_init(|| {
            let mut by_bucket: BTreeMap<ResourceId, Vec<usize>> = BTreeMap::new();
            for (at, table) in self.platform.tables.iter().enumerate() {
                by_bucket.entry(table.location.bucket).or_default().push(at);
            }
            by_bucket
        });
        tables.get(&bucket).map_or(&[], Vec::as_slice)
    }

    /// A capability of the standard library by its kind and name.
    pub(super) fn capability(&self, kind: &str, name: &str) -> Option<Capability> {
        let library = &self.platform.library;
        library.capability_named(library.kind_named(kind)?, name).map(Capability::Named)
    }

    /// The statement of a guardrail that denies a request, whatever the circumstances.
    pub fn guardrail(&self, request: &Request<'a>) -> Option<Deciding<'a>> {
        self.with_policies(request, |policies, question| policies.denied_by_control(question))
    }

    /// Whether a role's boundary leaves nothing of what it may do by itself.
    pub(super) fn is_outside_boundary(&self, role: &'a RoleAccess, requirement: &Requirement) -> bool {
        let mut asked = self.requests(role.into(), requirement).into_iter();
        asked.all(|request| match self.decide(&request) {
            Decision::ImplicitlyDenied(policy) => policy == Policy::Boundary,
            Decision::ExplicitlyDenied(by) => by.policy == Policy::Boundary,
            Decision::Allowed(..) => false,
        })
    }

    /// The requests that a requirement is for somebody: one for each case that policies tell apart.
    pub(super) fn requests(&self, actor: Actor<'a>, requirement: &Requirement) -> Vec<Request<'a>> {
        let owned_by = requirement.owner.and_then(|owner| self.platform.resource(owner).account);
        let mut cases = self.patterns.inside(actor.role, requirement, owned_by);
        if let Some(session) = actor.session {
            super::patterns::Sorted::of(&session.statements).add(requirement, &mut cases, |_| true);
        }
        let (resources, prefixes) = (&cases.resources, &cases.prefixes);
        let mut asked = requests(self.platform, &self.lacks, actor.role, requirement, resources, prefixes);
        let shared = self.is_catalog(requirement);
        for request in &mut asked {
            request.session = actor.session;
            if shared {
                // Lake Formation opens the catalog to other accounts by sharing it, and not by a policy.
                request.account = actor.role.identity.account;
                request.owner = None;
            }
        }
        asked
    }

    /// The requests that a requirement is whatever cases policies tell apart.
    pub(super) fn requests_as_a_whole(
        &self,
        role: &'a RoleAccess,
        requirement: &Requirement,
    ) -> Vec<Request<'a>> {
        requests(self.platform, &self.lacks, role, requirement, &BTreeSet::new(), &BTreeSet::new())
    }

    fn is_catalog(&self, requirement: &Requirement) -> bool {
        requirement.owner.is_some_and(|owner| {
            matches!(self.platform.resource(owner).noun, Noun::Table(_) | Noun::Domain(_))
        })
    }

    /// What is not the program's to know of a request, and is taken to allow it.
    pub(super) fn not_seen(&self, request: &Request<'a>) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(Limit::Theirs(boundary)) = request.role.boundary {
            let (role, boundary) = (&request.role.identity.name, &self.platform.resource(boundary).name);
            found.push(format!(
                "the boundary `{boundary}` of `{role}`, which the program does not make, allows it"
            ));
        }
        let asked = request.account != request.role.identity.account
            || request.action.starts_with("kms:")
            || request.action.starts_with("sts:");
        if let Some(owner) = request.owner.filter(|owner| asked && self.is_elsewhere(*owner)) {
            let owner = &self.platform.resource(owner).name;
            found.push(format!("the owner of `{owner}` lets it in, as the hand-over asks"));
        }
        found
    }

    /// Whether a resource's policy is not the program's to know: it exists already, or is in somebody else's account.
    pub(super) fn is_elsewhere(&self, owner: ResourceId) -> bool {
        !crate::access::is_ours(self.platform, self.platform.resource(owner))
    }

    /// What becoming a role takes, once for each case.
    pub(super) fn to_become(&self, role: ResourceId) -> Vec<Requirement> {
        let assume = self.capability("role", "assume");
        assume.map(|assume| requirements(self.platform, assume, &Place::Resource(role))).unwrap_or_default()
    }
}
