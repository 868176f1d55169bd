//! What a loop reads, in the words of AWS: made from items as the language has them.

use serde_json::{Map, Value as Json};

use crate::platform::pipeline::{Expression, ExpressionKind, Reader};

/// The items as the service that reads them gives them.
pub(super) fn raw(reader: &Reader, items: Json) -> Json {
    match (&reader.element, items) {
        (Some(Expression { kind: ExpressionKind::Record(fields), .. }), Json::Array(items)) => {
            Json::Array(items.into_iter().map(|item| raw_item(fields, item)).collect())
        }
        (_, items) => items,
    }
}

fn raw_item(fields: &[(smol_str::SmolStr, Expression)], item: Json) -> Json {
    let Json::Object(mut members) = item else { return item };
    let mut raw = Map::new();
    for (name, place) in fields {
        let given = members.shift_remove(name.as_str());
        match &place.kind {
            ExpressionKind::Field(_, theirs) => {
                raw.extend(given.map(|value| (theirs.to_string(), value)));
            }
            // A cell, which a function reads: text, and none where nothing is in it.
            ExpressionKind::Function(_, arguments) => {
                if let Some(ExpressionKind::Field(_, theirs)) = arguments.first().map(|first| &first.kind) {
                    raw.insert(theirs.to_string(), Json::String(cell(given.as_ref())));
                }
            }
            _ => {}
        }
    }
    Json::Object(raw)
}

fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
