//! What the compiler has worked out and nobody has written, beside what it is about: what a declaration may do, how large a pipeline's values get,
//! how long a window waits.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{
    InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip, MarkupContent, MarkupKind, Range,
};
use rustc_hash::FxHashMap;

use super::document::position;
use super::workspace::Snapshot;
use crate::access::{RoleKey, requirement::Requirement, roles::acting};
use crate::check::{self, Size, duration, number};
use crate::library::ActionId;
use crate::platform::{Platform, ResourceId, pipeline::Origin};
use crate::source::{SourceFile, Span, local};

/// Permissions that are shown beside a declaration; the others are in its tooltip.
const SHOWN: usize = 4;

/// The hints of a range of a file, in the order of their places.
pub fn hints(snapshot: &Snapshot, path: &str, wanted: Range) -> Vec<InlayHint> {
    let Some(file) = snapshot.file(path) else { return Vec::new() };
    let here = |span: Span| {
        let line = position(file, local(file, span).start).line;
        file.span().start <= span.start
            && span.end <= file.span().end
            && (wanted.start.line..=wanted.end.line).contains(&line)
    };
    let mut hints = permissions(snapshot, file, &here);
    hints.extend(payloads(&snapshot.analysis.platform, file, &here));
    hints.extend(waits(&snapshot.analysis.platform, file, &here));
    hints.sort_by_key(|hint| (hint.position.line, hint.position.character));
    hints
}

fn hint(file: &SourceFile, at: usize, label: String, tooltip: String) -> InlayHint {
    InlayHint {
        position: position(file, at),
        label: InlayHintLabel::String(label),
        kind: Some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: (!tooltip.is_empty()).then_some(InlayHintTooltip::MarkupContent(MarkupContent {
            kind: MarkupKind::Markdown,
            value: tooltip,
        })),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}

/// The end of the line that a place begins in.
fn line_end(file: &SourceFile, span: Span) -> usize {
    let start = local(file, span).start;
    let rest = file.text.get(start..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    start + line.trim_end().len()
}

/// Beside each declaration that acts as a role of its own: what that role may do by what the declaration does.
fn permissions(snapshot: &Snapshot, file: &SourceFile, here: &dyn Fn(Span) -> bool) -> Vec<InlayHint> {
    let platform = &snapshot.analysis.platform;
    let actors: FxHashMap<RoleKey, ResourceId> = (0..)
        .map(ResourceId)
        .zip(&platform.resources)
        .filter(|(_, resource)| here(resource.span))
        .filter_map(|(id, _)| match acting(platform, id)? {
            key @ RoleKey::Derived(..) => Some((key, id)),
            RoleKey::Declared(_) => None,
        })
        .collect();
    let access = &snapshot.analysis.access;
    let mut taken: BTreeMap<ResourceId, Vec<Taken<'_>>> = BTreeMap::new();
    for one in access.uses.iter().filter(|one| one.requirement.primary) {
        if let Some(id) = actors.get(&one.role) {
            let Requirement { action, resource, on, .. } = &one.requirement;
            taken.entry(*id).or_default().push(Taken { action: *action, on: *on, arn: resource });
        }
    }
    taken.into_iter().map(|(id, taken)| may(platform, file, id, &taken)).collect()
}

/// An action on something.
struct Taken<'a> {
    action: ActionId,
    on: Option<ResourceId>,
    arn: &'a str,
}

fn may(platform: &Platform, file: &SourceFile, id: ResourceId, taken: &[Taken<'_>]) -> InlayHint {
    let sentences: Vec<String> = by_target(platform, taken).into_iter().collect();
    let shown: Vec<&str> = sentences.iter().take(SHOWN).map(String::as_str).collect();
    let more = match sentences.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", … {more} more"),
    };
    let all: String = sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
    let label = format!("may: {}{more}", shown.join(", "));
    hint(file, line_end(file, platform.resource(id).span), label, format!("What it does takes:\n{all}"))
}

/// `s3 read data_lake/raw`: a sentence for each service and thing.
fn by_target(platform: &Platform, all: &[Taken<'_>]) -> BTreeSet<String> {
    // Actions, and the places in it, of each thing.
    let mut actions: BTreeMap<_, (BTreeSet<ActionId>, BTreeSet<&str>)> = BTreeMap::new();
    for one in all {
        // What is no declaration of the program is named by its ARN.
        let thing = if one.on.is_some() { "" } else { one.arn };
        let (taken, places) = actions.entry((one.on, thing)).or_default();
        taken.insert(one.action);
        places.insert(place(platform, one.on, one.arn));
    }
    let mut sentences = BTreeSet::new();
    for ((on, thing), (taken, places)) in actions {
        let below: Vec<&str> = places.into_iter().filter(|place| !place.is_empty()).collect();
        let name = on.map_or_else(|| short(thing), |id| platform.resource(id).name.as_str());
        let name = match below.as_slice() {
            [one] => format!("{name}{one}"),
            _ => name.to_owned(),
        };
        for (service, words) in words(platform, on, &taken) {
            sentences.insert(format!("{service} {} {name}", words.join("+")));
        }
    }
    sentences
}

/// The name in an ARN: `validate` of `arn:aws:lambda:us-east-1:222222222222:function:validate`.
fn short(arn: &str) -> &str {
    let Some(named) = arn.splitn(6, ':').nth(5) else { return arn };
    named.split_once([':', '/']).map_or(named, |(_, name)| name)
}

/// The place in a bucket that an ARN means: `/raw`.
fn place<'a>(platform: &Platform, on: Option<ResourceId>, arn: &'a str) -> &'a str {
    let own = on.and_then(|id| platform.resource(id).arn.as_deref());
    let below = own.and_then(|own| arn.strip_prefix(own)).filter(|below| below.starts_with('/'));
    below.map_or("", |below| below.trim_end_matches('*').trim_end_matches('/'))
}

