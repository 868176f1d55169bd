//! Where syncs read and write, against each other and against whatever else writes there.

use std::collections::{BTreeMap, BTreeSet};

use super::{each, is};
use crate::{
    check::{
        field,
        place::{Nested, Place, nested},
    },
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId},
    source::Span,
};

/// One end of a sync.
fn end(platform: &Platform, id: ResourceId, field: &str) -> Option<(Place, Span)> {
    let made = field::made(platform, id, field)?;
    Some((Place::of(made)?, made.span))
}

/// One end of every sync.
fn ends(platform: &Platform, field: &str) -> Vec<(Place, (ResourceId, Span))> {
    let all = platform.of_kind("sync");
    all.filter_map(|(id, _)| end(platform, id, field).map(|(place, span)| (place, (id, span)))).collect()
}

/// A sync does not write into what it reads.
pub fn syncs_do_not_feed_themselves(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let ((source, from), (destination, to)) = (end(platform, id, "from")?, end(platform, id, "to")?);
        source.meets(&destination).then(|| {
            Diagnostic::error(
                catalogue::SYNC_LOOP,
                to,
                "one end of the transfer lies in the other",
                if source.holds(&destination) {
                    "it would copy its own copies"
                } else {
                    "it would write over what it reads"
                },
            )
            .related(from, "the other end")
            .help("give the destination a prefix of its own")
        })
    });
}

/// Two syncs do not write to the same place.
pub fn destinations_do_not_overlap(platform: &Platform, diagnostics: &mut Diagnostics) {
    for Nested { outer, inner, .. } in nested(ends(platform, "to")).into_iter().filter(|pair| pair.closest) {
        diagnostics.push(overlap(platform, outer, inner));
    }
}

fn overlap(platform: &Platform, outer: (ResourceId, Span), inner: (ResourceId, Span)) -> Diagnostic {
    let removes = [outer.0, inner.0].into_iter().find(|id| is(platform, *id, "deleted", "remove").is_some());
    let (outer_name, inner_name) = (&platform.resource(outer.0).name, &platform.resource(inner.0).name);
    let help = "give each sync a prefix of its own";
    match removes {
        Some(id) => Diagnostic::error(
            catalogue::SYNC_OVERLAP,
            inner.1,
            format!("`{}` removes what the other sync writes here", platform.resource(id).name),
            format!("`{inner_name}` writes here"),
        ),
        None => Diagnostic::warning(
            catalogue::SYNC_OVERLAP,
            inner.1,
            format!("`{outer_name}` and `{inner_name}` write to the same place"),
            "files of the same name write over each other",
        ),
    }
    .related(outer.1, format!("`{outer_name}` writes here"))
    .help(help)
}

/// A sync that removes what its source does not have writes where nothing else does.
pub fn nothing_is_removed_that_others_write(platform: &Platform, diagnostics: &mut Diagnostics) {
    let removing = platform.of_kind("sync").filter_map(|(id, _)| {
        let removes = is(platform, id, "deleted", "remove")?;
        Some((end(platform, id, "to")?.0, Party::Removes(id, removes)))
    });
    let all = nested(removing.chain(writers(platform)).collect());
    let mut said = BTreeSet::new();
    for Nested { outer, inner, .. } in all {
        let (sync, removes, writer, written) = match (outer, inner) {
            (Party::Removes(sync, removes), Party::Writes(writer, written))
            | (Party::Writes(writer, written), Party::Removes(sync, removes)) => {
                (sync, removes, writer, written)
            }
            _ => continue,
        };
        if said.insert((sync, writer)) {
            diagnostics.push(removed(platform, (sync, removes), (writer, written)));
        }
    }
}

/// Who has to do with a place.
#[derive(Clone, Copy)]
enum Party {
    /// A sync, and its `deleted = remove`.
    Removes(ResourceId, Span),
    /// Somebody else, and where that is said.
    Writes(ResourceId, Span),
}

/// What writes to buckets and is no sync: the code of functions, those who fill tables, the reports of transfers.
fn writers(platform: &Platform) -> Vec<(Place, Party)> {
    let functions = platform.functions.iter().flat_map(|function| {
        let writes = function.writes.iter();
        writes.map(|(place, span)| (Place::in_bucket(place), Party::Writes(function.resource, *span)))
    });
    let tables = platform.tables.iter().filter(|table| !platform.resource(table.resource).external);
    let tables = tables.map(|table| {
        let declared = platform.resource(table.resource).span;
        let span = platform.field(table.resource, "location").map_or(declared, |location| location.span);
        (Place::in_bucket(&table.location), Party::Writes(table.resource, span))
    });
    let reports = platform.of_kind("sync").filter_map(|(id, _)| {
        let report = field::made(platform, id, "report")?;
        Some((Place::in_bucket(report.location()?), Party::Writes(id, report.span)))
    });
    functions.chain(tables).chain(reports).collect()
}

