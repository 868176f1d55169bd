//! Sizes of policies, counted as AWS counts them.

use std::collections::BTreeMap;

use crate::{
    access::{Access, Document},
    diagnostic::{Code, Diagnostic, Diagnostics, catalogue},
    platform::{Node, Platform, ResourceId},
    source::Span,
};

/// Reports every policy that AWS would refuse for its size, and nodes with more guardrails than it takes.
pub fn limits(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    for role in &access.roles {
        let declaration = role.identity.key.declaration();
        let trust = Sized { what: "trust policy", limit: "trust_policy", of: declaration };
        let policy = Sized { what: "permissions", limit: "inline_policy", of: declaration };
        for (sized, document) in [(trust, &role.trust), (policy, &role.policy)] {
            sized.check(platform, document, diagnostics);
        }
    }
    for (&of, document) in &access.resources {
        let limit = format!("{}_policy", platform.kind_of(of).name);
        Sized { what: "policy", limit: &limit, of }.check(platform, document, diagnostics);
    }
    for (guardrail, document) in platform.guardrails.iter().zip(&access.guardrails) {
        let sized = Sized { what: "policy", limit: "service_control_policy", of: guardrail.resource };
        sized.check(platform, document, diagnostics);
    }
    for (guardrail, document) in platform.guardrails.iter().zip(&access.resource_guardrails) {
        let sized = Sized { what: "policy", limit: "resource_control_policy", of: guardrail.resource };
        sized.check(platform, document, diagnostics);
    }
    for boundary in &access.boundaries {
        let sized = Sized { what: "boundary", limit: "managed_policy", of: boundary.resource };
        sized.check(platform, &boundary.policy, diagnostics);
    }
    crowded_nodes(platform, diagnostics);
}

/// A document with the limit that it is held to.
struct Sized<'a> {
    what: &'a str,
    limit: &'a str,
    of: ResourceId,
}

impl Sized<'_> {
    fn check(&self, platform: &Platform, document: &Document, diagnostics: &mut Diagnostics) {
        let Some(limit) = limit_of(platform, self.limit) else { return };
        // What is sent has no white space; IAM counts characters, the others bytes, and these are the same in what we write.
        let size = document.compact().len();
        if size <= limit {
            return;
        }
        let resource = platform.resource(self.of);
        let name = &resource.name;
        let newer = limit_of(platform, &format!("{}_newer", self.limit)).filter(|newer| size <= *newer);
        diagnostics.push(match newer {
            Some(newer) => near(
                resource.span,
                format!(
                    "the {} of `{name}` takes {size} characters, and some organizations take {limit} only",
                    self.what
                ),
                format!("up to {newer} in newer ones"),
            ),
            None => over(
                catalogue::POLICY_TOO_LARGE,
                resource.span,
                format!("the {} of `{name}` takes {size} characters, and AWS takes {limit}", self.what),
                format!("{} too many", size - limit),
                "say less in one place: fewer grants, or grants on what several resources have in common",
            ),
        });
    }
}

fn crowded_nodes(platform: &Platform, diagnostics: &mut Diagnostics) {
    let Some(limit) = limit_of(platform, "guardrails_per_node") else { return };
    let newer = limit_of(platform, "guardrails_per_node_newer").unwrap_or(limit);
    let mut nodes: BTreeMap<Node, Vec<ResourceId>> = BTreeMap::new();
    for guardrail in &platform.guardrails {
        for node in &guardrail.on {
            nodes.entry(*node).or_default().push(guardrail.resource);
        }
    }
    for guardrails in nodes.values() {
        // AWS's own `FullAWSAccess` takes one of the places.
        let count = guardrails.len() + 1;
        let (true, Some(last)) = (count > limit, guardrails.last()) else { continue };
        let span = platform.resource(*last).span;
        let message =
            format!("{count} policies would be attached here, AWS's own included, and AWS takes {limit}");
        diagnostics.push(if count <= newer {
            near(span, message, format!("up to {newer} in newer organizations"))
        } else {
            let label = format!("{} too many", count - newer);
            over(
                catalogue::TOO_MANY_GUARDRAILS,
                span,
                message,
                label,
                "put rules for the same place into one guardrail",
            )
        });
    }
}

fn limit_of(platform: &Platform, name: &str) -> Option<usize> {
    usize::try_from(*platform.library.limits.get(name)?).ok()
}

fn over(code: Code, span: Span, message: String, label: String, help: &str) -> Diagnostic {
    Diagnostic::error(code, span, message, label).help(help)
}

fn near(span: Span, message: String, label: String) -> Diagnostic {
    Diagnostic::warning(catalogue::NEAR_LIMIT, span, message, label)
        .help("look up the organization's limit before it is applied, or say less")
}
