//! What happens where the grammar stops. A declaration that can't be read as a whole is read member by member, and each of those that can't
//! be read says why on its own, so that one mistake hides nothing else.

use std::ops::Range;

use smol_str::SmolStr;

use super::ast::{CallPolicy, Decl, Expr, ExprKind, Field, Ident, Item, Member, Statement, StatementKind};
use super::explain;
use super::extent::{self, Crooked};
use super::faults;
use super::foreign;
use super::lex::{self, Kind, Token};
use super::pairs::{self, Reader, Stop, Top};
use crate::diagnostic::Diagnostic;

/// Says why the item at `at` can't be read, keeps what can be kept of it, and returns where to go on.
pub(super) fn item(reader: &mut Reader<'_>, at: usize, stop: &Stop) -> (Top, usize) {
    let text = reader.text;
    let Some(token) = extent::first(text, at..text.len()) else {
        explain::report(reader, at, stop);
        return (Top::Nothing, text.len());
    };
    let start = token.range.start;
    match token.kind {
        Kind::Close(_) => (Top::Nothing, nothing_to_close(reader, &token)),
        Kind::Word => {
            let extent::Item { end, balanced } = extent::item(text, start);
            let end = end.max(token.range.end);
            reader.crooked_from = (!balanced).then_some(start);
            let word = token.text(text);
            if matches!(word, "grant" | "deny" | "share" | "assert" | "use") {
                explain::report(reader, start, stop);
                return (Top::Lost, end);
            }
            if let Some(diagnostic) = block(reader, &token, end) {
                reader.report(diagnostic);
                return (Top::Nothing, end);
            }
            let in_head = extent::body_brace(text, start..end).is_none_or(|brace| stop.at <= brace);
            if let Some(meant) = explain::meant(word).filter(|_| in_head) {
                let span = reader.span(token.range.clone());
                let solid = start..extent::last(text, start..end).map_or(end, |token| token.range.end);
                reader.report(match explain::small(text, solid.clone()) {
                    Some(small) => foreign::capitals(span, word, reader.span(solid), small),
                    None => faults::misspelled(span, word, meant),
                });
                return (Top::Lost, end);
            }
            let (decl, end) = declaration(reader, start..end, stop);
            (decl.map_or(Top::Nothing, |decl| Top::Item(Item::Decl(decl))), end)
        }
        _ => {
            if !reader.said_on_line(start) {
                explain::report(reader, start, stop);
            }
            (Top::Nothing, extent::item(text, token.range.end).end)
        }
    }
}

/// `resource "type" "name"`: what Terraform would have here.
fn block(reader: &Reader<'_>, first: &Token, end: usize) -> Option<Diagnostic> {
    let text = reader.text;
    matches!(first.text(text), "resource" | "data" | "module" | "variable" | "output" | "provider")
        .then_some(())?;
    let mut words = lex::tokens(text, first.range.end..end).filter(Token::counts);
    let quoted =
        |token: Option<Token>| token.filter(|token| matches!(token.kind, Kind::Text { closed: true, .. }));
    let second = quoted(words.next())?;
    let third = quoted(words.next());
    let kind = match &third {
        Some(_) => second.text(text).trim_matches('"'),
        None => first.text(text),
    };
    let last = third.unwrap_or(second);
    let name = last.text(text).trim_matches('"').replace('-', "_");
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let known = crate::suggest::foreign_kind(kind).filter(|_| is_name(&name));
    Some(foreign::block(reader.span(first.range.start..last.range.end), known, &name))
}

/// A closing bracket at the top. Where the lay-out shows which brace is missing or too many, the error stands there.
fn nothing_to_close(reader: &mut Reader<'_>, token: &Token) -> usize {
    let text = reader.text;
    let asked = |found: &Crooked| !matches!(found, Crooked::Open(_) | Crooked::LacksClose(..));
    let point = |at: usize| reader.span(at..at + 1);
    let before = reader.solid..token.range.start;
    let diagnostic = match extent::crooked(text, before.clone(), asked) {
        Some(Crooked::Text(range)) => {
            faults::unclosed_string(reader.span(range.clone()), text.get(range).unwrap_or_default())
        }
        Some(Crooked::LacksOpen(line, close)) => {
            faults::missing_open_brace(reader.span(line..line), point(close))
        }
        Some(Crooked::Close(close)) => faults::nothing_to_close(point(close), "}"),
        _ => match extent::lacks_open(text, before) {
            Some(line) => faults::missing_open_brace(reader.span(line..line), point(token.range.start)),
            None => faults::nothing_to_close(reader.span(token.range.clone()), token.text(text)),
        },
    };
    let at = diagnostic.span.start.saturating_sub(reader.span(0..0).start) as usize;
    if !reader.said_on_line(at) {
        reader.report(diagnostic);
    }
    let mut end = token.range.end;
    while let Some(next) =
        extent::first(text, end..text.len()).filter(|next| matches!(next.kind, Kind::Close(_)))
    {
        end = next.range.end;
    }
    reader.solid = end;
    end
}

