//! A domain: its places registered, its database made and taken from IAM's hands.

use super::{
    Calls,
    document::{
        BatchRevokePermissions, CreateDatabase, DatabaseInput, DefaultPermission, Entry, GrantPermissions,
        Principal, RegisterResource, Resource,
    },
};
use crate::{
    access::{Duty, derived_role},
    platform::{Domain, Location, Platform},
};

/// Lake Formation's name for whomever IAM's policies let in.
const BY_IAM_ALONE: Principal<'_> = Principal { data_lake_principal_identifier: "IAM_ALLOWED_PRINCIPALS" };

pub fn lower(platform: &Platform, domain: &Domain, calls: &mut Calls<'_>) {
    let catalog = calls.account.id.as_str();
    for (at, place) in places(platform, domain).into_iter().enumerate() {
        let id = if at == 0 { "location".to_owned() } else { format!("location.{}", at + 1) };
        register(platform, domain, place, &id, calls);
    }
    let hybrid = platform.is_hybrid(domain);
    let everything = DefaultPermission { principal: BY_IAM_ALONE, permissions: vec!["ALL"] };
    let uri = uri(platform, &domain.location);
    let database = CreateDatabase {
        catalog_id: catalog,
        database_input: DatabaseInput {
            name: &domain.database,
            description: platform.resource(domain.resource).doc.as_deref(),
            location_uri: &uri,
            create_table_default_permissions: hybrid.then_some(everything).into_iter().collect(),
        },
    };
    calls.push("database", "glue", "CreateDatabase", &database);
    let resource = Resource::Database { catalog_id: catalog, name: &domain.database };
    if hybrid {
        // The account's own default may give new databases to nobody.
        let granted = GrantPermissions {
            catalog_id: catalog,
            principal: BY_IAM_ALONE,
            resource,
            permissions: vec!["ALL"],
            permissions_with_grant_option: Vec::new(),
        };
        calls.push("database.by_iam_too", "lakeformation", "GrantPermissions", &granted);
        return;
    }
    // The account's own default may have given the database to IAM's policies alone. Where it had not, the batch says so and does nothing.
    let revoke = BatchRevokePermissions {
        catalog_id: catalog,
        entries: vec![Entry {
            id: "database",
            principal: BY_IAM_ALONE,
            resource,
            permissions: vec!["ALL"],
            permissions_with_grant_option: Vec::new(),
        }],
    };
    calls.push("database.only_lake_formation", "lakeformation", "BatchRevokePermissions", &revoke);
}

fn register(platform: &Platform, domain: &Domain, place: &Location, id: &str, calls: &mut Calls<'_>) {
    let Some(role) = derived_role(platform, domain.resource, Duty::Registration) else { return };
    let bucket_account =
        platform.resource(place.bucket).account.map(|account| platform.account(account).id.as_str());
    let request = RegisterResource {
        resource_arn: &arn(platform, place),
        role_arn: &role.arn,
        hybrid_access_enabled: platform.is_hybrid(domain),
        expected_resource_owner_account: bucket_account.filter(|owner| *owner != calls.account.id),
    };
    calls.push(id, "lakeformation", "RegisterResource", &request);
}

/// The domain's place, and those of its tables that lie elsewhere, each once.
fn places<'a>(platform: &'a Platform, domain: &'a Domain) -> Vec<&'a Location> {
    let mut places = vec![&domain.location];
    for table in domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize)) {
        if !places.iter().any(|place| place.holds(&table.location)) {
            places.push(&table.location);
        }
    }
    places
}

/// A place as an ARN, the way Lake Formation registers it.
pub fn arn(platform: &Platform, place: &Location) -> String {
    let bucket = platform.resource(place.bucket);
    let bucket = format!("arn:{}:s3:::{}", platform.project.partition(), bucket.physical);
    if place.key.is_empty() { bucket } else { format!("{bucket}/{}", place.key) }
}

/// A place as Glue takes it: a URI that ends in `/`.
pub fn uri(platform: &Platform, place: &Location) -> String {
    let bucket = &platform.resource(place.bucket).physical;
    if place.key.is_empty() { format!("s3://{bucket}/") } else { format!("s3://{bucket}/{}/", place.key) }
}
