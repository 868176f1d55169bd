//! OVER as a stage of the operator's plan.

use crate::{
    diagnostic::Diagnostic,
    source::Span,
    sql::{
        over::{Frame, Over, OverCall, OverFunction},
        plan::{AggregateFunction, Relation, RelationKind},
        types,
    },
    window::{
        self, Aggregate, Arithmetic, Comparison, Expr, First, Function, Part, Scalar, Select, Spread, Stage,
        Type, Value,
    },
};

use super::{
    expr::{self, Columns},
    parts, refused,
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// OVER behind the part that makes its input: what is computed over rows, and what is computed of that.
pub(super) fn stages(input: &Relation, over: &Over, part: &Part, span: Span) -> Result<Vec<Stage>> {
    let plain = part.then.iter().all(|stage| matches!(stage, Stage::Select(_) | Stage::Over(_)));
    let windowed = input.chain().any(|below| matches!(below.kind, RelationKind::Window { .. }));
    match &part.first {
        First::Rows(..) if plain && !windowed => {}
        First::Groups(..) if plain => {
            // When a part is forgotten depends on each watermark, and groups come several windows at a time.
            if matches!(over.frame, Frame::Range(Some(_))) {
                return Err(refused(span, "OVER of groups with RANGE"));
            }
        }
        _ => return Err(refused(span, "OVER of rows of windows, of a join or of UNION ALL")),
    }
    let columns = parts::columns(input);
    let frame = match over.frame {
        Frame::Rows(count) => {
            let count = count.map(u32::try_from).transpose();
            window::Frame::Rows(count.map_err(|_| refused(span, "so many rows before"))?)
        }
        Frame::Range(length) => {
            let length = length.map(i64::try_from).transpose();
            window::Frame::Range(length.map_err(|_| refused(span, "so long a time before"))?)
        }
    };
    let nullable = nullable(part);
    let mut calls = Vec::new();
    let mut results = Vec::new();
    let mut computed = false;
    for it in &over.calls {
        let call = call(it, &columns)?;
        if let window::OverFunction::Aggregate(Aggregate::Spread(value, spread)) = call.function {
            results.push(variance(it, (value, spread), &nullable, (columns.types.len(), &mut calls))?);
            computed = true;
        } else {
            let ty = call.ty().ok_or_else(|| refused(it.span, "this OVER"))?;
            results.push(Expr::column(columns.types.len() + calls.len(), ty));
            calls.push(call);
        }
    }
    let partition = expr::all(&over.partition, &columns)?;
    let rows = columns.types.iter().enumerate().map(|(at, ty)| Expr::column(at, *ty));
    let output = rows.chain(results).collect();
    let over = window::Over { nullable, time: over.time.0, partition, frame, calls, input: columns.types };
    let over = Stage::Over(Box::new(over));
    Ok(if computed { vec![over, Stage::Select(Select { filter: None, output })] } else { vec![over] })
}

/// A variance as Calcite expands it before OVER (`ConvertletTable`): `(SUM(x * x) - SUM(x) * SUM(x) / COUNT(x)) / COUNT(x)`, of a sample
/// `/ (COUNT(x) - 1)`, all in the argument's type; and `CAST(POWER(…, 0.5) AS type)` of that.
fn variance(
    it: &OverCall,
    (value, Spread { root, sample }): (Expr, Spread),
    nullable: &[bool],
    (width, calls): (usize, &mut Vec<window::OverCall>),
) -> Result<Expr> {
    let refusal = |why: &str| refused(it.span, &format!("{} {why}", it.function.name()));
    let ty = value.ty();
    if it.distinct || !matches!(ty, Type::BigInt | Type::Double) {
        return Err(refusal("with OVER of this type, or with DISTINCT"));
    }
    if !window::may_be_null(std::slice::from_ref(&value), nullable).contains(&true) {
        return Err(refusal("with OVER of what is never null"));
    }
    let mut over = |aggregate: Aggregate, ty: Type| {
        let call = window::OverCall { function: window::OverFunction::Aggregate(aggregate), distinct: false };
        let known = calls.iter().position(|known| *known == call);
        let at = known.unwrap_or(calls.len());
        if known.is_none() {
            calls.push(call);
        }
        Expr::column(width + at, ty)
    };
    let mut built = || {
        let square = Expr::arithmetic(Arithmetic::Multiply, value.clone(), value.clone())?;
        let squares = over(Aggregate::Sum(square), ty);
        let sum = over(Aggregate::Sum(value.clone()), ty);
        let count = over(Aggregate::Count(value.clone()), Type::BigInt);
        let number = |number: i64| Expr::literal(Value::I64(number), Type::BigInt);
        let divisor = if ty == Type::Double { count.clone().cast(ty)? } else { count.clone() };
        let of_sums = Expr::arithmetic(Arithmetic::Multiply, sum.clone(), sum)?;
        let of_sums = Expr::arithmetic(Arithmetic::Divide, of_sums, divisor.clone())?;
        let apart = Expr::arithmetic(Arithmetic::Subtract, squares, of_sums)?;
        let divisor =
            if sample { Expr::arithmetic(Arithmetic::Subtract, count.clone(), number(1)?)? } else { divisor };
        let divisor = if divisor.ty() == ty { divisor } else { divisor.cast(ty)? };
        let variance = Expr::arithmetic(Arithmetic::Divide, apart, divisor)?;
        let variance = if root {
            let rooted = variance.cast(Type::Double)?;
            Expr::call(Function::Scalar(Scalar::Sqrt), vec![rooted])?.cast(ty)?
        } else {
            variance
        };
        let few = Expr::compare(Comparison::LessOrEqual, count, number(i64::from(sample))?)?;
        Expr::case(vec![(few, Expr::literal(Value::Null, ty)?)], Some(variance))
    };
    let built: std::result::Result<Expr, window::TypeError> = built();
    built.map_err(|error| refused(it.span, &error.to_string()))
}

fn call(call: &OverCall, columns: &Columns) -> Result<window::OverCall> {
    let argument = call.argument.as_ref().map(|argument| expr::convert(argument, columns)).transpose()?;
    let function = match (call.function, argument) {
        (OverFunction::Lag(offset), Some(argument)) => window::OverFunction::Lag(argument, offset),
        (OverFunction::Aggregate(AggregateFunction::Count) | OverFunction::Lag(_), None) => {
            window::OverFunction::Aggregate(Aggregate::CountAll)
        }
        (OverFunction::Aggregate(function), Some(argument)) => {
            window::OverFunction::Aggregate(types::operator_aggregate(function, argument))
        }
        (OverFunction::Aggregate(_), None) => return Err(refused(call.span, "this OVER")),
    };
    if call.distinct
        && let OverFunction::Aggregate(
            function @ (AggregateFunction::FirstValue | AggregateFunction::LastValue),
        ) = call.function
    {
        return Err(refused(call.span, &format!("{}(DISTINCT …) with OVER", function.name())));
    }
    Ok(window::OverCall { function, distinct: call.distinct })
}

/// For each column of a part's results, whether Flink's planner takes it for one that may be null. No column of a source is declared NOT NULL.
fn nullable(part: &Part) -> Vec<bool> {
    let first = match &part.first {
        First::Rows(_, rows) => window::may_be_null(&rows.output, &[]),
        First::Groups(_, query) => {
            let keys = window::may_be_null(&query.keys, &[]);
            let calls = query.aggregates.iter().map(|call| match &call.aggregate {
                Aggregate::CountAll | Aggregate::Count(_) => false,
                aggregate => {
                    let argument: Vec<Expr> = aggregate.argument().into_iter().cloned().collect();
                    call.filter.is_some() || window::may_be_null(&argument, &[]).contains(&true)
                }
            });
            let results: Vec<bool> = keys.into_iter().chain(calls).chain([false; 3]).collect();
            window::may_be_null(&query.output, &results)
        }
        // Refused above.
        First::Union(_) | First::Join(_) => Vec::new(),
    };
    part.then.iter().fold(first, |columns, stage| match stage {
        Stage::Select(select) => window::may_be_null(&select.output, &columns),
        Stage::Top(_) | Stage::Earliest(_) => columns.into_iter().chain([false]).collect(),
        Stage::Over(over) => over.output_nullable(),
        // Refused above.
        Stage::Match(_) | Stage::Assign(_) | Stage::Groups(_) | Stage::Regroup(_) => columns,
    })
}
