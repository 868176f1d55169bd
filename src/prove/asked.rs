//! A capability at a place, with all that has to be looked up to say who can: by itself, past Lake Formation, or from a copy.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{
    ability::{Ability, Ground, Missing, Way},
    copies,
    prover::{Actor, Prover},
};
use crate::{
    access::{
        RoleKey, TableGrant,
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    platform::{Capability, CapabilityUse, Principal, Target, resource::Noun},
};

/// What is asked about, for one after another.
pub struct Asked<'p, 'a> {
    prover: &'p Prover<'a>,
    direct: Route<'a>,
    objects: Option<Route<'a>>,
    copies: Vec<Route<'a>>,
}

/// One way to do it.
pub(super) struct Route<'a> {
    way: Way,
    /// What the capability names.
    pub(super) primary: Vec<Requirement>,
    /// What goes with it.
    beside: Vec<Requirement>,
    told: Option<Told<'a>>,
}

/// What Lake Formation is told of it.
struct Told<'a> {
    by_receiver: FxHashMap<RoleKey, Vec<&'a TableGrant>>,
    others: Vec<&'a TableGrant>,
    /// In hybrid access mode, of what IAM's policies alone decide for whoever is not opted in: the roles that are.
    opted_in: Option<BTreeSet<RoleKey>>,
    /// The columns asked for: those named, else all of the table.
    columns: Vec<SmolStr>,
}

impl<'p, 'a> Asked<'p, 'a> {
    /// Gathers everything.
    pub(super) fn new(prover: &'p Prover<'a>, wanted: &CapabilityUse, on: &Target) -> Self {
        let objects = around(prover, wanted, on);
        Self {
            prover,
            direct: Route::of(prover, Way::Direct, wanted, on),
            objects: objects.map(|(capability, place)| Route::at(prover, Way::Objects, capability, &place)),
            copies: copies::routes(prover, wanted, on),
        }
    }

    /// What somebody can do by itself: by the way that gives most, a copy only where there is no other.
    pub fn ability(&self, actor: Actor<'a>) -> Ability<'a> {
        let own = self.on(actor, &self.direct);
        let best = match self.objects(actor) {
            Some(past) if past.fully || (past.partly && !own.fully) => {
                Ability { fully: past.fully || own.fully, missing: own.missing, ..past }
            }
            _ => own,
        };
        if best.partly {
            return best;
        }
        let copied = self.copied(actor);
        let copy = copied.iter().find(|it| it.way.is_certain()).or(copied.first());
        match copy {
            Some(copy) => Ability { missing: best.missing, ..copy.clone() },
            None => best,
        }
    }

    /// Every way in which somebody can do some of it by itself.
    pub fn ways(&self, actor: Actor<'a>) -> Vec<Ability<'a>> {
        let own = std::iter::once(self.on(actor, &self.direct)).chain(self.objects(actor));
        own.filter(|it| it.partly).chain(self.copied(actor)).collect()
    }

    /// What somebody can do with the objects of a table past Lake Formation.
    pub fn objects(&self, actor: Actor<'a>) -> Option<Ability<'a>> {
        Some(self.on(actor, self.objects.as_ref()?)).filter(|it| it.partly)
    }

    /// What somebody can have from copies. Never all that was asked for: a copy is no other name of the place.
    fn copied(&self, actor: Actor<'a>) -> Vec<Ability<'a>> {
        let all = self.copies.iter().map(|route| self.on(actor, route));
        all.filter(|it| it.partly).map(|it| Ability { fully: false, ..it }).collect()
    }

    /// Every role that can do some of it by itself, by its place in the list, and what it can do.
    pub fn able(&self) -> BTreeMap<usize, Ability<'a>> {
        self.able_of(|_| true)
    }

    /// The same of some roles.
    pub fn able_of(&self, among: impl Fn(usize) -> bool) -> BTreeMap<usize, Ability<'a>> {
        let able = self.candidates().into_iter().filter(|at| among(*at)).filter_map(|at| {
            let ability = self.ability(self.prover.access.roles.get(at)?.into());
            ability.partly.then_some((at, ability))
        });
        able.collect()
    }

    /// At least the roles that can do some of it: who has none of the primary requirements can't.
    pub fn candidates(&self) -> BTreeSet<usize> {
        self.routes().flat_map(|route| route.candidates(self.prover)).collect()
    }

    /// All ways that there are.
    pub(super) fn routes(&self) -> impl Iterator<Item = &Route<'a>> {
        std::iter::once(&self.direct).chain(&self.objects).chain(&self.copies)
    }

    fn on(&self, actor: Actor<'a>, route: &Route<'a>) -> Ability<'a> {
        let mut ability = route.by_policies(self.prover, actor);
        if let Some(told) = &route.told {
            told.limit(actor.role.identity.key, &mut ability);
        }
        ability.way = route.way.clone();
        ability
    }
}

