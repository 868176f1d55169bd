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
    if let Some(keep) = poll.and_then(|poll| poll.keep.as_ref()) {
        let id = Json::from(format!("{}-1", call.name));
        put(keep, id, &mut response).ok_or("a call whose end is asked for keeps more than an id")?;
    }
    Ok(response)
}

/// What the service answers when it is asked how a call stands.
pub(super) fn of_standing(poll: &Poll, failure: Option<&Failure>) -> Result<Json, String> {
    let mut response = Json::Object(Map::new());
    let statuses = if failure.is_some() { &poll.failed } else { &poll.done };
    let status = statuses.first().map(ToString::to_string).unwrap_or_default();
    put(&poll.status, Json::from(status), &mut response)
        .ok_or("the status is more than one part of the answer")?;
    let cause = failure.and_then(|failure| failure.cause.clone()).filter(|cause| !cause.is_empty());
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
            merge(response, value);
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
        ExpressionKind::Join(pieces) => put_pieces(pieces, value.as_str()?, response),
        _ => None,
    }
}

/// Puts a value into another: members beside members, at every depth.
fn merge(into: &mut Json, value: Json) {
    match (into, value) {
        (Json::Object(into), Json::Object(members)) if !into.is_empty() => {
            for (name, member) in members {
                merge(into.entry(name).or_insert(Json::Null), member);
            }
        }
        (into, value) => *into = value,
    }
}

/// Text apart again: each value of it ends where the constant behind it begins.
fn put_pieces(pieces: &[Expression], text: &str, response: &mut Json) -> Option<()> {
    match pieces {
        [] => text.is_empty().then_some(()),
        [first, rest @ ..] => match (first.as_text(), rest.first().and_then(Expression::as_text)) {
            (Some(constant), _) => put_pieces(rest, text.strip_prefix(constant)?, response),
            (None, None) if rest.is_empty() => put(first, Json::from(text), response),
            (None, None) => None,
            (None, Some(behind)) => {
                let (value, _) = text.split_once(behind)?;
                put(first, Json::from(value), response)?;
                put_pieces(rest, text.strip_prefix(value)?, response)
            }
        },
    }
}