/// A declaration, at the top or in a body: its head, then its members one by one. Returns where it ends.
fn declaration(reader: &mut Reader<'_>, within: Range<usize>, stop: &Stop) -> (Option<Decl>, usize) {
    let text = reader.text;
    let said = reader.diagnostics.len();
    let (decl, brace) = match pairs::read_head(reader, within.clone()) {
        Ok((decl, end)) => (Some(decl), Some(end)),
        Err(in_head) => {
            bad_head(reader, within.clone(), if in_head.at < within.end { &in_head } else { stop });
            (rough(reader, within.clone()), extent::body_brace(text, within.clone()))
        }
    };
    let Some(brace) = brace else {
        return (decl, within.end);
    };
    let (members, close) = body(reader, brace + 1..within.end, false);
    let end = match close {
        Some(close) => close + 1,
        None => {
            if reader.diagnostics.len() == said {
                unclosed(reader, brace, within.clone());
            }
            within.end
        }
    };
    if reader.diagnostics.len() == said && stop.at < end {
        explain::report(reader, within.start, stop);
    }
    let span = reader.span(within.start..end);
    (decl.map(|decl| Decl { body: Some(members), span, ..decl }), end)
}

/// Says why a declaration's head can't be read.
fn bad_head(reader: &mut Reader<'_>, within: Range<usize>, stop: &Stop) {
    let text = reader.text;
    let mut words = lex::tokens(text, within.clone()).filter(Token::counts).skip(1);
    match words.next().filter(|second| matches!(second.text(text), "in" | "on" | "into" | "as" | "for")) {
        Some(second) => {
            reader.report(faults::name_missing(reader.span(second.range.clone()), second.text(text)))
        }
        None => explain::report(reader, within.start, stop),
    }
}

/// A body that reaches the end of what can be its own without a `}`.
fn unclosed(reader: &mut Reader<'_>, brace: usize, within: Range<usize>) {
    let text = reader.text;
    if explain::crooked(reader, within.clone()) {
        return;
    }
    let open = extent::innermost(text, brace..within.end).map_or(brace, |(_, at)| at);
    let end = extent::last(text, within.clone()).map_or(text.len(), |token| token.range.end);
    let here = extent::first(text, within.end..text.len()).map_or(end..end, |token| token.range);
    let diagnostic = explain::brace_missing(reader, open, here);
    reader.report(diagnostic);
}

/// The members of a body or the statements of a block, up to the brace that closes it, if there is one.
fn body(reader: &mut Reader<'_>, within: Range<usize>, block: bool) -> (Vec<Member>, Option<usize>) {
    let text = reader.text;
    let mut members = Vec::new();
    let mut at = within.start;
    loop {
        let Some(token) = extent::first(text, at..within.end) else {
            return (members, None);
        };
        if token.kind == Kind::Close(b'}') {
            return (members, Some(token.range.start));
        }
        if reader.diagnostics.len() > super::MAX_ERRORS {
            return (members, Some(within.end.saturating_sub(1)));
        }
        let start = token.range.start;
        let (member, next) = match pairs::read_member(reader, start..within.end) {
            Ok((member, next)) => (member, next),
            Err(stop) if only_the_end_is_missing(reader, start, &stop, within.end) => {
                let (member, _) = bad_member(reader, &token, within.end, &stop);
                members.extend(member);
                return (members, None);
            }
            Err(stop) => bad_member(reader, &token, within.end, &stop),
        };
        if let Some(member) =
            member.as_ref().filter(|member| block && !matches!(member, Member::Statement(_)))
        {
            let name = reader.span(token.range.clone());
            reader.report(faults::no_statement(name, token.text(text), matches!(member, Member::Field(_))));
        }
        members.extend(member);
        at = next.max(token.range.end);
    }
}

