//! Decimal arithmetic on unscaled 128-bit integers, with Java `BigDecimal`'s and Flink's rounding.
//!
//! Every result is an unscaled value for a given precision and scale, or `None` where it does not fit:
//! Flink makes that null.

use ethnum::I256;
use std::cmp::Ordering;

/// Ten to the power `n`; `n` up to 38.
pub fn power(n: u8) -> Option<i128> {
    10_i128.checked_pow(n.into())
}

/// Whether an unscaled value has at most `precision` digits.
pub fn fits(value: i128, precision: u8) -> bool {
    power(precision.min(38)).is_some_and(|limit| value > -limit && value < limit)
}

fn wide_power(n: u32) -> Option<I256> {
    I256::from(10).checked_pow(n)
}

fn narrow(value: I256, precision: u8) -> Option<i128> {
    i128::try_from(value).ok().filter(|v| fits(*v, precision))
}

/// Divides, rounding half away from zero.
fn divide_half_up(value: I256, by: I256) -> Option<I256> {
    let quotient = value.checked_div(by)?;
    let remainder = value.checked_rem(by)?;
    let twice = remainder.checked_abs()?.checked_mul(I256::from(2))?;
    if twice < by.checked_abs()? {
        return Some(quotient);
    }
    let away = if (value < 0) == (by < 0) { 1 } else { -1 };
    quotient.checked_add(I256::from(away))
}

/// Brings a wide unscaled value from one scale to another, rounding half up, and checks the precision.
fn rescale_wide(value: I256, from: u8, precision: u8, to: u8) -> Option<i128> {
    let scaled = if to >= from {
        value.checked_mul(wide_power(u32::from(to - from))?)?
    } else {
        divide_half_up(value, wide_power(u32::from(from - to))?)?
    };
    narrow(scaled, precision)
}

/// Brings an unscaled value from one scale to another, rounding half up.
pub fn rescale(value: i128, from: u8, precision: u8, to: u8) -> Option<i128> {
    if from == to {
        return fits(value, precision).then_some(value);
    }
    rescale_wide(I256::from(value), from, precision, to)
}

/// `a + b`, scales `sa` and `sb`, as `DECIMAL(precision, scale)`.
pub fn add((a, sa): (i128, u8), (b, sb): (i128, u8), (precision, scale): (u8, u8)) -> Option<i128> {
    let common = sa.max(sb);
    let a = I256::from(a).checked_mul(wide_power(u32::from(common - sa))?)?;
    let b = I256::from(b).checked_mul(wide_power(u32::from(common - sb))?)?;
    rescale_wide(a.checked_add(b)?, common, precision, scale)
}

/// `a * b` as `DECIMAL(precision, scale)`.
pub fn multiply((a, sa): (i128, u8), (b, sb): (i128, u8), (precision, scale): (u8, u8)) -> Option<i128> {
    rescale_wide(I256::from(a).checked_mul(I256::from(b))?, sa + sb, precision, scale)
}

/// `a / b` as `DECIMAL(precision, scale)`, rounded half up; `None` too where `b` is zero.
pub fn divide((a, sa): (i128, u8), (b, sb): (i128, u8), (precision, scale): (u8, u8)) -> Option<i128> {
    let divisor = I256::from(b);
    let mut digits = i32::from(scale) + i32::from(sb) - i32::from(sa);
    if digits < 0 {
        let by = divisor.checked_mul(wide_power(digits.unsigned_abs())?)?;
        return narrow(divide_half_up(I256::from(a), by)?, precision);
    }
    let mut quotient = I256::from(a).checked_div(divisor)?;
    let mut rest = I256::from(a).checked_rem(divisor)?;
    while digits > 0 {
        let step = wide_power(digits.min(37).unsigned_abs())?;
        digits -= 37;
        let more = rest.checked_mul(step)?;
        quotient = quotient.checked_mul(step)?.checked_add(more.checked_div(divisor)?)?;
        rest = more.checked_rem(divisor)?;
    }
    let twice = rest.checked_abs()?.checked_mul(I256::from(2))?;
    let away = if (a < 0) == (b < 0) { 1 } else { -1 };
    let rounded =
        if twice < divisor.checked_abs()? { quotient } else { quotient.checked_add(I256::from(away))? };
    narrow(rounded, precision)
}

