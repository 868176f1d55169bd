//! Rules of trusts in identity providers.

use crate::{
    access::{federation, named::source_service},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, Principal, ResourceId, Role, Trust},
    source::Span,
};

/// Who stands in a trust can assume a role: what its service acts for can't.
pub fn trusted_can_assume(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (_, trust, id) in trusted(platform) {
        if let Some(service) = source_service(platform, id) {
            let service = platform.library.service(service).name.as_str();
            diagnostics.push(assumes_nothing(platform, id, service, trust.span));
        }
    }
}

/// A provider vouches in its own account.
pub fn providers_are_of_the_account(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (role, trust, id) in trusted(platform) {
        let elsewhere = platform.resource(id).account != Some(role.account);
        if federation::action(platform, id).is_some() && elsewhere {
            diagnostics.push(provider_elsewhere(platform, role, id, trust.span));
        }
    }
}

/// A token of an OpenID Connect provider is for somebody: without a subject anybody's would do.
pub fn tokens_are_of_somebody(platform: &Platform, diagnostics: &mut Diagnostics) {
    for role in platform.roles.iter().filter(|role| !platform.resource(role.resource).external) {
        let providers: Vec<(&Trust, ResourceId)> = trusted(platform)
            .filter(|(of, _, id)| {
                of.resource == role.resource && platform.kind_of(*id).name == "oidc_provider"
            })
            .map(|(_, trust, id)| (trust, id))
            .collect();
        match providers.as_slice() {
            [] if role.subjects.is_empty() && role.audience.is_none() => {}
            [] => diagnostics.push(no_provider(platform, role)),
            [(trust, id)] => one_provider(platform, role, trust.span, *id, diagnostics),
            [_, (second, _), ..] => diagnostics.push(two_providers(second.span)),
        }
    }
}

fn one_provider(
    platform: &Platform,
    role: &Role,
    trust: Span,
    id: ResourceId,
    diagnostics: &mut Diagnostics,
) {
    if role.subjects.is_empty() {
        diagnostics.push(anybody(platform, id, trust));
    }
    let place = field_span(platform, role, "subjects");
    for subject in role.subjects.iter().filter(|subject| is_wide(subject)) {
        diagnostics.push(wide(place, subject));
    }
    let audiences = platform.texts(id, "audiences");
    if let Some(audience) = role.audience.as_ref().filter(|audience| !audiences.contains(audience)) {
        diagnostics.push(other_audience(platform, role, id, audience));
    }
}

/// Whether a pattern leaves open whose subject it is: what stands before its first wildcard names no owner (`repo:*`, `repo:ac*`).
fn is_wide(subject: &str) -> bool {
    let fixed = subject.split(['*', '?']).next().unwrap_or_default();
    fixed.len() < subject.len() && !fixed.contains('/') && fixed.matches(':').count() < 2
}

/// Lake Formation knows an owner by the ARN of a role, or by its account.
pub fn owners_are_known_to_lake_formation(platform: &Platform, diagnostics: &mut Diagnostics) {
    for domain in &platform.domains {
        let Principal::Resource(id) = domain.owner else { continue };
        let kind = platform.kind_of(id).name.as_str();
        let unknown = kind == "group"
            || federation::action(platform, id).is_some()
            || source_service(platform, id).is_some();
        if let Some(span) = platform.field(domain.resource, "owner").map(|owner| owner.span)
            && unknown
        {
            diagnostics.push(owns_nothing(span, kind));
        }
    }
}

/// The declarations in the trusts of roles that are made.
fn trusted(platform: &Platform) -> impl Iterator<Item = (&Role, &Trust, ResourceId)> {
    let made = platform.roles.iter().filter(|role| !platform.resource(role.resource).external);
    made.flat_map(|role| {
        role.trust.iter().filter_map(move |trust| match trust.principal {
            Principal::Resource(id) => Some((role, trust, id)),
            _ => None,
        })
    })
}

fn field_span(platform: &Platform, role: &Role, field: &str) -> Span {
    let value = platform.field(role.resource, field);
    value.map_or(platform.resource(role.resource).span, |value| value.span)
}

fn assumes_nothing(platform: &Platform, id: ResourceId, service: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NOBODY_ACTS,
        span,
        format!("a `{}` assumes no role", platform.kind_of(id).name),
        "its service acts for it",
    )
    .help(format!("write `service {service}`"))
    .fix(span, format!("service {service}"))
}

fn owns_nothing(span: Span, kind: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::TABLE_RECEIVER,
        span,
        format!("Lake Formation grants nothing to a `{kind}`"),
        "can't own a domain",
    )
    .help("name a role that it assumes or leads to")
}

fn provider_elsewhere(platform: &Platform, role: &Role, id: ResourceId, span: Span) -> Diagnostic {
    let provider = platform.resource(id);
    let account = platform.account(role.account).name.as_str();
    Diagnostic::error(
        catalogue::PROVIDER_ELSEWHERE,
        span,
        format!("`{}` vouches for nobody in the account `{account}`", provider.name),
        "of another account",
    )
    .related(provider.span, "declared here")
    .help(format!("declare a provider `in {account}`, or move the role"))
}

fn anybody(platform: &Platform, id: ResourceId, span: Span) -> Diagnostic {
    let name = &platform.resource(id).name;
    Diagnostic::error(
        catalogue::OIDC_SUBJECT,
        span,
        format!("anybody could assume this role to whom `{name}` gives a token"),
        "without a subject",
    )
    .help("say whose tokens: `subjects = [\"repo:OWNER/REPOSITORY:ref:refs/heads/main\"]`")
}

fn wide(span: Span, subject: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::OIDC_SUBJECT,
        span,
        format!("the subject `{subject}` leaves open whose it is"),
        "names no owner before its first wildcard",
    )
    .help("write the owner out: `repo:OWNER/*`")
}

fn no_provider(platform: &Platform, role: &Role) -> Diagnostic {
    let field = if role.subjects.is_empty() { "audience" } else { "subjects" };
    Diagnostic::error(
        catalogue::OIDC_SUBJECT,
        field_span(platform, role, field),
        "tokens are of an OpenID Connect provider, and the role trusts none",
        "of nobody",
    )
    .help("add `oidc NAME` to its `trust`, or leave this out")
}

fn two_providers(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OIDC_SUBJECT,
        span,
        "a role's subjects are of one OpenID Connect provider",
        "a second one",
    )
    .help("make a role for each")
}

fn other_audience(platform: &Platform, role: &Role, id: ResourceId, audience: &str) -> Diagnostic {
    let provider = platform.resource(id);
    Diagnostic::error(
        catalogue::OIDC_SUBJECT,
        field_span(platform, role, "audience"),
        format!("`{}` takes no tokens made out for `{audience}`", provider.name),
        "not one of its audiences",
    )
    .related(provider.span, "declared here")
    .help("add it to the provider's `audiences`")
}
