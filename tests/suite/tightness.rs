//! Policies say neither less nor more than the program needs: without any part of any statement something fails that the program does, and
//! nothing is allowed around what it does. What a program needs is said here a second time, from its declarations, and not read from its policies.

use std::{collections::BTreeMap, fmt::Write as _};

use dpl::{
    Analysis,
    access::{
        RoleKey, Statement,
        derived::{Duty, derived_role_in},
        document::Actions,
        pattern::{matches, sample},
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    library::ActionId,
    platform::{
        AccountId, Capability, Location, Platform, Principal, ResourceId, Value, ValueKind, grant::Effect,
        pipeline::User, resource::Noun, stream::Rows,
    },
    prove::{Context, Decision, Known, Prover, Request},
};
use serde_json::json;
use smol_str::SmolStr;

use super::{
    command::Sandbox,
    oracle,
    programs::{analyze, example, messages},
};

/// What a role needs; or with `denied` what it must not do whatever else it may.
struct Need {
    role: usize,
    requirement: Requirement,
    denied: bool,
}

/// Collects needs for the roles of a program.
struct Needs<'a> {
    analysis: &'a Analysis,
    all: Vec<Need>,
}

impl Needs<'_> {
    fn of(analysis: &Analysis) -> Vec<Need> {
        let mut needs = Needs { analysis, all: Vec::new() };
        needs.sentences();
        needs.pipelines();
        needs.queries();
        needs.syncs_functions_domains();
        needs.all
    }

    fn add(&mut self, key: RoleKey, capability: Capability, place: &Place, denied: bool) {
        let Some(role) = self.analysis.access.index_of(key) else { return };
        for requirement in requirements(&self.analysis.platform, capability, place) {
            if !denied || requirement.primary {
                self.all.push(Need { role, requirement, denied });
            }
        }
    }

    fn named(&mut self, key: RoleKey, kind: &str, capabilities: &[&str], place: &Place) {
        let library = &self.analysis.platform.library;
        for name in capabilities {
            let id = library.capability_named(library.kind_named(kind).unwrap(), name).unwrap();
            self.add(key, Capability::Named(id), place, false);
        }
    }

    fn sentences(&mut self) {
        let platform = &self.analysis.platform;
        for grant in &platform.grants {
            for (principal, _) in &grant.to {
                let Principal::Resource(id) = principal else { continue };
                for wanted in &grant.capabilities {
                    let denied = grant.effect == Effect::Deny;
                    self.add(
                        acting(platform, *id).unwrap(),
                        wanted.capability,
                        &Place::from(&grant.on),
                        denied,
                    );
                }
            }
        }
        for role in &platform.roles {
            for trust in &role.trust {
                let Principal::Resource(caller) = trust.principal else { continue };
                let (key, place) = (acting(platform, caller).unwrap(), Place::Resource(role.resource));
                self.named(key, "role", &["assume"], &place);
            }
        }
    }

    fn pipelines(&mut self) {
        for pipeline in &self.analysis.platform.pipelines {
            for used in &pipeline.uses {
                let key = match used.who {
                    User::Pipeline => RoleKey::Derived(pipeline.resource, Duty::Pipeline),
                    User::Trigger => RoleKey::Derived(pipeline.resource, Duty::Trigger),
                    User::Forwarder(_) => RoleKey::Derived(pipeline.resource, Duty::Forward),
                    User::Delegate(account) => {
                        // The pipeline's own role takes the other one on.
                        let own = RoleKey::Derived(pipeline.resource, Duty::Pipeline);
                        let platform = &self.analysis.platform;
                        let duty = Duty::Delegate(account);
                        let role = derived_role_in(platform, pipeline.resource, duty, account).unwrap();
                        self.named(own, "role", &["assume"], &Place::Arn(role.arn));
                        RoleKey::Derived(pipeline.resource, duty)
                    }
                    User::Role(role) => RoleKey::Declared(role),
                };
                self.add(key, used.capability, &Place::from(&used.on), false);
            }
        }
    }

    fn queries(&mut self) {
        let platform = &self.analysis.platform;
        for query in &platform.queries {
            let key = RoleKey::Derived(query.resource, Duty::Query);
            let mut written = vec![query.sink];
            for source in query.sources() {
                self.stream(key, source, false);
                let stream = platform.stream(source).unwrap();
                written.extend(stream.late.into_iter().chain([stream.on_invalid]).filter_map(
                    |rows| match rows {
                        Rows::Divert(to) => Some(to),
                        _ => None,
                    },
                ));
            }
            written.into_iter().for_each(|to| self.stream(key, to, true));
        }
    }

    fn stream(&mut self, key: RoleKey, id: ResourceId, write: bool) {
        let stream = self.analysis.platform.stream(id).unwrap();
        let files: Vec<&Location> = stream.connector.fields.iter().flatten().flat_map(locations).collect();
        if files.is_empty() {
            self.named(key, "stream", if write { &["put"] } else { &["consume"] }, &Place::Resource(id));
        }
        for file in files {
            let what: &[&str] = if write { &["list", "write"] } else { &["list", "read"] };
            self.named(key, "bucket", what, &Place::from(file));
        }
    }

    fn syncs_functions_domains(&mut self) {
        let platform = &self.analysis.platform;
        for (id, resource) in platform.of_kind("sync") {
            let key = RoleKey::Derived(id, Duty::Sync);
            for (field, capability) in [("from", "sync_from"), ("to", "sync_to")] {
                let value = resource.field(platform.kind_of(id), field).unwrap();
                for location in locations(value) {
                    let before = self.all.len();
                    self.named(key, "bucket", &[capability], &Place::from(location));
                    // DataSync looks at the bucket before it looks at a place in it: it lists without a prefix.
                    self.all.iter_mut().skip(before).for_each(|need| need.requirement.prefix = None);
                }
            }
        }
        for function in &platform.functions {
            let key = RoleKey::Derived(function.resource, Duty::Function);
            for (location, _) in &function.reads {
                self.named(key, "bucket", &["read", "list"], &Place::from(location));
            }
            for (location, _) in &function.writes {
                self.named(key, "bucket", &["write"], &Place::from(location));
            }
        }
        for domain in &platform.domains {
            let key = RoleKey::Derived(domain.resource, Duty::Registration);
            let tables = domain.tables.iter().map(|&at| &platform.tables[at as usize].location);
            for location in std::iter::once(&domain.location).chain(tables) {
                self.named(key, "bucket", &["read", "write", "list", "delete"], &Place::from(location));
            }
        }
    }
}

