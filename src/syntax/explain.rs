//! Says why the grammar stopped: what stands there, what was expected, and the mend where it is known.

use std::ops::Range;

use super::extent::{self, Crooked};
use super::faults;
use super::foreign;
use super::lex::{self, Kind, Token};
use super::pairs::{Reader, Stop};
use crate::diagnostic::Diagnostic;

/// Reports that the piece that begins at `start` can't be read.
pub(super) fn report(reader: &mut Reader<'_>, start: usize, stop: &Stop) {
    if let Some(from) = reader.crooked_from
        && crooked(reader, from..reader.text.len().min(stop.at + 1))
    {
        return;
    }
    let diagnostic = unclosed(reader, start..stop.at).unwrap_or_else(|| unexpected(reader, start, stop));
    reader.report(diagnostic);
}

/// Reports where the lay-out shows that a brace is missing, once for an item. `false` if it shows nothing.
pub(super) fn crooked(reader: &mut Reader<'_>, within: Range<usize>) -> bool {
    let asked =
        |found: &Crooked| matches!(found, Crooked::Open(_) | Crooked::LacksClose(..) | Crooked::Text(_));
    let point = |at: usize| reader.span(at..at + 1);
    let diagnostic = match extent::crooked(reader.text, floor(reader.text, within), asked) {
        Some(Crooked::Text(range)) => {
            faults::unclosed_string(reader.span(range.clone()), shown(reader, range))
        }
        Some(Crooked::Open(open)) => faults::never_closed(point(open), '{'),
        Some(Crooked::LacksClose(open, here)) => brace_missing(reader, open, here..here + 1),
        _ => return false,
    };
    reader.report(diagnostic);
    reader.crooked_from = None;
    true
}

/// A body's `}` is missing before `here`.
pub(super) fn brace_missing(reader: &Reader<'_>, open: usize, here: Range<usize>) -> Diagnostic {
    let text = reader.text;
    let behind = extent::last(text, open..here.start).map_or(here.start, |token| token.range.end);
    let line = text.get(..open).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let indent: String = text.get(line..).unwrap_or_default().chars().take_while(|c| *c == ' ').collect();
    faults::unclosed_brace(
        reader.span(open..open + 1),
        reader.span(here),
        reader.span(behind..behind),
        &indent,
    )
}

fn shown<'a>(reader: &Reader<'a>, range: Range<usize>) -> &'a str {
    reader.text.get(range).unwrap_or_default()
}

/// A sentence whose words stand in capitals, as SQL's do, with its words small.
pub(super) fn small(text: &str, within: Range<usize>) -> Option<String> {
    const WORDS: [&str; 17] = [
        "grant", "deny", "share", "assert", "use", "on", "to", "where", "with", "option", "as", "select",
        "insert", "delete", "alter", "drop", "describe",
    ];
    let mut tokens = lex::tokens(text, within.clone()).filter(Token::counts);
    let first = tokens.next().filter(|first| first.text(text).chars().all(|c| c.is_ascii_uppercase()))?;
    meant(first.text(text))?;
    let mut small = String::new();
    let mut at = within.start;
    for token in std::iter::once(first).chain(tokens) {
        let word = token.text(text);
        let lower = word.to_ascii_lowercase();
        if word != lower && WORDS.contains(&lower.as_str()) {
            small.push_str(text.get(at..token.range.start)?);
            small.push_str(&lower);
            at = token.range.end;
            if lower == "where" {
                break;
            }
        }
    }
    small.push_str(text.get(at..within.end)?);
    let ended = small.trim_end();
    Some(ended.strip_suffix(';').unwrap_or(ended).to_owned())
}

