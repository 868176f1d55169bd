//! The documents of a bundle, and `deploy.json` among them: the order across accounts, with the calls that no resource stands for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::map::{Answer, Left};
use crate::{artifact::Artifact, source::Span};

/// A bundle's documents: of which target, by which folder and for which place in the program.
#[derive(Clone, Copy, Debug)]
pub struct Documents<'a> {
    /// The target.
    pub family: &'static str,
    /// The account's folder.
    pub folder: &'a str,
    /// The place.
    pub source: Span,
}

impl Documents<'_> {
    /// A text as a file.
    pub fn file(self, path: String, text: String) -> Artifact {
        Artifact {
            path,
            account: self.folder.to_owned(),
            family: self.family,
            declaration: self.folder.to_owned(),
            source: self.source,
            text,
            notes: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// `deploy.json`: what is made in each step, in order; what is in one step may be made at the same time.
    pub fn deploy<S: Serialize>(
        self,
        steps: Vec<S>,
        left: &[Left<'_>],
        known: &dyn Fn(&Answer) -> Option<Json>,
    ) -> Artifact {
        let deploy = Deploy {
            version: 1,
            calls_before: rest(left, |left| &left.before, known),
            steps,
            calls: rest(left, |left| &left.calls, known),
        };
        self.file("deploy.json".to_owned(), text(&deploy))
    }
}

/// A document's text.
pub fn text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Deploy<'a, S> {
    version: u32,
    /// Calls that nothing in the bundle makes, to be made before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls_before: Vec<Rest<'a>>,
    steps: Vec<S>,
    /// Calls that nothing in the bundle makes, to be made behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Rest<'a>>,
}

/// Some calls of a file.
#[derive(Serialize)]
struct Rest<'a> {
    file: &'a str,
    ids: &'a [String],
    /// What a call refers to that another form makes, by the reference: who knows it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<&'a str, Json>,
}

fn rest<'a>(
    left: &'a [Left<'a>],
    ids: impl Fn(&'a Left<'a>) -> &'a Vec<String>,
    known: &dyn Fn(&Answer) -> Option<Json>,
) -> Vec<Rest<'a>> {
    let answers = |left: &'a Left<'a>| {
        let of_these = left.answers.iter().filter(|(id, ..)| ids(left).contains(id));
        of_these.filter_map(|(_, path, it)| Some((path.as_str(), known(it)?))).collect()
    };
    let all = left.iter().map(|left| Rest { file: &left.file.path, ids: ids(left), answers: answers(left) });
    all.filter(|rest| !rest.ids.is_empty()).collect()
}