fn locations(value: &Value) -> Vec<&Location> {
    match &value.kind {
        ValueKind::Location(location) => vec![location],
        ValueKind::Construct(construct) => construct.fields.iter().flatten().flat_map(locations).collect(),
        _ => Vec::new(),
    }
}

/// The request that a need stands for.
fn request<'a>(analysis: &'a Analysis, need: &Need) -> Request<'a> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let (role, needed) = (&access.roles[need.role], &need.requirement);
    // The catalog is opened to other accounts by sharing it, and not by a policy.
    let shared = |id: &ResourceId| matches!(platform.resource(*id).noun, Noun::Table(_) | Noun::Domain(_));
    let owner = needed.owner.filter(|id| !shared(id));
    let account = owner.and_then(|id| platform.resource(id).account).unwrap_or(role.identity.account);
    let mut context = context(analysis, need.role, account);
    let mut set = |key: &str, values: Vec<SmolStr>| {
        context.insert(SmolStr::from(key.to_ascii_lowercase()), values);
    };
    if let Some((key, pattern)) = &needed.prefix {
        set(key, vec![sample(pattern, "any")]);
    }
    if let Some(via) = &needed.via {
        set("kms:viaservice", vec![via.clone()]);
    }
    if let Some(alias) = &needed.alias {
        set("kms:resourcealiases", vec![alias.clone()]);
    }
    if let Some(service) = needed.passed_to.first() {
        set("iam:passedtoservice", vec![service.clone()]);
    }
    if let Some(Noun::Role(at)) = owner.map(|id| platform.resource(id).noun) {
        let assumed = &platform.roles[at as usize];
        for (key, value) in &assumed.tags {
            set(&format!("aws:requesttag/{key}"), vec![value.clone()]);
        }
        if let Some(id) = &assumed.external_id {
            set("sts:externalid", vec![id.clone()]);
        }
    }
    Request {
        role,
        session: None,
        action: platform.library.action_spelling(needed.action).clone(),
        // `*` alone stands for no resource in particular.
        resource: if needed.resource == "*" { "*".into() } else { sample(&needed.resource, "any") },
        owner,
        account,
        context: Context::exact(context),
    }
}

