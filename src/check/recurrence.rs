//! How often a schedule comes round.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::{
    cron::{self, Part},
    field::Made,
};
use crate::platform::ValueKind;

/// A day in milliseconds.
const DAY: u64 = 86_400_000;
/// A minute in milliseconds.
const MINUTE: u64 = 60_000;
/// Four years hold every length of a month and a leap day.
const DAYS_LOOKED_AT: u64 = 1461;

/// The shortest time in milliseconds between two times that a schedule names; `None` where there is one time only, or the expression can't be
/// read. A `cron`'s year is not looked at.
pub fn shortest(schedule: Made<'_>) -> Option<u64> {
    match &*schedule.constructor.name {
        "rate" => match schedule.field("every")?.kind {
            ValueKind::Duration(every) => Some(every),
            _ => None,
        },
        "cron" => match &schedule.field("expression")?.kind {
            ValueKind::Text(expression) => of_cron(expression),
            _ => None,
        },
        _ => None,
    }
}

fn of_cron(expression: &str) -> Option<u64> {
    let parts = cron::parts(expression)?;
    let [minute, hour, month_day, month, week_day, _] = parts.as_slice() else { return None };
    let (minutes, hours) = (values(minute)?, values(hour)?);
    let mut times: Vec<u64> = hours
        .iter()
        .flat_map(|hour| minutes.iter().map(move |minute| u64::from(*hour) * 60 + u64::from(*minute)))
        .collect();
    times.sort_unstable();
    let within = times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).min();
    let (first, last) = (times.first()?, times.last()?);

    let months = values(month)?;
    let start = NaiveDate::from_ymd_opt(2024, 1, 1)?;
    let all = (0..DAYS_LOOKED_AT).filter_map(|day| Some((day, start.checked_add_days(Days::new(day))?)));
    let days: Vec<u64> = all
        .filter(|(_, date)| months.contains(&(date.month() as u16)))
        .filter(|(_, date)| of_month(month_day, *date) && of_week(week_day, *date))
        .map(|(day, _)| day)
        .collect();
    let between = days.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).min();
    let over_night = between.map(|days| days * DAY - (last - first) * MINUTE);
    within.filter(|_| !days.is_empty()).map(|minutes| minutes * MINUTE).into_iter().chain(over_night).min()
}

/// A part of an expression with what was written.
type Written<'a> = (&'a Part, &'a str);

/// The numbers that a part names; `None` where an item is none of `*`, `?`, `5`, `1-5`, `*/15`, `0/15`.
fn values((part, written): &Written<'_>) -> Option<Vec<u16>> {
    let mut all = Vec::new();
    for item in written.split(',') {
        all.extend(part.numbers(item)?);
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

fn of_month((part, written): &Written<'_>, date: NaiveDate) -> bool {
    let last = u32::from(date.num_days_in_month());
    written.split(',').any(|item| match item {
        "?" => true,
        "L" => date.day() == last,
        "LW" => Some(date.day()) == nearest_weekday(date, last),
        _ => match item.strip_suffix('W').and_then(|day| day.parse().ok()) {
            Some(day) => Some(date.day()) == nearest_weekday(date, day),
            None => {
                part.numbers(item).is_some_and(|days| days.iter().any(|day| u32::from(*day) == date.day()))
            }
        },
    })
}

/// The weekday of the month that is closest to one of its days.
fn nearest_weekday(date: NaiveDate, day: u32) -> Option<u32> {
    let last = u32::from(date.num_days_in_month());
    let wanted = date.with_day(day.min(last))?;
    let near = match wanted.weekday() {
        Weekday::Sat if wanted.day() == 1 => wanted.day() + 2,
        Weekday::Sat => wanted.day() - 1,
        Weekday::Sun if wanted.day() == last => wanted.day() - 2,
        Weekday::Sun => wanted.day() + 1,
        _ => wanted.day(),
    };
    Some(near)
}

fn of_week((part, written): &Written<'_>, date: NaiveDate) -> bool {
    let (today, week) = (date.weekday().num_days_from_sunday() + 1, (date.day() - 1) / 7 + 1);
    let is = |day: &str| part.number(day).is_some_and(|day| u32::from(day) == today);
    let in_last_week = date.day() + 7 > u32::from(date.num_days_in_month());
    written.split(',').any(|item| match (item, item.split_once('#'), item.strip_suffix('L')) {
        ("?", ..) => true,
        ("L", ..) => today == 7,
        (_, Some((day, nth)), _) => is(day) && nth.parse() == Ok(week),
        (_, None, Some(day)) => is(day) && in_last_week,
        _ => part.numbers(item).is_some_and(|days| days.iter().any(|day| u32::from(*day) == today)),
    })
}
