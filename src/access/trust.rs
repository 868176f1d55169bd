//! Trust policies: who may become a role, and what they must bring.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    condition,
    derive::{account_root, source_account},
    document::{Actions, Conditions, Document, Principals, Statement},
    roles::{RoleIdentity, RoleKey, Roles},
};
use crate::{
    platform::{Platform, Principal, Role, grant::Effect, resource::Noun},
    source::Span,
};

/// The trust policy of a role.
pub fn trust(platform: &Platform, roles: &Roles, identity: &RoleIdentity) -> Document {
    let declared = match identity.key {
        RoleKey::Declared(id) => match platform.resource(id).noun {
            Noun::Role(at) => platform.roles.get(at as usize),
            _ => None,
        },
        RoleKey::Derived(..) => None,
    };
    let mut statements = declared.map(|role| people(platform, roles, role)).unwrap_or_default();
    statements.extend(services(platform, identity, declared));
    Document::new(statements)
}

/// Accounts and roles that may assume the role, with the tags and the external id that they must bring.
fn people(platform: &Platform, roles: &Roles, role: &Role) -> Vec<Statement> {
    let mut principals = Principals::default();
    let mut origins = Vec::new();
    for trust in &role.trust {
        if let Some(arn) = principal_arn(platform, roles, &trust.principal) {
            principals.aws.insert(arn);
            origins.push(trust.span);
        }
    }
    if principals.aws.is_empty() {
        return Vec::new();
    }
    let mut tags = demanded(platform, role);
    for (key, value) in &role.tags {
        tags.insert("StringEquals", format!("aws:RequestTag/{key}"), value.clone());
    }
    let mut conditions = tags.clone();
    if let Some(id) = &role.external_id {
        conditions.insert("StringEquals", "sts:ExternalId", id.clone());
    }
    let mut statements =
        vec![statement("AssumeRole", "sts:AssumeRole", principals.clone(), conditions, &origins)];
    if !role.tags.is_empty() {
        for (key, _) in &role.tags {
            tags.insert("ForAllValues:StringEquals", "aws:TagKeys", key.clone());
        }
        // Without keys at all `ForAllValues` would hold.
        tags.insert("Null", "aws:TagKeys", "false");
        statements.push(statement("TagSession", "sts:TagSession", principals, tags, &origins));
    }
    statements
}

/// What the role's `when` demands of a request to assume it.
fn demanded(platform: &Platform, role: &Role) -> Conditions {
    let mut all = Conditions::default();
    role.when.iter().for_each(|condition| condition::add(platform, condition, Effect::Grant, &mut all));
    all
}

/// Services that may assume the role, each for the role's own account where it says for whom it acts.
fn services(platform: &Platform, identity: &RoleIdentity, declared: Option<&Role>) -> Vec<Statement> {
    let library = &platform.library;
    let named = declared.into_iter().flat_map(|role| &role.trust).filter_map(|trust| match trust.principal {
        Principal::Service(service) => Some((service, trust.span)),
        _ => None,
    });
    let own =
        identity.service.and_then(|name| library.service_named(name)).map(|service| (service, identity.span));
    let mut statements: Vec<Statement> = Vec::new();
    for says in [false, true] {
        let mut principals = Principals::default();
        let mut origins = Vec::new();
        for (service, span) in named.clone().chain(own) {
            let service = library.service(service);
            if service.source_account == says
                && let Some(principal) = &service.principal
            {
                principals.services.insert(principal.clone());
                origins.push(span);
            }
        }
        if !principals.services.is_empty() {
            let sid = if says { "ServiceForThisAccount" } else { "Service" };
            let mut conditions = source_account(platform, says, Some(identity.account));
            conditions.extend(&declared.map(|role| demanded(platform, role)).unwrap_or_default());
            statements.push(statement(sid, "sts:AssumeRole", principals, conditions, &origins));
        }
    }
    statements
}

/// How a principal is named in a policy; `None` for services, which are no AWS principals.
fn principal_arn(platform: &Platform, roles: &Roles, principal: &Principal) -> Option<SmolStr> {
    match principal {
        Principal::Resource(id) => match roles.key_of(platform, *id).and_then(|key| roles.index_of(key)) {
            Some(at) => roles.list.get(at).map(|role| role.arn.clone()),
            None => platform.resource(*id).arn.clone(),
        },
        Principal::Account(id) => Some(account_root(platform, &platform.account(*id).id)),
        Principal::ForeignAccount(id) => Some(account_root(platform, id)),
        Principal::Service(_) => None,
    }
}

fn statement(
    sid: &str,
    action: &str,
    principals: Principals,
    conditions: Conditions,
    origins: &[Span],
) -> Statement {
    Statement {
        sid: sid.into(),
        effect: Effect::Grant,
        principal: Some(principals),
        actions: Actions::Only(BTreeSet::from([action.into()])),
        resources: BTreeSet::new(),
        conditions,
        origins: origins.to_vec(),
    }
}
