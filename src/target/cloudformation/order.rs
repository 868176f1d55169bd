//! What must be there before what, and the stacks that follow from it: a resource stands in the first stack of its account that comes behind
//! everything of other accounts that it names.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::{
    document,
    map::{Mapped, Question, Resource},
};
use crate::platform::{AccountId, Platform};

/// A stack: some resources of one account.
pub struct Stack<'a> {
    /// Its name in CloudFormation, which no other stack of the account has.
    pub name: String,
    /// The account's folder.
    pub folder: String,
    /// Its account.
    pub account: AccountId,
    /// Stacks of one wave need nothing of each other.
    pub wave: usize,
    /// Each behind what it needs.
    pub resources: Vec<&'a Resource<'a>>,
    /// What each must wait for, by logical names.
    pub waits: Vec<BTreeSet<&'a str>>,
    /// The parameters' names, with what each is.
    pub questions: BTreeMap<&'a str, &'a Question>,
}

impl Stack<'_> {
    /// Whether CloudFormation refuses it.
    pub fn too_large(&self, platform: &Platform) -> bool {
        self.resources.len() > limit(platform, "template_resources")
            || document::text(self).len() > limit(platform, "template_object")
    }
}

/// One of CloudFormation's limits.
pub fn limit(platform: &Platform, name: &str) -> usize {
    platform.library.limits.get(name).and_then(|it| usize::try_from(*it).ok()).unwrap_or(usize::MAX)
}

/// The stacks in the order in which they are made.
pub fn stacks<'a>(platform: &Platform, mapped: &'a Mapped<'a>) -> Vec<Stack<'a>> {
    let resources = &mapped.resources;
    let needs = needs(resources);
    let sorted = needed_first(&needs);
    let waves = waves(resources, &needs, &sorted);
    let mut groups: BTreeMap<(usize, AccountId), Vec<usize>> = BTreeMap::new();
    for at in sorted {
        if let (Some(resource), Some(wave)) = (resources.get(at), waves.get(at)) {
            groups.entry((*wave, resource.account)).or_default().push(at);
        }
    }
    let mut counts: BTreeMap<AccountId, usize> = BTreeMap::new();
    let mut stacks = Vec::new();
    let mut wave = 0;
    let mut last = None;
    for ((level, account), members) in groups {
        let parts = parts(platform, resources, members);
        // A part may need the ones before it, and so each has a wave of its own.
        if last.is_some_and(|last| last != level) {
            wave = stacks.iter().map(|stack: &Stack<'_>| stack.wave + 1).max().unwrap_or(0);
        }
        last = Some(level);
        for (nth, part) in parts.into_iter().enumerate() {
            let count = counts.entry(account).and_modify(|count| *count += 1).or_insert(1);
            stacks.push(stack(platform, mapped, &needs, (account, wave + nth, *count), &part));
        }
    }
    stacks.sort_by_key(|stack| (stack.wave, stack.account));
    stacks
}

fn stack<'a>(
    platform: &Platform,
    mapped: &'a Mapped<'a>,
    needs: &[BTreeSet<usize>],
    (account, wave, count): (AccountId, usize, usize),
    members: &[usize],
) -> Stack<'a> {
    let resources = &mapped.resources;
    let asked = members.iter().filter_map(|at| resources.get(*at)).flat_map(|it| &it.parameters);
    let questions =
        asked.filter_map(|name| Some((name.as_str(), mapped.questions.get(&(account, name.clone()))?)));
    let inside: BTreeSet<usize> = members.iter().copied().collect();
    let waits = members.iter().filter_map(|at| {
        let resource = resources.get(*at)?;
        // What a property refers to is waited for anyway.
        let others = needs.get(*at)?.iter().filter(|it| inside.contains(it) && !resource.refers.contains(it));
        Some(others.filter_map(|it| resources.get(*it)).map(|it| it.logical.as_str()).collect())
    });
    let folder = platform.account(account).name.to_string();
    Stack {
        name: format!("dpl-{}-{count}", folder.replace('_', "-")),
        folder,
        account,
        wave,
        waits: waits.collect(),
        questions: questions.collect(),
        resources: members.iter().filter_map(|at| resources.get(*at)).collect(),
    }
}

