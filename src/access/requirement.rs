//! What a capability takes: AWS's actions, each on the narrowest resource that AWS can express.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::document::Conditions;
use super::pattern::{arn_has_format, fill, literal};
use crate::{
    library::{ActionId, Capability as Declared, CapabilityId, read::template},
    platform::{
        Capability, Location, Platform, Principal, Resource, ResourceId, Target, ValueKind,
        pipeline::UseTarget, resource::Noun,
    },
};

/// Where something is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A declaration.
    Resource(ResourceId),
    /// The objects of a bucket whose keys begin with exactly this text; with an empty text it is the bucket.
    Keys(ResourceId, SmolStr),
    /// An ARN or a pattern of ARNs.
    Arn(SmolStr),
    /// Everywhere: AWS can't limit the action.
    Anywhere,
}

impl Place {
    /// A place in a bucket: everything below it, as in a folder.
    pub fn folder(bucket: ResourceId, key: &str) -> Self {
        let key = key.trim_end_matches('/');
        Self::Keys(bucket, if key.is_empty() { SmolStr::default() } else { SmolStr::from(format!("{key}/")) })
    }

    /// The declaration that it is in.
    pub fn resource(&self) -> Option<ResourceId> {
        match self {
            Self::Resource(id) | Self::Keys(id, _) => Some(*id),
            Self::Arn(_) | Self::Anywhere => None,
        }
    }
}

impl From<&Target> for Place {
    fn from(target: &Target) -> Self {
        match &target.prefix {
            Some(prefix) => Self::folder(target.resource, prefix),
            None => Self::Resource(target.resource),
        }
    }
}

impl From<&Location> for Place {
    fn from(location: &Location) -> Self {
        Self::folder(location.bucket, &location.key)
    }
}

impl From<&UseTarget> for Place {
    fn from(target: &UseTarget) -> Self {
        match target {
            UseTarget::Resource(id) => Self::Resource(*id),
            UseTarget::Location(location) => location.into(),
            UseTarget::Prefix(location) => Self::Keys(location.bucket, location.key.clone()),
            UseTarget::Arn(arn) => Self::Arn(arn.clone()),
            UseTarget::Any => Self::Anywhere,
        }
    }
}

/// An action on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Which action.
    pub action: ActionId,
    /// The ARN or the pattern of ARNs; `*` where AWS can't limit the action.
    pub resource: SmolStr,
    /// The name of the resource's type; empty with `*`.
    pub kind: SmolStr,
    /// The condition key and the pattern that limit the action to a prefix where its resource can't.
    pub prefix: Option<(SmolStr, SmolStr)>,
    /// What the sentence that needs it demands of the request.
    pub given: Conditions,
    /// The service that a key is used through, in KMS's spelling.
    pub via: Option<SmolStr>,
    /// The services that a role may be handed over to, as principals.
    pub passed_to: BTreeSet<SmolStr>,
    /// The alias by which a key is meant whose id is not known before it is made.
    pub alias: Option<SmolStr>,
    /// The declaration whose own policy must allow it, where whoever acts is of another account.
    pub owner: Option<ResourceId>,
    /// The declaration that it is about, also where AWS can't limit the action to it.
    pub on: Option<ResourceId>,
    /// Whether it is what the capability names, or only goes with it (the key, the catalog).
    pub primary: bool,
}

/// All that a capability takes at a place.
pub fn requirements(platform: &Platform, capability: Capability, place: &Place) -> Vec<Requirement> {
    let mut all = Vec::new();
    match capability {
        Capability::Action(action) => Places::of(platform, place).take(action, true, &mut all),
        Capability::Named(id) => of_capability(platform, id, place, &mut all),
    }
    all
}

fn of_capability(platform: &Platform, id: CapabilityId, place: &Place, all: &mut Vec<Requirement>) {
    let Declared { actions, key_actions, beside, .. } = platform.library.capability(id);
    // Most actions are of one or two types.
    all.reserve(2 * (actions.len() + beside.len()) + key_actions.len());
    let mut here = Places::of(platform, place);
    actions.iter().for_each(|&action| here.take(action, true, all));
    beside.iter().for_each(|&action| here.take(action, false, all));
    if let Some(key) = place.resource().and_then(|id| key_of(platform, id)) {
        let (on_key, before) = (Place::Resource(key), all.len());
        let mut there = Places::of(platform, &on_key);
        key_actions.iter().for_each(|&action| there.take(action, false, all));
        let via = via_service(platform, place);
        all.iter_mut().skip(before).for_each(|requirement| requirement.via.clone_from(&via));
    }
}

