//! A capability at a place, with all that has to be looked up to say who can: by itself, past Lake Formation, or from a copy.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use super::{
    ability::{Ability, Way},
    copies,
    prover::{Actor, Prover},
    told::Told,
};
use crate::{
    access::{
        TableGrant,
        requirement::{Place, Requirement, requirements},
    },
    library::{Action, ActionId, CapabilityId},
    platform::{Capability, CapabilityUse, Target, resource::Noun},
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
    /// The same by other actions that read the same data.
    alike: Vec<Vec<Requirement>>,
    /// What goes with it.
    beside: Vec<Requirement>,
    told: Option<Told<'a>>,
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
        let mut ability = route.by_policies(self.prover, actor, &route.primary);
        if !ability.partly {
            // What goes with it need not be looked at where the reading itself is not allowed.
            let read = route.alike.iter().filter(|it| self.prover.all(actor, it).partly);
            let mut others = read.map(|it| route.by_policies(self.prover, actor, it));
            // Who reads the data otherwise can't do what was asked, and sees it.
            if let Some(other) = others.find(|it| it.partly) {
                ability = Ability { fully: false, missing: ability.missing, ..other };
            }
        }
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
        let alike = alike(prover, capability, place);
        Self { way, primary, alike, beside, told: None }
    }

    fn candidates(&self, prover: &Prover<'a>) -> BTreeSet<usize> {
        match &self.told {
            Some(told) if !told.is_hybrid() => {
                told.receivers().filter_map(|key| prover.access.index_of(key)).collect()
            }
            _ => {
                let all = self.primary.iter().chain(self.alike.iter().flatten());
                all.flat_map(|it| prover.candidates.for_requirement(it)).collect()
            }
        }
    }

    /// Those who are told of to Lake Formation and are no roles of ours.
    pub(super) fn told_to_others(&self) -> Vec<&'a TableGrant> {
        self.told.as_ref().map_or_else(Vec::new, Told::others)
    }

    fn by_policies(&self, prover: &Prover<'a>, actor: Actor<'a>, primary: &[Requirement]) -> Ability<'a> {
        let mut ability = prover.all(actor, primary);
        ability.fully &= !primary.is_empty();
        // Where Lake Formation does not decide, the catalog does, which asks for the table, its database and itself, each.
        if self.told.as_ref().is_some_and(Told::is_hybrid) {
            let mut each = primary.iter().map(|it| prover.all(actor, std::slice::from_ref(it)).partly);
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

/// What reads the same data as a capability does, by other actions: each by itself. An action that is named means itself.
fn alike(prover: &Prover<'_>, capability: Capability, place: &Place) -> Vec<Vec<Requirement>> {
    let Capability::Named(id) = capability else { return Vec::new() };
    let known = prover.alike.borrow().get(&id).cloned();
    let others = known.unwrap_or_else(|| {
        let found = alike_actions(prover, id);
        prover.alike.borrow_mut().insert(id, Rc::clone(&found));
        found
    });
    others
        .iter()
        .map(|id| requirements(prover.platform, Capability::Action(*id), place))
        .filter(|it| !it.is_empty())
        .collect()
}

/// The actions that read what a capability's own do.
fn alike_actions(prover: &Prover<'_>, id: CapabilityId) -> Rc<[ActionId]> {
    let library = &prover.platform.library;
    let own = &library.capability(id).actions;
    let read: Vec<_> = own.iter().map(|id| library.action(*id)).filter(|it| it.reads.is_some()).collect();
    let same = |other: &Action| read.iter().any(|it| it.service == other.service && it.reads == other.reads);
    let all = (0..).map(ActionId).zip(&library.actions);
    all.filter(|(id, action)| !own.contains(id) && same(action)).map(|(id, _)| id).collect()
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
