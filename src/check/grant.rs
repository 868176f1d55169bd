//! Rules of grants and denials.

use crate::{
    access::{
        federation,
        named::source_service,
        requirement::{Place, Requirement, requirements, trusted_services},
        roles::{RoleKey, acting},
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    library::ActionId,
    platform::{
        Account, Capability, CapabilityUse, Grant, Platform, Principal, ResourceId, grant::Effect,
        resource::Noun,
    },
    source::Span,
};

/// An action is granted on what AWS can limit it to.
pub fn actions_fit_their_resources(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| platform.is_whole(grant.on.resource)) {
        let place = Place::from(&grant.on);
        for wanted in &grant.capabilities {
            let required = requirements(platform, wanted.capability, &place);
            if !required.iter().any(|it| it.primary && (it.resource != "*" || is_named(wanted))) {
                diagnostics.push(does_not_fit(platform, grant, wanted));
            }
        }
    }
}

fn is_named(wanted: &CapabilityUse) -> bool {
    matches!(wanted.capability, Capability::Named(_))
}

/// Whoever gets a grant can act.
pub fn receivers_can_act(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        for (principal, span) in &grant.to {
            match principal {
                Principal::Resource(id) if federation::action(platform, *id).is_some() => {
                    diagnostics.push(federated(platform, *id, grant, *span));
                }
                Principal::Resource(id) if platform.is_whole(*id) && !acts(platform, *id) => {
                    let kind = &platform.kind_of(*id).name;
                    diagnostics.push(nobody_acts(
                        *span,
                        &format!("a `{kind}` has no role to act as"),
                        "name a role",
                    ));
                }
                Principal::Service(id) if platform.library.service(*id).principal.is_none() => {
                    let name = &platform.library.service(*id).name;
                    let why = format!("the service `{name}` never acts by itself");
                    diagnostics.push(nobody_acts(*span, &why, "name a role"));
                }
                _ => {}
            }
        }
    }
}

/// A service says for which account it acts, so that it does nothing for another.
pub fn services_say_for_whom_they_act(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        for (principal, span) in &grant.to {
            let Principal::Service(id) = principal else { continue };
            let service = platform.library.service(*id);
            if service.principal.is_some() && !service.source_in_calls && has_policy(platform, grant) {
                diagnostics.push(for_anybody(&service.name, *span));
            }
        }
    }
}

/// Whether what is granted is said by a policy of the resource.
fn has_policy(platform: &Platform, grant: &Grant) -> bool {
    let place = Place::from(&grant.on);
    let required =
        grant.capabilities.iter().flat_map(|wanted| requirements(platform, wanted.capability, &place));
    let services = required.filter(|it| it.primary).map(|it| platform.library.action(it.action).service);
    services.into_iter().any(|service| platform.library.service(service).resource_policy)
}

/// Whether a declaration acts, as a role or through its service.
fn acts(platform: &Platform, id: ResourceId) -> bool {
    acting(platform, id).is_some() || source_service(platform, id).is_some()
}

/// What another account is granted can be said by the resource.
pub fn other_accounts_can_be_let_in(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let resource = platform.resource(grant.on.resource);
        let Some(owner) = resource.account.filter(|_| !resource.external) else { continue };
        if !platform.is_whole(grant.on.resource) {
            continue;
        }
        let place = Place::from(&grant.on);
        for (principal, span) in grant.to.iter().filter(|(principal, _)| is_receiver(platform, principal)) {
            let account = account_of(platform, principal);
            if account.is_some_and(|account| std::ptr::eq(account, platform.account(owner))) {
                // Lake Formation has rules of its own for accounts.
                let shared = matches!(resource.noun, Noun::Table(_) | Noun::Domain(_));
                if let (Principal::Account(_), Some(account), false) = (principal, account, shared) {
                    diagnostics.push(own_account(*span, account));
                }
                continue;
            }
            for wanted in &grant.capabilities {
                let required = requirements(platform, wanted.capability, &place);
                if required.iter().any(|it| it.primary && !says_for_itself(platform, it)) {
                    diagnostics.push(no_resource_policy(platform, grant, wanted, (principal, *span)));
                }
            }
        }
    }
}

/// Whether a resource has a policy of its own, or another way to let another account in: a role its trust, a table Lake Formation.
fn says_for_itself(platform: &Platform, requirement: &Requirement) -> bool {
    let Some(owner) = requirement.owner else { return true };
    let service = platform.library.action(requirement.action).service;
    let noun = platform.resource(owner).noun;
    platform.library.service(service).resource_policy
        || matches!(noun, Noun::Role(_) | Noun::Table(_) | Noun::Domain(_))
}

