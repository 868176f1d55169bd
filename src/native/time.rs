//! Which columns Flink takes for event time.

use crate::{
    platform::Platform,
    sql::plan::{AggregateFunction, ExprKind, Relation, RelationKind},
};

/// Whether Flink takes a column for event time: the stream's own, a window's time, and the least or greatest of such.
pub fn is_event_time(platform: &Platform, relation: &Relation, at: usize) -> bool {
    let Some((relation, at)) = relation.traced(at) else { return false };
    match &relation.kind {
        RelationKind::Scan(stream) => {
            let time = platform.stream(*stream).and_then(|stream| stream.watermark.as_ref());
            time.zip(relation.field(at)).is_some_and(|((name, _), field)| *name == field.name)
        }
        RelationKind::Window { input, .. } => at == input.fields.len() + 2,
        RelationKind::Aggregate { input, keys, calls } => calls.get(at - keys.len()).is_some_and(|call| {
            let picks = matches!(call.function, AggregateFunction::Min | AggregateFunction::Max);
            let argument = call.argument.as_ref().map(|argument| &argument.kind);
            picks && matches!(argument, Some(ExprKind::Column(column)) if is_event_time(platform, input, *column))
        }),
        RelationKind::Union(parts) => parts.iter().any(|part| is_event_time(platform, part, at)),
        _ => false,
    }
}
