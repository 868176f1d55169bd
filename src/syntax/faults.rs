//! Every error of reading, one function each: what is wrong, where, and the mend.

use crate::diagnostic::{Diagnostic, catalogue as code};
use crate::source::Span;

pub(super) fn too_large(span: Span, size: usize, limit: usize) -> Diagnostic {
    let message = format!("the file has {size} bytes, more than the {limit} that are read");
    Diagnostic::error(code::TOO_MUCH, Span::new(span.start, span.start), message, "this file is not read")
        .help("split it into several modules")
}

pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    let message = format!("brackets are nested more than {limit} deep");
    Diagnostic::error(code::TOO_MUCH, span, message, "one level too deep")
        .help("give the inner parts names of their own; this item and what follows it are not read")
}

pub(super) fn too_long(span: Span, limit: u32) -> Diagnostic {
    let message = format!("an expression chains more than {limit} operators");
    Diagnostic::error(code::TOO_MUCH, span, message, "too long").help("give parts of it names of their own")
}

pub(super) fn too_many(span: Span, limit: usize) -> Diagnostic {
    let message = format!("more than {limit} errors; the rest of the file is not read");
    Diagnostic::error(code::TOO_MUCH, span, message, "reading stops here")
        .help("mend the first errors and check again")
}

pub(super) fn reserved_name(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        code::RESERVED_WORD,
        span,
        format!("`{word}` is a reserved word"),
        "can't be a name here",
    )
    .help("choose another name; only fields, columns and arguments may have this one")
}

pub(super) fn reserved_value(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(code::RESERVED_WORD, span, format!("`{word}` is a reserved word"), "expected a value")
}

pub(super) fn semicolon(span: Span) -> Diagnostic {
    foreign(span, "`;` ends nothing but SQL", "not needed").help("a member ends with its line").fix(span, "")
}

pub(super) fn stray_comma(span: Span) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, "nothing of this sentence follows the comma", "not needed")
        .help("take it away, or name another receiver behind it")
        .fix(span, "")
}

/// `value` is where the value begins.
pub(super) fn colon_for_equals(span: Span, name: &str, value: u32) -> Diagnostic {
    foreign(span, format!("the field `{name}` is set with `:`"), "a value follows, so this is a field")
        .help(format!("write `{name} = …`; `:` stands before a type"))
        .fix(Span::new(span.end, value), " = ")
}

pub(super) fn foreign_operator(span: Span, operator: &str, ours: &str) -> Diagnostic {
    let replacement = if operator == "!" { format!("{ours} ") } else { ours.to_owned() };
    foreign(span, format!("`{operator}` is no operator"), "another language's spelling")
        .help(format!("write `{ours}`"))
        .fix(span, replacement)
}

pub(super) fn equals_for_comparison(span: Span) -> Diagnostic {
    foreign(span, "`=` compares nothing", "`=` sets a field or an argument")
        .help("write `==` to compare")
        .fix(span, "==")
}

pub(super) fn single_quotes(span: Span, quoted: &str) -> Diagnostic {
    let text = quoted.trim_matches('\'');
    let fixed: String = text
        .chars()
        .flat_map(|c| if matches!(c, '"' | '\\' | '{') { vec!['\\', c] } else { vec![c] })
        .collect();
    foreign(span, "a string stands in double quotes", "single quotes are for SQL")
        .help(format!("write `\"{fixed}\"`"))
        .fix(span, format!("\"{fixed}\""))
}

fn foreign(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    Diagnostic::error(code::FOREIGN_SPELLING, span, message, label)
}

pub(super) fn chained_comparison(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        code::CHAINED_COMPARISON,
        span,
        "comparisons do not chain",
        "compares the answer of a comparison",
    )
    .related(first, "the first comparison")
    .help("join two comparisons with `and`")
}

pub(super) fn bad_escape(span: Span, escape: &str) -> Diagnostic {
    let help = if escape.starts_with("\\u") {
        "a character's number stands in braces: `\\u{20ac}`".to_owned()
    } else {
        format!(
            "for a backslash itself write `\\{escape}`; the escapes are \\n \\t \\r \\\" \\\\ \\{{ \\}} \\u{{…}}"
        )
    };
    Diagnostic::error(code::STRING, span, format!("`{escape}` is no escape"), "stands for no character")
        .help(help)
}

pub(super) fn number_in_braces(span: Span, text: &str) -> Diagnostic {
    let inside = text.trim_matches(['{', '}']);
    Diagnostic::error(code::STRING, span, "braces in a string hold an expression", "only a number")
        .help(format!("for the braces themselves write `\\{{{inside}\\}}`"))
        .fix(span, format!("\\{{{inside}\\}}"))
}

pub(super) fn line_in_string(span: Span) -> Diagnostic {
    Diagnostic::error(
        code::STRING,
        span,
        "a string ends on the line that it begins on",
        "goes over a line's end",
    )
    .help("write `\\n` for a line's end, and give a long expression a name of its own")
}

pub(super) fn bad_amount(span: Span, text: &str, unit: &str) -> Diagnostic {
    let message = format!("`{text}` is no whole number of {unit} up to 2^64");
    Diagnostic::error(code::AMOUNT, span, message, "can't be held").help("use a smaller unit")
}

pub(super) fn dangling_doc(span: Span) -> Diagnostic {
    Diagnostic::warning(
        code::DANGLING_DOC,
        span,
        "a doc comment documents nothing",
        "nothing that it could belong to follows",
    )
    .help("write `//` for a comment that is not kept")
}

pub(super) fn nameless(span: Span, kind: &str) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, format!("`{kind}` has no name"), "expected a name behind this")
}

