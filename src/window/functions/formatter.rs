//! Times by a form, as `java.time.format.DateTimeFormatter` writes and reads them, in its strict way of reading and its smart way of resolving.

use super::super::time::{DAY, civil_from_days, days_from_civil, days_in_month, parse_date};
use super::form::{Field, Form, Moment, Part, write_padded};
use super::simple::Day;
use std::sync::LazyLock;

/// `DATE_FORMAT(t, form)`.
pub(super) fn format(micros: i64, form: &Form) -> String {
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (year, month, day) = civil_from_days(days);
    let moment = Moment { month, day, second_of_day: of_day / 1_000_000 };
    form.write(&moment, |field, count, to| match field {
        Field::EraYear => write_year(if year > 0 { year } else { 1 - year }, count, to),
        Field::Year => write_year(year, count, to),
        Field::Fraction => {
            let digits = format!("{:06}000", of_day % 1_000_000);
            to.push_str(digits.get(..usize::from(count)).unwrap_or(&digits));
        }
        _ => write_padded(days - days_from_civil(year, 1, 1) + 1, count, to),
    })
}

fn write_year(year: i64, count: u8, to: &mut String) {
    let width = usize::from(count);
    let digits = year.unsigned_abs();
    if count == 2 {
        to.push_str(&format!("{:02}", digits % 100));
        return;
    }
    let long = digits.to_string().len() > width;
    to.push_str(match year {
        ..0 => "-",
        _ if count >= 4 && long => "+",
        _ => "",
    });
    to.push_str(&format!("{digits:0width$}"));
}

/// What was read of a time.
#[derive(Clone, Copy, Default)]
struct Read {
    era_year: Option<i64>,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    nanos: Option<i64>,
}

impl Read {
    /// Notes a value; false where another one was read of the same field.
    fn set(&mut self, field: Field, value: i64) -> bool {
        let place = match field {
            Field::EraYear => &mut self.era_year,
            Field::Year => &mut self.year,
            Field::Month => &mut self.month,
            Field::Day => &mut self.day,
            Field::Hour => &mut self.hour,
            Field::Minute => &mut self.minute,
            Field::Second => &mut self.second,
            _ => &mut self.nanos,
        };
        *place.get_or_insert(value) == value
    }

    /// The time in microseconds, of whole milliseconds: what is missing is that of 1970-01-01. A day that the month does not have is its last, up to 31.
    fn time(&self) -> Option<i64> {
        let year = match self.era_year {
            Some(year) => (year > 0).then_some(year)?,
            None => self.year.unwrap_or(1970),
        };
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let fits = year.abs() <= 999_999_999 && (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(())?;
        let days = days_from_civil(year, month, day.min(days_in_month(year, month)));
        let dated =
            (self.year.is_some() || self.era_year.is_some()) && self.month.is_some() && self.day.is_some();
        let [hour, minute, second, nanos] =
            [self.hour, self.minute, self.second, self.nanos].map(|part| part.unwrap_or(0));
        // The end of a day that was read is the next one's beginning, that of none its own.
        let ends = (hour, minute, second, nanos) == (24, 0, 0, 0);
        let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
        (fits || ends).then_some(())?;
        let of_day = if ends && !dated { 0 } else { (hour * 60 + minute) * 60 + second };
        let seconds = i128::from(days) * 86_400 + i128::from(of_day);
        // Milliseconds are kept. What lies beyond is the latest or earliest, which `within` finds.
        let millis = seconds * 1000 + i128::from(nanos / 1_000_000);
        Some(i64::try_from(millis * 1000).unwrap_or(if millis < 0 { i64::MIN } else { i64::MAX }))
    }
}

/// Whether a time is one that the operator can hold.
pub(super) fn within(micros: i64) -> bool {
    micros != i64::MIN && micros != i64::MAX
}

/// `TO_TIMESTAMP(text, form)`; what is not of the form is read as `java.sql.Timestamp` and `java.sql.Date` do.
pub(super) fn parse(text: &str, form: &Form) -> Option<i64> {
    by_form(text, form).or_else(|| by_hand(text.trim_matches(|letter| letter <= ' ')))
}

fn by_form(text: &str, form: &Form) -> Option<i64> {
    let mut read = Read::default();
    let rest = parts(text, &form.0, &mut read)?;
    if rest.is_empty() { read.time() } else { None }
}

/// What `TO_TIMESTAMP(text)` reads.
static PLAIN: LazyLock<Form> = LazyLock::new(|| {
    let one_or_two = |field| [2, 1].map(|count| Part::Optional(vec![Part::Field(field, count)]));
    let colon = || [Part::Text(":".to_owned())];
    let dash = || [Part::Text("-".to_owned())];
    let mut time = vec![Part::Text(" ".to_owned())];
    time.extend(one_or_two(Field::Hour).into_iter().chain(colon()));
    time.extend(one_or_two(Field::Minute).into_iter().chain(colon()));
    time.extend(one_or_two(Field::Second));
    time.push(Part::AnyFraction);
    let mut all = vec![Part::Field(Field::EraYear, 4)];
    all.extend(dash().into_iter().chain(one_or_two(Field::Month)));
    all.extend(dash().into_iter().chain(one_or_two(Field::Day)));
    all.push(Part::Optional(time));
    Form(all)
});

/// `TO_TIMESTAMP(text)`.
pub(super) fn parse_plain(text: &str) -> Option<i64> {
    by_form(text, &PLAIN)
}

/// Reads parts from a text; what is left of it.
fn parts<'a>(text: &'a str, parts: &[Part], read: &mut Read) -> Option<&'a str> {
    let mut rest = text;
    for (at, part) in parts.iter().enumerate() {
        rest = match part {
            Part::Text(plain) => rest.strip_prefix(plain.as_str())?,
            Part::Optional(inner) => {
                let before = *read;
                self::parts(rest, inner, read).unwrap_or_else(|| {
                    *read = before;
                    rest
                })
            }
            Part::AnyFraction => any_fraction(rest, read)?,
            Part::Field(field, count) => {
                let behind = parts.get(at + 1..).unwrap_or_default();
                number(rest, (*field, *count), follows(parts.get(..at).unwrap_or_default(), behind), read)?
            }
        };
    }
    Some(rest)
}

