//! Windows: the functions in FROM, and those of old in GROUP BY.

use smol_str::SmolStr;
use sqlparser::ast::{self, FunctionArg, FunctionArgExpr};

use super::{Binder, Named, Scope, faults};
use crate::{
    platform::{Base, DataType},
    source::Span,
    sql::plan::{Field, Relation, RelationKind, WindowShape},
};

/// The columns that a window adds.
pub(super) const WINDOW_COLUMNS: [&str; 3] = ["window_start", "window_end", "window_time"];

/// The names that Flink gives a window function's arguments.
const NAMES: &[(&str, &[&str])] = &[
    ("TUMBLE", &["DATA", "TIMECOL", "SIZE", "OFFSET"]),
    ("HOP", &["DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"]),
    ("CUMULATE", &["DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"]),
    ("SESSION", &["DATA", "TIMECOL", "GAP"]),
];

/// How a window is written.
fn form(name: &str) -> &'static str {
    match name {
        "HOP" => "HOP(stream, column, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE): the slide, then the size",
        "CUMULATE" => {
            "CUMULATE(stream, column, INTERVAL '1' MINUTE, INTERVAL '1' HOUR): the step, then the size"
        }
        "SESSION" => "SESSION(stream PARTITION BY key, column, INTERVAL '10' MINUTE)",
        _ => "TUMBLE(stream, column, INTERVAL '1' MINUTE)",
    }
}

impl Binder<'_> {
    /// `TUMBLE(stream, column, INTERVAL …)` and the others.
    pub(super) fn window_function(
        &mut self,
        name: &ast::ObjectName,
        args: &[FunctionArg],
        input: Option<Relation>,
        span: Span,
    ) -> Option<Relation> {
        let function = name.to_string().to_ascii_uppercase();
        let Some((_, names)) = NAMES.iter().find(|(known, _)| *known == function) else {
            let functions = NAMES.iter().map(|(name, _)| *name);
            let place = self.span(name);
            self.report(faults::unknown_function(&name.to_string(), place, functions));
            return None;
        };
        let keys = args.iter().find_map(partition_keys);
        let args = self.ordered(args, names)?;
        let (Some(input), Some(time)) =
            (input, args.get(1).and_then(|argument| identifier(argument.as_ref()?)))
        else {
            self.report(faults::window_arguments(&function, form(&function), span));
            return None;
        };
        if within_record(args.get(1), &input.fields) {
            self.unsupported(span, "a window over a field of a record");
            return None;
        }
        let scope = Scope { fields: &input.fields, names: Vec::new(), groups: None, clause: "FROM" };
        let column = self.column(&time, &scope)?;
        let keys: Option<Vec<usize>> = keys.iter().flatten().map(|key| self.column(key, &scope)).collect();
        let durations = args.get(2..).unwrap_or_default();
        let shape = self.shape(&function, durations, keys?, span)?;
        let time = (column, self.places.span_or(time.span, span));
        Some(windowed(input, time, shape, span))
    }

    /// `TUMBLE(column, INTERVAL …)` in GROUP BY.
    pub(super) fn group_window(
        &mut self,
        function: &ast::Function,
        input: Relation,
        scope_names: &[Named],
    ) -> Option<Relation> {
        let span = self.span(function);
        let name = function.name.to_string().to_ascii_uppercase();
        let ast::FunctionArguments::List(list) = &function.args else { return None };
        let arguments: Vec<Option<ast::Expr>> =
            list.args.iter().map(|argument| unnamed(argument).cloned()).collect();
        let named = arguments.first().and_then(|argument| identifier(argument.as_ref()?));
        let Some(time) = named.filter(|_| !within_record(arguments.first(), &input.fields)) else {
            self.report(faults::window_arguments(&name, &form(&name).replace("stream, ", ""), span));
            return None;
        };
        let scope =
            Scope { fields: &input.fields, names: scope_names.to_vec(), groups: None, clause: "GROUP BY" };
        let column = self.column(&time, &scope)?;
        let shape = self.shape(&name, arguments.get(1..).unwrap_or_default(), Vec::new(), span)?;
        let time = (column, self.places.span_or(time.span, span));
        Some(windowed(input, time, shape, span))
    }

    /// The arguments in the order of their names.
    fn ordered(&mut self, args: &[FunctionArg], names: &[&str]) -> Option<Vec<Option<ast::Expr>>> {
        let mut ordered: Vec<Option<ast::Expr>> = Vec::new();
        for argument in args.iter().filter(|argument| partition_keys(argument).is_none()) {
            let (at, value) = match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => (Some(ordered.len()), expr),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. } => {
                    (names.iter().position(|known| known.eq_ignore_ascii_case(&name.value)), expr)
                }
                other => {
                    let span = self.span(other);
                    self.unsupported(span, "this argument");
                    return None;
                }
            };
            let Some(at) = at else {
                let span = self.span(argument);
                self.report(faults::window_arguments(
                    "the window function",
                    &format!("one of {}", names.join(", ")),
                    span,
                ));
                return None;
            };
            if ordered.len() <= at {
                ordered.resize(at + 1, None);
            }
            if let Some(place) = ordered.get_mut(at) {
                *place = Some(value.clone());
            }
        }
        Some(ordered)
    }

    fn shape(
        &mut self,
        name: &str,
        durations: &[Option<ast::Expr>],
        keys: Vec<usize>,
        span: Span,
    ) -> Option<WindowShape> {
        let wanted = if matches!(name, "HOP" | "CUMULATE") { 2 } else { 1 };
        let with_offset = if name == "SESSION" { wanted } else { wanted + 1 };
        if durations.len() < wanted || durations.len() > with_offset || durations.iter().any(Option::is_none)
        {
            self.report(faults::window_arguments(name, form(name), span));
            return None;
        }
        let lengths: Option<Vec<i64>> =
            durations.iter().flatten().map(|duration| self.interval(duration)).collect();
        let lengths = lengths?;
        let positive: Option<Vec<u64>> = lengths
            .iter()
            .take(wanted)
            .map(|length| u64::try_from(*length).ok().filter(|length| *length > 0))
            .collect();
        let offset = lengths.get(wanted).copied().unwrap_or_default();
        let shape = match (name, positive.as_deref()) {
            ("TUMBLE", Some([size])) => WindowShape::Tumble { size: *size, offset },
            ("SESSION", Some([gap])) => WindowShape::Session { gap: *gap, keys },
            ("HOP", Some([slide, size])) => WindowShape::Hop { slide: *slide, size: *size, offset },
            ("CUMULATE", Some([step, size])) => WindowShape::Cumulate { step: *step, size: *size, offset },
            _ => {
                self.report(faults::empty_window(span));
                return None;
            }
        };
        if let WindowShape::Hop { slide: step, size, .. } | WindowShape::Cumulate { step, size, .. } = shape
            && size % step != 0
        {
            self.report(faults::not_a_multiple(name, size, step, span));
            return None;
        }
        Some(shape)
    }
}

