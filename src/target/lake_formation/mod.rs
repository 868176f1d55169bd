//! The data mesh: Glue's databases and tables, Lake Formation's locations and grants, the shares between accounts.
//!
//! | file | does |
//! | --- | --- |
//! | `document.rs` | the requests |
//! | `domain.rs` | a domain → database, location, owner's account |
//! | `table.rs`, `iceberg.rs`, `types.rs` | a table → Glue's description of it |
//! | `projection.rs` | partitions that Athena works out |
//! | `grant.rs` | grants → the shapes that Lake Formation takes |
//! | `opt_in.rs` | who is governed by Lake Formation in hybrid access mode |
//! | `share.rs` | shares → resource share and link |
//! | `batch.rs` | grants together |
//! | `settings.rs` | an account's administrators |
//! | `tag.rs` | labels → LF-tags, and expressions of them |

mod batch;
mod document;
mod domain;
mod grant;
mod iceberg;
mod opt_in;
mod projection;
mod settings;
mod share;
mod table;
mod tag;
mod types;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::Serialize;

use self::batch::Batch;
use crate::{
    access::Ours,
    artifact::{Artifact, Artifacts},
    lower::{Call, Script},
    platform::{Account, Domain, Platform},
    target::{Program, Target},
};

/// `<account>/lakeformation/<domain>.calls.json`, and `<domain>.links.calls.json` for what others share with it: links need both sides' tables.
pub struct LakeFormation;

impl Target for LakeFormation {
    fn name(&self) -> &'static str {
        "lakeformation"
    }

    fn lower(&self, program: &Program<'_>, out: &mut Artifacts) {
        let Program { platform, access, .. } = *program;
        settings::lower(platform, out);
        let grants = grant::by_domain(platform);
        tag::create(platform, &grants, out);
        let shares = share::by_domain(platform);
        for (at, domain) in (0u32..).zip(&platform.domains) {
            let resource = platform.resource(domain.resource);
            let Some(account) = resource.account.map(|account| platform.account(account)) else { continue };
            if account.external || resource.external {
                continue;
            }
            let mut calls = Calls::new(account);
            domain::lower(platform, domain, &mut calls);
            let granted = grants.get(&at).map_or(&[][..], Vec::as_slice);
            let denied = tag::denied(granted);
            for table in domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize)) {
                table::lower(platform, domain, table, &mut calls);
                tag::lower(platform, domain, table, &denied, &mut calls);
            }
            tag::of_domain(domain, granted, &mut calls);
            let mut batch = Batch::default();
            for grant in granted {
                grant::lower(platform, domain, grant, &mut calls, &mut batch);
            }
            batch.lower(&mut calls);
            if platform.is_hybrid(domain) {
                opt_in::lower(platform, domain, granted.iter(), &mut calls);
            }
            let granted = domain.tables.iter().filter_map(|table| platform.tables.get(*table as usize));
            for id in std::iter::once(domain.resource).chain(granted.map(|table| table.resource)) {
                calls.notes.extend(access.notes(platform, Ours::Resource(id)));
            }
            shares.from(at).for_each(|share| share::open(platform, share, &mut calls));
            crate::lower::tag(platform, Some(domain.resource), &mut calls.script.calls);
            out.files.push(file(platform, account, domain, "", &calls));
            let mut links = Calls::new(account);
            let mut seen = Batch::default();
            shares.with(at).for_each(|share| share::link(platform, domain, share, &mut links, &mut seen));
            seen.lower(&mut links);
            if !links.is_empty() {
                out.files.push(file(platform, account, domain, ".links", &links));
            }
        }
    }
}

fn file(
    platform: &Platform,
    account: &Account,
    domain: &Domain,
    ending: &str,
    calls: &Calls<'_>,
) -> Artifact {
    let resource = platform.resource(domain.resource);
    Artifact {
        path: format!(
            "{}/lakeformation/{}{ending}.calls.json",
            account.name,
            platform.file_stem(domain.resource)
        ),
        account: account.name.to_string(),
        family: "lakeformation",
        declaration: resource.name.to_string(),
        source: resource.span,
        text: calls.script.text(),
        notes: calls.notes.iter().cloned().collect(),
        statements: Vec::new(),
    }
}

/// A file of an account as a whole. No declaration's name has a dash, so that no domain's file is this one.
fn account_file(platform: &Platform, account: &Account, what: &str, calls: &Calls<'_>) -> Artifact {
    Artifact {
        path: format!("{}/lakeformation/account-{what}.calls.json", account.name),
        account: account.name.to_string(),
        family: "lakeformation",
        declaration: account.name.to_string(),
        source: platform.resource(account.resource).span,
        text: calls.script.text(),
        notes: Vec::new(),
        statements: Vec::new(),
    }
}

/// A script as it grows.
struct Calls<'a> {
    /// Who makes the calls that say nothing else.
    account: &'a Account,
    script: Script,
    ids: Ids,
    notes: BTreeSet<String>,
}

/// Ids that are taken, each with how many were made of it.
#[derive(Default)]
struct Ids(FxHashMap<String, u32>);

impl Ids {
    /// An id that nobody has: the one that is wanted, numbered where that is taken.
    fn unique(&mut self, wanted: &str) -> String {
        let Some(mut count) = self.0.get(wanted).copied() else {
            self.0.insert(wanted.to_owned(), 1);
            return wanted.to_owned();
        };
        loop {
            count += 1;
            let numbered = format!("{wanted}.{count}");
            if !self.0.contains_key(&numbered) {
                self.0.insert(wanted.to_owned(), count);
                self.0.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }

    fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}

impl<'a> Calls<'a> {
    fn new(account: &'a Account) -> Self {
        Self { account, script: Script::default(), ids: Ids::default(), notes: BTreeSet::new() }
    }

    fn is_empty(&self) -> bool {
        self.script.calls.is_empty()
    }

    fn has(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// Adds a call of the script's own account; returns its id.
    fn push(&mut self, id: &str, service: &str, operation: &str, input: &impl Serialize) -> String {
        let account = self.account;
        self.push_in(account, id, service, operation, input)
    }

    /// Adds a call; returns its id, which is numbered where another call has it already.
    fn push_in(
        &mut self,
        account: &Account,
        id: &str,
        service: &str,
        operation: &str,
        input: &impl Serialize,
    ) -> String {
        let unique = self.ids.unique(id);
        self.script.calls.push(Call {
            id: unique.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            input: serde_json::to_value(input).unwrap_or_default(),
            account: account.id.to_string(),
        });
        unique
    }
}
