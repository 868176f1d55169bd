//! Rules between the fields of a sync, which AWS enforces when the task is made, or only when it runs.

mod places;
mod rate;

pub use places::{
    destinations_do_not_overlap, nothing_is_removed_that_others_write, syncs_do_not_circle,
    syncs_do_not_feed_themselves,
};
pub use rate::{first_runs_end, promised_runs_end, runs_end_before_the_next};

use super::field::{self, Made};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, Value, ValueKind},
    source::Span,
};

/// The most characters that all patterns of a filter have together, with the `|` between them.
const LONGEST_FILTER: usize = 102_400;

/// The shortest time between two runs, in milliseconds.
const SHORTEST_INTERVAL: u64 = 3_600_000;

/// Applies a rule to each sync.
fn each(platform: &Platform, diagnostics: &mut Diagnostics, rule: impl Fn(ResourceId) -> Option<Diagnostic>) {
    for (id, _) in platform.of_kind("sync") {
        rule(id).into_iter().for_each(|diagnostic| diagnostics.push(diagnostic));
    }
}

/// The word that a sync's option has, the place of one that is written, and AWS's default where it is not.
fn option<'a>(
    platform: &'a Platform,
    id: ResourceId,
    name: &str,
    default: &'a str,
) -> (&'a str, Option<Span>) {
    field::word(platform, id, name).map_or((default, None), |(word, span)| (word, Some(span)))
}

fn is(platform: &Platform, id: ResourceId, field: &str, word: &str) -> Option<Span> {
    field::word(platform, id, field).filter(|(found, _)| *found == word).map(|(_, span)| span)
}

/// The time of the last access goes with that of the last change.
pub fn times_are_kept_together(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (mtime, mtime_at) = option(platform, id, "mtime", "preserve");
        let (atime, atime_at) = option(platform, id, "atime", "best_effort");
        let span = mtime_at.or(atime_at)?;
        match (mtime, atime) {
            ("preserve", "none") => {
                Some(times_apart(atime_at.unwrap_or(span), "atime = best_effort", "mtime = none"))
            }
            ("none", "best_effort") => {
                Some(times_apart(mtime_at.unwrap_or(span), "mtime = preserve", "atime = none"))
            }
            _ => None,
        }
    });
}

fn times_apart(span: Span, keep: &str, drop: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::SYNC_TIMES,
        span,
        "DataSync keeps both the time of the last access and that of the last change, or neither",
        "only one of the two is kept",
    )
    .help(format!("write `{keep}` to keep both, or `{drop}` beside it to keep neither"))
}

/// What is removed at the destination must have been compared.
pub fn removal_needs_comparison(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let removed = is(platform, id, "deleted", "remove")?;
        let all = is(platform, id, "transfer", "all")?;
        Some(
            Diagnostic::error(
                catalogue::SYNC_REMOVE,
                removed,
                "`deleted = remove` does not go with `transfer = all`",
                "nothing is compared, so that nothing can be found missing",
            )
            .related(all, "everything is copied unseen")
            .help("write `transfer = changed`, or `deleted = preserve`"),
        )
    });
}

/// Enhanced mode has no `mtime = none` and no whole verification.
pub fn enhanced_mode_keeps_times(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let enhanced = is(platform, id, "mode", "enhanced")?;
        let (span, has, mend) = match is(platform, id, "mtime", "none") {
            Some(span) => (span, "mtime = none", "write `mtime = preserve`"),
            None => {
                let span = is(platform, id, "verify", "point_in_time_consistent")?;
                (span, "verify = point_in_time_consistent", "write `verify = only_files_transferred`")
            }
        };
        Some(
            Diagnostic::error(
                catalogue::SYNC_ENHANCED,
                span,
                format!("enhanced mode has no `{has}`"),
                "not in enhanced mode",
            )
            .related(enhanced, "the mode is chosen here")
            .help(format!("{mend}, or `mode = basic`")),
        )
    });
}