fn context(analysis: &Analysis, role: usize, account: AccountId) -> BTreeMap<SmolStr, Vec<SmolStr>> {
    let (platform, role) = (&analysis.platform, &analysis.access.roles[role]);
    let there = platform.account(account);
    BTreeMap::from([
        ("aws:securetransport".into(), vec!["true".into()]),
        ("aws:principalarn".into(), vec![role.identity.arn.clone()]),
        ("aws:principalaccount".into(), vec![platform.account(role.identity.account).id.clone()]),
        ("aws:resourceaccount".into(), vec![there.id.clone()]),
        ("aws:requestedregion".into(), vec![there.region.clone()]),
    ])
}

fn prover(analysis: &Analysis) -> Prover<'_> {
    Prover::new(&analysis.platform, &analysis.access)
}

fn allowed<'a>(prover: &Prover<'a>, request: &Request<'a>) -> bool {
    matches!(prover.decide(request), Decision::Allowed(..))
}

fn given<'r>(request: &'r Request<'_>, key: &str) -> &'r [SmolStr] {
    match request.context.get(key) {
        Known::Values(values) => values,
        Known::Absent | Known::Unknown => &[],
    }
}

/// Whether a request is among what its role needs.
fn is_needed(needs: &[Need], role: usize, action: ActionId, request: &Request<'_>) -> bool {
    let same = |needed: &Option<SmolStr>, key: &str| {
        needed.as_ref().is_none_or(|it| given(request, key).contains(it))
    };
    needs.iter().filter(|need| need.role == role && !need.denied).any(|need| {
        let needed = &need.requirement;
        let prefix = needed
            .prefix
            .as_ref()
            .is_none_or(|(key, pattern)| given(request, key).iter().any(|it| matches(pattern, it)));
        needed.action == action
            && matches(&needed.resource, &request.resource)
            && prefix
            && same(&needed.via, "kms:viaservice")
            && same(&needed.alias, "kms:resourcealiases")
    })
}

/// Whether a role's need is met: what it needs is allowed, what it must not do is not.
fn met<'a>(analysis: &'a Analysis, prover: &Prover<'a>, need: &Need) -> bool {
    allowed(prover, &request(analysis, need)) != need.denied
}

/// A policy of a program.
#[derive(Clone, Copy)]
enum Policy {
    Role(usize),
    Resource(ResourceId),
}

fn statements(analysis: &mut Analysis, policy: Policy) -> &mut Vec<Statement> {
    match policy {
        Policy::Role(at) => &mut analysis.access.roles[at].policy.statements,
        Policy::Resource(id) => &mut analysis.access.resources.get_mut(&id).unwrap().statements,
    }
}

/// What is left of a statement without each of its parts: nothing, and what remains without one action, resource, principal or value.
fn without(statement: &Statement) -> Vec<Option<Statement>> {
    let mut left = vec![None];
    let mut push = |change: &dyn Fn(&mut Statement)| {
        let mut changed = statement.clone();
        change(&mut changed);
        left.push(Some(changed));
    };
    if let Actions::Only(actions) = &statement.actions
        && actions.len() > 1
    {
        for action in actions {
            let others = actions.iter().filter(|it| *it != action).cloned().collect();
            push(&|it| it.actions = Actions::Only(Clone::clone(&others)));
        }
    }
    if statement.resources.len() > 1 {
        statement.resources.iter().for_each(|resource| push(&|it| _ = it.resources.remove(resource)));
    }
    if let Some(principal) = statement.principal.as_ref().filter(|it| it.aws.len() > 1) {
        principal.aws.iter().for_each(|arn| push(&|it| _ = it.principal.as_mut().unwrap().aws.remove(arn)));
    }
    for (operator, keys) in &statement.conditions.0 {
        for (key, values) in keys.iter().filter(|(_, values)| values.len() > 1) {
            for value in values {
                let keys = |it: &mut Statement| -> bool {
                    it.conditions.0.get_mut(operator).unwrap().get_mut(key).unwrap().remove(value)
                };
                push(&|it| _ = keys(it));
            }
        }
    }
    left
}