/// A place with its ARNs in the formats that were asked for: several actions are of the same types.
struct Places<'p> {
    platform: &'p Platform,
    place: &'p Place,
    declared: Option<SmolStr>,
    alias: Option<SmolStr>,
    known: Vec<(&'p SmolStr, Option<SmolStr>)>,
}

impl<'p> Places<'p> {
    fn of(platform: &'p Platform, place: &'p Place) -> Self {
        let declared = place.resource().and_then(|id| declared_arn(platform, id));
        let alias = place.resource().and_then(|id| key_alias(platform, id));
        Self { platform, place, declared, alias, known: Vec::new() }
    }

    /// Adds an action at the place: once for each resource type that it can be limited to there, and not at all where it can't be taken there.
    fn take(&mut self, action: ActionId, primary: bool, all: &mut Vec<Requirement>) {
        let (platform, place) = (self.platform, self.place);
        let declared = platform.library.action(action);
        let service = platform.library.service(declared.service);
        let trusted = |role| trusted_services(platform, role);
        let bare = |resource: SmolStr, kind: &SmolStr| Requirement {
            action,
            resource,
            kind: kind.clone(),
            prefix: None,
            given: Conditions::default(),
            via: None,
            passed_to: place.resource().filter(|_| declared.passes_role).map(trusted).unwrap_or_default(),
            alias: None,
            owner: place.resource(),
            on: place.resource(),
            primary,
        };
        if declared.types.is_empty() || *place == Place::Anywhere {
            return all.push(Requirement { owner: None, ..bare("*".into(), &SmolStr::default()) });
        }
        for (kind, format) in declared.types.iter().filter_map(|&at| service.types.get(at as usize)) {
            if let Some(resource) = self.arn(format) {
                let alias = self.alias.clone();
                let prefix = prefix_condition(declared.prefix_key.as_ref(), place);
                all.push(Requirement { alias, prefix, ..bare(resource, kind) });
            }
        }
    }

    /// The ARN of the place in one of a service's formats, where the place is of that type.
    fn arn(&mut self, format: &'p SmolStr) -> Option<SmolStr> {
        if let Some((_, arn)) = self.known.iter().find(|(known, _)| std::ptr::eq(*known, format)) {
            return arn.clone();
        }
        let arn = self.arn_in(format);
        self.known.push((format, arn.clone()));
        arn
    }

    fn arn_in(&self, format: &str) -> Option<SmolStr> {
        match self.place {
            Place::Arn(arn) => arn_has_format(format, arn).then(|| arn.clone()),
            Place::Anywhere => Some("*".into()),
            Place::Resource(id) | Place::Keys(id, _) => {
                let resource = self.platform.resource(*id);
                match &self.declared {
                    Some(arn) if arn_has_format(format, arn) => Some(arn.clone()),
                    _ => fill(format, |name| placeholder(self.platform, resource, self.place, name)),
                }
            }
        }
    }
}

/// The services that a role trusts, as principals: to hand it over to any other does nothing.
pub fn trusted_services(platform: &Platform, role: ResourceId) -> BTreeSet<SmolStr> {
    let Noun::Role(at) = platform.resource(role).noun else { return BTreeSet::new() };
    let trust = platform.roles.get(at as usize).into_iter().flat_map(|role| &role.trust);
    let principals = trust.filter_map(|trust| match trust.principal {
        Principal::Service(service) => platform.library.service(service).principal.clone(),
        _ => None,
    });
    principals.collect()
}

fn prefix_condition(key: Option<&SmolStr>, place: &Place) -> Option<(SmolStr, SmolStr)> {
    match (key, place) {
        (Some(key), Place::Keys(_, prefix)) if !prefix.is_empty() => {
            Some((key.clone(), SmolStr::from(format!("{}*", literal(prefix)))))
        }
        _ => None,
    }
}

