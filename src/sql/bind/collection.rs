//! Functions of lists and maps, whose types follow from those of what is in them.

use smol_str::SmolStr;

use super::{
    Binder, derived, error, faults,
    nested::{fitted, within},
};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::{
        plan::{Expr, ExprKind},
        types,
    },
};

/// Their names, and what they take.
pub(super) const CALLS: &[(&str, &str)] = &[
    ("ARRAY_APPEND", "list, item"),
    ("ARRAY_CONCAT", "list, …"),
    ("ARRAY_CONTAINS", "list, item"),
    ("ARRAY_DISTINCT", "list"),
    ("ARRAY_EXCEPT", "list, list"),
    ("ARRAY_INTERSECT", "list, list"),
    ("ARRAY_JOIN", "list of text, separator[, text for null]"),
    ("ARRAY_MAX", "list"),
    ("ARRAY_MIN", "list"),
    ("ARRAY_POSITION", "list, item"),
    ("ARRAY_PREPEND", "list, item"),
    ("ARRAY_REMOVE", "list, item"),
    ("ARRAY_REVERSE", "list"),
    ("ARRAY_SLICE", "list, first[, last]"),
    ("ARRAY_SORT", "list[, ascending[, nulls first]]"),
    ("ARRAY_UNION", "list, list"),
    ("CARDINALITY", "list or map"),
    ("ELEMENT", "list of one item"),
    ("MAP_FROM_ARRAYS", "list of keys, list of values"),
    ("MAP_KEYS", "map"),
    ("MAP_UNION", "map, map"),
    ("MAP_VALUES", "map"),
    ("SPLIT", "text, separator"),
    ("STR_TO_MAP", "text[, between pairs, between key and value]"),
];

/// Whether a name is one of theirs.
pub(super) fn is_one(name: &str) -> bool {
    CALLS.iter().any(|(known, _)| *known == name)
}

impl Binder<'_> {
    /// A call of one of these.
    pub(super) fn collection_call(&mut self, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        let given: Vec<String> = args.iter().map(|argument| types::spelled(&argument.ty.base)).collect();
        let labels: Vec<SmolStr> =
            args.iter().flat_map(|argument| self.platform.labels_of(&argument.ty)).collect();
        let Some((args, mut ty)) = typed(name, args) else {
            let takes = CALLS.iter().find(|(known, _)| *known == name).map_or("", |(_, takes)| takes);
            self.report(faults::undefined(name, &given, span).help(format!("it takes {name}({takes})")));
            return error(span);
        };
        // What is computed of a value tells of all that is in it.
        ty.labels.extend(labels);
        ty.labels.sort();
        ty.labels.dedup();
        Expr { kind: ExprKind::Call(SmolStr::new(name), args), ty, span }
    }
}

/// The arguments as they are handed on, and the result's type; `None` where the function is not defined on such.
fn typed(name: &str, args: Vec<Expr>) -> Option<(Vec<Expr>, DataType)> {
    let bases: Vec<Base> = args.iter().map(|argument| argument.ty.base.clone()).collect();
    let of = |base: Base| derived(base, &args);
    let ty = match (name, bases.as_slice()) {
        ("CARDINALITY", [Base::List(_) | Base::Map(..)]) => of(Base::Int),
        ("ELEMENT", [Base::List(item)]) => within(item, &args).or_null(),
        ("ARRAY_MAX" | "ARRAY_MIN", [Base::List(item)]) if types::ordered(&item.base) => {
            within(item, &args).or_null()
        }
        ("ARRAY_DISTINCT" | "ARRAY_REVERSE" | "ARRAY_SORT", [list @ Base::List(_)])
        | ("ARRAY_SORT", [list @ Base::List(_), Base::Boolean])
        | ("ARRAY_SORT", [list @ Base::List(_), Base::Boolean, Base::Boolean])
        | ("ARRAY_SLICE", [list @ Base::List(_), Base::Int])
        | ("ARRAY_SLICE", [list @ Base::List(_), Base::Int, Base::Int]) => of(list.clone()),
        ("ARRAY_UNION" | "ARRAY_EXCEPT" | "ARRAY_INTERSECT", [Base::List(a), Base::List(b)]) => {
            of(Base::List(Box::new(joined(a, b)?)))
        }
        ("ARRAY_CONCAT", [Base::List(first), rest @ ..]) => {
            let join = |all: DataType, next: &Base| match next {
                Base::List(item) => joined(&all, item),
                _ => None,
            };
            of(Base::List(Box::new(rest.iter().try_fold(first.as_ref().clone(), join)?)))
        }
        ("MAP_UNION", [Base::Map(k, v), Base::Map(l, w)]) => {
            of(Base::Map(Box::new(joined(k, l)?), Box::new(joined(v, w)?)))
        }
        ("MAP_KEYS", [Base::Map(key, _)]) => of(Base::List(key.clone())),
        ("MAP_VALUES", [Base::Map(_, value)]) => of(Base::List(value.clone())),
        ("MAP_FROM_ARRAYS", [Base::List(key), Base::List(value)]) => {
            of(Base::Map(key.clone(), value.clone()))
        }
        ("ARRAY_JOIN", [Base::List(item), Base::String] | [Base::List(item), Base::String, Base::String])
            if item.base == Base::String =>
        {
            of(Base::String)
        }
        ("SPLIT", [Base::String, Base::String]) => of(Base::List(Box::new(DataType::plain(Base::String)))),
        ("STR_TO_MAP", [Base::String] | [Base::String, Base::String, Base::String]) => {
            let text = DataType::plain(Base::String);
            of(Base::Map(Box::new(text.clone()), Box::new(text.or_null())))
        }
        (
            "ARRAY_CONTAINS" | "ARRAY_POSITION" | "ARRAY_REMOVE" | "ARRAY_APPEND" | "ARRAY_PREPEND",
            [Base::List(item), _],
        ) => {
            return of_item(name, item, args.clone());
        }
        _ => return None,
    };
    Some((args, ty))
}

/// Functions of a list and a value that may be in it.
fn of_item(name: &str, item: &DataType, args: Vec<Expr>) -> Option<(Vec<Expr>, DataType)> {
    let [list, value] = <[Expr; 2]>::try_from(args).ok()?;
    let args = vec![list, fitted(value, item)?];
    let of = |base: Base| derived(base, &args);
    let nullable = |at: usize| args.get(at).is_some_and(|argument| argument.ty.nullable);
    let ty = match name {
        // Null can be in a list.
        "ARRAY_CONTAINS" => DataType { nullable: nullable(0), ..of(Base::Boolean) },
        "ARRAY_POSITION" => of(Base::Int),
        "ARRAY_REMOVE" => of(Base::List(Box::new(item.clone()))),
        _ => {
            let item = DataType { nullable: item.nullable || nullable(1), ..item.clone() };
            DataType { nullable: nullable(0), ..of(Base::List(Box::new(item))) }
        }
    };
    Some((args, ty))
}

/// The type of what is in either of two lists of one type.
fn joined(a: &DataType, b: &DataType) -> Option<DataType> {
    let plain = |ty: &DataType| DataType { nullable: false, ..ty.clone() };
    (plain(a) == plain(b)).then(|| DataType { nullable: a.nullable || b.nullable, ..a.clone() })
}
