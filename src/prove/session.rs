//! Session policies: what somebody who assumes a role hands over beside, and what the session may do at most.
//!
//! The session may do what both the role's policies and this one allow. What a resource's policy gives to the role is limited by it too; what one
//! gives to the session itself is not. A role that the session becomes in turn has a session of its own.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, value::RawValue};
use smol_str::SmolStr;

use super::operator::Operator;
use crate::{
    access::document::{Actions, Conditions, Document, Statement},
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::grant::Effect,
    source::{SourceFile, Span},
};

/// The longest text that STS takes. <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const LONGEST: usize = 2048;

/// Reads a session policy; `None` where it has a fault, which is reported.
pub fn session_policy(file: &SourceFile, diagnostics: &mut Diagnostics) -> Option<Document> {
    let mut reader = Reader { file, faults: Vec::new() };
    let statements = reader.policy();
    let faulty = !reader.faults.is_empty();
    diagnostics.extend(reader.faults);
    if faulty { None } else { Some(Document::new(statements)) }
}

struct Reader<'f> {
    file: &'f SourceFile,
    faults: Vec<Diagnostic>,
}

type Members<'f> = BTreeMap<String, &'f RawValue>;

impl<'f> Reader<'f> {
    fn policy(&mut self) -> Vec<Statement> {
        let text = self.file.text.as_str();
        let length = text.chars().count();
        if length > LONGEST {
            let message = format!("the policy has {length} characters, and a session takes {LONGEST}");
            self.fault(self.file.span(), message, "too long", "leave white space out, or say less");
        }
        let members: Members<'f> = match serde_json::from_str(text) {
            Ok(members) => members,
            Err(error) => {
                let at =
                    self.file.line_start(error.line().saturating_sub(1)) + error.column().saturating_sub(1);
                let span = self.span(at..text.len().min(at + 1));
                let help = "a policy is an object with `Version` and `Statement`";
                self.fault(span, "this is no JSON object", &reason(&error), help);
                return Vec::new();
            }
        };
        for (name, value) in &members {
            if !["Version", "Id", "Statement"].contains(&name.as_str()) {
                self.unknown(name, self.of(value), "`Version`, `Id` and `Statement`");
            }
        }
        let Some(&list) = members.get("Statement") else {
            self.fault(
                self.file.span(),
                "the policy has no `Statement`",
                "says nothing",
                "add a `Statement`",
            );
            return Vec::new();
        };
        let statements: Vec<&'f RawValue> = serde_json::from_str(list.get()).unwrap_or_else(|_| vec![list]);
        (1..).zip(statements).filter_map(|(number, raw)| self.statement(number, raw)).collect()
    }

    fn statement(&mut self, number: usize, raw: &'f RawValue) -> Option<Statement> {
        let span = self.of(raw);
        let Ok(members) = serde_json::from_str::<Members<'f>>(raw.get()) else {
            self.fault(
                span,
                "a statement is an object",
                "no object",
                "write `{ \"Effect\": …, \"Action\": … }`",
            );
            return None;
        };
        for (name, value) in &members {
            let place = self.of(value);
            match name.as_str() {
                "Sid" | "Effect" | "Action" | "NotAction" | "Resource" | "Condition" => {}
                "Principal" | "NotPrincipal" => {
                    let help = "leave it out: the session is whom it is about";
                    self.fault(place, format!("a session's policy has no `{name}`"), "not taken here", help);
                }
                "NotResource" => {
                    let help = "deny the resources in a statement of their own";
                    self.fault(place, "`NotResource` is not read", "would be lost", help);
                }
                _ => self.unknown(
                    name,
                    place,
                    "`Sid`, `Effect`, `Action`, `NotAction`, `Resource`, `Condition`",
                ),
            }
        }
        let effect = match members.get("Effect").map(|it| it.get()) {
            Some("\"Allow\"") => Some(Effect::Grant),
            Some("\"Deny\"") => Some(Effect::Deny),
            other => {
                let place = members.get("Effect").map_or(span, |it| self.of(it));
                let label = if other.is_some() { "neither" } else { "without `Effect`" };
                self.fault(
                    place,
                    "a statement allows or denies",
                    label,
                    "write `\"Effect\": \"Allow\"`, or `\"Deny\"`",
                );
                None
            }
        };
        let actions = self.actions(&members, span);
        let resources = self.texts(&members, "Resource");
        if resources.as_ref().is_none_or(BTreeSet::is_empty) && !members.contains_key("NotResource") {
            self.fault(span, "a statement says on what", "without `Resource`", "add a `Resource`");
        }
        let conditions =
            members.get("Condition").map_or_else(Conditions::default, |raw| self.conditions(raw));
        let sid = members.get("Sid").and_then(|it| serde_json::from_str::<String>(it.get()).ok());
        Some(Statement {
            sid: sid.map_or_else(|| SmolStr::from(format!("statement {number}")), SmolStr::from),
            effect: effect?,
            principal: None,
            actions: actions?,
            resources: resources?,
            conditions,
            origins: vec![span],
        })
    }

    fn actions(&mut self, members: &Members<'f>, span: Span) -> Option<Actions> {
        match (members.contains_key("Action"), members.contains_key("NotAction")) {
            (true, false) => self.texts(members, "Action").map(Actions::Only),
            (false, true) => self.texts(members, "NotAction").map(Actions::AllBut),
            (both, _) => {
                let label = if both { "both `Action` and `NotAction`" } else { "without `Action`" };
                self.fault(
                    span,
                    "a statement says what may be done",
                    label,
                    "write one of `Action` and `NotAction`",
                );
                None
            }
        }
    }

    /// One text, or a list of them.
    fn texts(&mut self, members: &Members<'f>, name: &str) -> Option<BTreeSet<SmolStr>> {
        let raw = members.get(name)?;
        let one = |value: &Json| value.as_str().map(SmolStr::from);
        let found = serde_json::from_str(raw.get()).ok().and_then(|value: Json| several(&value, one));
        if found.is_none() {
            self.fault(
                self.of(raw),
                format!("`{name}` is a text or a list of texts"),
                "neither",
                "write it in quotes",
            );
        }
        found
    }

    fn conditions(&mut self, raw: &'f RawValue) -> Conditions {
        let mut conditions = Conditions::default();
        let Ok(operators) = serde_json::from_str::<Members<'f>>(raw.get()) else {
            let help = "write `{ \"StringEquals\": { \"key\": \"value\" } }`";
            self.fault(self.of(raw), "a condition is an object", "no object", help);
            return conditions;
        };
        for (operator, raw) in operators {
            let place = self.of(raw);
            if Operator::read(&operator).is_none() {
                let help = "write one of IAM's, as `StringEquals`";
                self.fault(place, format!("IAM has no operator `{operator}`"), "compared by it", help);
                continue;
            }
            let keys: Option<BTreeMap<SmolStr, BTreeSet<SmolStr>>> =
                serde_json::from_str::<BTreeMap<SmolStr, Json>>(raw.get()).ok().and_then(|keys| {
                    keys.into_iter().map(|(key, value)| Some((key, values(&value)?))).collect()
                });
            match keys {
                Some(keys) => {
                    conditions.0.insert(operator.into(), keys);
                }
                None => {
                    let help = "write `{ \"key\": \"value\" }`, or a list of values";
                    self.fault(place, "an operator compares keys with values", "no such object", help);
                }
            }
        }
        conditions
    }

    fn unknown(&mut self, name: &str, place: Span, known: &str) {
        let help = format!("there are {known}");
        self.fault(place, format!("a policy has no `{name}` here"), "not taken here", &help);
    }

    fn fault(&mut self, span: Span, message: impl Into<String>, label: &str, help: &str) {
        self.faults.push(Diagnostic::error(catalogue::SESSION_POLICY, span, message, label).help(help));
    }

    /// The place of a value, which is a piece of the file's text.
    fn of(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).wrapping_sub(self.file.text.as_ptr() as usize);
        self.span(start..start.saturating_add(raw.get().len()))
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        let at = |offset: usize| self.file.base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        Span::new(at(range.start), at(range.end))
    }
}

/// A condition's values: numbers and booleans are read as texts, as IAM does.
fn values(value: &Json) -> Option<BTreeSet<SmolStr>> {
    several(value, |value| match value {
        Json::String(text) => Some(SmolStr::from(text.as_str())),
        Json::Bool(_) | Json::Number(_) => Some(SmolStr::from(value.to_string())),
        _ => None,
    })
}

/// One or a list of them.
fn several(value: &Json, one: impl Fn(&Json) -> Option<SmolStr>) -> Option<BTreeSet<SmolStr>> {
    match value {
        Json::Array(list) => list.iter().map(one).collect(),
        other => one(other).map(|text| BTreeSet::from([text])),
    }
}

/// What serde_json says, without the place, which is shown.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line").next().unwrap_or_default().to_owned()
}
