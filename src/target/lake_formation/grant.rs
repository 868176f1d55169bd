//! Grants in the shapes that Lake Formation takes: exactly one kind of resource each, and on each only the permissions that it has.
//! A role of another account is granted to directly, so that nobody else there gets anything; an account gets the grant option, since its
//! administrators are to grant on.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::{
    Calls,
    batch::Batch,
    document::{
        CreateDataCellsFilter, DataCellsFilter, Empty, Entry, FilteredColumns, Principal as Identifier,
        Resource, RowFilter,
    },
    domain, tag,
};
use crate::{
    access::{Duty, derived_role, short_hash},
    platform::{
        Capability, CapabilityUse, Domain, Grant, LabelRule, Platform, Principal, Resource as Owned,
        ResourceId, grant::Effect, resource::Noun,
    },
};

/// What a database has, in the order that calls write it.
pub const ON_DATABASES: &[&str] = &["CREATE_TABLE", "DESCRIBE", "ALTER", "DROP"];
/// What a table has, in the order that calls write it.
pub const ON_TABLES: &[&str] = &["SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER", "DROP"];

/// What a permission is on, within a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    Location,
    Database,
    AllTables,
    /// Columns of all tables, by their labels.
    Labelled(LabelRule),
    Table(u32),
    Columns(u32),
    /// A table, the predicate of its rows, and columns; empty is all.
    Rows(u32, SmolStr, BTreeSet<SmolStr>),
}

/// Somebody to whom a permission goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receiver {
    label: String,
    identifier: String,
    grant_option: bool,
    /// The account, where it is of another organization, so that it must accept.
    stranger: Option<String>,
}

impl Receiver {
    /// Its name in the program.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What Lake Formation calls it.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The account that it is, where it is one.
    pub fn account(&self) -> Option<&str> {
        Some(self.identifier.as_str()).filter(|it| it.bytes().all(|digit| digit.is_ascii_digit()))
    }
}

/// Permissions and, for some columns, which.
#[derive(Default)]
pub struct Given {
    permissions: BTreeSet<&'static str>,
    columns: BTreeSet<SmolStr>,
}

/// One thing, and who has what on it.
pub type Granted = (On, BTreeMap<Receiver, Given>);

/// All grants on domains and tables, merged, by the domain's index.
pub fn by_domain(platform: &Platform) -> BTreeMap<u32, Vec<Granted>> {
    let mut all: BTreeMap<(u32, On), BTreeMap<Receiver, Given>> = BTreeMap::new();
    for grant in platform.grants.iter().filter(|grant| grant.effect == Effect::Grant) {
        let (domain, table) = match platform.resource(grant.on.resource).noun {
            Noun::Domain(domain) => (domain, None),
            Noun::Table(at) => match platform.tables.get(at as usize) {
                Some(table) => (table.domain, Some(at)),
                None => continue,
            },
            _ => continue,
        };
        let owner = platform.resource(grant.on.resource);
        for used in &grant.capabilities {
            for (on, permission) in places(platform, grant, used, table) {
                for receiver in grant
                    .to
                    .iter()
                    .filter_map(|(principal, _)| receiver(platform, owner, principal, grant.grant_option))
                {
                    let given = all.entry((domain, on.clone())).or_default().entry(receiver).or_default();
                    given.permissions.insert(permission);
                    if matches!(on, On::Columns(_)) {
                        given.columns.extend(used.columns.iter().map(|name| fold(name)));
                    }
                }
            }
        }
    }
    crawlers(platform, &mut all);
    contracts(platform, &mut all);
    let mut domains: BTreeMap<u32, Vec<Granted>> = BTreeMap::new();
    for ((domain, on), receivers) in all {
        domains.entry(domain).or_default().push((on, receivers));
    }
    domains
}

/// Glue reads the tables whose contracts it is to look after.
fn contracts(platform: &Platform, all: &mut BTreeMap<(u32, On), BTreeMap<Receiver, Given>>) {
    for (at, domain) in (0..).zip(&platform.domains) {
        let owner = platform.resource(domain.resource);
        let principal = Principal::Resource(domain.resource);
        for checked in platform.checked(domain) {
            let Some(receiver) = receiver(platform, owner, &principal, false) else { continue };
            let given = all.entry((at, On::Table(checked.at))).or_default().entry(receiver).or_default();
            given.permissions.extend(["SELECT", "DESCRIBE"]);
        }
    }
}

