//! Policies of resources: what a bucket, a key or a topic says about who may use it.

use std::collections::BTreeSet;

use super::{
    derive::account_root,
    document::{Actions, Conditions, Document, Principals, Statement},
    minimize::{Permission, statements, statements_by_place},
    size::excess,
};
use crate::platform::{Platform, ResourceId, grant::Effect};

/// The policy of a resource; `None` where there is nothing to say. A policy of a resource is one document: where it outgrows what AWS takes, it is
/// sorted the other way, if that is shorter.
pub fn policy(platform: &Platform, id: ResourceId, permissions: Vec<Permission>) -> Option<Document> {
    let kind = platform.kind_of(id).name.as_str();
    let with = |granted: Vec<Statement>| {
        let mut all = match kind {
            "bucket" => tls_only(platform, id),
            "key" => administrators(platform, id),
            _ => Vec::new(),
        };
        all.extend(granted);
        Document::new(all)
    };
    let document = with(statements(permissions.clone()));
    if excess(platform, kind, &document).is_some() {
        let other = with(statements_by_place(permissions));
        if excess(platform, kind, &other).is_none() || other.compact().len() < document.compact().len() {
            return Some(other);
        }
    }
    (!document.statements.is_empty()).then_some(document)
}

/// Nobody reaches a bucket without TLS, whatever else is allowed.
fn tls_only(platform: &Platform, id: ResourceId) -> Vec<Statement> {
    let resource = platform.resource(id);
    let Some(arn) = &resource.arn else { return Vec::new() };
    vec![Statement {
        sid: "DenyInsecureTransport".into(),
        effect: Effect::Deny,
        principal: Some(Principals::everybody()),
        actions: Actions::Only(BTreeSet::from(["s3:*".into()])),
        resources: BTreeSet::from([arn.clone(), format!("{arn}/*").into()]),
        conditions: Conditions::default().with("Bool", "aws:SecureTransport", "false"),
        origins: vec![resource.span],
    }]
}

/// A key's account administers it, and IAM's policies there count. Without this nobody could ever change the key.
fn administrators(platform: &Platform, id: ResourceId) -> Vec<Statement> {
    let resource = platform.resource(id);
    let Some(account) = resource.account else { return Vec::new() };
    vec![Statement {
        sid: "AccountAdministers".into(),
        effect: Effect::Grant,
        principal: Some(Principals::aws(account_root(platform, &platform.account(account).id))),
        actions: Actions::Only(BTreeSet::from(["kms:*".into()])),
        resources: BTreeSet::from(["*".into()]),
        conditions: Conditions::default(),
        origins: vec![resource.span],
    }]
}
