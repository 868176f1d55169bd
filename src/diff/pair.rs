//! Which declaration of one version is which of the other: the same thing in AWS, whatever the program calls it and wherever it stands.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::platform::{Platform, ResourceId, Value, ValueKind};

/// The declarations of two versions by what they are.
pub struct Pairs {
    /// In both.
    pub both: Vec<(ResourceId, ResourceId)>,
    /// In the old one only.
    pub gone: Vec<ResourceId>,
    /// In the new one only.
    pub made: Vec<ResourceId>,
}

/// What makes a thing in AWS the thing that it is: kind, account, what it stands in, name.
type Identity = (SmolStr, SmolStr, String, SmolStr);

impl Pairs {
    /// Of two versions.
    pub fn of(old: &Platform, new: &Platform) -> Self {
        let mut before = identities(old);
        let (mut both, mut made) = (Vec::new(), Vec::new());
        for (identity, id) in identities(new) {
            match before.remove(&identity) {
                Some(known) => both.push((known, id)),
                None => made.push(id),
            }
        }
        Self { both, gone: before.into_values().collect(), made }
    }
}

fn identities(platform: &Platform) -> BTreeMap<Identity, ResourceId> {
    let all = (0..).map(ResourceId).zip(&platform.resources);
    all.map(|(id, _)| (identity(platform, id), id)).collect()
}

fn identity(platform: &Platform, id: ResourceId) -> Identity {
    let resource = platform.resource(id);
    let account = resource.account.map(|it| platform.account(it).id.clone()).unwrap_or_default();
    let parent = resource.parent.map(|it| format!("{:?}", identity(platform, it))).unwrap_or_default();
    (platform.kind_of(id).name.clone(), account, parent, name(platform, id))
}

/// The name in AWS: of a stream that of its connector, of a domain that of its database.
pub fn name(platform: &Platform, id: ResourceId) -> SmolStr {
    let resource = platform.resource(id);
    if let Some(stream) = platform.stream(id) {
        let fields = &platform.library.constructor(stream.connector.constructor).fields;
        let named = fields.iter().zip(&stream.connector.fields);
        let texts = named.filter(|(field, _)| matches!(field.name.as_str(), "name" | "topic" | "path"));
        let texts = texts.filter_map(|(_, value)| text(value.as_ref()?));
        return texts.collect::<Vec<_>>().join("/").into();
    }
    let database = platform.field(id, "database").filter(|_| platform.kind_of(id).name == "domain");
    database.and_then(text).unwrap_or_else(|| resource.physical.clone())
}

fn text(value: &Value) -> Option<SmolStr> {
    match &value.kind {
        ValueKind::Text(text) => Some(text.clone()),
        _ => None,
    }
}
