//! Whether a transfer can be through in the time that it has: what there is to move, over the line that there is.

use super::each;
use crate::{
    check::{duration, field, recurrence},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, ResourceId, ValueKind},
    source::Span,
};

/// The longest first run that nobody would rather carry over: AWS's rule of thumb for shipping data instead of sending it, a week (FAQ of
/// AWS Snowball, "when should I consider using Snowball"). In milliseconds.
const LONGEST_FIRST_RUN: u64 = 7 * 86_400_000;

/// A number of bytes and where it is written.
type Amount = (u64, Span);

fn size(platform: &Platform, id: ResourceId, name: &str) -> Option<Amount> {
    let value = platform.field(id, name)?;
    match value.kind {
        ValueKind::Size(bytes) => Some((bytes, value.span)),
        _ => None,
    }
}

/// What it may use of the line, in bytes a second.
fn rate(platform: &Platform, id: ResourceId) -> Option<Amount> {
    let all = [size(platform, id, "link"), size(platform, id, "bandwidth")];
    all.into_iter().flatten().min_by_key(|(rate, _)| *rate)
}

/// The least time in milliseconds that an amount takes.
fn time(amount: Amount, rate: Amount) -> u64 {
    let milliseconds = u128::from(amount.0) * 1_000 / u128::from(rate.0.max(1));
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

/// What a run moves once the destination is there.
fn each_time(platform: &Platform, id: ResourceId) -> Option<Amount> {
    let all = super::is(platform, id, "transfer", "all").is_some();
    size(platform, id, if all { "volume" } else { "changes" })
}

/// A run is through before the next one begins.
pub fn runs_end_before_the_next(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (moved, rate) = (each_time(platform, id)?, rate(platform, id)?);
        let schedule = field::made(platform, id, "schedule")?;
        let (takes, interval) = (time(moved, rate), recurrence::shortest(schedule)?);
        (takes > interval).then(|| {
            Diagnostic::error(
                catalogue::SYNC_TOO_OFTEN,
                schedule.span,
                format!(
                    "a run takes at least {}, and the next one begins {} later",
                    duration::about(takes),
                    duration::about(interval)
                ),
                "more often than a run takes",
            )
            .related(moved.1, "this much at each run")
            .related(rate.1, format!("at {} a second", bytes(rate.0)))
            .help(
                "start it less often, copy less (`include`, `transfer = changed`), or give it a faster line",
            )
        })
    });
}

/// The first run, which moves everything, is through before anybody would have carried it over.
pub fn first_runs_end(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (volume, rate) = (size(platform, id, "volume")?, rate(platform, id)?);
        let takes = time(volume, rate);
        let too_long = takes > LONGEST_FIRST_RUN;
        let schedule = field::made(platform, id, "schedule");
        let interval = schedule.and_then(recurrence::shortest);
        let overrun = interval.is_some_and(|interval| takes > interval)
            && super::is(platform, id, "transfer", "all").is_none();
        if !too_long && !overrun {
            return None;
        }
        let message = format!("the first run takes at least {}", duration::about(takes));
        let label = format!("{} at {} a second", bytes(volume.0), bytes(rate.0));
        let help = if too_long {
            "bring the first copy over by AWS Data Transfer Terminal or a partner's devices (Snowball Edge takes no new customers), and let the sync \
             keep it up to date; where programs go on writing files, a Storage Gateway uploads them as they are written"
        } else {
            "start the first run by hand and set the schedule when it is through: runs that should begin meanwhile wait or fail"
        };
        let diagnostic = Diagnostic::warning(catalogue::SYNC_FIRST_RUN, volume.1, message, label).help(help);
        Some(match (overrun, interval.zip(schedule)) {
            (true, Some((interval, schedule))) => diagnostic
                .related(schedule.span, format!("the next one begins {} later", duration::about(interval))),
            _ => diagnostic,
        })
    });
}

/// A promised length of a run can be kept.
pub fn promised_runs_end(platform: &Platform, diagnostics: &mut Diagnostics) {
    each(platform, diagnostics, |id| {
        let (moved, rate) = (each_time(platform, id)?, rate(platform, id)?);
        let promise = platform.field(id, "run_time")?;
        let ValueKind::Duration(promised) = promise.kind else { return None };
        let takes = time(moved, rate);
        (takes > promised).then(|| {
            Diagnostic::error(
                catalogue::SYNC_RUN_TIME,
                promise.span,
                format!("a run takes at least {}", duration::about(takes)),
                format!("promised: {}", duration::literal(promised)),
            )
            .related(moved.1, "this much at each run")
            .related(rate.1, format!("at {} a second", bytes(rate.0)))
            .help(format!(
                "promise `run_time < {}`, copy less, or give it a faster line",
                duration::at_least(takes)
            ))
        })
    });
}

/// A number of bytes in the largest decimal unit of which it is one or more, with one digit behind the point where it needs it.
fn bytes(amount: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| amount >= *unit) else {
        return format!("{amount} bytes");
    };
    let tenths = u128::from(amount) * 10 / u128::from(*unit);
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}
