//! Rules of guardrails.

use std::collections::BTreeSet;

use crate::{
    access::pattern::matches_action,
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Guardrail, GuardrailRule, Node, Platform},
    source::Span,
    suggest::nearest,
};

/// A guardrail binds somebody: no service control policy binds the management account.
pub fn guardrails_bind_somebody(platform: &Platform, diagnostics: &mut Diagnostics) {
    for guardrail in &platform.guardrails {
        let management =
            |node: &Node| matches!(node, Node::Account(account) if platform.account(*account).management);
        let outside = |node: &Node| matches!(node, Node::Account(account) if platform.account(*account).organization.is_none());
        if !guardrail.on.is_empty() && guardrail.on.iter().all(management) {
            diagnostics.push(binds_nobody(
                platform,
                guardrail,
                "no guardrail binds an organization's management account",
            ));
        } else if guardrail.on.iter().any(outside) {
            diagnostics.push(binds_nobody(
                platform,
                guardrail,
                "a guardrail binds accounts of an organization only",
            ));
        }
    }
}

/// There is an account from which guardrails can be attached.
pub fn guardrails_are_managed(platform: &Platform, diagnostics: &mut Diagnostics) {
    let managed = platform.accounts.iter().filter(|account| account.management);
    let managed: BTreeSet<u32> = managed.filter_map(|account| account.organization).collect();
    for (at, organization) in (0_u32..).zip(&platform.organizations).filter(|(at, _)| !managed.contains(at)) {
        let attached = platform
            .guardrails
            .iter()
            .find(|it| it.on.iter().any(|node| platform.organization_of(node) == Some(at)));
        if let Some(guardrail) = attached {
            let span = platform.resource(organization.resource).span;
            let candidate = below_the_root(platform, at);
            diagnostics.push(unmanaged(span, platform.resource(guardrail.resource).span, candidate));
        }
    }
}

/// The one account directly below an organization's root, where there is one only: its name and place.
fn below_the_root(platform: &Platform, organization: u32) -> Option<(&str, Span)> {
    let mut below = platform
        .accounts
        .iter()
        .filter(|account| account.organization == Some(organization) && account.unit.is_none());
    match (below.next(), below.next()) {
        (Some(account), None) => Some((&account.name, platform.resource(account.resource).span)),
        _ => None,
    }
}

/// Only from everything can something be excepted: IAM has no other way to say it.
pub fn exceptions_are_from_everything(platform: &Platform, diagnostics: &mut Diagnostics) {
    for rule in platform.guardrails.iter().flat_map(|guardrail| &guardrail.rules) {
        if !rule.except.is_empty() && rule.actions.iter().any(|action| action != "*") {
            diagnostics.push(exception_from_some(rule.span));
        }
    }
}

/// Rules that bind everybody are for services only for which AWS enforces them.
pub fn rules_for_everybody_are_enforced(platform: &Platform, diagnostics: &mut Diagnostics) {
    let library = &platform.library;
    let rules = platform.guardrails.iter().flat_map(|guardrail| &guardrail.rules);
    for (pattern, span) in rules.filter(|rule| rule.everybody).flat_map(|rule| &rule.written) {
        let prefix = pattern.split(':').next().unwrap_or_default();
        let enforced = library.services.iter().any(|it| it.prefix == prefix && it.resource_control);
        if !enforced {
            diagnostics.push(not_enforced(platform, *span, prefix));
        }
    }
}

/// Actions that guardrails name are known: a misspelled one denies nothing.
pub fn denied_actions_are_known(platform: &Platform, diagnostics: &mut Diagnostics) {
    let rules: Vec<&GuardrailRule> =
        platform.guardrails.iter().flat_map(|guardrail| &guardrail.rules).collect();
    if rules.is_empty() {
        return;
    }
    let library = &platform.library;
    let actions: Vec<&str> = library.actions.iter().map(|action| action.spelling.as_str()).collect();
    for rule in rules {
        for (pattern, span) in &rule.written {
            if pattern != "*" && !actions.iter().any(|action| matches_action(pattern, action)) {
                let near = nearest(pattern, actions.iter().copied())
                    .filter(|near| strsim::osa_distance(pattern, near) <= FARTHEST_SLIP);
                diagnostics.push(not_known(*span, pattern, near));
            }
        }
    }
}

/// How many letters a slip of the hand changes. The standard library knows some of AWS's actions only, so one that is less near may well be right.
const FARTHEST_SLIP: usize = 2;

fn binds_nobody(platform: &Platform, guardrail: &Guardrail, why: &str) -> Diagnostic {
    let span = platform.resource(guardrail.resource).span;
    Diagnostic::error(catalogue::GUARDRAIL_WITHOUT_EFFECT, span, why, "binds nobody here")
        .help("put it on a unit or on other accounts of the organization")
}

fn unmanaged(span: Span, guardrail: Span, candidate: Option<(&str, Span)>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::NO_MANAGEMENT_ACCOUNT,
        span,
        "guardrails are attached from the organization's management account, and none is declared",
        "no management account",
    )
    .related(guardrail, "to be attached");
    match candidate {
        Some((name, span)) => diagnostic
            .related(span, "the only account directly below the root")
            .help(format!("if `{name}` is the one, say `management = true` in it")),
        None => {
            diagnostic.help("declare it directly in the organization: `account management { id = \"…\" }`")
        }
    }
}

fn not_enforced(platform: &Platform, span: Span, service: &str) -> Diagnostic {
    let mut known: Vec<&str> = platform
        .library
        .services
        .iter()
        .filter(|it| it.resource_control)
        .map(|it| it.prefix.as_str())
        .collect();
    known.sort_unstable();
    let message = match service {
        "*" => "a rule for everybody names its services: `*` alone is not taken".to_owned(),
        service => format!("AWS enforces no rule for everybody on actions of `{service}`"),
    };
    Diagnostic::error(catalogue::NO_RESOURCE_CONTROL, span, message, "would deny nothing")
        .help(format!("with `to *` there can be {}", known.join(", ")))
}

fn exception_from_some(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::EXCEPTION_FROM_SOME,
        span,
        "`except` goes with `deny *` only: IAM can't take actions out of others",
        "denies some actions only",
    )
    .help("name the actions that are denied")
}

fn not_known(span: Span, pattern: &str, near: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        catalogue::PATTERN_NOT_KNOWN,
        span,
        format!("the standard library knows no action `{pattern}`, so its spelling can't be checked"),
        "not known",
    );
    match near {
        Some(near) => {
            let near = near.replacen(':', ".", 1);
            diagnostic.help(format!("did you mean `{near}`?")).fix(span, near)
        }
        None => diagnostic.help("compare it with AWS's list of the service's actions"),
    }
}