/// What no request of a role of the program needs: what is let in for others, and what the program denies, perhaps for nothing.
fn is_for_others(analysis: &Analysis, statement: &Statement) -> bool {
    if statement.effect == Effect::Deny {
        return true;
    }
    statement.principal.as_ref().is_some_and(|principal| {
        let ours = |arn: &&SmolStr| analysis.access.roles.iter().any(|role| role.identity.arn == **arn);
        !principal.aws.iter().any(|arn| ours(&arn))
    })
}

/// How much was tried.
#[derive(Default)]
struct Tried {
    mutations: usize,
    around: usize,
    cases: Vec<serde_json::Value>,
}

/// Takes every part of every statement away, one after the other. Findings are told all at once.
fn tight(mut analysis: Analysis, tried: &mut Tried) {
    assert!(!analysis.has_errors(), "{}", messages(&analysis));
    let needs = Needs::of(&analysis);
    let unmet: Vec<String> = needs
        .iter()
        .filter(|need| !met(&analysis, &prover(&analysis), need))
        .map(|need| told(&analysis, need))
        .collect();
    let mut idle: Vec<String> = Vec::new();
    let roles = (0..analysis.access.roles.len()).map(Policy::Role);
    let policies: Vec<Policy> =
        roles.chain(analysis.access.resources.keys().copied().map(Policy::Resource)).collect();
    for policy in policies {
        let concerned: Vec<&Need> = needs
            .iter()
            .filter(|need| match policy {
                Policy::Role(at) => need.role == at,
                Policy::Resource(id) => need.requirement.owner == Some(id),
            })
            .filter(|need| met(&analysis, &prover(&analysis), need))
            .collect();
        for at in 0..statements(&mut analysis, policy).len() {
            let whole = statements(&mut analysis, policy)[at].clone();
            if is_for_others(&analysis, &whole) {
                continue;
            }
            for left in without(&whole) {
                statements(&mut analysis, policy).splice(at..=at, left.clone());
                tried.mutations += 1;
                let changed = prover(&analysis);
                match concerned.iter().find(|need| !met(&analysis, &changed, need)) {
                    Some(need) if tried.mutations.is_multiple_of(5) && simulated(need) => {
                        let asked = request(&analysis, need);
                        tried.cases.push(case(&analysis, &asked));
                    }
                    Some(_) => {}
                    None => idle.push(format!("{whole:?} says the same as {left:?}")),
                }
                let there = usize::from(left.is_some());
                statements(&mut analysis, policy).splice(at..at + there, [whole.clone()]);
            }
        }
    }
    let wide = around(&analysis, &needs, tried);
    assert!(
        unmet.is_empty() && idle.is_empty() && wide.is_empty(),
        "not allowed:\n{}\nidle:\n{}\ntoo wide:\n{}",
        unmet.join("\n"),
        idle.join("\n"),
        wide.join("\n")
    );
}

/// What the simulator takes as it is asked: not the catalog of another account.
fn simulated(need: &Need) -> bool {
    !need.denied && !need.requirement.resource.contains(":glue:")
}

/// A request that is refused for want of a statement, as the simulator is asked it. Guardrails only deny, and have no part in that.
fn case(analysis: &Analysis, request: &Request<'_>) -> serde_json::Value {
    let keys = request.context.iter().map(|(key, values)| {
        let several = key == "kms:resourcealiases" || key == "aws:tagkeys";
        (key.to_string(), if several { json!(values) } else { json!(values[0]) })
    });
    let own = &request.role.policy;
    let mut one = json!({
        "name": format!("{} {} {}", request.role.identity.name, request.action, request.resource),
        "expect": "ImplicitlyDenied",
        "principal": request.role.identity.arn,
        "action": request.action,
        "resource": request.resource,
        "resourceAccount": analysis.platform.account(request.account).id,
        "context": keys.collect::<serde_json::Map<_, _>>(),
        "identity": if own.statements.is_empty() { Vec::new() } else { vec![json!(own)] },
    });
    if let Some(policy) = request.owner.and_then(|owner| analysis.access.policy_of(owner)) {
        one["resourcePolicy"] = json!(policy);
    }
    one
}

