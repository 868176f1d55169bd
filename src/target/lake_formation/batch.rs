//! Grants together: one call for many, in the order in which they were added.

use serde_json::Value as Json;

use super::{
    Calls, Ids,
    document::{BatchGrantPermissions, Entry},
};

/// How many grants one call takes (Lake Formation API reference, "BatchGrantPermissions").
const MOST: usize = 20;

/// Grants that are to be made.
#[derive(Default)]
pub struct Batch {
    entries: Vec<Json>,
    ids: Ids,
}

impl Batch {
    /// Adds a grant; its id is numbered where another has it already.
    pub fn push(&mut self, entry: Entry<'_>) {
        let unique = self.ids.unique(entry.id);
        self.entries.push(serde_json::to_value(Entry { id: &unique, ..entry }).unwrap_or_default());
    }

    /// The calls that make them.
    pub fn lower(self, calls: &mut Calls<'_>) {
        let catalog_id = calls.account.id.as_str();
        for entries in self.entries.chunks(MOST) {
            let request = BatchGrantPermissions { catalog_id, entries };
            calls.push("grants", "lakeformation", "BatchGrantPermissions", &request);
        }
    }
}