/// Whether it is known who a principal is, and that it is one that can be granted something.
fn is_receiver(platform: &Platform, principal: &Principal) -> bool {
    match principal {
        Principal::Resource(id) => platform.is_whole(*id) && federation::action(platform, *id).is_none(),
        _ => true,
    }
}

/// The account that a principal belongs to, where the program declares it.
fn account_of<'a>(platform: &'a Platform, principal: &Principal) -> Option<&'a Account> {
    match principal {
        Principal::Resource(id) if source_service(platform, *id).is_some() => None,
        Principal::Resource(id) => {
            let role = acting(platform, *id).map_or(*id, RoleKey::declaration);
            platform.account_of(role)
        }
        Principal::Account(account) => Some(platform.account(*account)),
        Principal::ForeignAccount(_) | Principal::Service(_) => None,
    }
}

/// Who may assume a role is one whom the role trusts.
pub fn assumed_roles_trust(platform: &Platform, diagnostics: &mut Diagnostics) {
    let grants = platform.grants.iter().filter(|grant| grant.effect == Effect::Grant);
    for grant in grants.filter(|grant| grant.capabilities.iter().any(|it| assumes(platform, it.capability))) {
        let Noun::Role(at) = platform.resource(grant.on.resource).noun else { continue };
        let Some(role) = platform.roles.get(at as usize) else { continue };
        if platform.resource(role.resource).external {
            continue;
        }
        for (principal, span) in grant.to.iter().filter(|(principal, _)| is_receiver(platform, principal)) {
            let account = account_of(platform, principal);
            let trusted = role.trust.iter().any(|trust| match &trust.principal {
                Principal::Account(id) => account.is_some_and(|it| std::ptr::eq(it, platform.account(*id))),
                other => other == principal,
            });
            if !trusted {
                diagnostics.push(not_trusted(platform, grant, (principal, *span), account));
            }
        }
    }
}

/// A role is handed over to a service, which must be one that it trusts.
pub fn passed_roles_trust_a_service(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let on = platform.resource(grant.on.resource);
        let passes = |it: &&CapabilityUse| matches!(it.capability, Capability::Action(action) if platform.library.action(action).passes_role);
        if matches!(on.noun, Noun::Role(_)) && trusted_services(platform, grant.on.resource).is_empty() {
            for wanted in grant.capabilities.iter().filter(passes) {
                diagnostics.push(passed_to_nobody(wanted.span, &on.name, on.span));
            }
        }
    }
}

/// Whether a capability is to become a role, which the role must agree to; what is done with it otherwise, it is not asked for.
fn assumes(platform: &Platform, capability: Capability) -> bool {
    let library = &platform.library;
    let of_sts = |action: &ActionId| library.service(library.action(*action).service).name == "sts";
    match capability {
        Capability::Named(id) => library.capability(id).actions.iter().any(of_sts),
        Capability::Action(id) => of_sts(&id),
    }
}

fn passed_to_nobody(span: Span, name: &str, declared: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::PASSED_TO_NOBODY,
        span,
        format!("`{name}` trusts no service that it could be handed over to"),
        "does nothing, or it is not known for whom",
    )
    .related(declared, "declared here")
    .help(
        "name the service in its `trust`, as in `trust = [service lambda]`; in that of an external role, too",
    )
}

fn does_not_fit(platform: &Platform, grant: &Grant, wanted: &CapabilityUse) -> Diagnostic {
    let library = &platform.library;
    let name = match wanted.capability {
        Capability::Named(id) => library.capability(id).name.to_string(),
        Capability::Action(id) => library.action_spelling(id).to_string(),
    };
    let kind = &platform.kind_of(grant.on.resource).name;
    let types: Vec<&str> = match wanted.capability {
        Capability::Action(id) => {
            let action = library.action(id);
            let known = &library.service(action.service).types;
            action
                .types
                .iter()
                .filter_map(|&at| known.get(at as usize))
                .map(|(name, _)| name.as_str())
                .collect()
        }
        Capability::Named(_) => Vec::new(),
    };
    let diagnostic = Diagnostic::error(
        catalogue::ACTION_DOES_NOT_FIT,
        wanted.span,
        format!("`{name}` can't be limited to a `{kind}`"),
        "is about something else",
    )
    .related(grant.on.span, format!("a `{kind}`"));
    if types.is_empty() {
        diagnostic.help("AWS has no resource-level permission for it: nothing can be granted on one resource")
    } else {
        diagnostic.help(format!("AWS knows it on: {}", types.join(", ")))
    }
}

