//! What `JSON_VALUE`, `JSON_QUERY` and `JSON_EXISTS` find in JSON text: read as Jackson reads it, by paths of members and places.

use serde::{Deserialize, Serialize};

/// As deep as Jackson reads.
const DEPTH: usize = 1000;
/// As long a number as Jackson reads.
const DIGITS: usize = 1000;

/// A path of members and places: `$.a['b'][0]`. In Flink's two modes such a path finds the same, since what goes wrong is null in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Member(Box<str>),
    Place(usize),
}

impl Path {
    /// The path that is written so; `None` for any other.
    pub fn new(written: &str) -> Option<Self> {
        let mode = |word: &str| {
            let rest = written.get(word.len()..)?;
            let named = written.get(..word.len())?.eq_ignore_ascii_case(word) && rest.starts_with(' ');
            named.then(|| rest.trim_start_matches(' '))
        };
        let path = mode("lax").or_else(|| mode("strict")).unwrap_or(written);
        let mut rest = path.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(quoted) = rest.strip_prefix("['") {
                let (name, after) = quoted.split_once("']")?;
                let plain = !name.is_empty() && !name.contains(['\'', '\\', '"', '[', ']', ',']);
                (plain.then(|| Step::Member(name.into()))?, after)
            } else if let Some(place) = rest.strip_prefix('[') {
                let (digits, after) = place.split_once(']')?;
                let plain = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
                (plain.then(|| digits.parse().ok().map(Step::Place))??, after)
            } else {
                let named = rest.strip_prefix('.')?;
                let is_one = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
                let end = named.find(|letter| !is_one(letter)).unwrap_or(named.len());
                let (name, after) = named.split_at_checked(end)?;
                ((!name.is_empty()).then(|| Step::Member(name.into()))?, after)
            };
            steps.push(step);
            rest = after;
        }
        Some(Self(steps))
    }

    /// What stands at the path; `None` where there is nothing, or `null`, or where the text is no JSON.
    fn find(&self, text: &str) -> Option<Json> {
        let mut reader = Reader { text, rest: text, depth: 0 };
        let mut at = reader.value()?;
        reader.ends_well()?;
        for step in &self.0 {
            at = match (step, at) {
                // Of members of one name the last counts.
                (Step::Member(name), Json::Object(members)) => {
                    members.into_iter().rev().find(|(known, _)| known.is(name))?.1
                }
                (Step::Place(place), Json::Array(items)) => items.into_iter().nth(*place)?,
                _ => return None,
            };
        }
        (at != Json::Null).then_some(at)
    }

    /// `JSON_VALUE`: of an object or a list null.
    pub(super) fn scalar(&self, text: &str) -> Option<String> {
        match self.find(text)? {
            Json::Bool(value) => Some(value.to_string()),
            Json::Number(text) => Some(text),
            Json::Text(text) => Some(text.lossy()),
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    /// `JSON_QUERY`: of what is neither object nor list null.
    pub(super) fn query(&self, text: &str) -> Option<String> {
        match self.find(text)? {
            found @ (Json::Array(_) | Json::Object(_)) => {
                let mut text = String::new();
                found.write(&mut text);
                Some(text)
            }
            _ => None,
        }
    }

    /// `JSON_EXISTS`: of `null` false.
    pub(super) fn exists(&self, text: &str) -> bool {
        self.find(text).is_some()
    }
}

/// A text of Java's: halves of characters may stand alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Units(Vec<u16>);

impl Units {
    fn is(&self, text: &str) -> bool {
        text.encode_utf16().eq(self.0.iter().copied())
    }

    /// Half a character becomes a question mark when Java writes it as UTF-8.
    fn lossy(&self) -> String {
        char::decode_utf16(self.0.iter().copied()).map(|letter| letter.unwrap_or('?')).collect()
    }
}

#[derive(Debug, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    /// As Java writes it.
    Number(String),
    Text(Units),
    Array(Vec<Json>),
    /// The members as they were read, the last of one name counting; they are written in the order of their names.
    Object(Vec<(Units, Json)>),
}

impl Json {
    /// As Jackson writes it: no blanks, members in the order of their names.
    fn write(&self, to: &mut String) {
        match self {
            Json::Null => to.push_str("null"),
            Json::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => to.push_str(text),
            Json::Text(text) => quote(text, to),
            Json::Array(items) => {
                to.push('[');
                for (at, item) in items.iter().enumerate() {
                    to.push_str(if at > 0 { "," } else { "" });
                    item.write(to);
                }
                to.push(']');
            }
            Json::Object(members) => {
                let sorted: std::collections::BTreeMap<&Units, &Json> =
                    members.iter().map(|(name, value)| (name, value)).collect();
                to.push('{');
                for (at, (name, value)) in sorted.into_iter().enumerate() {
                    to.push_str(if at > 0 { "," } else { "" });
                    quote(name, to);
                    to.push(':');
                    value.write(to);
                }
                to.push('}');
            }
        }
    }
}

