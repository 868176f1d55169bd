//! Policies of resources that AWS would not take, or that would let nobody in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    access::{Access, Document, Statement},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, grant::Effect, resource::Noun},
    source::Span,
    suggest::listed,
};

/// The condition keys that a statement of a function's policy can have, each with one value.
const OF_A_FUNCTION: &[&str] = &["aws:SourceArn", "aws:SourceAccount", "aws:PrincipalOrgID"];

/// Reports what the policies of resources can't say, and what they say in vain.
pub fn closed(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    let mut by_key: BTreeMap<Span, Vec<ResourceId>> = BTreeMap::new();
    for (&id, document) in &access.resources {
        match platform.kind_of(id).name.as_str() {
            "function" => functions(document, diagnostics),
            "stream" | "secret" if uses_a_key_of_aws(platform, id) => {
                for span in strangers(platform, id, document) {
                    by_key.entry(span).or_default().push(id);
                }
            }
            _ => {}
        }
    }
    diagnostics.extend(by_key.into_iter().map(|(span, closed)| closed_by_key(platform, &closed, span)));
}

/// What Lambda has no member of `AddPermission` for.
fn functions(document: &Document, diagnostics: &mut Diagnostics) {
    let mut said: BTreeMap<Span, &str> = BTreeMap::new();
    for statement in &document.statements {
        let mut limits = statement.conditions.0.values().flatten();
        let unknown = limits.any(|(key, values)| !OF_A_FUNCTION.contains(&key.as_str()) || values.len() > 1);
        let what = match (statement.effect, unknown) {
            (Effect::Deny, _) => "deny anything",
            (Effect::Grant, true) => "say when somebody may call it, or name a group",
            (Effect::Grant, false) => continue,
        };
        said.extend(statement.origins.iter().map(|&origin| (origin, what)));
    }
    diagnostics.extend(said.into_iter().map(|(origin, what)| not_said_by_a_function(origin, what)));
}

/// Whether a resource is encrypted with a key that AWS made for its own account.
fn uses_a_key_of_aws(platform: &Platform, id: ResourceId) -> bool {
    let kinesis = match platform.resource(id).noun {
        Noun::Stream(at) => platform.streams.get(at as usize).is_some_and(|stream| {
            let fields = &platform.library.constructor(stream.connector.constructor).fields;
            fields.iter().any(|field| field.name == "encryption")
        }),
        _ => true,
    };
    kinesis && crate::access::requirement::key_of(platform, id).is_none()
}

/// The places that let another account in.
fn strangers(platform: &Platform, id: ResourceId, document: &Document) -> BTreeSet<Span> {
    let Some(account) = platform.account_of(id) else { return BTreeSet::new() };
    let own = format!(":{}:", account.id);
    let lets_in = |statement: &&Statement| {
        let principals = statement.principal.as_ref();
        statement.effect == Effect::Grant
            && principals.is_some_and(|it| it.everybody || it.aws.iter().any(|arn| !arn.contains(&own)))
    };
    document.statements.iter().filter(lets_in).flat_map(|it| it.origins.iter().copied()).collect()
}

fn not_said_by_a_function(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::FUNCTION_POLICY,
        span,
        format!("the policy of a function can't {what}"),
        "Lambda has no words for it",
    )
    .help("grant it to a role in the function's account that is assumed from there, and limit that")
}

/// One place may let somebody into several: a query reads one stream and writes others.
fn closed_by_key(platform: &Platform, closed: &[ResourceId], span: Span) -> Diagnostic {
    let mut resources: Vec<_> = closed.iter().map(|id| platform.resource(*id)).collect();
    resources.sort_by_key(|resource| resource.span);
    let names: Vec<&str> = resources.iter().map(|resource| resource.name.as_str()).collect();
    let it = if names.len() == 1 { "it" } else { "them" };
    let diagnostic = Diagnostic::error(
        catalogue::CLOSED_BY_KEY,
        span,
        format!("nobody of another account can use {}: AWS's own key encrypts {it}", listed(&names)),
        "lets another account in",
    );
    resources
        .into_iter()
        .fold(diagnostic, |all, resource| all.related(resource.span, "without a key of its own"))
        .help("declare a `key`, and name it: `encryption = KEY`")
}
