//! Groups of IAM Identity Center: a permission set with what grants give the group, assigned to it in its account. The calls are the management
//! account's; the instance and the group's id are asked for before.

use serde_json::{Map, Value as Json, json};

use super::{artifact, calls_file, declaration_of, organization, unlimited};
use crate::{
    access::{Access, Ours, RoleAccess},
    artifact::Artifacts,
    lower::{Call, reference},
    platform::{Account, Platform, ValueKind},
};

/// Longest description of a permission set, in characters.
const LONGEST_DESCRIPTION: usize = 700;

pub(super) fn lower(platform: &Platform, access: &Access, out: &mut Artifacts) {
    let managed = organization::management(platform);
    for role in access.roles.iter().filter(|role| role.identity.is_permission_set()) {
        let account = platform.account(role.identity.account);
        let management = account.organization.and_then(|at| managed.get(&at).copied());
        let Some(management) = management else { continue };
        let id = role.identity.key.declaration();
        let (declaration, source) = declaration_of(platform, id);
        // Named as the permission set, whose name no other has in the whole organization.
        let file = |ending: &str| format!("sso/{}.{ending}.json", role.identity.name);
        if !role.policy.statements.is_empty() {
            let mut notes = unlimited(&role.policy);
            notes.extend(access.notes(platform, Ours::Role(role.identity.key)));
            let policy = artifact(management, file("policy"), declaration, source, &role.policy, notes);
            out.files.push(policy);
        }
        let calls = Calls { platform, role, management }.all(account);
        out.files.push(calls_file(platform, management, file("calls"), declaration, source, calls));
    }
}

struct Calls<'a> {
    platform: &'a Platform,
    role: &'a RoleAccess,
    management: &'a Account,
}

impl Calls<'_> {
    fn all(&self, account: &Account) -> Vec<Call> {
        let id = self.role.identity.key.declaration();
        let resource = self.platform.resource(id);
        let (instance, set) =
            ("instance.Instances.0.InstanceArn", "permissions.PermissionSet.PermissionSetArn");
        let mut calls = vec![
            self.call("instance", "sso-admin", "ListInstances", json!({})),
            self.call("group", "identitystore", "GetGroupId", json!({
                "IdentityStoreId": reference("instance.Instances.0.IdentityStoreId"),
                "AlternateIdentifier": {
                    "UniqueAttribute": { "AttributePath": "displayName", "AttributeValue": resource.physical },
                },
            })),
            self.call("permissions", "sso-admin", "CreatePermissionSet", self.permission_set(instance)),
        ];
        if !self.role.policy.statements.is_empty() {
            calls.push(self.call(
                "policy",
                "sso-admin",
                "PutInlinePolicyToPermissionSet",
                json!({
                    "InstanceArn": reference(instance),
                    "PermissionSetArn": reference(set),
                    "InlinePolicy": self.role.policy.compact(),
                }),
            ));
        }
        calls.push(self.call(
            "assignment",
            "sso-admin",
            "CreateAccountAssignment",
            json!({
                "InstanceArn": reference(instance),
                "TargetId": account.id,
                "TargetType": "AWS_ACCOUNT",
                "PermissionSetArn": reference(set),
                "PrincipalType": "GROUP",
                "PrincipalId": reference("group.GroupId"),
            }),
        ));
        calls
    }

    fn permission_set(&self, instance: &str) -> Json {
        let id = self.role.identity.key.declaration();
        let mut members = Map::new();
        members.insert("InstanceArn".into(), reference(instance));
        members.insert("Name".into(), json!(self.role.identity.name));
        let resource = self.platform.resource(id);
        let text = resource.doc.as_deref().map_or_else(|| format!("group {}", resource.name), str::to_owned);
        let text: String = text.chars().map(super::roles::described).take(LONGEST_DESCRIPTION).collect();
        members.insert("Description".into(), json!(text));
        if let Some(ValueKind::Duration(milliseconds)) = self.platform.field(id, "session").map(|it| &it.kind)
        {
            members.insert("SessionDuration".into(), json!(format!("PT{}S", milliseconds / 1000)));
        }
        Json::Object(members)
    }

    fn call(&self, id: &str, service: &str, operation: &str, input: Json) -> Call {
        Call {
            id: id.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            input,
            account: self.management.id.to_string(),
        }
    }
}
