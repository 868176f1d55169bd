//! The documents that IAM reads: identity, trust, resource and service control policies. What a field can't hold can't be written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer, ser::SerializeMap};
use smol_str::SmolStr;

use crate::{lower::pretty, platform::grant::Effect, source::Span};

/// A policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    /// Its statements, in their order.
    #[serde(rename = "Statement")]
    pub statements: Vec<Statement>,
}

impl Document {
    /// A policy of these statements, in the current version of the language.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statements }
    }

    /// Its text as requests carry it: no white space.
    pub fn compact(&self) -> String {
        let mut text = Vec::with_capacity(self.room());
        let written = serde_json::to_writer(&mut text, self);
        debug_assert!(written.is_ok(), "a policy holds nothing that JSON can't");
        String::from_utf8(text).unwrap_or_default()
    }

    /// Its text as people read it, with a final newline.
    pub fn pretty(&self) -> String {
        pretty(self, self.room())
    }

    /// Room for the text of a usual policy of that many statements.
    fn room(&self) -> usize {
        64 + 512 * self.statements.len()
    }
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Unique in its policy, letters and digits.
    pub sid: SmolStr,
    /// Whether it allows or denies.
    #[serde(serialize_with = "effect")]
    pub effect: Effect,
    /// Whom it is about; identity policies are about whoever has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principals>,
    /// Which actions.
    #[serde(flatten)]
    pub actions: Actions,
    /// On what; a trust policy has none.
    #[serde(rename = "Resource", skip_serializing_if = "BTreeSet::is_empty", serialize_with = "one_or_many")]
    pub resources: BTreeSet<SmolStr>,
    /// When.
    #[serde(rename = "Condition", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// The places in the program that need it, each once.
    #[serde(skip)]
    pub origins: Vec<Span>,
}

/// The actions of a statement, in AWS's spelling, with `*` in guardrails and denials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Actions {
    /// These.
    #[serde(rename = "Action", serialize_with = "one_or_many")]
    Only(BTreeSet<SmolStr>),
    /// All but these.
    #[serde(rename = "NotAction", serialize_with = "one_or_many")]
    AllBut(BTreeSet<SmolStr>),
}

/// Whom a statement of a resource's policy is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principals {
    /// Everybody; the other lists are empty then.
    pub everybody: bool,
    /// Roles and accounts, by their ARNs.
    pub aws: BTreeSet<SmolStr>,
    /// Services, by their principals.
    pub services: BTreeSet<SmolStr>,
    /// Identity providers, by their ARNs.
    pub federated: BTreeSet<SmolStr>,
}

impl Principals {
    /// Everybody: for denials.
    pub fn everybody() -> Self {
        Self { everybody: true, ..Self::default() }
    }

    /// One role or account.
    pub fn aws(arn: SmolStr) -> Self {
        Self { aws: BTreeSet::from([arn]), ..Self::default() }
    }

    /// One service.
    pub fn service(principal: SmolStr) -> Self {
        Self { services: BTreeSet::from([principal]), ..Self::default() }
    }

    /// One identity provider.
    pub fn federated(arn: SmolStr) -> Self {
        Self { federated: BTreeSet::from([arn]), ..Self::default() }
    }

    /// Those of both.
    pub fn extend(&mut self, other: &Self) {
        self.everybody |= other.everybody;
        self.aws.extend(other.aws.iter().cloned());
        self.services.extend(other.services.iter().cloned());
        self.federated.extend(other.federated.iter().cloned());
    }
}

impl Serialize for Principals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.everybody {
            return serializer.serialize_str("*");
        }
        let mut map = serializer.serialize_map(None)?;
        if !self.aws.is_empty() {
            map.serialize_entry("AWS", &OneOrMany(&self.aws))?;
        }
        if !self.services.is_empty() {
            map.serialize_entry("Service", &OneOrMany(&self.services))?;
        }
        if !self.federated.is_empty() {
            map.serialize_entry("Federated", &OneOrMany(&self.federated))?;
        }
        map.end()
    }
}

/// Conditions, all of which must hold: operator, then key, then the values of which one must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conditions(pub BTreeMap<SmolStr, BTreeMap<SmolStr, BTreeSet<SmolStr>>>);

