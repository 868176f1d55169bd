//! Numbers with their units, and strings with their escapes.

use pest::iterators::Pair;
use smol_str::SmolStr;

use super::{Builder, Rule};
use crate::source::Span;
use crate::syntax::ast::{ExprKind, StringPart};
use crate::syntax::faults;

impl<'a> Builder<'a, '_> {
    /// A number, with the unit directly behind it.
    pub(super) fn number(&mut self, text: &str, span: Span) -> ExprKind {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number = number.trim_end_matches('_');
        let number =
            if number.contains('_') { SmolStr::from(number.replace('_', "")) } else { SmolStr::new(number) };
        if unit.is_empty() {
            return ExprKind::Number(number);
        }
        let Some((size, duration)) = unit_size(unit) else {
            return ExprKind::BadUnit(number, SmolStr::new(unit));
        };
        match scaled(&number, size) {
            Some(value) if duration => ExprKind::Duration(value),
            Some(value) => ExprKind::Size(value),
            None => {
                self.report(faults::bad_amount(span, text, if duration { "milliseconds" } else { "bytes" }));
                ExprKind::Error
            }
        }
    }

    /// A string with escapes or interpolated expressions.
    pub(super) fn template(&mut self, pair: Pair<'a, Rule>, height: u32) -> ExprKind {
        let whole = self.span(&pair);
        if pair.as_str().contains('\n') {
            self.report(faults::line_in_string(whole));
            return ExprKind::Error;
        }
        let mut parts = Vec::new();
        for part in pair.into_inner() {
            let span = self.span(&part);
            if part.as_rule() == Rule::text {
                parts.push(StringPart::Text(self.unescape(part.as_str(), span)));
                continue;
            }
            let text = part.as_str();
            let value = self.nested(&mut part.into_inner(), height);
            if matches!(value.kind, ExprKind::Number(_)) {
                self.report(faults::number_in_braces(span, text));
            }
            parts.push(StringPart::Expr(value));
        }
        ExprKind::String(parts)
    }

    /// A quoted regular expression: escapes are a string's, braces are its own.
    pub(super) fn regex(&mut self, quoted: &str, span: Span) -> Vec<StringPart> {
        let text = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        vec![StringPart::Text(self.unescape(text, Span::new(span.start + 1, span.end.saturating_sub(1))))]
    }

    fn unescape(&mut self, text: &str, span: Span) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            out.push_str(before);
            let length = escape_length(escape);
            let (escape, behind) = escape.split_at(length);
            match escaped(escape) {
                Some(c) => out.push(c),
                None => {
                    let start = span.end - super::offset(behind.len() + length);
                    self.report(faults::bad_escape(Span::new(start, start + super::offset(length)), escape));
                }
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

/// How long an escape is, from its backslash.
fn escape_length(text: &str) -> usize {
    if text.starts_with("\\u{")
        && let Some(end) = text.find('}')
    {
        return end + 1;
    }
    text.chars().take(2).map(char::len_utf8).sum()
}

/// The character that an escape stands for.
fn escaped(escape: &str) -> Option<char> {
    match escape {
        "\\n" => Some('\n'),
        "\\t" => Some('\t'),
        "\\r" => Some('\r'),
        "\\\"" => Some('"'),
        "\\\\" => Some('\\'),
        "\\{" => Some('{'),
        "\\}" => Some('}'),
        _ => {
            let digits = escape.strip_prefix("\\u{")?.strip_suffix('}')?;
            let plain = !digits.is_empty()
                && digits.len() <= 6
                && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if plain { char::from_u32(u32::from_str_radix(digits, 16).ok()?) } else { None }
        }
    }
}

/// How many milliseconds or bytes a unit is, and whether it is one of time.
fn unit_size(unit: &str) -> Option<(u64, bool)> {
    let size = match unit {
        "ms" => (1, true),
        "s" => (1_000, true),
        "m" => (60_000, true),
        "h" => (3_600_000, true),
        "d" => (86_400_000, true),
        "w" => (604_800_000, true),
        "B" => (1, false),
        "KB" => (1_000, false),
        "MB" => (1_000_000, false),
        "GB" => (1_000_000_000, false),
        "TB" => (1_000_000_000_000, false),
        "KiB" => (1 << 10, false),
        "MiB" => (1 << 20, false),
        "GiB" => (1 << 30, false),
        "TiB" => (1 << 40, false),
        // Lines are sold in bits a second; a size is bytes.
        "Mbit" => (125_000, false),
        "Gbit" => (125_000_000, false),
        _ => return None,
    };
    Some(size)
}

/// A decimal number times a size, where that is a whole number that fits.
fn scaled(number: &str, size: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let amount = digits.checked_mul(u128::from(size))?;
    if amount.is_multiple_of(scale) { u64::try_from(amount / scale).ok() } else { None }
}
