//! Functions of times, in the proleptic Gregorian calendar and in UTC.

use super::super::column::Value;
use super::super::time::{DAY, civil_from_days, days_from_civil};
use super::Unit;

const SECOND: i64 = 1_000_000;

/// A date or a timestamp in microseconds since 1970.
pub(super) fn micros(value: &Value) -> Option<i64> {
    match value {
        Value::I32(days) => Some(i64::from(*days) * DAY),
        Value::I64(micros) => Some(*micros),
        _ => None,
    }
}

/// `TO_TIMESTAMP_LTZ(since, digits)`: null before the year 0 and after 9999.
pub(super) fn since(value: &Value, seconds: bool) -> Option<Value> {
    let Value::I64(since) = value else { return None };
    let unit = if seconds { SECOND } else { 1000 };
    let (first, last) = (days_from_civil(0, 1, 1) * DAY, days_from_civil(10_000, 1, 1) * DAY - 1);
    let micros = since.checked_mul(unit)?;
    (first..=last).contains(&micros).then_some(Value::I64(micros))
}

/// `EXTRACT(unit FROM t)`. Flink divides toward zero, so that a time before 1970 has the day that follows, and parts below zero.
pub(super) fn part(unit: Unit, time: &Value) -> Option<i64> {
    // Days are more than microseconds can be counted of.
    let (days, of_day) = match time {
        Value::I32(days) => (i64::from(*days), 0),
        time => (day_of(micros(time)?), micros(time)? % DAY),
    };
    let (year, month, day) = civil_from_days(days);
    Some(match unit {
        Unit::Second => of_day / SECOND % 60,
        Unit::Minute => of_day / (60 * SECOND) % 60,
        Unit::Hour => of_day / (3600 * SECOND),
        Unit::Day => day,
        Unit::Month => month,
        Unit::Quarter => (month + 2) / 3,
        Unit::Year => year,
        // The calendar gets whole milliseconds, rounded down; micros and nanos come from the rest.
        Unit::Millisecond => of_day.div_euclid(1000) % 1000,
        Unit::Microsecond => of_day % SECOND,
        Unit::Nanosecond => of_day % SECOND * 1000,
        Unit::Epoch => days * (DAY / SECOND) + of_day / SECOND,
        Unit::IsoWeekDay => (days + 3).rem_euclid(7) + 1,
        Unit::IsoYear => civil_from_days(thursday(days)).0,
        Unit::Decade => year / 10,
        Unit::Century => (year.abs() + 99) / 100 * year.signum(),
        Unit::Millennium => (year.abs() + 999) / 1000 * year.signum(),
        Unit::YearDay => days - days_from_civil(year, 1, 1) + 1,
        // 1970-01-01 was a Thursday.
        Unit::WeekDay => (days + 4).rem_euclid(7) + 1,
        Unit::Week => iso_week(days),
    })
}

/// The day of a time as Flink's functions of the calendar take it: before 1970 the one that follows, but for midnight.
fn day_of(micros: i64) -> i64 {
    micros / DAY
}

/// The week of ISO 8601: that of the week's Thursday, counted in the Thursday's year.
fn iso_week(days: i64) -> i64 {
    let thursday = thursday(days);
    let (year, _, _) = civil_from_days(thursday);
    (thursday - days_from_civil(year, 1, 1)) / 7 + 1
}

/// The Thursday of a day's week, which is in the year that the week is counted in.
fn thursday(days: i64) -> i64 {
    days - (days + 3).rem_euclid(7) + 3
}

/// The length of a unit whose lengths are all the same, in microseconds.
fn length(unit: Unit) -> Option<i64> {
    match unit {
        Unit::Second => Some(SECOND),
        Unit::Minute => Some(60 * SECOND),
        Unit::Hour => Some(3600 * SECOND),
        Unit::Day => Some(DAY),
        Unit::Week => Some(7 * DAY),
        _ => None,
    }
}

fn months(unit: Unit) -> Option<i64> {
    match unit {
        Unit::Month => Some(1),
        Unit::Quarter => Some(3),
        Unit::Year => Some(12),
        _ => None,
    }
}