/// Crawlers make tables in their domain, at each registered place that they look through.
fn crawlers(platform: &Platform, all: &mut BTreeMap<(u32, On), BTreeMap<Receiver, Given>>) {
    let mut in_bucket: BTreeMap<ResourceId, Vec<(u32, &Domain)>> = BTreeMap::new();
    for (at, domain) in (0..).zip(&platform.domains) {
        in_bucket.entry(domain.location.bucket).or_default().push((at, domain));
    }
    for crawler in platform.crawlers() {
        let owner = platform.resource(crawler.domain.0);
        let Noun::Domain(own) = owner.noun else { continue };
        let principal = Principal::Resource(crawler.resource);
        let Some(receiver) = receiver(platform, owner, &principal, false) else { continue };
        let mut give = |domain: u32, on: On, permission: &'static str| {
            let given = all.entry((domain, on)).or_default().entry(receiver.clone()).or_default();
            given.permissions.insert(permission);
        };
        give(own, On::Database, "CREATE_TABLE");
        for (target, _) in &crawler.targets {
            for (at, domain) in in_bucket.get(&target.bucket).into_iter().flatten() {
                if domain.location.holds(target) || target.holds(&domain.location) {
                    give(*at, On::Location, "DATA_LOCATION_ACCESS");
                }
            }
        }
    }
}

/// On what a capability is a permission, and which; several, where it takes another one beside.
fn places(
    platform: &Platform,
    grant: &Grant,
    used: &CapabilityUse,
    table: Option<u32>,
) -> Vec<(On, &'static str)> {
    let Capability::Named(id) = used.capability else { return Vec::new() };
    let wanted = platform.library.capability(id).permission.as_deref();
    let known = |list: &'static [&'static str]| list.iter().copied().find(|name| Some(*name) == wanted);
    match (table, known(ON_DATABASES), known(ON_TABLES)) {
        // Whoever makes a table must be let to its place beside.
        (None, Some("CREATE_TABLE"), _) => {
            vec![(On::Database, "CREATE_TABLE"), (On::Location, "DATA_LOCATION_ACCESS")]
        }
        (None, Some(permission), _) => vec![(On::Database, permission)],
        (None, None, Some(permission)) if used.labels.is_empty() => vec![(On::AllTables, permission)],
        (None, None, Some(permission)) => {
            used.labels.iter().map(|rule| (On::Labelled(rule.clone()), permission)).collect()
        }
        (Some(table), _, Some("SELECT")) => vec![(selected(grant, used, table), "SELECT")],
        (Some(table), _, Some(permission)) => vec![(On::Table(table), permission)],
        _ => Vec::new(),
    }
}

fn selected(grant: &Grant, used: &CapabilityUse, table: u32) -> On {
    match &grant.filter {
        Some(rows) => {
            On::Rows(table, rows.text.clone(), used.columns.iter().map(|name| fold(name)).collect())
        }
        None if used.columns.is_empty() => On::Table(table),
        None => On::Columns(table),
    }
}

fn receiver(platform: &Platform, owner: &Owned, principal: &Principal, asked: bool) -> Option<Receiver> {
    let (label, identifier, grant_option) = match principal {
        Principal::Resource(id) => {
            let resource = platform.resource(*id);
            let arn = match Duty::of_kind(&platform.kind_of(*id).name) {
                Some(duty) => derived_role(platform, *id, duty)?.arn,
                None => resource.arn.clone()?,
            };
            (resource.name.to_string(), arn.to_string(), asked)
        }
        Principal::Account(id) => {
            (platform.account(*id).name.to_string(), platform.account(*id).id.to_string(), true)
        }
        Principal::ForeignAccount(id) => (id.to_string(), id.to_string(), true),
        Principal::Service(_) => return None,
    };
    let stranger = stranger(platform, owner, principal);
    Some(Receiver { label, identifier, grant_option, stranger })
}

/// The account of somebody who is not in the organization of what is granted.
fn stranger(platform: &Platform, owner: &Owned, principal: &Principal) -> Option<String> {
    let account = match principal {
        Principal::Resource(id) => platform.account(platform.resource(*id).account?),
        Principal::Account(id) => platform.account(*id),
        Principal::ForeignAccount(id) => return Some(id.to_string()),
        Principal::Service(_) => return None,
    };
    let own = owner.account.and_then(|account| platform.account(account).organization);
    (own.is_none() || account.organization != own).then(|| account.id.to_string())
}