fn removed(platform: &Platform, sync: (ResourceId, Span), writer: (ResourceId, Span)) -> Diagnostic {
    let (name, other) = (&platform.resource(sync.0).name, &platform.resource(writer.0).name);
    Diagnostic::error(
        catalogue::SYNC_REMOVES_OTHERS,
        writer.1,
        format!("`{name}` removes what `{other}` writes"),
        "not at the source, so the next run removes it",
    )
    .related(sync.1, format!("`{name}` removes whatever its source does not have"))
    .help(format!("write `deleted = preserve`, or give `{name}` a destination of its own"))
}

/// What a sync writes does not come back to it by way of others.
pub fn syncs_do_not_circle(platform: &Platform, diagnostics: &mut Diagnostics) {
    let next = successors(platform);
    let mut done: BTreeSet<ResourceId> = BTreeSet::new();
    for (start, _) in platform.of_kind("sync") {
        // The way down from the start: each sync with those that are still to be followed. A stack, since a chain may be long.
        let mut way: Vec<(ResourceId, Vec<ResourceId>)> = vec![(start, followers(&next, start))];
        while let Some((here, open)) = way.last_mut() {
            let here = *here;
            let Some(follower) = open.pop() else {
                done.insert(here);
                way.pop();
                continue;
            };
            if let Some(at) = way.iter().position(|(sync, _)| *sync == follower) {
                let circle: Vec<ResourceId> = way.iter().skip(at).map(|(sync, _)| *sync).collect();
                if circle.len() > 1 {
                    diagnostics.push(circling(platform, &circle));
                }
            } else if !done.contains(&follower) {
                way.push((follower, followers(&next, follower)));
            }
        }
        done.insert(start);
    }
}

/// Which syncs read what a sync writes.
fn successors(platform: &Platform) -> BTreeMap<ResourceId, Vec<ResourceId>> {
    let tagged = |field, writes: bool| {
        ends(platform, field).into_iter().map(move |(place, (id, _))| (place, (id, writes)))
    };
    let mut next: BTreeMap<ResourceId, Vec<ResourceId>> = BTreeMap::new();
    for Nested { outer, inner, .. } in nested(tagged("to", true).chain(tagged("from", false)).collect()) {
        match (outer, inner) {
            ((writer, true), (reader, false)) | ((reader, false), (writer, true)) => {
                next.entry(writer).or_default().push(reader);
            }
            _ => {}
        }
    }
    for readers in next.values_mut() {
        readers.sort();
        readers.dedup();
    }
    next
}

fn followers(next: &BTreeMap<ResourceId, Vec<ResourceId>>, sync: ResourceId) -> Vec<ResourceId> {
    next.get(&sync).cloned().unwrap_or_default()
}

/// Copies that come back. Where each round goes one folder deeper there is no end to it.
fn circling(platform: &Platform, circle: &[ResourceId]) -> Diagnostic {
    let places: Vec<(Place, Place, Span)> = circle
        .iter()
        .filter_map(|id| {
            let ((from, _), (to, span)) = (end(platform, *id, "from")?, end(platform, *id, "to")?);
            Some((from, to, span))
        })
        .collect();
    let following = places.iter().skip(1).chain(places.first());
    let grows = places.iter().zip(following).any(|((_, to, _), (from, ..))| to != from);
    let names: Vec<String> =
        circle.iter().chain(circle.first()).map(|id| format!("`{}`", platform.resource(*id).name)).collect();
    let span = places.first().map(|(.., span)| *span).unwrap_or_default();
    let message = format!("what these syncs copy comes back: {}", names.join(" → "));
    let diagnostic = match grows {
        true => Diagnostic::error(
            catalogue::SYNC_CIRCLE,
            span,
            message,
            "each round copies the copies of the one before",
        ),
        false => Diagnostic::warning(
            catalogue::SYNC_CIRCLE,
            span,
            message,
            "a file deleted on one side comes back from the other",
        ),
    };
    let others = circle.iter().zip(&places).skip(1);
    others
        .fold(diagnostic, |diagnostic, (id, (.., span))| {
            diagnostic.related(*span, format!("`{}` goes on from here", platform.resource(*id).name))
        })
        .help("let the last one write to a place that none of them reads")
}
