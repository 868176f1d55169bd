//! What Lake Formation is told, column by column and row filter by row filter.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    probe::Finding,
    side::{Side, Thing},
};
use crate::{
    access::{RoleKey, roles::acting},
    platform::{Platform, Principal},
    source::Span,
};

/// Who has which permission where: a table's ARN, or a database's.
type Key = (SmolStr, SmolStr, SmolStr);

/// What is open of it.
#[derive(Default)]
struct Open {
    /// By the column, or `None` for all: the row filters under which it is open; an empty one is all rows.
    columns: BTreeMap<Option<SmolStr>, BTreeSet<SmolStr>>,
    origins: BTreeSet<Span>,
}

/// Compares what both versions tell Lake Formation.
pub fn compare(old: &Side<'_>, new: &Side<'_>, findings: &mut Vec<Finding>) {
    let (before, after) = (told(old), told(new));
    for (here, there, wider) in [(&after, &before, true), (&before, &after, false)] {
        for (key, open) in here {
            let known = there.get(key);
            let whole = key.2.rsplit_once('/').map(|(database, _)| {
                let all = SmolStr::from(database.replacen(":table/", ":database/", 1));
                there.get(&(key.0.clone(), key.1.clone(), all))
            });
            let others: Vec<&Open> = known.into_iter().chain(whole.flatten()).collect();
            let mut columns = Vec::new();
            let mut filters = BTreeSet::new();
            for (column, rows) in &open.columns {
                let missing: Vec<&SmolStr> =
                    rows.iter().filter(|row| !covers(&others, column.as_ref(), row)).collect();
                if !missing.is_empty() {
                    columns.push(column.clone());
                    filters.extend(missing.into_iter().filter(|row| !row.is_empty()).cloned());
                }
            }
            if !columns.is_empty() {
                findings.push(Finding {
                    wider,
                    principal: key.0.clone(),
                    thing: Thing { action: key.1.clone(), resource: key.2.clone(), alias: None },
                    columns: columns.into_iter().flatten().collect(),
                    when: filters.iter().map(|filter| format!("rows where {filter}")).collect(),
                    allowed_by: open.origins.iter().copied().collect(),
                    denied_by: Vec::new(),
                });
            }
        }
    }
}

fn covers(others: &[&Open], column: Option<&SmolStr>, row: &SmolStr) -> bool {
    let by = |open: &&Open, column: Option<&SmolStr>| {
        open.columns.get(&column.cloned()).is_some_and(|rows| rows.contains("") || rows.contains(row))
    };
    others.iter().any(|open| by(open, None) || by(open, column))
}

fn told(side: &Side<'_>) -> BTreeMap<Key, Open> {
    let (platform, access) = (&side.analysis.platform, &side.analysis.access);
    let filters: BTreeMap<Span, SmolStr> = platform
        .grants
        .iter()
        .filter_map(|grant| Some((grant.span, grant.filter.as_ref()?.text.clone())))
        .collect();
    let mut told: BTreeMap<Key, Open> = BTreeMap::new();
    for grant in &access.tables {
        let Some(arn) = catalog(platform, grant.domain, grant.table) else { continue };
        let rows = filters.get(&grant.span).cloned().unwrap_or_default();
        let option =
            grant.grant_option.then(|| format!("lakeformation:{} with grant option", grant.permission));
        for action in [Some(format!("lakeformation:{}", grant.permission)), option].into_iter().flatten() {
            let key = (name(side, platform, &grant.principal), SmolStr::from(action), arn.clone());
            let open = told.entry(key).or_default();
            let named: Vec<Option<SmolStr>> = grant.columns.iter().cloned().map(Some).collect();
            let columns = if named.is_empty() { vec![None] } else { named };
            columns.into_iter().for_each(|column| {
                open.columns.entry(column).or_default().insert(rows.clone());
            });
            open.origins.insert(grant.span);
        }
    }
    for share in &platform.shares {
        let owner = platform.tables.get(share.table as usize).map(|it| it.domain);
        let arn = owner.and_then(|owner| catalog(platform, owner, Some(share.table)));
        let with = platform.domains.get(share.with as usize).and_then(|it| platform.account_of(it.resource));
        if let (Some(arn), Some(account)) = (arn, with) {
            let open = told.entry((account.id.clone(), "lakeformation:DESCRIBE".into(), arn)).or_default();
            open.columns.entry(None).or_default().insert(SmolStr::default());
            open.origins.insert(share.span);
        }
    }
    told
}

/// The ARN of a table, or of a database.
fn catalog(platform: &Platform, domain: u32, table: Option<u32>) -> Option<SmolStr> {
    let domain = platform.domains.get(domain as usize)?;
    let account = platform.account_of(domain.resource)?;
    let of = match table {
        Some(at) => format!("table/{}/{}", domain.database, platform.tables.get(at as usize)?.name),
        None => format!("database/{}", domain.database),
    };
    let partition = platform.project.partition();
    Some(format!("arn:{partition}:glue:{}:{}:{of}", account.region, account.id).into())
}

/// A role by its ARN, an account by its digits, a service by its name.
fn name(side: &Side<'_>, platform: &Platform, principal: &Principal) -> SmolStr {
    match principal {
        Principal::Resource(id) => {
            let key = acting(platform, *id).unwrap_or(RoleKey::Declared(*id));
            let role = side.analysis.access.role(key).map(|role| role.identity.arn.clone());
            role.or_else(|| platform.resource(*id).arn.clone())
                .unwrap_or_else(|| platform.resource(*id).name.clone())
        }
        Principal::Account(id) => platform.account(*id).id.clone(),
        Principal::ForeignAccount(id) => id.clone(),
        Principal::Service(id) => platform.library.service(*id).name.clone(),
    }
}
