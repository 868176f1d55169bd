//! What can be written at a place.
//!
//! | file | does |
//! | --- | --- |
//! | `wanted.rs` | the type of what is to be written, from the brackets around it |
//! | `offer.rs` | names, kinds, values, columns, … as items |
//! | `expression.rs` | what stands in a pipeline's expressions |
//! | `pick.rs` | of very many items those that are meant |

mod expression;
mod offer;
mod pick;
mod wanted;

use lsp_types::{CompletionItem, CompletionList};

use super::context::{Context, Frame};
use super::document::Document;
use super::place;
use super::workspace::Snapshot;
use crate::library::{FieldType, Kind, Part, standard};
use crate::syntax::lex::{self, Token};
use offer::Scope;
use wanted::{Block, Wanted};

/// What can stand at an offset of a document. `path` is its place in the program.
pub fn complete(document: &Document, snapshot: Option<&Snapshot>, path: &str, at: usize) -> CompletionList {
    let text = document.text();
    let word = place::word(text, at);
    let typed = text.get(word.start..at).unwrap_or_default();
    let items = offered(document, snapshot, path, at, word.start);
    pick::those_meant(items, typed)
}

fn offered(
    document: &Document,
    snapshot: Option<&Snapshot>,
    path: &str,
    at: usize,
    start: usize,
) -> Vec<CompletionItem> {
    let text = document.text();
    let library = &*standard().library;
    let scope = Scope { library, snapshot, module: snapshot.and_then(|snapshot| snapshot.file(path)) };
    let around = place::around(document, at);
    if let Some(sql) = around.last().and_then(|decl| decl.sql).filter(|sql| place::holds(sql.span, at)) {
        return scope.in_sql(document.under(sql.span));
    }
    if in_comment_or_text(text, start) {
        return Vec::new();
    }
    let context = Context::new(text, start);
    match context.frames.last() {
        None => at_the_top(&scope, &context),
        Some(frame) => inside(&scope, &context, frame),
    }
}

fn in_comment_or_text(text: &str, start: usize) -> bool {
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let last: Option<Token> = lex::tokens(text, line_start..start).last();
    last.is_some_and(|token| match token.kind {
        lex::Kind::Text { closed, .. } => !closed,
        lex::Kind::Doc => true,
        lex::Kind::Comment { .. } => token.text(text).starts_with("//"),
        _ => false,
    })
}

/// Outside of all brackets: items, and their heads.
fn at_the_top(scope: &Scope<'_>, context: &Context<'_>) -> Vec<CompletionItem> {
    match context.words.as_slice() {
        ["use", ..] => scope.modules(),
        [first @ ("grant" | "deny" | "assert"), rest @ ..] => sentence(scope, context, first, rest),
        [] => match context.carried.as_slice() {
            [first @ ("grant" | "deny"), ..] => [scope.clauses(first), scope.items()].concat(),
            _ => scope.items(),
        },
        ["share", _, "with"] => scope.resources(|kind| kind == "domain"),
        ["share"] => scope.resources(|kind| kind == "table"),
        [.., "in"] => scope.resources(|kind| kind == "account"),
        ["query", .., "into"] => scope.resources(|kind| kind == "stream"),
        ["test", .., "for"] => scope.resources(|kind| matches!(kind, "pipeline" | "query")),
        [.., ":"] => scope.columns_and_types(),
        ["guardrail", .., "on"] => {
            scope.resources(|kind| matches!(kind, "account" | "unit" | "organization"))
        }
        ["function", .., "="] => scope.integrations(true),
        _ => scope.names(),
    }
}

/// Behind `grant`, `deny` or `assert`.
fn sentence(scope: &Scope<'_>, context: &Context<'_>, first: &str, rest: &[&str]) -> Vec<CompletionItem> {
    let clause = rest.iter().rposition(|word| {
        matches!(*word, "on" | "to" | "can" | "cannot" | "outside" | "except" | "when" | "until")
    });
    let behind = clause.and_then(|at| rest.get(at + 1..)).unwrap_or_default();
    let more = if behind.is_empty() { Vec::new() } else { scope.clauses(first) };
    let offered = match (first, clause.and_then(|at| rest.get(at)).copied()) {
        (_, Some("when")) => wanted::condition(scope, context),
        (_, Some("on")) => scope.resources(|kind| !matches!(kind, "account" | "organization" | "unit")),
        (_, Some("to" | "except")) => {
            scope.resources(|kind| matches!(kind, "role" | "account" | "group" | "domain"))
        }
        (_, Some("outside")) => scope.resources(|kind| matches!(kind, "account" | "organization" | "unit")),
        (_, Some("until")) => Vec::new(),
        ("assert", None) => scope.actors(),
        _ => scope.capabilities(rest),
    };
    [offered, more].concat()
}

