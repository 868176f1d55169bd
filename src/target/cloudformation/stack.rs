//! The stacks that follow from what must be there before what: a resource stands in the first stack of its account that comes behind
//! everything of other accounts that it names.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use rustc_hash::FxHashMap;
use serde_json::json;

use super::document;
use crate::{
    platform::{AccountId, Platform},
    target::bundle::{
        map::{Mapped, Question, Resource},
        order::{needed_first, needs, waves},
    },
};

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
    pub questions: BTreeMap<&'a str, Cow<'a, Question>>,
    /// Whether it names no account and may be a set of stacks as well.
    pub is_set: bool,
}

impl Stack<'_> {
    /// Whether CloudFormation refuses its template of so many bytes.
    pub fn too_large(&self, platform: &Platform, bytes: usize) -> bool {
        self.resources.len() > limit(platform, "template_resources")
            || bytes > limit(platform, "template_object")
    }
}

/// An account, and the template of its own there.
type Home<'a> = (AccountId, Option<&'a str>);

fn home<'a>(resource: &'a Resource<'_>) -> Home<'a> {
    (resource.account, resource.apart.as_deref())
}

fn name(platform: &Platform, (account, apart): Home<'_>, count: usize) -> String {
    let account = platform.account(account).name.replace('_', "-");
    match (apart, count) {
        (None, _) => format!("dpl-{account}-{count}"),
        (Some(apart), 1) => format!("dpl-{account}-{apart}"),
        (Some(apart), _) => format!("dpl-{account}-{apart}-{count}"),
    }
}

/// How the id of a resource of a stack is asked for.
pub fn id_of(stack: &str, logical: &str) -> Question {
    Question {
        service: "cloudformation".to_owned(),
        operation: "DescribeStackResource".to_owned(),
        input: json!({ "StackName": stack, "LogicalResourceId": logical }),
        path: "StackResourceDetail.PhysicalResourceId".to_owned(),
    }
}

/// One of CloudFormation's limits.
pub fn limit(platform: &Platform, name: &str) -> usize {
    platform.library.limits.get(name).and_then(|it| usize::try_from(*it).ok()).unwrap_or(usize::MAX)
}

/// The calls that are made between stacks: of which wave, of which file among those left, and which.
pub type Between<'a> = Vec<(usize, &'a (usize, String))>;

/// The stacks in the order in which they are made, and the calls between them.
pub fn stacks<'a>(platform: &Platform, mapped: &'a Mapped<'a>) -> (Vec<Stack<'a>>, Between<'a>) {
    let resources = &mapped.resources;
    let needs = needs(resources);
    let sorted = needed_first(&needs);
    let waves = waves(resources, &needs, &sorted);
    let awaited = mapped.awaited(&needs);
    // A template of its own is one, behind all that any part of it needs.
    let mut latest: BTreeMap<Home<'a>, usize> = BTreeMap::new();
    for (resource, wave) in resources.iter().zip(&waves).filter(|(it, _)| it.apart.is_some()) {
        let last = latest.entry(home(resource)).or_default();
        *last = (*last).max(*wave);
    }
    let mut groups: BTreeMap<(usize, Home<'a>), Vec<usize>> = BTreeMap::new();
    for at in sorted {
        if let (Some(resource), Some(wave)) = (resources.get(at), waves.get(at))
            && (resource.by_call.is_none() || awaited.contains(&at))
        {
            let home = home(resource);
            groups.entry((*latest.get(&home).unwrap_or(wave), home)).or_default().push(at);
        }
    }
    let mut counts: BTreeMap<Home<'a>, usize> = BTreeMap::new();
    let mut names: FxHashMap<usize, String> = FxHashMap::default();
    let mut stacks: Vec<Stack<'a>> = Vec::new();
    let mut between: Between<'a> = Vec::new();
    let mut wave = 0;
    let mut last = None;
    for ((level, home), members) in groups {
        // A part may need the ones before it, and so each has a wave of its own.
        if last.is_some_and(|last| last != level) {
            let so_far = stacks.iter().map(|stack| stack.wave).chain(between.iter().map(|it| it.0));
            wave = so_far.max().map_or(0, |last| last + 1);
        }
        last = Some(level);
        let by_call = members.first().and_then(|at| resources.get(*at)).and_then(|it| it.by_call.as_ref());
        if let Some(call) = by_call {
            between.push((wave, call));
            continue;
        }
        let parts = parts(platform, resources, members);
        for (nth, part) in parts.into_iter().enumerate() {
            let count = counts.entry(home).and_modify(|count| *count += 1).or_insert(1);
            let name = name(platform, home, *count);
            names.extend(part.iter().map(|at| (*at, name.clone())));
            stacks.push(stack(platform, mapped, &needs, (home, wave + nth, name), &part, &names));
        }
    }
    stacks.sort_by_key(|stack| (stack.wave, stack.account));
    (stacks, between)
}

fn stack<'a>(
    platform: &Platform,
    mapped: &'a Mapped<'a>,
    needs: &[BTreeSet<usize>],
    ((account, apart), wave, name): (Home<'a>, usize, String),
    members: &[usize],
    names: &FxHashMap<usize, String>,
) -> Stack<'a> {
    let resources = &mapped.resources;
    let asked = members.iter().filter_map(|at| resources.get(*at)).flat_map(|it| &it.parameters);
    let questions = asked.filter_map(|name| {
        Some((name.as_str(), Cow::Borrowed(mapped.questions.get(&(account, name.clone()))?)))
    });
    let inside: BTreeSet<usize> = members.iter().copied().collect();
    // What it refers to in another stack of its account is a parameter of the same name.
    let others = members.iter().filter_map(|at| resources.get(*at)).flat_map(|it| &it.refers);
    let others = others.filter(|it| !inside.contains(it)).filter_map(|it| {
        let logical = &resources.get(*it)?.logical;
        Some((logical.as_str(), Cow::Owned(id_of(names.get(it)?, logical))))
    });
    let waits = members.iter().filter_map(|at| {
        let resource = resources.get(*at)?;
        // What a property refers to is waited for anyway.
        let others = needs.get(*at)?.iter().filter(|it| inside.contains(it) && !resource.refers.contains(it));
        Some(others.filter_map(|it| resources.get(*it)).map(|it| it.logical.as_str()).collect())
    });
    Stack {
        name,
        folder: platform.account(account).name.to_string(),
        account,
        wave,
        waits: waits.collect(),
        questions: questions.chain(others).collect(),
        is_set: apart.is_some(),
        resources: members.iter().filter_map(|at| resources.get(*at)).collect(),
    }
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
