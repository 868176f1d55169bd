//! Names and fields.

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::Schema,
    source::Span,
    suggest,
    syntax::ast::Ident,
};

pub(in super::super) fn out_of_reach(name: &Ident, bound: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::OUT_OF_REACH,
        name.span,
        format!("`{}` is bound in a block that has ended", name.name),
        "not bound on every way that leads here",
    )
    .related(bound, "bound only in this block")
    .help("use it inside that block, or bind it in every branch that goes on")
}

pub(in super::super) fn unknown_name(name: &Ident, near: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNRESOLVED,
        name.span,
        format!("nothing is named `{}` here", name.name),
        "not bound",
    )
    .help(format!("did you mean `{near}`?"))
    .fix(name.span, near)
}

pub(in super::super) fn bound_twice(name: &Ident, first: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::BOUND_TWICE,
        name.span,
        format!("`{}` is bound already", name.name),
        "bound again",
    )
    .related(first, "bound here first")
    .help("a name keeps its value: give this one another name")
}

pub(in super::super) fn unknown_member(name: &Ident, schema: &Schema) -> Diagnostic {
    let fields: Vec<&str> = schema.columns.iter().map(|column| column.name.as_str()).collect();
    let diagnostic = Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        name.span,
        format!("`{}` has no field `{}`", schema.name, name.name),
        "nothing produces this",
    )
    .related(schema.span, format!("`{}` is declared here", schema.name));
    match suggest::nearest(&name.name, fields.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(format!("it has `{}`", fields.join("`, `"))),
    }
}

pub(in super::super) fn missing_member(span: Span, name: &str, schema: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        span,
        format!("a `{schema}` needs `{name}`"),
        format!("`{name}` is missing"),
    )
    .help(format!("add `{name} = …`"))
}

pub(in super::super) fn member_of_list(name: &Ident) -> Diagnostic {
    Diagnostic::error(
        catalogue::UNKNOWN_MEMBER,
        name.span,
        format!("a list has no field `{}`", name.name),
        "this is a field of its elements",
    )
    .help("take an element first, `list[0]`, or go through all: `for x in list { … }`")
}

pub(in super::super) fn member_of_scalar(name: &Ident, ty: &str) -> Diagnostic {
    Diagnostic::error(catalogue::UNKNOWN_MEMBER, name.span, format!("a `{ty}` has no fields"), "no field")
        .help(format!("leave `.{}` out", name.name))
}

pub(in super::super) fn not_indexable(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::error(
        catalogue::WRONG_TYPE,
        span,
        format!("a `{ty}` has no elements"),
        format!("this is `{ty}`"),
    )
    .help("only lists and maps have elements")
}