/// Inside a bracket.
fn inside(scope: &Scope<'_>, context: &Context<'_>, frame: &Frame<'_>) -> Vec<CompletionItem> {
    let level = context.frames.len();
    if frame.open == b'{' {
        match wanted::block(scope.library, context, level) {
            Block::Body(kind) => return body(scope, context, frame, kind),
            Block::Statements => return statements(scope, context),
            Block::Columns => {
                return if context.words.is_empty() { Vec::new() } else { scope.columns_and_types() };
            }
            Block::Value => {}
        }
    }
    let expression = wanted::in_statements(scope.library, context);
    let ty = wanted::at(scope.library, context);
    let set = matches!(context.words.get(1), Some(&("=" | ":")));
    let mut items = match &ty {
        Wanted::Field(field) => value(scope, context, &field.ty),
        Wanted::Type(ty) => value(scope, context, ty),
        Wanted::Keys(kind) => scope.keys(kind),
        Wanted::Condition => wanted::condition(scope, context),
        Wanted::Anything if expression => Vec::new(),
        Wanted::Anything => scope.names(),
    };
    if frame.open == b'(' && !set {
        let callee = frame.head.last().copied().unwrap_or_default();
        let given = context.given(frame);
        items.extend(scope.arguments(callee, &given));
    }
    if expression && matches!(ty, Wanted::Anything) {
        items.extend(scope.expression(context));
    }
    if params(scope, frame) && context.words.last() == Some(&":") {
        return scope.columns_and_types();
    }
    items
}

/// Whether a parenthesis holds the parameters of a declaration.
fn params(scope: &Scope<'_>, frame: &Frame<'_>) -> bool {
    frame.open == b'('
        && matches!(frame.head.as_slice(), [kind, _] if scope.library.kind_named(kind)
            .is_some_and(|id| scope.library.kind(id).takes.contains(&Part::Params)))
}

/// The body of a declaration: members, and values of its fields.
fn body(scope: &Scope<'_>, context: &Context<'_>, frame: &Frame<'_>, kind: &Kind) -> Vec<CompletionItem> {
    let statements = kind.takes.contains(&Part::Statements);
    match context.words.as_slice() {
        [] => {
            let mut items = scope.members(kind, &context.given(frame));
            if statements {
                items.extend(scope.statements());
                items.extend(scope.expression(context));
            }
            if let [first @ ("grant" | "deny"), ..] = context.carried.as_slice() {
                items.extend(scope.clauses(first));
            }
            items
        }
        [first @ ("grant" | "deny"), rest @ ..] => sentence(scope, context, first, rest),
        ["let" | "if" | "match" | "for" | "try" | "wait" | "fail" | "return", ..] if statements => {
            scope.expression(context)
        }
        [inner, _, .., "in"] if scope.library.kind_named(inner).is_some() => {
            scope.resources(|kind| kind == "account")
        }
        [_, ":"] => scope.columns_and_types(),
        [_, ":", ..] => scope.after_type(),
        _ => match wanted::at(scope.library, context) {
            Wanted::Field(field) => value(scope, context, &field.ty),
            Wanted::Condition => wanted::condition(scope, context),
            _ if statements => scope.expression(context),
            _ => scope.names(),
        },
    }
}

/// A block of a pipeline's statements.
fn statements(scope: &Scope<'_>, context: &Context<'_>) -> Vec<CompletionItem> {
    let mut items = if context.words.is_empty() { scope.statements() } else { Vec::new() };
    items.extend(scope.expression(context));
    items
}

/// A value of a type. A column is one of the declaration around.
fn value(scope: &Scope<'_>, context: &Context<'_>, ty: &FieldType) -> Vec<CompletionItem> {
    match place::element(ty) {
        FieldType::Column | FieldType::Watermark => wanted::columns(scope, context),
        FieldType::Condition => wanted::condition(scope, context),
        ty => scope.of_type(ty),
    }
}