fn quote(text: &Units, to: &mut String) {
    to.push('"');
    for letter in text.lossy().chars() {
        match letter {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\u{8}' => to.push_str("\\b"),
            '\u{C}' => to.push_str("\\f"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            control if control < ' ' => to.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => to.push(other),
        }
    }
    to.push('"');
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn byte(&mut self, wanted: char) -> bool {
        self.blanks();
        let found = self.rest.strip_prefix(wanted);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// What follows the value is not looked at, but for what stands right behind a number or a word.
    fn ends_well(&self) -> Option<()> {
        let taken = self.text.len() - self.rest.len();
        let last = self.text.get(..taken)?.chars().next_back()?;
        let bare = !matches!(last, '}' | ']' | '"');
        (!bare || self.rest.is_empty() || self.rest.starts_with([' ', '\t', '\n', '\r'])).then_some(())
    }

    fn value(&mut self) -> Option<Json> {
        self.blanks();
        match self.rest.chars().next()? {
            '{' => self.nested(Self::object),
            '[' => self.nested(Self::array),
            '"' => self.string().map(Json::Text),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            'n' => self.word("null", Json::Null),
            _ => self.number().map(Json::Number),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Json>) -> Option<Json> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.rest = self.rest.strip_prefix(word)?;
        let goes_on = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$');
        (!self.rest.starts_with(goes_on)).then_some(value)
    }

    fn object(&mut self) -> Option<Json> {
        self.byte('{').then_some(())?;
        let mut members = Vec::new();
        if self.byte('}') {
            return Some(Json::Object(members));
        }
        loop {
            self.blanks();
            let name = self.string()?;
            self.byte(':').then_some(())?;
            let value = self.value()?;
            members.push((name, value));
            if self.byte('}') {
                return Some(Json::Object(members));
            }
            self.byte(',').then_some(())?;
        }
    }

    fn array(&mut self) -> Option<Json> {
        self.byte('[').then_some(())?;
        let mut items = Vec::new();
        if self.byte(']') {
            return Some(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.byte(']') {
                return Some(Json::Array(items));
            }
            self.byte(',').then_some(())?;
        }
    }

    fn string(&mut self) -> Option<Units> {
        let mut rest = self.rest.strip_prefix('"')?.chars();
        let (mut units, mut both) = (Vec::new(), [0; 2]);
        loop {
            match rest.next()? {
                '"' => break,
                '\\' => units.push(match rest.next()? {
                    'b' => 8,
                    'f' => 12,
                    'n' => 10,
                    'r' => 13,
                    't' => 9,
                    letter @ ('"' | '\\' | '/') => letter as u16,
                    'u' => {
                        let digits = rest.as_str().get(..4)?;
                        rest = rest.as_str().get(4..)?.chars();
                        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                        plain.then(|| u16::from_str_radix(digits, 16).ok())??
                    }
                    _ => return None,
                }),
                control if control < ' ' => return None,
                letter => units.extend_from_slice(letter.encode_utf16(&mut both)),
            }
        }
        self.rest = rest.as_str();
        Some(Units(units))
    }

    fn number(&mut self) -> Option<String> {
        let all = self.rest;
        let digits = |text: &str| text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let unsigned = all.strip_prefix('-').unwrap_or(all);
        let whole = unsigned.get(..digits(unsigned))?;
        if whole.is_empty() || whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let mut rest = unsigned.get(whole.len()..)?;
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            fraction = behind.get(..digits(behind)).filter(|digits| !digits.is_empty())?;
            rest = behind.get(fraction.len()..)?;
        }
        let mut power = None;
        if let Some(behind) = rest.strip_prefix(['e', 'E']) {
            let unsigned = behind.strip_prefix(['+', '-']).unwrap_or(behind);
            let length = behind.len() - unsigned.len() + digits(unsigned);
            (digits(unsigned) > 0).then_some(())?;
            power = behind.get(..length);
            rest = behind.get(length..)?;
        }
        self.rest = rest;
        if whole.len() + fraction.len() > DIGITS {
            return None;
        }
        let negative = all.starts_with('-');
        if fraction.is_empty() && power.is_none() {
            return Some(if negative && whole != "0" { format!("-{whole}") } else { whole.to_owned() });
        }
        big_decimal(negative, whole, fraction, power.unwrap_or("0"))
    }
}

/// A number as `BigDecimal.toString` writes it: the digits as they were written, and a power of ten where it has more zeros than digits.
fn big_decimal(negative: bool, whole: &str, fraction: &str, power: &str) -> Option<String> {
    let power: i64 = power.parse().ok().filter(|power| i32::try_from(*power).is_ok())?;
    let scale = i32::try_from(fraction.len() as i64 - power).ok()?;
    let written = format!("{whole}{fraction}");
    let digits = match written.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if negative && digits != "0" { "-" } else { "" };
    let adjusted = digits.len() as i64 - 1 - i64::from(scale);
    if scale == 0 {
        return Some(format!("{sign}{digits}"));
    }
    if scale > 0 && adjusted >= -6 {
        let scale = scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at_checked(padded.len() - scale)?;
        return Some(format!("{sign}{whole}.{fraction}"));
    }
    let (first, rest) = digits.split_at_checked(1)?;
    let point = if rest.is_empty() { "" } else { "." };
    let exponent = if adjusted == 0 { String::new() } else { format!("E{adjusted:+}") };
    Some(format!("{sign}{first}{point}{rest}{exponent}"))
}
