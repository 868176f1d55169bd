//! What can be wrong with values within values.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    suggest,
};

pub fn no_record(field: &str, given: &str, span: Span) -> Diagnostic {
    let message = format!("`.{field}` is a field of a record, and this is {given}");
    Diagnostic::error(catalogue::SQL_TYPE, span, message, format!("of {given}"))
        .help("only records have fields; an item of a list is taken out with `[1]` first")
}

pub fn unknown_field<'a>(
    field: &str,
    record: &str,
    fields: impl Iterator<Item = &'a str>,
    span: Span,
) -> Diagnostic {
    let known: Vec<&str> = fields.collect();
    let message = format!("`{record}` has no field `{field}`");
    let diagnostic = Diagnostic::error(catalogue::SQL_UNKNOWN_COLUMN, span, message, "no such field");
    match suggest::nearest(field, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, near),
        None => diagnostic.help(format!("it has {}", known.join(", "))),
    }
}

pub fn no_item(at: &str, span: Span) -> Diagnostic {
    let message = format!("a list has no item {at}: the first is 1");
    Diagnostic::error(catalogue::SQL_TYPE, span, message, "before the first")
        .help("write [1] for the first item, and [CARDINALITY(…)] for the last")
}

pub fn wrong_index(wanted: &str, span: Span) -> Diagnostic {
    let message = format!("what is taken out is found by a value of type {wanted}");
    Diagnostic::error(catalogue::SQL_TYPE, span, message, "by another type")
        .help(format!("cast what stands in the brackets to {wanted}"))
}

pub fn half_pair(span: Span) -> Diagnostic {
    let message = "a map is made of keys and values in turn";
    Diagnostic::error(catalogue::SQL_TYPE, span, message, "no whole pairs").help("write MAP['a', 1, 'b', 2]")
}

pub fn no_items(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what}[…] has the type of what is in it, and nothing here has one");
    Diagnostic::error(catalogue::SQL_TYPE, span, message, "of which type?")
        .help("put a value in it, or say a NULL's type: CAST(NULL AS INT)")
}

pub fn unnest(message: &str, ours: &str, span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::SQL_UNNEST, span, message, "not taken apart").help(format!("write {ours}"))
}