/// The range without the character that its end cuts.
fn floor(text: &str, within: Range<usize>) -> Range<usize> {
    let end = (within.start..=within.end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(within.start);
    within.start..end
}

/// A string or comment before the stop that is never closed is the cause of everything behind it.
fn unclosed(reader: &Reader<'_>, before: Range<usize>) -> Option<Diagnostic> {
    let text = reader.text;
    let tokens =
        lex::tokens(text, before.start..text.len()).take_while(|token| token.range.start <= before.end);
    for token in tokens {
        match token.kind {
            Kind::Text { closed: false, .. } => {
                let text = token.text(text);
                return Some(faults::unclosed_string(reader.span(token.range.clone()), text));
            }
            Kind::Comment { closed: false } => {
                return Some(faults::unclosed_comment(reader.span(token.range.start..token.range.start + 2)));
            }
            _ => {}
        }
    }
    None
}

fn unexpected(reader: &Reader<'_>, start: usize, stop: &Stop) -> Diagnostic {
    let text = reader.text;
    let wanted = stop.wanted.describe();
    // Where nothing is known to have been possible, a look ahead went past the word at fault.
    let looked_ahead = if wanted.is_empty() { extent::last(text, start..stop.at) } else { None };
    let at_stop = |token: &Token| token.range.end > stop.at && !matches!(token.kind, Kind::Comment { .. });
    let Some(token) = looked_ahead.or_else(|| lex::tokens(text, start..text.len()).find(at_stop)) else {
        let end = extent::last(text, start..text.len()).map_or(start, |token| token.range.end);
        return related(
            reader,
            start,
            stop,
            faults::unexpected(reader.span(end..end), "end of the file", &wanted),
        );
    };
    let found = token.text(text);
    if let Some(diagnostic) = comma(reader, start, stop, &token)
        .or_else(|| close(reader, start, stop, &token))
        .or_else(|| unfinished(reader, start, stop, &token))
    {
        return diagnostic;
    }
    if let Some(diagnostic) = equals(reader, start, stop, &token) {
        return diagnostic;
    }
    let (span, shown) = match token.kind {
        Kind::LineEnd => (token.range.start..token.range.start, "line end".to_owned()),
        Kind::Doc => (token.range.clone(), "doc comment".to_owned()),
        _ => (token.range.clone(), format!("`{}`", shortened(found))),
    };
    let mut diagnostic = faults::unexpected(reader.span(span), &shown, &wanted);
    if let Some(help) = help(text, &token, stop) {
        let sign = if help.starts_with("a comment begins") { if found == "#" { 1 } else { 2 } } else { 0 };
        diagnostic = diagnostic.help(help);
        if sign > 0 {
            diagnostic = diagnostic.fix(reader.span(token.range.start..token.range.start + sign), "//");
        }
    }
    related(reader, start, stop, diagnostic)
}

/// Only a comma is missing where one was possible, a bracket is open, and something begins on the same line that could stand behind it.
fn comma(reader: &Reader<'_>, start: usize, stop: &Stop, token: &Token) -> Option<Diagnostic> {
    let text = reader.text;
    let begins = matches!(token.kind, Kind::Word | Kind::Number | Kind::Text { .. } | Kind::Open(_));
    if !stop.wanted.has(",") || stop.wanted.name || !begins {
        return None;
    }
    let (bracket, open) = extent::innermost(text, start..stop.at)?;
    let before = extent::last(text, start..stop.at)?.range.end;
    let new_line = text.get(before..token.range.start)?.contains('\n');
    let set = extent::is_set(text, token.range.end..text.len());
    let opened_on_line = !text.get(open..before)?.contains('\n');
    if set && bracket == b'[' || new_line && bracket != b'{' && (set || opened_on_line) {
        return None;
    }
    Some(faults::missing_comma(reader.span(token.range.clone()), reader.span(before..before)))
}

/// The line ended with a bracket open: it is missing there, and not before what begins the next line.
fn close(reader: &Reader<'_>, start: usize, stop: &Stop, token: &Token) -> Option<Diagnostic> {
    let text = reader.text;
    let (bracket, open) = extent::innermost(text, start..stop.at)?;
    let point = reader.span(open..open + 1);
    if bracket == b'{' {
        return None;
    }
    let before = extent::last(text, start..stop.at)?.range.end;
    let closing = closing(bracket);
    let new_line = text.get(before..token.range.start)?.contains('\n') || token.kind == Kind::LineEnd;
    let opened_on_line = open + 1 < before && !text.get(open..before)?.contains('\n');
    let possible = stop.wanted.has(closing) || token.kind == Kind::Doc;
    (new_line && opened_on_line && possible)
        .then(|| faults::missing_close(reader.span(before..before), point, closing))
}

/// A value right behind the only word of a line, where `=` was possible: `name "raw"`.
fn equals(reader: &Reader<'_>, start: usize, stop: &Stop, token: &Token) -> Option<Diagnostic> {
    let text = reader.text;
    let begins = matches!(token.kind, Kind::Number | Kind::Text { closed: true, .. } | Kind::Open(b'['));
    let name = extent::last(text, start..stop.at).filter(|name| name.kind == Kind::Word)?;
    let line = text.get(..name.range.start)?.rsplit('\n').next().unwrap_or_default();
    let alone = line.trim().is_empty() || line.trim_end().ends_with(['{', ',']);
    let in_body = extent::innermost(text, 0..name.range.start).is_some_and(|(bracket, _)| bracket == b'{');
    (stop.wanted.has("=") && begins && alone && in_body).then(|| {
        let (name_span, value) = (reader.span(name.range.clone()), reader.span(token.range.clone()));
        foreign::no_equals(name_span, value, name.text(text), &shortened(token.text(text)))
    })
}

/// A line of a test begins where the one before it could not end: it is that one which lacks something.
fn unfinished(reader: &Reader<'_>, start: usize, stop: &Stop, token: &Token) -> Option<Diagnostic> {
    let text = reader.text;
    let begins_line = matches!(token.text(text), "given" | "when" | "expect");
    let before = extent::last(text, start..stop.at)?.range.end;
    let new_line = text.get(before..token.range.start)?.contains('\n');
    (begins_line && new_line && extent::innermost(text, start..stop.at).is_none())
        .then(|| faults::unfinished(reader.span(before..before), &stop.wanted.describe()))
}

fn closing(bracket: u8) -> &'static str {
    match bracket {
        b'(' => ")",
        b'[' => "]",
        _ => "}",
    }
}