/// The ARN of a declaration: its own, or that of what it is declared to be (`kinesis("…")`).
pub fn declared_arn(platform: &Platform, id: ResourceId) -> Option<SmolStr> {
    let resource = platform.resource(id);
    if resource.arn.is_some() {
        return resource.arn.clone();
    }
    let (format, params, fields) = match resource.noun {
        Noun::Stream(at) => {
            let construct = &platform.streams.get(at as usize)?.connector;
            let constructor = platform.library.constructor(construct.constructor);
            (constructor.properties.get("arn")?, &constructor.fields, &construct.fields)
        }
        Noun::Function(at) => {
            let used = &platform.functions.get(at as usize)?.integration;
            let integration = platform.library.integration(used.integration);
            (integration.properties.get("arn")?, &integration.params, &used.fields)
        }
        _ => return None,
    };
    fill(&template(format)?, |name| {
        let at = params.iter().position(|field| field.name == name);
        match at.and_then(|at| fields.get(at)?.as_ref()).map(|value| &value.kind) {
            Some(ValueKind::Text(text)) => Some(literal(text)),
            _ => placeholder(platform, resource, &Place::Resource(id), name),
        }
    })
}

/// The declared functions, by their ARNs: a state machine's calls name these.
pub fn functions_by_arn(platform: &Platform) -> BTreeMap<SmolStr, ResourceId> {
    let ids = platform.functions.iter().map(|function| function.resource);
    ids.filter_map(|id| Some((declared_arn(platform, id)?, id))).collect()
}

/// What a placeholder of an ARN format stands for at a place.
fn placeholder(platform: &Platform, resource: &Resource, place: &Place, name: &str) -> Option<SmolStr> {
    let account = platform.account(resource.account?);
    match name {
        "partition" => return Some(platform.project.partition().into()),
        "region" => return Some(account.region.clone()),
        "account" => return Some(account.id.clone()),
        _ => {}
    }
    let kind = platform.library.kind(resource.kind);
    match (kind.name.as_str(), name, resource.noun) {
        ("bucket", "prefix", _) => match place {
            Place::Keys(_, prefix) => Some(literal(prefix)),
            _ => Some(SmolStr::default()),
        },
        // KMS makes up a key's id: where it is not known, the alias says which key is meant.
        ("key", "key", _) => Some("*".into()),
        // Secrets Manager puts six characters of its own behind a name.
        ("secret", "secret", _) => Some(SmolStr::from(format!("{}-??????", literal(&resource.physical)))),
        (_, "database", Noun::Domain(at)) => Some(platform.domains.get(at as usize)?.database.clone()),
        (_, "table" | "userdefinedfunction", Noun::Domain(_)) => Some("*".into()),
        (_, "database", Noun::Table(at)) => {
            let table = platform.tables.get(at as usize)?;
            Some(platform.domains.get(table.domain as usize)?.database.clone())
        }
        (_, "table", Noun::Table(at)) => Some(platform.tables.get(at as usize)?.name.clone()),
        // What a function or a stream is called in AWS is for its integration or connector to say.
        (_, _, Noun::Function(_) | Noun::Stream(_)) => None,
        (kind_name, _, _) if kind_name == name => Some(literal(&resource.physical)),
        _ => match &resource.field(kind, name)?.kind {
            ValueKind::Text(text) => Some(literal(text)),
            _ => None,
        },
    }
}

/// The key that encrypts what is in a resource.
pub fn key_of(platform: &Platform, id: ResourceId) -> Option<ResourceId> {
    let value = match platform.stream(id) {
        Some(stream) => {
            let fields = &platform.library.constructor(stream.connector.constructor).fields;
            let at = fields.iter().position(|field| field.name == "encryption")?;
            stream.connector.fields.get(at)?.as_ref()?
        }
        None => platform.field(id, "encryption")?,
    };
    match value.kind {
        ValueKind::Ref(key) => Some(key),
        _ => None,
    }
}

/// The alias of a key whose id is not known; `None` for anything else.
pub fn key_alias(platform: &Platform, id: ResourceId) -> Option<SmolStr> {
    let resource = platform.resource(id);
    let made_up = platform.kind_of(id).name == "key" && resource.arn.is_none();
    made_up.then(|| SmolStr::from(format!("alias/{}", resource.physical)))
}

/// The service through which a resource's key is used, with its region, as KMS spells it.
fn via_service(platform: &Platform, place: &Place) -> Option<SmolStr> {
    let id = place.resource()?;
    let service = platform.kind_of(id).service.clone()?;
    let region = &platform.account(platform.resource(id).account?).region;
    let suffix = if platform.project.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Some(SmolStr::from(format!("{service}.{region}.{suffix}")))
}
