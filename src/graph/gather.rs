//! What there is, and what has to do with what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, Edge, Graph, Lane, Node, Relation, columns, data, readers};
use crate::{
    access::Access,
    platform::{
        Capability, Platform, Principal, Resource, ResourceId, SchemaId, grant::Effect, resource::Noun,
    },
    prove::Prover,
};

/// The picture of a program without errors.
pub fn graph(platform: &Platform, access: &Access) -> Graph {
    let mut gathered = Gathered::of(platform);
    gathered.holds();
    data::flows(&mut gathered);
    gathered.sentences();
    let columns = columns::edges(&gathered);
    let prover = Prover::new(platform, access);
    let Gathered { lanes, mut nodes, edges, .. } = gathered;
    for node in &mut nodes {
        node.readers = readers::of(&prover, node.resource);
    }
    let edge = |((from, to, relation), Said { labels, keys })| Edge { from, to, relation, labels, keys };
    let edges = edges.into_iter().map(edge).collect();
    Graph { lanes, nodes, edges, columns }
}

/// What was gathered so far.
pub(super) struct Gathered<'a> {
    pub(super) platform: &'a Platform,
    pub(super) lanes: Vec<Lane>,
    pub(super) nodes: Vec<Node>,
    places: BTreeMap<ResourceId, usize>,
    edges: BTreeMap<(usize, usize, Relation), Said>,
}

/// What is said of an edge, and the keys in a bucket that it is about.
#[derive(Default)]
struct Said {
    labels: BTreeSet<String>,
    keys: BTreeSet<String>,
}

impl<'a> Gathered<'a> {
    fn of(platform: &'a Platform) -> Self {
        let mut gathered = Self {
            platform,
            lanes: Vec::new(),
            nodes: Vec::new(),
            places: BTreeMap::new(),
            edges: BTreeMap::new(),
        };
        let mut shown: Vec<(ResourceId, &Resource)> = (0..)
            .map(ResourceId)
            .zip(&platform.resources)
            .filter(|(_, resource)| is_shown(platform, resource))
            .collect();
        shown.sort_by_cached_key(|(id, resource)| {
            let account = resource.account.map(|it| platform.account(it).name.clone());
            (account.is_none(), account, platform.kind_of(*id).name.clone(), name_of(platform, *id))
        });
        for (id, resource) in shown {
            let lane = gathered.lane(resource);
            gathered.places.insert(id, gathered.nodes.len());
            gathered.nodes.push(node(platform, id, resource, lane));
        }
        gathered
    }

    /// The lane of a declaration: they come account by account.
    fn lane(&mut self, resource: &Resource) -> usize {
        let lane = match resource.account.map(|it| self.platform.account(it)) {
            Some(account) => Lane {
                name: account.name.to_string(),
                detail: format!("{} {}", account.id, account.region).trim().to_owned(),
            },
            None => Lane { name: "in no account".into(), detail: String::new() },
        };
        if self.lanes.last() != Some(&lane) {
            self.lanes.push(lane);
        }
        self.lanes.len() - 1
    }

    /// Where a declaration stands among the nodes.
    pub(super) fn place(&self, id: ResourceId) -> Option<usize> {
        self.places.get(&id).copied()
    }

    /// Adds an edge, or what is said of one.
    pub(super) fn add(&mut self, from: ResourceId, to: ResourceId, relation: Relation, label: &str) {
        if let Some(said) = self.edge(from, to, relation) {
            said.labels.extend(Some(label.to_owned()).filter(|it| !it.is_empty()));
        }
    }

    /// Adds an edge that is about a place in a bucket, or another such place.
    pub(super) fn add_at(&mut self, from: ResourceId, to: ResourceId, relation: Relation, key: &str) {
        if let Some(said) = self.edge(from, to, relation) {
            said.keys.extend(Some(key.to_owned()).filter(|it| !it.is_empty()));
        }
    }

    fn edge(&mut self, from: ResourceId, to: ResourceId, relation: Relation) -> Option<&mut Said> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        (from != to).then(|| self.edges.entry((from, to, relation)).or_default())
    }

    /// What stands in what, and which tables lie in which buckets.
    fn holds(&mut self) {
        for (id, resource) in (0..).map(ResourceId).zip(&self.platform.resources) {
            if let Some(parent) = resource.parent {
                self.add(parent, id, Relation::Holds, "");
            }
        }
        for table in &self.platform.tables {
            self.add_at(table.location.bucket, table.resource, Relation::Data, &table.location.key);
        }
        for share in &self.platform.shares {
            let table = self.platform.tables.get(share.table as usize);
            let with = self.platform.domains.get(share.with as usize);
            if let (Some(table), Some(with)) = (table, with) {
                self.add(table.resource, with.resource, Relation::Data, &format!("shared as {}", share.name));
            }
        }
    }

    /// Who may do what by a grant, and who trusts whom.
    fn sentences(&mut self) {
        for grant in self.platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
            for (principal, _) in &grant.to {
                let Principal::Resource(id) = principal else { continue };
                for wanted in &grant.capabilities {
                    let label = capability(self.platform, wanted.capability);
                    self.add(*id, grant.on.resource, Relation::Access, &label);
                }
            }
        }
        for role in &self.platform.roles {
            for trust in &role.trust {
                if let Principal::Resource(id) = trust.principal {
                    self.add(id, role.resource, Relation::Access, "assume");
                }
            }
        }
    }
}

/// A capability as a program writes it.
pub(super) fn capability(platform: &Platform, capability: Capability) -> String {
    match capability {
        Capability::Named(id) => platform.library.capability(id).name.to_string(),
        Capability::Action(id) => platform.library.action_spelling(id).to_string(),
    }
}

/// Accounts are lanes; what is above them, and what only says something of others, is not shown.
fn is_shown(platform: &Platform, resource: &Resource) -> bool {
    let kind = platform.library.kind(resource.kind);
    !matches!(
        resource.noun,
        Noun::Organization(_) | Noun::Unit(_) | Noun::Account(_) | Noun::Guardrail(_) | Noun::Boundary(_)
    ) && kind.name != "contract"
}

/// A declaration's name; a table's behind its domain's.
pub(super) fn name_of(platform: &Platform, id: ResourceId) -> String {
    let resource = platform.resource(id);
    match resource.parent {
        Some(parent) => format!("{}.{}", platform.resource(parent).name, resource.name),
        None => resource.name.to_string(),
    }
}

fn node(platform: &Platform, id: ResourceId, resource: &Resource, lane: usize) -> Node {
    let schema = match resource.noun {
        Noun::Table(at) => platform.tables.get(at as usize).map(|table| table.schema),
        Noun::Stream(at) => platform.streams.get(at as usize).map(|stream| stream.schema),
        Noun::ItemTable(at) => platform.item_tables.get(at as usize).map(|items| items.schema),
        _ => None,
    };
    Node {
        resource: id,
        name: name_of(platform, id),
        kind: platform.kind_of(id).name.to_string(),
        lane,
        external: resource.external,
        doc: resource.doc.as_deref().unwrap_or_default().to_owned(),
        arn: crate::access::requirement::declared_arn(platform, id).unwrap_or_default().to_string(),
        span: resource.span,
        columns: schema.map(|schema| columns_of(platform, schema)).unwrap_or_default(),
        readers: None,
    }
}

fn columns_of(platform: &Platform, schema: SchemaId) -> Vec<Column> {
    let columns = platform.schema(schema).columns.iter();
    columns.map(|it| Column { name: it.name.to_string(), ty: platform.spelled(&it.ty) }).collect()
}