/// How numbers of fixed width stand around a number.
struct Around {
    /// It is of the width that is written since it stands behind another.
    fixed: bool,
    /// How many digits those behind it take.
    behind: usize,
}

fn follows(before: &[Part], behind: &[Part]) -> Around {
    let is_number = |part: &&Part| matches!(part, Part::Field(..));
    let is_fixed = |part: &&Part| matches!(part, Part::Field(field, count) if fixed_width(*field, *count));
    let width = |part: &Part| match part {
        Part::Field(_, count) => usize::from(*count),
        _ => 0,
    };
    Around {
        fixed: before.last().as_ref().is_some_and(is_number),
        behind: behind.iter().take_while(is_fixed).map(width).sum(),
    }
}

/// Whether a number is always of its width: two letters, but for years of more.
fn fixed_width(field: Field, count: u8) -> bool {
    count == 2 || field == Field::Fraction
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn number<'a>(
    text: &'a str,
    (field, count): (Field, u8),
    around: Around,
    read: &mut Read,
) -> Option<&'a str> {
    let (width, fixed) = (usize::from(count), fixed_width(field, count));
    let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'));
    // A number of fixed width has no sign, a year of four digits may have either, others `-`.
    let signs = !fixed && (sign != Some('+') || width >= 4);
    if sign.is_some() && !signs {
        return None;
    }
    let from = text.get(sign.map_or(0, char::len_utf8)..)?;
    let found = digits(from);
    let (least, most) = if fixed { (width, width) } else { (width, 19) };
    // A number that is of no fixed width leaves those behind it their digits.
    let behind = if fixed || around.fixed { 0 } else { around.behind };
    let mut taken = found.min(most + behind);
    if behind > 0 {
        taken = taken.saturating_sub(behind).max(least);
    }
    if taken > found || taken < least || taken == 0 || taken > 18 {
        return None;
    }
    let (number, rest) = from.split_at_checked(taken)?;
    let value: i64 = number.parse().ok()?;
    let is_year = matches!(field, Field::EraYear | Field::Year) && width >= 4;
    let signed = match (sign, is_year) {
        (Some('-'), _) if value == 0 => return None,
        (Some('-'), _) => -value,
        // A year that is longer than its letters has its sign, and no other has.
        (Some(_), true) if taken <= width => return None,
        (None, true) if taken > width => return None,
        _ => value,
    };
    let value = match field {
        Field::Fraction => value * 10_i64.pow(9 - u32::from(count)),
        Field::EraYear | Field::Year if width == 2 => 2000 + signed,
        _ => signed,
    };
    read.set(field, value).then_some(rest)
}

fn any_fraction<'a>(text: &'a str, read: &mut Read) -> Option<&'a str> {
    let Some(from) = text.strip_prefix('.') else { return Some(text) };
    let (number, rest) = from.split_at_checked(digits(from).min(9))?;
    let nanos: i64 = format!("{number:0<9}").parse().ok()?;
    read.set(Field::Fraction, nanos).then_some(rest)
}

/// `Timestamp.valueOf` and `Date.valueOf`: `2026-1-5 7:3:2.5` and `2026-1-5`, whose parts may be too great.
fn by_hand(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_short = |part: &str| (1..=2).contains(&part.len());
    (year.len() == 4 && is_short(month) && is_short(day)).then_some(())?;
    let whole = |part: &str| part.parse::<i32>().ok().map(i64::from);
    let (year, month, day) = (whole(year)?, whole(month)?, whole(day)?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(())?;
    let (mut seconds, mut millis) = (0, 0);
    if let Some(time) = time {
        let (hour, rest) = time.split_once(':')?;
        let (minute, rest) = rest.split_once(':')?;
        let (second, fraction) = match rest.split_once('.') {
            Some((second, fraction)) => (second, fraction),
            None => (rest, "0"),
        };
        seconds = (whole(hour)? * 60 + whole(minute)?) * 60 + whole(second)?;
        let plain = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|digit| digit.is_ascii_digit());
        plain.then_some(())?;
        millis = format!("{fraction:0<9}").get(..3)?.parse().ok()?;
    }
    let days = Day::days(year, month, day) + seconds.div_euclid(86_400);
    // Java tells the day in the calendar of its time, and takes it for one of ours.
    let day = Day::of(days);
    let text = format!("{:04}-{:02}-{:02}", day.year_of_era(), day.month, day.day);
    let days = parse_date(text.as_bytes())?;
    Some((days * 86_400 + seconds.rem_euclid(86_400)) * 1_000_000 + millis * 1000)
}
