//! Functions of the letters of a text, and texts that stand for bytes.

use std::sync::LazyLock;

use regex::Regex;

/// `INITCAP`: only the letters and digits of ASCII make words, as Calcite has it.
pub(super) fn capitals(text: &str) -> String {
    let mut inside = false;
    let letter = |letter: char| {
        let made = match (letter.is_ascii_alphanumeric(), inside) {
            (true, false) => letter.to_ascii_uppercase(),
            (true, true) => letter.to_ascii_lowercase(),
            (false, _) => letter,
        };
        inside = letter.is_ascii_alphanumeric();
        made
    };
    text.chars().map(letter).collect()
}

/// `ASCII`: the first byte, which Java takes for a number with a sign; 0 of an empty text.
pub(super) fn first_byte(text: &str) -> i32 {
    text.bytes().next().map_or(0, |byte| i32::from(byte.cast_signed()))
}

/// `CHR`: the character of the lowest byte; nothing below zero.
pub(super) fn character(code: i32) -> String {
    if code < 0 { String::new() } else { char::from((code & 0xFF) as u8).to_string() }
}

static LETTERS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A[\p{L}&&[\x{0}-\x{FFFF}]]+\z").ok());
static DIGITS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A[\p{Nd}&&[\x{0}-\x{FFFF}]]+\z").ok());
/// What `Double.parseDouble` reads.
static DOUBLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let hexadecimal = r"0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+";
    let decimal = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
    Regex::new(&format!(r"\A[+-]?(?:NaN|Infinity|(?:{decimal}|{hexadecimal})[fFdD]?)\z")).ok()
});

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// `IS_ALPHA`. Java looks at halves of characters beyond the first 65,536, which are no letters.
pub(super) fn is_alpha(text: &str) -> bool {
    is(&LETTERS, text)
}

/// `IS_DIGIT`, of any script.
pub(super) fn is_digit(text: &str) -> bool {
    is(&DIGITS, text)
}

/// `IS_DECIMAL`: whether Java reads a whole number, which may be in digits of any script, or a double, which may not.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_digit(digits) && !digits.is_ascii() {
        let value = digits.chars().try_fold(0_u64, |value, digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit_value(digit)))
        });
        let limit = i64::MAX.unsigned_abs() + u64::from(text.starts_with('-'));
        return value.is_some_and(|value| value <= limit);
    }
    is(&DOUBLE, text.trim_matches(|letter| letter <= ' '))
}

/// The digits of a script follow one another, from zero on.
fn digit_value(digit: char) -> u32 {
    let is_one = |before: u32| {
        let letter = u32::from(digit).checked_sub(before).and_then(char::from_u32);
        letter.is_some_and(|letter| is_digit(letter.encode_utf8(&mut [0; 4])))
    };
    (1..10).take_while(|before| is_one(*before)).count() as u32
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `TO_BASE64`.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4_usize {
            let sixth = (bits >> (18 - 6 * place)) & 63;
            let letter = ALPHABET.get(sixth as usize).copied().unwrap_or(b'=');
            text.push(if place > part.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

/// `FROM_BASE64`, as Java's basic decoder reads it: what fills up the last four may be missing, and nothing else may stand in between. `None`
/// where it is no such text, on which Flink's job fails.
pub(super) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let whole = text.iter().take_while(|byte| **byte != b'=').count();
    let (digits, filling) = text.split_at_checked(whole)?;
    let missing = match (digits.len() % 4, filling) {
        (0, []) => 0,
        (2, [] | [b'=', b'=']) => 2,
        (3, [] | [b'=']) => 1,
        _ => return None,
    };
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(4) * 3);
    for part in digits.chunks(4) {
        let mut bits = 0_u32;
        for place in 0..4 {
            let sixth = match part.get(place) {
                Some(letter) => ALPHABET.iter().position(|known| known == letter)?,
                None => 0,
            };
            bits = bits << 6 | sixth as u32;
        }
        let [_, rest @ ..] = bits.to_be_bytes();
        bytes.extend_from_slice(&rest);
    }
    bytes.truncate(bytes.len() - missing);
    Some(bytes)
}
