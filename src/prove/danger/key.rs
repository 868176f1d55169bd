//! Keys whose policy nobody can change.

use crate::{
    access::{Access, Statement, account_root, document::Document},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, grant::Effect},
    prove::decide::acts,
    source::Span,
};

/// What a key's administrators must be able to do so that they can do the rest.
const ADMINISTRATION: &str = "kms:PutKeyPolicy";

/// Reports the keys that we make whose policy nobody can change.
pub fn unadministered(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("key") {
        let (Some(document), Some(account)) = (access.resources.get(&id), resource.account) else { continue };
        let root = account_root(platform, &platform.account(account).id);
        let denies = |document: &Document| {
            let mut statements = document.statements.iter().filter(|it| it.effect == Effect::Deny);
            statements.find(|it| denies_all(it, &root)).map(|it| it.origins.clone())
        };
        let by_guardrail = || access.guardrails_on(account).find_map(denies);
        if let Some(spans) = denies(document).or_else(by_guardrail) {
            diagnostics.push(nobody(resource.span, &resource.name, &spans));
        }
    }
}

/// Whether a statement denies the administration of any key to a whole account, whatever the circumstances.
fn denies_all(statement: &Statement, root: &str) -> bool {
    let whole = statement.principal.as_ref().is_none_or(|it| it.everybody || it.aws.contains(root));
    let everywhere = statement.resources.contains("*");
    whole && everywhere && statement.conditions.is_empty() && acts(&statement.actions, ADMINISTRATION)
}

fn nobody(span: Span, name: &str, denied_by: &[Span]) -> Diagnostic {
    let diagnostic = Diagnostic::warning(
        catalogue::NOBODY_ADMINISTERS,
        span,
        format!("nobody can change the policy of `{name}`"),
        "whoever is let in stays in, and nobody else comes in",
    );
    denied_by
        .iter()
        .fold(diagnostic, |diagnostic, place| diagnostic.related(*place, "denied here"))
        .help("deny the use of the key, or what deletes it, and leave its policy to its account")
}