/// Points at the bracket that is still open, where its end was expected.
fn related(reader: &Reader<'_>, start: usize, stop: &Stop, diagnostic: Diagnostic) -> Diagnostic {
    match extent::innermost(reader.text, start..stop.at) {
        Some((bracket, at)) if stop.wanted.has(closing(bracket)) => {
            diagnostic.related(reader.span(at..at + 1), format!("this `{}` is open", bracket as char))
        }
        _ => diagnostic,
    }
}

/// The mend, where what was found tells what was meant.
fn help(text: &str, token: &Token, stop: &Stop) -> Option<String> {
    let found = token.text(text);
    let wanted = &stop.wanted;
    let help = match found {
        ":" if wanted.has("=") => "a field is set with `=`; `:` stands before a type",
        "=" if wanted.has(":") => "`:` stands before a type; a default follows it behind `=`",
        "=>" | "=" if wanted.has("->") => "write `->`",
        "," | "|" if is_arm(text, token) => {
            "an arm of a `match` is for one value: write one for each, or `else` for all the others"
        }
        ";" => "nothing but SQL ends with `;`",
        "#" => "a comment begins with `//`",
        "-" if text.get(token.range.start..).is_some_and(|rest| rest.starts_with("--")) => {
            "a comment begins with `//`"
        }
        "$" => "a value is put into a string by `{name}`, without `$`",
        "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" | "`" => {
            "a string stands in straight double quotes, `\"`"
        }
        "\u{a0}" | "\u{202f}" | "\u{feff}" | "\u{200b}" => "an invisible character; replace it by a blank",
        "'" => "a string stands in double quotes; single quotes are for SQL",
        "var" | "const" | "val" => "a value is named by `let name = …`",
        "}" | ")" | "]" if wanted.value() => "a value is missing before it",
        _ if token.kind == Kind::Doc => {
            "a doc comment stands before a declaration, member or column; `//` begins a plain one"
        }
        _ if wanted.name && !wanted.value() && token.kind == Kind::Number => {
            "a name begins with a letter or `_`"
        }
        _ if wanted.name && !wanted.value() && is_clause(found) => {
            return Some(format!("`{found}` is a reserved word; a name is missing before it"));
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// Whether another value of an arm follows on the line: `"a", "b" -> { … }`.
fn is_arm(text: &str, token: &Token) -> bool {
    let rest = text.get(token.range.end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    rest.split_once("->")
        .is_some_and(|(value, block)| !value.contains(['{', '(']) && block.trim_start().starts_with('{'))
}

fn is_clause(word: &str) -> bool {
    matches!(word, "in" | "on" | "into" | "as" | "for" | "to" | "with" | "where")
}

fn shortened(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// The word of the language that a misspelled one was meant to be.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    ["grant", "deny", "share", "assert", "use"].into_iter().find(|known| {
        let allowed = if known.len() > 4 { 2 } else { 1 };
        distance(known.as_bytes(), word.as_bytes()) <= allowed
    })
}

/// How many letters must be changed, added, left out or swapped with their neighbour.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (at(&row, j) + usize::from(x != y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    at(&row, b.len())
}
