//! Forms of times in letters: `yyyy-MM-dd HH:mm:ss`. Flink has two languages of them, Java's `DateTimeFormatter` and `SimpleDateFormat`, which
//! share these letters. What the machine's language or zone decides is none of them.

use serde::{Deserialize, Serialize};

/// What a run of letters stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Field {
    /// `y`: the year, of its era.
    EraYear,
    /// `u`: the year, 0 before 1.
    Year,
    /// `M`
    Month,
    /// `d`
    Day,
    /// `D`
    YearDay,
    /// `H`, from 0 to 23.
    Hour,
    /// `k`, from 1 to 24.
    HourFromOne,
    /// `K`, from 0 to 11.
    HalfHour,
    /// `h`, from 1 to 12.
    HalfHourFromOne,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `S`: the fraction of a second, or milliseconds.
    Fraction,
}

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    /// What stands there as it is.
    Text(String),
    /// A run of so many letters.
    Field(Field, u8),
    /// What may be missing, in Flink's own form alone.
    Optional(Vec<Part>),
    /// `.` and up to nine digits, in Flink's own form alone.
    AnyFraction,
}

/// A form of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form(pub(super) Vec<Part>);

/// A time of which both languages write the same.
pub(super) struct Moment {
    pub month: i64,
    pub day: i64,
    pub second_of_day: i64,
}

impl Moment {
    /// The number that a field is written as; `None` for years, days of years and fractions, of which the languages think differently.
    fn number(&self, field: Field) -> Option<i64> {
        let hour = self.second_of_day / 3600;
        Some(match field {
            Field::Month => self.month,
            Field::Day => self.day,
            Field::Hour => hour,
            Field::HourFromOne => (hour + 23) % 24 + 1,
            Field::HalfHour => hour % 12,
            Field::HalfHourFromOne => (hour + 11) % 12 + 1,
            Field::Minute => self.second_of_day / 60 % 60,
            Field::Second => self.second_of_day % 60,
            Field::EraYear | Field::Year | Field::YearDay | Field::Fraction => return None,
        })
    }
}

impl Form {
    /// Writes a time; `own` writes the fields that are a language's own, with so many letters each.
    pub(super) fn write(&self, moment: &Moment, own: impl Fn(Field, u8, &mut String)) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Field(field, count) => match moment.number(*field) {
                    Some(number) => write_padded(number, *count, &mut text),
                    None => own(*field, *count, &mut text),
                },
                Part::Optional(_) | Part::AnyFraction => {}
            }
        }
        text
    }
}

/// Writes a number with zeros before it, up to so many characters.
pub(super) fn write_padded(number: i64, count: u8, to: &mut String) {
    to.push_str(&format!("{number:0width$}", width = usize::from(count)));
}

/// What a form is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `DATE_FORMAT`: written by `DateTimeFormatter`.
    Format,
    /// `TO_TIMESTAMP`: read by `DateTimeFormatter`.
    Parse,
    /// `FROM_UNIXTIME`: written by `SimpleDateFormat`.
    SimpleFormat,
    /// `TO_DATE`: read by `SimpleDateFormat`.
    SimpleParse,
}

impl Use {
    const fn simple(self) -> bool {
        matches!(self, Use::SimpleFormat | Use::SimpleParse)
    }

    const fn reads(self) -> bool {
        matches!(self, Use::Parse | Use::SimpleParse)
    }
}

