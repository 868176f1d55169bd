//! Requests around what a program's policies name: as granted, and with one thing changed.

use std::collections::BTreeSet;

use dpl::{
    Analysis,
    access::{
        Document, RoleAccess,
        document::Actions,
        pattern::{arn_has_format, sample},
    },
    platform::{AccountId, Platform, ResourceId},
    prove::{Context, Prover, Request},
};
use smol_str::SmolStr;

use super::Cases;
use crate::window::rng::Rng;

/// Asks for at most so many requests.
pub fn ask(analysis: &Analysis, seed: u64, most: usize, name: &str, cases: &mut Cases) {
    let prover = Prover::new(&analysis.platform, &analysis.access);
    each(analysis, seed, most, &mut |request| {
        let name = format!("{name} {} {} {}", request.role.identity.name, request.action, request.resource);
        prover.with_policies(&request, |policies, question| cases.add(name, policies, question));
    });
}

/// Makes at most so many requests.
pub fn each<'a>(analysis: &'a Analysis, seed: u64, most: usize, asked_for: &mut dyn FnMut(Request<'a>)) {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let pool = Pool::of(analysis);
    let mut rng = Rng::new(seed);
    let mut asked = BTreeSet::new();
    let mut wanted: Vec<(usize, usize, usize)> = Vec::new();
    for (role, count) in access.roles.iter().enumerate().map(|(at, _)| (at, pool.named.len())) {
        wanted.extend((0..count).map(|at| (role, at, rng.below(10))));
    }
    // What a role's own policies and the resources' say about it comes before the rest.
    wanted.sort_by_key(|(role, at, _)| !pool.named[*at].2.contains(role));
    let about = wanted.iter().filter(|(role, at, _)| pool.named[*at].2.contains(role)).count();
    for number in 0..most.min(wanted.len()) {
        let from = if about > 0 && (most < wanted.len()) && number % 4 != 3 {
            rng.below(about)
        } else {
            rng.below(wanted.len())
        };
        let (role, at, change) = if most == usize::MAX { wanted[number] } else { wanted[from] };
        let change = if most == usize::MAX { change } else { rng.below(10) };
        if let Some(request) = request(platform, &pool, &access.roles[role], at, change, &mut rng)
            && asked.insert(format!("{} {request:?}", role))
        {
            asked_for(request);
        }
    }
}

/// An action, a resource, and the roles whose policies or names stand beside them.
type Named = (SmolStr, SmolStr, BTreeSet<usize>);

/// What policies name.
struct Pool {
    named: Vec<Named>,
    actions: Vec<SmolStr>,
    resources: Vec<SmolStr>,
}

impl Pool {
    fn of(analysis: &Analysis) -> Self {
        let access = &analysis.access;
        let mut named: Vec<Named> = Vec::new();
        let mut add = |document: &Document,
                       about: &dyn Fn(&dpl::access::Statement) -> BTreeSet<usize>,
                       own: Option<&SmolStr>| {
            for statement in &document.statements {
                let Actions::Only(actions) = &statement.actions else { continue };
                let itself: Vec<SmolStr> = own.cloned().into_iter().collect();
                let resources: Vec<SmolStr> = if statement.resources.is_empty() {
                    itself
                } else {
                    statement
                        .resources
                        .iter()
                        .map(|it| if it == "*" { own.cloned().unwrap_or_default() } else { it.clone() })
                        .collect()
                };
                for action in actions {
                    for resource in &resources {
                        named.push((action.clone(), resource.clone(), about(statement)));
                    }
                }
            }
        };
        for (at, role) in access.roles.iter().enumerate() {
            add(&role.policy, &|_| BTreeSet::from([at]), None);
            add(&role.trust, &|statement| people(analysis, statement), Some(&role.identity.arn));
        }
        for (&id, document) in &access.resources {
            let own =
                analysis.platform.resource(id).arn.clone().unwrap_or_else(|| key_arn(&analysis.platform, id));
            add(document, &|statement| people(analysis, statement), Some(&own));
        }
        named
            .retain(|(action, resource, _)| !resource.is_empty() && !action.ends_with(":*") && action != "*");
        let actions: BTreeSet<SmolStr> = named.iter().map(|it| it.0.clone()).collect();
        let resources: BTreeSet<SmolStr> = named.iter().map(|it| it.1.clone()).collect();
        Self { named, actions: actions.into_iter().collect(), resources: resources.into_iter().collect() }
    }
}

