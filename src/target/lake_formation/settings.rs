//! An account's settings, where it names its lake's administrators. They replace what is there, so that without names nothing is said.

use std::collections::BTreeMap;

use super::{
    Calls, account_file,
    document::{DataLakeSettings, Principal as Identifier, PutDataLakeSettings},
};
use crate::{
    artifact::Artifacts,
    platform::{Account, Platform},
};

pub fn lower(platform: &Platform, out: &mut Artifacts) {
    for account in platform.accounts.iter().filter(|account| !account.external) {
        let admins = admins(platform, account);
        if admins.is_empty() {
            continue;
        }
        let mut calls = Calls::new(account);
        let request = PutDataLakeSettings {
            catalog_id: &account.id,
            data_lake_settings: DataLakeSettings {
                data_lake_admins: admins
                    .iter()
                    .map(|arn| Identifier { data_lake_principal_identifier: arn })
                    .collect(),
                create_database_default_permissions: [],
                create_table_default_permissions: [],
                // From version 3 on, a role of another account can be granted to directly.
                parameters: BTreeMap::from([("CROSS_ACCOUNT_VERSION", "4")]),
            },
        };
        calls.push("settings", "lakeformation", "PutDataLakeSettings", &request);
        out.files.push(account_file(platform, account, "settings", &calls));
    }
}

fn admins(platform: &Platform, account: &Account) -> Vec<String> {
    let roles = platform.lake_admins(account).filter_map(|(id, _)| platform.resource(id).arn.as_ref());
    let mut arns: Vec<String> = roles.map(ToString::to_string).collect();
    arns.sort();
    arns
}