impl Form {
    /// The form that is written so; an error names what can't be done here.
    pub fn new(written: &str, purpose: Use) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            if first == '\'' {
                rest = quoted(rest, &mut parts)?;
                continue;
            }
            let same = rest.find(|letter| letter != first).unwrap_or(rest.len());
            let (run, after) = rest.split_at_checked(same).unwrap_or((rest, ""));
            rest = after;
            if first.is_ascii_alphabetic() {
                parts.push(Part::Field(field(first, run, purpose)?, run.len() as u8));
            } else if !purpose.simple() && matches!(first, '[' | ']' | '{' | '}' | '#') {
                return Err(format!("`{first}` in a form of times"));
            } else {
                text(run, &mut parts);
            }
        }
        let form = Self(parts);
        if purpose.reads() {
            form.can_be_read()?;
        }
        Ok(form)
    }

    fn has(&self, field: Field) -> usize {
        self.0.iter().filter(|part| matches!(part, Part::Field(known, _) if *known == field)).count()
    }

    /// Each field stands once, and no part of a time without the greater ones, of which Java would not check the others.
    fn can_be_read(&self) -> Result<(), String> {
        use Field::{Day, EraYear, Fraction, Hour, Minute, Month, Second, Year};
        let twice = [EraYear, Year, Month, Day, Hour, Minute, Second, Fraction];
        if twice.iter().any(|field| self.has(*field) > 1) || self.has(EraYear) + self.has(Year) > 1 {
            return Err("a form of times that has a field twice".to_owned());
        }
        let has = |field| self.has(field) > 0;
        let years = has(EraYear) || has(Year);
        let gap = [
            (years || !(has(Month) || has(Day))) && (has(Month) || !has(Day)),
            has(Hour) || !has(Minute),
            has(Minute) || !has(Second),
            has(Second) || !has(Fraction),
        ];
        match gap.contains(&false) {
            true => Err("a form that reads a part of a time without the greater one".to_owned()),
            false => Ok(()),
        }
    }
}

fn text(more: &str, parts: &mut Vec<Part>) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push_str(more),
        _ => parts.push(Part::Text(more.to_owned())),
    }
}

/// Text in quotes, in which two stand for one; what follows it.
fn quoted<'a>(written: &'a str, parts: &mut Vec<Part>) -> Result<&'a str, String> {
    let mut rest = written.get(1..).unwrap_or_default();
    if let Some(after) = rest.strip_prefix('\'') {
        text("'", parts);
        return Ok(after);
    }
    loop {
        let Some((inside, after)) = rest.split_once('\'') else {
            return Err("a form of times with an open quote".to_owned());
        };
        text(inside, parts);
        match after.strip_prefix('\'') {
            Some(after) => {
                text("'", parts);
                rest = after;
            }
            None => return Ok(after),
        }
    }
}

fn field(letter: char, run: &str, purpose: Use) -> Result<Field, String> {
    let count = run.len();
    let refused = |why: &str| Err(format!("`{run}` in a form of times{why}"));
    let (field, most) = match letter {
        'y' => (Field::EraYear, 18),
        'u' if !purpose.simple() => (Field::Year, 18),
        'M' => (Field::Month, 2),
        'L' if !purpose.simple() => (Field::Month, 2),
        'd' => (Field::Day, 2),
        'D' if !purpose.reads() && !purpose.simple() => (Field::YearDay, 3),
        'H' => (Field::Hour, 2),
        'k' if !purpose.reads() => (Field::HourFromOne, 2),
        'K' if !purpose.reads() => (Field::HalfHour, 2),
        'h' if !purpose.reads() => (Field::HalfHourFromOne, 2),
        'm' => (Field::Minute, 2),
        's' => (Field::Second, 2),
        'S' => (Field::Fraction, 9),
        'E' | 'a' | 'G' | 'B' | 'c' | 'e' | 'Q' | 'q' | 'w' | 'W' | 'Y' => {
            return refused(", which the language of Flink's machine decides");
        }
        _ => return refused(""),
    };
    // `MMM` is a name, and a year of two digits is read by the day on which the job runs.
    match (field, count) {
        (Field::Month, 3..) => refused(", which the language of Flink's machine decides"),
        (Field::EraYear, 1 | 2) if purpose == Use::SimpleParse => {
            refused(", whose century is that of the day on which the job runs")
        }
        _ if count > most => refused(""),
        _ => Ok(field),
    }
}
