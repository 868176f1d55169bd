//! Declarations with an error in them. What a rule misses in one may be what could not be read, and would be the same mistake told twice.

use rustc_hash::FxHashSet;

use crate::{
    source::Span,
    syntax::ast::{Decl, Item, Member, Module},
};

/// The places of the names of all declarations that have an error in them, from the places where errors begin, in order.
pub fn names(modules: &[Module], errors: &[u32]) -> FxHashSet<Span> {
    let mut names = FxHashSet::default();
    if errors.is_empty() {
        return names;
    }
    for item in modules.iter().flat_map(|module| &module.items) {
        if let Item::Decl(decl) = item {
            add(decl, errors, &mut names);
        }
    }
    names
}

fn add(decl: &Decl, errors: &[u32], names: &mut FxHashSet<Span>) {
    let first = errors.partition_point(|start| *start < decl.span.start);
    if errors.get(first).is_none_or(|start| *start >= decl.span.end) {
        return;
    }
    names.extend(decl.name.as_ref().map(|name| name.span));
    for member in decl.body.iter().flatten() {
        if let Member::Decl(inner) = member {
            add(inner, errors, names);
        }
    }
}
