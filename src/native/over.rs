//! OVER as a stage of the operator's plan.

use crate::{
    diagnostic::Diagnostic,
    source::Span,
    sql::{
        over::{Frame, Over, OverCall, OverFunction},
        plan::{AggregateFunction, Relation, RelationKind},
        types,
    },
    window::{self, Aggregate, Expr, First, Part, Stage},
};

use super::{
    expr::{self, Columns},
    parts, refused,
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// OVER behind the part that makes its input.
pub(super) fn stage(input: &Relation, over: &Over, part: &Part, span: Span) -> Result<window::Over> {
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
    Ok(window::Over {
        nullable: nullable(part),
        time: over.time.0,
        partition: expr::all(&over.partition, &columns)?,
        frame,
        calls: over.calls.iter().map(|it| call(it, &columns)).collect::<Result<_>>()?,
        input: columns.types,
    })
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
    let refusal = match call.function {
        OverFunction::Aggregate(
            function @ (AggregateFunction::StddevPop
            | AggregateFunction::StddevSamp
            | AggregateFunction::VarPop
            | AggregateFunction::VarSamp),
        ) => Some(format!("{} with OVER", function.name())),
        OverFunction::Aggregate(
            function @ (AggregateFunction::FirstValue | AggregateFunction::LastValue),
        ) if call.distinct => Some(format!("{}(DISTINCT …) with OVER", function.name())),
        _ => None,
    };
    match refusal {
        Some(construct) => Err(refused(call.span, &construct)),
        None => Ok(window::OverCall { function, distinct: call.distinct }),
    }
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
        Stage::Top(_) => columns.into_iter().chain([false]).collect(),
        Stage::Over(over) => over.output_nullable(),
        // Refused above.
        Stage::Match(_) | Stage::Assign(_) | Stage::Groups(_) | Stage::Regroup(_) => columns,
    })
}
