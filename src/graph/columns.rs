//! Of which columns each column is made: of a query's sink those of its streams, of a table those of the stream whose rows lie at its place.

use std::collections::{BTreeMap, BTreeSet};

use super::{ColumnEdge, gather::Gathered};
use crate::{
    flow::{Spot, spots},
    platform::{ResourceId, Table},
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
    let mut tables: BTreeMap<ResourceId, Vec<&Table>> = BTreeMap::new();
    for table in &platform.tables {
        tables.entry(table.location.bucket).or_default().push(table);
    }
    for stream in &platform.streams {
        let Some(from) = gathered.place(stream.resource) else { continue };
        for spot in spots(platform, stream.resource) {
            let Spot::Objects(place) = &spot else { continue };
            let beside = tables.get(&place.bucket).into_iter().flatten();
            for table in beside.filter(|it| it.location.holds(place) || place.holds(&it.location)) {
                let Some(to) = gathered.place(table.resource) else { continue };
                let known = platform.schema(stream.schema);
                let columns = platform.schema(table.schema).columns.iter();
                all.extend(columns.filter(|it| known.column(&it.name).is_some()).map(|it| ColumnEdge {
                    from: (from, it.name.to_string()),
                    to: (to, it.name.to_string()),
                    by: to,
                }));
            }
        }
    }
    all.into_iter().collect()
}
