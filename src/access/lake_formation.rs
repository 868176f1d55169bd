//! What Lake Formation is told: who has which permission on which table, column by column.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::{
    platform::{
        Capability, CapabilityUse, Grant, Platform, Principal, RowFilter, grant::Effect, resource::Noun,
    },
    source::Span,
};

/// A permission of Lake Formation.
#[derive(Clone, Debug, PartialEq)]
pub struct TableGrant {
    /// Who has it.
    pub principal: Principal,
    /// The permission in Lake Formation's spelling: `SELECT`.
    pub permission: SmolStr,
    /// The domain, by index into the platform's.
    pub domain: u32,
    /// The table, by index into the platform's; `None` is the database and, for a permission on tables, all of its tables.
    pub table: Option<u32>,
    /// The columns; empty is all.
    pub columns: BTreeSet<SmolStr>,
    /// The rows that it shows, where these are not all.
    pub rows: Option<RowFilter>,
    /// Whether it may be granted on.
    pub grant_option: bool,
    /// The sentence that says so.
    pub span: Span,
}

/// All Lake Formation permissions that the program's grants give.
pub fn table_grants(platform: &Platform) -> Vec<TableGrant> {
    let grants = platform.grants.iter().filter(|grant| grant.effect == Effect::Grant);
    grants
        .flat_map(|grant| of_grant(platform, grant))
        .chain(of_crawlers(platform))
        .chain(of_contracts(platform))
        .collect()
}

/// What crawlers are told of without a grant: they make tables in their domains.
fn of_crawlers(platform: &Platform) -> impl Iterator<Item = TableGrant> {
    platform.crawlers().filter_map(|crawler| {
        let Noun::Domain(domain) = platform.resource(crawler.domain.0).noun else { return None };
        Some(TableGrant {
            principal: Principal::Resource(crawler.resource),
            permission: "CREATE_TABLE".into(),
            domain,
            table: None,
            columns: BTreeSet::new(),
            rows: None,
            grant_option: false,
            span: crawler.domain.1,
        })
    })
}

/// What Glue reads to see whether contracts hold.
fn of_contracts(platform: &Platform) -> impl Iterator<Item = TableGrant> {
    let domains = (0..).zip(&platform.domains);
    domains.flat_map(move |(at, domain)| {
        platform.checked(domain).flat_map(move |checked| {
            ["SELECT", "DESCRIBE"].map(|permission| TableGrant {
                principal: Principal::Resource(domain.resource),
                permission: permission.into(),
                domain: at,
                table: Some(checked.at),
                columns: BTreeSet::new(),
                rows: None,
                grant_option: false,
                span: checked.span,
            })
        })
    })
}

fn of_grant(platform: &Platform, grant: &Grant) -> Vec<TableGrant> {
    let (domain, table) = match platform.resource(grant.on.resource).noun {
        Noun::Domain(domain) => (domain, None),
        Noun::Table(at) => match platform.tables.get(at as usize) {
            Some(table) => (table.domain, Some(at)),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let mut all = Vec::new();
    for wanted in &grant.capabilities {
        let Capability::Named(id) = wanted.capability else { continue };
        let Some(permission) = &platform.library.capability(id).permission else { continue };
        for (table, columns) in shown(platform, domain, table, wanted) {
            all.extend(grant.to.iter().map(|(principal, _)| TableGrant {
                principal: principal.clone(),
                permission: permission.clone(),
                domain,
                table,
                columns: columns.clone(),
                rows: grant.filter.clone().filter(|_| permission == "SELECT"),
                grant_option: grant.grant_option,
                span: grant.span,
            }));
        }
    }
    all
}

/// On what a capability is, with the columns; empty is all. What labels choose in a domain are columns of each of its tables that has some.
fn shown(
    platform: &Platform,
    domain: u32,
    table: Option<u32>,
    wanted: &CapabilityUse,
) -> Vec<(Option<u32>, BTreeSet<SmolStr>)> {
    if wanted.labels.is_empty() {
        return vec![(table, wanted.columns.iter().cloned().collect())];
    }
    let tables = platform.domains.get(domain as usize).into_iter().flat_map(|domain| &domain.tables);
    let chosen = tables.filter_map(|at| {
        let schema = platform.tables.get(*at as usize)?.schema;
        let columns = platform.labelled_columns(schema, &wanted.labels);
        let columns: BTreeSet<SmolStr> = columns.map(|column| column.name.clone()).collect();
        (!columns.is_empty()).then_some((Some(*at), columns))
    });
    chosen.collect()
}
