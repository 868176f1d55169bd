//! Conditions of statements, decided over a request's context as IAM does.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::access::{document::Conditions, pattern::matches};

/// Whether all conditions hold.
pub fn hold(conditions: &Conditions, context: &BTreeMap<SmolStr, Vec<SmolStr>>) -> bool {
    conditions.0.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, wanted)| {
            let given = context.get(&SmolStr::from(key.to_ascii_lowercase()));
            holds(operator, given.map_or(&[], Vec::as_slice), wanted)
        })
    })
}

/// Whether one condition holds. A key that the request does not have makes a positive comparison fail and a negative one hold.
fn holds(operator: &str, given: &[SmolStr], wanted: &BTreeSet<SmolStr>) -> bool {
    if let Some(operator) = operator.strip_prefix("ForAnyValue:") {
        return given.iter().any(|value| holds(operator, std::slice::from_ref(value), wanted));
    }
    if let Some(operator) = operator.strip_prefix("ForAllValues:") {
        return given.iter().all(|value| holds(operator, std::slice::from_ref(value), wanted));
    }
    let any =
        |same: fn(&str, &str) -> bool| given.iter().any(|value| wanted.iter().any(|one| same(one, value)));
    match operator {
        "Null" => wanted.contains(if given.is_empty() { "true" } else { "false" }),
        "StringEquals" => any(|wanted, value| wanted == value),
        "StringNotEquals" => !any(|wanted, value| wanted == value),
        "StringLike" | "ArnLike" => any(matches),
        "StringNotLike" | "ArnNotLike" => !any(matches),
        "Bool" => any(str::eq_ignore_ascii_case),
        // The documents are ours, and these are all the operators that they use.
        _ => false,
    }
}
