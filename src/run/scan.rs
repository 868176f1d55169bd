//! Scanners for the usual forms of JSON values, eight bytes at a time. Each gives the value and the bytes after it,
//! or `None` for anything unusual, which the general reader then looks at.

use crate::window::decimal;
use crate::window::time::{DAY, Style, parse_date, truncate_micros};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

#[inline(always)]
fn load8(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<8>().map(|b| u64::from_le_bytes(*b))
}

/// What follows a text that is known beforehand, if it stands here.
#[inline(always)]
pub fn expect<'a, const N: usize>(text: &'a [u8], known: &[u8; N]) -> Option<&'a [u8]> {
    let (here, rest) = text.split_first_chunk::<N>()?;
    (here == known).then_some(rest)
}

/// A text that every row has at the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    bytes: Box<[u8]>,
    /// Its first eight bytes, and which of them there are.
    head: u64,
    mask: u64,
    /// Its last eight.
    tail: u64,
}

impl Literal {
    pub fn new(bytes: &[u8]) -> Literal {
        let mut padded = [0; 8];
        padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let mask = if bytes.len() < 8 { (1 << (8 * bytes.len())) - 1 } else { u64::MAX };
        let tail = bytes.last_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
        Literal { bytes: bytes.into(), head: u64::from_le_bytes(padded), mask, tail }
    }

    /// What follows the literal, if it stands here.
    #[inline(always)]
    pub fn strip<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let len = self.bytes.len();
        let (here, rest) = text.split_at_checked(len)?;
        let same = match load8(text) {
            Some(word) if len < 8 => (word ^ self.head) & self.mask == 0,
            Some(word) if len <= 16 => {
                let tail = here.last_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
                (word ^ self.head) | (tail ^ self.tail) == 0
            }
            _ => *here == *self.bytes,
        };
        same.then_some(rest)
    }
}

/// The characters of a string up to its closing quote, which is not taken; none escaped.
#[inline(always)]
pub fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, rest) = up_to::<b'\\'>(text)?;
    (rest.first() == Some(&b'"')).then_some((value, rest))
}

/// The characters of a field of CSV without quotes, up to the comma or the end of the line, which is not taken.
#[inline(always)]
pub(super) fn unquoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, rest) = up_to::<b','>(text)?;
    matches!(rest, [b',' | b'\n' | b'\r', ..]).then_some((value, rest))
}

/// What stands before the first quote, control character or `OR`.
#[inline(always)]
fn up_to<const OR: u8>(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        let word = load8(text.get(at..)?)?;
        // A quote with its second bit turned is a space: it is found together with what is less than that.
        let (turned, other) = (word ^ (ONES * 2), word ^ (ONES * OR as u64));
        let low = turned.wrapping_sub(ONES * 0x21) & !turned;
        let stop = (low | other.wrapping_sub(ONES) & !other | word) & HIGH;
        if stop == 0 {
            at += 8;
            continue;
        }
        let (value, rest) = text.split_at_checked(at + (stop.trailing_zeros() / 8) as usize)?;
        return if rest.first()?.is_ascii() { Some((value, rest)) } else { wide_up_to::<OR>(text) };
    }
}

/// The same where some characters are not ASCII.
fn wide_up_to<const OR: u8>(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|c| *c == OR || matches!(c, b'"' | ..0x20))?;
    let (value, rest) = text.split_at_checked(end)?;
    std::str::from_utf8(value).is_ok().then_some((value, rest))
}

/// Eight decimal digits (values 0 to 9), the most significant in the lowest byte.
#[inline(always)]
fn eight_digits(word: u64) -> u64 {
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8);
    let mask = 0x0000_00FF_0000_00FF;
    let low = (pairs & mask).wrapping_mul(0x000F_4240_0000_0064);
    let high = (pairs >> 16 & mask).wrapping_mul(0x0000_2710_0000_0001);
    low.wrapping_add(high) >> 32
}

const POWERS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

