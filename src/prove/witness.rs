//! Circumstances under which a request is allowed: contexts in which every key that conditions ask about has a value of each kind that they tell
//! apart, or none. Where all kinds of all keys were tried and none is allowed, that is proof that it can't be.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::{
    answer::Candidate,
    cells::cells,
    condition::{Single, Truth, unknown},
    decide::{Decision, Policies, Question, applies},
};

/// The most contexts that are tried.
const MOST_CONTEXTS: usize = 4096;

/// What trying told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// There is a context in which the request is allowed.
    Found,
    /// There is none.
    Impossible,
    /// None was found, and not all were tried.
    Missed,
}

/// Looks for a context in which a request is allowed.
pub fn witness(policies: &Policies<'_, '_>, question: &Question<'_>) -> Witness {
    let (candidates, mut complete) = candidates(policies, question);
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
            return Witness::Found;
        }
        tried += 1;
        let more = advance(&mut chosen, &candidates);
        if !more || tried >= MOST_CONTEXTS {
            complete &= !more;
            return if complete { Witness::Impossible } else { Witness::Missed };
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

/// The keys of which nothing is known and that statements about the request ask for, with the values to try; whether these are all that there are.
fn candidates(policies: &Policies<'_, '_>, question: &Question<'_>) -> (Vec<Candidate>, bool) {
    let mut keys: BTreeMap<SmolStr, Vec<Single<'_>>> = BTreeMap::new();
    for (_, statement) in policies.statements(question) {
        if applies(statement, question) != Truth::Unknown {
            continue;
        }
        for single in unknown(&statement.conditions, question.context) {
            let same = keys.entry(SmolStr::from(single.key.to_ascii_lowercase())).or_default();
            if !same.contains(&single) {
                same.push(single);
            }
        }
    }
    let mut complete = true;
    let mut candidates = Vec::with_capacity(keys.len());
    for (key, singles) in keys {
        let cells = cells(&singles);
        complete &= cells.complete;
        candidates.push((key, cells.values));
    }
    (candidates, complete)
}

/// Values that make a condition hold, and values that don't.
pub fn values_of(single: &Single<'_>) -> Vec<Vec<SmolStr>> {
    cells(std::slice::from_ref(single)).values
}
