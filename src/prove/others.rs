//! Those who are let in and are no roles of the program: accounts, services, roles that exist already. What they may do is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    asked::Asked,
    decide::acts,
    explain::Link,
    prover::Prover,
    question::{Answer, Holder, Verdict},
};
use crate::{
    access::{Statement, document::Conditions, pattern::matches, requirement::Requirement},
    platform::{Principal, Target, grant::Effect},
    source::Span,
};

/// Somebody as policies name them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Arn(SmolStr),
    Service(SmolStr),
}

/// Who a resource's policy or Lake Formation lets in, with the places that say so.
type LetIn = BTreeMap<Named, BTreeSet<Span>>;

/// Those who are let in, each with where the program says so.
pub(super) fn holders(prover: &Prover<'_>, asked: &Asked<'_, '_>, on: &Target) -> Vec<Holder> {
    let holder = |(named, places): (Named, BTreeSet<Span>)| {
        let (name, what) = described(prover, &named);
        Holder { name, what, answer: let_in(&named, places) }
    };
    all(prover, asked, on).into_iter().map(holder).collect()
}

/// Those elsewhere who can become one of some roles, each with where the role's trust lets them in.
pub(super) fn come_in(prover: &Prover<'_>, roles: impl Iterator<Item = usize>) -> Vec<Holder> {
    let mut holders = Vec::new();
    for role in roles.filter_map(|at| prover.access.roles.get(at)) {
        let own = root(prover, &prover.platform.account(role.identity.account).id);
        let mut found = LetIn::new();
        role.trust.statements.iter().for_each(|statement| add(prover, statement, Some(&own), &mut found));
        for (named, places) in found {
            let Named::Arn(_) = &named else { continue };
            let (name, what) = described(prover, &named);
            let become_it = prover.role_name(role);
            let mut answer = let_in(&named, places);
            answer.by = format!(", having become `{become_it}`");
            answer.assumes.extend(prover.brings(role));
            for link in &mut answer.chain {
                link.says = format!("`{become_it}` lets `{name}` become it");
            }
            holders.push(Holder { name, what, answer });
        }
    }
    holders
}

/// Whether somebody is let in: where not, and it takes that, it can't.
pub(super) fn answer(
    prover: &Prover<'_>,
    asked: &Asked<'_, '_>,
    principal: &Principal,
    on: &Target,
) -> Answer {
    let Some(named) = named(prover, principal) else { return Answer::bare(Verdict::Undecided) };
    match all(prover, asked, on).remove(&named) {
        Some(places) => let_in(&named, places),
        None if takes_a_door(prover, &named, on) => {
            let reason = "the resource's policy must let it in".to_owned();
            Answer { missing: Some((reason, Vec::new())), ..Answer::bare(Verdict::No) }
        }
        None => Answer::bare(Verdict::Undecided),
    }
}

fn let_in(named: &Named, places: BTreeSet<Span>) -> Answer {
    let link = Link {
        says: "it is let in".to_owned(),
        label: "let in here".to_owned(),
        statement: None,
        places: places.into_iter().collect(),
    };
    let assumed = match named {
        Named::Arn(_) => "its own policies, which the program does not make, allow it",
        Named::Service(_) => "somebody has the service do it",
    };
    Answer {
        chain: vec![link],
        assumes: BTreeSet::from([assumed.to_owned()]),
        ..Answer::bare(Verdict::Undecided)
    }
}

/// Whether somebody can do nothing unless the resource says so: services, and whoever is of another account than the resource.
fn takes_a_door(prover: &Prover<'_>, named: &Named, on: &Target) -> bool {
    let own = prover.platform.account_of(on.resource).map(|account| account.id.as_str());
    match named {
        Named::Arn(arn) => arn.split(':').nth(4) != own && !prover.is_elsewhere(on.resource),
        Named::Service(_) => !prover.is_elsewhere(on.resource),
    }
}

fn all(prover: &Prover<'_>, asked: &Asked<'_, '_>, on: &Target) -> LetIn {
    let own = prover.platform.account_of(on.resource).map(|account| root(prover, &account.id));
    let mut found = LetIn::new();
    for route in asked.routes() {
        for requirement in &route.primary {
            let policy = requirement.owner.and_then(|owner| prover.access.policy_of(owner));
            for statement in policy.into_iter().flat_map(|it| &it.statements) {
                if gives(statement, requirement, prover) {
                    add(prover, statement, own.as_ref(), &mut found);
                }
            }
        }
        for grant in route.told_to_others() {
            if let Some(named) = named(prover, &grant.principal) {
                found.entry(named).or_default().insert(grant.span);
            }
        }
    }
    found
}

/// Whether a statement gives some of what is needed.
fn gives(statement: &Statement, requirement: &Requirement, prover: &Prover<'_>) -> bool {
    let wanted = &requirement.resource;
    let touches = |pattern: &SmolStr| matches(pattern, wanted) || matches(wanted, pattern);
    statement.effect == Effect::Grant
        && acts(&statement.actions, prover.platform.library.action_spelling(requirement.action))
        && (statement.resources.is_empty() || statement.resources.iter().any(touches))
}

fn add(prover: &Prover<'_>, statement: &Statement, own: Option<&SmolStr>, found: &mut LetIn) {
    let Some(principals) = statement.principal.as_ref().filter(|_| !is_for_a_group(&statement.conditions))
    else {
        return;
    };
    // That the resource leaves it to its own account lets nobody in.
    let ours =
        |arn: &SmolStr| Some(arn) == own || prover.access.roles.iter().any(|it| it.identity.arn == *arn);
    let arns = principals.aws.iter().filter(|arn| !ours(arn)).cloned().map(Named::Arn);
    for named in arns.chain(principals.services.iter().cloned().map(Named::Service)) {
        found.entry(named).or_default().extend(statement.origins.iter().copied());
    }
}

/// Whether a statement names an account for one of its roles alone.
fn is_for_a_group(conditions: &Conditions) -> bool {
    conditions.0.get("ArnLike").is_some_and(|keys| keys.contains_key("aws:PrincipalArn"))
}

fn root(prover: &Prover<'_>, account: &str) -> SmolStr {
    crate::access::account_root(prover.platform, account)
}

fn named(prover: &Prover<'_>, principal: &Principal) -> Option<Named> {
    let platform = prover.platform;
    Some(match principal {
        Principal::Resource(id) => Named::Arn(platform.resource(*id).arn.clone()?),
        Principal::Account(id) => Named::Arn(root(prover, &platform.account(*id).id)),
        Principal::ForeignAccount(id) => Named::Arn(root(prover, id)),
        Principal::Service(id) => Named::Service(platform.library.service(*id).principal.clone()?),
    })
}

/// A name of the program for somebody, and what it is.
fn described(prover: &Prover<'_>, named: &Named) -> (String, String) {
    let platform = prover.platform;
    match named {
        Named::Service(principal) => (principal.to_string(), "service".to_owned()),
        Named::Arn(arn) => {
            let id = arn.split(':').nth(4).unwrap_or_default();
            let account = platform.account_numbered(id).map(|at| platform.account(at));
            let name = account.map_or(id, |account| account.name.as_str());
            if arn.ends_with(":root") {
                return (name.to_owned(), "account, whose administrators choose who".to_owned());
            }
            let role = platform.resources.iter().find(|resource| resource.arn.as_ref() == Some(arn));
            let shown = role.map_or_else(|| arn.to_string(), |role| role.name.to_string());
            (shown, format!("role in {name} that exists already"))
        }
    }
}
