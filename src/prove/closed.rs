//! Policies of resources that AWS would not take, or that would let nobody in.

use crate::{
    access::{Access, Document, Statement},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, grant::Effect, resource::Noun},
    source::Span,
};

/// The condition keys that a statement of a function's policy can have, each with one value.
const OF_A_FUNCTION: &[&str] = &["aws:SourceArn", "aws:SourceAccount", "aws:PrincipalOrgID"];

/// Reports what the policies of resources can't say, and what they say in vain.
pub fn closed(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    for (&id, document) in &access.resources {
        match platform.kind_of(id).name.as_str() {
            "function" => functions(document, diagnostics),
            "stream" | "secret" if uses_a_key_of_aws(platform, id) => {
                if let Some(span) = stranger(platform, id, document) {
                    diagnostics.push(closed_by_key(platform, id, span));
                }
            }
            _ => {}
        }
    }
}

/// What Lambda has no member of `AddPermission` for.
fn functions(document: &Document, diagnostics: &mut Diagnostics) {
    for statement in &document.statements {
        let limits = statement.conditions.0.values().flatten();
        let unknown = limits
            .clone()
            .any(|(key, values)| !OF_A_FUNCTION.contains(&key.as_str()) || values.len() > 1);
        let what = match (statement.effect, unknown) {
            (Effect::Deny, _) => "deny anything",
            (Effect::Grant, true) => "say when somebody may call it, or name a group",
            (Effect::Grant, false) => continue,
        };
        if let Some(origin) = first(statement) {
            diagnostics.push(not_said_by_a_function(origin, what));
        }
    }
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

/// The first place that lets another account in.
fn stranger(platform: &Platform, id: ResourceId, document: &Document) -> Option<Span> {
    let own = format!(":{}:", platform.account_of(id)?.id);
    let lets_in = |statement: &&Statement| {
        let principals = statement.principal.as_ref();
        statement.effect == Effect::Grant
            && principals.is_some_and(|it| it.everybody || it.aws.iter().any(|arn| !arn.contains(&own)))
    };
    first(document.statements.iter().find(lets_in)?)
}

fn first(statement: &Statement) -> Option<Span> {
    statement.origins.iter().copied().min_by_key(|span| (span.start, span.end))
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

fn closed_by_key(platform: &Platform, id: ResourceId, span: Span) -> Diagnostic {
    let resource = platform.resource(id);
    Diagnostic::error(
        catalogue::CLOSED_BY_KEY,
        span,
        format!("nobody of another account can use `{}`: AWS's own key encrypts it", resource.name),
        "lets another account in",
    )
    .related(resource.span, "without a key of its own")
    .help("declare a `key`, and name it: `encryption = KEY`")
}
