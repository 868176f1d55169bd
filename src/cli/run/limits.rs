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

/// A whole number above 0 and one of some units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?.parse::<u64>().ok()?, *factor)))?;
    number.checked_mul(factor).filter(|value| *value > 0)
}