/// The calls that must come before one thing's grants, and the grants.
pub fn lower(
    platform: &Platform,
    domain: &Domain,
    (on, receivers): &Granted,
    calls: &mut Calls<'_>,
    batch: &mut Batch,
) {
    let place = Place::of(platform, domain, on, calls.account.id.as_str());
    if let On::Rows(_, predicate, columns) = on {
        create_filter(domain, place.table, predicate, columns, &place.filter, calls);
    }
    for (receiver, given) in receivers {
        calls.notes.extend(receiver.stranger.as_ref().map(|account| {
            format!("Lake Formation invites account {account} by RAM for what is granted to it; its administrators must accept")
        }));
        let (label, resource) = place.resource(on, given);
        let permissions = ordered(on, &given.permissions);
        batch.push(Entry {
            id: &format!("grant.{label}.{}", receiver.label),
            principal: Identifier { data_lake_principal_identifier: &receiver.identifier },
            resource,
            permissions_with_grant_option: if receiver.grant_option {
                permissions.clone()
            } else {
                Vec::new()
            },
            permissions,
        });
    }
}

/// The names that say what a permission is on.
struct Place<'a> {
    catalog: &'a str,
    database: &'a str,
    /// Empty where it is not on a table.
    table: &'a str,
    location: String,
    /// Empty where it is not on rows.
    filter: String,
}

impl<'a> Place<'a> {
    fn of(platform: &'a Platform, domain: &'a Domain, on: &On, catalog: &'a str) -> Self {
        let table = match on {
            On::Table(at) | On::Columns(at) | On::Rows(at, ..) => {
                platform.tables.get(*at as usize).map_or("", |table| table.name.as_str())
            }
            On::Location | On::Database | On::AllTables | On::Labelled(_) => "",
        };
        let filter = match on {
            On::Rows(_, predicate, columns) => filter_name(table, predicate, columns),
            _ => String::new(),
        };
        let location = domain::arn(platform, &domain.location);
        Self { catalog, database: &domain.database, table, location, filter }
    }

    /// The label in a grant's id, and the thing itself.
    fn resource<'b>(&'b self, on: &On, given: &'b Given) -> (String, Resource<'b>) {
        let (catalog_id, database_name, name) = (self.catalog, self.database, self.table);
        match on {
            On::Location => {
                ("location".to_owned(), Resource::DataLocation { catalog_id, resource_arn: &self.location })
            }
            On::Database => ("database".to_owned(), Resource::Database { catalog_id, name: database_name }),
            On::AllTables => (
                "tables".to_owned(),
                Resource::Table { catalog_id, database_name, name: None, table_wildcard: Some(Empty {}) },
            ),
            On::Labelled(rule) => {
                let expression = tag::expression(database_name, rule);
                (tag::named(rule), Resource::LfTagPolicy { catalog_id, resource_type: "TABLE", expression })
            }
            On::Table(_) => (
                name.to_owned(),
                Resource::Table { catalog_id, database_name, name: Some(name), table_wildcard: None },
            ),
            On::Columns(_) => {
                let column_names = given.columns.iter().map(SmolStr::as_str).collect();
                (
                    format!("{name}.columns"),
                    Resource::TableWithColumns { catalog_id, database_name, name, column_names },
                )
            }
            On::Rows(..) => (
                format!("{name}.rows"),
                Resource::DataCellsFilter {
                    table_catalog_id: catalog_id,
                    database_name,
                    table_name: name,
                    name: &self.filter,
                },
            ),
        }
    }
}

fn ordered(on: &On, permissions: &BTreeSet<&'static str>) -> Vec<&'static str> {
    match on {
        On::Database => ON_DATABASES.iter().filter(|name| permissions.contains(*name)).copied().collect(),
        On::Location => permissions.iter().copied().collect(),
        _ => ON_TABLES.iter().filter(|name| permissions.contains(*name)).copied().collect(),
    }
}

fn create_filter(
    domain: &Domain,
    table: &str,
    predicate: &str,
    columns: &BTreeSet<SmolStr>,
    name: &str,
    calls: &mut Calls<'_>,
) {
    let request = CreateDataCellsFilter {
        table_data: DataCellsFilter {
            table_catalog_id: calls.account.id.as_str(),
            database_name: &domain.database,
            table_name: table,
            name,
            row_filter: RowFilter { filter_expression: predicate },
            columns: match columns.is_empty() {
                true => FilteredColumns::All(Empty {}),
                false => FilteredColumns::These(columns.iter().map(SmolStr::as_str).collect()),
            },
        },
    };
    calls.push(&format!("filter.{name}"), "lakeformation", "CreateDataCellsFilter", &request);
}

/// A name that depends on what the filter says alone, so that two sentences that say the same share it.
fn filter_name(table: &str, predicate: &str, columns: &BTreeSet<SmolStr>) -> String {
    let columns: Vec<&str> = columns.iter().map(SmolStr::as_str).collect();
    format!("{table}_{}", short_hash(&format!("{predicate}\n{}", columns.join(","))))
}

/// A column's name as Glue keeps it.
pub fn fold(name: &str) -> SmolStr {
    SmolStr::new(name.to_lowercase())
}
