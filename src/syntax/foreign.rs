//! What SQL, Terraform and other languages write, one function each: it is understood, and said how it is written here.

use crate::diagnostic::{Diagnostic, catalogue as code};
use crate::source::Span;

fn foreign(span: Span, message: impl Into<String>, label: &str) -> Diagnostic {
    Diagnostic::error(code::FOREIGN_SPELLING, span, message, label)
}

/// A word that another takes the place of.
pub(super) fn word(span: Span, word: &str, ours: &str, why: &str) -> Diagnostic {
    foreign(span, format!("{why}, and not `{word}`"), "another language's word")
        .help(format!("write `{ours}`"))
        .fix(span, ours)
}

pub(super) fn create(span: Span, words: &str) -> Diagnostic {
    foreign(span, format!("`{words}` begins no declaration"), "SQL's word")
        .help("begin with what is declared: `kind name …`")
        .fix(Span::new(span.start, span.end), "")
}

pub(super) fn from(span: Span) -> Diagnostic {
    foreign(span, "what a query reads is named in its SQL", "not taken here")
        .help("leave it out: FROM says it")
        .fix(Span::new(span.start, span.end), "")
}

pub(super) fn angle(span: Span, text: &str) -> Diagnostic {
    let inside = text.trim_matches(['<', '>']).trim();
    foreign(span, "a declaration's type stands behind `:`", "in angle brackets")
        .help(format!("write ` : {inside}`"))
        .fix(span, format!(" : {inside}"))
}

pub(super) fn set(span: Span) -> Diagnostic {
    let sign = Span::new(span.start, span.start + 1);
    foreign(sign, "a declaration's body stands right behind its head", "not needed")
        .help("leave `=` out")
        .fix(span, "")
}

pub(super) fn no_as(span: Span) -> Diagnostic {
    foreign(span, "a query's SQL stands behind `as`", "expected `as` before the SELECT")
        .help("write `as`")
        .fix(span, "as ")
}

pub(super) fn braces(span: Span, sql: &str) -> Diagnostic {
    let open = Span::new(span.start, span.start + 1);
    foreign(open, "a query's SQL stands behind `as`, and not in braces", "expected `as`")
        .help("write `as SELECT …;`")
        .fix(span, format!("as\n  {sql};"))
}

pub(super) fn no_to(receiver: Span) -> Diagnostic {
    let here = Span::new(receiver.start, receiver.start);
    Diagnostic::error(code::SYNTAX, receiver, "`to` is missing", "expected `to` before this")
        .help("receivers stand behind `to`")
        .fix(here, "to ")
}

pub(super) fn bare_where(span: Span, text: &str) -> Diagnostic {
    foreign(span, "the condition behind `where` stands in parentheses", "without parentheses")
        .help(format!("write `({text})`"))
        .fix(span, format!("({text})"))
}

pub(super) fn all_columns(span: Span) -> Diagnostic {
    foreign(span, "without a list of columns all are meant", "not needed")
        .help("leave `(*)` out, or name the columns")
        .fix(span, "")
}

pub(super) fn no_link_name(end: Span, table: &str) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, end, "what is shared has a name in the domain", "expected `as NAME`")
        .help(format!("write ` as {table}`, or another name that the domain has not"))
        .fix(end, format!(" as {table}"))
}

pub(super) fn label_sign(span: Span, name: &str) -> Diagnostic {
    foreign(span, "a label stands with `@` behind a column's type only", "a label as a value")
        .help(format!("write `{name}`"))
        .fix(span, name)
}

pub(super) fn dots(span: Span) -> Diagnostic {
    foreign(span, "a range has two dots, and both its bounds belong to it", "expected `..`")
        .help("write `..`")
        .fix(span, "..")
}

pub(super) fn module(span: Span, ours: &str) -> Diagnostic {
    foreign(
        span,
        "a module is named by its path below the program's folder, with dots",
        "not a module's name",
    )
    .help(format!("write `{ours}`"))
    .fix(span, ours)
}

