//! Of which columns each column is made: of a query's sink those of its streams, of a table those of the stream whose rows lie at its place.

use std::collections::BTreeSet;

use super::{ColumnEdge, gather::Gathered};
use crate::{
    flow::{Spot, spots},
    sql::lineage,
};

/// All of them.
pub(super) fn edges(gathered: &Gathered<'_>) -> Vec<ColumnEdge> {
    let platform = gathered.platform;
    let mut all: BTreeSet<ColumnEdge> = BTreeSet::new();
    for query in &platform.queries {
        let (Some(by), Some(to)) = (gathered.place(query.resource), gathered.place(query.sink)) else {
            continue;
        };
        let origins = lineage::origins(&query.plan);
        for (field, origins) in query.plan.fields.iter().zip(origins) {
            for (stream, column) in origins {
                if let Some(from) = gathered.place(stream) {
                    let (from, to) = ((from, column.to_string()), (to, field.name.to_string()));
                    all.insert(ColumnEdge { from, to, by });
                }
            }
        }
    }
    for stream in &platform.streams {
        let Some(from) = gathered.place(stream.resource) else { continue };
        for table in &platform.tables {
            let lies = spots(platform, stream.resource).iter().any(|spot| match spot {
                Spot::Objects(place) => table.location.holds(place) || place.holds(&table.location),
                Spot::Stream(_) | Spot::Warehouse(_) | Spot::Within(_) => false,
            });
            let Some(to) = gathered.place(table.resource).filter(|_| lies) else { continue };
            let known = &platform.schema(stream.schema);
            let same =
                platform.schema(table.schema).columns.iter().filter(|it| known.column(&it.name).is_some());
            all.extend(same.map(|column| ColumnEdge {
                from: (from, column.name.to_string()),
                to: (to, column.name.to_string()),
                by: to,
            }));
        }
    }
    all.into_iter().collect()
}
