//! Rules of conditions on grants and denials.

use crate::{
    access::{
        requirement::{Place, requirements},
        roles::{RoleKey, acting},
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::{Condition as Declared, condition::AskedOf},
    platform::{Capability, CapabilityUse, Condition, Grant, Platform, Principal, grant::Effect},
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
        for condition in &grant.conditions {
            let declared = platform.library.condition(condition.condition);
            for wanted in &grant.capabilities {
                let required = requirements(platform, wanted.capability, &place);
                let lacking = required
                    .iter()
                    .find(|it| it.primary && !platform.library.has_key(declared, it.action, &it.kind));
                if let Some(lacking) = lacking {
                    let action = platform.library.action_spelling(lacking.action);
                    diagnostics.push(action_without(condition, declared, wanted, &action));
                }
            }
        }
    }
}

/// Who receives a grant brings what its conditions ask for.
pub fn receivers_bring_what_is_asked_for(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        for condition in &grant.conditions {
            let declared = platform.library.condition(condition.condition);
            for (principal, span) in &grant.to {
                let service = matches!(principal, Principal::Service(_));
                match declared.asked_of {
                    AskedOf::Callers if service => {
                        diagnostics.push(not_of_services(condition, declared, *span));
                    }
                    AskedOf::Services if !service => {
                        diagnostics.push(of_services_only(condition, declared, *span));
                    }
                    _ if !declared.sessions => {
                        without_factor(platform, grant, condition, declared, (principal, *span), diagnostics);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// AWS does not say of a role's session whether a second factor was used; what a service runs as never has one.
fn without_factor(
    platform: &Platform,
    grant: &Grant,
    condition: &Condition,
    declared: &Declared,
    (principal, span): (&Principal, Span),
    diagnostics: &mut Diagnostics,
) {
    let Principal::Resource(id) = principal else { return };
    match acting(platform, *id) {
        Some(RoleKey::Derived(..)) => diagnostics.push(runs_unattended(condition, declared, span)),
        Some(RoleKey::Declared(_)) => diagnostics.push(unknown_of_sessions(grant, condition, declared, span)),
        None => {}
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
    .help("leave the condition out, and put it on the role that reads: on its `trust`, or on a grant to assume it")
}

fn action_without(condition: &Condition, declared: &Declared, wanted: &CapabilityUse, action: &str) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("no request for {action} has `{name}`: nothing would ever be allowed or denied"),
        format!("AWS's `{}` is not there", condition.key),
    )
    .related(wanted.span, "asked of this")
    .help("write a sentence of its own for what has it, and one without the condition for the rest")
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
        format!("a service runs this, so that there is never an `{name}`"),
        "never there",
    )
    .related(to, "runs by itself")
    .help("leave the condition out")
}

fn unknown_of_sessions(grant: &Grant, condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    let label = match grant.effect {
        Effect::Grant => "never holds: this gives nothing",
        Effect::Deny => "is never known",
    };
    Diagnostic::warning(
        catalogue::SESSION_WITHOUT_MFA,
        condition.span,
        format!("AWS does not say of a role's session whether it has `{name}`: that is known when the role is assumed"),
        label,
    )
    .related(to, "acts as a role")
    .help("demand it of whoever assumes the role")
}