impl<'a> Route<'a> {
    /// What a capability takes on a declaration or a place of it: of a table Lake Formation's permission beside.
    pub(super) fn of(prover: &Prover<'a>, way: Way, wanted: &CapabilityUse, on: &Target) -> Self {
        let told = permission(prover, wanted).map(|permission| Told::of(prover, wanted, permission, on));
        Self { told, ..Self::at(prover, way, wanted.capability, &Place::from(on)) }
    }

    /// What a capability takes at a place.
    pub(super) fn at(prover: &Prover<'a>, way: Way, capability: Capability, place: &Place) -> Self {
        let (primary, beside) =
            requirements(prover.platform, capability, place).into_iter().partition(|it| it.primary);
        Self { way, primary, beside, told: None }
    }

    fn candidates(&self, prover: &Prover<'a>) -> BTreeSet<usize> {
        match &self.told {
            Some(told) if told.opted_in.is_none() => {
                told.by_receiver.keys().filter_map(|key| prover.access.index_of(*key)).collect()
            }
            _ => self.primary.iter().flat_map(|it| prover.candidates.for_requirement(it)).collect(),
        }
    }

    /// Those who are told of to Lake Formation and are no roles of ours.
    pub(super) fn told_to_others(&self) -> &[&'a TableGrant] {
        self.told.as_ref().map_or(&[], |told| &told.others)
    }

    fn by_policies(&self, prover: &Prover<'a>, actor: Actor<'a>) -> Ability<'a> {
        let mut ability = prover.all(actor, &self.primary);
        ability.fully &= !self.primary.is_empty();
        // Where Lake Formation does not decide, the catalog does, which asks for the table, its database and itself, each.
        if self.told.as_ref().is_some_and(|told| told.opted_in.is_some()) {
            let mut each = self.primary.iter().map(|it| prover.all(actor, std::slice::from_ref(it)).partly);
            ability.partly &= each.all(|it| it);
        }
        let mut key_usable = true;
        for requirement in &self.beside {
            let more = prover.all(actor, std::slice::from_ref(requirement));
            key_usable &= requirement.via.is_none() || more.partly;
            ability.fully &= more.fully;
            ability.allowed_by.extend(more.allowed_by);
            ability.unless.extend(more.unless);
            ability.assumes.extend(more.assumes);
            ability.missing = ability.missing.or(more.missing);
        }
        // Objects without the right to their key are of no use; other things that go with a capability only make it comfortable.
        ability.partly &= key_usable;
        ability
    }
}

impl<'a> Told<'a> {
    fn of(prover: &Prover<'a>, wanted: &CapabilityUse, permission: &str, on: &Target) -> Self {
        let mut told = Self {
            by_receiver: FxHashMap::default(),
            others: Vec::new(),
            opted_in: opted_in(prover, permission, on),
            columns: columns(prover, wanted, on),
        };
        for grant in table_grants(prover, permission, on) {
            let receiver = match grant.principal {
                Principal::Resource(id) => acting(prover.platform, id),
                _ => None,
            };
            match receiver.filter(|key| prover.access.index_of(*key).is_some()) {
                Some(key) => told.by_receiver.entry(key).or_default().push(grant),
                None => told.others.push(grant),
            }
        }
        told
    }

    /// Lake Formation and IAM must both allow it.
    fn limit(&self, role: RoleKey, ability: &mut Ability<'a>) {
        if self.opted_in.as_ref().is_some_and(|opted_in| !opted_in.contains(&role)) {
            return;
        }
        let grants = self.by_receiver.get(&role).map_or(&[][..], Vec::as_slice);
        let has =
            |column: &SmolStr| grants.iter().any(|it| it.columns.is_empty() || it.columns.contains(column));
        let all = !grants.is_empty() && self.columns.iter().all(has);
        let some = !grants.is_empty() && (self.columns.is_empty() || self.columns.iter().any(has));
        if !all && ability.missing.is_none() {
            let reason = "a grant of Lake Formation on it".to_owned();
            ability.missing = Some(Missing { reason, denied_by: None });
        }
        ability.fully &= all;
        ability.partly &= some;
        ability
            .allowed_by
            .extend(grants.iter().map(|it| Ground::LakeFormation { span: it.span, filtered: it.filtered }));
    }
}

