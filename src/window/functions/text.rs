//! Functions of text.

use super::super::column::Value;
use super::{Scalar, letters, url};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use std::borrow::Cow;

pub(super) fn value(function: Scalar, args: &[Value]) -> Option<Value> {
    let text = |at: usize| args.get(at).and_then(text_of);
    let int = |at: usize| match args.get(at) {
        Some(Value::I32(x)) => Some(*x),
        _ => None,
    };
    let long = match args.first() {
        Some(Value::I64(x)) => Some(*x),
        _ => None,
    };
    let made = match function {
        Scalar::Bin => format!("{:b}", long?),
        Scalar::Hex => match long {
            Some(x) => format!("{x:X}"),
            None => hex(text(0)?.as_bytes()).to_ascii_uppercase(),
        },
        Scalar::Initcap => letters::capitals(&text(0)?),
        Scalar::Ascii => return Some(Value::I32(letters::first_byte(&text(0)?))),
        Scalar::Chr => letters::character(int(0)?),
        Scalar::ToBase64 => letters::to_base64(text(0)?.as_bytes()),
        Scalar::IsAlpha => return Some(Value::Bool(text(0).is_some_and(|text| letters::is_alpha(&text)))),
        Scalar::IsDigit => return Some(Value::Bool(text(0).is_some_and(|text| letters::is_digit(&text)))),
        Scalar::IsDecimal => {
            return Some(Value::Bool(text(0).is_some_and(|text| letters::is_decimal(&text))));
        }
        Scalar::ParseUrl => match text(2) {
            Some(name) => url::parameter(&text(0)?, &text(1)?, &name)?,
            None => url::part(&text(0)?, &text(1)?)?,
        },
        Scalar::Trim => trimmed(&text(1)?, &text(0)?, true, true),
        Scalar::TrimLeading => trimmed(&text(1)?, &text(0)?, true, false),
        Scalar::TrimTrailing => trimmed(&text(1)?, &text(0)?, false, true),
        Scalar::Replace => text(0)?.replace(&*text(1)?, &text(2)?),
        Scalar::Locate => return Some(Value::I32(located(&text(1)?, &text(0)?, int(2).unwrap_or(1)))),
        Scalar::PadLeft => padded(&text(0)?, int(1)?, &text(2)?, true)?,
        Scalar::PadRight => padded(&text(0)?, int(1)?, &text(2)?, false)?,
        Scalar::Left => text(0)?.chars().take(count(int(1)?)).collect(),
        Scalar::Right => {
            let all = text(0)?;
            let skipped = all.chars().count().saturating_sub(count(int(1)?));
            all.chars().skip(skipped).collect()
        }
        Scalar::Repeat => text(0)?.repeat(count(int(1)?)),
        Scalar::Reverse => text(0)?.chars().rev().collect(),
        Scalar::SplitIndex => split_index(&text(0)?, &text(1)?, int(2)?)?,
        Scalar::ConcatWith => {
            let separator = text(0)?;
            let parts: Vec<Cow<'_, str>> = args.iter().skip(1).filter_map(text_of).collect();
            parts.join(&*separator)
        }
        Scalar::Md5 => hex(&Md5::digest(text(0)?.as_bytes())),
        Scalar::Sha1 => hex(&Sha1::digest(text(0)?.as_bytes())),
        Scalar::Sha224 => hex(&Sha224::digest(text(0)?.as_bytes())),
        Scalar::Sha256 => hex(&Sha256::digest(text(0)?.as_bytes())),
        Scalar::Sha384 => hex(&Sha384::digest(text(0)?.as_bytes())),
        Scalar::Sha512 => hex(&Sha512::digest(text(0)?.as_bytes())),
        _ => return None,
    };
    Some(Value::text(&made))
}

pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(bytes) => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    }
}

fn count(x: i32) -> usize {
    usize::try_from(x).unwrap_or(0)
}

fn trimmed(text: &str, characters: &str, leading: bool, trailing: bool) -> String {
    let is_one = |letter: char| characters.contains(letter);
    let text = if leading { text.trim_start_matches(is_one) } else { text };
    let text = if trailing { text.trim_end_matches(is_one) } else { text };
    text.to_owned()
}

/// Where a text begins in another, from 1, looked for from a place on; 0 where it is not there. An empty text is always at 1
/// (`BinaryStringData.indexOf`).
fn located(text: &str, what: &str, first: i32) -> i32 {
    if what.is_empty() {
        return 1;
    }
    let skipped = count(first.saturating_sub(1));
    let Some((start, _)) = text.char_indices().nth(skipped) else { return 0 };
    let rest = text.get(start..).unwrap_or_default();
    let found = rest.find(what).map(|at| rest.get(..at).unwrap_or_default().chars().count() + skipped + 1);
    found.and_then(|place| i32::try_from(place).ok()).unwrap_or(0)
}

/// A text with another put over so many of its UTF-16 units, over as many as the other has where it does not say how many. A place outside of the
/// text changes nothing, behind a count below 1 the rest is gone, and where place and count together are no INT the job fails
/// (`SqlFunctionUtils.overlay`).
pub(super) fn overlaid(args: &[Value]) -> Result<Option<Value>, ()> {
    let ([text, by, Value::I32(first)] | [text, by, Value::I32(first), _]) = args else { return Ok(None) };
    let (Some(text), Some(by)) = (text_of(text), text_of(by)) else { return Ok(None) };
    let (units, by): (Vec<u16>, Vec<u16>) = (text.encode_utf16().collect(), by.encode_utf16().collect());
    let Some(start) = usize::try_from(*first).ok().filter(|first| (1..=units.len()).contains(first)) else {
        return Ok(Some(Value::text(&text)));
    };
    let count = match args.get(3) {
        Some(Value::I32(count)) => *count,
        _ => i32::try_from(by.len()).map_err(|_| ())?,
    };
    let rest = match (count > 0).then(|| first.checked_add(count).and_then(|end| usize::try_from(end).ok())) {
        None => None,
        Some(end) => units.get(end.ok_or(())? - 1..),
    };
    let before = units.get(..start - 1).unwrap_or_default();
    let all = before.iter().chain(&by).chain(rest.unwrap_or_default()).copied();
    let made: String = char::decode_utf16(all).map(|letter| letter.unwrap_or('?')).collect();
    Ok(Some(Value::text(&made)))
}

/// Filled up to a length, or cut to it, both in UTF-16 units as Java counts. Null for a negative length, and where there is nothing to fill
/// up with.
fn padded(text: &str, length: i32, with: &str, left: bool) -> Option<String> {
    let length = usize::try_from(length).ok()?;
    let with: Vec<u16> = with.encode_utf16().collect();
    if with.is_empty() {
        return None;
    }
    let text: Vec<u16> = text.encode_utf16().collect();
    let missing = length.saturating_sub(text.len());
    let padding = with.iter().copied().cycle().take(missing);
    let kept = text.iter().copied().take(length);
    let units: Vec<u16> = if left { padding.chain(kept).collect() } else { kept.chain(padding).collect() };
    // Half a character becomes a question mark when Java writes it as UTF-8.
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or('?')).collect())
}

/// The part between separators, from 0. An empty text has no parts; an empty separator is any blank (`StringUtils` of Apache Commons).
fn split_index(text: &str, separator: &str, index: i32) -> Option<String> {
    let index = usize::try_from(index).ok()?;
    if text.is_empty() {
        return None;
    }
    if separator.is_empty() {
        return text.split(char::is_whitespace).nth(index).map(str::to_owned);
    }
    text.split(separator).nth(index).map(str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
