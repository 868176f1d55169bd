//! Conditions of statements, decided over a request's context as IAM does, in three values: a key of which nothing is known makes neither yes nor
//! no of a condition.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{
    context::{Context, Known},
    operator::{Ask, Each, Operator},
};
use crate::access::{document::Conditions, pattern::has_variable};

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not.
    No,
    /// It depends on what the program does not say.
    Unknown,
    /// It does.
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// Whether all conditions hold.
pub fn hold(conditions: &Conditions, context: &Context) -> Truth {
    let all = conditions
        .0
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, wanted)| (operator, key, wanted)));
    all.map(|(operator, key, wanted)| holds(operator, key, context.get(key), wanted))
        .min()
        .unwrap_or(Truth::Yes)
}

/// One of a statement's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Single<'a> {
    /// The operator.
    pub operator: &'a str,
    /// The key.
    pub key: &'a SmolStr,
    /// The values of which one must match.
    pub wanted: &'a BTreeSet<SmolStr>,
}

/// The conditions that depend on what the program does not say.
pub fn unknown<'a>(conditions: &'a Conditions, context: &Context) -> Vec<Single<'a>> {
    let mut found = Vec::new();
    for (operator, keys) in &conditions.0 {
        for (key, wanted) in keys {
            if holds(operator, key, context.get(key), wanted) == Truth::Unknown {
                found.push(Single { operator, key, wanted });
            }
        }
    }
    found
}

/// Whether one condition holds. A key that the request does not have makes a positive comparison fail and a negative one hold.
fn holds(operator: &str, key: &str, given: Known<'_>, wanted: &BTreeSet<SmolStr>) -> Truth {
    let Some(operator) = Operator::read(operator) else { return Truth::Unknown };
    if let Ask::Null = operator.ask {
        let absent = match given {
            Known::Unknown => return Truth::Unknown,
            Known::Absent => "true",
            Known::Values(_) => "false",
        };
        return wanted.iter().any(|it| it.eq_ignore_ascii_case(absent)).into();
    }
    let values = match (given, operator.each) {
        (Known::Unknown, _) => return Truth::Unknown,
        (Known::Absent, Some(each)) => return (each == Each::All).into(),
        (Known::Absent, None) => {
            return (operator.if_exists || matches!(operator.ask, Ask::Unlike(_))).into();
        }
        (Known::Values(values), _) => values,
    };
    if wanted.iter().any(|it| has_variable(it)) {
        return Truth::Unknown;
    }
    let one = |value: &SmolStr| match operator.ask {
        Ask::Like(compare) => wanted.iter().any(|it| compare(it, value)),
        Ask::Unlike(compare) => !wanted.iter().any(|it| compare(it, value)),
        Ask::Null => false,
    };
    match (operator.each, values) {
        (Some(Each::Any), _) => values.iter().any(one).into(),
        (Some(Each::All), _) => values.iter().all(one).into(),
        (None, [value]) if !is_set(key) => one(value).into(),
        // A key that may have several values is asked with `ForAnyValue` or `ForAllValues` only.
        (None, _) => Truth::No,
    }
}

/// Keys that may have several values.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const SETS: &[&str] = &[
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "kms:EncryptionContextKeys",
    "kms:ResourceAliases",
];

fn is_set(key: &str) -> bool {
    SETS.iter().any(|set| set.eq_ignore_ascii_case(key))
}