pub(super) fn no_dot(span: Span) -> Diagnostic {
    Diagnostic::error(code::SYNTAX, span, "`.` is missing before the names", "expected `.`")
        .help("write `use module.{a, b}`")
        .fix(span, ".")
}

pub(super) fn no_equals(name: Span, value: Span, field: &str, text: &str) -> Diagnostic {
    foreign(name, "a field is set with `=`", "a field without `=`")
        .help(format!("write `{field} = {text}`"))
        .fix(Span::new(name.end, value.start), " = ")
}

pub(super) fn no_colon(name: Span, ty: Span, column: &str, text: &str) -> Diagnostic {
    foreign(name, "a column's type stands behind `:`", "a column without `:`")
        .help(format!("write `{column} : {text}`"))
        .fix(Span::new(name.end, ty.start), " : ")
}

pub(super) fn type_first(span: Span, column: &str, text: &str) -> Diagnostic {
    foreign(span, "a column's name stands before its type", "type and name")
        .help(format!("write `{column} : {text}`"))
        .fix(span, format!("{column} : {text}"))
}

pub(super) fn set_column(between: Span, column: &str, text: &str) -> Diagnostic {
    foreign(between, "a column is declared with `:`, and `=` sets a field", "expected `:`")
        .help(format!("write `{column} : {text}`"))
        .fix(between, " : ")
}

pub(super) fn never_none(span: Span, word: &str, with_blanks: Span) -> Diagnostic {
    foreign(span, "a value is never `none` unless its type ends with `?`", "said already")
        .help(format!("leave `{word}` out"))
        .fix(with_blanks, "")
}

pub(super) fn may_be_none(span: Span, word: &str, ty: &str, whole: Span) -> Diagnostic {
    let ty = ty.trim_end_matches('?');
    foreign(span, "a type whose values may be `none` ends with `?`", "another language's word")
        .help(format!("write `{ty}?`, without `{word}`"))
        .fix(whole, format!("{ty}?"))
}

pub(super) fn list(span: Span, ty: &str) -> Diagnostic {
    foreign(span, "a list's type is `list<…>`", "another language's spelling")
        .help(format!("write `list<{ty}>`"))
        .fix(span, format!("list<{ty}>"))
}

pub(super) fn unique(span: Span) -> Diagnostic {
    foreign(span, "of columns only `key` says that a row is known by them", "not known")
        .help("write `key`, or leave it out")
}

pub(super) fn range(span: Span, text: &str, low: &str, high: &str) -> Diagnostic {
    foreign(span, "a column's range is `in low..high`", "another language's spelling")
        .help(format!("write `in {low}..{high}` for `{text}`"))
        .fix(span, format!("in {low}..{high}"))
}

pub(super) fn open_range(span: Span, text: &str, bound: &str, below: bool) -> Diagnostic {
    let ours = if below { format!("in {bound}..") } else { format!("in ..{bound}") };
    foreign(
        span,
        format!("a column's range is `in low..high`, and `{text}` is none"),
        "another language's spelling",
    )
    .help(format!("write `{ours}`, which has the bound itself in it"))
}

/// `resource "aws_iam_role" "orders"`, as Terraform has it. `kind` is what it is called here, if that is known.
pub(super) fn block(span: Span, kind: Option<&str>, name: &str) -> Diagnostic {
    let diagnostic = foreign(span, "a declaration is `kind name in ACCOUNT { … }`", "Terraform's form");
    match kind {
        Some(kind) => {
            diagnostic.help(format!("write `{kind} {name} in ACCOUNT`")).fix(span, format!("{kind} {name}"))
        }
        None => {
            diagnostic.help("begin with a kind such as `bucket`, `role` or `stream`; `docs/kinds.md` has all")
        }
    }
}

/// A sentence in capitals, as SQL has them.
pub(super) fn capitals(span: Span, word: &str, sentence: Span, ours: String) -> Diagnostic {
    foreign(span, "the words of a sentence are written small", "in capitals")
        .help(format!("write `{}`", word.to_ascii_lowercase()))
        .fix(sentence, ours)
}
