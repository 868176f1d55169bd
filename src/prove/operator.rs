//! The operators of IAM's conditions, with what each compares.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::access::pattern::matches;

/// An operator as it is written: `ForAllValues:StringNotEqualsIfExists`.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// How it takes a key's values one by one.
    pub each: Option<Each>,
    /// Whether it holds for a request that does not have the key.
    pub if_exists: bool,
    /// What it asks.
    pub ask: Ask,
}

/// How an operator takes a key that has several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// One of them is enough.
    Any,
    /// All of them, also where there is none.
    All,
}

/// What an operator asks.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// Whether the key is there at all.
    Null,
    /// Whether a value of the request compares with one of the policy.
    Like(Compare),
    /// Whether it compares with none.
    Unlike(Compare),
}

/// A comparison: the policy's value, then the request's.
pub type Compare = fn(&str, &str) -> bool;

/// The comparisons by their names.
const COMPARISONS: &[(&str, Ask)] = &[
    ("Null", Ask::Null),
    ("StringEquals", Ask::Like(same)),
    ("StringNotEquals", Ask::Unlike(same)),
    ("StringEqualsIgnoreCase", Ask::Like(same_letters)),
    ("StringNotEqualsIgnoreCase", Ask::Unlike(same_letters)),
    ("StringLike", Ask::Like(matches)),
    ("StringNotLike", Ask::Unlike(matches)),
    ("NumericEquals", Ask::Like(|wanted, given| numbers(wanted, given, |a, b| b == a))),
    ("NumericNotEquals", Ask::Unlike(|wanted, given| numbers(wanted, given, |a, b| b == a))),
    ("NumericLessThan", Ask::Like(|wanted, given| numbers(wanted, given, |a, b| b < a))),
    ("NumericLessThanEquals", Ask::Like(|wanted, given| numbers(wanted, given, |a, b| b <= a))),
    ("NumericGreaterThan", Ask::Like(|wanted, given| numbers(wanted, given, |a, b| b > a))),
    ("NumericGreaterThanEquals", Ask::Like(|wanted, given| numbers(wanted, given, |a, b| b >= a))),
    ("DateEquals", Ask::Like(|wanted, given| dates(wanted, given, |a, b| b == a))),
    ("DateNotEquals", Ask::Unlike(|wanted, given| dates(wanted, given, |a, b| b == a))),
    ("DateLessThan", Ask::Like(|wanted, given| dates(wanted, given, |a, b| b < a))),
    ("DateLessThanEquals", Ask::Like(|wanted, given| dates(wanted, given, |a, b| b <= a))),
    ("DateGreaterThan", Ask::Like(|wanted, given| dates(wanted, given, |a, b| b > a))),
    ("DateGreaterThanEquals", Ask::Like(|wanted, given| dates(wanted, given, |a, b| b >= a))),
    ("Bool", Ask::Like(same_letters)),
    ("BinaryEquals", Ask::Like(same)),
    ("IpAddress", Ask::Like(in_range)),
    ("NotIpAddress", Ask::Unlike(in_range)),
    ("ArnEquals", Ask::Like(same_arn)),
    ("ArnLike", Ask::Like(same_arn)),
    ("ArnNotEquals", Ask::Unlike(same_arn)),
    ("ArnNotLike", Ask::Unlike(same_arn)),
];

impl Operator {
    /// Reads an operator; `None` where IAM has none of that name.
    pub fn read(text: &str) -> Option<Self> {
        let (each, rest) = match text.split_once(':') {
            Some(("ForAnyValue", rest)) => (Some(Each::Any), rest),
            Some(("ForAllValues", rest)) => (Some(Each::All), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (_, ask) = COMPARISONS.iter().find(|(known, _)| *known == name)?;
        (!(if_exists && matches!(ask, Ask::Null))).then_some(Self { each, if_exists, ask: *ask })
    }
}

fn same(wanted: &str, given: &str) -> bool {
    wanted == given
}

fn same_letters(wanted: &str, given: &str) -> bool {
    wanted.eq_ignore_ascii_case(given)
}

fn numbers(wanted: &str, given: &str, compare: fn(f64, f64) -> bool) -> bool {
    matches!((wanted.parse(), given.parse()), (Ok(wanted), Ok(given)) if compare(wanted, given))
}

fn dates(wanted: &str, given: &str, compare: fn(f64, f64) -> bool) -> bool {
    matches!((seconds(wanted), seconds(given)), (Some(wanted), Some(given)) if compare(wanted, given))
}

/// Whether the six parts of an ARN match those of a pattern, each for itself.
fn same_arn(wanted: &str, given: &str) -> bool {
    let (mut wanted, mut given) = (wanted.splitn(6, ':'), given.splitn(6, ':'));
    (0..6).all(
        |_| matches!((wanted.next(), given.next()), (Some(pattern), Some(part)) if matches(pattern, part)),
    )
}

/// Whether an address is in a range as `203.0.113.0/24` or `2001:db8::/32`, or the one that is named. None is in a range of the other family:
/// all addresses of IPv4 are ordered before those of IPv6.
fn in_range(wanted: &str, address: &str) -> bool {
    match (range(wanted), address.parse::<IpAddr>()) {
        (Some((first, last)), Ok(address)) => (first..=last).contains(&address),
        _ => false,
    }
}

/// The first and the last address of a range.
pub fn range(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (first, bits) = text.split_once('/').map_or((text, None), |(first, bits)| (first, Some(bits)));
    let open = |width: u32| match bits.map(str::parse::<u32>) {
        None => Some(0),
        Some(Ok(bits)) => width.checked_sub(bits),
        Some(Err(_)) => None,
    };
    match first.parse().ok()? {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(32 - open(32)?).unwrap_or(0);
            let bits = address.to_bits();
            Some((Ipv4Addr::from_bits(bits & !rest).into(), Ipv4Addr::from_bits(bits | rest).into()))
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(128 - open(128)?).unwrap_or(0);
            let bits = address.to_bits();
            Some((Ipv6Addr::from_bits(bits & !rest).into(), Ipv6Addr::from_bits(bits | rest).into()))
        }
    }
}

/// A point in time in seconds since 1970: a number, or a date of ISO 8601 with or without a time (`2026-06-30`, `2026-06-30T12:00:00Z`).
pub fn seconds(text: &str) -> Option<f64> {
    if text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.splitn(3, '-');
    let mut number = |from: i64, to: i64| -> Option<i64> {
        parts.next().map_or(Some(1), |part| part.parse().ok()).filter(|it| (from..=to).contains(it))
    };
    let days = days_since_1970(number(0, 9999)?, number(1, 12)?, number(1, 31)?);
    let of_day = time.map_or(Some(0.0), seconds_of_day)?;
    Some(days as f64 * 86_400.0 + of_day)
}

/// `12:30:00.5Z`, `12:30+02:00`
fn seconds_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0.0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (clock, zone) = (text.get(..at)?, text.get(at + 1..)?);
            let minutes = clock_seconds(zone)?;
            (clock, if text.as_bytes().get(at) == Some(&b'-') { -minutes } else { minutes })
        }
    };
    Some(clock_seconds(clock)? - offset)
}

fn clock_seconds(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0.0))?;
    Some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// Days of the Gregorian calendar, by the count of days in whole cycles of 400 years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    cycle * 146_097 + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - 719_468
}