/// `a % b`, with the sign of `a`, as `DECIMAL(precision, scale)`; `None` too where `b` is zero.
pub fn remainder((a, sa): (i128, u8), (b, sb): (i128, u8), (precision, scale): (u8, u8)) -> Option<i128> {
    let common = sa.max(sb);
    let a = I256::from(a).checked_mul(wide_power(u32::from(common - sa))?)?;
    let b = I256::from(b).checked_mul(wide_power(u32::from(common - sb))?)?;
    rescale_wide(a.checked_rem(b)?, common, precision, scale)
}

/// Orders two decimals of any scales by value.
pub fn compare((a, sa): (i128, u8), (b, sb): (i128, u8)) -> Ordering {
    let up = |v: i128, by: u8| power(by).and_then(|p| v.checked_mul(p));
    match sa.cmp(&sb) {
        Ordering::Equal => a.cmp(&b),
        // What overflows when scaled up is larger in magnitude than any decimal.
        Ordering::Less => up(a, sb - sa).map_or(0.cmp(&-a.signum()), |a| a.cmp(&b)),
        Ordering::Greater => up(b, sa - sb).map_or(0.cmp(&b.signum()), |b| a.cmp(&b)),
    }
}

/// The nearest double.
pub fn to_f64(value: i128, scale: u8) -> f64 {
    // Both exact below 2^53 and 10^22, so one division rounds correctly.
    if value.unsigned_abs() < 1 << 53 && scale <= 22 {
        return value as f64 / 10_f64.powi(scale.into());
    }
    let mut text = Vec::new();
    write(value, scale, &mut text);
    std::str::from_utf8(&text).ok().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN)
}

/// Reads plain or scientific notation as `DECIMAL(precision, scale)`, rounding half up.
pub fn parse(text: &[u8], precision: u8, scale: u8) -> Result<i128, ParseError> {
    let number = Digits::read(text).ok_or(ParseError::NotANumber)?;
    number.at(precision, scale).ok_or(ParseError::TooLarge)
}

/// Why a text is no decimal of the wanted type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It is no number.
    NotANumber,
    /// It has more digits before the point than the type.
    TooLarge,
}

/// A number's sign, significant digits and the place of its point.
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    /// The value is 0.`digits` times ten to this power.
    point: i64,
}

impl Digits {
    fn read(text: &[u8]) -> Option<Digits> {
        let (negative, rest) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            (b'+', rest) => (false, rest),
            _ => (false, text),
        };
        let split = rest.iter().position(|c| matches!(c, b'e' | b'E')).unwrap_or(rest.len());
        let (mantissa, exponent) = rest.split_at_checked(split)?;
        let exponent = read_exponent(exponent)?;
        let whole_len = mantissa.iter().position(|c| *c == b'.').unwrap_or(mantissa.len());
        let (whole, fraction) = mantissa.split_at_checked(whole_len)?;
        let fraction = fraction.strip_prefix(b".").unwrap_or(fraction);
        let digits: Vec<u8> = whole.iter().chain(fraction).copied().collect();
        let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let zeros = digits.iter().take_while(|c| **c == b'0').count();
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + exponent;
        valid.then(|| Digits { negative, digits: digits.into_iter().skip(zeros).collect(), point })
    }

    /// The unscaled value at a scale, rounded half up; `None` where it has too many digits.
    fn at(&self, precision: u8, scale: u8) -> Option<i128> {
        let kept = self.point + i64::from(scale);
        if self.digits.is_empty() || kept < 0 {
            return Some(0);
        }
        let kept = usize::try_from(kept).ok().filter(|k| *k <= 38)?;
        let digit = |i: usize| i128::from(self.digits.get(i).map_or(0, |c| c - b'0'));
        let value = (0..kept).fold(0_i128, |v, i| v * 10 + digit(i)) + i128::from(digit(kept) >= 5);
        fits(value, precision).then_some(if self.negative { -value } else { value })
    }
}

fn read_exponent(text: &[u8]) -> Option<i64> {
    let Some((_, digits)) = text.split_first() else { return Some(0) };
    let (sign, digits) = match digits.split_first()? {
        (b'-', rest) => (-1, rest),
        (b'+', rest) => (1, rest),
        _ => (1, digits),
    };
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let limit = |n: i64, c: &u8| (n * 10 + i64::from(c - b'0')).min(1_000_000);
    valid.then(|| sign * digits.iter().fold(0, limit))
}

/// Appends the value in plain notation, with exactly `scale` digits after the point.
pub fn write(value: i128, scale: u8, out: &mut Vec<u8>) {
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if value < 0 {
        out.push(b'-');
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}
