//! What stands at a place of a document.

use std::ops::Range;

use super::document::Document;
use crate::library::{FieldDecl, FieldType, Library};
use crate::source::Span;
use crate::syntax::ast::{Arg, Decl, Expr, ExprKind, Field, Item, Member};
use crate::syntax::lex::is_name_byte;

/// The declarations around an offset, the outermost first.
pub(super) fn around(document: &Document, at: usize) -> Vec<&Decl> {
    let mut found = Vec::new();
    let mut level: Vec<&Decl> = document
        .module
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Decl(decl) => Some(decl),
            _ => None,
        })
        .collect();
    while let Some(decl) = level.into_iter().find(|decl| holds(decl.span, at)) {
        found.push(decl);
        level = decl
            .body
            .iter()
            .flatten()
            .filter_map(|member| match member {
                Member::Decl(inner) => Some(&**inner),
                _ => None,
            })
            .collect();
    }
    found
}

/// Whether an offset is in a span or at its end.
pub(super) fn holds(span: Span, at: usize) -> bool {
    span.start as usize <= at && at <= span.end as usize
}

/// The word that an offset is in or at the end of.
pub(super) fn word(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let name = |byte: &u8| is_name_byte(*byte);
    let before = bytes.get(..at).unwrap_or_default().iter().rev().take_while(|byte| name(byte)).count();
    let behind = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| name(byte)).count();
    at.saturating_sub(before)..at + behind
}

/// The field of a declaration's body that an offset is in.
pub(super) fn field(decl: &Decl, at: usize) -> Option<&Field> {
    decl.body.iter().flatten().find_map(|member| match member {
        Member::Field(field) if holds(field.name.span.to(field.value.span), at) => Some(field),
        _ => None,
    })
}

/// The library's field that is written at an offset: a declaration's own, or an argument's of a constructor in its value. With it, whether
/// the offset is in its name.
pub(super) fn library_field<'a>(
    library: &'a Library,
    decl: &Decl,
    at: usize,
) -> Option<(&'a FieldDecl, bool)> {
    let field = field(decl, at)?;
    let kind = library.kind(library.kind_named(&decl.kind.name)?);
    let declared = kind.fields.get(kind.field_index(&field.name.name)?)?;
    if holds(field.name.span, at) {
        return Some((declared, true));
    }
    Some(inside(library, &field.value, at).unwrap_or((declared, false)))
}

/// The field of a constructor that an offset in a value is at.
fn inside<'a>(library: &'a Library, value: &Expr, at: usize) -> Option<(&'a FieldDecl, bool)> {
    if !holds(value.span, at) {
        return None;
    }
    match &value.kind {
        ExprKind::List(items) => items.iter().find_map(|item| inside(library, item, at)),
        ExprKind::Call(callee, args) if !holds(callee.span, at) => {
            let ExprKind::Name(name) = &callee.kind else { return None };
            let constructors = library.constructors_named(name);
            let constructor = library.constructor(*constructors.first()?);
            args.iter()
                .enumerate()
                .find_map(|(index, arg)| argument(library, &constructor.fields, index, arg, at))
        }
        _ => None,
    }
}

fn argument<'a>(
    library: &'a Library,
    fields: &'a [FieldDecl],
    index: usize,
    arg: &Arg,
    at: usize,
) -> Option<(&'a FieldDecl, bool)> {
    let declared = match &arg.name {
        Some(name) => fields.iter().find(|field| field.name == name.name)?,
        None => fields.get(index)?,
    };
    if arg.name.as_ref().is_some_and(|name| holds(name.span, at)) {
        return Some((declared, true));
    }
    if !holds(arg.value.span, at) {
        return None;
    }
    Some(inside(library, &arg.value, at).unwrap_or((declared, false)))
}

/// The type of what a list holds, or the type itself.
pub(super) fn element(ty: &FieldType) -> &FieldType {
    match ty {
        FieldType::List(inner) => element(inner),
        ty => ty,
    }
}
