//! Trust policies: who may become a role, and what they must bring.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    condition,
    derived::{Duty, derived_role},
    document::{Actions, Conditions, Document, Principals, Statement},
    federation,
    named::{Named, source_account},
    pattern::fill,
    roles::{RoleIdentity, RoleKey, Roles},
};
use crate::{
    library::Service,
    platform::{Platform, Principal, Role, grant::Effect, resource::Noun},
    source::Span,
};

/// What roles and accounts do to become a role.
const ASSUME: &str = "sts:AssumeRole";

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
    statements.extend(delegator(platform, roles, identity));
    Document::new(statements)
}

/// The role of a pipeline takes on its roles in other accounts, and nobody else does; nor does it but for this state machine, whose ARN Step
/// Functions brings as the external id.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html>
fn delegator(platform: &Platform, roles: &Roles, identity: &RoleIdentity) -> Option<Statement> {
    let RoleKey::Derived(id, Duty::Delegate(_)) = identity.key else { return None };
    let own = RoleKey::Derived(id, Duty::Pipeline);
    let named = match roles.index_of(own).and_then(|at| roles.list.get(at)) {
        Some(role) => Named::role(platform, role),
        None => {
            Named::arn(derived_role(platform, id, Duty::Pipeline)?.arn, platform.resource(id).name.clone())
        }
    };
    let mut conditions = named.conditions;
    if let Some(machine) = platform.resource(id).arn.clone() {
        conditions.insert("StringEquals", "sts:ExternalId", machine);
    }
    Some(statement("AssumeRole", ASSUME, named.principals, conditions, &[identity.span]))
}

/// Accounts, roles, groups and identity providers that may assume the role, with the tags and the external id that they must bring.
fn people(platform: &Platform, roles: &Roles, role: &Role) -> Vec<Statement> {
    let mut ways: BTreeMap<(&str, Conditions), (Principals, Vec<Span>)> = BTreeMap::new();
    for trust in &role.trust {
        let Some((action, named)) = way(platform, roles, &trust.principal) else { continue };
        let (principals, origins) = ways.entry((action, named.conditions)).or_default();
        principals.extend(&named.principals);
        origins.push(trust.span);
    }
    let mut statements = Vec::new();
    let asked = demanded(platform, role);
    let tags = session_tags(role);
    let mut tagging: BTreeMap<Conditions, (Principals, Vec<Span>)> = BTreeMap::new();
    let mut used: BTreeMap<&str, u32> = BTreeMap::new();
    for ((action, named), (principals, origins)) in ways {
        let mut conditions = named.clone();
        conditions.extend(&asked);
        conditions.extend(&federation::conditions(platform, role, action));
        for (key, value) in &role.tags {
            conditions.insert("StringEquals", format!("aws:RequestTag/{key}"), value.clone());
        }
        if let Some(id) = role.external_id.as_ref().filter(|_| action == ASSUME) {
            conditions.insert("StringEquals", "sts:ExternalId", id.clone());
        }
        if !tags.is_empty() {
            let (all, places) = tagging.entry(named).or_default();
            all.extend(&principals);
            places.extend(&origins);
        }
        let sid = numbered(&mut used, action.trim_start_matches("sts:"));
        statements.push(statement(&sid, action, principals, conditions, &origins));
    }
    for (named, (principals, origins)) in tagging {
        let sid = numbered(&mut used, "TagSession");
        let mut conditions = tagged(role, named, &tags);
        conditions.extend(&asked);
        statements.push(statement(&sid, "sts:TagSession", principals, conditions, &origins));
    }
    statements
}

/// A statement's name that no other has.
fn numbered<'a>(used: &mut BTreeMap<&'a str, u32>, name: &'a str) -> String {
    let number = used.entry(name).and_modify(|number| *number += 1).or_insert(1);
    if *number == 1 { name.to_owned() } else { format!("{name}{number}") }
}

/// How a principal comes into the role, and how it is named; `None` for services.
fn way(platform: &Platform, roles: &Roles, principal: &Principal) -> Option<(&'static str, Named)> {
    let named = match principal {
        Principal::Resource(id) => match roles.key_of(platform, *id).and_then(|key| roles.index_of(key)) {
            Some(at) => Named::role(platform, roles.list.get(at)?),
            None => {
                let resource = platform.resource(*id);
                let arn = resource.arn.clone()?;
                if let Some(action) = federation::action(platform, *id) {
                    let principals = Principals::federated(arn);
                    let named =
                        Named { principals, conditions: Conditions::default(), label: resource.name.clone() };
                    return Some((action, named));
                }
                Named::arn(arn, resource.name.clone())
            }
        },
        Principal::Account(id) => {
            let account = platform.account(*id);
            Named::account(platform, &account.id, account.name.clone())
        }
        Principal::ForeignAccount(id) => Named::account(platform, id, id.clone()),
        Principal::Service(_) => return None,
    };
    Some((ASSUME, named))
}

/// The session tags that whoever assumes a role must bring: those of its `tags`, and those that its `when` asks for.
pub fn session_tags(role: &Role) -> BTreeSet<&str> {
    let asked = role.when.iter().filter_map(|condition| condition.key.strip_prefix("aws:RequestTag/"));
    role.tags.iter().map(|(key, _)| key.as_str()).chain(asked).collect()
}

/// The conditions of bringing session tags: these, and no others.
fn tagged(role: &Role, mut conditions: Conditions, tags: &BTreeSet<&str>) -> Conditions {
    for (key, value) in &role.tags {
        conditions.insert("StringEquals", format!("aws:RequestTag/{key}"), value.clone());
    }
    for &tag in tags {
        conditions.insert("ForAllValues:StringEquals", "aws:TagKeys", tag);
    }
    // Without keys at all `ForAllValues` would hold.
    conditions.insert("Null", "aws:TagKeys", "false");
    conditions
}

/// What the role's `when` demands of a request to assume it.
pub fn demanded(platform: &Platform, role: &Role) -> Conditions {
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
    let asked = declared.map(|role| demanded(platform, role)).unwrap_or_default();
    let account = Some(identity.account).filter(|_| !condition::names_source(&asked));
    let mut statements: Vec<Statement> = Vec::new();
    for says in [false, true] {
        let mut principals = Principals::default();
        let mut origins = Vec::new();
        let mut conditions = source_account(platform, says, account);
        for (service, span) in named.clone().chain(own) {
            let service = library.service(service);
            if service.source_account == says
                && let Some(principal) = &service.principal
            {
                principals.services.insert(principal.clone());
                origins.push(span);
                if let Some(arn) = source_arn(platform, identity, service) {
                    conditions.insert("ArnLike", "aws:SourceArn", arn);
                }
            }
        }
        if !principals.services.is_empty() {
            conditions.extend(&asked);
            let sid = if says { "ServiceForThisAccount" } else { "Service" };
            statements.push(statement(sid, "sts:AssumeRole", principals, conditions, &origins));
        }
    }
    statements
}

/// What a service says in `aws:SourceArn` when it assumes the role that is made for a declaration which it runs.
fn source_arn(platform: &Platform, identity: &RoleIdentity, service: &Service) -> Option<SmolStr> {
    let resource = match identity.key {
        RoleKey::Derived(id, _) => platform.resource(id),
        RoleKey::Declared(_) => return None,
    };
    let account = platform.account(identity.account);
    fill(service.source_arn.as_ref()?, |name| match name {
        "partition" => Some(platform.project.partition().into()),
        "region" => Some(account.region.clone()),
        "account" => Some(account.id.clone()),
        "name" => Some(resource.physical.clone()),
        _ => None,
    })
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