pub(super) fn out_of_order(span: Span, part: &str, twice: bool) -> Diagnostic {
    if twice {
        return Diagnostic::error(
            code::DECLARATION_PART,
            span,
            format!("`{part}` is given twice"),
            "the second one",
        )
        .help("keep one of them");
    }
    Diagnostic::error(
        code::DECLARATION_PART,
        span,
        format!("`{part}` comes too late"),
        "belongs further to the front",
    )
    .help("the order is `kind name (…) -> T : T for X on X in ACCOUNT into X as SQL; = value { … }`")
}

pub(super) fn missing_semicolon(sql: Span) -> Diagnostic {
    let end = Span::new(sql.end, sql.end);
    Diagnostic::error(code::SQL_END, end, "`;` is missing behind the SQL", "expected `;`")
        .related(Span::new(sql.start, sql.start), "the SQL begins here")
        .fix(end, ";")
}

pub(super) fn slashes_in_sql(span: Span) -> Diagnostic {
    Diagnostic::error(code::SQL_END, span, "`//` is no comment in SQL", "SQL from here on")
        .help("write `--`, or `/* … */`")
        .fix(span, "--")
}

pub(super) fn unclosed_predicate(span: Span) -> Diagnostic {
    let open = Span::new(span.start.saturating_sub(1), span.start);
    Diagnostic::error(code::SQL_END, open, "the predicate's `(` is never closed", "expected a `)` for this")
}

pub(super) fn unclosed_sql_quote(span: Span, quote: char) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, span, format!("`{quote}` in SQL is never closed"), "opened here")
        .help(format!("inside such quotes `{quote}` itself is written twice"))
}

pub(super) fn unclosed_comment(span: Span) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, span, "a comment is never closed", "opened here")
        .help("write `*/` behind it")
}

/// A string that is open where its line ends. Where nothing in it looks like what could stand behind it, it ends with the line.
pub(super) fn unclosed_string(span: Span, text: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::error(code::UNCLOSED, span, "a string is never closed", "opened here, and the line ends")
            .help("write `\"` behind it; a brace that begins no expression is written `\\{`");
    let alone = !text.contains([',', ')', ']', '{', '}', '\n', '=']);
    let end = Span::new(span.end, span.end);
    if alone { diagnostic.fix(end, "\"") } else { diagnostic }
}

/// `behind` is the end of what stands before the missing brace, `indent` the blanks before the line that opened it.
pub(super) fn unclosed_brace(open: Span, here: Span, behind: Span, indent: &str) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, here, "`}` is missing", "expected `}` before this")
        .related(open, "opened here")
        .help("write `}`")
        .fix(behind, format!("\n{indent}}}"))
}

pub(super) fn never_closed(open: Span, bracket: char) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, open, format!("`{bracket}` is never closed"), "opened here")
}

/// The closing bracket that belongs behind `end`.
pub(super) fn missing_close(end: Span, open: Span, bracket: &str) -> Diagnostic {
    Diagnostic::error(
        code::UNCLOSED,
        end,
        format!("`{bracket}` is missing"),
        format!("expected `{bracket}` behind this"),
    )
    .related(open, "opened here")
    .help(format!("write `{bracket}`"))
    .fix(end, bracket)
}

pub(super) fn nothing_to_close(span: Span, bracket: &str) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, span, format!("`{bracket}` closes nothing"), "nothing is open here")
}

pub(super) fn missing_open_brace(span: Span, closed: Span) -> Diagnostic {
    Diagnostic::error(code::UNCLOSED, span, "`{` is missing", "expected `{` behind this")
        .related(closed, "closed here")
}

/// What was found where something else was expected.
pub(super) fn unexpected(span: Span, found: &str, wanted: &str) -> Diagnostic {
    let label = if wanted.is_empty() { "can't stand here".to_owned() } else { format!("expected {wanted}") };
    Diagnostic::error(code::SYNTAX, span, format!("unexpected {found}"), label)
}

/// A line ends where it could not.
pub(super) fn unfinished(span: Span, wanted: &str) -> Diagnostic {
    let label =
        if wanted.is_empty() { "more is needed here".to_owned() } else { format!("expected {wanted}") };
    Diagnostic::error(code::SYNTAX, span, "the line is not finished", label)
}

/// A field or column begins on the line of another.
pub(super) fn missing_separator(span: Span) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, "a comma is missing", "expected `,` or a new line before this")
        .fix(span, ", ")
}

/// A declaration's name is missing: what stands in its place says how it goes on.
pub(super) fn name_missing(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        code::RESERVED_WORD,
        span,
        format!("`{word}` is a reserved word"),
        "expected a name before this",
    )
    .help("give the declaration a name")
}

/// As [`unexpected`], where only a comma is missing.
pub(super) fn missing_comma(span: Span, behind: Span) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, "a comma is missing", "expected `,` before this").fix(behind, ",")
}

/// A member in a block of statements that is none.
pub(super) fn no_statement(span: Span, word: &str, field: bool) -> Diagnostic {
    if word == "let" {
        return Diagnostic::error(code::SYNTAX, span, "`let` has no name", "expected a name behind this");
    }
    let message = format!("`{word}` begins no statement");
    let diagnostic = Diagnostic::error(code::SYNTAX, span, message, "a block holds statements");
    if field { diagnostic.help(format!("a value is named by `let {word} = …`")) } else { diagnostic }
}

pub(super) fn sentence_in_body(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        code::SYNTAX,
        span,
        format!("`{word}` stands in no body"),
        "a sentence inside a declaration",
    )
    .help("write it at the top of the file, or close the declaration before it")
}

pub(super) fn misspelled(span: Span, word: &str, meant: &str) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, format!("no item begins with `{word}`"), "unknown word")
        .help(format!("did you mean `{meant}`?"))
        .fix(span, meant)
}
