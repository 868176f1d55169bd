//! Who may do more, and who less. For each thing that a role's policies or a resource's name on either side, requests are made up that tell the
//! policies of both versions apart, and each version decides on them as AWS would.
//!
//! | file | does |
//! | --- | --- |
//! | `side.rs` | one version: its roles, its resources by their ARNs, its decisions |
//! | `cells.rs` | what is worth asking for |
//! | `probe.rs` | the requests, and what both versions say |
//! | `outside.rs` | accounts, services and identity providers that are let in |
//! | `columns.rs` | what Lake Formation is told, column by column |
//! | `mode.rs` | domains that Lake Formation governs no more alone |
//! | `gather.rs` | single findings into entries |

mod cells;
mod columns;
mod gather;
mod mode;
mod outside;
mod probe;
mod side;

use super::Entry;
use crate::Analysis;

/// Every change of access.
pub fn changes(old: &Analysis, new: &Analysis) -> Vec<Entry> {
    let modes = mode::changes(old, new);
    let (old, new) = (side::Side::of(old), side::Side::of(new));
    let mut findings = Vec::new();
    for cell in cells::cells(&old, &new) {
        probe::probe(&old, &new, &cell, &mut findings);
    }
    outside::compare(&old, &new, &mut findings);
    columns::compare(&old, &new, &mut findings);
    let mut entries = gather::entries(&old, &new, findings);
    entries.extend(modes);
    entries
}