/// Actions by service, as capabilities of what they are on where those take nothing else.
fn words<'p>(
    platform: &'p Platform,
    on: Option<ResourceId>,
    taken: &BTreeSet<ActionId>,
) -> BTreeMap<&'p str, Vec<&'p str>> {
    let library = &platform.library;
    let kind = on.map(|id| platform.resource(id).kind);
    let mut fitting: Vec<_> = library
        .capabilities
        .iter()
        .filter(|one| Some(one.kind) == kind && !one.actions.is_empty())
        .filter(|one| one.actions.iter().all(|action| taken.contains(action)))
        .collect();
    fitting.sort_by_key(|one| std::cmp::Reverse(one.actions.len()));
    let mut left = taken.clone();
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let service = |action: ActionId| library.service(library.action(action).service).name.as_str();
    for capability in fitting {
        let before = left.len();
        left.retain(|action| !capability.actions.contains(action));
        if let Some(first) = capability.actions.first().filter(|_| left.len() < before) {
            words.entry(service(*first)).or_default().push(&capability.name);
        }
    }
    for action in left {
        words.entry(service(action)).or_default().push(&library.action(action).name);
    }
    words
}

/// Beside a pipeline the largest value that goes between its steps, and beside each `let` what it holds.
fn payloads(platform: &Platform, file: &SourceFile, here: &dyn Fn(Span) -> bool) -> Vec<InlayHint> {
    let mut hints = Vec::new();
    for pipeline in &platform.pipelines {
        let declared = platform.resource(pipeline.resource).span;
        // Its steps may be in the range where its head is not.
        let locals = || pipeline.locals.iter().any(|local| here(local.span));
        if !here(declared) && !locals() {
            continue;
        }
        let Some(payload) = check::payload(platform, pipeline) else { continue };
        if here(declared) && payload.largest != Size::default() {
            let label = format!("values {}", bound(payload.largest));
            let tooltip = format!(
                "The largest value that goes from state to state takes {}. Step Functions takes {} bytes.",
                in_words(payload.largest),
                number(payload.limit)
            );
            hints.push(hint(file, line_end(file, declared), label, tooltip));
        }
        for (local, size) in pipeline.locals.iter().zip(&payload.locals) {
            let is_let = matches!(local.origin, Origin::Value | Origin::Call);
            if is_let && here(local.span) && *size != Size::default() {
                let at = self::local(file, local.span).end;
                let ty = platform.spelled(&local.ty);
                hints.push(hint(file, at, format!(": {ty}, {}", bound(*size)), String::new()));
            }
        }
    }
    hints
}

/// `≤ 2,048 B`; with a `+` where something in it says nothing of its length, which then is not counted.
fn bound(size: Size) -> String {
    match (size.endless || size.open, size.bytes) {
        (false, bytes) => format!("≤ {} B", number(bytes)),
        (true, 0) => "of any length".to_owned(),
        (true, bytes) => format!("{} B + what has no length", number(bytes)),
    }
}

fn in_words(size: Size) -> String {
    let most = format!("{} bytes at most", number(size.bytes));
    match (size.endless, size.open) {
        (true, _) => format!("{most}, beside lists or maps that say nothing of their length"),
        (false, true) => format!("{most}, beside text that says nothing of its length"),
        (false, false) => most,
    }
}

/// Behind a window: when its results come.
fn waits(platform: &Platform, file: &SourceFile, here: &dyn Fn(Span) -> bool) -> Vec<InlayHint> {
    let mut hints = Vec::new();
    for query in &platform.queries {
        let Some(wait) = check::wait(platform, query).filter(|wait| here(wait.place)) else { continue };
        let parts =
            [(wait.window, "window"), (Some(wait.delay), "watermark"), (Some(wait.idle), "idle time")];
        let parts = parts.into_iter().filter_map(|(length, what)| Some((length.filter(|it| *it > 0)?, what)));
        let sum: Vec<String> =
            parts.map(|(length, what)| format!("{} of {what}", duration::literal(length))).collect();
        let label = match wait.total() {
            Some(total) => format!("result within {}", duration::literal(total)),
            None => format!(
                "result when the session ends, and {} later",
                duration::literal(wait.delay + wait.idle)
            ),
        };
        let tooltip = format!("How long after a row its first result can come: {}.", sum.join(", "));
        hints.push(hint(file, line_end(file, wait.place), label, tooltip));
    }
    hints
}
