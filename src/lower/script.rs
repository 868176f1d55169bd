//! Calls in the order they are to be made.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::tag::tag;
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
    /// The request, where `{"$from": "id.Path"}` stands for a part of an earlier call's result.
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
        let mut bytes = Vec::with_capacity(4096);
        let written = serde_json::to_writer_pretty(&mut bytes, self);
        debug_assert!(written.is_ok(), "a script holds nothing that JSON can't");
        bytes.push(b'\n');
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// A reference to a part of an earlier call's result.
pub fn reference(target: &str) -> Json {
    json!({ "$from": target })
}
