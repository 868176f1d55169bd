//! Contracts whose rules run on a schedule.

use super::{Construct, Domain, Platform, Table, ValueKind};
use crate::source::Span;

/// A table whose contract says when its rules run.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The table, by index into the platform's.
    pub at: u32,
    /// The table.
    pub table: &'a Table,
    /// When.
    pub schedule: &'a Construct,
    /// Where that is written.
    pub span: Span,
}

impl Checked<'_> {
    /// The name of its ruleset in AWS.
    pub fn ruleset(&self, domain: &Domain) -> String {
        format!("{}.{}", domain.database, self.table.name)
    }
}

impl Platform {
    /// The tables of a domain whose rules run on a schedule.
    pub fn checked<'a>(&'a self, domain: &'a Domain) -> impl Iterator<Item = Checked<'a>> {
        domain.tables.iter().filter_map(|&at| {
            let table = self.tables.get(at as usize)?;
            let value = self.field(table.contract?, "schedule")?;
            let ValueKind::Construct(schedule) = &value.kind else { return None };
            Some(Checked { at, table, schedule, span: value.span })
        })
    }
}
