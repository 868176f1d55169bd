//! Answers as people and programs read them.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use dpl::{
    Analysis,
    prove::{Answer, Holder, Link, Verdict},
    source::Span,
};
use serde::Serialize;

use crate::cli::{report, saying::Place};

/// What answers refer to.
pub(super) struct Show<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) root: &'a Path,
    /// The rows that are asked about.
    pub(super) rows: Option<&'a str>,
}

/// What every answer takes to be so.
const ALWAYS: &str = "requests come by TLS, and nobody changes policies by hand";

impl Show<'_> {
    /// What is asked about, with the rows.
    fn thing(&self, capability: &str, place: &str) -> String {
        let rows = self.rows.map(|rows| format!(" where {rows}")).unwrap_or_default();
        format!("`{capability}` on `{place}`{rows}")
    }

    /// What one principal can.
    pub(super) fn answers(&self, name: &str, place: &str, answers: &[(String, Answer)]) -> String {
        let mut text = String::new();
        for (capability, answer) in answers {
            if !text.is_empty() {
                text.push('\n');
            }
            let what = self.thing(capability, place) + &answer.by;
            let _ = match answer.verdict {
                Verdict::Yes => writeln!(text, "yes: `{name}` can {what}"),
                Verdict::Partly => writeln!(text, "partly: `{name}` can do some of {what}"),
                Verdict::Perhaps => {
                    writeln!(text, "perhaps: `{name}` may have what it would see with {what}")
                }
                Verdict::No => writeln!(text, "no: `{name}` cannot {what}"),
                Verdict::Undecided => {
                    writeln!(text, "undecided: whether `{name}` can {what} is not the program's to say")
                }
            };
            self.reasons(answer, &mut text);
        }
        report::printable(&text)
    }

    /// Everybody who can.
    pub(super) fn holders(&self, place: &str, lists: &[(String, Vec<Holder>)]) -> String {
        let mut text = String::new();
        for (capability, holders) in lists {
            if !text.is_empty() {
                text.push('\n');
            }
            if holders.is_empty() {
                let _ = writeln!(text, "nobody can {}", self.thing(capability, place));
            }
            for (number, Holder { name, what, answer }) in (1..).zip(holders) {
                if number > 1 {
                    text.push('\n');
                }
                let how_much = match answer.verdict {
                    Verdict::Yes => "can",
                    Verdict::Partly => "can in part",
                    Verdict::Perhaps => "may be able to",
                    Verdict::No => "cannot",
                    Verdict::Undecided => "is let in to",
                };
                let thing = self.thing(capability, place);
                let _ = writeln!(text, "`{name}` ({what}) {how_much} {thing}{}", answer.by);
                self.reasons(answer, &mut text);
            }
        }
        report::printable(&text)
    }

    fn reasons(&self, answer: &Answer, text: &mut String) {
        if let Some(rows) = &answer.rows {
            let _ = writeln!(text, "  only rows where {rows}");
        }
        for link in &answer.chain {
            self.link(link, text);
        }
        for link in &answer.unless {
            self.link(link, text);
        }
        if let Some((reason, places)) = &answer.missing {
            let _ = writeln!(text, "  what is missing: {reason}");
            self.places(places, text);
        }
        let always = std::iter::once(ALWAYS);
        let assumed: Vec<&str> = answer.assumes.iter().map(String::as_str).chain(always).collect();
        if answer.verdict != Verdict::No {
            let _ = writeln!(text, "  assumed: {}", assumed.join("; "));
        }
    }

    fn link(&self, link: &Link, text: &mut String) {
        let _ = writeln!(text, "  {}", link.says);
        self.places(&link.places, text);
    }

    fn places(&self, places: &[Span], text: &mut String) {
        for place in self.places_of(places) {
            let _ = writeln!(text, "    {}", place.text());
        }
    }

    fn places_of(&self, places: &[Span]) -> Vec<Place<'_>> {
        let found: BTreeSet<Place<'_>> =
            places.iter().filter_map(|span| Place::of(self.analysis, self.root, *span)).collect();
        found.into_iter().collect()
    }

    /// The same as one JSON object.
    pub(super) fn answers_as_json(&self, name: &str, place: &str, answers: &[(String, Answer)]) -> String {
        let answers = answers.iter().map(|(capability, answer)| self.json(capability, answer)).collect();
        json(&Answers { principal: name, resource: place, rows: self.rows, answers })
    }

    /// The same as one JSON object.
    pub(super) fn holders_as_json(&self, place: &str, lists: &[(String, Vec<Holder>)]) -> String {
        let list = |(capability, holders): &'_ (String, Vec<Holder>)| List {
            capability: capability.clone(),
            who: holders
                .iter()
                .map(|holder| Who {
                    principal: holder.name.clone(),
                    what: holder.what.clone(),
                    answer: self.json(capability, &holder.answer),
                })
                .collect(),
        };
        json(&Lists { resource: place, rows: self.rows, capabilities: lists.iter().map(list).collect() })
    }

    fn json(&self, capability: &str, answer: &Answer) -> AnswerJson<'_> {
        let links = |links: &[Link]| -> Vec<LinkJson<'_>> {
            links
                .iter()
                .map(|link| LinkJson {
                    says: link.says.clone(),
                    statement: link.statement.as_ref().map(ToString::to_string),
                    places: self.places_of(&link.places),
                })
                .collect()
        };
        AnswerJson {
            capability: capability.to_owned(),
            answer: word(answer.verdict),
            by: answer.by.trim_start_matches([',', ' ']).to_owned(),
            chain: links(&answer.chain),
            unless: links(&answer.unless),
            rows: answer.rows.clone(),
            missing: answer.missing.as_ref().map(|(reason, places)| MissingJson {
                reason: reason.clone(),
                places: self.places_of(places),
            }),
            assumes: answer.assumes.iter().cloned().chain([ALWAYS.to_owned()]).collect(),
        }
    }
}

/// An answer in a word.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::Partly => "partly",
        Verdict::Perhaps => "perhaps",
        Verdict::No => "no",
        Verdict::Undecided => "undecided",
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct Answers<'a> {
    principal: &'a str,
    resource: &'a str,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    rows: Option<&'a str>,
    answers: Vec<AnswerJson<'a>>,
}

#[derive(Serialize)]
struct Lists<'a> {
    resource: &'a str,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    rows: Option<&'a str>,
    capabilities: Vec<List<'a>>,
}

#[derive(Serialize)]
struct List<'a> {
    capability: String,
    who: Vec<Who<'a>>,
}

#[derive(Serialize)]
struct Who<'a> {
    principal: String,
    what: String,
    #[serde(flatten)]
    answer: AnswerJson<'a>,
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    capability: String,
    answer: &'static str,
    by: String,
    chain: Vec<LinkJson<'a>>,
    unless: Vec<LinkJson<'a>>,
    rows: Option<String>,
    missing: Option<MissingJson<'a>>,
    assumes: Vec<String>,
}

#[derive(Serialize)]
struct LinkJson<'a> {
    says: String,
    statement: Option<String>,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct MissingJson<'a> {
    reason: String,
    places: Vec<Place<'a>>,
}
