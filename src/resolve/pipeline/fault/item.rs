//! Items of tables, and objects of buckets.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::Span,
    syntax::ast::Ident,
};

pub(in super::super) fn no_changes(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        span,
        "nothing says what is changed of the item",
        "no columns with values",
    )
    .help("write the columns here: `set = { status = \"done\" }`, `add = { tries = 1 }`, `remove = [note]`")
}

pub(in super::super) fn changes_key(name: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        name.span,
        format!("`{}` is the key of the item, and can't be changed", name.name),
        "part of the key",
    )
    .help("write another item with `put_item`, and delete this one with `delete_item`")
}

pub(in super::super) fn sets_none(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::ITEM,
        span,
        format!("`{name}` may be `none` here, and an update sets values only"),
        "may be `none`",
    )
    .help(format!("write `if … != none {{ … }}` around it, and `remove = [{name}]` where it is `none`"))
}

pub(in super::super) fn not_removable(span: Span, name: &str, known: bool) -> Diagnostic {
    let message = if known {
        format!("every item has a `{name}`, so that it can't be removed")
    } else {
        format!("the items have no column `{name}`")
    };
    Diagnostic::error(catalogue::ITEM, span, message, "can't be removed")
        .help("name columns whose type ends with `?`")
}

pub(in super::super) fn no_object(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OBJECT,
        span,
        "this is a whole bucket or a folder, and no object",
        "no object",
    )
    .help("write the object's key behind the bucket: `lake / \"in/orders.json\"`")
}
