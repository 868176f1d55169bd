//! Rules of groups.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::{
    access::roles::permission_set,
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{AccountId, Platform, Principal, ResourceId, resource::Noun},
    source::Span,
};

/// The longest name that a permission set takes (`PermissionSetName`).
const LONGEST_NAME: usize = 32;

/// Permission sets are made from the management account of the organization that the group's account is in.
pub fn groups_have_an_organization(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, resource) in platform.of_kind("group") {
        let Some(account) = resource.account else { continue };
        if !is_managed(platform, account) {
            diagnostics.push(not_managed(platform, id, account));
        }
    }
}

/// Permission sets of an organization have names of their own, which are not long.
pub fn permission_sets_have_names(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut known: BTreeMap<(Option<u32>, SmolStr), Span> = BTreeMap::new();
    for (id, resource) in platform.of_kind("group") {
        let name = permission_set(platform, id);
        if name.chars().count() > LONGEST_NAME {
            diagnostics.push(long_name(resource.span, &name));
        }
        let organization = resource.account.and_then(|account| platform.account(account).organization);
        match known.get(&(organization, name.clone())) {
            Some(first) => diagnostics.push(same_name(resource.span, *first, &name)),
            None => {
                known.insert((organization, name), resource.span);
            }
        }
    }
}

/// Lake Formation knows roles by ARNs without wildcards, and a group only by an id.
pub fn groups_read_tables_as_roles(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        if !matches!(platform.resource(grant.on.resource).noun, Noun::Domain(_) | Noun::Table(_)) {
            continue;
        }
        for (principal, span) in &grant.to {
            if let Principal::Resource(id) = principal
                && platform.kind_of(*id).name == "group"
            {
                diagnostics.push(reads_no_table(platform, *id, *span));
            }
        }
    }
}

fn is_managed(platform: &Platform, account: AccountId) -> bool {
    let account = platform.account(account);
    let managed = |it: &&crate::platform::Account| it.management && it.organization == account.organization;
    !account.external && account.organization.is_some() && platform.accounts.iter().any(|it| managed(&it))
}

fn not_managed(platform: &Platform, id: ResourceId, account: AccountId) -> Diagnostic {
    let (resource, account) = (platform.resource(id), &platform.account(account).name);
    Diagnostic::error(
        catalogue::GROUP,
        resource.span,
        format!("nobody can give the group `{}` a permission set in `{account}`", resource.name),
        "no management account above it",
    )
    .help("put the account into an organization that has one: `account management { … }`")
}

fn long_name(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::GROUP,
        span,
        format!("a permission set's name has {LONGEST_NAME} characters at most, and `{name}` has more"),
        "too long for a permission set",
    )
    .help("give it a shorter one: `permission_set = \"…\"`")
}

fn same_name(span: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::GROUP,
        span,
        format!("two permission sets of the organization would be called `{name}`"),
        "the same name again",
    )
    .related(first, "and here")
    .help("give one of them another name: `permission_set = \"…\"`")
}

fn reads_no_table(platform: &Platform, id: ResourceId, span: Span) -> Diagnostic {
    let name = &platform.resource(id).name;
    Diagnostic::error(
        catalogue::TABLE_RECEIVER,
        span,
        "Lake Formation grants nothing to a role whose name AWS completes",
        "a group",
    )
    .help(format!("grant it to a role that the group assumes: `trust = [group {name}]`"))
}