/// For each resource those that it needs. A need that would close a circle is none: nothing can be made first in it.
fn needs(resources: &[Resource<'_>]) -> Vec<BTreeSet<usize>> {
    let mut made: FxHashMap<&str, usize> = FxHashMap::default();
    for (at, resource) in resources.iter().enumerate() {
        for text in &resource.makes {
            made.entry(text).or_insert(at);
        }
    }
    let named = resources.iter().enumerate().map(|(at, resource)| {
        let mut needs = resource.refers.clone();
        let mut add = |text: &str| needs.extend(made.get(text).copied().filter(|it| *it != at));
        resource.needs.iter().for_each(|text| add(text));
        names(&resource.properties, &mut add);
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
            parts.filter(|(name, _)| *name != "Definition").for_each(|(_, value)| names(value, with));
        }
        _ => {}
    }
}

/// All indices, each behind those that it needs, else in their order.
fn needed_first(needs: &[BTreeSet<usize>]) -> Vec<usize> {
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
fn waves(resources: &[Resource<'_>], needs: &[BTreeSet<usize>], sorted: &[usize]) -> Vec<usize> {
    let mut waves = vec![0; resources.len()];
    let account = |at: usize| resources.get(at).map(|it| it.account);
    // What is referred to stands in the same template, and may so come later than it would have to, and others behind it.
    for _ in 0..=resources.len() {
        let mut changed = false;
        for &at in sorted {
            let before = needs.get(at).into_iter().flatten();
            let least = before
                .map(|it| waves.get(*it).copied().unwrap_or(0) + usize::from(account(*it) != account(at)))
                .max()
                .unwrap_or(0);
            let raised =
                waves.get_mut(at).is_some_and(|wave| std::mem::replace(wave, least.max(*wave)) < least);
            let own = waves.get(at).copied().unwrap_or(0);
            changed |= raised;
            for it in resources.get(at).into_iter().flat_map(|it| &it.refers) {
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

/// Members cut into parts that fit, between resources that nothing behind refers across.
fn parts(platform: &Platform, resources: &[Resource<'_>], members: Vec<usize>) -> Vec<Vec<usize>> {
    let (most, bytes) = (limit(platform, "template_resources"), limit(platform, "template_object"));
    let place: FxHashMap<usize, usize> = members.iter().enumerate().map(|(nth, at)| (*at, nth)).collect();
    let mut reach = members.len();
    let mut cuts = vec![false; members.len()];
    for (nth, at) in members.iter().enumerate().rev() {
        if let Some(cut) = cuts.get_mut(nth) {
            *cut = reach >= nth;
        }
        let refers = resources.get(*at).into_iter().flat_map(|it| &it.refers);
        reach = refers.filter_map(|it| place.get(it)).copied().fold(reach, usize::min);
        if let Some(cut) = cuts.get_mut(nth) {
            *cut = reach >= nth;
        }
    }
    let mut units: Vec<Vec<usize>> = Vec::new();
    for (nth, at) in members.into_iter().enumerate() {
        match units.last_mut() {
            Some(unit) if !cuts.get(nth).copied().unwrap_or(true) => unit.push(at),
            _ => units.push(vec![at]),
        }
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut size = 0;
    for unit in units {
        let more: usize = unit.iter().filter_map(|at| resources.get(*at)).map(document::size).sum();
        match parts.last_mut() {
            Some(part) if part.len() + unit.len() <= most && size + more <= bytes => {
                part.extend(unit);
                size += more;
            }
            _ => {
                size = document::ENVELOPE + more;
                parts.push(unit);
            }
        }
    }
    parts
}
