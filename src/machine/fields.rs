//! Members of a state taken one by one, so that what is left over is noticed.

use std::fmt;

use serde_json::{Map, Value as Json};

/// Why a definition can't be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// The members of one object, and what it is called in messages.
pub(super) struct Fields {
    pub(super) of: String,
    members: Map<String, Json>,
}

impl Fields {
    pub(super) fn new(of: impl Into<String>, json: Json) -> Result<Self, Malformed> {
        let of = of.into();
        match json {
            Json::Object(members) => Ok(Self { of, members }),
            _ => Err(Malformed(format!("{of} is no object"))),
        }
    }

    pub(super) fn wrong(&self, name: &str, wanted: &str) -> Malformed {
        Malformed(format!("{}: {name} is {wanted}", self.of))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.shift_remove(name)
    }

    pub(super) fn needed(&mut self, name: &str) -> Result<Json, Malformed> {
        self.take(name).ok_or_else(|| self.wrong(name, "missing"))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Malformed> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "no text")),
        }
    }

    pub(super) fn needed_text(&mut self, name: &str) -> Result<String, Malformed> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "missing"))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<f64>, Malformed> {
        match self.take(name).map(|value| value.as_f64()) {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number)),
            Some(None) => Err(self.wrong(name, "no number")),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Json>, Malformed> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items),
            Some(_) => Err(self.wrong(name, "no list")),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, Malformed> {
        let items = self.list(name)?;
        let texts = items.iter().map(|item| item.as_str().map(ToOwned::to_owned));
        texts.collect::<Option<_>>().ok_or_else(|| self.wrong(name, "no list of texts"))
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Map<String, Json>, Malformed> {
        match self.take(name) {
            None => Ok(Map::new()),
            Some(Json::Object(members)) => Ok(members),
            Some(_) => Err(self.wrong(name, "no object")),
        }
    }

    /// Refuses what nothing has taken.
    pub(super) fn end(mut self) -> Result<(), Malformed> {
        self.take("Comment");
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(Malformed(format!("{}: `{name}` is not known here", self.of))),
        }
    }
}
