//! One window with GROUP BY as the operator's query.

use crate::{
    diagnostic::Diagnostic,
    platform::{Base, Stream, stream::Rows},
    source::Span,
    sql::{
        plan::{
            AggregateCall, AggregateFunction, Expr, ExprKind, JoinKind, Relation, RelationKind, WindowShape,
        },
        types,
    },
    window::{self, Aggregate, Late, Window},
};

use super::{expr, refused};

/// The parts of a plan that the operator knows: one window over rows, grouped.
pub(super) struct Shape<'a> {
    /// The rows.
    pub rows: &'a Relation,
    window: (&'a WindowShape, usize, Span),
    filter: Option<&'a Expr>,
    keys: &'a [Expr],
    calls: &'a [AggregateCall],
    having: Option<&'a Expr>,
    /// Whether the keys are one of several sets.
    in_sets: bool,
    output: &'a [Expr],
}

impl<'a> Shape<'a> {
    pub fn of(plan: &'a Relation) -> Option<Self> {
        let RelationKind::Project { input, exprs } = &plan.kind else { return None };
        let (input, having) = unfiltered(input);
        let RelationKind::Aggregate { input, keys, calls, sets } = &input.kind else { return None };
        let in_sets = !sets.is_empty();
        let (input, filter) = unfiltered(input);
        let RelationKind::Window { input: rows, time, shape } = &input.kind else { return None };
        let window = (shape, time.0, input.span);
        Some(Self { rows, window, filter, keys, calls, having, in_sets, output: exprs })
    }

    /// Where the row of results has each of the aggregate's fields: the operator puts keys first, then aggregates, then the window's bounds.
    fn places(&self) -> Vec<usize> {
        let columns = self.rows.fields.len();
        let is_bound = |key: &Expr| match key.kind {
            ExprKind::Column(index) => index.checked_sub(columns),
            _ => None,
        };
        let own_keys = self.keys.iter().filter(|key| is_bound(key).is_none()).count();
        let bounds = own_keys + self.calls.len();
        let mut next = 0..own_keys;
        let keys = self.keys.iter().map(|key| match is_bound(key) {
            Some(bound) => bounds + bound,
            None => next.next().unwrap_or_default(),
        });
        keys.chain(own_keys..bounds).collect()
    }

    /// The keys beside the window's bounds.
    fn own_keys(&self) -> impl Iterator<Item = &'a Expr> {
        let columns = self.rows.fields.len();
        self.keys.iter().filter(move |key| !matches!(key.kind, ExprKind::Column(index) if index >= columns))
    }
}

pub(super) fn unfiltered(relation: &Relation) -> (&Relation, Option<&Expr>) {
    match &relation.kind {
        RelationKind::Filter { input, condition } => (input, Some(condition)),
        _ => (relation, None),
    }
}

/// The query of a window. Its rows are a stream's, or those of another query, which come with their watermarks.
pub(super) fn operator_query(
    stream: Option<&Stream>,
    shape: &Shape<'_>,
    whole: Span,
) -> Result<window::Query, Box<Diagnostic>> {
    let (window, event_time, span) = shape.window;
    let input_types: Vec<Base> = shape.rows.fields.iter().map(|field| field.ty.base.clone()).collect();
    let rows = expr::Columns::of_stream(input_types.clone());
    let operator_types =
        |base: &Base| types::physical(base).ok_or_else(|| refused(span, "a column that is no scalar"));
    let filter = shape.filter.map(|filter| expr::convert(filter, &rows)).transpose()?;
    let keys = shape.own_keys().map(|key| expr::convert(key, &rows)).collect::<Result<Vec<_>, _>>()?;
    let aggregates = shape.calls.iter().map(|call| aggregate(call, &rows)).collect::<Result<Vec<_>, _>>()?;
    let mut plan = window::Query {
        input: input_types.iter().map(operator_types).collect::<Result<_, _>>()?,
        nullable: nullable(shape.rows),
        event_time,
        watermark_delay_ms: stream.map_or(0, delay),
        late: stream.map_or(Late::Drop, late),
        filter,
        window: operator_window(window),
        keys,
        in_sets: shape.in_sets,
        aggregates,
        having: None,
        output: Vec::new(),
    };
    let results = expr::Columns { places: shape.places(), types: plan.result_types() };
    plan.having = shape.having.map(|having| expr::convert(having, &results)).transpose()?;
    plan.output =
        shape.output.iter().map(|output| expr::convert(output, &results)).collect::<Result<_, _>>()?;
    plan.validate().map_err(|error| refused(whole, &error.to_string()))?;
    Ok(plan)
}

