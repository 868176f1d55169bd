//! What is to be written at a place: the brackets around it say which field, argument or element it is.

use lsp_types::CompletionItem;

use super::offer::Scope;
use crate::library::{FieldDecl, FieldType, Kind, Library, Part};
use crate::lsp::context::{Context, Frame};
use crate::lsp::place;

/// What a pair of braces holds.
pub(super) enum Block<'l> {
    /// The body of a declaration of that kind.
    Body(&'l Kind),
    /// Statements of a pipeline.
    Statements,
    /// Columns of a record type.
    Columns,
    /// A record, or a map.
    Value,
}

/// The type of what is to be written.
pub(super) enum Wanted<'l> {
    /// The value of a field.
    Field(&'l FieldDecl),
    /// A value of a type.
    Type(&'l FieldType),
    /// The key of a map: that field of kinds.
    Keys(String),
    /// What a request must be like.
    Condition,
    /// Nothing says.
    Anything,
}

/// What the braces at a level hold; the outermost have level 1.
pub(super) fn block<'l>(library: &'l Library, context: &Context<'_>, level: usize) -> Block<'l> {
    let Some(frame) = frame(context, level) else { return Block::Value };
    match frame.head.as_slice() {
        [] | [.., "=" | ":" | "," | "in" | "return"] => Block::Value,
        ["schema", ..] => Block::Columns,
        ["if" | "else" | "for" | "try" | "catch" | "parallel" | "match", ..] | [.., "->"] => {
            Block::Statements
        }
        [first, ..] => match library.kind_named(first) {
            Some(id) => Block::Body(library.kind(id)),
            None => Block::Value,
        },
    }
}

fn frame<'c, 't>(context: &'c Context<'t>, level: usize) -> Option<&'c Frame<'t>> {
    context.frames.get(level.checked_sub(1)?)
}

/// Whether the place is in a statement of a pipeline, however deep.
pub(super) fn in_statements(library: &Library, context: &Context<'_>) -> bool {
    (1..=context.frames.len()).any(|level| {
        frame(context, level).is_some_and(|frame| frame.open == b'{')
            && match block(library, context, level) {
                Block::Statements => true,
                Block::Body(kind) if kind.takes.contains(&Part::Statements) => {
                    let next = frame(context, level + 1).map_or(context.words.as_slice(), |next| &next.head);
                    !matches!(next, [name, "=", ..] if kind.field_index(name).is_some())
                }
                _ => false,
            }
    })
}

/// What is to be written at the place.
pub(super) fn at<'l>(library: &'l Library, context: &Context<'_>) -> Wanted<'l> {
    within(library, context, context.frames.len(), &context.words, context.commas)
}

fn within<'l>(
    library: &'l Library,
    context: &Context<'_>,
    level: usize,
    words: &[&str],
    commas: usize,
) -> Wanted<'l> {
    let Some(frame) = frame(context, level) else { return Wanted::Anything };
    let outside = || within(library, context, level - 1, &frame.head, frame.commas);
    match frame.open {
        b'[' => match outside() {
            Wanted::Field(field) => Wanted::Type(place::element(&field.ty)),
            same => same,
        },
        b'(' => {
            let Some(callee) = frame.head.last() else { return outside() };
            argument(library, callee, words, commas, &outside())
        }
        _ => match block(library, context, level) {
            Block::Body(kind) => match words {
                [name, "=" | "<", ..] => field(&kind.fields, name),
                ["deny" | "grant", rest @ ..] if rest.contains(&"when") => Wanted::Condition,
                _ => Wanted::Anything,
            },
            Block::Value => match (outside(), words) {
                (Wanted::Field(FieldDecl { ty: FieldType::Map(inner), .. }), [_, "=" | ":", ..]) => {
                    Wanted::Type(inner)
                }
                (Wanted::Field(field @ FieldDecl { ty: FieldType::Map(_), .. }), _) => {
                    Wanted::Keys(field.name.to_string())
                }
                _ => Wanted::Anything,
            },
            _ => Wanted::Anything,
        },
    }
}

fn field<'l>(fields: &'l [FieldDecl], name: &str) -> Wanted<'l> {
    let found = fields.iter().find(|field| field.name == name);
    match found {
        Some(FieldDecl { ty: FieldType::Condition, .. }) => Wanted::Condition,
        Some(field) => Wanted::Field(field),
        None => Wanted::Anything,
    }
}

/// An argument of a constructor, of an integration, or of a condition.
fn argument<'l>(
    library: &'l Library,
    callee: &str,
    words: &[&str],
    commas: usize,
    outside: &Wanted<'l>,
) -> Wanted<'l> {
    if matches!(outside, Wanted::Condition) {
        let known = library.conditions.iter().find(|condition| condition.name == callee);
        return match known {
            Some(condition) => condition.param.as_ref().map_or(Wanted::Anything, Wanted::Field),
            None => Wanted::Condition,
        };
    }
    let family = match outside {
        Wanted::Field(field) => Some(place::element(&field.ty)),
        Wanted::Type(ty) => Some(place::element(ty)),
        _ => None,
    };
    let constructors = library.constructors_named(callee).iter().map(|id| library.constructor(*id));
    let meant = constructors.clone().find(|one| family == Some(&FieldType::Construct(one.family)));
    let integration =
        || library.integration_named(callee).map(|id| library.integration(id).params.as_slice());
    let fields = meant.or(constructors.clone().next()).map(|one| one.fields.as_slice()).or_else(integration);
    match (fields, words) {
        (Some(fields), [name, "=", ..]) => field(fields, name),
        (Some(fields), _) => fields.get(commas).map_or(Wanted::Anything, Wanted::Field),
        (None, _) => Wanted::Anything,
    }
}

/// Conditions of a request, and behind a comparison what is compared with.
pub(super) fn condition(scope: &Scope<'_>, context: &Context<'_>) -> Vec<CompletionItem> {
    let words = context.words.as_slice();
    let comparison = |word: &str| matches!(word, "=" | "!=" | "<" | ">" | "<=" | ">=" | "in");
    let named = |word: &str| scope.library.conditions.iter().find(|condition| condition.name == word);
    let asked = match words {
        [before @ .., last] if comparison(last) => before.iter().rev().find_map(|word| named(word)),
        _ => context.frames.last().filter(|frame| frame.open == b'[').and_then(|frame| {
            let [before @ .., last] = frame.head.as_slice() else { return None };
            comparison(last).then(|| before.iter().rev().find_map(|word| named(word)))?
        }),
    };
    match asked {
        Some(condition) => scope.of_type(place::element(&condition.value.ty)),
        None => scope.conditions(),
    }
}

/// The columns of the declarations around, the nearest first.
pub(super) fn columns(scope: &Scope<'_>, context: &Context<'_>) -> Vec<CompletionItem> {
    let mut items = Vec::new();
    for frame in context.frames.iter().rev().filter(|frame| frame.open == b'{') {
        items.extend(context.named(frame, &[":"]).into_iter().map(|name| scope.column(name, "column")));
        let schema = frame.head.iter().rposition(|word| *word == ":").and_then(|at| frame.head.get(at + 1));
        if let Some(schema) = schema {
            items.extend(scope.columns_of(schema));
        }
    }
    items
}
