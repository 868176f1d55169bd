//! One item or member of a text, read with the grammar and made into its tree. Nothing outside this folder sees pest.

mod decl;
mod expr;
mod foreign;
mod literal;
mod sentence;
mod statement;
mod step;
mod types;
mod wanted;

use std::ops::Range;
use std::sync::Mutex;

use pest::Parser;
use pest::iterators::{Pair, Pairs};
use smol_str::SmolStr;

use super::ast::{Decl, Ident, Item, Member, Path, Use};
use super::faults;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;

pub(super) use wanted::Wanted;

/// pest's generated parser, in a module of its own because it documents nothing.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/dpl.pest"]
    pub(super) struct Grammar;
}
use grammar::{Grammar, Rule};

/// What stands at the top of a file, where something stands.
#[expect(clippy::large_enum_variant, reason = "it is moved into the module at once")]
pub(super) enum Top {
    /// A `use` line.
    Use(Use),
    /// Anything else.
    Item(Item),
    /// A sentence that can't be read.
    Lost,
    /// Only blanks and comments, or nothing that could be kept.
    Nothing,
}

/// Where the grammar stopped: the furthest offset that it reached, and what it could have read there.
pub(super) struct Stop {
    /// Offset in the text.
    pub at: usize,
    /// What was expected.
    pub wanted: Wanted,
}

/// A text with what is said about it.
pub(super) struct Reader<'a> {
    /// The text, as far as it may be read.
    pub text: &'a str,
    /// Offset of the text's first byte in the source map.
    base: u32,
    /// What has been said so far.
    pub diagnostics: Diagnostics,
    /// Up to where the braces are accounted for.
    pub solid: usize,
    /// Where the item that is being recovered begins, if its brackets do not match and that is not reported yet.
    pub crooked_from: Option<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, base: u32) -> Self {
        Self { text, base, diagnostics: Diagnostics::default(), solid: 0, crooked_from: None }
    }

    /// The span of a range of the text.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.base + offset(range.start), self.base + offset(range.end))
    }

    /// Whether something is said already about the line that holds an offset.
    pub(super) fn said_on_line(&self, at: usize) -> bool {
        let line = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let length = self.text.get(line..).and_then(|rest| rest.find('\n')).unwrap_or(self.text.len() - line);
        let line = self.span(line..line + length);
        self.diagnostics.iter().any(|said| line.start <= said.span.start && said.span.start <= line.end)
    }

    /// Says something about the text.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Builds trees from the pairs of one piece of text.
struct Builder<'a, 'r> {
    /// Offset of the piece in the source map.
    base: u32,
    reader: &'r mut Reader<'a>,
    /// Where to read on, in the source map, if that is before the end of what the grammar read.
    resume: Option<u32>,
    /// Whether `=` compares in the expression that is being built.
    compares: bool,
    /// Whether the body that is being built may hold columns.
    columns: bool,
}

impl Builder<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.reader.report(diagnostic);
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.base + offset(span.start()), self.base + offset(span.end()))
    }

    fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: SmolStr::new(pair.as_str()), span: self.span(pair) }
    }

    /// `@pii`, without its sign.
    fn label(&self, pair: &Pair<'_, Rule>) -> Ident {
        let Ident { name, span } = self.ident(pair);
        Ident { name: name.trim_start_matches('@').into(), span }
    }

    /// A name that others will refer to, so that it may not be a reserved word.
    fn new_name(&mut self, pair: &Pair<'_, Rule>) -> Ident {
        let ident = self.ident(pair);
        if is_reserved(&ident.name) {
            self.report(faults::reserved_name(ident.span, &ident.name));
        }
        ident
    }

    fn path(&self, pair: &Pair<'_, Rule>) -> Path {
        let span = self.span(pair);
        let mut start = span.start;
        let part = |name: &str| {
            let ident =
                Ident { name: SmolStr::new(name), span: Span::new(start, start + offset(name.len())) };
            start = ident.span.end + 1;
            ident
        };
        // Most have one part, and there are many: the list is as long as that.
        let mut parts = Vec::with_capacity(1 + memchr::memchr_iter(b'.', pair.as_str().as_bytes()).count());
        parts.extend(pair.as_str().split('.').map(part));
        Path { parts, span }
    }
}

/// Words that can't be names where a value is read or a thing is named, since they begin or continue what the language itself says.
pub(crate) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "as"
            | "assert"
            | "catch"
            | "deny"
            | "else"
            | "false"
            | "for"
            | "grant"
            | "if"
            | "in"
            | "into"
            | "let"
            | "match"
            | "none"
            | "not"
            | "on"
            | "or"
            | "return"
            | "share"
            | "to"
            | "true"
            | "try"
            | "use"
            | "where"
            | "with"
    )
}

/// Reads the item at `at`, with the comments before it. Returns it and where it ends.
pub(super) fn read_item(reader: &mut Reader<'_>, at: usize) -> Result<(Top, usize), Stop> {
    read(reader, Rule::item, at..reader.text.len(), |builder, pairs| builder.top(pairs))
}

/// Reads the member of a body at a range's start up to where the next can begin.
pub(super) fn read_member(
    reader: &mut Reader<'_>,
    within: Range<usize>,
) -> Result<(Option<Member>, usize), Stop> {
    read(reader, Rule::one_member, within, |builder, pairs| builder.members(pairs).pop())
}

/// Reads a declaration's head at a range's start, up to the brace of its body.
pub(super) fn read_head(reader: &mut Reader<'_>, within: Range<usize>) -> Result<(Decl, usize), Stop> {
    read(reader, Rule::head, within, |builder, pairs| builder.decl_parts(pairs))
}

fn read<'a, T>(
    reader: &mut Reader<'a>,
    rule: Rule,
    within: Range<usize>,
    build: impl FnOnce(&mut Builder<'a, '_>, Pairs<'a, Rule>) -> T,
) -> Result<(T, usize), Stop> {
    let text = reader.text;
    let at = within.start;
    let piece = text.get(within).unwrap_or_default();
    let Some(pair) = Grammar::parse(rule, piece).ok().and_then(|mut pairs| pairs.next()) else {
        return Err(stop(rule, piece, at));
    };
    let end = at + pair.as_span().end();
    let base = reader.base;
    let mut builder =
        Builder { base: base + offset(at), reader, resume: None, compares: false, columns: true };
    let built = build(&mut builder, pair.into_inner());
    let end = builder.resume.map_or(end, |resume| resume.saturating_sub(base) as usize);
    Ok((built, end))
}

/// pest's switch for what a [`Stop`] needs is one for the whole process and makes reading slow: it is on while this is locked.
static DETAIL: Mutex<()> = Mutex::new(());

/// Reads a piece that can't be read once more, to learn where and why.
fn stop(rule: Rule, piece: &str, at: usize) -> Stop {
    let locked = DETAIL.lock();
    pest::set_error_detail(true);
    let result = Grammar::parse(rule, piece);
    pest::set_error_detail(false);
    drop(locked);
    let attempts = result.err().and_then(|error| error.parse_attempts());
    attempts.map_or(Stop { at, wanted: Wanted::default() }, |attempts| Stop {
        at: at + attempts.max_position,
        wanted: Wanted::from_tokens(attempts.expected_tokens().iter().map(ToString::to_string)),
    })
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
