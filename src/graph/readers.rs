//! Who can read what, proved over the policies that the program becomes.

use super::Reader;
use crate::{
    platform::{Capability, CapabilityUse, ResourceId, Target},
    prove::{Prover, Verdict},
};

/// What reading each kind of data is called.
const READING: &[(&str, &str)] = &[
    ("bucket", "read"),
    ("item_table", "get_item"),
    ("queue", "receive"),
    ("stream", "consume"),
    ("table", "select"),
];

/// Whether a kind holds data that can be read.
pub fn is_read(kind: &str) -> bool {
    READING.iter().any(|(of, _)| *of == kind)
}

/// Everybody who can read some of a declaration; `None` where it is nothing that is read.
pub(super) fn of(prover: &Prover<'_>, id: ResourceId) -> Option<Vec<Reader>> {
    let platform = prover.platform();
    let kind = platform.kind_of(id);
    let (_, reading) = READING.iter().find(|(of, _)| *of == kind.name)?;
    let library = &platform.library;
    let capability = library.capability_named(platform.resource(id).kind, reading)?;
    let span = platform.resource(id).span;
    let wanted = CapabilityUse {
        capability: Capability::Named(capability),
        columns: Vec::new(),
        labels: Vec::new(),
        rows: None,
        span,
    };
    let holders = prover.who_can(&wanted, &Target { resource: id, prefix: None, span });
    let mut readers: Vec<Reader> = holders
        .into_iter()
        .map(|holder| Reader {
            name: holder.name,
            what: holder.what,
            how: format!("{}{}", how(holder.answer.verdict), holder.answer.by),
        })
        .collect();
    readers.sort();
    readers.dedup();
    Some(readers)
}

fn how(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "all of it",
        Verdict::Partly => "some of it",
        Verdict::Perhaps => "what may be the data",
        Verdict::No => "nothing",
        Verdict::Undecided => "decided elsewhere",
    }
}
