//! Shares, and what Lake Formation can be told at all.

use std::collections::BTreeMap;

use super::domain::{is_plain, unquotable};
use crate::{
    access::named::source_service,
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{
        Capability, CapabilityUse, Domain, Grant, Platform, Principal, ResourceId, Share, Table, Target,
        grant::Effect, resource::Noun,
    },
    source::Span,
    suggest::nearest,
};

/// A share's table, its domain, and the domain that gets the link.
fn sides<'a>(platform: &'a Platform, share: &Share) -> Option<(&'a Table, &'a Domain, &'a Domain)> {
    let table = platform.tables.get(share.table as usize)?;
    Some((table, platform.domains.get(table.domain as usize)?, platform.domains.get(share.with as usize)?))
}

/// A table is shared with another domain than its own.
pub fn shares_lead_elsewhere(platform: &Platform, diagnostics: &mut Diagnostics) {
    for share in &platform.shares {
        let Some((table, owner, _)) = sides(platform, share) else { continue };
        if table.domain == share.with {
            let name = &platform.resource(owner.resource).name;
            diagnostics.push(
                Diagnostic::error(
                    catalogue::SHARE_SELF,
                    share.span,
                    format!("`{}` is shared with `{name}`, whose table it is", table.name),
                    "its own domain",
                )
                .help("share it with the domain that is to read it"),
            );
        }
    }
}

/// A link has a name that no table of its domain has.
pub fn links_have_names_of_their_own(platform: &Platform, diagnostics: &mut Diagnostics) {
    for share in &platform.shares {
        let Some((_, _, reader)) = sides(platform, share) else { continue };
        let tables = reader.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
        if let Some(same) = tables.into_iter().find(|table| table.name == share.name) {
            diagnostics.push(
                Diagnostic::error(
                    catalogue::SHARE_NAME,
                    share.span,
                    format!(
                        "`{}` has a table `{}` already",
                        platform.resource(reader.resource).name,
                        share.name
                    ),
                    "the name is taken",
                )
                .related(platform.resource(same.resource).span, "by this table")
                .help("give the link another name behind `as`"),
            );
        } else if !is_plain(&share.name) {
            diagnostics.push(unquotable(share.span, "link", &share.name));
        }
    }
}

/// Whoever gets a link may read what it leads to.
pub fn links_can_be_followed(platform: &Platform, diagnostics: &mut Diagnostics) {
    let mut grants: BTreeMap<ResourceId, Vec<&Grant>> = BTreeMap::new();
    for grant in &platform.grants {
        grants.entry(grant.on.resource).or_default().push(grant);
    }
    for share in &platform.shares {
        let Some((table, owner, reader)) = sides(platform, share) else { continue };
        let on = [table.resource, owner.resource].into_iter().filter_map(|id| grants.get(&id)).flatten();
        let half = [table.resource, owner.resource].iter().any(|id| platform.half_granted.contains(id));
        // Whom a grant that is not understood lets read is not known.
        let lost_words = || platform.lost_words.iter().map(smol_str::SmolStr::as_str);
        let named = |id: ResourceId| nearest(&platform.resource(id).name, lost_words()).is_some();
        let lost = named(table.resource) || named(owner.resource);
        if half
            || lost
            || table.domain == share.with
            || on.into_iter().any(|grant| reads(platform, grant, reader))
        {
            continue;
        }
        let owner = owner_name(platform, reader);
        let shared = &platform.resource(table.resource).name;
        let grant = format!("grant select on {}.{shared} to {owner}", domain_name(platform, table));
        diagnostics.push(
            Diagnostic::error(
                catalogue::SHARE_WITHOUT_GRANT,
                share.span,
                format!("nothing lets `{owner}` read `{shared}`, and a link alone does not"),
                "leads to a table that stays closed",
            )
            .related(platform.resource(reader.resource).span, format!("`{owner}` owns this domain"))
            .help(format!("add `{grant}`"))
            .fix(Span::new(share.span.end, share.span.end), format!("\n{grant}")),
        );
    }
}

fn domain_name<'a>(platform: &'a Platform, table: &Table) -> &'a str {
    platform
        .domains
        .get(table.domain as usize)
        .map_or("", |domain| platform.resource(domain.resource).name.as_str())
}

