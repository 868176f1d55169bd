//! Rules of conditions on grants and denials.

use crate::{
    access::{
        requirement::{Place, requirements},
        roles::{RoleKey, acting},
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::{Condition as Declared, condition::AskedOf},
    platform::{Capability, Condition, Platform, Principal, grant::Effect, resource::Noun},
    source::Span,
};

/// A condition on a permission of Lake Formation would be lost: it has none.
pub fn conditions_are_kept(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let Some(condition) = grant.conditions.first() else { continue };
        let told = grant.capabilities.iter().find(|wanted| match wanted.capability {
            Capability::Named(id) => platform.library.capability(id).permission.is_some(),
            Capability::Action(_) => false,
        });
        if let Some(wanted) = told {
            diagnostics.push(not_kept(condition.span, wanted.span));
        }
    }
}

/// Requests for what is granted have what a condition asks for.
pub fn requests_have_what_is_asked_for(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        let place = Place::from(&grant.on);
        for (condition, wanted) in
            grant.conditions.iter().flat_map(|it| grant.capabilities.iter().map(move |wanted| (it, wanted)))
        {
            if let Some(action) = action_lacks(platform, condition, wanted.capability, &place) {
                diagnostics.push(action_without(platform, condition, &action).related(wanted.span, "asked of this"));
            }
        }
    }
    for role in &platform.roles {
        let Some(assume) = assume(platform) else { continue };
        for condition in &role.when {
            if let Some(action) = action_lacks(platform, condition, assume, &Place::Resource(role.resource)) {
                diagnostics.push(action_without(platform, condition, &action));
            }
        }
    }
}

fn assume(platform: &Platform) -> Option<Capability> {
    let library = &platform.library;
    library.capability_named(library.kind_named("role")?, "assume").map(Capability::Named)
}

/// An action of a capability whose requests never have what a condition asks for.
fn action_lacks(
    platform: &Platform,
    condition: &Condition,
    capability: Capability,
    place: &Place,
) -> Option<String> {
    let library = &platform.library;
    let declared = library.condition(condition.condition);
    let required = requirements(platform, capability, place);
    let lacking = required.iter().find(|it| it.primary && !library.has_key(declared, it.action, &it.kind))?;
    Some(library.action_spelling(lacking.action))
}

/// Who receives a grant, or may assume a role, brings what its conditions ask for.
pub fn receivers_bring_what_is_asked_for(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        for condition in &grant.conditions {
            for (principal, span) in &grant.to {
                let fault = receiver_lacks(platform, condition, principal, *span, grant.effect);
                diagnostics.extend(fault);
            }
        }
    }
    for role in &platform.roles {
        for condition in &role.when {
            for trust in &role.trust {
                let fault = receiver_lacks(platform, condition, &trust.principal, trust.span, Effect::Grant);
                diagnostics.extend(fault);
            }
        }
    }
}

fn receiver_lacks(
    platform: &Platform,
    condition: &Condition,
    principal: &Principal,
    span: Span,
    effect: Effect,
) -> Option<Diagnostic> {
    let declared = platform.library.condition(condition.condition);
    let service = matches!(principal, Principal::Service(_));
    match (declared.asked_of, principal) {
        (AskedOf::Callers, _) if service => Some(not_of_services(condition, declared, span)),
        (AskedOf::Services, _) if !service => Some(of_services_only(condition, declared, span)),
        // AWS does not say of a role's session whether a second factor was used; what a service runs as never has one.
        (_, Principal::Resource(id)) if !declared.sessions => match acting(platform, *id)? {
            RoleKey::Derived(..) => Some(runs_unattended(condition, declared, span)),
            RoleKey::Declared(_) => Some(unknown_of_sessions(effect, condition, declared, span)),
        },
        _ => None,
    }
}

/// A session tag is demanded once: two values of one key would be alternatives.
pub fn session_tags_are_demanded_once(platform: &Platform, diagnostics: &mut Diagnostics) {
    for role in &platform.roles {
        for condition in &role.when {
            let tag = condition.key.strip_prefix("aws:RequestTag/");
            if tag.is_some_and(|tag| role.tags.iter().any(|(key, _)| key.eq_ignore_ascii_case(tag))) {
                diagnostics.push(tag_demanded_twice(condition.span));
            }
        }
    }
}

/// A role that is trusted by name may assume the other in any case: conditions on a grant of that change nothing.
pub fn trust_leaves_room_for_conditions(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let (Some(condition), Noun::Role(at)) =
            (grant.conditions.first(), platform.resource(grant.on.resource).noun)
        else {
            continue;
        };
        let trusts = platform.roles.get(at as usize).into_iter().flat_map(|role| &role.trust);
        for trust in trusts.filter(|trust| grant.to.iter().any(|(to, _)| *to == trust.principal)) {
            if matches!(trust.principal, Principal::Resource(_)) {
                diagnostics.push(trusted_anyway(condition.span, trust.span));
            }
        }
    }
}

fn not_kept(condition: Span, wanted: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::CONDITION_NOT_KEPT,
        condition,
        "a permission of Lake Formation holds for every request: this condition would be lost",
        "can't be kept",
    )
    .related(wanted, "this is Lake Formation's to give")
    .help("leave the condition out, and demand it in the `when` of the role that reads")
}

fn action_without(platform: &Platform, condition: &Condition, action: &str) -> Diagnostic {
    let name = &platform.library.condition(condition.condition).name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("no request for {action} has `{name}`, so that nothing would ever come of this"),
        format!("AWS's `{}` is not there", condition.key),
    )
    .help("write a sentence of its own for what has it, and one without the condition for the rest")
}

fn tag_demanded_twice(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NEVER_HOLDS,
        span,
        "`tags` of the role demands a value of this session tag already",
        "demanded twice",
    )
    .help("say it once, in `tags` or here")
}

fn trusted_anyway(condition: Span, trust: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::REDUNDANT_GRANT,
        condition,
        "the role trusts the receiver by name, and so lets it in whatever is demanded here",
        "without effect",
    )
    .related(trust, "trusted without a condition of the grant")
    .help("demand it in the role's `when`, or trust the account instead of the role")
}

fn not_of_services(condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("a service that acts for itself has no `{name}`"),
        "never there",
    )
    .related(to, "a service")
    .help("say for whom the service acts: `source_account = \"…\"`, `source_arn = \"…\"`")
}

fn of_services_only(condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("only a service that acts for somebody has a `{name}`"),
        "never there",
    )
    .related(to, "no service")
    .help("name the role or the account that asks instead")
}

fn runs_unattended(condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("this runs by itself, and never has `{name}`"),
        "never there",
    )
    .related(to, "a service runs it")
    .help("leave the condition out")
}

fn unknown_of_sessions(effect: Effect, condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    let label = match effect {
        Effect::Grant => "never holds: this gives nothing",
        Effect::Deny if condition.values.contains("true") => "never holds: this denies nothing",
        Effect::Deny => "holds always: this denies every request",
    };
    Diagnostic::warning(
        catalogue::SESSION_WITHOUT_MFA,
        condition.span,
        format!("AWS does not say of a role's session whether it has `{name}`: that is known when the role is assumed"),
        label,
    )
    .related(to, "acts as a role")
    .help("demand it of whoever assumes the role, in its `when`")
}
