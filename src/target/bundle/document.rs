//! The documents of a bundle, and `deploy.json` among them: the order across accounts, with the calls that no resource stands for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::map::{Answer, Left};
use crate::{artifact::Artifact, lower::pretty, source::Span};

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
        between: &BTreeSet<&(usize, String)>,
        known: &dyn Fn(&Answer) -> Option<Json>,
    ) -> Artifact {
        let mut behind = left.iter().enumerate().map(|(at, left)| {
            let ids = left.calls.iter().filter(|id| !between.iter().any(|it| it.0 == at && it.1 == **id));
            (left, ids.map(String::as_str).collect())
        });
        let mut before = left.iter().map(|it| (it, it.before.iter().map(String::as_str).collect()));
        let deploy = Deploy {
            version: 1,
            calls_before: rest(&mut before, known),
            steps,
            calls: rest(&mut behind, known),
        };
        self.file("deploy.json".to_owned(), text(&deploy))
    }
}

/// As many bytes a document is likely to take.
const ROOM: usize = 1 << 16;

/// A document's text.
pub fn text(document: &impl Serialize) -> String {
    pretty(document, ROOM)
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

/// The calls of one step, that others wait for.
pub fn between<'a>(
    left: &'a [Left<'a>],
    calls: &[&'a (usize, String)],
    known: &dyn Fn(&Answer) -> Option<Json>,
) -> Vec<Rest<'a>> {
    let mut by_file: BTreeMap<usize, Vec<&'a str>> = BTreeMap::new();
    calls.iter().for_each(|(at, id)| by_file.entry(*at).or_default().push(id));
    rest(&mut by_file.into_iter().filter_map(|(at, ids)| Some((left.get(at)?, ids))), known)
}

/// Some calls of a file.
#[derive(Serialize)]
pub struct Rest<'a> {
    file: &'a str,
    ids: Vec<&'a str>,
    /// What a call refers to that another form makes, by the reference: who knows it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<&'a str, Json>,
}

fn rest<'a>(
    left: &mut dyn Iterator<Item = (&'a Left<'a>, Vec<&'a str>)>,
    known: &dyn Fn(&Answer) -> Option<Json>,
) -> Vec<Rest<'a>> {
    let all = left.map(|(left, ids)| {
        let of_these = left.answers.iter().filter(|(id, ..)| ids.contains(&id.as_str()));
        let answers = of_these.filter_map(|(_, path, it)| Some((path.as_str(), known(it)?))).collect();
        Rest { file: &left.file.path, ids, answers }
    });
    all.filter(|rest| !rest.ids.is_empty()).collect()
}
