//! `TO_DATE` of plain text.

use super::super::time::{civil_from_days, days_from_civil};

/// The date at the beginning of a text, up to a blank: `2026-1-5`, `2026-1`, `2026`. `None` where there is none; a number that 32 bits do not hold is
/// a fault, since Flink's job fails there (`DateTimeUtils.parseDate`).
pub(super) fn parse(text: &str) -> Result<Option<i32>, ()> {
    let text = match text.find(' ') {
        Some(0) | None => text,
        Some(end) => text.get(..end).unwrap_or_default(),
    };
    let mut numbers = [1; 3];
    for (number, part) in numbers.iter_mut().zip(text.splitn(3, '-')) {
        let digits = part.trim_matches(|letter| letter <= ' ');
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Ok(None);
        }
        *number = i64::from(digits.parse::<i32>().map_err(drop)?);
    }
    let [year, month, day] = numbers;
    let days = days_from_civil(year, month, day);
    // A day that the month does not have would be one of another month.
    let exists = year <= 9999 && (1..=12).contains(&month) && civil_from_days(days) == (year, month, day);
    Ok(exists.then(|| i32::try_from(days).ok()).flatten())
}
