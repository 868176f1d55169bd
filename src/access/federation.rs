//! Roles that people and programs assume with what an identity provider says of them, and not with credentials of AWS.

use super::document::Conditions;
use crate::platform::{Platform, Principal, ResourceId, Role, ValueKind};

/// With an assertion of a SAML provider.
const SAML: &str = "sts:AssumeRoleWithSAML";

/// With a token of an OpenID Connect provider.
const OIDC: &str = "sts:AssumeRoleWithWebIdentity";

/// What those do to become a role for whom a declaration vouches; `None` for what is no identity provider.
pub fn action(platform: &Platform, id: ResourceId) -> Option<&'static str> {
    match platform.kind_of(id).name.as_str() {
        "saml_provider" => Some(SAML),
        "oidc_provider" => Some(OIDC),
        _ => None,
    }
}

/// The OpenID Connect provider that a role trusts.
pub fn oidc_of(platform: &Platform, role: &Role) -> Option<ResourceId> {
    role.trust.iter().find_map(|trust| match trust.principal {
        Principal::Resource(id) => (action(platform, id) == Some(OIDC)).then_some(id),
        _ => None,
    })
}

/// What the provider must have said: that it speaks to AWS, and of whom.
pub fn conditions(platform: &Platform, role: &Role, action: &str) -> Conditions {
    match action {
        SAML => Conditions::default().with("StringEquals", "SAML:aud", sign_in(platform)),
        OIDC => oidc_of(platform, role).map(|id| of_token(platform, role, id)).unwrap_or_default(),
        _ => Conditions::default(),
    }
}

/// The address that a partition's assertions are made out to. <https://docs.aws.amazon.com/general/latest/gr/signin-service.html>
fn sign_in(platform: &Platform) -> &'static str {
    match platform.project.partition() {
        "aws-cn" => "https://signin.amazonaws.cn/saml",
        "aws-us-gov" => "https://signin.amazonaws-us-gov.com/saml",
        _ => "https://signin.aws.amazon.com/saml",
    }
}

fn of_token(platform: &Platform, role: &Role, provider: ResourceId) -> Conditions {
    let mut conditions = Conditions::default();
    let Some(ValueKind::Text(issuer)) = platform.field(provider, "issuer").map(|value| &value.kind) else {
        return conditions;
    };
    let audiences = match &role.audience {
        Some(audience) => vec![audience.clone()],
        None => platform.texts(provider, "audiences"),
    };
    for audience in audiences {
        conditions.insert("StringEquals", format!("{issuer}:aud"), audience);
    }
    let open = role.subjects.iter().any(|subject| subject.contains(['*', '?']));
    let operator = if open { "StringLike" } else { "StringEquals" };
    for subject in &role.subjects {
        conditions.insert(operator, format!("{issuer}:sub"), subject.clone());
    }
    conditions
}