/// What is archived at once can't be read again to verify it.
pub fn archived_objects_are_not_read_again(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let class = field::made(platform, id, "to")?.field("class")?;
        let name =
            field::variant(platform, class).filter(|name| matches!(*name, "glacier" | "deep_archive"))?;
        let basic = is(platform, id, "mode", "enhanced").is_none();
        let default = if basic { "point_in_time_consistent" } else { "only_files_transferred" };
        let (verify, written) = option(platform, id, "verify", default);
        (verify == "point_in_time_consistent").then(|| {
            let diagnostic = Diagnostic::error(
                catalogue::SYNC_ARCHIVED,
                written.unwrap_or(class.span),
                format!("objects of class `{name}` can't be verified as a whole"),
                if written.is_some() {
                    "reads every object at the destination again"
                } else {
                    "verified as a whole by default"
                },
            )
            .help("write `verify = only_files_transferred`");
            match written {
                Some(span) => diagnostic.fix(span, "only_files_transferred"),
                None => diagnostic,
            }
        })
    });
}

/// Some options mean something between certain places only.
pub fn options_fit_their_places(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (from, to) = (field::made(platform, id, "from")?, field::made(platform, id, "to")?);
        let both = |property: &str| from.is(property) && to.is(property);
        let wants = |field: &'static str, fits: bool| {
            field::word(platform, id, field)
                .filter(|(word, _)| *word != "none" && !fits)
                .map(|(_, span)| (field, span))
        };
        let windows =
            wants("security", both("windows")).map(|at| (at, "between SMB shares and FSx for Windows"));
        let tags = wants("object_tags", both("objects")).map(|at| (at, "between object stores"));
        let metadata = wants("object_metadata", both("objects")).map(|at| (at, "between object stores"));
        let devices = wants("devices", !to.is("no_devices") && !from.is("no_devices"))
            .map(|at| (at, "where no end is EFS"));
        let ((option, span), place) = windows.or(tags).or(metadata).or(devices)?;
        Some(
            Diagnostic::error(
                catalogue::SYNC_OPTION,
                span,
                format!("`{option}` works only {place}"),
                format!("here it is from `{}` to `{}`", from.constructor.name, to.constructor.name),
            )
            .help(format!("leave `{option}` out")),
        )
    });
}

/// What is copied as a whole each time is copied many times.
pub fn scheduled_syncs_copy_changes(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let all = is(platform, id, "transfer", "all")?;
        let schedule = platform.field(id, "schedule")?;
        Some(
            Diagnostic::warning(
                catalogue::SYNC_COPIES_ALL,
                all,
                "everything is copied again at each run, whether it changed or not",
                "copies all of it each time",
            )
            .related(schedule.span, "each run of this schedule")
            .help("write `transfer = changed`, unless the destination may hold what differs unnoticed"),
        )
    });
}

/// One end of a transfer is in AWS.
pub fn one_end_is_in_aws(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (from, to) = (field::made(platform, id, "from")?, field::made(platform, id, "to")?);
        (!from.is("in_aws") && !to.is("in_aws")).then(|| {
            Diagnostic::error(
                catalogue::SYNC_OUTSIDE,
                to.span,
                format!(
                    "DataSync moves nothing from `{}` to `{}`",
                    from.constructor.name, to.constructor.name
                ),
                "neither end is in AWS",
            )
            .related(from.span, "the other end")
            .help("let one end be a bucket, EFS or FSx, and go on from there with a second sync")
        })
    });
}

/// An object store's access key has two halves.
pub fn access_keys_are_whole(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let ends = [field::made(platform, id, "from"), field::made(platform, id, "to")];
        let half = ends.into_iter().flatten().find_map(|end| {
            let half = |has: &'static str, lacks: &'static str| {
                let known = end.constructor.fields.iter().any(|field| field.name == lacks);
                end.field(has)
                    .filter(|_| known && end.field(lacks).is_none())
                    .map(|value| (value.span, has, lacks))
            };
            half("access_key", "secret_key").or_else(|| half("secret_key", "access_key"))
        });
        let (span, has, lacks) = half?;
        Some(
            Diagnostic::error(
                catalogue::SYNC_HALF_KEY,
                span,
                format!("`{has}` is given without `{lacks}`"),
                "one half of a key",
            )
            .help(format!(
                "add `{lacks} = {}`",
                if lacks == "secret_key" { "secret(\"…\")" } else { "\"…\"" }
            )),
        )
    });
}