/// A number; those with a point and at most seven characters are the fastest.
#[inline(always)]
pub fn double(text: &[u8]) -> Option<(f64, &[u8])> {
    let negative = text.first() == Some(&b'-');
    // The sign goes in without a branch: in data with both it can't be foretold.
    match short_double(text.get(usize::from(negative)..)?) {
        Some((value, rest)) => Some((f64::from_bits(value.to_bits() ^ (u64::from(negative) << 63)), rest)),
        None => long_double(text),
    }
}

#[inline(always)]
fn short_double(text: &[u8]) -> Option<(f64, &[u8])> {
    let word = load8(text)?;
    let values = word ^ (ONES * 0x30);
    let odd = (values.wrapping_add(ONES * 0x76) | values) & HIGH;
    // Eight times the places of the point and of the end.
    let point = odd.trailing_zeros() & !7;
    let odd = odd & odd.wrapping_sub(1);
    let end = odd.trailing_zeros() & !7;
    let fraction = (end.wrapping_sub(point) / 8).wrapping_sub(1) as usize;
    let is_padded = (values & 0xFF == 0) & (point > 8);
    if odd == 0 || point == 0 || fraction == 0 || word >> point & 0xFF != 0x2E || is_padded {
        return None;
    }
    let before = (1 << point) - 1;
    let joined = (values & before) | (values >> 8 & !before);
    let mantissa = eight_digits(joined << (72 - end));
    // Both are exact, so the quotient is the nearest double.
    Some((mantissa as f64 / *POWERS.get(fraction)?, text.get(end as usize / 8..)?))
}

fn long_double(text: &[u8]) -> Option<(f64, &[u8])> {
    let number = plain_number(text)?;
    let value = if number.mantissa < 1 << 53 && number.fraction <= 22 {
        number.mantissa as f64 / 10_f64.powi(number.fraction as i32)
    } else {
        let here = text.len() - number.rest.len();
        return Some((std::str::from_utf8(text.get(..here)?).ok()?.parse().ok()?, number.rest));
    };
    Some((if number.negative { -value } else { value }, number.rest))
}

struct Plain<'a> {
    negative: bool,
    mantissa: u64,
    fraction: usize,
    rest: &'a [u8],
}

/// A number of at most 18 digits without exponent, as JSON allows it.
#[inline]
fn plain_number(text: &[u8]) -> Option<Plain<'_>> {
    let negative = text.first() == Some(&b'-');
    let digits = if negative { text.get(1..)? } else { text };
    let (mantissa, whole) = run_of_digits(digits, 0);
    if whole == 0 || (whole > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let rest = digits.get(whole..)?;
    let Some(after_point) = rest.strip_prefix(b".") else {
        return (whole <= 18).then_some(Plain { negative, mantissa, fraction: 0, rest });
    };
    let (mantissa, fraction) = run_of_digits(after_point, mantissa);
    let rest = after_point.get(fraction..)?;
    (fraction > 0 && whole + fraction <= 18).then_some(Plain { negative, mantissa, fraction, rest })
}

fn run_of_digits(text: &[u8], start: u64) -> (u64, usize) {
    let mut value = start;
    let mut len = 0;
    for c in text.iter().take_while(|c| c.is_ascii_digit()) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(c - b'0'));
        len += 1;
    }
    (value, len)
}

/// A whole number.
#[inline]
pub fn whole(text: &[u8]) -> Option<(i64, &[u8])> {
    let number = plain_number(text)?;
    let value = i64::try_from(number.mantissa).ok().filter(|_| number.fraction == 0)?;
    Some((if number.negative { -value } else { value }, number.rest))
}

/// A whole number of 32 bits.
#[inline]
pub fn int(text: &[u8]) -> Option<(i32, &[u8])> {
    let (value, rest) = whole(text)?;
    Some((value.try_into().ok()?, rest))
}

/// `true` or `false`.
#[inline]
pub fn flag(text: &[u8]) -> Option<(bool, &[u8])> {
    match text.strip_prefix(b"true") {
        Some(rest) => Some((true, rest)),
        None => Some((false, text.strip_prefix(b"false")?)),
    }
}

