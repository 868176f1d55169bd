//! Cron expressions in AWS's form: minutes, hours, day of the month, month, day of the week, year.

use super::field;
use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Platform, Value, ValueKind},
};

/// A field of an expression: its name, its bounds, and the words that stand for numbers from the lower bound on.
pub(super) struct Part {
    name: &'static str,
    least: u16,
    most: u16,
    words: &'static [&'static str],
}

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The bounds of EventBridge's cron expressions, which DataSync shares.
static PARTS: [Part; 6] = [
    Part { name: "minute", least: 0, most: 59, words: &[] },
    Part { name: "hour", least: 0, most: 23, words: &[] },
    Part { name: "day of the month", least: 1, most: 31, words: &[] },
    Part { name: "month", least: 1, most: 12, words: MONTHS },
    Part { name: "day of the week", least: 1, most: 7, words: DAYS },
    Part { name: "year", least: 1970, most: 2199, words: &[] },
];

/// Every cron expression can be read by AWS.
pub fn cron_expressions_can_be_read(platform: &Platform, diagnostics: &mut Diagnostics) {
    for resource in &platform.resources {
        resource.fields.iter().flatten().for_each(|value| look(platform, value, diagnostics));
    }
}

fn look(platform: &Platform, value: &Value, diagnostics: &mut Diagnostics) {
    if let Some(made) = field::of_value(platform, value) {
        if made.constructor.name == "cron"
            && let Some(Value { kind: ValueKind::Text(expression), span }) =
                made.construct.fields.iter().flatten().next()
            && let Some((message, help)) = fault(expression)
        {
            let diagnostic =
                Diagnostic::error(catalogue::CRON, *span, message, "not a time that AWS can read");
            let written: Vec<&str> = expression.split_whitespace().collect();
            diagnostics.push(match of_unix(&written) {
                Some(meant) => diagnostic
                    .help(format!("in AWS's form that is `{meant}`"))
                    .fix(*span, format!("\"{meant}\"")),
                None => diagnostic.help(help),
            });
        }
        made.construct.fields.iter().flatten().for_each(|value| look(platform, value, diagnostics));
    }
}

/// The six parts of an expression with what is written for each; `None` where there are more or fewer.
pub(super) fn parts(expression: &str) -> Option<Vec<(&'static Part, &str)>> {
    let written: Vec<&str> = expression.split_whitespace().collect();
    (written.len() == PARTS.len()).then(|| PARTS.iter().zip(written).collect())
}

/// What is wrong with an expression, and the mend.
fn fault(expression: &str) -> Option<(String, String)> {
    let written: Vec<&str> = expression.split_whitespace().collect();
    let [_, _, month_day, _, week_day, _] = written.as_slice() else {
        return Some((
            format!("a cron expression has six parts, and this has {}", written.len()),
            "write minute, hour, day of the month, month, day of the week and year: `0 2 * * ? *`".to_owned(),
        ));
    };
    for (part, text) in PARTS.iter().zip(&written) {
        if !text.split(',').all(|item| part.takes(item)) {
            let (least, most) = (part.least, part.most);
            return Some((
                format!("`{text}` is no {}", part.name),
                format!("write a number from {least} to {most}, a range, a list, or `*`"),
            ));
        }
    }
    match (*month_day == "?", *week_day == "?") {
        (false, false) => Some((
            "one of the day of the month and the day of the week must be `?`".to_owned(),
            "write `?` for the one that does not matter".to_owned(),
        )),
        (true, true) => Some((
            "the day of the month and the day of the week can't both be `?`".to_owned(),
            "write `*` for one of them".to_owned(),
        )),
        _ => None,
    }
}

/// What five parts of Unix's cron are with AWS's six: one of both days is `?`, and Sunday is 1 and not 0. Where both days are said, Unix means
/// either, which AWS has not.
fn of_unix(written: &[&str]) -> Option<String> {
    let [minute, hour, month_day, month, week_day] = written else { return None };
    let (month_day, week_day) = match (*month_day, *week_day) {
        (day, "*") => (day, "?".to_owned()),
        ("*", day) => ("?", shifted(day)?),
        _ => return None,
    };
    let meant = format!("{minute} {hour} {month_day} {month} {week_day} *");
    fault(&meant).is_none().then_some(meant)
}

/// Days of the week as AWS counts them: `1-5` is `2-6`. Steps stay unsaid, for they begin elsewhere.
fn shifted(days: &str) -> Option<String> {
    let day = |text: &str| match text.parse::<u16>() {
        Ok(number) if number <= 7 => Some((number % 7 + 1).to_string()),
        Ok(_) => None,
        Err(_) => DAYS.iter().any(|day| day.eq_ignore_ascii_case(text)).then(|| text.to_ascii_uppercase()),
    };
    let item = |item: &str| match item.split_once('-') {
        Some((from, to)) => Some(format!("{}-{}", day(from)?, day(to)?)),
        None => day(item),
    };
    days.split(',').map(item).collect::<Option<Vec<_>>>().map(|days| days.join(","))
}

impl Part {
    /// `*`, `5`, `1-5`, `*/15`, `0/15`, `MON-FRI`, and for days `?`, `L`, `15W`, `3#2`.
    fn takes(&self, item: &str) -> bool {
        let day = self.name.starts_with("day");
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let stepped =
            step.is_none_or(|step| step.parse::<u16>().is_ok_and(|step| (1..=self.most).contains(&step)));
        stepped
            && match range {
                "*" => true,
                "?" | "L" | "LW" => day && step.is_none(),
                _ => match range.split_once('-') {
                    Some((from, to)) => self
                        .number(from)
                        .zip(self.number(to))
                        .is_some_and(|(from, to)| from <= to || self.least == 1),
                    None => self.number(range).is_some() || (day && self.nth_day(range)),
                },
            }
    }

    pub(super) fn number(&self, text: &str) -> Option<u16> {
        let word = (self.least..)
            .zip(self.words)
            .find(|(_, word)| text.eq_ignore_ascii_case(word))
            .map(|(number, _)| number);
        word.or_else(|| text.parse().ok()).filter(|number| (self.least..=self.most).contains(number))
    }

    /// The numbers that an item names, of those that name numbers: `*`, `?`, `5`, `1-5`, `FRI-MON`, `*/15`, `0/15`.
    pub(super) fn numbers(&self, item: &str) -> Option<Vec<u16>> {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let (from, to) = match range {
            "*" | "?" => (self.least, self.most),
            _ => match range.split_once('-') {
                Some((from, to)) => (self.number(from)?, self.number(to)?),
                None => (self.number(range)?, if step.is_some() { self.most } else { self.number(range)? }),
            },
        };
        let step = step.map_or(Ok(1), str::parse).ok().filter(|step| *step > 0)?;
        let numbers = if from <= to {
            (from..=to).step_by(step).collect()
        } else {
            (from..=self.most).chain(self.least..=to).step_by(step).collect()
        };
        Some(numbers)
    }

    /// `15W`, `5L`, `3#2`.
    fn nth_day(&self, text: &str) -> bool {
        let last = text.strip_suffix(['W', 'L']).is_some_and(|day| self.number(day).is_some());
        let nth = text.split_once('#').is_some_and(|(day, nth)| {
            self.number(day).is_some() && nth.parse::<u8>().is_ok_and(|nth| (1..=5).contains(&nth))
        });
        last || nth
    }
}
