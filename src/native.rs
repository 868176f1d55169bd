//! A checked query as a job of the native operator: what `dpl run` runs. What the operator can't do yet is refused by the name of the construct;
//! what it can do means the same as in Flink.

mod expr;
mod flatten;
mod rows;
pub mod rust;

pub use crate::window::time::Style;
pub use rows::style;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Base, Platform, Query, ResourceId, Stream, stream::Rows},
    run::{Job, OnInvalid},
    source::Span,
    sql::{
        plan::{AggregateCall, Expr, ExprKind, Relation, RelationKind, WindowShape},
        types,
    },
    window::{self, Aggregate, Late, Window},
};

/// A query with the streams around it. Made from the query's typed plan and its streams' schemas.
#[derive(Clone, Debug)]
pub struct Native {
    /// What is computed.
    pub job: Job,
    /// The stream that is read.
    pub source: ResourceId,
    /// How the source's timestamps are written.
    pub style: Style,
    /// Whether the source's own format is CSV; JSON lines otherwise.
    pub csv: bool,
    /// The stream that results are written to.
    pub sink: ResourceId,
    /// The stream that late rows are diverted to.
    pub late: Option<ResourceId>,
    /// The stream that invalid rows are diverted to.
    pub rejected: Option<ResourceId>,
}

/// The job of a query; where the operator can't run it, the construct that it lacks.
pub fn native(platform: &Platform, query: &Query) -> Result<Native, Box<Diagnostic>> {
    if let Some(refusal) = query.plan.chain().find_map(lacking) {
        return Err(refusal);
    }
    let plan = flatten::flattened(&query.plan);
    let shape =
        Shape::of(&plan).ok_or_else(|| refused(query.span, "a query without a window and GROUP BY"))?;
    let stream = platform.stream(shape.source).ok_or_else(|| refused(query.span, "what FROM reads"))?;
    let sink = platform.stream(query.sink).ok_or_else(|| refused(query.span, "this sink"))?;
    let late = match stream.late {
        Some(Rows::Divert(to)) => Some(to),
        _ => None,
    };
    let rejected = match stream.on_invalid {
        Rows::Divert(to) => Some(to),
        _ => None,
    };
    let late_style = late.and_then(|to| platform.stream(to)).map_or(Style::Iso, |to| style(platform, to));
    let job = Job {
        schema: rows::schema(platform, stream)?,
        on_invalid: match stream.on_invalid {
            Rows::Drop => OnInvalid::Drop,
            Rows::Fail => OnInvalid::Fail,
            Rows::Divert(_) => OnInvalid::Divert,
        },
        query: operator_query(stream, &shape, query)?,
        output: query.plan.fields.iter().map(|field| field.name.to_string()).collect(),
        required: query.plan.fields.iter().map(|field| is_required(platform, sink, &field.name)).collect(),
        output_style: style(platform, sink),
        late_style,
    };
    let csv = platform.library.constructor(stream.format.constructor).name == "csv";
    Ok(Native {
        job,
        source: shape.source,
        style: style(platform, stream),
        csv,
        sink: query.sink,
        late,
        rejected,
    })
}

/// What a relation is that the operator has nothing for.
fn lacking(relation: &Relation) -> Option<Box<Diagnostic>> {
    match &relation.kind {
        RelationKind::Union(_) => Some(refused(relation.span, "UNION ALL")),
        RelationKind::Rank { .. } => Some(refused(relation.span, "ROW_NUMBER")),
        RelationKind::Aggregate { input, .. }
            if input.chain().any(|below| matches!(below.kind, RelationKind::Aggregate { .. })) =>
        {
            Some(refused(relation.span, "an aggregate of aggregates"))
        }
        _ => None,
    }
}

/// Whether a column of the sink is never null.
fn is_required(platform: &Platform, sink: &Stream, name: &str) -> bool {
    platform.schema(sink.schema).column(name).is_some_and(|column| !column.ty.nullable)
}