/// The permission of Lake Formation that a capability is, where it is one.
pub(super) fn permission<'p>(prover: &'p Prover<'_>, wanted: &CapabilityUse) -> Option<&'p str> {
    match wanted.capability {
        Capability::Named(id) => prover.platform.library.capability(id).permission.as_deref(),
        Capability::Action(_) => None,
    }
}

/// What does the same as a permission of Lake Formation past it, and where.
fn around(prover: &Prover<'_>, wanted: &CapabilityUse, on: &Target) -> Option<(Capability, Place)> {
    let around = match permission(prover, wanted)? {
        "SELECT" => "read",
        "INSERT" => "write",
        "DELETE" => "delete",
        _ => return None,
    };
    Some((prover.capability("bucket", around)?, objects(prover, on)?))
}

/// Where a table's or a domain's objects lie.
fn objects(prover: &Prover<'_>, on: &Target) -> Option<Place> {
    let platform = prover.platform;
    match platform.resource(on.resource).noun {
        Noun::Table(at) => Some(Place::from(&platform.tables.get(at as usize)?.location)),
        Noun::Domain(at) => Some(Place::from(&platform.domains.get(at as usize)?.location)),
        _ => None,
    }
}

/// The roles that are opted in to a table or a database of a domain in hybrid access mode: those to which anything is granted there. `None` where
/// Lake Formation decides for all. It always decides on making tables and changing them; rows it hands out to nobody whom it does not know, and who
/// reads them by IAM's policies alone reads their objects:
/// <https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html>
fn opted_in(prover: &Prover<'_>, permission: &str, on: &Target) -> Option<BTreeSet<RoleKey>> {
    if !matches!(permission, "DESCRIBE" | "DROP") {
        return None;
    }
    let (domain, _) = within(prover, on)?;
    if !prover.platform.is_hybrid(prover.platform.domains.get(domain as usize)?) {
        return None;
    }
    let receivers = told_of(prover, on).filter_map(|it| match it.principal {
        Principal::Resource(id) => acting(prover.platform, id),
        _ => None,
    });
    Some(receivers.collect())
}

/// The domain and the table that something is on.
fn within(prover: &Prover<'_>, on: &Target) -> Option<(u32, Option<u32>)> {
    match prover.platform.resource(on.resource).noun {
        Noun::Domain(domain) => Some((domain, None)),
        Noun::Table(at) => Some((prover.platform.tables.get(at as usize)?.domain, Some(at))),
        _ => None,
    }
}

/// What is granted of a permission on a table or a database.
fn table_grants<'a>(
    prover: &Prover<'a>,
    permission: &str,
    on: &Target,
) -> impl Iterator<Item = &'a TableGrant> {
    told_of(prover, on).filter(move |it| it.permission == permission)
}

/// All that is granted on a table or a database; what is granted on a database counts for each of its tables.
fn told_of<'a>(prover: &Prover<'a>, on: &Target) -> impl Iterator<Item = &'a TableGrant> {
    let places = within(prover, on).into_iter().flat_map(|(domain, table)| {
        let tables = [Some(None), table.map(Some)].into_iter().flatten();
        tables.map(move |table| (domain, table))
    });
    places.flat_map(|(domain, table)| prover.candidates.table_grants(domain, table)).copied()
}

/// The columns asked for: those named, else all of the table.
fn columns(prover: &Prover<'_>, wanted: &CapabilityUse, on: &Target) -> Vec<SmolStr> {
    if !wanted.columns.is_empty() {
        return wanted.columns.clone();
    }
    let platform = prover.platform;
    match platform.resource(on.resource).noun {
        Noun::Table(at) => platform.tables.get(at as usize).map_or_else(Vec::new, |table| {
            platform.schema(table.schema).columns.iter().map(|column| column.name.clone()).collect()
        }),
        _ => Vec::new(),
    }
}
