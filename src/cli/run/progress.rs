//! A line on a terminal that tells how far a run is, and the summary at its end.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant, SystemTime};

use dpl::run::{Progress, Summary};

use crate::cli::report;

/// The time between two states of the line.
const PAUSE: Duration = Duration::from_millis(200);

/// The line, and the clock.
pub(super) struct Meter {
    started: Instant,
    began: SystemTime,
    /// Rows that were read before.
    before: u64,
    shown: Option<Instant>,
    on_terminal: bool,
}

impl Meter {
    /// Starts the clock; so many rows were read by runs before.
    pub(super) fn start(before: u64) -> Self {
        Self {
            started: Instant::now(),
            began: SystemTime::now(),
            before,
            shown: None,
            on_terminal: stderr().is_terminal(),
        }
    }

    /// Rewrites the line from time to time.
    pub(super) fn show(&mut self, progress: Progress) {
        let now = Instant::now();
        let last = self.shown.unwrap_or(self.started);
        if self.on_terminal && now.duration_since(last) >= PAUSE {
            self.shown = Some(now);
            let rate = self.rate(progress.rows);
            let megabytes = progress.bytes >> 20;
            report::error(&format!(
                "\r\u{1b}[2K{} rows, {megabytes} MiB, {rate} rows/s",
                grouped(progress.rows)
            ));
        }
    }

    /// When it was started.
    pub(super) fn began(&self) -> SystemTime {
        self.began
    }

    /// Clears the line away.
    pub(super) fn clear(&mut self) {
        if self.shown.take().is_some() {
            report::error("\r\u{1b}[2K");
        }
    }

    fn rate(&self, rows: u64) -> String {
        let micros = self.started.elapsed().as_micros().max(1);
        let rate = u128::from(rows.saturating_sub(self.before)).saturating_mul(1_000_000) / micros;
        grouped(u64::try_from(rate).unwrap_or(u64::MAX))
    }

    /// What the run did. Late and rejected rows that are written nowhere are told with the option that would keep them.
    pub(super) fn summary(&self, summary: &Summary, lost: &[(&str, u64)]) -> String {
        let counted = [
            ("rows in", grouped(summary.rows_in)),
            ("late", grouped(summary.late)),
            ("rejected", grouped(summary.rejected)),
            ("windows", grouped(summary.windows)),
            ("rows out", grouped(summary.rows_out)),
            ("rows/s", self.rate(summary.rows_in)),
        ];
        let widest = counted.iter().map(|(_, count)| count.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (name, count) in counted {
            let _ = writeln!(text, "{name:<9} {count:>widest$}");
            if name == "rejected" {
                for reject in &summary.first_rejected {
                    let _ = writeln!(text, "  line {}: {}", reject.line, reject.reason);
                }
            }
        }
        let _ = writeln!(
            text,
            "most state: {} in {} groups of {} windows",
            bytes(summary.most_memory),
            grouped(summary.most_groups as u64),
            grouped(summary.most_windows as u64)
        );
        for (stream, rows) in lost.iter().filter(|(_, rows)| *rows > 0) {
            let rows = grouped(*rows);
            let _ =
                writeln!(text, "note: {rows} for `{stream}` were not kept; `--to {stream}=FILE` keeps them");
        }
        report::printable(&text)
    }
}

/// A number of bytes in the unit that suits.
fn bytes(count: usize) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", grouped((count >> 20) as u64)),
    }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
