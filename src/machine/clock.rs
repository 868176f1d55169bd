//! The time of a run, which passes only where something waits or a task says how long it took.

use chrono::{DateTime, SecondsFormat};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Time = i64;

/// A time as Step Functions writes it: `2026-01-01T00:00:00.000Z`.
pub fn timestamp(time: Time) -> String {
    DateTime::from_timestamp_millis(time)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}

/// An ISO 8601 date and time with an offset; seconds may be left out.
pub fn instant(text: &str) -> Option<Time> {
    let parsed = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(&text.replace(['Z', 'z'], "+00:00"), "%Y-%m-%dT%H:%M%:z"));
    parsed.ok().map(|time| time.timestamp_millis())
}

/// Seconds as milliseconds.
pub fn milliseconds(seconds: f64) -> Time {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a longer time than there is ends at the end of time"
    )]
    let whole = (seconds * 1000.0).round() as Time;
    whole.max(0)
}
