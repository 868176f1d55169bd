//! Roles: trust, permissions, and the calls that make them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

use super::{artifact, calls_file, declaration_of, unlimited};
use crate::{
    access::{
        Access, BoundaryAccess, Document, Limit, Ours, RoleAccess, RoleKey,
        split::{self, Kept},
    },
    artifact::Artifacts,
    lower::{Call, reference},
    platform::{Account, AccountId, Platform, resource::Noun},
};

/// The name of a role's one inline policy, and what the names of its managed policies end in.
const POLICY: &str = "permissions";

/// The session of roles that services assume, in seconds: IAM's default.
const DERIVED_SESSION: u64 = 3600;

/// Longest description, in characters (IAM's `roleDescriptionType`).
const LONGEST_DESCRIPTION: usize = 1000;

pub(super) fn lower(platform: &Platform, access: &Access, out: &mut Artifacts) {
    for boundary in &access.boundaries {
        let Some(account) = platform.account_of(boundary.resource) else { continue };
        let (declaration, span) = declaration_of(platform, boundary.resource);
        let file = format!("iam/{}.boundary.json", platform.resource(boundary.resource).physical);
        out.files.push(artifact(
            account,
            file,
            declaration,
            span,
            &boundary.policy,
            unlimited(&boundary.policy),
        ));
    }
    let mut accounts: BTreeMap<AccountId, Vec<&RoleAccess>> = BTreeMap::new();
    for role in access.roles.iter().filter(|role| !role.identity.is_permission_set()) {
        policies(platform, access, role, out);
        accounts.entry(role.identity.account).or_default().push(role);
    }
    let mut limits: BTreeMap<AccountId, Vec<&BoundaryAccess>> = BTreeMap::new();
    for boundary in &access.boundaries {
        if let Some(account) = platform.resource(boundary.resource).account {
            limits.entry(account).or_default().push(boundary);
        }
    }
    for (id, roles) in accounts {
        let account = platform.account(id);
        let own = limits.get(&id).map_or(&[][..], Vec::as_slice);
        let mut all = boundaries(platform, own, account);
        for role in trusted_first(&roles) {
            all.extend(calls(platform, access, role, &account.id));
        }
        let (declaration, source) = declaration_of(platform, account.resource);
        out.files.push(calls_file(
            platform,
            account,
            "iam/roles.calls.json".to_owned(),
            declaration,
            source,
            all,
        ));
    }
}

fn policies(platform: &Platform, access: &Access, role: &RoleAccess, out: &mut Artifacts) {
    let account = platform.account(role.identity.account);
    let (declaration, span) = declaration_of(platform, role.identity.key.declaration());
    let file = |ending: &str| format!("iam/{}.{ending}.json", role.identity.name);
    let mut foreign = access.notes(platform, Ours::Role(role.identity.key));
    let trust_notes =
        if role.policy.statements.is_empty() { std::mem::take(&mut foreign) } else { Vec::new() };
    out.files.push(artifact(account, file("trust"), declaration, span, &role.trust, trust_notes));
    let notes = |policy: &Document| -> Vec<String> {
        let mut notes = unlimited(policy);
        notes.extend(foreign.iter().cloned());
        notes
    };
    match split::of_role(platform, &role.policy) {
        Kept::Nowhere => {}
        Kept::Inline(policy) => {
            out.files.push(artifact(account, file("policy"), declaration, span, policy, notes(policy)));
        }
        Kept::Attached(policies) => {
            for (nth, policy) in (1..).zip(&policies) {
                let file = file(&format!("managed-{nth}"));
                out.files.push(artifact(account, file, declaration, span, policy, notes(policy)));
            }
        }
    }
}

/// The boundaries of an account are there before its roles.
fn boundaries(platform: &Platform, own: &[&BoundaryAccess], account: &Account) -> Vec<Call> {
    own.iter().map(|boundary| {
        let resource = platform.resource(boundary.resource);
        let name = &resource.physical;
        let text = resource.doc.as_deref().unwrap_or_default();
        let description: String = text.chars().map(described).take(LONGEST_DESCRIPTION).collect();
        Call {
            id: boundary_call(name),
            service: "iam".to_owned(),
            operation: "CreatePolicy".to_owned(),
            input: json!({ "PolicyName": name, "PolicyDocument": boundary.policy.compact(), "Description": description }),
            account: account.id.to_string(),
        }
    })
    .collect()
}

fn boundary_call(name: &SmolStr) -> String {
    format!("boundary.{name}")
}

