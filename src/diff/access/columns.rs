//! What Lake Formation is told, column by column and row filter by row filter.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    probe::Finding,
    side::{Side, Thing},
};
use crate::{
    access::{RoleKey, roles::acting},
    platform::{Column, Platform, Principal},
    prove::rows::{Found, outside},
    source::Span,
    sql::plan::Expr,
};

/// Who has which permission where: a table's ARN, or a database's.
type Key = (SmolStr, SmolStr, SmolStr);

/// What is open of it.
#[derive(Default)]
struct Open<'a> {
    /// By the column, or `None` for all: the row filters under which it is open, by their texts; `None` is all rows.
    columns: BTreeMap<Option<SmolStr>, BTreeMap<Option<SmolStr>, Option<&'a Expr>>>,
    /// The table's, to which the filters' conditions refer; none of a database.
    schema: &'a [Column],
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
            let others: Vec<&Open<'_>> = known.into_iter().chain(whole.flatten()).collect();
            let mut columns = Vec::new();
            let mut filters = BTreeSet::new();
            for (column, rows) in &open.columns {
                let shown = Shown { open, column: column.as_ref(), others: &others };
                let missing: Vec<&Option<SmolStr>> = rows
                    .iter()
                    .filter(|(text, filter)| !shown.before(text, **filter))
                    .map(|it| it.0)
                    .collect();
                if !missing.is_empty() {
                    columns.push(column.clone());
                    filters.extend(missing.into_iter().flatten().cloned());
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

/// A column of what one version opens, beside what the other one does.
struct Shown<'o, 'a> {
    open: &'o Open<'a>,
    column: Option<&'o SmolStr>,
    others: &'o [&'o Open<'a>],
}

impl Shown<'_, '_> {
    /// Whether the other version shows the rows of a filter as well: by the same filter, or by others that together show all of them.
    fn before(&self, text: &Option<SmolStr>, filter: Option<&Expr>) -> bool {
        let of_column = |column: Option<&SmolStr>| {
            let column = column.cloned();
            self.others.iter().filter_map(move |other| Some((*other, other.columns.get(&column)?)))
        };
        let mut known: Vec<_> = of_column(None).collect();
        if self.column.is_some() {
            known.extend(of_column(self.column));
        }
        if known.iter().any(|(_, rows)| rows.contains_key(&None) || rows.contains_key(text)) {
            return true;
        }
        let Some(filter) = filter else { return false };
        let mut schema = self.open.schema;
        let mut shown: Vec<&Expr> = Vec::new();
        for (other, rows) in known {
            match longer(schema, other.schema) {
                Some(columns) => schema = columns,
                // Conditions name columns by their places.
                None => return false,
            }
            shown.extend(rows.values().flatten());
        }
        outside(schema, filter, &shown) == Found::Nothing
    }
}

/// The longer one of two lists of columns that begin alike.
fn longer<'a>(one: &'a [Column], other: &'a [Column]) -> Option<&'a [Column]> {
    let alike = one.iter().zip(other).all(|(a, b)| a.name == b.name && a.ty.base == b.ty.base);
    alike.then_some(if one.len() < other.len() { other } else { one })
}

fn told<'a>(side: &Side<'a>) -> BTreeMap<Key, Open<'a>> {
    let (platform, access) = (&side.analysis.platform, &side.analysis.access);
    let mut told: BTreeMap<Key, Open<'a>> = BTreeMap::new();
    for grant in &access.tables {
        let Some(arn) = catalog(platform, grant.domain, grant.table) else { continue };
        let text = grant.rows.as_ref().map(|rows| rows.text.clone());
        let filter = grant.rows.as_ref().and_then(|rows| rows.condition.as_deref());
        let table = grant.table.and_then(|at| platform.tables.get(at as usize));
        let schema = table.map_or(&[][..], |table| platform.schema(table.schema).columns.as_slice());
        let option =
            grant.grant_option.then(|| format!("lakeformation:{} with grant option", grant.permission));
        for action in [Some(format!("lakeformation:{}", grant.permission)), option].into_iter().flatten() {
            let key = (name(side, platform, &grant.principal), SmolStr::from(action), arn.clone());
            let open = told.entry(key).or_default();
            open.schema = schema;
            let named: Vec<Option<SmolStr>> = grant.columns.iter().cloned().map(Some).collect();
            let columns = if named.is_empty() { vec![None] } else { named };
            columns.into_iter().for_each(|column| {
                open.columns.entry(column).or_default().insert(text.clone(), filter);
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
            open.columns.entry(None).or_default().insert(None, None);
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