fn told(analysis: &Analysis, need: &Need) -> String {
    let asked = request(analysis, need);
    format!("{} {} on {} {:?}", asked.role.identity.name, asked.action, asked.resource, asked.context)
}

/// Asks for what lies beside each need: other actions of its service, places beside and above it, other buckets, other roles, other circumstances.
fn around<'a>(analysis: &'a Analysis, needs: &[Need], tried: &mut Tried) -> Vec<String> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let mut wide = Vec::new();
    let prover = prover(analysis);
    let mut ask = |role: usize, action: ActionId, request: &Request<'a>| {
        tried.around += 1;
        if allowed(&prover, request) && !is_needed(needs, role, action, request) {
            wide.push(format!("{} {} on {}", request.role.identity.name, request.action, request.resource));
        }
    };
    for need in needs.iter().filter(|need| !need.denied) {
        let asked = request(analysis, need);
        let own = platform.library.action(need.requirement.action).service;
        let services = (0..).map(ActionId).zip(&platform.library.actions).filter(|(_, it)| it.service == own);
        for (action, _) in services {
            let spelled = platform.library.action_spelling(action).clone();
            ask(need.role, action, &Request { action: spelled, ..asked.clone() });
        }
        for resource in beside(platform, &need.requirement.resource) {
            let owner = owner(platform, &resource);
            ask(need.role, need.requirement.action, &Request { resource, owner, ..asked.clone() });
        }
        for at in 0..access.roles.len() {
            let other = Need { role: at, requirement: need.requirement.clone(), denied: false };
            ask(at, need.requirement.action, &request(analysis, &other));
        }
        for key in ["s3:prefix", "kms:viaservice", "kms:resourcealiases", "iam:passedtoservice"] {
            if !given(&asked, key).is_empty() {
                let mut other = asked.clone();
                other.context.set(key, vec!["beside".into()]);
                ask(need.role, need.requirement.action, &other);
            }
        }
        if asked.action.starts_with("s3:") && asked.owner.is_some() {
            let mut plain = asked.clone();
            plain.context.set("aws:securetransport", vec!["false".into()]);
            assert!(!allowed(&prover, &plain), "without TLS: {}", told(analysis, need));
        }
    }
    wide
}

/// Resources beside one: with a longer name, the folder above, the same place in other buckets.
fn beside(platform: &Platform, pattern: &SmolStr) -> Vec<SmolStr> {
    let stem = pattern.trim_end_matches('*').trim_end_matches('/');
    let mut all = vec![SmolStr::from(format!("{stem}x/any")), SmolStr::from(format!("{stem}x"))];
    if let Some((above, _)) = stem.rsplit_once('/') {
        all.extend([SmolStr::from(above), SmolStr::from(format!("{above}/other"))]);
    }
    if let Some(key) = pattern.strip_prefix("arn:aws:s3:::") {
        let rest = key.split_once('/').map_or_else(String::new, |(_, rest)| format!("/{rest}"));
        let buckets = platform.of_kind("bucket").map(|(_, bucket)| &bucket.physical);
        all.extend(buckets.map(|name| sample(&format!("arn:aws:s3:::{name}{rest}").into(), "any")));
    }
    all
}

fn owner(platform: &Platform, arn: &str) -> Option<ResourceId> {
    let bucket = arn.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
    platform.of_kind("bucket").find(|(_, resource)| resource.physical == bucket).map(|(id, _)| id)
}

#[test]
fn acme_is_tight() {
    let mut tried = Tried::default();
    tight(analyze(&example("acme")), &mut tried);
    assert!(tried.mutations >= 130 && tried.around >= 6_000, "{} {}", tried.mutations, tried.around);
    judged(&tried.cases, 10);
}