/// `FLOOR(t TO unit)`. Weeks begin on Sundays.
pub(super) fn floor(unit: Unit, micros: i64) -> Option<i64> {
    match length(unit).filter(|_| unit != Unit::Week) {
        Some(length) => Some(micros - micros.rem_euclid(length)),
        None => Some(first_day(unit, day_of(micros))? * DAY),
    }
}

/// `CEIL(t TO unit)`. Of weeks, months and years only the day counts: a time of a month's first day is cut to that day's beginning. Of quarters
/// only the year's first day is one's beginning (Calcite's `julianDateFloor`); the first days of the others are cut to the next.
pub(super) fn ceil(unit: Unit, micros: i64) -> Option<i64> {
    if let Some(length) = length(unit).filter(|_| unit != Unit::Week) {
        return Some(micros + (-micros).rem_euclid(length));
    }
    let day = day_of(micros);
    let first = first_day(unit, day)?;
    let whole = if unit == Unit::Quarter { first_day(Unit::Year, day)? } else { first };
    if whole == day {
        return Some(day * DAY);
    }
    let next = if unit == Unit::Week { first + 7 } else { add_months(first, months(unit)?) };
    Some(next * DAY)
}

/// The first day of a day's week, month, quarter or year.
fn first_day(unit: Unit, days: i64) -> Option<i64> {
    if unit == Unit::Week {
        return Some(days - (days + 4).rem_euclid(7));
    }
    let (year, month, _) = civil_from_days(days);
    let all = year * 12 + month - 1;
    let first = all - all.rem_euclid(months(unit)?);
    Some(days_from_civil(first.div_euclid(12), first.rem_euclid(12) + 1, 1))
}

/// So many months later, on the month's last day where it has no such day.
fn add_months(days: i64, count: i64) -> i64 {
    let (year, month, day) = civil_from_days(days);
    let all = year * 12 + month - 1 + count;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    let next = days_from_civil(year + month / 12, month % 12 + 1, 1);
    let last = next - days_from_civil(year, month, 1);
    days_from_civil(year, month, day.min(last))
}

/// `TIMESTAMPADD(unit, count, t)`.
pub(super) fn moved(unit: Unit, count: &Value, time: &Value) -> Option<Value> {
    let Value::I32(count) = count else { return None };
    let count = i64::from(*count);
    if let Value::I32(days) = time {
        let days = i64::from(*days);
        let to = match length(unit) {
            Some(length) => days + count * (length / DAY),
            None => add_months(days, count * months(unit)?),
        };
        return i32::try_from(to).ok().map(Value::I32);
    }
    let from = micros(time)?;
    Some(Value::I64(match length(unit) {
        Some(length) => from.wrapping_add(count.wrapping_mul(length)),
        None => {
            let days = add_months(from.div_euclid(DAY), count * months(unit)?);
            days * DAY + from.rem_euclid(DAY)
        }
    }))
}

/// `TIMESTAMPDIFF(unit, from, to)`: whole units between, toward zero. Milliseconds count.
pub(super) fn between(unit: Unit, from: i64, to: i64) -> Option<i64> {
    let millis = |micros: i64| micros.div_euclid(1000);
    if unit == Unit::Week {
        // Flink counts the seconds in an INT first, which wraps after 68 years.
        let seconds = ((millis(to) - millis(from)) / 1000) as i32;
        return Some(i64::from(seconds / 604_800));
    }
    if let Some(length) = length(unit) {
        return Some((millis(to) - millis(from)) / (length / 1000));
    }
    Some(subtract_months(to, from) / months(unit)?)
}

/// Whole months from one time to another, as Calcite's `DateTimeUtils.subtractMonths` counts them.
fn subtract_months(a: i64, b: i64) -> i64 {
    let ((days_a, rest_a), (days_b, rest_b)) =
        ((a.div_euclid(DAY), a.rem_euclid(DAY)), (b.div_euclid(DAY), b.rem_euclid(DAY)));
    let months = months_between(days_a, days_b);
    let exact = add_months(days_b, months) == days_a;
    months - i64::from(exact && rest_a < rest_b)
}

fn months_between(a: i64, b: i64) -> i64 {
    if a < b {
        return -months_between(b, a);
    }
    let mut months = (a - b) / 31;
    loop {
        if add_months(b, months) >= a || add_months(b, months + 1) > a {
            return months;
        }
        months += 1;
    }
}
