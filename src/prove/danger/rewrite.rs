//! Who may rewrite what decides about access.

use super::Danger;
use crate::{
    access::{RoleAccess, RoleKey},
    diagnostic::{Diagnostic, catalogue},
    library::ActionId,
    platform::{CapabilityUse, Grant},
    source::Span,
};

/// A grant with which a role can give itself, or others, more than the program says.
pub fn rewrites(
    danger: &Danger<'_, '_>,
    grant: &Grant,
    role: &RoleAccess,
    wanted: &CapabilityUse,
    action: ActionId,
) -> Option<Diagnostic> {
    let library = &danger.platform.library;
    let what = library.action(action).rewrites.as_deref()?;
    let (name, on) = (&role.identity.name, &danger.platform.resource(grant.on.resource).name);
    if what == "policy" {
        return Some(policy(wanted.span, name, on));
    }
    let other = RoleKey::Declared(grant.on.resource);
    if other == role.identity.key {
        return Some(itself(wanted.span, name, what));
    }
    let (from, to) = (danger.access.index_of(role.identity.key)?, danger.access.index_of(other)?);
    // Whoever rewrites the trust of a role lets itself in; rewritten permissions are of use to those who can become the role.
    (what == "trust" || danger.becomes(from, to)).then(|| another(wanted.span, name, on, what))
}

fn itself(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::REWRITES_ITSELF,
        span,
        format!("`{name}` can rewrite its own {what}"),
        "so it may do anything",
    )
    .help("have another role do this, which can't become this one")
}

fn another(span: Span, name: &str, on: &str, what: &str) -> Diagnostic {
    let (gains, mend) = if what == "trust" {
        (format!("so it may do all that `{on}` may"), "leave the role's trust to the program")
    } else {
        ("so it may do anything".to_owned(), "have a role do this that can't become the other")
    };
    Diagnostic::warning(
        catalogue::REWRITES_ROLE,
        span,
        format!("`{name}` can rewrite the {what} of `{on}`, and act as it"),
        gains,
    )
    .help(mend)
}

fn policy(span: Span, name: &str, on: &str) -> Diagnostic {
    Diagnostic::warning(
        catalogue::REWRITES_POLICY,
        span,
        format!("`{name}` can rewrite who may use `{on}`"),
        "so it can let anybody in, and itself",
    )
    .help("grant what is to be done with it; the program writes its policy")
}