/// A decimal of no more digits after the point than its type has.
#[inline]
pub fn exact(text: &[u8], precision: u8, scale: u8) -> Option<(i128, &[u8])> {
    let number = plain_number(text)?;
    let up = u8::try_from(number.fraction).ok().and_then(|f| scale.checked_sub(f))?;
    let value = i128::from(number.mantissa).checked_mul(decimal::power(up)?)?;
    let value = if number.negative { -value } else { value };
    decimal::fits(value, precision).then_some((value, number.rest))
}

/// Scans timestamps, with the last day's start at hand.
#[derive(Clone, Debug)]
pub struct TimestampScanner {
    /// The first and the last eight bytes of the last date.
    date: (u64, u64),
    day: i64,
}

/// The first and the last eight of ten bytes.
#[inline(always)]
fn halves(date: &[u8; 10]) -> (u64, u64) {
    let half = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |b| u64::from_le_bytes(*b));
    (half(date.first_chunk()), half(date.last_chunk()))
}

impl Default for TimestampScanner {
    fn default() -> Self {
        TimestampScanner { date: halves(b"1970-01-01"), day: 0 }
    }
}

impl TimestampScanner {
    /// `2026-01-31T12:30:00[.123]`, with `Z` where `zoned`; cut to `precision` digits.
    #[inline(always)]
    pub fn scan<'a>(
        &mut self,
        text: &'a [u8],
        style: Style,
        precision: u8,
        zoned: bool,
    ) -> Option<(i64, &'a [u8])> {
        let (date, rest) = text.split_first_chunk::<10>()?;
        let halves = halves(date);
        if halves != self.date {
            self.day = parse_date(date)? * DAY;
            self.date = halves;
        }
        let (separator, rest) = rest.split_first()?;
        if *separator != if style == Style::Iso { b'T' } else { b' ' } {
            return None;
        }
        let (clock, rest) = rest.split_first_chunk::<8>()?;
        let mut micros = self.day + seconds(u64::from_le_bytes(*clock))? * 1_000_000;
        let mut rest = rest;
        if let Some(after) = rest.strip_prefix(b".") {
            let (fraction, left) = fraction(after, precision)?;
            micros += fraction;
            rest = left;
        }
        if zoned {
            rest = rest.strip_prefix(b"Z")?;
        }
        Some((micros, rest))
    }
}

/// `12:30:00` as seconds of the day.
#[inline(always)]
fn seconds(word: u64) -> Option<i64> {
    let values = word ^ u64::from_le_bytes(*b"00:00:00");
    let separators = 0x0000_FF00_00FF_0000;
    if (values & separators) | ((values.wrapping_add(ONES * 0x76) | values) & HIGH) != 0 {
        return None;
    }
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let (hour, minute, second) = (pairs & 0xFF, pairs >> 24 & 0xFF, pairs >> 48 & 0xFF);
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 3600 + minute * 60 + second) as i64)
}

/// One to six digits after the point, in microseconds, cut to a precision.
#[inline(always)]
fn fraction(text: &[u8], precision: u8) -> Option<(i64, &[u8])> {
    if let Some(four) = text.first_chunk::<4>()
        && precision >= 3
    {
        let values = u32::from_le_bytes(*four) ^ 0x3030_3030;
        // Three digits, and none after them.
        if (values.wrapping_add(0x7676_7676) | values) & 0x8080_8080 == 0x8000_0000 {
            let millis = (values & 0xFF) * 100 + (values >> 8 & 0xFF) * 10 + (values >> 16 & 0xFF);
            return Some((i64::from(millis) * 1000, text.get(3..)?));
        }
    }
    let (value, len) = run_of_digits(text, 0);
    let unit = 10_u64.checked_pow(6_u32.checked_sub(len as u32)?)?;
    let micros = truncate_micros((value * unit) as i64, precision);
    (len > 0).then_some((micros, text.get(len..)?))
}
