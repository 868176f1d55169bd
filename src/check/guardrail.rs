//! Rules of guardrails.

use crate::{
    access::pattern::matches_action,
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Guardrail, GuardrailRule, Node, Platform},
    source::Span,
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
    for (at, organization) in (0_u32..).zip(&platform.organizations) {
        let managed =
            platform.accounts.iter().any(|account| account.management && account.organization == Some(at));
        let attached =
            platform.guardrails.iter().find(|it| it.on.iter().any(|node| is_in(platform, node, at)));
        if let (false, Some(guardrail)) = (managed, attached) {
            let span = platform.resource(organization.resource).span;
            diagnostics.push(unmanaged(span, platform.resource(guardrail.resource).span));
        }
    }
}

fn is_in(platform: &Platform, node: &Node, organization: u32) -> bool {
    match node {
        Node::Root(root) => *root == organization,
        Node::Unit(unit) => platform.unit(*unit).organization == organization,
        Node::Account(account) => platform.account(*account).organization == Some(organization),
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

/// Actions that guardrails name are known: a misspelled one denies nothing.
pub fn denied_actions_are_known(platform: &Platform, diagnostics: &mut Diagnostics) {
    let rules: Vec<&GuardrailRule> =
        platform.guardrails.iter().flat_map(|guardrail| &guardrail.rules).collect();
    if rules.is_empty() {
        return;
    }
    let library = &platform.library;
    let actions: Vec<String> = (0_u32..)
        .zip(&library.actions)
        .map(|(at, _)| library.action_spelling(crate::library::ActionId(at)))
        .collect();
    for rule in rules {
        for pattern in rule.actions.iter().chain(&rule.except) {
            if pattern != "*" && !actions.iter().any(|action| matches_action(pattern, action)) {
                diagnostics.push(not_known(rule.span, pattern));
            }
        }
    }
}

fn binds_nobody(platform: &Platform, guardrail: &Guardrail, why: &str) -> Diagnostic {
    let span = platform.resource(guardrail.resource).span;
    Diagnostic::error(catalogue::GUARDRAIL_WITHOUT_EFFECT, span, why, "binds nobody here")
        .help("put it on a unit or on other accounts of the organization")
}

fn unmanaged(span: Span, guardrail: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::NO_MANAGEMENT_ACCOUNT,
        span,
        "guardrails are attached from the organization's management account, and none is declared",
        "no management account",
    )
    .related(guardrail, "to be attached")
    .help("declare it directly in the organization: `account management { id = \"…\" }`")
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

fn not_known(span: Span, pattern: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::PATTERN_NOT_KNOWN,
        span,
        format!("the standard library knows no action `{pattern}`, so its spelling can't be checked"),
        "not known",
    )
    .help("compare it with AWS's list of the service's actions")
}
