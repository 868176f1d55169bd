//! What a guardrail makes void: grants, what declarations do without a grant, and roles for whom an identity provider vouches.

use std::collections::BTreeSet;

use super::{
    condition::Truth,
    context::Context,
    decide::{Deciding, Policies, Policy, Question, acts, applies},
    prover::Prover,
    request::Request,
    witness::{Witness, witness},
};
use crate::{
    access::{
        Document, RoleAccess, RoleKey, Statement, Use, federation,
        requirement::{Place, Requirement, requirements},
        roles::acting,
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{AccountId, Grant, Platform, Principal, Role, grant::Effect},
    source::Span,
};

/// Reports everything that a guardrail denies for certain, whatever else allows it.
pub fn voids(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let (platform, access) = (prover.platform, prover.access);
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let ids = grant.to.iter().filter_map(|(principal, _)| match principal {
            Principal::Resource(id) => Some(*id),
            _ => None,
        });
        for role in ids.filter_map(|id| access.role(acting(platform, id)?)) {
            grants(prover, grant, role, diagnostics);
        }
    }
    uses(prover, diagnostics);
    for role in platform.roles.iter().filter(|role| access.role(RoleKey::Declared(role.resource)).is_some()) {
        newcomers(prover, role, diagnostics);
    }
}

/// What a guardrail denies can't be granted.
fn grants<'a>(prover: &Prover<'a>, grant: &Grant, role: &'a RoleAccess, diagnostics: &mut Diagnostics) {
    let place = Place::from(&grant.on);
    for wanted in &grant.capabilities {
        let required = requirements(prover.platform, wanted.capability, &place);
        let mut primary = required.iter().filter(|it| it.primary);
        if let Some(denied) = primary.find_map(|requirement| denied(prover, role, requirement, grant.span)) {
            diagnostics.push(dead_grant(prover.platform, wanted.span, &denied));
        }
    }
}

/// What a guardrail denies can't be done, though nobody had to grant it. One thing is told of each place in the program.
fn uses(prover: &Prover<'_>, diagnostics: &mut Diagnostics) {
    let mut told: BTreeSet<Span> = BTreeSet::new();
    for Use { role, requirement, origin } in prover.access.uses.iter().filter(|it| it.requirement.primary) {
        let Some(role) = prover.access.role(*role).filter(|_| !told.contains(origin)) else { continue };
        if let Some(denied) = denied(prover, role, requirement, *origin) {
            told.insert(*origin);
            let action = prover.platform.library.action_spelling(requirement.action);
            diagnostics.push(dead_use(prover.platform, *origin, action, &denied));
        }
    }
}

/// A statement of a guardrail, with the account that it is denied in.
struct Denied<'a> {
    statement: &'a Statement,
    account: AccountId,
}

/// The guardrail that denies a requirement to a role, or some of it, under all circumstances in which the place in the program gives it.
fn denied<'a>(
    prover: &Prover<'a>,
    role: &'a RoleAccess,
    requirement: &Requirement,
    origin: Span,
) -> Option<Denied<'a>> {
    let own = role.identity.account;
    let theirs = requirement.owner.and_then(|owner| prover.platform.resource(owner).account);
    let levels = prover.control.service(own).iter().chain(prover.control.resource(theirs.unwrap_or(own)));
    let mut rules = levels.flat_map(|level| &level.documents).flat_map(|document| &document.statements);
    let action = prover.platform.library.action_spelling(requirement.action);
    // Most requirements are of actions that no guardrail speaks of.
    if !rules.any(|rule| rule.effect == Effect::Deny && acts(&rule.actions, action)) {
        return None;
    }
    prover.requests_as_a_whole(role, requirement).iter().find_map(|request| {
        let certain = prover.guardrail(request);
        let Deciding { policy, statement, .. } =
            certain.or_else(|| denied_whenever_given(prover, request, origin))?;
        let account = if policy == Policy::ServiceControl { own } else { request.account };
        Some(Denied { statement, account })
    })
}

