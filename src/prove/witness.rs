//! Circumstances under which a request is allowed: contexts in which every key that conditions ask about has a value that they name, another one, or
//! none. What is found is proof that it can be; that none is found is no proof of the contrary.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    answer::Candidate,
    condition::{Single, Truth, unknown},
    decide::{Decision, Policies, Question, applies},
    operator::{Ask, Operator, seconds},
};
use crate::access::pattern::sample;

/// The most contexts that are tried.
const MOST_CONTEXTS: usize = 4096;

/// What no condition names.
const ANOTHER: &str = "~another~";

/// Whether a context is found in which a request is allowed.
pub fn exists(policies: &Policies<'_, '_>, question: &Question<'_>) -> bool {
    let candidates = candidates(policies, question);
    let mut tried = 0_usize;
    let mut chosen: Vec<usize> = vec![0; candidates.len()];
    loop {
        let keys: Vec<(SmolStr, Vec<SmolStr>)> = candidates
            .iter()
            .zip(&chosen)
            .filter_map(|((key, values), &at)| Some((key.clone(), values.get(at)?.clone())))
            .collect();
        let context = question.context.closed(&keys);
        let exact = Question { context: &context, ..*question };
        if matches!(policies.decide(&exact), Decision::Allowed(..)) {
            return true;
        }
        tried += 1;
        if tried >= MOST_CONTEXTS || !advance(&mut chosen, &candidates) {
            return false;
        }
    }
}

/// The next choice, as a counter counts; whether there is one.
fn advance(chosen: &mut [usize], candidates: &[Candidate]) -> bool {
    for (at, (_, values)) in chosen.iter_mut().zip(candidates) {
        *at += 1;
        if *at < values.len() {
            return true;
        }
        *at = 0;
    }
    false
}

/// The keys of which nothing is known and that statements about the request ask for, with the values to try.
fn candidates(policies: &Policies<'_, '_>, question: &Question<'_>) -> Vec<Candidate> {
    let mut keys: BTreeMap<SmolStr, Vec<Vec<SmolStr>>> = BTreeMap::new();
    for (_, statement) in policies.statements(question) {
        if applies(statement, question) != Truth::Unknown {
            continue;
        }
        for single in unknown(&statement.conditions, question.context) {
            let values = keys.entry(SmolStr::from(single.key.to_ascii_lowercase())).or_default();
            for value in values_of(&single) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
    }
    keys.into_iter().collect()
}

/// Values that make a condition hold, and values that don't.
pub fn values_of(single: &Single<'_>) -> Vec<Vec<SmolStr>> {
    let mut found: Vec<Vec<SmolStr>> = vec![Vec::new()];
    let Some(operator) = Operator::read(single.operator) else { return found };
    if let Ask::Null = operator.ask {
        found.push(vec![ANOTHER.into()]);
        return found;
    }
    let one = |text: &str| vec![SmolStr::from(text)];
    let name = single.operator.rsplit(':').next().unwrap_or_default();
    for wanted in single.wanted {
        if name.starts_with("Numeric") || name.starts_with("Date") {
            let near = wanted.parse().ok().or_else(|| seconds(wanted));
            found.extend(
                near.into_iter().flat_map(|at: f64| [at - 1.0, at, at + 1.0]).map(|at| one(&at.to_string())),
            );
        } else if name.contains("IpAddress") {
            found.push(one(wanted.split('/').next().unwrap_or_default()));
        } else {
            found.push(vec![sample(wanted, ANOTHER)]);
        }
    }
    found.push(if name.contains("IpAddress") {
        one("192.0.2.1")
    } else if name.starts_with("Bool") {
        one(if single.wanted.contains("true") { "false" } else { "true" })
    } else {
        one(ANOTHER)
    });
    // All of them at once, for keys that have several values.
    if operator.each.is_some() && single.wanted.len() > 1 {
        found.push(single.wanted.iter().map(|it| sample(it, ANOTHER)).collect());
    }
    found
}
