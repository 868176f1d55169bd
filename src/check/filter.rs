//! What Lake Formation takes of row filters.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, Principal, ResourceId, grant::Effect},
    source::Span,
};

/// A filter: which rows, and which columns of them.
type Filter<'a> = (&'a SmolStr, BTreeSet<String>);

/// Somebody has no more filters on a table than are taken:
/// <https://docs.aws.amazon.com/lake-formation/latest/dg/data-filtering-notes.html>
pub fn filters_are_few(platform: &Platform, diagnostics: &mut Diagnostics) {
    let Some(most) = platform.library.limits.get("cells_filters").and_then(|it| usize::try_from(*it).ok())
    else {
        return;
    };
    let mut all: BTreeMap<(ResourceId, &Principal), BTreeMap<Filter<'_>, Span>> = BTreeMap::new();
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let Some(rows) = &grant.filter else { continue };
        for wanted in &grant.capabilities {
            let columns: BTreeSet<String> = wanted.columns.iter().map(|name| name.to_lowercase()).collect();
            for (principal, span) in &grant.to {
                let filters = all.entry((grant.on.resource, principal)).or_default();
                filters.entry((&rows.text, columns.clone())).or_insert(*span);
            }
        }
    }
    for ((table, principal), filters) in all.into_iter().filter(|(_, filters)| filters.len() > most) {
        let Some(span) = filters.values().max_by_key(|span| span.start) else { continue };
        let name = match principal {
            Principal::Resource(id) => format!("`{}`", platform.resource(*id).name),
            Principal::Account(id) => format!("the account `{}`", platform.account(*id).name),
            Principal::ForeignAccount(id) => format!("the account {id}"),
            Principal::Service(_) => continue,
        };
        let of = &platform.resource(table).name;
        diagnostics.push(
            Diagnostic::error(
                catalogue::LAKE_LIMIT,
                *span,
                format!("{name} has {} row filters on `{of}`", filters.len()),
                format!("Lake Formation takes {most}"),
            )
            .help("name the values in one condition, `IN (…)`, or divide the receiver into several roles"),
        );
    }
}
