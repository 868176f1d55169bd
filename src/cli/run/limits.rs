//! Times and sizes as they are written on the command line.

use std::time::Duration;

/// `500ms`, `10s`, `5m`, `1h`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
    scaled(text, &units)
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a time like 500ms, 10s, 5m".to_owned())
}

/// `65536`, `64KiB`, `512MiB`, `2GiB`.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    let size = scaled(text, &units).and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| "expected a size like 65536, 64KiB, 512MiB, 2GiB".to_owned())
}

/// Where a live stream is read from by a run that has no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// What comes from now on.
    Latest,
    /// All that the stream still has.
    Earliest,
    /// What came at that time or after it, in milliseconds since the epoch.
    At(i64),
}

/// `latest`, `earliest`, `2026-01-31T12:00:00Z`.
pub(super) fn start(text: &str) -> Result<Start, String> {
    match text {
        "latest" => Ok(Start::Latest),
        "earliest" => Ok(Start::Earliest),
        time => chrono::DateTime::parse_from_rfc3339(time)
            .map(|time| Start::At(time.timestamp_millis()))
            .map_err(|_| "expected `latest`, `earliest`, or a time like 2026-01-31T12:00:00Z".to_owned()),
    }
}

/// A whole number above 0 and one of some units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?.parse::<u64>().ok()?, *factor)))?;
    number.checked_mul(factor).filter(|value| *value > 0)
}
