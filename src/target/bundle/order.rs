//! What must be there before what.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::map::Resource;

/// For each resource those that it needs, and what belongs to these. A need that would close a circle is none: nothing can be made first in it.
pub fn needs(resources: &[Resource<'_>]) -> Vec<BTreeSet<usize>> {
    let mut made: FxHashMap<&str, usize> = FxHashMap::default();
    let mut joined: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, resource) in resources.iter().enumerate() {
        resource.joins.iter().for_each(|text| joined.entry(text).or_default().push(at));
        for text in &resource.makes {
            made.entry(text).or_insert(at);
        }
    }
    let named = resources.iter().enumerate().map(|(at, resource)| {
        let mut needs = resource.refers.clone();
        let mut add = |text: &str| {
            needs.extend(made.get(text).copied().filter(|it| *it != at));
            // What belongs to a thing waits for that alone, and for none of its like.
            if resource.joins.iter().all(|it| it != text) && resource.makes.iter().all(|it| it != text) {
                needs.extend(joined.get(text).into_iter().flatten());
            }
        };
        resource.needs.iter().for_each(|text| add(text));
        names(&resource.properties, &mut add);
        needs.remove(&at);
        needs
    });
    named.collect()
}

/// The texts in which a resource names another that must be there. AWS looks up whom a policy is for, and not what it is about.
fn names(value: &Json, with: &mut dyn FnMut(&str)) {
    match value {
        Json::String(text) => with(text),
        Json::Array(items) => items.iter().for_each(|item| names(item, with)),
        Json::Object(members) => {
            let statement = members.contains_key("Effect") && members.contains_key("Action");
            let parts = members.iter().filter(|(name, _)| !statement || *name == "Principal");
            for (name, value) in parts.filter(|(name, _)| *name != "Definition") {
                match value {
                    // A policy that is text.
                    Json::String(text) if name.ends_with("policy") && text.starts_with('{') => {
                        let policy: Option<Json> = serde_json::from_str(text).ok();
                        policy.iter().for_each(|it| names(it, with));
                    }
                    value => names(value, with),
                }
            }
        }
        _ => {}
    }
}

/// All indices, each behind those that it needs, else in their order.
pub fn needed_first(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut seen = vec![false; needs.len()];
    let mut sorted = Vec::with_capacity(needs.len());
    // A stack instead of recursion: a chain of needs may be as long as the program.
    for start in 0..needs.len() {
        let mut open = vec![(start, false)];
        while let Some((at, done)) = open.pop() {
            if done {
                sorted.push(at);
                continue;
            }
            let Some(seen) = seen.get_mut(at) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            open.push((at, true));
            open.extend(needs.get(at).into_iter().flatten().rev().map(|need| (*need, false)));
        }
    }
    sorted
}

/// For each resource the number of stacks that must come before its own.
pub fn waves(resources: &[Resource<'_>], needs: &[BTreeSet<usize>], sorted: &[usize]) -> Vec<usize> {
    let mut waves = vec![0; resources.len()];
    let home = |at: usize| resources.get(at).map(|it| (it.account, it.apart.as_deref()));
    // What is referred to stands in the same template, and may so come later than it would have to, and others behind it.
    for _ in 0..=resources.len() {
        let mut changed = false;
        for &at in sorted {
            let before = needs.get(at).into_iter().flatten();
            let least = before
                .map(|it| waves.get(*it).copied().unwrap_or(0) + usize::from(home(*it) != home(at)))
                .max()
                .unwrap_or(0);
            let raised =
                waves.get_mut(at).is_some_and(|wave| std::mem::replace(wave, least.max(*wave)) < least);
            let own = waves.get(at).copied().unwrap_or(0);
            changed |= raised;
            let inside = |it: &&usize| home(**it) == home(at);
            for it in resources.get(at).into_iter().flat_map(|it| &it.refers).filter(inside) {
                changed |=
                    waves.get_mut(*it).is_some_and(|wave| std::mem::replace(wave, own.max(*wave)) < own);
            }
        }
        if !changed {
            break;
        }
    }
    waves
}
