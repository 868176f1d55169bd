//! A checked query as a job of the native operator: what `dpl run` runs. What the operator can't do yet is refused by the name of the construct;
//! what it can do means the same as in Flink.

mod expr;
mod flatten;
mod groups;
mod join;
mod over;
mod parts;
mod pattern;
mod prepared;
mod rows;
pub mod rust;
mod scalar;
mod sets;

pub use crate::window::time::Style;
pub use rows::style;

use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Platform, Query, ResourceId, Stream, stream::Rows},
    run::{Diverted, Input, Job, OnInvalid},
    source::Span,
    sql::plan::{Relation, RelationKind},
};

/// A query with the streams around it. Made from the query's typed plan and its streams' schemas.
#[derive(Clone, Debug)]
pub struct Native {
    /// What is computed.
    pub job: Job,
    /// The streams that are read, in the job's order.
    pub sources: Vec<Read>,
    /// The stream that results are written to.
    pub sink: ResourceId,
    /// The streams that late and invalid rows are diverted to, in the job's order.
    pub diverted: Vec<ResourceId>,
}

/// A stream that is read.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Which.
    pub stream: ResourceId,
    /// How its timestamps are written.
    pub style: Style,
    /// How long a silent partition holds the watermark back, in milliseconds.
    pub idle: Option<u64>,
    /// Whether its own format is CSV; JSON lines otherwise.
    pub csv: bool,
}

impl Native {
    /// How long a silent partition of any stream holds the watermark back: the least of the streams' times, since Flink has one for a job
    /// (`table.exec.source.idle-timeout`).
    pub fn idle(&self) -> Option<u64> {
        self.sources.iter().filter_map(|source| source.idle).min()
    }
}

/// The job of a query; where the operator can't run it, the construct that it lacks.
pub fn native(platform: &Platform, query: &Query) -> Result<Native, Box<Diagnostic>> {
    if let Some(refusal) = query.plan.chain().find_map(lacking) {
        return Err(refusal);
    }
    let ids = query.sources();
    let streams: Vec<&Stream> = ids.iter().filter_map(|id| platform.stream(*id)).collect();
    if streams.is_empty() || streams.len() != ids.len() {
        return Err(refused(query.span, "what FROM reads"));
    }
    let sink = platform.stream(query.sink).ok_or_else(|| refused(query.span, "this sink"))?;
    let mut diverted = Diverting::default();
    let inputs = streams.iter().enumerate().map(|(at, stream)| input(platform, stream, at, &mut diverted));
    let job = Job {
        inputs: inputs.collect::<Result<_, _>>()?,
        diverted: diverted.kinds,
        query: parts::plan(platform, &streams, query)?,
        output: query.plan.fields.iter().map(|field| field.name.to_string()).collect(),
        required: query.plan.fields.iter().map(|field| is_required(platform, sink, &field.name)).collect(),
        output_style: style(platform, sink),
    };
    let sources = streams.iter().zip(ids).map(|(stream, id)| Read {
        stream: id,
        style: style(platform, stream),
        idle: stream.idle,
        csv: platform.library.constructor(stream.format.constructor).name == "csv",
    });
    Ok(Native { job, sources: sources.collect(), sink: query.sink, diverted: diverted.streams })
}

/// Where rows are diverted to, each stream once.
#[derive(Default)]
struct Diverting {
    streams: Vec<ResourceId>,
    kinds: Vec<Diverted>,
}

impl Diverting {
    /// The place of a stream among them, where rows are diverted to one.
    fn place(&mut self, rows: Option<Rows>, kind: impl FnOnce(ResourceId) -> Diverted) -> Option<usize> {
        let Some(Rows::Divert(to)) = rows else { return None };
        let known = self.streams.iter().position(|stream| *stream == to);
        Some(known.unwrap_or_else(|| {
            self.streams.push(to);
            self.kinds.push(kind(to));
            self.streams.len() - 1
        }))
    }
}

/// A stream as the job reads it.
fn input(
    platform: &Platform,
    stream: &Stream,
    at: usize,
    diverted: &mut Diverting,
) -> Result<Input, Box<Diagnostic>> {
    let late_style = |to| platform.stream(to).map_or(Style::Iso, |to| style(platform, to));
    Ok(Input {
        schema: rows::schema(platform, stream)?,
        on_invalid: match stream.on_invalid {
            Rows::Drop => OnInvalid::Drop,
            Rows::Fail => OnInvalid::Fail,
            Rows::Divert(_) => OnInvalid::Divert,
        },
        late: diverted.place(stream.late, |to| Diverted::Late { input: at, style: late_style(to) }),
        rejected: diverted.place(Some(stream.on_invalid), |_| Diverted::Rejected),
    })
}

/// What a relation is that the operator has nothing for.
fn lacking(relation: &Relation) -> Option<Box<Diagnostic>> {
    let over = |is: &dyn Fn(&RelationKind) -> bool| relation.chain().skip(1).any(|below| is(&below.kind));
    let of_sets =
        |kind: &RelationKind| matches!(kind, RelationKind::Aggregate { sets, .. } if !sets.is_empty());
    match &relation.kind {
        RelationKind::Unnest { .. } => Some(refused(relation.span, "`UNNEST`")),
        RelationKind::Aggregate { sets, .. }
            if !sets.is_empty() && over(&|kind| matches!(kind, RelationKind::Aggregate { .. })) =>
        {
            Some(refused(relation.span, "GROUPING SETS over groups"))
        }
        RelationKind::Window { .. }
        | RelationKind::Aggregate { .. }
        | RelationKind::Rank { .. }
        | RelationKind::Over { .. }
        | RelationKind::Match { .. }
        | RelationKind::Join { .. }
        | RelationKind::AsOf { .. }
            if over(&of_sets) =>
        {
            Some(refused(
                relation.span,
                "a window, an aggregate, ROW_NUMBER, OVER, MATCH_RECOGNIZE or a join over GROUPING SETS",
            ))
        }
        RelationKind::Window { .. }
        | RelationKind::Aggregate { .. }
        | RelationKind::Rank { .. }
        | RelationKind::Join { .. }
        | RelationKind::AsOf { .. }
            if over(&|kind| matches!(kind, RelationKind::Over { .. })) =>
        {
            Some(refused(relation.span, "a window, an aggregate, ROW_NUMBER or a join over OVER"))
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
    refused_for(span, construct, "the query is checked and built for Flink all the same")
}

/// The same, with the reason.
fn refused_for(span: Span, construct: &str, why: &str) -> Box<Diagnostic> {
    let refusal = Diagnostic::error(
        catalogue::NATIVE_UNSUPPORTED,
        span,
        format!("`dpl run` can't run {construct}"),
        "not run on this machine",
    )
    .help(why.to_owned());
    Box::new(refusal)
}