/// The roles that a statement names.
fn people(analysis: &Analysis, statement: &dpl::access::Statement) -> BTreeSet<usize> {
    let roles = analysis.access.roles.iter().enumerate();
    let named = statement.principal.iter().flat_map(|it| &it.aws).collect::<Vec<_>>();
    roles.filter(|(_, role)| named.contains(&&role.identity.arn)).map(|(at, _)| at).collect()
}

/// A key has no id before it is made.
fn key_arn(platform: &Platform, id: ResourceId) -> SmolStr {
    let account = platform.resource(id).account.map(|account| platform.account(account)).unwrap();
    format!("arn:aws:kms:{}:{}:key/{:08}", account.region, account.id, id.0).into()
}

fn request<'a>(
    platform: &Platform,
    pool: &Pool,
    role: &'a RoleAccess,
    at: usize,
    change: usize,
    rng: &mut Rng,
) -> Option<Request<'a>> {
    let (mut action, mut pattern, _) = pool.named[at].clone();
    match change {
        0 => action = same_service(pool, &action, rng),
        1 => pattern = pool.resources[rng.below(pool.resources.len())].clone(),
        _ => {}
    }
    let service = action.split(':').next().unwrap();
    if !pattern.starts_with(&format!("arn:aws:{}:", if service == "sts" { "iam" } else { service })) {
        return None;
    }
    let rest = ["a/b", "x", "other/2026", "secret/x"][rng.below(4)];
    let mut resource = sample(&pattern, rest);
    if !fits(platform, &action, &resource) {
        return None;
    }
    let owner = owner(platform, &resource, rng);
    if let (true, Some(key)) = (action.starts_with("kms:"), owner) {
        resource = key_arn(platform, key);
    }
    let account = match owner {
        Some(id) => platform.resource(id).account?,
        None => account_in(platform, &resource)?,
    };
    // The simulator sees no trust and no key's policy where there is none.
    if owner.is_none() && (service == "sts" || service == "kms") {
        return None;
    }
    let mut request =
        Request { role, session: None, action, resource, owner, account, context: Context::default() };
    request.context = context(platform, &request, change, rng);
    Some(request)
}

/// Whether AWS can limit an action to a resource of that type.
fn fits(platform: &Platform, action: &str, resource: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap();
    let library = &platform.library;
    let mut services = (0..).zip(&library.services).filter(|(_, it)| it.prefix == service);
    services.any(|(at, service)| {
        let action = library.action_named(dpl::library::ServiceId(at), name).map(|id| library.action(id));
        let types = action.into_iter().flat_map(|it| &it.types);
        types.map(|at| &service.types[*at as usize]).any(|(kind, format)| match kind.as_str() {
            "object" => resource.contains('/'),
            "bucket" => !resource.contains('/'),
            _ => arn_has_format(format, resource),
        })
    })
}

fn same_service(pool: &Pool, action: &str, rng: &mut Rng) -> SmolStr {
    let service = action.split(':').next().unwrap();
    let same: Vec<&SmolStr> =
        pool.actions.iter().filter(|it| it.starts_with(&format!("{service}:"))).collect();
    same[rng.below(same.len())].clone()
}

