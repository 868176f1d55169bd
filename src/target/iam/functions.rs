//! Who of other accounts, and which services, may call a function. Its code exists already; each statement is added to what its policy says.

use serde_json::{Map, Value as Json, json};

use super::{calls_file, declaration_of};
use crate::{
    access::{Access, Statement, document::Actions, requirement::declared_arn},
    artifact::Artifacts,
    lower::Call,
    platform::{Platform, ResourceId, resource::Noun},
};

/// The condition keys that `AddPermission` has a member for.
const MEMBERS: &[(&str, &str)] = &[
    ("aws:SourceArn", "SourceArn"),
    ("aws:SourceAccount", "SourceAccount"),
    ("aws:PrincipalOrgID", "PrincipalOrgID"),
];

pub(super) fn lower(platform: &Platform, access: &Access, out: &mut Artifacts) {
    for (&id, document) in &access.resources {
        let Noun::Function(_) = platform.resource(id).noun else { continue };
        let calls =
            document.statements.iter().filter_map(|statement| call(platform, id, statement)).collect();
        let Some(account) = platform.account_of(id) else { continue };
        let (declaration, source) = declaration_of(platform, id);
        let file = format!("lambda/{}.calls.json", platform.file_stem(id));
        out.files.push(calls_file(platform, account, file, declaration, source, calls));
    }
}

fn call(platform: &Platform, id: ResourceId, statement: &Statement) -> Option<Call> {
    let principals = statement.principal.as_ref()?;
    let principal = principals.aws.first().or(principals.services.first())?;
    let Actions::Only(actions) = &statement.actions else { return None };
    let mut members = Map::new();
    members.insert("FunctionName".into(), json!(declared_arn(platform, id)?));
    members.insert("StatementId".into(), json!(statement.sid));
    members.insert("Action".into(), json!(actions.first()?));
    members.insert("Principal".into(), json!(principal));
    for (key, values) in statement.conditions.0.values().flatten() {
        let (_, member) = MEMBERS.iter().find(|(known, _)| known == key)?;
        members.insert((*member).to_owned(), json!(values.first()?));
    }
    Some(Call {
        id: format!("{}.{}", platform.resource(id).name, statement.sid),
        service: "lambda".to_owned(),
        operation: "AddPermission".to_owned(),
        input: Json::Object(members),
        account: platform.account_of(id)?.id.to_string(),
    })
}
