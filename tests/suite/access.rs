//! Policies and proofs against programs that are not ours.

use std::{collections::BTreeMap, fs, path::Path};

use dpl::{
    Analysis,
    access::{RoleAccess, pattern::sample},
    library,
    platform::{AccountId, Node, Platform, Project, ResourceId, grant::Effect},
    prove::{Decision, Request, decide},
};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use crate::oracle;

/// Analyzes all modules of a folder.
fn analyzed(folder: &str) -> Analysis {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut sources = dpl::sources();
    let mut files: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "dpl"));
    files.sort();
    for path in files {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        sources.add(format!("{module}.dpl"), module, fs::read_to_string(&path).unwrap(), false);
    }
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{folder}: {:?}", analysis.diagnostics);
    analysis
}

#[test]
fn services_are_as_aws_says() {
    let library = &library::standard().library;
    let services: Vec<Json> = (0..)
        .zip(&library.services)
        .map(|(at, service)| {
            let types: Map<String, Json> =
                service.types.iter().map(|(name, format)| (name.to_string(), json!(format))).collect();
            let own: Vec<_> = library.actions.iter().filter(|action| action.service.0 == at).collect();
            let type_names = |places: &[u32]| -> Vec<&str> {
                places.iter().map(|&place| service.types[place as usize].0.as_str()).collect()
            };
            let actions: Map<String, Json> = own
                .iter()
                .map(|action| (action.name.to_string(), json!(type_names(&action.types))))
                .collect();
            let prefixed: Map<String, Json> = own
                .iter()
                .filter_map(|action| Some((action.name.to_string(), json!(action.prefix_key.as_ref()?))))
                .collect();
            json!({ "prefix": service.prefix, "types": types, "actions": actions, "prefixed": prefixed })
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("services.json");
    fs::write(&file, json!(services).to_string()).unwrap();
    oracle::judge("check_services.mjs", &["node"], &[file]);
}

#[test]
fn proofs_decide_as_an_outside_simulator_does() {
    let analysis = analyzed("examples/acme");
    let cases = cases(&analysis);
    let count = |wanted: &str| cases.iter().filter(|case| case["expect"] == wanted).count();
    // Without all three answers among them, agreement would prove little.
    assert!(count("Allowed") >= 20 && count("ImplicitlyDenied") >= 100 && count("ExplicitlyDenied") >= 10);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    fs::write(&file, json!(cases).to_string()).unwrap();
    oracle::judge("simulate.mjs", &["node"], &[file]);
}

/// Every role with every action and resource that any policy of the program names, at home and in a region that guardrails deny.
fn cases(analysis: &Analysis) -> Vec<Json> {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let mut asked: BTreeMap<(SmolStr, SmolStr), Option<ResourceId>> = BTreeMap::new();
    for role in &access.roles {
        for statement in &role.policy.statements {
            let dpl::access::document::Actions::Only(actions) = &statement.actions else { continue };
            for action in actions {
                for resource in &statement.resources {
                    asked.insert((action.clone(), sample(resource, "anything")), None);
                }
            }
        }
    }
    let mut cases = Vec::new();
    for ((action, resource), _) in asked {
        let owner = owner(platform, &resource);
        let Some(account) =
            owner.map_or_else(|| account_in(platform, &resource), |id| platform.resource(id).account)
        else {
            continue;
        };
        for role in &access.roles {
            for region in [platform.account(account).region.as_str(), "eu-north-1"] {
                let context = context(platform, role, account, &action, region, owner);
                let request = Request {
                    role,
                    action: action.clone(),
                    resource: resource.clone(),
                    owner,
                    account,
                    context,
                };
                cases.push(case(analysis, &request));
            }
        }
    }
    cases
}

/// The bucket, key or other declaration that an ARN is of.
fn owner(platform: &Platform, arn: &str) -> Option<ResourceId> {
    if arn.contains(":kms:") {
        return platform.of_kind("key").map(|(id, _)| id).next();
    }
    let bucket = arn.strip_prefix("arn:aws:s3:::")?.split('/').next()?;
    platform.of_kind("bucket").find(|(_, resource)| resource.physical == bucket).map(|(id, _)| id)
}

fn account_in(platform: &Platform, arn: &str) -> Option<AccountId> {
    let wanted = arn.split(':').nth(4)?;
    (0..).map(AccountId).zip(&platform.accounts).find(|(_, account)| account.id == wanted).map(|(id, _)| id)
}

fn context(
    platform: &Platform,
    role: &RoleAccess,
    account: AccountId,
    action: &str,
    region: &str,
    owner: Option<ResourceId>,
) -> BTreeMap<SmolStr, Vec<SmolStr>> {
    let mut context = BTreeMap::from([
        ("aws:securetransport".into(), vec!["true".into()]),
        ("aws:principalarn".into(), vec![role.identity.arn.clone()]),
        ("aws:principalaccount".into(), vec![platform.account(role.identity.account).id.clone()]),
        ("aws:resourceaccount".into(), vec![platform.account(account).id.clone()]),
        ("aws:requestedregion".into(), vec![region.into()]),
    ]);
    if action == "s3:ListBucket" {
        context.insert("s3:prefix".into(), vec!["clean/2026".into()]);
    }
    if let (true, Some(key)) = (action.starts_with("kms:"), owner) {
        context.insert("kms:viaservice".into(), vec!["s3.us-east-1.amazonaws.com".into()]);
        context.insert(
            "kms:resourcealiases".into(),
            vec![format!("alias/{}", platform.resource(key).physical).into()],
        );
    }
    context
}

/// A request as the simulator is asked it, with our answer as what is expected.
pub fn case(analysis: &Analysis, request: &Request<'_>) -> Json {
    let (platform, access) = (&analysis.platform, &analysis.access);
    let expect = match decide(platform, access, request) {
        Decision::Allowed(_) => "Allowed",
        Decision::Denied(..) => "ExplicitlyDenied",
        Decision::NotAllowed(_) => "ImplicitlyDenied",
    };
    // A list only where the key has several values: the simulator takes both apart.
    let context: Map<String, Json> = request
        .context
        .iter()
        .map(|(key, values)| {
            let several = key == "kms:resourcealiases" || key == "aws:tagkeys";
            (key.to_string(), if several { json!(values) } else { json!(values[0]) })
        })
        .collect();
    let mut one = json!({
        "name": format!("{} {} {}", request.role.identity.name, request.action, request.resource),
        "expect": expect,
        "principal": request.role.identity.arn,
        "action": request.action,
        "resource": request.resource,
        "resourceAccount": platform.account(request.account).id,
        "context": context,
        "identity": policies(request.role),
        "scp": guardrails(analysis, request.role.identity.account),
    });
    if let Some(policy) = request.owner.and_then(|owner| access.policy_of(owner)) {
        one["resourcePolicy"] = json!(policy);
    }
    one
}

fn policies(role: &RoleAccess) -> Vec<Json> {
    if role.policy.statements.is_empty() { Vec::new() } else { vec![json!(role.policy)] }
}

/// One level of service control policies with everything that binds the account, and AWS's own that allows all.
fn guardrails(analysis: &Analysis, account: AccountId) -> Vec<Vec<Json>> {
    let platform = &analysis.platform;
    let bound = platform.account(account);
    if bound.management {
        return Vec::new();
    }
    let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let mut level = vec![all];
    for (guardrail, document) in platform.guardrails.iter().zip(&analysis.access.guardrails) {
        let binds = guardrail.on.iter().any(|node| match node {
            Node::Root(root) => bound.organization == Some(*root),
            Node::Unit(unit) => bound.unit == Some(*unit),
            Node::Account(other) => *other == account,
        });
        if binds {
            level.push(json!(document));
        }
    }
    vec![level]
}

#[test]
fn policies_allow_no_wildcard_action() {
    let analysis = analyzed("examples/acme");
    for role in &analysis.access.roles {
        for statement in role.policy.statements.iter().filter(|it| it.effect == Effect::Grant) {
            let dpl::access::document::Actions::Only(actions) = &statement.actions else {
                panic!("{}: allows all but some actions", role.identity.name)
            };
            assert!(
                actions.iter().all(|action| !action.contains('*')),
                "{}: {actions:?}",
                role.identity.name
            );
        }
    }
}