/// Of so many conditions every combination is looked at.
const MOST_COMBINED: usize = 5;

impl Conditions {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one.
    pub fn insert(&mut self, operator: &'static str, key: impl Into<SmolStr>, value: impl Into<SmolStr>) {
        let keys = self.0.entry(SmolStr::new_static(operator)).or_default();
        keys.entry(key.into()).or_default().insert(value.into());
    }

    /// Adds those of others: all of both must hold. Where both have the same operator and key, that leaves the values that both have; of values
    /// none of which may match, it takes those of either. What leaves nothing never holds.
    pub fn extend(&mut self, others: &Self) {
        for (operator, keys) in &others.0 {
            for (key, values) in keys {
                let known = self.0.entry(operator.clone()).or_default();
                let Some(mine) = known.get_mut(key) else {
                    known.insert(key.clone(), values.clone());
                    continue;
                };
                let both: BTreeSet<SmolStr> = mine.intersection(values).cloned().collect();
                if operator.contains("Not") {
                    mine.extend(values.iter().cloned());
                } else if both.is_empty() {
                    self.never(key);
                } else {
                    *mine = both;
                }
            }
        }
    }

    /// What is left of them without some, or without all: each that way is met by whatever meets these. Of many, not every one.
    pub fn fewer(&self) -> Vec<Self> {
        let each: Vec<(&SmolStr, &SmolStr)> =
            self.0.iter().flat_map(|(operator, keys)| keys.keys().map(move |key| (operator, key))).collect();
        let without = |left_out: &dyn Fn(usize) -> bool| {
            let mut fewer = self.clone();
            for (_, (operator, key)) in each.iter().enumerate().filter(|(at, _)| left_out(*at)) {
                fewer.take(operator, key);
            }
            fewer
        };
        if each.len() <= MOST_COMBINED {
            return (1..1_usize << each.len()).map(|set| without(&|at| set >> at & 1 == 1)).collect();
        }
        let mut all: Vec<Self> = (0..each.len()).map(|one| without(&|at| at == one)).collect();
        all.push(Self::default());
        all
    }

    /// Takes the values of one away; none where it is not among them.
    pub fn take(&mut self, operator: &str, key: &str) -> BTreeSet<SmolStr> {
        let Some(keys) = self.0.get_mut(operator) else { return BTreeSet::new() };
        let values = keys.remove(key).unwrap_or_default();
        if keys.is_empty() {
            self.0.remove(operator);
        }
        values
    }

    /// Says what no request meets: that it has a key, and that it does not.
    fn never(&mut self, key: &SmolStr) {
        for (operator, value) in [("Null", "true"), ("StringLike", "*")] {
            let keys = self.0.entry(SmolStr::new_static(operator)).or_default();
            keys.insert(key.clone(), BTreeSet::from([value.into()]));
        }
    }

    /// The same with one more.
    #[must_use]
    pub fn with(
        mut self,
        operator: &'static str,
        key: impl Into<SmolStr>,
        value: impl Into<SmolStr>,
    ) -> Self {
        self.insert(operator, key, value);
        self
    }
}

impl Serialize for Conditions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(operator, keys)| (operator, Keys(keys))))
    }
}

struct Keys<'a>(&'a BTreeMap<SmolStr, BTreeSet<SmolStr>>);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, OneOrMany(values))))
    }
}

/// One text plain, several as a list: IAM reads both, and people read the first better.
struct OneOrMany<'a>(&'a BTreeSet<SmolStr>);

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut texts = self.0.iter();
        match (texts.next(), texts.next()) {
            (Some(only), None) => serializer.serialize_str(only),
            _ => serializer.collect_seq(self.0),
        }
    }
}

fn one_or_many<S: Serializer>(texts: &BTreeSet<SmolStr>, serializer: S) -> Result<S::Ok, S::Error> {
    OneOrMany(texts).serialize(serializer)
}

fn effect<S: Serializer>(effect: &Effect, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match effect {
        Effect::Grant => "Allow",
        Effect::Deny => "Deny",
    })
}