/// The query of groups of windows that rows have already, told by the column of the window's end. Their bounds are keys as others are.
pub(super) fn regroup(
    rows: &Relation,
    end: usize,
    shape: &WindowShape,
    (keys, calls): (&[Expr], &[AggregateCall]),
    whole: Span,
) -> Result<window::Query, Box<Diagnostic>> {
    let columns = expr::Columns::of_stream(rows.fields.iter().map(|field| field.ty.base.clone()).collect());
    // Each window's end lies in a slice of its own.
    let (size_ms, offset_ms) = match shape {
        WindowShape::Tumble { size: slice, offset }
        | WindowShape::Hop { slide: slice, offset, .. }
        | WindowShape::Cumulate { step: slice, offset, .. } => (milliseconds(*slice), *offset),
        WindowShape::Session { .. } => (1, 0),
    };
    let mut plan = window::Query {
        input: columns.types.clone(),
        nullable: nullable(rows),
        event_time: end,
        watermark_delay_ms: 0,
        late: Late::Drop,
        filter: None,
        window: Window::Tumble { size_ms, offset_ms },
        keys: expr::all(keys, &columns)?,
        in_sets: false,
        aggregates: calls.iter().map(|call| aggregate(call, &columns)).collect::<Result<_, _>>()?,
        having: None,
        output: Vec::new(),
    };
    let types = plan.result_types().into_iter().take(keys.len() + calls.len()).enumerate();
    plan.output = types.map(|(index, ty)| window::Expr::column(index, ty)).collect();
    plan.validate().map_err(|error| refused(whole, &error.to_string()))?;
    Ok(plan)
}

/// For each column of rows, whether Flink takes it for one that may be null: the printed SQL declares no column of a source NOT NULL, so only
/// counts, numbers of rows and the bounds of windows are none.
fn nullable(rows: &Relation) -> Vec<bool> {
    let never = |index: usize| match rows.traced(index) {
        Some((Relation { kind: RelationKind::Aggregate { keys, calls, .. }, .. }, at)) => {
            calls.get(at - keys.len()).is_some_and(|call| call.function == AggregateFunction::Count)
        }
        Some((Relation { kind: RelationKind::Window { .. } | RelationKind::Rank { .. }, .. }, _)) => true,
        _ => false,
    };
    // Beside a row without a partner everything is null.
    let joined = rows
        .chain()
        .any(|below| matches!(below.kind, RelationKind::Join { kind, .. } if kind != JoinKind::Inner));
    (0..rows.fields.len()).map(|index| joined || !never(index)).collect()
}

pub(super) fn operator_window(shape: &WindowShape) -> Window {
    match shape {
        WindowShape::Tumble { size, offset } => {
            Window::Tumble { size_ms: milliseconds(*size), offset_ms: *offset }
        }
        WindowShape::Hop { slide, size, offset } => {
            Window::Hop { slide_ms: milliseconds(*slide), size_ms: milliseconds(*size), offset_ms: *offset }
        }
        WindowShape::Cumulate { step, size, offset } => Window::Cumulate {
            step_ms: milliseconds(*step),
            size_ms: milliseconds(*size),
            offset_ms: *offset,
        },
        // The keys are those of GROUP BY.
        WindowShape::Session { gap, .. } => Window::Session { gap_ms: milliseconds(*gap) },
    }
}

fn aggregate(call: &AggregateCall, rows: &expr::Columns) -> Result<window::AggregateCall, Box<Diagnostic>> {
    let argument = call.argument.as_ref().map(|argument| expr::convert(argument, rows)).transpose()?;
    let aggregate = match argument {
        None => Aggregate::CountAll,
        Some(argument) => types::operator_aggregate(call.function, argument),
    };
    let filter = call.filter.as_ref().map(|filter| expr::convert(filter, rows)).transpose()?;
    Ok(window::AggregateCall { aggregate, distinct: call.distinct, filter })
}

fn milliseconds(length: u64) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// How far the watermark stays behind the latest event time.
pub(super) fn delay(stream: &Stream) -> i64 {
    stream.watermark.as_ref().map_or(0, |(_, delay)| milliseconds(*delay))
}

/// What becomes of late rows.
pub(super) fn late(stream: &Stream) -> Late {
    if matches!(stream.late, Some(Rows::Divert(_))) { Late::Divert } else { Late::Drop }
}
