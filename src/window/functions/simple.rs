//! Times by a form as `java.text.SimpleDateFormat` writes and reads them, in the calendar that was Julian until 1582-10-04.

use super::super::time::{civil_from_days, days_from_civil};
use super::form::{Field, Form, Moment, Part, write_padded};

/// The first day of the Gregorian calendar, 1582-10-15.
const GREGORIAN: i64 = -141_427;

/// A day in the calendar of its time.
pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

impl Day {
    /// The day so long after 1970-01-01.
    pub(super) fn of(days: i64) -> Self {
        if days >= GREGORIAN {
            let (year, month, day) = civil_from_days(days);
            return Self { year, month, day };
        }
        // Days since 0000-03-01 of the Julian calendar, which 719,470 days before 1970 was.
        let since = days + 719_470;
        let four_years = since.div_euclid(1461);
        let of_four = since.rem_euclid(1461);
        let year = (of_four - of_four / 1460) / 365;
        let of_year = of_four - year * 365;
        let month = (5 * of_year + 2) / 153;
        Self {
            year: four_years * 4 + year + i64::from(month >= 10),
            month: if month < 10 { month + 3 } else { month - 9 },
            day: of_year - (153 * month + 2) / 5 + 1,
        }
    }

    /// The days since 1970-01-01 of a day that is written so, month and day of any size, as a lenient `GregorianCalendar` counts.
    pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
        let year = year + (month - 1).div_euclid(12);
        let month = (month - 1).rem_euclid(12) + 1;
        let gregorian = days_from_civil(year, month, 1) + day - 1;
        let julian = julian(year, month) + day - 1;
        match year {
            1583.. if gregorian >= GREGORIAN => gregorian,
            ..=1581 => julian,
            // Neither calendar has the days between: they are counted on from the last Julian one.
            _ if gregorian >= GREGORIAN && julian >= GREGORIAN => gregorian,
            _ => julian,
        }
    }

    /// The year as it is counted in its era: the year before 1 is 1 again.
    pub(super) fn year_of_era(&self) -> i64 {
        if self.year > 0 { self.year } else { 1 - self.year }
    }
}

/// The first day of a month of the Julian calendar.
fn julian(year: i64, month: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let before = (153 * ((month + 9) % 12) + 2) / 5;
    shifted.div_euclid(4) * 1461 + shifted.rem_euclid(4) * 365 + before - 719_470
}

/// `FROM_UNIXTIME(seconds, form)`, in UTC. Seconds that are too many milliseconds wrap.
pub(super) fn format(seconds: i64, form: &Form) -> String {
    let millis = seconds.wrapping_mul(1000);
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let day = Day::of(days);
    let moment = Moment { month: day.month, day: day.day, second_of_day: of_day / 1000 };
    form.write(&moment, |field, count, to| {
        let value = match field {
            Field::YearDay => day.day,
            Field::Fraction => of_day % 1000,
            _ if count == 2 => day.year_of_era() % 100,
            _ => day.year_of_era(),
        };
        write_padded(value, count, to);
    })
}

/// `TO_DATE(text, form)`: what stands behind the date is not looked at, and numbers may be too great. A text that is not of the form is the
/// day that Flink makes of the earliest time that Java has.
pub(super) fn parse(text: &str, form: &Form) -> i32 {
    read(text, form).unwrap_or_else(|| unix_date(-292_275_055, 5, 16))
}

/// `DateTimeUtils.ymdToUnixDate`, in 32 bits.
fn unix_date(year: i32, month: i32, day: i32) -> i32 {
    let before = (14 - month) / 12;
    let (year, month) = (year.wrapping_add(4800).wrapping_sub(before), month + 12 * before - 3);
    let days = day.wrapping_add((153 * month + 2) / 5).wrapping_add(year.wrapping_mul(365));
    let leap = year / 4 - year / 100 + year / 400;
    days.wrapping_add(leap).wrapping_sub(32_045).wrapping_sub(2_440_588)
}

fn read(text: &str, form: &Form) -> Option<i32> {
    let (mut year, mut month, mut day, mut millis) = (1970, 1, 1, 0_i64);
    let mut at = 0;
    for (place, part) in form.0.iter().enumerate() {
        let rest = text.get(at..)?;
        let (field, count) = match part {
            Part::Field(field, count) => (*field, *count),
            Part::Text(plain) => {
                at += rest.strip_prefix(plain.as_str()).map(|_| plain.len())?;
                continue;
            }
            _ => return None,
        };
        // Where another number follows right behind, only so many characters are read, blanks before it among them.
        let obeys = matches!(form.0.get(place + 1), Some(Part::Field(..)));
        let end = match obeys {
            true => rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(usize::from(count))?,
            false => rest.len(),
        };
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let (value, taken) = number(rest.get(blanks..end)?)?;
        at += blanks + taken;
        let value = i64::from(value);
        match field {
            Field::EraYear | Field::Year => year = value,
            Field::Month => month = value,
            Field::Day => day = value,
            Field::Hour => millis += value * 3_600_000,
            Field::Minute => millis += value * 60_000,
            Field::Second => millis += value * 1000,
            _ => millis += value,
        }
    }
    // Java counts milliseconds in 64 bits, which wrap.
    let millis = Day::days(year, month, day).wrapping_mul(86_400_000).wrapping_add(millis);
    let (year, month, day) = civil_from_days(millis.div_euclid(86_400_000));
    Some(unix_date(i32::try_from(year).ok()?, month as i32, day as i32))
}

/// A whole number as `DecimalFormat` reads it, in 32 bits, and how long it is.
fn number(text: &str) -> Option<(i32, usize)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let value = digits.get(..length).filter(|digits| !digits.is_empty())?;
    let taken = text.len() - digits.len() + length;
    let signed = text.get(..taken)?;
    // A number of more than 64 bits is a double, which becomes the greatest or least of 32.
    let value = match signed.parse::<i64>() {
        Ok(whole) => whole as i32,
        Err(_) if value.len() < text.len() && text.starts_with('-') => i32::MIN,
        Err(_) => i32::MAX,
    };
    Some((value, taken))
}
