//! Which columns of which streams a relation's fields are made of.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::platform::ResourceId;

use super::plan::{Expr, Relation, RelationKind};

/// A column of a stream.
pub type Origin = (ResourceId, SmolStr);

/// For each field of a relation, the columns that its value is made of.
pub fn origins(relation: &Relation) -> Vec<BTreeSet<Origin>> {
    match &relation.kind {
        RelationKind::Scan(stream) => {
            relation.fields.iter().map(|field| BTreeSet::from([(*stream, field.name.clone())])).collect()
        }
        RelationKind::Window { input, time, .. } => {
            let mut known = origins(input);
            let bounds = known.get(time.0).cloned().unwrap_or_default();
            known.resize(relation.fields.len(), bounds);
            known
        }
        RelationKind::Filter { input, .. } => origins(input),
        RelationKind::Aggregate { input, keys, calls } => {
            let known = origins(input);
            let of_calls = calls.iter().map(|call| {
                call.argument.iter().chain(&call.filter).flat_map(|expr| of(expr, &known)).collect()
            });
            keys.iter().map(|key| of(key, &known)).chain(of_calls).collect()
        }
        RelationKind::Rank { input, .. } => {
            let mut known = origins(input);
            known.push(BTreeSet::new());
            known
        }
        RelationKind::Union(parts) => {
            let mut known = vec![BTreeSet::new(); relation.fields.len()];
            for part in parts {
                known.iter_mut().zip(origins(part)).for_each(|(all, more)| all.extend(more));
            }
            known
        }
        RelationKind::Project { input, exprs } => {
            let known = origins(input);
            exprs.iter().map(|expr| of(expr, &known)).collect()
        }
    }
}

fn of(expr: &Expr, known: &[BTreeSet<Origin>]) -> BTreeSet<Origin> {
    expr.columns().into_iter().filter_map(|column| known.get(column)).flatten().cloned().collect()
}