/// Patterns are what DataSync takes for one.
pub fn filters_are_patterns(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (id, _) in platform.of_kind("sync") {
        for name in ["include", "exclude"] {
            let Some(filter) = platform.field(id, name) else { continue };
            let ValueKind::List(patterns) = &filter.kind else { continue };
            let faults = patterns.iter().filter_map(|pattern| bad_pattern(pattern, name == "include"));
            faults.for_each(|fault| diagnostics.push(fault));
            let length: usize = patterns.iter().filter_map(text).map(|text| text.chars().count() + 1).sum();
            if length > LONGEST_FILTER + 1 {
                diagnostics.push(
                    Diagnostic::error(
                        catalogue::SYNC_PATTERN,
                        filter.span,
                        format!(
                            "the patterns of `{name}` have {} characters together, {LONGEST_FILTER} at most",
                            length - 1
                        ),
                        "too long",
                    )
                    .help("name folders instead of files, or give a `manifest`"),
                );
            }
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match &value.kind {
        ValueKind::Text(text) => Some(text),
        _ => None,
    }
}

fn bad_pattern(pattern: &Value, include: bool) -> Option<Diagnostic> {
    let written = text(pattern)?;
    let plain = written.replace("\\\\", "").replace("\\|", "").replace("\\*", "");
    let (message, label, help) = if written.is_empty() {
        ("a pattern is empty", "matches nothing", "leave it out".to_owned())
    } else if written.contains('\0') || written.contains('\n') {
        (
            "a pattern holds a character that no path has",
            "not a pattern",
            "leave the character out".to_owned(),
        )
    } else if plain.contains('|') {
        let parts: Vec<String> = written.split('|').map(|part| format!("\"{part}\"")).collect();
        (
            "`|` stands between patterns, not in one",
            "two patterns in one",
            format!("write {}, or `\\\\|` for the character itself", parts.join(", ")),
        )
    } else if include && plain.trim_end_matches('*').contains('*') {
        (
            "in `include` a `*` stands at the end only",
            "a `*` before the end",
            "name the folder and end it with `*`: `\"/folder*\"`".to_owned(),
        )
    } else {
        return None;
    };
    Some(Diagnostic::error(catalogue::SYNC_PATTERN, pattern.span, message, label).help(help))
}

/// A schedule is one that DataSync can keep: hourly at most, and recurring.
pub fn schedules_are_hourly_at_most(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let schedule = field::made(platform, id, "schedule")?;
        match &*schedule.constructor.name {
            "at" => Some(bad_schedule(
                schedule.span,
                "DataSync starts a task again and again, not once",
                "once only",
                "leave `schedule` out and start the task by hand, or write `cron(…)`",
            )),
            "rate" => match schedule.field("every")?.kind {
                ValueKind::Duration(every) if every < SHORTEST_INTERVAL => Some(too_often(schedule)),
                _ => None,
            },
            "cron" => {
                let minutes = schedule.field("expression").and_then(text)?.split_whitespace().next()?;
                (minutes.parse::<u8>().is_err()).then(|| too_often(schedule))
            }
            _ => None,
        }
    });
}

fn too_often(schedule: Made<'_>) -> Diagnostic {
    bad_schedule(
        schedule.span,
        "DataSync starts a task once an hour at most",
        "more often than hourly",
        "name one minute of the hour, or write `rate(1h)`",
    )
}

fn bad_schedule(span: Span, message: &str, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(catalogue::SYNC_SCHEDULE, span, message, label).help(help)
}