/// The guardrail with whose conditions those of what one place in the program gives never go together.
fn denied_whenever_given<'a>(
    prover: &Prover<'a>,
    request: &Request<'a>,
    origin: Span,
) -> Option<Deciding<'a>> {
    let given = |it: &&Statement| it.effect == Effect::Grant && it.origins.contains(&origin);
    let own = Document::new(request.role.policy.statements.iter().filter(given).cloned().collect());
    if own.statements.iter().all(|it| it.conditions.0.is_empty()) {
        return None;
    }
    prover.with_policies(request, |policies, question| {
        let control = policies.statements(question).find(|(policy, statement)| {
            matches!(policy, Policy::ServiceControl | Policy::ResourceControl)
                && statement.effect == Effect::Deny
                && applies(statement, question) == Truth::Unknown
        });
        let (policy, statement) = control?;
        let alone = Policies {
            identity: &[&own],
            service_control: policies.service_control,
            resource_control: policies.resource_control,
            elsewhere: true,
            ..Policies::default()
        };
        let never = witness(&alone, question) == Witness::Impossible;
        never.then_some(Deciding { policy, statement, certain: false })
    })
}

/// Whoever comes from an identity provider is of no account and of no organization, before he has the role.
fn newcomers(prover: &Prover<'_>, role: &Role, diagnostics: &mut Diagnostics) {
    let platform = prover.platform;
    for trust in &role.trust {
        let Principal::Resource(provider) = trust.principal else { continue };
        let Some(action) = federation::action(platform, provider) else { continue };
        let account = platform.account(role.account);
        let mut context = Context::open();
        for key in ["aws:principalaccount", "aws:principalorgid", "aws:principalarn"] {
            context.set(key, Vec::new());
        }
        context.set("aws:principalisawsservice", vec!["false".into()]);
        context.set("aws:securetransport", vec!["true".into()]);
        context.set("aws:resourceaccount", vec![account.id.clone()]);
        context.set("aws:requestedregion", vec![account.region.clone()]);
        let arn = prover.access.role(RoleKey::Declared(role.resource)).map(|it| it.identity.arn.as_str());
        let question = Question {
            caller: "",
            session: None,
            caller_account: "",
            action,
            resource: arn.unwrap_or_default(),
            resource_account: &account.id,
            context: &context,
        };
        let levels = prover.control.resource_of_action(role.account, action).iter();
        let mut statements = levels.flat_map(|level| &level.documents).flat_map(|it| &it.statements);
        let denies = |statement: &&Statement| {
            statement.effect == Effect::Deny && applies(statement, &question) == Truth::Yes
        };
        if let Some(statement) = statements.find(denies) {
            let denied = Denied { statement, account: role.account };
            diagnostics.push(shut_out(platform, trust.span, action, &denied));
        }
    }
}

fn because(diagnostic: Diagnostic, denied: &Denied<'_>) -> Diagnostic {
    let rules = &denied.statement.origins;
    rules.iter().fold(diagnostic, |diagnostic, rule| diagnostic.related(*rule, "denied here"))
}

fn dead_grant(platform: &Platform, span: Span, denied: &Denied<'_>) -> Diagnostic {
    let account = &platform.account(denied.account).name;
    let diagnostic = Diagnostic::warning(
        catalogue::DEAD_GRANT,
        span,
        format!("a guardrail on account `{account}` denies what is granted here"),
        "has no effect",
    );
    because(diagnostic, denied).help("take the grant away, or except its action from the guardrail")
}

fn dead_use(platform: &Platform, span: Span, action: &str, denied: &Denied<'_>) -> Diagnostic {
    let account = &platform.account(denied.account).name;
    let diagnostic = Diagnostic::warning(
        catalogue::DEAD_GRANT,
        span,
        format!("a guardrail on account `{account}` denies {action}, which this does"),
        "will be refused",
    );
    because(diagnostic, denied)
        .help("except the action from the guardrail, or do it in an account that it does not bind")
}

fn shut_out(platform: &Platform, span: Span, action: &str, denied: &Denied<'_>) -> Diagnostic {
    let account = &platform.account(denied.account).name;
    let diagnostic = Diagnostic::warning(
        catalogue::DEAD_GRANT,
        span,
        format!(
            "a guardrail on account `{account}` denies {action} to whoever comes from an identity provider"
        ),
        "nobody comes in this way",
    );
    because(diagnostic, denied)
        .help("name the actions that the guardrail denies without this one: such a caller is of no account and of no organization")
}
