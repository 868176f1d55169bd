//! What pipelines take from their triggers and callers, and return to them.

use super::{
    At, Class, Entry, Topic, Version,
    pair::Pairs,
    types::{Typed, takes, written},
};
use crate::{
    Analysis,
    platform::{Pipeline, Platform, ResourceId, pipeline::TriggerKind, resource::Noun},
    source::Span,
};

/// Every pipeline that does not take what it took, or returns what nobody expects.
pub fn changes(old: &Analysis, new: &Analysis, pairs: &Pairs) -> Vec<Entry> {
    let mut entries = Vec::new();
    for &(was, is) in &pairs.both {
        let (Some(before), Some(after)) = (pipeline(&old.platform, was), pipeline(&new.platform, is)) else {
            continue;
        };
        let own = new.platform.resource(is).span;
        let found =
            inputs(old, new, before, after, own).into_iter().chain(result(old, new, before, after, own));
        entries.extend(found.map(|(what, at)| Entry {
            class: Class::Breaking,
            topic: Topic::Pipeline,
            subject: format!("pipeline `{}`", old.platform.resource(was).name),
            what,
            details: Vec::new(),
            readers: users(&old.platform, before),
            gain: None,
            at,
        }));
    }
    entries
}

fn pipeline(platform: &Platform, id: ResourceId) -> Option<&Pipeline> {
    match platform.resource(id).noun {
        Noun::Pipeline(at) => platform.pipelines.get(at as usize),
        _ => None,
    }
}

fn inputs(
    old: &Analysis,
    new: &Analysis,
    before: &Pipeline,
    after: &Pipeline,
    own: Span,
) -> Vec<(String, At)> {
    let here = |span| At { version: Version::New, span };
    if before.whole_event != after.whole_event {
        let what =
            "takes its event in another shape: the one parameter, a record, is the whole event".to_owned();
        return vec![(what, here(own))];
    }
    let mut found = Vec::new();
    for param in &after.params {
        let same = match after.whole_event {
            true => before.params.first(),
            false => before.params.iter().find(|it| it.name == param.name),
        };
        let is = Typed { platform: &new.platform, ty: &param.ty };
        match same.map(|it| Typed { platform: &old.platform, ty: &it.ty }) {
            Some(was) if !takes(is, was) => {
                let (to, from) = (written(is), written(was));
                let what = match to == from {
                    true => format!("takes fewer values of `{}`", param.name),
                    false => format!("takes `{}` as {to}, and as {from} before", param.name),
                };
                found.push((what, here(param.span)));
            }
            None if !param.ty.nullable => {
                found.push((format!("demands a new parameter `{}`", param.name), here(param.span)));
            }
            _ => {}
        }
    }
    let gone = before
        .params
        .iter()
        .filter(|it| !after.whole_event && after.params.iter().all(|other| other.name != it.name));
    found.extend(gone.map(|it| {
        (format!("does not take `{}` any more", it.name), At { version: Version::Old, span: it.span })
    }));
    found
}

fn result(
    old: &Analysis,
    new: &Analysis,
    before: &Pipeline,
    after: &Pipeline,
    own: Span,
) -> Option<(String, At)> {
    let was = Typed { platform: &old.platform, ty: before.result.as_ref()? };
    let at = At { version: Version::New, span: own };
    match after.result.as_ref().map(|ty| Typed { platform: &new.platform, ty }) {
        None => Some(("returns nothing any more".into(), at)),
        Some(is) if !takes(was, is) && written(is) == written(was) => {
            Some(("returns values that it did not".into(), at))
        }
        Some(is) if !takes(was, is) => {
            Some((format!("returns {}, and {} before", written(is), written(was)), at))
        }
        Some(_) => None,
    }
}

/// Who starts it: its trigger, and the pipelines that run it.
fn users(platform: &Platform, of: &Pipeline) -> Vec<String> {
    let trigger = of.trigger.as_ref().map(|trigger| match &trigger.kind {
        TriggerKind::Schedule(..) => "its schedule".to_owned(),
        TriggerKind::Event(_) => "its event".to_owned(),
        TriggerKind::Records(pipe) => format!("the rows of `{}`", platform.resource(pipe.stream).name),
    });
    let callers = platform
        .pipelines
        .iter()
        .filter(|it| it.calls().iter().any(|(_, call)| call.runs == Some(of.resource)));
    let mut users: Vec<String> = callers
        .map(|it| format!("pipeline `{}`", platform.resource(it.resource).name))
        .chain(trigger)
        .collect();
    users.sort();
    users
}