/// The parts of a plan that the operator knows: one window over one stream, grouped.
struct Shape<'a> {
    source: ResourceId,
    scan: &'a Relation,
    window: (&'a WindowShape, usize, Span),
    filter: Option<&'a Expr>,
    keys: &'a [Expr],
    calls: &'a [AggregateCall],
    having: Option<&'a Expr>,
    output: &'a [Expr],
}

impl<'a> Shape<'a> {
    fn of(plan: &'a Relation) -> Option<Self> {
        let RelationKind::Project { input, exprs } = &plan.kind else { return None };
        let (input, having) = unfiltered(input);
        let RelationKind::Aggregate { input, keys, calls } = &input.kind else { return None };
        let (input, filter) = unfiltered(input);
        let RelationKind::Window { input: scan, time, shape } = &input.kind else { return None };
        let RelationKind::Scan(source) = scan.kind else { return None };
        Some(Self {
            source,
            scan,
            window: (shape, time.0, input.span),
            filter,
            keys,
            calls,
            having,
            output: exprs,
        })
    }

    /// Where the row of results has each of the aggregate's fields: the operator puts keys first, then aggregates, then the window's bounds.
    fn places(&self) -> Vec<usize> {
        let columns = self.scan.fields.len();
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
        let columns = self.scan.fields.len();
        self.keys.iter().filter(move |key| !matches!(key.kind, ExprKind::Column(index) if index >= columns))
    }
}

fn unfiltered(relation: &Relation) -> (&Relation, Option<&Expr>) {
    match &relation.kind {
        RelationKind::Filter { input, condition } => (input, Some(condition)),
        _ => (relation, None),
    }
}

fn operator_query(
    stream: &Stream,
    shape: &Shape<'_>,
    query: &Query,
) -> Result<window::Query, Box<Diagnostic>> {
    let (window, event_time, span) = shape.window;
    let delay = stream.watermark.as_ref().map(|(_, delay)| *delay).unwrap_or_default();
    let input_types: Vec<Base> = shape.scan.fields.iter().map(|field| field.ty.base.clone()).collect();
    let rows = expr::Columns::of_stream(input_types.clone());
    let operator_types =
        |base: &Base| types::physical(base).ok_or_else(|| refused(span, "a column that is no scalar"));
    let filter = shape.filter.map(|filter| expr::convert(filter, &rows)).transpose()?;
    let keys = shape.own_keys().map(|key| expr::convert(key, &rows)).collect::<Result<Vec<_>, _>>()?;
    let aggregates = shape.calls.iter().map(|call| aggregate(call, &rows)).collect::<Result<Vec<_>, _>>()?;
    let mut plan = window::Query {
        input: input_types.iter().map(operator_types).collect::<Result<_, _>>()?,
        // The printed SQL declares no column of a source NOT NULL.
        nullable: vec![true; input_types.len()],
        event_time,
        watermark_delay_ms: milliseconds(delay),
        late: if matches!(stream.late, Some(Rows::Divert(_))) { Late::Divert } else { Late::Drop },
        filter,
        window: operator_window(window),
        keys,
        aggregates,
        having: None,
        output: Vec::new(),
    };
    let results = expr::Columns { places: shape.places(), types: plan.result_types() };
    plan.having = shape.having.map(|having| expr::convert(having, &results)).transpose()?;
    plan.output =
        shape.output.iter().map(|output| expr::convert(output, &results)).collect::<Result<_, _>>()?;
    plan.validate().map_err(|error| refused(query.span, &error.to_string()))?;
    Ok(plan)
}

fn operator_window(shape: &WindowShape) -> Window {
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

/// A construct that Flink runs and the native operator does not.
fn refused(span: Span, construct: &str) -> Box<Diagnostic> {
    let refusal = Diagnostic::error(
        catalogue::NATIVE_UNSUPPORTED,
        span,
        format!("`dpl run` can't run {construct}"),
        "not run on this machine",
    )
    .help("the query is checked and built for Flink all the same");
    Box::new(refusal)
}
