//! The values of fields: typed, names resolved, constants computed.

use smol_str::SmolStr;

use super::{condition::Condition, grant::Principal, resource::ResourceId};
use crate::{
    library::{ConstructorId, EnumId, IntegrationId},
    source::Span,
};

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Which.
    pub kind: ValueKind,
    /// Where it stands; the field's declaration in the standard library for a default.
    pub span: Span,
}

/// The values there are.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueKind {
    /// `none`.
    None,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, as written.
    Decimal(SmolStr),
    /// Text.
    Text(SmolStr),
    /// Milliseconds.
    Duration(u64),
    /// Bytes.
    Size(u64),
    /// A variant of an enum of the standard library, by its index.
    Variant(EnumId, u32),
    /// A list.
    List(Vec<Value>),
    /// Keys to values, in source order.
    Map(Vec<(SmolStr, Value)>),
    /// Something declared.
    Ref(ResourceId),
    /// A place in a bucket.
    Location(Location),
    /// `nfs(…)`, `cron("…")`, `lambda("…")`: a constructor of the standard library with its fields.
    Construct(Box<Construct>),
    /// An account, a role or a service, where a field takes any of them.
    Principal(Principal),
    /// `column - delay`: a watermark's column and delay in milliseconds.
    Watermark(SmolStr, u64),
    /// A column of the declaration's own schema.
    Column(SmolStr),
    /// What a request must be like, all of it.
    Conditions(Vec<Condition>),
}

impl Value {
    /// The places in buckets that it names, with where each is written.
    pub fn locations(&self) -> Vec<(&Location, Span)> {
        match &self.kind {
            ValueKind::Location(location) => vec![(location, self.span)],
            ValueKind::List(items) => items.iter().flat_map(Self::locations).collect(),
            ValueKind::Construct(construct) => construct.locations(),
            _ => Vec::new(),
        }
    }
}

impl Construct {
    /// The places in buckets that its fields name, with where each is written.
    pub fn locations(&self) -> Vec<(&Location, Span)> {
        self.fields.iter().flatten().flat_map(Value::locations).collect()
    }
}

/// A place in a bucket: everything whose key begins with the prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The bucket.
    pub bucket: ResourceId,
    /// The key or prefix without a leading `/`; empty is the whole bucket.
    pub key: SmolStr,
}

impl Location {
    /// Whether another place lies in this one or is the same.
    pub fn holds(&self, other: &Self) -> bool {
        let below = |rest: &str| self.key.is_empty() || rest.is_empty() || rest.starts_with('/');
        self.bucket == other.bucket && other.key.strip_prefix(self.key.as_str()).is_some_and(below)
    }

    /// A place in this one, by its key from here; this one itself for an empty key.
    #[must_use]
    pub fn inside(&self, below: &str) -> Self {
        let key = match (self.key.as_str(), below) {
            (_, "") => self.key.clone(),
            ("", below) => below.into(),
            (above, below) => SmolStr::from(format!("{}/{below}", above.trim_end_matches('/'))),
        };
        Self { bucket: self.bucket, key }
    }
}

/// A constructor applied: one value per field of its declaration, defaults filled in, `None` where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Construct {
    /// Which.
    pub constructor: ConstructorId,
    /// In the order of the constructor's fields.
    pub fields: Vec<Option<Value>>,
}

/// An integration applied: `lambda("validate-input")`. One value per parameter of its declaration, defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegrationUse {
    /// Which.
    pub integration: IntegrationId,
    /// In the order of the integration's parameters.
    pub fields: Vec<Option<Value>>,
}