fn windowed(input: Relation, time: (usize, Span), shape: WindowShape, span: Span) -> Relation {
    let zoned = matches!(input.field(time.0).map(|field| &field.ty.base), Some(Base::TimestampLtz(_)));
    let bases = [
        Base::Timestamp(3),
        Base::Timestamp(3),
        if zoned { Base::TimestampLtz(3) } else { Base::Timestamp(3) },
    ];
    let added = WINDOW_COLUMNS
        .iter()
        .zip(bases)
        .map(|(name, base)| Field { name: SmolStr::new_static(name), ty: DataType::plain(base) });
    let fields = input.fields.iter().cloned().chain(added).collect();
    Relation { kind: RelationKind::Window { input: Box::new(input), time, shape }, fields, span }
}

fn unnamed(argument: &FunctionArg) -> Option<&ast::Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// Whether what stands first is a column, so that the rest is a field in it.
fn within_record(argument: Option<&Option<ast::Expr>>, fields: &[Field]) -> bool {
    match argument {
        Some(Some(ast::Expr::CompoundIdentifier(names))) => {
            names.first().is_some_and(|first| fields.iter().any(|field| field.name == first.value.as_str()))
        }
        _ => false,
    }
}

fn identifier(expr: &ast::Expr) -> Option<ast::Ident> {
    match expr {
        ast::Expr::Identifier(name) => Some(name.clone()),
        ast::Expr::CompoundIdentifier(names) => names.last().cloned(),
        _ => None,
    }
}

/// The names in `PARTITION_BY(a, b)`, as which `PARTITION BY a, b` is read.
fn partition_keys(argument: &FunctionArg) -> Option<Vec<ast::Ident>> {
    let ast::Expr::Function(function) = unnamed(argument)? else { return None };
    if function.name.to_string() != "PARTITION_BY" {
        return None;
    }
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    list.args.iter().map(|argument| identifier(unnamed(argument)?)).collect()
}
