//! Calls in the order they are to be made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{pretty::pretty, tag::tag};
use crate::platform::{Platform, ResourceId};

/// One `.calls.json` file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Script {
    /// The calls in order.
    pub calls: Vec<Call>,
}

/// One request, in botocore's spelling.
#[derive(Debug, Serialize, Deserialize)]
pub struct Call {
    /// Unique in its script; a later input refers to this call's result by it.
    pub id: String,
    /// The service: `datasync`.
    pub service: String,
    /// The operation: `CreateTask`.
    pub operation: String,
    /// The request, where `{"$from": "id.Path"}` stands for a part of an earlier call's result, of another file where `"$in"` names one.
    pub input: Json,
    /// The account that makes it: twelve digits.
    pub account: String,
}

impl Script {
    /// With the tags of the declaration that it makes; those of the account alone where it makes what belongs to none.
    pub fn tagged(mut self, platform: &Platform, of: Option<ResourceId>) -> Self {
        tag(platform, of, &mut self.calls);
        self
    }

    /// The file's text.
    pub fn text(&self) -> String {
        pretty(self, 4096)
    }
}

/// A reference to a part of an earlier call's result.
pub fn reference(target: &str) -> Json {
    json!({ "$from": target })
}

/// A reference to a part of a result in another file, whose calls are made before.
pub fn reference_in(target: &str, file: &str) -> Json {
    json!({ "$from": target, "$in": file })
}

/// What stands behind the one `/` in a part of an earlier call's result.
pub fn behind(target: &str) -> Json {
    json!({ "$from": target, "$behind": "/" })
}

/// JSON as text. Where parts of earlier results stand in it, it is text in pieces.
pub fn text_of(value: &Json) -> Json {
    let mut found = Vec::new();
    let whole = with_places(value, &mut found).to_string();
    if found.is_empty() {
        return Json::from(whole);
    }
    let mut references = found.into_iter();
    let mut pieces = Vec::new();
    for (at, piece) in whole.split(PLACE).enumerate() {
        if at > 0 {
            pieces.extend(references.next());
        }
        pieces.push(Json::from(piece));
    }
    json!({ "$text": pieces })
}

/// What stands for a reference while text is made around it: one of Unicode's noncharacters, which no text has.
const PLACE: char = '\u{fdd0}';

fn with_places(value: &Json, found: &mut Vec<Json>) -> Json {
    match value {
        Json::Object(members) if members.contains_key("$from") => {
            found.push(value.clone());
            Json::from(PLACE.to_string())
        }
        Json::Object(members) => members
            .iter()
            .map(|(name, it)| (name.clone(), with_places(it, found)))
            .collect::<Map<_, _>>()
            .into(),
        Json::Array(items) => items.iter().map(|it| with_places(it, found)).collect(),
        other => other.clone(),
    }
}
