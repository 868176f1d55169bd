//! Shares. The owner's side opens the table to the other account: its administrators may see what the table looks like, and grant that on.
//! What may be read in it is what grants say. The other side makes a link under a name of its own.

use std::collections::BTreeMap;

use super::{
    Calls,
    batch::Batch,
    document::{
        AcceptResourceShareInvitation, CreateResourceShare, CreateTable, Entry, GetResourceShareInvitations,
        GrantPermissions, Principal as Identifier, Resource, Table as Described, TableInput, TargetTable,
    },
};
use crate::{
    access::{Duty, derived_role},
    lower::reference,
    platform::{Account, Domain, Platform, Principal, Share, Table},
};

/// The shares of a program, by both sides.
pub struct Shares<'a> {
    from: BTreeMap<u32, Vec<&'a Share>>,
    with: BTreeMap<u32, Vec<&'a Share>>,
}

/// All shares, by the index of the domain that owns the table and of the one that gets the link.
pub fn by_domain(platform: &Platform) -> Shares<'_> {
    let mut shares = Shares { from: BTreeMap::new(), with: BTreeMap::new() };
    for share in &platform.shares {
        if let Some(table) = platform.tables.get(share.table as usize) {
            shares.from.entry(table.domain).or_default().push(share);
            shares.with.entry(share.with).or_default().push(share);
        }
    }
    shares
}

impl<'a> Shares<'a> {
    /// Those of a domain's own tables.
    pub fn from(&self, domain: u32) -> impl Iterator<Item = &'a Share> {
        self.from.get(&domain).into_iter().flatten().copied()
    }

    /// Those that a domain gets.
    pub fn with(&self, domain: u32) -> impl Iterator<Item = &'a Share> {
        self.with.get(&domain).into_iter().flatten().copied()
    }
}

/// A share's ends.
struct Ends<'a> {
    table: &'a Table,
    owner: &'a Domain,
    owner_account: &'a Account,
    reader_account: &'a Account,
}

fn ends<'a>(platform: &'a Platform, share: &Share) -> Option<Ends<'a>> {
    let table = platform.tables.get(share.table as usize)?;
    let owner = platform.domains.get(table.domain as usize)?;
    let reader = platform.domains.get(share.with as usize)?;
    let account =
        |domain: &Domain| platform.resource(domain.resource).account.map(|account| platform.account(account));
    Some(Ends { table, owner, owner_account: account(owner)?, reader_account: account(reader)? })
}

/// The owner's side, where the reader is another account's. Several links in one account take it once.
pub fn open(platform: &Platform, share: &Share, calls: &mut Calls<'_>) {
    let Some(ends) = ends(platform, share) else { return };
    let id = format!("share.{}.{}", ends.table.name, ends.reader_account.name);
    if ends.owner_account.id == ends.reader_account.id || calls.has(&id) {
        return;
    }
    let request = GrantPermissions {
        catalog_id: &ends.owner_account.id,
        principal: Identifier { data_lake_principal_identifier: &ends.reader_account.id },
        resource: Resource::Table {
            catalog_id: &ends.owner_account.id,
            database_name: &ends.owner.database,
            name: Some(&ends.table.name),
            table_wildcard: None,
        },
        permissions: vec!["DESCRIBE"],
        permissions_with_grant_option: vec!["DESCRIBE"],
    };
    calls.push(&format!("{id}.describe"), "lakeformation", "GrantPermissions", &request);
    let together = ends.owner_account.organization.is_some()
        && ends.owner_account.organization == ends.reader_account.organization;
    let request = CreateResourceShare {
        name: &format!("{}-{}-{}", ends.owner.database, ends.table.name, ends.reader_account.name),
        resource_arns: resource_arns(platform, &ends),
        principals: vec![&ends.reader_account.id],
        allow_external_principals: !together,
    };
    let made = calls.push(&id, "ram", "CreateResourceShare", &request);
    if !together && !ends.reader_account.external {
        accept(&ends, &made, calls);
    }
}

/// Within an organization RAM asks nobody; beyond one the other account must say yes.
fn accept(ends: &Ends<'_>, share: &str, calls: &mut Calls<'_>) {
    let wanted = GetResourceShareInvitations {
        resource_share_arns: vec![reference(&format!("{share}.resourceShare.resourceShareArn"))],
    };
    let invited = calls.push_in(
        ends.reader_account,
        &format!("{share}.invitation"),
        "ram",
        "GetResourceShareInvitations",
        &wanted,
    );
    let accepted = AcceptResourceShareInvitation {
        resource_share_invitation_arn: reference(&format!(
            "{invited}.resourceShareInvitations.0.resourceShareInvitationArn"
        )),
    };
    calls.push_in(
        ends.reader_account,
        &format!("{share}.accept"),
        "ram",
        "AcceptResourceShareInvitation",
        &accepted,
    );
}

/// RAM wants the catalog and the database beside the table.
fn resource_arns(platform: &Platform, ends: &Ends<'_>) -> Vec<String> {
    let account = ends.owner_account;
    let prefix = format!("arn:{}:glue:{}:{}", platform.project.partition(), account.region, account.id);
    let (database, table) = (&ends.owner.database, &ends.table.name);
    vec![
        format!("{prefix}:catalog"),
        format!("{prefix}:database/{database}"),
        format!("{prefix}:table/{database}/{table}"),
    ]
}

/// The reader's side: the link, and its owner's right to see it.
pub fn link(platform: &Platform, reader: &Domain, share: &Share, calls: &mut Calls<'_>, batch: &mut Batch) {
    let Some(ends) = ends(platform, share) else { return };
    let request = CreateTable {
        catalog_id: &ends.reader_account.id,
        database_name: &reader.database,
        table: Described::Hive {
            table_input: Box::new(TableInput {
                name: &share.name,
                description: share.doc.as_deref(),
                target_table: Some(TargetTable {
                    catalog_id: &ends.owner_account.id,
                    database_name: &ends.owner.database,
                    name: &ends.table.name,
                    region: &ends.owner_account.region,
                }),
                ..TableInput::default()
            }),
        },
    };
    calls.push(&format!("link.{}", share.name), "glue", "CreateTable", &request);
    let Some(owner) = owner_of(platform, reader) else { return };
    batch.push(Entry {
        id: &format!("link.{}.describe", share.name),
        principal: Identifier { data_lake_principal_identifier: &owner },
        resource: Resource::Table {
            catalog_id: &ends.reader_account.id,
            database_name: &reader.database,
            name: Some(&share.name),
            table_wildcard: None,
        },
        permissions: vec!["DESCRIBE"],
        permissions_with_grant_option: Vec::new(),
    });
}

/// Whom a domain belongs to, where that is somebody whom Lake Formation can grant to in the domain's own account.
fn owner_of(platform: &Platform, domain: &Domain) -> Option<String> {
    let Principal::Resource(id) = &domain.owner else { return None };
    let arn = match Duty::of_kind(&platform.kind_of(*id).name) {
        Some(duty) => derived_role(platform, *id, duty)?.arn,
        None => platform.resource(*id).arn.clone()?,
    };
    Some(arn.to_string())
}
