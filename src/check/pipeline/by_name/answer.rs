//! What a call answers: the path to the member that is returned, and the type of what is there. AWS's models rarely say what an answer always has, so
//! that a member that is missing is not looked for.

use super::{Call, Seen, described, fault, is_spelled, text};
use crate::{
    library::models::Shape,
    platform::{Base, Column, DataType},
    source::Span,
    suggest,
};

pub(super) fn check(call: &mut Call<'_>, operation: &str, answers: Option<Shape>, span: Span) {
    let path = text(call.platform, call.function, "answer");
    let Some(mut shape) = answers else {
        if path.is_some() || call.function.result.is_some() {
            call.diagnostics.push(fault::no_answer(path.map_or(span, |(_, span)| span), operation));
        }
        return;
    };
    let mut what = format!("the answer of `{operation}`");
    let place = path.as_ref().map_or(span, |(_, span)| *span);
    for name in path.iter().flat_map(|(path, _)| path.split('.')) {
        let Shape::Structure(structure) = shape else {
            if shape != Shape::Any {
                call.diagnostics.push(fault::no_parts(place, &what, &described(call.model, shape), name));
            }
            return;
        };
        let members = call.model.members(structure);
        let Some(member) = members.iter().find(|member| is_spelled(member.name, name)) else {
            let names: Vec<&str> = members.iter().map(|member| member.name).collect();
            call.diagnostics.push(fault::not_answered(place, &what, name, &names));
            return;
        };
        shape = member.shape;
        what = format!("`{name}`");
    }
    let Some(result) = &call.function.result else { return };
    let found = Found { what: &what, at: place };
    value(call, result, shape, &found, &mut Vec::new());
}

/// What is looked at, and where it is declared.
struct Found<'f> {
    what: &'f str,
    at: Span,
}

fn value(call: &mut Call<'_>, ty: &DataType, shape: Shape, found: &Found<'_>, seen: &mut Seen) {
    match (&ty.base, shape) {
        (Base::Json | Base::Unknown, _) | (_, Shape::Any) => {}
        (Base::List(wanted), Shape::List(given)) => value(call, wanted, call.model.shape(given), found, seen),
        (Base::Map(_, wanted), Shape::Map(given)) => {
            value(call, wanted, call.model.shape(given), found, seen)
        }
        (Base::Record(id), Shape::Structure(name)) => {
            if seen.contains(&(*id, name)) {
                return;
            }
            seen.push((*id, name));
            let members = call.model.members(name);
            for column in &call.platform.schema(*id).columns {
                match members.iter().find(|member| is_spelled(member.name, &column.name)) {
                    Some(member) => below(call, column, member.shape, seen),
                    None => {
                        let names: Vec<&str> = members.iter().map(|member| member.name).collect();
                        let what = format!("AWS's `{name}`");
                        call.diagnostics.push(fault::not_answered(column.span, &what, &column.name, &names));
                    }
                }
            }
        }
        (Base::Record(id), Shape::Map(given)) => {
            let given = call.model.shape(given);
            for column in &call.platform.schema(*id).columns {
                below(call, column, given, seen);
            }
        }
        (Base::String, Shape::Enumeration(name)) => {
            let known = &ty.refinement.one_of;
            let others =
                call.model.words(name).into_iter().filter(|word| !known.iter().any(|one| one == word));
            let others: Vec<&str> = others.collect();
            if !known.is_empty() && !others.is_empty() {
                call.diagnostics.push(fault::more_words(found.at, found.what, &others));
            }
        }
        (wanted, given) if is_given(wanted, given) => {}
        _ => {
            let given = described(call.model, shape);
            call.diagnostics.push(fault::other_answer(found.at, found.what, &given));
        }
    }
}

fn below(call: &mut Call<'_>, column: &Column, shape: Shape, seen: &mut Seen) {
    let what = suggest::listed(&[column.name.as_str()]);
    value(call, &column.ty, shape, &Found { what: &what, at: column.span }, seen);
}

/// Whether a type can be read from what AWS gives.
fn is_given(wanted: &Base, given: Shape) -> bool {
    match given {
        Shape::Text | Shape::Blob => matches!(wanted, Base::String),
        Shape::Time => matches!(wanted, Base::String | Base::TimestampLtz(_)),
        Shape::Int => matches!(wanted, Base::Int | Base::BigInt | Base::Double | Base::Decimal(..)),
        Shape::Long => matches!(wanted, Base::BigInt | Base::Double | Base::Decimal(..)),
        Shape::Float => matches!(wanted, Base::Double | Base::Decimal(..)),
        Shape::Bool => matches!(wanted, Base::Boolean),
        _ => false,
    }
}
