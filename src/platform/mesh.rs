//! Data-mesh domains and their tables.

use smol_str::SmolStr;

use super::{grant::Principal, resource::ResourceId, schema::SchemaId, value::Location};

/// A domain: a Glue database with an owner and a place.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its declaration.
    pub resource: ResourceId,
    /// Who owns it.
    pub owner: Principal,
    /// Where its tables lie.
    pub location: Location,
    /// The Glue database's name, in lower case.
    pub database: SmolStr,
    /// Its tables, by index into the platform's.
    pub tables: Vec<u32>,
}

/// A table of a domain.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its declaration.
    pub resource: ResourceId,
    /// The domain, by index into the platform's.
    pub domain: u32,
    /// The Glue table's name, in lower case.
    pub name: SmolStr,
    /// Its columns.
    pub schema: SchemaId,
    /// Where it lies: the domain's location and the table's name unless it says otherwise.
    pub location: Location,
    /// Columns it is partitioned by, in order.
    pub partition: Vec<SmolStr>,
    /// The declaration of its contract, where it has one.
    pub contract: Option<ResourceId>,
}
