//! An account's root, and when it is applied: what another account's resources name comes first, alone where the rest of its root must still wait.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    platform::{AccountId, Platform},
    target::bundle::{
        map::{Mapped, Resource},
        order::{needed_first, needs, waves},
    },
};

/// What one account's `main.tf.json` declares.
pub struct Root<'a> {
    /// The account's folder.
    pub folder: String,
    /// The account.
    pub account: AccountId,
    /// Its resources, each with the addresses that it waits for, beside what it refers to.
    pub resources: Vec<(&'a Resource<'a>, BTreeSet<String>)>,
}

/// One application of a root.
pub struct Turn {
    /// The account.
    pub account: AccountId,
    /// The addresses that are applied; none means the whole root.
    pub targets: BTreeSet<String>,
}

/// The roots, and the order in which they are applied.
pub struct Plan<'a> {
    /// By account.
    pub roots: Vec<Root<'a>>,
    /// What is done in one step needs nothing of each other.
    pub steps: Vec<Step<'a>>,
}

/// What is done at the same time.
#[derive(Default)]
pub struct Step<'a> {
    /// The roots that are applied.
    pub turns: Vec<Turn>,
    /// The calls that are made, by the index of their file among those left and their ids: later steps wait for them.
    pub calls: Vec<&'a (usize, String)>,
}

/// `aws_s3_bucket.lake`
pub fn address(resource: &Resource<'_>) -> String {
    let data = if resource.looked_up { "data." } else { "" };
    format!("{data}{}.{}", resource.ty, resource.logical)
}

/// Divides the resources among the accounts' roots.
pub fn plan<'a>(platform: &Platform, mapped: &'a Mapped<'a>) -> Plan<'a> {
    let resources = &mapped.resources;
    let needs = needs(resources);
    let waves = waves(resources, &needs, &needed_first(&needs));
    let awaited = mapped.awaited(&needs);
    let mut roots: BTreeMap<AccountId, Root<'a>> = BTreeMap::new();
    for (resource, needs) in resources.iter().zip(&needs).filter(|(it, _)| it.by_call.is_none()) {
        let account = resource.account;
        let root = roots.entry(account).or_insert_with(|| Root {
            folder: platform.account(account).name.to_string(),
            account,
            resources: Vec::new(),
        });
        // What an argument refers to is waited for anyway.
        let others =
            needs.iter().filter(|it| !resource.refers.contains(it)).filter_map(|it| resources.get(*it));
        let others = others.filter(|it| it.account == account && it.by_call.is_none());
        let waits = others.map(address).collect();
        root.resources.push((resource, waits));
    }
    Plan { steps: steps(resources, &needs, &waves, &awaited), roots: roots.into_values().collect() }
}

/// A root is applied as a whole once everything is there that it needs of others, and before that as far as others need it.
fn steps<'a>(
    resources: &'a [Resource<'a>],
    needs: &[BTreeSet<usize>],
    waves: &[usize],
    awaited: &BTreeSet<usize>,
) -> Vec<Step<'a>> {
    let mut last: BTreeMap<AccountId, usize> = BTreeMap::new();
    for (resource, wave) in resources.iter().zip(waves).filter(|(it, _)| it.by_call.is_none()) {
        let wave_of = last.entry(resource.account).or_default();
        *wave_of = (*wave).max(*wave_of);
    }
    let mut turns: BTreeMap<(usize, AccountId), BTreeSet<String>> = BTreeMap::new();
    for (at, (resource, needs)) in resources.iter().zip(needs).enumerate() {
        let by_call = resource.by_call.is_some();
        if by_call && !awaited.contains(&at) {
            continue;
        }
        for need in needs {
            let (Some(needed), Some(wave)) = (resources.get(*need), waves.get(*need)) else { continue };
            let early = last.get(&needed.account).is_some_and(|last| wave < last);
            if (needed.account != resource.account || by_call) && needed.by_call.is_none() && early {
                turns.entry((*wave, needed.account)).or_default().insert(address(needed));
            }
        }
    }
    turns.extend(last.into_iter().map(|(account, wave)| ((wave, account), BTreeSet::new())));
    let mut steps: BTreeMap<usize, Step<'a>> = BTreeMap::new();
    for ((wave, account), targets) in turns {
        steps.entry(wave).or_default().turns.push(Turn { account, targets });
    }
    for at in awaited {
        let (Some(resource), Some(wave)) = (resources.get(*at), waves.get(*at)) else { continue };
        steps.entry(*wave).or_default().calls.extend(resource.by_call.as_ref());
    }
    steps.into_values().collect()
}