fn nobody_acts(span: Span, why: &str, help: &str) -> Diagnostic {
    Diagnostic::error(catalogue::NOBODY_ACTS, span, why, "can't act").help(help)
}

fn for_anybody(service: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(
        catalogue::CONFUSED_DEPUTY,
        span,
        format!("the service `{service}` does not say for whom it acts, and could do this for anybody"),
        "not held to one account",
    )
    .help("grant it to the role as which the service acts for this account")
}

fn own_account(span: Span, account: &Account) -> Diagnostic {
    let name = &account.name;
    Diagnostic::error(
        catalogue::OWN_ACCOUNT,
        span,
        format!("a grant to `{name}` gives nobody anything: the resource is in that account already"),
        "the resource's own account",
    )
    .help("name the role that needs it")
}

fn federated(platform: &Platform, id: ResourceId, grant: &Grant, span: Span) -> Diagnostic {
    let (name, word) = (&platform.resource(id).name, tag(platform, id));
    let account = platform.account_of(id).map_or("ACCOUNT", |account| account.name.as_str());
    let on = &platform.resource(grant.on.resource).name;
    Diagnostic::error(
        catalogue::FEDERATED_RECEIVER,
        span,
        format!("nobody can be granted anything as somebody whom `{name}` vouches for"),
        "an identity provider",
    )
    .help(format!(
        "they act as a role: `role NAME in {account} {{ trust = [{word} {name}] }}`, and grant `{on}` to that role"
    ))
}

/// The word that stands before an identity provider's name.
fn tag(platform: &Platform, id: ResourceId) -> &'static str {
    if platform.kind_of(id).name == "saml_provider" { "saml" } else { "oidc" }
}

/// How a principal is written in a role's `trust`.
fn in_trust(platform: &Platform, principal: &Principal) -> String {
    match principal {
        Principal::Resource(id) => match source_service(platform, *id) {
            Some(service) => format!("service {}", platform.library.service(service).name),
            None => platform.resource(*id).name.to_string(),
        },
        Principal::Account(id) => platform.account(*id).name.to_string(),
        Principal::ForeignAccount(id) => format!("account \"{id}\""),
        Principal::Service(id) => format!("service {}", platform.library.service(*id).name),
    }
}

fn no_resource_policy(
    platform: &Platform,
    grant: &Grant,
    wanted: &CapabilityUse,
    (principal, to): (&Principal, Span),
) -> Diagnostic {
    let resource = platform.resource(grant.on.resource);
    let kind = match resource.noun {
        Noun::Function(at) => platform
            .functions
            .get(at as usize)
            .map(|function| &platform.library.integration(function.integration.integration).name),
        _ => None,
    };
    let kind = kind.unwrap_or(&platform.kind_of(grant.on.resource).name);
    let account = resource.account.map_or("ACCOUNT", |account| platform.account(account).name.as_str());
    let trusted = in_trust(platform, principal);
    let service = trusted.starts_with("service ");
    Diagnostic::error(
        catalogue::NO_RESOURCE_POLICY,
        to,
        format!("a `{kind}` can let {} in", if service { "no service" } else { "nobody of another account" }),
        if service { "not a role" } else { "of another account" },
    )
    .related(wanted.span, format!("this takes a policy of the resource, and AWS has none for a `{kind}`"))
    .help(format!(
        "let it in by a role: `role NAME in {account} {{ trust = [{trusted}] }}`, and grant `{}` to that role",
        resource.name
    ))
}

fn not_trusted(
    platform: &Platform,
    grant: &Grant,
    (principal, span): (&Principal, Span),
    account: Option<&Account>,
) -> Diagnostic {
    let resource = platform.resource(grant.on.resource);
    let trusted = in_trust(platform, principal);
    let whole = match (principal, account) {
        (Principal::Resource(_), Some(account)) => format!(", or its account `{}`,", account.name),
        _ => String::new(),
    };
    Diagnostic::error(
        catalogue::NOT_TRUSTED,
        span,
        format!("`{}` does not trust who is to assume it", resource.name),
        "not trusted",
    )
    .related(resource.span, "declared here")
    .help(format!("add `{trusted}`{whole} to the `trust` of `{}`", resource.name))
}
