//! A checked query as a job of the native operator: what `dpl run` runs. What the operator can't do yet is refused by the name of the construct;
//! what it can do means the same as in Flink.

mod expr;
mod flatten;
mod groups;
mod over;
mod parts;
mod rows;
pub mod rust;
mod scalar;
mod sets;

pub use crate::window::time::Style;
pub use rows::style;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Platform, Query, ResourceId, Stream, stream::Rows},
    run::{Job, OnInvalid},
    source::Span,
    sql::plan::{Relation, RelationKind},
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
    /// How long a silent partition of the source holds the watermark back, in milliseconds.
    pub idle: Option<u64>,
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
    let sources = query.sources();
    let [source] = sources.as_slice() else {
        return Err(refused(query.span, "a query over several streams"));
    };
    let stream = platform.stream(*source).ok_or_else(|| refused(query.span, "what FROM reads"))?;
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
        query: parts::plan(platform, stream, query)?,
        output: query.plan.fields.iter().map(|field| field.name.to_string()).collect(),
        required: query.plan.fields.iter().map(|field| is_required(platform, sink, &field.name)).collect(),
        output_style: style(platform, sink),
        late_style,
    };
    let csv = platform.library.constructor(stream.format.constructor).name == "csv";
    Ok(Native {
        job,
        source: *source,
        style: style(platform, stream),
        idle: stream.idle,
        csv,
        sink: query.sink,
        late,
        rejected,
    })
}

/// What a relation is that the operator has nothing for.
fn lacking(relation: &Relation) -> Option<Box<Diagnostic>> {
    match &relation.kind {
        RelationKind::Join { .. } => Some(refused(relation.span, "JOIN")),
        RelationKind::AsOf { .. } => Some(refused(relation.span, "JOIN … FOR SYSTEM_TIME AS OF")),
        RelationKind::Match { .. } => Some(refused(relation.span, "MATCH_RECOGNIZE")),
        RelationKind::Window { input, .. }
        | RelationKind::Aggregate { input, .. }
        | RelationKind::Rank { input, .. }
            if input.chain().any(|below| matches!(below.kind, RelationKind::Union(_))) =>
        {
            Some(refused(relation.span, "a window over UNION ALL"))
        }
        RelationKind::Window { input, .. } | RelationKind::Aggregate { input, .. }
            if input.chain().any(|below| matches!(below.kind, RelationKind::Rank { .. })) =>
        {
            Some(refused(relation.span, "a window or an aggregate over ROW_NUMBER"))
        }
        RelationKind::Rank { input, .. } | RelationKind::Over { input, .. }
            if input.chain().any(
                |below| matches!(&below.kind, RelationKind::Aggregate { sets, .. } if !sets.is_empty()),
            ) =>
        {
            Some(refused(relation.span, "ROW_NUMBER or OVER over GROUPING SETS"))
        }
        RelationKind::Window { input, .. }
        | RelationKind::Aggregate { input, .. }
        | RelationKind::Rank { input, .. }
            if input.chain().any(|below| matches!(below.kind, RelationKind::Over { .. })) =>
        {
            Some(refused(relation.span, "a window, an aggregate or ROW_NUMBER over OVER"))
        }
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
