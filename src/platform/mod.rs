//! The typed, resolved program: ids instead of names, values instead of expressions, defaults filled in. Everything behind it reads this tree
//! and no other. Its order is canonical (by name, then kind, then module), so that no output depends on where a declaration stands.

mod access_mode;
pub mod account;
mod alerts;
pub mod boundary;
pub mod bucket;
mod calls;
pub mod condition;
pub mod crawler;
pub mod function;
pub mod grant;
pub mod guardrail;
pub mod item;
pub mod mesh;
pub mod pipeline;
pub mod project;
mod quality;
pub mod query;
pub mod resource;
pub mod role;
pub mod schema;
pub mod stream;
pub mod tags;
pub mod test;
pub mod types;
pub mod value;
pub mod wire;

pub use account::{Account, AccountId, Organization, Unit, UnitId};
pub use boundary::Boundary;
pub use condition::{Comparison, Condition};
pub use function::Function;
pub use grant::{
    Assertion, AssertionSubject, Capability, CapabilityUse, Grant, LabelRule, Principal, RowFilter, Share,
    Target,
};
pub use guardrail::{Guardrail, GuardrailRule, Node, Outside};
pub use item::{ItemIndex, ItemTable};
pub use mesh::{Domain, Table};
pub use pipeline::Pipeline;
pub use project::Project;
pub use query::Query;
pub use resource::{Resource, ResourceId};
pub use role::{Role, Trust};
pub use schema::{Column, Schema, SchemaId};
pub use stream::Stream;
pub use test::Test;
pub use types::{Base, DataType, Refinement};
pub use value::{Construct, Location, Value, ValueKind};

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::library::{Kind, Library, Place};
use crate::source::Span;

/// One whole program.
#[derive(Debug, Default)]
pub struct Platform {
    /// AWS, as the standard library describes it.
    pub library: Arc<Library>,
    /// The labels that there are, the program's own included, sorted.
    pub labels: Vec<SmolStr>,
    /// What `dpl.toml` and the organization say about the whole.
    pub project: Project,
    /// The organizations.
    pub organizations: Vec<Organization>,
    /// Their units.
    pub units: Vec<Unit>,
    /// All accounts, in an organization or outside.
    pub accounts: Vec<Account>,
    /// Every declaration that has a kind of the standard library, in canonical order.
    pub resources: Vec<Resource>,
    /// Record types: declared ones and those of tables.
    pub schemas: Vec<Schema>,
    /// What no policy in an account may allow.
    pub guardrails: Vec<Guardrail>,
    /// What roles may do at most.
    pub boundaries: Vec<Boundary>,
    /// The roles.
    pub roles: Vec<Role>,
    /// What pipelines call.
    pub functions: Vec<Function>,
    /// Pipelines.
    pub pipelines: Vec<Pipeline>,
    /// Data-mesh domains.
    pub domains: Vec<Domain>,
    /// Their tables.
    pub tables: Vec<Table>,
    /// Tables of items.
    pub item_tables: Vec<ItemTable>,
    /// The streams.
    pub streams: Vec<Stream>,
    /// The queries over them.
    pub queries: Vec<Query>,
    /// Tests, in the order of the program.
    pub tests: Vec<Test>,
    /// Grants and denials, in canonical order.
    pub grants: Vec<Grant>,
    /// Tables shared with another domain.
    pub shares: Vec<Share>,
    /// What must be provable.
    pub assertions: Vec<Assertion>,
    /// The declarations of which something could not be read: what they lack may stand there.
    pub unread: Vec<Span>,
    /// The words of sentences that could not be understood, in order: what these name may be granted.
    pub lost_words: Vec<SmolStr>,
    /// What a grant is on that is not understood otherwise.
    pub half_granted: Vec<ResourceId>,
    /// Where each name of a declaration is written beside the declaration itself, in the order of the places; empty unless an editor asked for it.
    pub references: Vec<Reference>,
    /// The accounts by their numbers, found when one is first asked for.
    pub numbered: OnceLock<FxHashMap<SmolStr, AccountId>>,
}

/// A name that means a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where it is written.
    pub at: Span,
    /// The name in the declaration.
    pub to: Span,
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $list:ident[$id:ty] -> $item:ty;)*) => {
        $($(#[$doc])* pub fn $name(&self, id: $id) -> &$item {
            #[expect(clippy::indexing_slicing, reason = "ids are made by the resolver only, and nothing is ever removed")]
            &self.$list[id.0 as usize]
        })*
    };
}

impl Platform {
    getters! {
        /// The declaration with that id.
        resource: resources[ResourceId] -> Resource;
        /// The account with that id.
        account: accounts[AccountId] -> Account;
        /// The unit with that id.
        unit: units[UnitId] -> Unit;
        /// The record type with that id.
        schema: schemas[SchemaId] -> Schema;
    }