/// What names a role's boundary: the call that makes it, or the ARN of one that exists already.
fn boundary_arn(platform: &Platform, access: &Access, limit: Limit) -> Option<Json> {
    match limit {
        Limit::Ours(at) => {
            let name = &platform.resource(access.boundaries.get(at)?.resource).physical;
            Some(json!({ "$from": format!("{}.Policy.Arn", boundary_call(name)) }))
        }
        Limit::Theirs(id) => platform.resource(id).arn.as_ref().map(|arn| json!(arn)),
    }
}

fn calls(platform: &Platform, access: &Access, role: &RoleAccess, account: &str) -> Vec<Call> {
    let name = &role.identity.name;
    let call = |id: String, operation: &str, input: Json| Call {
        id,
        service: "iam".to_owned(),
        operation: operation.to_owned(),
        input,
        account: account.to_owned(),
    };
    let mut members = Map::new();
    members.insert("RoleName".into(), json!(name));
    members.insert("AssumeRolePolicyDocument".into(), json!(role.trust.compact()));
    members.insert("Description".into(), json!(description(platform, role.identity.key)));
    members.insert("MaxSessionDuration".into(), json!(session(platform, role.identity.key)));
    if let Some(boundary) = role.boundary.and_then(|limit| boundary_arn(platform, access, limit)) {
        members.insert("PermissionsBoundary".into(), boundary);
    }
    let mut all = vec![call(name.to_string(), "CreateRole", Json::Object(members))];
    match split::of_role(platform, &role.policy) {
        Kept::Nowhere => {}
        Kept::Inline(policy) => {
            let input = json!({ "RoleName": name, "PolicyName": POLICY, "PolicyDocument": policy.compact() });
            all.push(call(format!("{name}.{POLICY}"), "PutRolePolicy", input));
        }
        Kept::Attached(policies) => {
            for (nth, policy) in (1..).zip(&policies) {
                let id = format!("{name}.{POLICY}-{nth}");
                let attached =
                    json!({ "RoleName": name, "PolicyArn": reference(&format!("{id}.Policy.Arn")) });
                let made = json!({ "PolicyName": format!("{name}-{POLICY}-{nth}"), "PolicyDocument": policy.compact() });
                all.push(call(id.clone(), "CreatePolicy", made));
                all.push(call(format!("{id}.attached"), "AttachRolePolicy", attached));
            }
        }
    }
    all
}

fn session(platform: &Platform, key: RoleKey) -> u64 {
    match platform.resource(key.declaration()).noun {
        Noun::Role(at) => platform.roles.get(at as usize).map_or(DERIVED_SESSION, |role| role.session),
        _ => DERIVED_SESSION,
    }
}

fn description(platform: &Platform, key: RoleKey) -> String {
    let resource = platform.resource(key.declaration());
    let text = match key {
        RoleKey::Derived(id, duty) => {
            format!("{} {}: {}", platform.kind_of(id).name, resource.name, duty.purpose())
        }
        RoleKey::Declared(_) => {
            resource.doc.as_deref().map_or_else(|| format!("role {}", resource.name), str::to_owned)
        }
    };
    text.chars().map(described).take(LONGEST_DESCRIPTION).collect()
}

/// A character that IAM takes in a description: printable Latin-1, tab and line ends. Typographic ones become what they stand for.
pub(super) fn described(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}' => character,
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        '\u{a0}' => ' ',
        _ => '?',
    }
}

/// Roles that others of the account trust come before those: IAM refuses a trust in a role that is not there.
fn trusted_first<'a>(roles: &[&'a RoleAccess]) -> Vec<&'a RoleAccess> {
    let by_arn: BTreeMap<&SmolStr, &'a RoleAccess> =
        roles.iter().map(|role| (&role.identity.arn, *role)).collect();
    let mut seen: BTreeSet<&SmolStr> = BTreeSet::new();
    let mut ordered = Vec::with_capacity(roles.len());
    // A stack instead of recursion: a chain of trusts may be as long as the program.
    for &role in roles {
        let mut open = vec![(role, false)];
        while let Some((role, done)) = open.pop() {
            if done {
                ordered.push(role);
            } else if seen.insert(&role.identity.arn) {
                open.push((role, true));
                let trusted =
                    role.trust.statements.iter().filter_map(|statement| statement.principal.as_ref());
                open.extend(
                    trusted
                        .flat_map(|it| &it.aws)
                        .filter_map(|arn| by_arn.get(arn))
                        .map(|role| (*role, false)),
                );
            }
        }
    }
    ordered
}
