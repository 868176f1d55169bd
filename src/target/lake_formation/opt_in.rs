//! Hybrid access mode: whoever is granted something opts in to it, so that Lake Formation governs them there and IAM's policies alone no longer do.
//! Principals are IAM's users and roles; an account's administrators opt in whom they grant on to:
//! <https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-access-mode.html>

use std::collections::BTreeSet;

use super::{
    Calls,
    document::{CreateLakeFormationOptIn, Empty, Principal, Resource},
    grant::{Granted, On, Receiver},
};
use crate::platform::{Domain, Platform};

/// What is opted in to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Database,
    AllTables,
    Table(u32),
}

/// The opt-ins of everybody to whom something in a domain is granted, once each.
pub fn lower<'a>(
    platform: &Platform,
    domain: &Domain,
    grants: impl Iterator<Item = &'a Granted>,
    calls: &mut Calls<'_>,
) {
    let mut all: BTreeSet<(Place, &Receiver)> = BTreeSet::new();
    for (on, receivers) in grants {
        // Opting in to all tables takes the database beside, where it is of another account.
        let places: &[Place] = match on {
            On::Location => &[],
            On::Database => &[Place::Database],
            On::AllTables | On::Labelled(_) => &[Place::Database, Place::AllTables],
            On::Table(at) | On::Columns(at) | On::Rows(at, ..) => &[Place::Table(*at)],
        };
        for receiver in receivers.keys() {
            match receiver.account() {
                Some(account) => {
                    calls.notes.insert(format!(
                        "the administrators of account {account} opt in whom they grant on to: Lake Formation governs nobody else there"
                    ));
                }
                None => all.extend(places.iter().map(|place| (*place, receiver))),
            }
        }
    }
    let catalog_id = calls.account.id.as_str();
    let database = domain.database.as_str();
    for (place, receiver) in all {
        let table = |name, wildcard| Resource::Table {
            catalog_id,
            database_name: database,
            name,
            table_wildcard: wildcard,
        };
        let (what, resource) = match place {
            Place::Database => ("database", Resource::Database { catalog_id, name: database }),
            Place::AllTables => ("tables", table(None, Some(Empty {}))),
            Place::Table(at) => {
                let Some(of) = platform.tables.get(at as usize) else { continue };
                (of.name.as_str(), table(Some(of.name.as_str()), None))
            }
        };
        let principal = Principal { data_lake_principal_identifier: receiver.identifier() };
        let request = CreateLakeFormationOptIn { principal, resource };
        let id = format!("opt_in.{what}.{}", receiver.label());
        calls.push(&id, "lakeformation", "CreateLakeFormationOptIn", &request);
    }
}
