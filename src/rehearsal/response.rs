//! Answers of services, made from what a call is said to return: the standard library's templates say where in the answer its value is, and
//! here they are read the other way round.

use serde_json::{Map, Value as Json, json};

use super::wire;
use crate::{
    machine::Failure,
    platform::{
        Platform,
        pipeline::{Call, Expression, ExpressionKind, Poll},
    },
    syntax::ast::BinaryOp,
};

/// The id under which a service knows a call that it has begun: the how manieth of the same step it is.
pub(super) fn id_of(call: &Call, number: usize) -> String {
    format!("{}-{number}", call.name)
}

/// What the service answers to the request that starts a call, with its result where that is all there is to it.
pub(super) fn of_start(
    platform: &Platform,
    call: &Call,
    value: Option<&Json>,
    number: usize,
) -> Result<Json, String> {
    let mut response = match value {
        Some(value) if call.fetch.is_none() => of_result(platform, call, value)?,
        _ => Json::Object(Map::new()),
    };
    if let Some(keep) = &call.keep {
        put(platform, keep, Json::from(id_of(call, number)), &mut response)
            .ok_or("a call whose end is asked for keeps more than an id")?;
    }
    if let (Some(more), Some(true)) = (&call.more, value.map(|page| is_full(call, page))) {
        put(platform, more, json!({ "after": id_of(call, number) }), &mut response)
            .ok_or("what says that there is more is more than one part of the answer")?;
    }
    Ok(response)
}

/// Whether a page has as many items as it was asked for, so that another one may follow.
fn is_full(call: &Call, page: &Json) -> bool {
    let most = call.result.as_ref().and_then(|ty| ty.refinement.max_length);
    page.as_array().zip(most).is_some_and(|(items, most)| items.len() as u64 >= most)
}

/// What the service answers where the result is in its answer.
pub(super) fn of_result(platform: &Platform, call: &Call, value: &Json) -> Result<Json, String> {
    let mut response = Json::Object(Map::new());
    if let Some(output) = &call.output {
        put(platform, output, value.clone(), &mut response).ok_or_else(|| {
            format!(
                "`{}` makes its result from more than one part of what the service answers; \
                 give `{{\"response\": …}}`, the whole answer",
                call.function
            )
        })?;
    }
    Ok(response)
}

/// The status of what has not ended. The standard library lists the statuses of ends; every other means that it goes on.
const UNDER_WAY: &str = "UNDER_WAY";

/// What it answers where the call has not ended: that status, in as many parts as there are.
pub(super) fn of_unfinished(platform: &Platform, poll: &Poll) -> Result<Json, String> {
    let status = match &poll.status.kind {
        ExpressionKind::Join(pieces) => {
            pieces.iter().map(|piece| piece.as_text().map_or(UNDER_WAY, |text| text)).collect()
        }
        _ => UNDER_WAY.to_owned(),
    };
    of_status(platform, poll, &status)
}

/// What the service answers when it is asked how a call stands that has this status.
pub(super) fn of_status(platform: &Platform, poll: &Poll, status: &str) -> Result<Json, String> {
    let mut response = Json::Object(Map::new());
    put(platform, &poll.status, Json::from(status), &mut response)
        .ok_or("the status is more than one part of the answer")?;
    Ok(response)
}

/// What it answers where the call has failed.
pub(super) fn of_failure(platform: &Platform, poll: &Poll, failure: &Failure) -> Result<Json, String> {
    let mut response = of_status(platform, poll, poll.failed.first().map_or("", |status| status.as_str()))?;
    let cause = failure.cause.as_deref().filter(|cause| !cause.is_empty());
    if let (Some(place), Some(cause)) = (&poll.cause, cause) {
        put(platform, place, Json::from(cause), &mut response)
            .ok_or("the cause is more than one part of the answer")?;
    }
    Ok(response)
}

/// Puts a value where an expression over the answer reads it.
fn put(platform: &Platform, place: &Expression, value: Json, response: &mut Json) -> Option<()> {
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
            put(platform, of, whole, response)
        }
        ExpressionKind::Binary(BinaryOp::Coalesce, first, _) => put(platform, first, value, response),
        ExpressionKind::Join(pieces) => put_pieces(platform, pieces, value.as_str()?, response),
        ExpressionKind::Decoded(form, inner) => {
            let spelled = wire::spelled(platform, *form, &value, &place.ty);
            match spelled {
                Some(spelled) => put(platform, inner, spelled, response),
                None => Some(()),
            }
        }
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
fn put_pieces(platform: &Platform, pieces: &[Expression], text: &str, response: &mut Json) -> Option<()> {
    match pieces {
        [] => text.is_empty().then_some(()),
        [first, rest @ ..] => match (first.as_text(), rest.first().and_then(Expression::as_text)) {
            (Some(constant), _) => put_pieces(platform, rest, text.strip_prefix(constant)?, response),
            (None, None) if rest.is_empty() => put(platform, first, Json::from(text), response),
            (None, None) => None,
            (None, Some(behind)) => {
                let (value, _) = text.split_once(behind)?;
                put(platform, first, Json::from(value), response)?;
                put_pieces(platform, rest, text.strip_prefix(value)?, response)
            }
        },
    }
}