/// The outside simulator refuses what we say is refused without a statement.
fn judged(cases: &[serde_json::Value], least: usize) {
    assert!(cases.len() >= least, "{}", cases.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, serde_json::json!(cases).to_string()).unwrap();
    oracle::judge("simulate.mjs", &["node"], &[file]);
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Two accounts with encrypted and plain buckets, queues, topics, streams with a query, functions, a pipeline, syncs, roles that assume each other.
fn platform(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = String::from(
        "organization acme {\n  region = \"eu-central-1\"\n  account management { id = \"900000000000\" }\n  account a0 { id = \"100000000000\" }\n  account a1 { id = \"100000000001\" }\n}\n",
    );
    for at in 0..2 {
        writeln!(text, "key k{at} in a{at} {{ }}").unwrap();
    }
    for at in 0..4 {
        let key = if dice.roll(2) == 0 { format!(", encryption = k{}", at % 2) } else { String::new() };
        writeln!(text, "bucket b{at} in a{} {{ name = \"acme-b{at}\" {key} }}", at % 2).unwrap();
    }
    writeln!(text, "topic news in a0 {{ }}\nqueue jobs in a1 {{ }}").unwrap();
    let place = |dice: &mut Dice| {
        let folder =
            ["", " / \"in\"", " / \"in/deep\"", " / \"inner\"", " / \"out/of/it\""][dice.roll(5) as usize];
        format!("b{}{folder}", dice.roll(4))
    };
    for at in 0..3 {
        let (reads, writes) = (place(&mut dice), place(&mut dice));
        let kind = ["lambda", "glue_job"][dice.roll(2) as usize];
        writeln!(text, "function f{at}(x: string) in a0 = {kind}(\"f-{at}\") {{ reads = [{reads}], writes = [{writes}] }}").unwrap();
    }
    writeln!(
        text,
        "pipeline p(x: string) in a0 {{\n  f{}(x)\n  f{}(x)\n  publish(news, message = x)\n}}",
        dice.roll(2),
        dice.roll(3)
    )
    .unwrap();
    for at in 0..6_u64 {
        let trust = match dice.roll(3) {
            0 if at > 0 => format!("R{}", dice.roll(at)),
            1 => "service lambda".to_owned(),
            _ => "a0, a1".to_owned(),
        };
        writeln!(text, "role R{at} in a{} {{ trust = [{trust}] }}", dice.roll(2)).unwrap();
    }
    let mut granted = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let to = ["R0", "R1", "R2", "R3", "R4", "R5", "p", "f0"][dice.roll(8) as usize];
        let sentence = match dice.roll(5) {
            0 => format!("grant publish on news to {to}"),
            1 => format!("grant send on jobs to {to}"),
            _ => {
                let what = ["read", "write", "list", "delete"][dice.roll(4) as usize];
                format!("grant {what} on {} to {to}", place(&mut dice))
            }
        };
        if granted.insert(sentence.clone()) {
            writeln!(text, "{sentence}").unwrap();
        }
    }
    for _ in 0..2 {
        writeln!(text, "deny delete on b{} / \"in/never\" to R{}", dice.roll(4), dice.roll(6)).unwrap();
    }
    text
}

#[test]
fn generated_platforms_are_tight() {
    let mut tried = Tried::default();
    for seed in 0..20 {
        tight(analyze(&[("program".to_owned(), platform(seed))]), &mut tried);
    }
    assert!(tried.mutations >= 2_000 && tried.around >= 40_000, "{} {}", tried.mutations, tried.around);
    judged(&tried.cases, 40);
}

#[test]
fn generated_platforms_pass_every_checker() {
    let sandbox = Sandbox::new();
    let builds: Vec<_> = (20..24)
        .map(|seed| {
            sandbox.write(&format!("p{seed}/program.dpl"), platform(seed));
            sandbox.dpl(&["build", &format!("p{seed}"), "-o", &format!("out{seed}")]).fine();
            sandbox.path(&format!("out{seed}"))
        })
        .collect();
    oracle::judge("judge", &[], &builds);
}
