//! Sizes and numbers of policies, counted as AWS counts them.

use std::collections::BTreeMap;

use crate::{
    access::{
        Access, Document,
        size::{Excess, characters, excess, is_longer, limit},
        split::{self, Kept},
    },
    diagnostic::{Code, Diagnostic, Diagnostics, catalogue},
    platform::{Node, Platform, Resource, ResourceId},
    source::Span,
};

/// Reports every policy that AWS would refuse for its size, and roles and nodes with more policies than they take.
pub fn limits(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    for role in &access.roles {
        let of = platform.resource(role.identity.key.declaration());
        let trust = || format!("the trust policy of `{}`", of.name);
        characters_within(platform, "trust_policy", of.span, trust, &role.trust, diagnostics);
        if role.identity.is_permission_set() {
            // A permission set takes one inline policy, which becomes that of its role.
            let whole = || format!("the permissions of `{}`", of.name);
            characters_within(platform, "inline_policy", of.span, whole, &role.policy, diagnostics);
        } else if let Kept::Attached(policies) = split::of_role(platform, &role.policy) {
            attachments(platform, of, policies.len(), diagnostics);
            let whole = || format!("a statement of `{}` that can't be divided", of.name);
            for policy in &policies {
                characters_within(platform, "managed_policy", of.span, whole, policy, diagnostics);
            }
        }
    }
    for (&of, document) in &access.resources {
        if let Some(excess) = excess(platform, &platform.kind_of(of).name, document) {
            diagnostics.push(outgrown(platform, of, excess));
        }
    }
    let guardrails = control(platform, &access.guardrails, "service_control_policy", diagnostics);
    control(platform, &access.resource_guardrails, "resource_control_policy", diagnostics);
    for boundary in &access.boundaries {
        let of = platform.resource(boundary.resource);
        let whole = || format!("the boundary `{}`", of.name);
        characters_within(platform, "managed_policy", of.span, whole, &boundary.policy, diagnostics);
    }
    crowded_nodes(platform, &guardrails, diagnostics);
}

/// The policies that each guardrail becomes of one type.
fn control(
    platform: &Platform,
    documents: &[Document],
    limit: &str,
    diagnostics: &mut Diagnostics,
) -> Vec<Vec<Document>> {
    let policies: Vec<Vec<Document>> =
        documents.iter().map(|document| split::of_guardrail(platform, document, limit)).collect();
    for (guardrail, policies) in platform.guardrails.iter().zip(&policies) {
        let of = platform.resource(guardrail.resource);
        let whole = || format!("a rule of `{}` that can't be divided", of.name);
        for policy in policies {
            characters_within(platform, limit, of.span, whole, policy, diagnostics);
        }
    }
    policies
}

fn characters_within(
    platform: &Platform,
    limit: &str,
    span: Span,
    what: impl Fn() -> String,
    document: &Document,
    diagnostics: &mut Diagnostics,
) {
    let Some(most) = Most::of(platform, limit).filter(|most| is_longer(document, most.always)) else {
        return;
    };
    let size = characters(document);
    let message = format!("{} takes {size} characters, and AWS takes {}", what(), most.always);
    let help = "say less in one place: fewer grants, or grants on what several resources have in common";
    diagnostics.extend(most.exceeded(size, catalogue::POLICY_TOO_LARGE, span, message, help));
}

fn attachments(platform: &Platform, of: &Resource, count: usize, diagnostics: &mut Diagnostics) {
    let Some(most) = Most::of(platform, "managed_policies_per_role") else { return };
    let message = format!(
        "the permissions of `{}` take {count} managed policies, and AWS attaches {} to a role",
        of.name, most.always
    );
    let help = "divide the role into several, or grant what several resources have in common";
    diagnostics.extend(most.exceeded(count, catalogue::POLICY_TOO_LARGE, of.span, message, help));
}

fn crowded_nodes(platform: &Platform, policies: &[Vec<Document>], diagnostics: &mut Diagnostics) {
    let Some(most) = Most::of(platform, "guardrails_per_node") else { return };
    let mut nodes: BTreeMap<Node, (usize, ResourceId)> = BTreeMap::new();
    for (guardrail, parts) in platform.guardrails.iter().zip(policies) {
        for node in &guardrail.on {
            // AWS's own `FullAWSAccess` takes one of the places.
            let (count, last) = nodes.entry(*node).or_insert((1, guardrail.resource));
            *count += parts.len();
            *last = guardrail.resource;
        }
    }
    for (count, last) in nodes.into_values() {
        let message = format!(
            "{count} policies would be attached here, AWS's own included, and AWS takes {}",
            most.always
        );
        let span = platform.resource(last).span;
        let help = "put rules for the same place into one guardrail";
        diagnostics.extend(most.exceeded(count, catalogue::TOO_MANY_GUARDRAILS, span, message, help));
    }
}

/// A limit that every account has, and what it may be instead.
struct Most {
    always: usize,
    /// In newer organizations.
    newer: Option<usize>,
    /// On request.
    raised: Option<usize>,
}

impl Most {
    fn of(platform: &Platform, name: &str) -> Option<Self> {
        let other = |which: &str| limit(platform, &format!("{name}_{which}"));
        Some(Self { always: limit(platform, name)?, newer: other("newer"), raised: other("raised") })
    }

    /// A warning where the limit may be larger, else an error; nothing where there is no more than always fits.
    fn exceeded(
        &self,
        count: usize,
        code: Code,
        span: Span,
        message: String,
        help: &str,
    ) -> Option<Diagnostic> {
        if count <= self.always {
            return None;
        }
        if let Some(newer) = self.newer.filter(|newer| count <= *newer) {
            let help = "look up the organization's limit before it is applied, or say less";
            return Some(near(span, message, format!("up to {newer} in newer organizations"), help));
        }
        if let Some(raised) = self.raised.filter(|raised| count <= *raised) {
            let help = "have AWS raise the limit before it is applied, or say less";
            return Some(near(span, message, format!("up to {raised} on request"), help));
        }
        let label = match (self.newer, self.raised) {
            (Some(newer), _) => format!("{} more than the {newer} of newer organizations", count - newer),
            (None, Some(raised)) => format!("{} more than the {raised} on request", count - raised),
            (None, None) => format!("{} too many", count - self.always),
        };
        Some(Diagnostic::error(code, span, message, label).help(help))
    }
}

fn near(span: Span, message: String, label: String, help: &str) -> Diagnostic {
    Diagnostic::warning(catalogue::NEAR_LIMIT, span, message, label).help(help)
}

/// A policy of a resource, which is one document.
fn outgrown(platform: &Platform, of: ResourceId, Excess { what, count, limit }: Excess) -> Diagnostic {
    let resource = platform.resource(of);
    Diagnostic::error(
        catalogue::POLICY_TOO_LARGE,
        resource.span,
        format!("the policy of `{}` has {count} {what}, and AWS takes {limit}", resource.name),
        format!("{} too many", count - limit),
    )
    .help("a resource has one policy: let fewer in, or let in one role that they all may assume")
}