    /// The declarations of a kind, in canonical order.
    pub fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = (ResourceId, &'a Resource)> {
        let wanted = self.library.kind_named(kind);
        let all = (0..).map(ResourceId).zip(&self.resources);
        all.filter(move |(_, resource)| Some(resource.kind) == wanted)
    }

    /// The name that a declaration's files have: its own, or that in AWS where another of its kind and account has the same.
    pub fn file_stem(&self, id: ResourceId) -> &SmolStr {
        let resource = self.resource(id);
        let beside = [id.0.checked_sub(1), id.0.checked_add(1)];
        let twin =
            beside.into_iter().flatten().filter_map(|at| self.resources.get(at as usize)).any(|other| {
                (other.kind, other.account, &other.name) == (resource.kind, resource.account, &resource.name)
            });
        if twin { &resource.physical } else { &resource.name }
    }

    /// The declaration that a field refers to.
    pub fn reference(&self, id: ResourceId, field: &str) -> Option<ResourceId> {
        match self.resource(id).field(self.kind_of(id), field)?.kind {
            ValueKind::Ref(other) => Some(other),
            _ => None,
        }
    }

    /// A declaration as a stream, where it is one.
    pub fn stream(&self, id: ResourceId) -> Option<&Stream> {
        match self.resource(id).noun {
            resource::Noun::Stream(at) => self.streams.get(at as usize),
            _ => None,
        }
    }

    /// The kind of a declaration.
    pub fn kind_of(&self, id: ResourceId) -> &Kind {
        self.library.kind(self.resource(id).kind)
    }
}

impl Platform {
    /// The value of a resource's field, by the field's name in its kind.
    pub fn field(&self, id: ResourceId, name: &str) -> Option<&Value> {
        let resource = self.resource(id);
        resource.field(self.library.kind(resource.kind), name)
    }

    /// The texts of a field that is a list of such, in their order.
    pub fn texts(&self, id: ResourceId, name: &str) -> Vec<SmolStr> {
        let Some(ValueKind::List(items)) = self.field(id, name).map(|value| &value.kind) else {
            return Vec::new();
        };
        let texts = items.iter().filter_map(|item| match &item.kind {
            ValueKind::Text(text) => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    /// Who administers an account's lake, each with where that is said.
    pub fn lake_admins(&self, account: &Account) -> impl Iterator<Item = (ResourceId, Span)> {
        let items = match self.field(account.resource, "lake_admins").map(|value| &value.kind) {
            Some(ValueKind::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item.kind {
            ValueKind::Principal(Principal::Resource(id)) | ValueKind::Ref(id) => Some((id, item.span)),
            _ => None,
        })
    }

    /// The organization that a node of its tree is in, by its index.
    pub fn organization_of(&self, node: &Node) -> Option<u32> {
        match node {
            Node::Root(root) => Some(*root),
            Node::Unit(unit) => Some(self.unit(*unit).organization),
            Node::Account(account) => self.account(*account).organization,
        }
    }

    /// The first stream among those that diverts its late rows.
    pub fn diverting(&self, streams: impl IntoIterator<Item = ResourceId>) -> Option<&Stream> {
        let mut streams = streams.into_iter().filter_map(|id| self.stream(id));
        streams.find(|stream| matches!(stream.late, Some(stream::Rows::Divert(_))))
    }

    /// Whether a declaration's place and body could be resolved. Where not, that is reported, and what follows from it need not be.
    pub fn is_whole(&self, id: ResourceId) -> bool {
        let (resource, kind) = (self.resource(id), self.kind_of(id));
        let placed = match kind.place {
            Place::Account => resource.account.is_some(),
            Place::Inside(_) => resource.parent.is_none_or(|parent| self.is_whole(parent)),
            Place::Anywhere => true,
        };
        let has_noun = matches!(
            kind.name.as_str(),
            "boundary" | "domain" | "function" | "pipeline" | "query" | "role" | "stream" | "table"
        );
        placed && (!has_noun || resource.noun != resource::Noun::Plain)
    }

    /// Whether something of the declaration that has a place in it could not be read.
    pub fn is_unread(&self, place: Span) -> bool {
        self.unread.iter().any(|unread| unread.start <= place.start && place.end <= unread.end)
    }

    /// The first account of that number; `None` where the program declares none. It is asked of a whole program only: while the accounts still come
    /// together they are looked through.
    pub fn account_numbered(&self, number: &str) -> Option<AccountId> {
        let numbered = self.numbered.get_or_init(|| {
            let mut numbered = FxHashMap::default();
            for (at, account) in (0..).map(AccountId).zip(&self.accounts) {
                numbered.entry(account.id.clone()).or_insert(at);
            }
            numbered
        });
        numbered.get(number).copied()
    }

    /// The account that a resource lives in.
    pub fn account_of(&self, id: ResourceId) -> Option<&Account> {
        self.resource(id).account.map(|account| self.account(account))
    }
}
