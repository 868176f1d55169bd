//! Keys that are forgotten once they are most of what there is.

use super::super::super::keys::Keys;
use std::collections::BTreeSet;

/// Fewer rows and keys than this are never tidied up.
pub(super) const FEW: usize = 4096;

/// Forgets the keys of which nothing is known any more, with their timers, once there are `next` keys and those are most of them. The others are
/// renumbered.
pub(super) fn forget_keys<S>(
    keys: &mut Keys,
    states: &mut Vec<S>,
    timers: &mut BTreeSet<(i64, u32)>,
    next: &mut usize,
    is_live: impl Fn(&S) -> bool,
) {
    if keys.len() < *next {
        return;
    }
    let live: Vec<bool> = states.iter().map(&is_live).collect();
    if live.iter().filter(|live| **live).count() * 2 < live.len() {
        let numbers = keys.retain(&live);
        states.retain(is_live);
        let renumbered = std::mem::take(timers).into_iter().filter_map(|(when, key)| {
            let live = live.get(key as usize) == Some(&true);
            numbers.get(key as usize).filter(|_| live).map(|number| (when, *number))
        });
        *timers = renumbered.collect();
    }
    *next = FEW.max(keys.len() * 2);
}
