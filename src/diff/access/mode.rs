//! Domains that Lake Formation governs no more alone, or again.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::{
    Analysis,
    diff::{At, Class, Entry, Topic, Version},
    platform::{Domain, Platform},
};

/// What changed of hybrid access modes, by database.
pub fn changes(old: &Analysis, new: &Analysis) -> Vec<Entry> {
    let (before, after) = (modes(&old.platform), modes(&new.platform));
    let mut entries = Vec::new();
    for (key, (domain, hybrid)) in &after {
        let Some((_, was)) = before.get(key) else { continue };
        if was == hybrid {
            continue;
        }
        let resource = new.platform.resource(domain.resource);
        let (class, what, follows) = if *hybrid {
            let follows = "whoever is granted nothing there sees and reads what IAM's policies alone allow";
            (Class::Widening, "is in hybrid access mode", follows)
        } else {
            let follows = "whoever is granted nothing there sees and reads nothing any more";
            (Class::Narrowing, "is governed by Lake Formation alone", follows)
        };
        let span = new.platform.field(domain.resource, "hybrid").map(|value| value.span);
        let own = span.filter(|it| new.sources.file_of(*it).is_some_and(|(_, file)| !file.library));
        entries.push(Entry {
            class,
            topic: Topic::Access,
            subject: resource.name.to_string(),
            what: what.to_owned(),
            details: vec![follows.to_owned()],
            readers: Vec::new(),
            gain: None,
            at: At { version: Version::New, span: own.unwrap_or(resource.span) },
        });
    }
    entries
}

/// Each domain's mode, by account and database.
fn modes(platform: &Platform) -> BTreeMap<(SmolStr, SmolStr), (&Domain, bool)> {
    let named = platform.domains.iter().filter_map(|domain| {
        let account = platform.account_of(domain.resource)?.id.clone();
        Some(((account, SmolStr::from(domain.database.as_str())), (domain, platform.is_hybrid(domain))))
    });
    named.collect()
}
