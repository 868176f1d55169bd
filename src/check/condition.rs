//! Rules of conditions on grants and denials.

use crate::{
    access::{
        federation, named,
        pattern::matches_action,
        requirement::{Place, requirements},
        roles::{RoleKey, acting},
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::{ActionId, Condition as Declared, Service, condition::AskedOf},
    platform::{Capability, Condition, GuardrailRule, Platform, Principal, grant::Effect, resource::Noun},
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
    let limits = platform.boundaries.iter().flat_map(|boundary| &boundary.sentences);
    for grant in platform.grants.iter().chain(limits) {
        let place = Place::from(&grant.on);
        for (condition, wanted) in
            grant.conditions.iter().flat_map(|it| grant.capabilities.iter().map(move |wanted| (it, wanted)))
        {
            if let Some(action) = action_lacks(platform, condition, wanted.capability, &place) {
                diagnostics
                    .push(action_without(platform, condition, &action).related(wanted.span, "asked of this"));
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

/// Requests that a guardrail denies have what it asks for.
pub fn guardrails_ask_what_requests_have(platform: &Platform, diagnostics: &mut Diagnostics) {
    for rule in platform.guardrails.iter().flat_map(|guardrail| &guardrail.rules) {
        for condition in &rule.when {
            let declared = platform.library.condition(condition.condition);
            diagnostics.extend(if declared.asked_of == AskedOf::Services {
                Some(not_of_bound(condition, declared))
            } else if !some_action_has(platform, declared, rule) {
                Some(no_action_has(condition, declared))
            } else if !declared.sessions {
                Some(unknown_of_sessions(Effect::Deny, condition, declared).related(rule.span, "binds roles"))
            } else {
                None
            });
        }
    }
}

/// Whether one of the actions of a rule is known to have the key of a condition.
fn some_action_has(platform: &Platform, declared: &Declared, rule: &GuardrailRule) -> bool {
    let library = &platform.library;
    let mut actions = (0_u32..).zip(&library.actions).map(|(at, action)| (ActionId(at), action));
    actions.any(|(id, action)| {
        let spelling = library.action_spelling(id);
        let taken = rule.actions.iter().any(|pattern| matches_action(pattern, spelling));
        let types = &library.service(action.service).types;
        let mut kinds =
            action.types.iter().filter_map(|&at| types.get(at as usize)).map(|(name, _)| name.as_str());
        taken && (library.has_key(declared, id, "") || kinds.any(|kind| library.has_key(declared, id, kind)))
    })
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
    Some(library.action_spelling(lacking.action).to_string())
}

/// Who receives a grant, or may assume a role, brings what its conditions ask for.
pub fn receivers_bring_what_is_asked_for(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        for condition in &grant.conditions {
            for (principal, span) in &grant.to {
                let receiver = Receiver { principal, span: *span, says: |service| service.source_in_calls };
                diagnostics.extend(receiver_lacks(platform, condition, &receiver, grant.effect));
            }
        }
    }
    for role in &platform.roles {
        for condition in &role.when {
            for trust in &role.trust {
                let (principal, span) = (&trust.principal, trust.span);
                let receiver = Receiver { principal, span, says: |service| service.source_account };
                diagnostics.extend(receiver_lacks(platform, condition, &receiver, Effect::Grant));
            }
        }
    }
}

/// Somebody of whom something is demanded.
struct Receiver<'a> {
    principal: &'a Principal,
    span: Span,
    /// Whether a service says for whom it acts where this is demanded.
    says: fn(&Service) -> bool,
}

fn receiver_lacks(
    platform: &Platform,
    condition: &Condition,
    &Receiver { principal, span, says }: &Receiver<'_>,
    effect: Effect,
) -> Option<Diagnostic> {
    let library = &platform.library;
    let declared = library.condition(condition.condition);
    let service = named::acts_by_itself(platform, principal);
    match (declared.asked_of, principal) {
        (AskedOf::Callers, _) if service => Some(not_of_services(condition, declared, span)),
        (AskedOf::Services, _) if !service => Some(of_services_only(condition, declared, span)),
        (AskedOf::Services, Principal::Service(id)) if !says(library.service(*id)) => {
            Some(not_said_by(condition, declared, &library.service(*id).name, span))
        }
        (AskedOf::Services, Principal::Resource(_)) => Some(named_already(condition, span)),
        (_, Principal::Resource(id))
            if !declared.federated && federation::action(platform, *id).is_some() =>
        {
            Some(not_of_federated(condition, declared, span))
        }
        // AWS does not say of a role's session whether a second factor was used; what a service runs as never has one.
        (_, Principal::Resource(id)) if !declared.sessions => match acting(platform, *id)? {
            RoleKey::Derived(..) => Some(runs_unattended(condition, declared, span)),
            RoleKey::Declared(_) if platform.kind_of(*id).name == "group" => {
                Some(unknown_of_members(effect, condition, declared).related(span, "acts as a role"))
            }
            RoleKey::Declared(_) => {
                Some(unknown_of_sessions(effect, condition, declared).related(span, "acts as a role"))
            }
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

fn not_of_bound(condition: &Condition, declared: &Declared) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("a guardrail binds no service that acts for itself, and only such a one has a `{name}`"),
        "never there",
    )
    .help("say in the grant to the service for whom it acts")
}

fn no_action_has(condition: &Condition, declared: &Declared) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("no request for these actions has `{name}`"),
        format!("AWS's `{}` is not there", condition.key),
    )
    .help("deny what has it, or leave the condition out")
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

fn not_said_by(condition: &Condition, declared: &Declared, service: &str, to: Span) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("the service `{service}` does not say for whom it acts, so that no request has `{name}`"),
        "never there",
    )
    .related(to, "says nothing of it")
    .help("leave the condition out")
}

fn named_already(condition: &Condition, to: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NEVER_HOLDS,
        condition.span,
        "the receiver is what the service acts for: this says the same, or never holds",
        "said by the receiver",
    )
    .related(to, "its service acts for this alone")
    .help("leave the condition out, or name the service as the receiver")
}

fn not_of_federated(condition: &Condition, declared: &Declared, to: Span) -> Diagnostic {
    let name = &declared.name;
    Diagnostic::error(
        catalogue::KEY_NEVER_THERE,
        condition.span,
        format!("whom an identity provider vouches for has no `{name}` before he has the role"),
        "never there",
    )
    .related(to, "an identity provider")
    .help("let the provider demand it, or write a role of its own for those who come so")
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

fn unknown_of_sessions(effect: Effect, condition: &Condition, declared: &Declared) -> Diagnostic {
    of_sessions(effect, condition, declared).help("demand it of whoever assumes the role, in its `when`")
}

fn unknown_of_members(effect: Effect, condition: &Condition, declared: &Declared) -> Diagnostic {
    of_sessions(effect, condition, declared)
        .help("leave it out: Identity Center asks its members for a second factor when they sign in")
}

fn of_sessions(effect: Effect, condition: &Condition, declared: &Declared) -> Diagnostic {
    let name = &declared.name;
    let label = match effect {
        Effect::Grant => "never holds: this gives nothing",
        Effect::Deny if condition.values.contains("true") => "never holds: this denies nothing",
        Effect::Deny => "holds always: this denies every request",
    };
    Diagnostic::warning(
        catalogue::SESSION_WITHOUT_MFA,
        condition.span,
        format!(
            "AWS does not say of a role's session whether it has `{name}`: that is known when the role is assumed"
        ),
        label,
    )
}
