//! What a call gives: its members, those of the records in them, their types and words, and what must not be left out.

use super::{Call, Seen, described, fault, is_spelled, some};
use crate::{
    library::models::{Member, Shape},
    platform::{Base, Column, DataType},
    source::Span,
    suggest,
};

pub(super) fn check(call: &mut Call<'_>, operation: &str, takes: Option<Shape>, span: Span) {
    let members = match takes {
        Some(Shape::Structure(name)) => call.model.members(name),
        Some(_) => return,
        None => Vec::new(),
    };
    let params = &call.function.params;
    record(call, params, &members, &format!("`{operation}`"), span, &mut Vec::new());
}

/// The columns of a record that stands where a structure is wanted.
fn record(
    call: &mut Call<'_>,
    columns: &[Column],
    members: &[Member],
    what: &str,
    at: Span,
    seen: &mut Seen,
) {
    for column in columns {
        match members.iter().find(|member| is_spelled(member.name, &column.name)) {
            Some(member) if member.required && column.ty.nullable => {
                call.diagnostics.push(fault::may_be_missing(column.span, what, &column.name));
            }
            Some(member) => value(call, &column.ty, member.shape, column, seen),
            None => {
                let names: Vec<&str> = members.iter().map(|member| member.name).collect();
                call.diagnostics.push(fault::no_member(column.span, what, &column.name, &names));
            }
        }
    }
    // What is misspelled has been said to be.
    let names = || members.iter().map(|member| member.name);
    let meant = |column: &Column, name: &str| {
        is_spelled(name, &column.name) || suggest::nearest(&column.name, names()) == Some(name)
    };
    let given = |member: &&Member| columns.iter().any(|column| meant(column, member.name));
    let missing = members.iter().filter(|member| member.required && !given(member));
    let missing: Vec<&str> = missing.map(|member| member.name).collect();
    if !missing.is_empty() {
        call.diagnostics.push(fault::missing(at, what, &missing));
    }
}

fn value(call: &mut Call<'_>, ty: &DataType, shape: Shape, column: &Column, seen: &mut Seen) {
    match (&ty.base, shape) {
        (Base::Json | Base::Unknown, _) | (_, Shape::Any) => {}
        (Base::List(given), Shape::List(wanted)) => {
            value(call, given, call.model.shape(wanted), column, seen);
        }
        (Base::Map(_, given), Shape::Map(wanted)) => {
            value(call, given, call.model.shape(wanted), column, seen)
        }
        (Base::Record(id), Shape::Structure(name)) => {
            if seen.contains(&(*id, name)) {
                return;
            }
            seen.push((*id, name));
            let schema = call.platform.schema(*id);
            let members = call.model.members(name);
            record(call, &schema.columns, &members, &format!("AWS's `{name}`"), schema.span, seen);
        }
        (Base::Record(id), Shape::Map(wanted)) => {
            let wanted = call.model.shape(wanted);
            for one in &call.platform.schema(*id).columns {
                value(call, &one.ty, wanted, one, seen);
            }
        }
        (Base::String, Shape::Enumeration(name)) => words(call, ty, name, column),
        (given, wanted) if is_taken(given, wanted) => {}
        _ => {
            let wanted = described(call.model, shape);
            call.diagnostics.push(fault::other_type(column.span, &column.name, &wanted));
        }
    }
}

/// Whether AWS takes a value without parts.
fn is_taken(given: &Base, wanted: Shape) -> bool {
    match wanted {
        Shape::Text => {
            matches!(
                given,
                Base::String | Base::Location | Base::Date | Base::Timestamp(_) | Base::TimestampLtz(_)
            )
        }
        Shape::Blob => matches!(given, Base::String | Base::Bytes),
        Shape::Time => matches!(given, Base::String | Base::TimestampLtz(_)),
        Shape::Int | Shape::Long => matches!(given, Base::Int | Base::BigInt),
        Shape::Float => matches!(given, Base::Int | Base::BigInt | Base::Double | Base::Decimal(..)),
        Shape::Bool => matches!(given, Base::Boolean),
        _ => false,
    }
}

fn words(call: &mut Call<'_>, ty: &DataType, enumeration: &'static str, column: &Column) {
    let known = call.model.words(enumeration);
    let given = &ty.refinement.one_of;
    if given.is_empty() {
        call.diagnostics.push(fault::any_word(column.span, &column.name, &some(&known)));
        return;
    }
    let unknown: Vec<&str> =
        given.iter().map(|word| word.as_str()).filter(|word| !known.contains(word)).collect();
    if !unknown.is_empty() {
        call.diagnostics.push(fault::other_words(column.span, &column.name, &unknown, &known));
    }
}
