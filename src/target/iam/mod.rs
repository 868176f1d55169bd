//! Identity and access: each role's trust and permissions, the permission sets of groups, the policies of resources, service control policies,
//! and the calls that make the roles, the permission sets and the organization's tree, and that let others call functions. The calls that make buckets, keys and topics are their kinds' own (`stdlib/kinds/`).

mod functions;
mod groups;
mod organization;
mod roles;

use smol_str::SmolStr;

use crate::{
    access::{Access, Document, Ours, Statement, document::Actions, requirement::declared_arn},
    artifact::{Artifact, Artifacts, StatementOrigins},
    lower::{Call, Script},
    platform::{Account, Platform, ResourceId},
    source::Span,
    target::{Program, Target},
};

/// The family.
pub struct Iam;

impl Target for Iam {
    fn name(&self) -> &'static str {
        "iam"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, access, .. } = *program;
        roles::lower(platform, access, out);
        groups::lower(platform, access, out);
        resources(platform, access, out);
        functions::lower(platform, access, out);
        organization::lower(platform, access, out);
    }
}

/// The policies of buckets, keys, topics, …
fn resources(platform: &Platform, access: &Access, out: &mut Artifacts) {
    for (&id, document) in &access.resources {
        let (Some(account), Some(folder)) = (platform.account_of(id), service(platform, id)) else {
            continue;
        };
        let file = format!("{folder}/{}.policy.json", platform.file_stem(id));
        let resource = platform.resource(id);
        let notes = access.notes(platform, Ours::Resource(id));
        out.files.push(artifact(account, file, &resource.name, resource.span, document, notes));
    }
}

/// The service that a declaration belongs to: its kind's, or the one in its ARN where the kind leaves that open.
fn service(platform: &Platform, id: ResourceId) -> Option<SmolStr> {
    let of_kind = platform.kind_of(id).service.clone();
    of_kind.or_else(|| declared_arn(platform, id)?.split(':').nth(2).map(SmolStr::from))
}

/// Calls as a file.
fn calls_file(
    platform: &Platform,
    account: &Account,
    file: String,
    declaration: &str,
    source: Span,
    calls: Vec<Call>,
) -> Artifact {
    Artifact {
        path: format!("{}/{file}", account.name),
        account: account.name.to_string(),
        family: "iam",
        declaration: declaration.to_owned(),
        source,
        text: Script { calls }.tagged(platform, None).text(),
        notes: Vec::new(),
        statements: Vec::new(),
    }
}

/// A policy as a file.
fn artifact(
    account: &Account,
    file: String,
    declaration: &str,
    source: Span,
    document: &Document,
    notes: Vec<String>,
) -> Artifact {
    Artifact {
        path: format!("{}/{file}", account.name),
        account: account.name.to_string(),
        family: "iam",
        declaration: declaration.to_owned(),
        source,
        text: document.pretty(),
        notes,
        statements: document.statements.iter().map(origins).collect(),
    }
}

fn origins(statement: &Statement) -> StatementOrigins {
    StatementOrigins { sid: statement.sid.clone(), needed_by: statement.origins.clone() }
}

/// What an identity's policy can't limit: AWS knows no resource for these actions.
fn unlimited(document: &Document) -> Vec<String> {
    let everywhere = document.statements.iter().filter(|statement| statement.resources.contains("*"));
    everywhere
        .filter_map(|statement| match &statement.actions {
            Actions::Only(actions) => Some(actions),
            Actions::AllBut(_) => None,
        })
        .flatten()
        .map(|action| format!("AWS has no resource-level permission for {action}: it is allowed on `*`"))
        .collect()
}

/// The declaration that a file is about, for its manifest line.
fn declaration_of(platform: &Platform, id: ResourceId) -> (&str, Span) {
    let resource = platform.resource(id);
    (&resource.name, resource.span)
}
