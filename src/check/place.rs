//! Where things lie in a store, and which lie in which.

use std::cmp::Ordering;

use smol_str::{SmolStr, format_smolstr};

use super::field::Made;
use crate::{
    library::Constructor,
    platform::{Location, ValueKind},
    syntax::ast::{Expr, ExprKind},
};

/// A folder in a store: everything below it lies in it.
///
/// Places are ordered so that what lies in a place follows it at once: `a`, `a/b`, `a-b`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    store: SmolStr,
    key: SmolStr,
}

impl Place {
    /// A place in a bucket.
    pub fn in_bucket(location: &Location) -> Self {
        let key = SmolStr::new(location.key.trim_end_matches('/'));
        Self { store: format_smolstr!("bucket {}", location.bucket.0), key }
    }

    /// Where a transfer reads or writes, as far as the standard library says what its store is (`store`).
    pub fn of(made: Made<'_>) -> Option<Self> {
        if let Some(location) = made.location() {
            return Some(Self::in_bucket(location));
        }
        let mut store = made.constructor.name.to_string();
        for part in names(made.constructor)? {
            let ValueKind::Text(text) = &made.field(part)?.kind else { return None };
            store.push(' ');
            store.push_str(text);
        }
        let key = match &made.field("path")?.kind {
            ValueKind::Text(path) => SmolStr::new(path.trim_matches('/')),
            _ => return None,
        };
        Some(Self { store: store.into(), key })
    }

    /// Whether another place lies in this one or is the same.
    pub fn holds(&self, other: &Self) -> bool {
        let below = |rest: &str| self.key.is_empty() || rest.is_empty() || rest.starts_with('/');
        self.store == other.store && other.key.strip_prefix(self.key.as_str()).is_some_and(below)
    }

    /// Whether the two have something in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.holds(other) || other.holds(self)
    }
}

/// The fields that tell one store of a kind from another.
fn names(constructor: &Constructor) -> Option<Vec<&str>> {
    let written = constructor.properties.get("store")?;
    let parts = match &written.kind {
        ExprKind::List(parts) => parts.as_slice(),
        _ => std::slice::from_ref(written),
    };
    parts.iter().map(name).collect()
}

fn name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        // `/` before everything else, so that `a/b` comes before `a-b`.
        let order = |key: &SmolStr| {
            key.bytes().map(|byte| if byte == b'/' { 0 } else { u16::from(byte) + 1 }).collect::<Vec<_>>()
        };
        self.store.cmp(&other.store).then_with(|| order(&self.key).cmp(&order(&other.key)))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One of two places that lies in the other, or is the same.
#[derive(Clone, Copy, Debug)]
pub struct Nested<T> {
    /// What the outer place is of.
    pub outer: T,
    /// What the inner place is of.
    pub inner: T,
    /// Whether no other place lies between them.
    pub closest: bool,
}

/// Every two places of which one lies in the other, in the order of the places.
pub fn nested<T: Copy>(mut places: Vec<(Place, T)>) -> Vec<Nested<T>> {
    places.sort_by(|(left, _), (right, _)| left.cmp(right));
    let mut pairs = Vec::new();
    let mut open: Vec<&(Place, T)> = Vec::new();
    for place in &places {
        while open.last().is_some_and(|(outer, _)| !outer.holds(&place.0)) {
            open.pop();
        }
        let around = open.iter().rev().zip(0..);
        pairs.extend(around.map(|((_, outer), away)| Nested {
            outer: *outer,
            inner: place.1,
            closest: away == 0,
        }));
        open.push(place);
    }
    pairs
}
