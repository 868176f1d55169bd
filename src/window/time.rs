//! Calendar arithmetic and the texts of dates and timestamps (proleptic Gregorian calendar, UTC).

use serde::{Deserialize, Serialize};

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// `2026-01-31T12:30:00.123`, with `Z` where the type has a zone.
    Iso,
    /// `2026-01-31 12:30:00.123`, with `Z` where the type has a zone: Flink's default in JSON.
    Sql,
}

/// Days from 1970-01-01 to the given day. Month and day are taken as they are.
/// Howard Hinnant's `days_from_civil`.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Year, month and day of a day counted from 1970-01-01.
/// Howard Hinnant's `civil_from_days`.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `2026-01-31`, strictly; days since 1970-01-01.
pub fn parse_date(text: &[u8]) -> Option<i64> {
    let mut cursor = Cursor(text);
    let days = cursor.date()?;
    cursor.0.is_empty().then_some(days)
}

/// A timestamp in the given style; microseconds since the epoch and whether it named its zone.
/// Digits after the sixth of the fraction are cut. Seconds may be left out.
pub fn parse_timestamp(text: &[u8], style: Style) -> Option<(i64, bool)> {
    let mut cursor = Cursor(text);
    let days = cursor.date()?;
    cursor.byte(if style == Style::Iso { b'T' } else { b' ' })?;
    let time = cursor.time()?;
    let local = days * DAY + time;
    match cursor.0 {
        [] => Some((local, false)),
        b"Z" => Some((local, true)),
        _ => {
            let offset = cursor.offset()?;
            cursor.0.is_empty().then_some((local - offset, true))
        }
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn byte(&mut self, want: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == want).then(|| self.0 = rest)
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        head.iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
    }

    fn date(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        self.byte(b'-')?;
        let month = self.number(2)?;
        self.byte(b'-')?;
        let day = self.number(2)?;
        let valid = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        valid.then(|| days_from_civil(year, month, day))
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        let second = if self.byte(b':').is_some() { self.number(2)? } else { 0 };
        let fraction = if self.byte(b'.').is_some() { self.fraction()? } else { 0 };
        let valid = hour < 24 && minute < 60 && second < 60;
        valid.then_some(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    }

    fn fraction(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|c| c.is_ascii_digit()).count();
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        let kept = head.iter().chain(std::iter::repeat(&b'0')).take(6);
        (1..=9).contains(&digits).then(|| kept.fold(0, |n, c| n * 10 + i64::from(c - b'0')))
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0.split_first()? {
            (b'+', rest) => {
                self.0 = rest;
                1
            }
            (b'-', rest) => {
                self.0 = rest;
                -1
            }
            _ => return None,
        };
        let hours = self.number(2)?;
        self.byte(b':')?;
        let minutes = self.number(2)?;
        (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000_000)
    }
}

/// Appends `2026-01-31`.
pub fn write_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    if !(0..=9999).contains(&year) {
        out.push(if year < 0 { b'-' } else { b'+' });
    }
    let year = year.abs();
    if year > 9999 {
        out.extend_from_slice(year.to_string().as_bytes());
    } else {
        write_digits(year, 4, out);
    }
    out.push(b'-');
    write_digits(month, 2, out);
    out.push(b'-');
    write_digits(day, 2, out);
}

/// Appends a timestamp without its zone. `fraction` says how many digits follow the point: at least and at most.
pub fn write_timestamp(micros: i64, style: Style, fraction: (u8, u8), out: &mut Vec<u8>) {
    write_date(micros.div_euclid(DAY), out);
    out.push(if style == Style::Iso { b'T' } else { b' ' });
    let time = micros.rem_euclid(DAY);
    let seconds = time / 1_000_000;
    write_digits(seconds / 3600, 2, out);
    out.push(b':');
    write_digits(seconds / 60 % 60, 2, out);
    out.push(b':');
    write_digits(seconds % 60, 2, out);
    let (least, most) = fraction;
    if most == 0 {
        return;
    }
    let start = out.len();
    out.push(b'.');
    write_digits(time % 1_000_000 / 10_i64.pow(6 - u32::from(most.min(6))), most.min(6).into(), out);
    while out.len() > start + 1 + usize::from(least) && out.last() == Some(&b'0') {
        out.pop();
    }
    if out.len() == start + 1 {
        out.pop();
    }
}

fn write_digits(value: i64, width: u32, out: &mut Vec<u8>) {
    for k in (0..width).rev() {
        out.push(b'0' + (value / 10_i64.pow(k) % 10) as u8);
    }
}

/// Cuts microseconds to a precision of `digits` after the second, towards minus infinity.
pub fn truncate_micros(micros: i64, digits: u8) -> i64 {
    let unit = 10_i64.pow(6_u32.saturating_sub(digits.into()));
    micros.div_euclid(unit) * unit
}
