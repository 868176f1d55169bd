//! Buckets: where S3 copies their objects to.

use smol_str::SmolStr;

use super::{Construct, Platform, ResourceId, ValueKind};
use crate::source::Span;

/// A rule by which S3 copies new objects of a bucket to another one. The copies keep their keys.
#[derive(Clone, Debug)]
pub struct Replica {
    /// The other bucket.
    pub to: ResourceId,
    /// Which objects: those whose keys begin with it.
    pub prefix: SmolStr,
    /// Where the rule stands.
    pub span: Span,
}

impl Platform {
    /// The rules by which a bucket's objects are copied.
    pub fn replicas(&self, bucket: ResourceId) -> Vec<Replica> {
        let rules = match self.field(bucket, "replication").map(|value| &value.kind) {
            Some(ValueKind::List(rules)) => rules.as_slice(),
            _ => &[],
        };
        let replica = |construct: &Construct, span| {
            let field = |name: &str| {
                let declared = &self.library.constructor(construct.constructor).fields;
                let at = declared.iter().position(|field| field.name == name)?;
                Some(&construct.fields.get(at)?.as_ref()?.kind)
            };
            match (field("to"), field("prefix")) {
                (Some(ValueKind::Ref(to)), Some(ValueKind::Text(prefix))) => {
                    Some(Replica { to: *to, prefix: prefix.clone(), span })
                }
                _ => None,
            }
        };
        rules
            .iter()
            .filter_map(|rule| match &rule.kind {
                ValueKind::Construct(construct) => replica(construct, rule.span),
                _ => None,
            })
            .collect()
    }
}