/// Whether a member is whole and only the brace behind it is missing.
fn only_the_end_is_missing(reader: &Reader<'_>, start: usize, stop: &Stop, end: usize) -> bool {
    stop.wanted.has("}") && extent::first(reader.text, stop.at..end).is_none() && stop.at > start
}

/// Says why a member can't be read, and what can be kept of it. Returns where the next one can begin.
fn bad_member(reader: &mut Reader<'_>, first: &Token, end: usize, stop: &Stop) -> (Option<Member>, usize) {
    let text = reader.text;
    let start = first.range.start;
    let own = extent::member(text, start..end).max(first.range.end);
    let set = extent::is_set(text, first.range.end..end);
    let word = if first.kind == Kind::Word { first.text(text) } else { "" };
    if !set && matches!(word, "if" | "for" | "try" | "parallel" | "match") {
        blocks(reader, start..own, word == "match", stop);
        let span = reader.span(start..own);
        let kind = StatementKind::Call(Expr { kind: ExprKind::Error, span }, CallPolicy::default());
        return (Some(Member::Statement(Statement { doc: None, kind, span })), own);
    }
    if !set && is_declaration(text, first, end) {
        let (decl, behind) = declaration(reader, start..own, stop);
        return (decl.map(|decl| Member::Decl(Box::new(decl))), behind);
    }
    if !set && matches!(word, "grant" | "share" | "assert" | "use") {
        if let Some(from) = reader.crooked_from
            && explain::crooked(reader, from..first.range.end)
        {
            return (None, own);
        }
        reader.report(faults::sentence_in_body(reader.span(first.range.clone()), word));
        return (None, own);
    }
    explain::report(reader, start, stop);
    (kept(reader, first, end), own)
}

/// Whether a member has the form of a declaration: two names, or a name and a brace.
fn is_declaration(text: &str, first: &Token, end: usize) -> bool {
    let statement =
        matches!(first.text(text), "let" | "wait" | "fail" | "return" | "given" | "when" | "expect")
            || matches!(first.text(text), "deny" | "grant" | "share" | "assert" | "use");
    first.kind == Kind::Word
        && !statement
        && extent::first(text, first.range.end..end)
            .is_some_and(|second| matches!(second.kind, Kind::Word | Kind::Open(b'{')))
}

/// Reads the blocks of a statement one statement after the other. What is wrong outside of them is said first.
fn blocks(reader: &mut Reader<'_>, within: Range<usize>, arms: bool, stop: &Stop) {
    let said = reader.diagnostics.len();
    let mut blocks = extent::blocks(reader.text, within.clone());
    if arms {
        blocks = blocks.into_iter().flat_map(|block| extent::blocks(reader.text, block)).collect();
    }
    if !blocks.iter().any(|block| block.start <= stop.at && stop.at < block.end) {
        explain::report(reader, within.start, stop);
    }
    for block in blocks {
        body(reader, block, true);
    }
    if reader.diagnostics.len() == said {
        explain::report(reader, within.start, stop);
    }
}

/// `name = …` and `let name = …` keep their names, so that who refers to them is not blamed.
fn kept(reader: &Reader<'_>, first: &Token, end: usize) -> Option<Member> {
    let text = reader.text;
    let ident = |token: &Token| Ident {
        name: SmolStr::new(token.text(text)),
        span: reader.span(token.range.clone()),
    };
    if first.kind != Kind::Word {
        return None;
    }
    let second = extent::first(text, first.range.end..end)?;
    let span = reader.span(first.range.start..second.range.end);
    let value = Expr { kind: ExprKind::Error, span };
    if second.text(text) == "=" {
        return Some(Member::Field(Field { doc: None, name: ident(first), at_most: None, value }));
    }
    if first.text(text) == "let" && second.kind == Kind::Word {
        let kind = StatementKind::Let(ident(&second), value, CallPolicy::default());
        return Some(Member::Statement(Statement { doc: None, kind, span }));
    }
    None
}

/// A declaration of which only kind and name are known.
fn rough(reader: &Reader<'_>, within: Range<usize>) -> Option<Decl> {
    let text = reader.text;
    let kind = extent::first(text, within.clone())?;
    let name = extent::first(text, kind.range.end..within.end).filter(|name| name.kind == Kind::Word);
    let ident = |token: Token| Ident { name: SmolStr::new(token.text(text)), span: reader.span(token.range) };
    let span = reader.span(within);
    Some(Decl { kind: ident(kind), name: name.map(ident), span, ..Decl::default() })
}