/// The declaration that an ARN is of.
fn owner(platform: &Platform, arn: &str, rng: &mut Rng) -> Option<ResourceId> {
    if arn.contains(":kms:") {
        let account = arn.split(':').nth(4)?;
        let keys: Vec<ResourceId> = platform
            .of_kind("key")
            .filter(|(_, key)| key.account.is_some_and(|it| platform.account(it).id == account))
            .map(|(id, _)| id)
            .collect();
        return (!keys.is_empty()).then(|| keys[rng.below(keys.len())]);
    }
    let all = (0..).map(ResourceId).zip(&platform.resources);
    let named = |known: &SmolStr| {
        arn.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut owners = all.filter(|(id, resource)| match &resource.arn {
        Some(known) => named(known) && platform.kind_of(*id).name != "boundary",
        None => false,
    });
    owners.next().map(|(id, _)| id).filter(|id| platform.resource(*id).account.is_some())
}

fn account_in(platform: &Platform, arn: &str) -> Option<AccountId> {
    let wanted = arn.split(':').nth(4)?;
    (0..).map(AccountId).zip(&platform.accounts).find(|(_, account)| account.id == wanted).map(|(id, _)| id)
}

/// What the program knows of such a request, and circumstances of all kinds for what it does not know.
fn context(platform: &Platform, request: &Request<'_>, change: usize, rng: &mut Rng) -> Context {
    let mut context = Context::default();
    let (own, theirs) = (platform.account(request.role.identity.account), platform.account(request.account));
    let region = if change == 2 { "eu-north-1" } else { theirs.region.as_str() };
    context.set("aws:securetransport", vec![(if change == 3 { "false" } else { "true" }).into()]);
    context.set("aws:principalarn", vec![request.role.identity.arn.clone()]);
    context.set("aws:principalaccount", vec![own.id.clone()]);
    context.set("aws:resourceaccount", vec![theirs.id.clone()]);
    context.set("aws:requestedregion", vec![region.into()]);
    context.set("aws:principalisawsservice", vec!["false".into()]);
    for (key, account) in [("aws:principalorgid", own), ("aws:resourceorgid", theirs)] {
        let organization = account.organization.and_then(|at| platform.organizations.get(at as usize));
        context.set(key, organization.and_then(|it| it.id.clone()).into_iter().collect());
    }
    let action = request.action.as_str();
    if action.starts_with("s3:ListBucket") && change != 4 {
        context.set("s3:prefix", vec![["clean/2026", "raw/", "raw/secret/x", ""][rng.below(4)].into()]);
    }
    if let (true, Some(key)) = (action.starts_with("kms:"), request.owner) {
        let alias = format!("alias/{}", platform.resource(key).physical);
        context
            .set("kms:resourcealiases", vec![if change == 5 { "alias/other".into() } else { alias.into() }]);
        if change != 4 {
            context.set("kms:viaservice", vec![format!("s3.{}.amazonaws.com", theirs.region).into()]);
        }
    }
    if action.starts_with("sts:")
        && let Some(role) = platform.roles.iter().find(|role| Some(role.resource) == request.owner)
    {
        if change != 4 {
            for (key, value) in &role.tags {
                context.set(format!("aws:requesttag/{key}").to_lowercase(), vec![value.clone()]);
            }
            context.set("aws:tagkeys", role.tags.iter().map(|(key, _)| key.clone()).collect());
        }
        if change != 5 {
            context.set("sts:externalid", role.external_id.clone().into_iter().collect());
        }
    }
    circumstances(rng, &mut context);
    if rng.below(2) == 0 {
        context.set("aws:multifactorauthpresent", vec![["true", "false"][rng.below(2)].into()]);
        context.set("aws:sourceip", vec![["203.0.113.7", "10.0.0.1"][rng.below(2)].into()]);
        context.set(
            "aws:currenttime",
            vec![["2026-01-01T00:00:00Z", "2031-01-01T00:00:00Z"][rng.below(2)].into()],
        );
    }
    context
}

/// What `platforms.rs` has conditions ask for: mostly one that is meant, sometimes another, sometimes none.
const CIRCUMSTANCES: &[(&str, &[&str])] = &[
    ("aws:sourcevpce", &["vpce-0abc1234", "vpce-0abc1234", "vpce-0def5678", "vpce-0fff0000"]),
    ("aws:vpcsourceip", &["10.1.2.3", "10.2.0.1"]),
    ("aws:principaltag/team", &["data", "web", "legal"]),
    ("aws:sourceidentity", &["ada", "bob"]),
    ("aws:viaawsservice", &["false", "false", "true"]),
    ("aws:calledvia", &["athena.amazonaws.com", "cloudformation.amazonaws.com"]),
    ("aws:multifactorauthage", &["60", "3600", "86400"]),
    ("aws:requesttag/stage", &["x", "z"]),
    ("s3:existingobjecttag/state", &["open", "closed"]),
    ("s3:requestobjecttag/state", &["open", "closed"]),
];

fn circumstances(rng: &mut Rng, context: &mut Context) {
    for (key, values) in CIRCUMSTANCES {
        if rng.below(3) > 0 {
            context.set(*key, vec![rng.pick(values).into()]);
        }
    }
}
