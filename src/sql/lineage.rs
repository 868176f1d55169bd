//! Which columns of which streams a relation's fields are made of.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::{library::Library, platform::ResourceId};

use super::matching::ROWTIME;
use super::over::OverCall;
use super::plan::{AggregateCall, Expr, ExprKind, Relation, RelationKind};

/// A column of a stream.
pub type Origin = (ResourceId, SmolStr);

/// For each field of a relation, the columns that its value is made of.
pub fn origins(relation: &Relation) -> Vec<BTreeSet<Origin>> {
    traced(relation, &|_| false)
}

/// For each field of a relation, the columns whose values it still tells: not those that went through a function that clears labels (a hash, a
/// count), behind which nobody sees them, nor the bounds of windows that lie where they lie whatever the rows.
pub fn carried(relation: &Relation, library: &Library) -> Vec<BTreeSet<Origin>> {
    traced(relation, &|function| {
        GRIDS.contains(&function)
            || library.sql_functions.iter().any(|known| known.clears_labels && known.name == function)
    })
}

/// Windows whose bounds are multiples of their size or their step; those of a session are rows' own times.
const GRIDS: &[&str] = &["TUMBLE", "HOP", "CUMULATE"];

/// `hides` says of a function, by its name in capitals, whether it hides what it is given.
fn traced(relation: &Relation, hides: &impl Fn(&str) -> bool) -> Vec<BTreeSet<Origin>> {
    match &relation.kind {
        RelationKind::Scan(stream) => {
            relation.fields.iter().map(|field| BTreeSet::from([(*stream, field.name.clone())])).collect()
        }
        RelationKind::Window { input, time, shape } => {
            let mut known = traced(input, hides);
            let bounds = known.get(time.0).filter(|_| !hides(shape.name())).cloned().unwrap_or_default();
            known.resize(relation.fields.len(), bounds);
            known
        }
        RelationKind::Filter { input, .. } => traced(input, hides),
        RelationKind::Unnest { input, list, .. } => {
            let mut known = traced(input, hides);
            let parts = of(list, &known, hides);
            known.resize(relation.fields.len(), parts);
            known
        }
        RelationKind::Aggregate { input, keys, calls, .. } => {
            let known = traced(input, hides);
            let of_call = |call: &AggregateCall| match hides(call.function.name()) {
                true => BTreeSet::new(),
                false => {
                    let parts = call.argument.iter().chain(&call.filter);
                    parts.flat_map(|expr| of(expr, &known, hides)).collect()
                }
            };
            let of_keys = keys.iter().map(|key| of(key, &known, hides));
            of_keys.chain(calls.iter().map(of_call)).collect()
        }
        RelationKind::Join { left, right, .. } | RelationKind::AsOf { left, right, .. } => {
            [traced(left, hides), traced(right, hides)].concat()
        }
        RelationKind::Match { input, matched } => {
            let known = traced(input, hides);
            let seen: Vec<BTreeSet<Origin>> =
                std::iter::repeat_n(&known, matched.pattern.len() + 1).flatten().cloned().collect();
            let keys = matched.partition.iter().map(|key| known.get(*key).cloned().unwrap_or_default());
            let measures = matched.measures.iter().map(|(_, expr)| match &expr.kind {
                ExprKind::Call(name, _) if name == ROWTIME => {
                    matched.order.first().map(|by| of(&by.expr, &known, hides)).unwrap_or_default()
                }
                _ => of(expr, &seen, hides),
            });
            keys.chain(measures).collect()
        }
        RelationKind::Over { input, over } => {
            let mut known = traced(input, hides);
            let of_call = |call: &OverCall| match (hides(call.function.name()), &call.argument) {
                (false, Some(argument)) => of(argument, &known, hides),
                _ => BTreeSet::new(),
            };
            let calls: Vec<BTreeSet<Origin>> = over.calls.iter().map(of_call).collect();
            known.extend(calls);
            known
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
            let known = traced(input, hides);
            exprs.iter().map(|expr| of(expr, &known, hides)).collect()
        }
    }
}

fn of(expr: &Expr, known: &[BTreeSet<Origin>], hides: &impl Fn(&str) -> bool) -> BTreeSet<Origin> {
    match &expr.kind {
        ExprKind::Call(name, _) if hides(name) => BTreeSet::new(),
        ExprKind::Column(column) => known.get(*column).cloned().unwrap_or_default(),
        _ => expr.parts().into_iter().flat_map(|part| of(part, known, hides)).collect(),
    }
}
