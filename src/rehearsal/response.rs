//! Answers of services, made from what a call is said to return: the standard library's templates say where in the answer its value is, and
//! here they are read the other way round.

use serde_json::{Map, Value as Json};

use crate::{
    machine::Failure,
    platform::pipeline::{Call, Expression, ExpressionKind, Poll},
    syntax::ast::BinaryOp,
};

/// What the service answers to a call that returns this, or that has only been started.
pub(super) fn of_value(call: &Call, poll: Option<&Poll>, value: Option<Json>) -> Result<Json, String> {
    let mut response = Json::Object(Map::new());
    if let (Some(output), Some(value)) = (&call.output, value) {
        put(output, value, &mut response).ok_or_else(|| {
            format!(
                "`{}` makes its result from more than one part of what the service answers; \
                 give `{{\"response\": …}}`, the whole answer",
                call.function
            )
        })?;
    }
    if let Some(poll) = poll {
        let id = Json::from(format!("{}-1", call.name));
        put(&poll.keep, id, &mut response).ok_or("a call whose end is asked for keeps more than an id")?;
    }
    Ok(response)
}

/// The status of what has not ended. The standard library lists the statuses of ends; every other means that it goes on.
pub(super) const UNDER_WAY: &str = "UNDER_WAY";

/// What the service answers when it is asked how a call stands that has this status.
pub(super) fn of_status(poll: &Poll, status: &str) -> Result<Json, String> {
    let mut response = Json::Object(Map::new());
    put(&poll.status, Json::from(status), &mut response)
        .ok_or("the status is more than one part of the answer")?;
    Ok(response)
}

/// What it answers where the call has failed.
pub(super) fn of_failure(poll: &Poll, failure: &Failure) -> Result<Json, String> {
    let mut response = of_status(poll, poll.failed.first().map_or("", |status| status.as_str()))?;
    let cause = failure.cause.as_deref().filter(|cause| !cause.is_empty());
    if let (Some(place), Some(cause)) = (&poll.cause, cause) {
        put(place, Json::from(cause), &mut response)
            .ok_or("the cause is more than one part of the answer")?;
    }
    Ok(response)
}

/// Puts a value where an expression over the answer reads it.
fn put(place: &Expression, value: Json, response: &mut Json) -> Option<()> {
    match &place.kind {
        ExpressionKind::Result => {
            match (response, value) {
                (Json::Object(into), Json::Object(members)) if !into.is_empty() => into.extend(members),
                (into, value) => *into = value,
            }
            Some(())
        }
        ExpressionKind::Field(of, name) => {
            let mut whole = Json::Object(Map::new());
            if let Json::Object(members) = &mut whole {
                members.insert(name.to_string(), value);
            }
            put(of, whole, response)
        }
        ExpressionKind::Binary(BinaryOp::Coalesce, first, _) => put(first, value, response),
        _ => None,
    }
}