fn owner_name(platform: &Platform, domain: &Domain) -> String {
    match &domain.owner {
        Principal::Resource(id) => platform.resource(*id).name.to_string(),
        Principal::Account(id) => platform.account(*id).name.to_string(),
        Principal::ForeignAccount(id) => id.to_string(),
        Principal::Service(id) => platform.library.service(*id).name.to_string(),
    }
}

/// Whether a grant lets a domain's owner, or its account, read what it is on.
fn reads(platform: &Platform, grant: &Grant, reader: &Domain) -> bool {
    let account = platform.resource(reader.resource).account;
    let to = grant.to.iter().any(|(who, _)| {
        *who == reader.owner || matches!(who, Principal::Account(id) if Some(*id) == account)
    });
    let select =
        grant.capabilities.iter().any(|used| permission(platform, used.capability) == Some("SELECT"));
    grant.effect == Effect::Grant && to && select
}

fn permission(platform: &Platform, capability: Capability) -> Option<&str> {
    match capability {
        Capability::Named(id) => platform.library.capability(id).permission.as_deref(),
        Capability::Action(_) => None,
    }
}

/// Permissions on tables go to roles and accounts.
pub fn services_read_tables_as_roles(platform: &Platform, diagnostics: &mut Diagnostics) {
    for grant in &platform.grants {
        let table = matches!(platform.resource(grant.on.resource).noun, Noun::Domain(_) | Noun::Table(_));
        let services = grant.to.iter().filter(|(who, _)| table && is_service(platform, who));
        diagnostics.extend(services.map(|(_, span)| to_service(*span)));
    }
}

fn is_service(platform: &Platform, principal: &Principal) -> bool {
    match principal {
        Principal::Service(_) => true,
        Principal::Resource(id) => source_service(platform, *id).is_some(),
        _ => false,
    }
}

fn to_service(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TABLE_RECEIVER,
        span,
        "Lake Formation grants nothing to a service",
        "not somebody it knows",
    )
    .help("grant it to the role that the service acts as")
}

/// Rows are handed out by Lake Formation, which knows no denials; IAM knows one of all of its rows or of none.
pub fn rows_are_not_denied(platform: &Platform, diagnostics: &mut Diagnostics) {
    let of_rows = |used: &&CapabilityUse| {
        matches!(permission(platform, used.capability), Some("SELECT" | "INSERT" | "DELETE"))
    };
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Deny) {
        diagnostics.extend(grant.capabilities.iter().filter(of_rows).map(|used| denied(used.span)));
    }
}

fn denied(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::TABLE_RECEIVER,
        span,
        "Lake Formation has no denials, and IAM can only deny the rows of all tables at once",
        "can't be denied here",
    )
    .help("grant less; `assert PRINCIPAL cannot select on TABLE` proves that nothing gives it")
}

/// A row filter is on the rows that are read.
pub fn row_filters_are_on_reads(platform: &Platform, diagnostics: &mut Diagnostics) {
    let is_select = |used: &CapabilityUse| permission(platform, used.capability) == Some("SELECT");
    let is_table = |on: &Target| matches!(platform.resource(on.resource).noun, Noun::Table(_));
    for grant in platform.grants.iter().filter(|grant| platform.is_whole(grant.on.resource)) {
        let Some(filter) = &grant.filter else { continue };
        let table = is_table(&grant.on);
        if !table || !grant.capabilities.iter().any(is_select) {
            diagnostics.push(no_rows_read(filter.span, table, "grant"));
        }
    }
    for assertion in platform.assertions.iter().filter(|it| platform.is_whole(it.on.resource)) {
        let Some(filter) = assertion.capabilities.first().and_then(|wanted| wanted.rows.as_ref()) else {
            continue;
        };
        let table = is_table(&assertion.on);
        if !table || !assertion.capabilities.iter().all(is_select) {
            diagnostics.push(no_rows_read(filter.span, table, "assertion"));
        }
    }
}

fn no_rows_read(span: Span, table: bool, sentence: &str) -> Diagnostic {
    let (label, help) = match (table, sentence) {
        (false, "grant") => ("not on a table", "put it behind a grant of `select` on a table"),
        (false, _) => ("not on a table", "assert about `select` on a table"),
        (true, "grant") => ("nothing is read by this grant", "put it behind a grant of `select` on a table"),
        (true, _) => ("not all of this reads rows", "assert about `select` alone"),
    };
    Diagnostic::error(catalogue::ROW_FILTER, span, "`where` says which rows of a table may be read", label)
        .help(help)
}
