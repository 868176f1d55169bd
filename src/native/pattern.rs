//! MATCH_RECOGNIZE as a stage of the operator's plan.

use std::cell::RefCell;

use crate::{
    diagnostic::Diagnostic,
    platform::Base,
    source::Span,
    sql::{
        matching::{Match, ROWTIME, Skip},
        plan::{AggregateFunction, Expr, ExprKind, Literal, Relation, RelationKind},
        types,
    },
    window::{self, Aggregate, Call, First, Part, Pattern, Read, Stage, Told, Type, Variable},
};

use super::{
    expr::{self, Columns},
    parts, refused,
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// A pattern behind the part that makes its input.
pub(super) fn stage(input: &Relation, matched: &Match, part: &Part, span: Span) -> Result<Pattern> {
    let plain = part.then.iter().all(|stage| matches!(stage, Stage::Select(_)));
    let windowed = input.chain().any(|below| matches!(below.kind, RelationKind::Window { .. }));
    if !matches!(part.first, First::Rows(..)) || !plain || windowed {
        return Err(refused(span, "MATCH_RECOGNIZE of rows of windows, of a join or of UNION ALL"));
    }
    let reader =
        Reader { width: input.fields.len(), columns: parts::columns(input), calls: RefCell::default() };
    let mut order = matched.order.iter().map(|by| (by, expr::convert(&by.expr, &reader.columns)));
    let Some((ExprKind::Column(time), _)) = order.next().map(|(by, expr)| (&by.expr.kind, expr)) else {
        return Err(refused(matched.time, "this order"));
    };
    let order = order.map(|(by, expr)| Ok((expr?, by.descending))).collect::<Result<_>>()?;
    let mut variables = Vec::new();
    for (at, variable) in matched.pattern.iter().enumerate() {
        let condition = matched.conditions.iter().find(|(of, _)| *of == at);
        variables.push(Variable {
            least: variable.least,
            most: variable.most,
            reluctant: variable.reluctant,
            condition: condition.map(|(_, condition)| reader.told(condition)).transpose()?,
        });
    }
    let place = |name: &str| matched.pattern.iter().position(|variable| variable.name == name);
    let skip = match &matched.skip {
        Skip::PastLastRow => window::Skip::PastLastRow,
        Skip::ToNextRow => window::Skip::ToNextRow,
        Skip::ToFirst(name) => window::Skip::ToFirst(place(name).unwrap_or_default()),
        Skip::ToLast(name) => window::Skip::ToLast(place(name).unwrap_or_default()),
    };
    let within = matched.within.map(i64::try_from).transpose();
    let measures = matched.measures.iter().map(|(_, expr)| reader.told(expr)).collect::<Result<_>>()?;
    Ok(Pattern {
        time: *time,
        partition: matched.partition.clone(),
        order,
        variables,
        within_ms: within.map_err(|_| refused(span, "so long a match"))?,
        skip,
        measures,
        calls: reader.calls.into_inner(),
        input: reader.columns.types,
    })
}

/// Reads conditions and measures.
struct Reader {
    /// How many columns a row has.
    width: usize,
    columns: Columns,
    /// The aggregates that were met.
    calls: RefCell<Vec<Call>>,
}

/// Which row of a variable a column is of: counted from the first, or back from the last.
#[derive(Clone, Copy)]
struct Place {
    first: bool,
    offset: u32,
}

/// What an expression reads, as far as it is known.
#[derive(Default)]
struct Reads {
    reads: Vec<Read>,
    types: Vec<Type>,
    refusal: Option<Box<Diagnostic>>,
}

impl Reader {
    /// A condition or a measure over what it reads.
    fn told(&self, expr: &Expr) -> Result<Told> {
        let reads = RefCell::default();
        let over_reads = self.over_reads(expr, Place { first: false, offset: 0 }, &reads);
        let Reads { reads, types, refusal } = reads.into_inner();
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let columns = Columns { places: (0..types.len()).collect(), types };
        let converted = expr::convert(&over_reads, &columns)?;
        let wanted = expr::physical(expr)?;
        let converted = if converted.ty() == wanted { Ok(converted) } else { converted.cast(wanted) };
        Ok(Told { reads, expr: converted.map_err(|error| refused(expr.span, &error.to_string()))? })
    }

    /// The expression in which what is read of rows stands as columns.
    fn over_reads(&self, expr: &Expr, place: Place, reads: &RefCell<Reads>) -> Expr {
        let read = |read: Read, ty: Option<Type>| {
            let Some(ty) = ty else { return expr.clone() };
            let mut reads = reads.borrow_mut();
            let at = reads.reads.iter().position(|known| *known == read).unwrap_or(reads.reads.len());
            if at == reads.reads.len() {
                reads.reads.push(read);
                reads.types.push(ty);
            }
            Expr { kind: ExprKind::Column(at), ..expr.clone() }
        };
        match &expr.kind {
            ExprKind::Column(at) => {
                let (variable, column) = self.of(*at);
                let row = Read::Row { variable, column, first: place.first, offset: place.offset };
                read(row, self.columns.types.get(column).copied())
            }
            ExprKind::Call(name, args) => match (name.as_str(), args.as_slice()) {
                (ROWTIME, []) => {
                    let ty = types::physical(&expr.ty.base);
                    read(Read::Time(ty.unwrap_or(Type::Timestamp(3))), ty)
                }
                ("FIRST" | "LAST", [value, offset @ ..]) => {
                    let offset = match offset.first().map(|offset| &offset.kind) {
                        Some(ExprKind::Literal(Literal::Number(text))) => text.parse().unwrap_or_default(),
                        _ => 0,
                    };
                    self.over_reads(value, Place { first: name == "FIRST", offset }, reads)
                }
                (name, [argument]) => {
                    let function = AggregateFunction::named(name);
                    match function.map(|function| self.call(function, argument)) {
                        Some(Ok((at, ty))) => read(Read::Call(at), Some(ty)),
                        Some(Err(refusal)) => {
                            reads.borrow_mut().refusal.get_or_insert(refusal);
                            expr.clone()
                        }
                        None => expr.with_parts(&|part| self.over_reads(part, place, reads)),
                    }
                }
                _ => expr.with_parts(&|part| self.over_reads(part, place, reads)),
            },
            _ => expr.with_parts(&|part| self.over_reads(part, place, reads)),
        }
    }

    /// The variable that a column is of, none for all, and the column among a row's.
    fn of(&self, at: usize) -> (Option<usize>, usize) {
        let width = self.width.max(1);
        ((at / width).checked_sub(1), at % width)
    }

    /// The place of an aggregate among those that were met, and its type.
    fn call(&self, function: AggregateFunction, argument: &Expr) -> Result<(usize, Type)> {
        let columns = argument.columns();
        let variable = columns.first().and_then(|at| self.of(*at).0);
        if columns.iter().any(|at| self.of(*at).0 != variable) {
            return Err(refused(argument.span, "an aggregate of several variables"));
        }
        if function.is_variance() {
            return Err(refused(argument.span, &format!("{} in MATCH_RECOGNIZE", function.name())));
        }
        let mut converted = expr::convert(&self.of_row(argument), &self.columns)?;
        if function == AggregateFunction::Avg && argument.ty.base == Base::Int {
            // Flink sums integers as BIGINT; what comes of it is cast to what the measure is.
            let cast = converted.cast(Type::BigInt);
            converted = cast.map_err(|error| refused(argument.span, &error.to_string()))?;
        }
        let aggregate: Aggregate = types::operator_aggregate(function, converted);
        let ty = aggregate.ty().ok_or_else(|| refused(argument.span, "this aggregate"))?;
        let call = Call { variable, aggregate };
        let mut calls = self.calls.borrow_mut();
        let at = calls.iter().position(|known| *known == call).unwrap_or(calls.len());
        if at == calls.len() {
            calls.push(call);
        }
        Ok((at, ty))
    }

    /// The expression over the columns of one row.
    fn of_row(&self, expr: &Expr) -> Expr {
        match expr.kind {
            ExprKind::Column(at) => Expr { kind: ExprKind::Column(self.of(at).1), ..expr.clone() },
            _ => expr.with_parts(&|part| self.of_row(part)),
        }
    }
}
