//! Conditions of a sentence, as IAM spells them in one half of it.
//!
//! A key that the request does not have makes a positive comparison fail and a negative one hold. So that access never comes out wider than it
//! was asked for, a grant's negative comparison asks for the key as well, and a denial that is about a missing key (`not mfa`, `mfa_age > 1h`)
//! holds without it.

use super::{
    document::Conditions,
    requirement::{Place, Requirement, requirements},
};
use crate::{
    library::condition::{AskedOf, Measure},
    platform::{Comparison, Condition, Grant, Platform, grant::Effect},
};

/// All that a sentence takes, each with the conditions under which it does. A denial is of what the capability names, and not of what only goes
/// with it. `by_itself` is whether the receiver is a service that acts for itself.
pub fn required(platform: &Platform, sentence: &Grant, by_itself: bool) -> Vec<Requirement> {
    let place = Place::from(&sentence.on);
    let all =
        sentence.capabilities.iter().flat_map(|wanted| requirements(platform, wanted.capability, &place));
    let mut required: Vec<Requirement> =
        all.filter(|requirement| requirement.primary || sentence.effect == Effect::Grant).collect();
    required.retain_mut(|requirement| match given(platform, sentence, requirement, by_itself) {
        Some(given) => {
            requirement.given = given;
            true
        }
        None => false,
    });
    required
}

/// Whether conditions say for which account, or whose accounts, a service acts.
pub fn names_source(given: &Conditions) -> bool {
    let asked = |operator: &str, key: &str| given.0.get(operator).and_then(|keys| keys.get(key));
    let names_account = |arn: &str| {
        let account = arn.split(':').nth(4).unwrap_or_default();
        !account.is_empty() && !account.contains(['*', '?'])
    };
    asked("StringEquals", "aws:SourceAccount").is_some()
        || asked("StringEquals", "aws:SourceOrgID").is_some()
        || asked("ArnLike", "aws:SourceArn").is_some_and(|arns| arns.iter().all(|arn| names_account(arn)))
}

/// The conditions on one permission; `None` where no request for it has one of their keys, so that it would never be allowed.
///
/// What a service asks for on the caller's behalf comes from the service: conditions on where a request comes from are asked of the request
/// that it follows from only. A service that acts for itself says for whom wherever it asks.
fn given(
    platform: &Platform,
    sentence: &Grant,
    requirement: &Requirement,
    by_itself: bool,
) -> Option<Conditions> {
    let mut all = Conditions::default();
    for condition in &sentence.conditions {
        let declared = platform.library.condition(condition.condition);
        let carried = declared.carried || (by_itself && declared.asked_of == AskedOf::Services);
        if requirement.via.is_some() && !carried {
            continue;
        }
        if !platform.library.has_key(declared, requirement.action, &requirement.kind) {
            return None;
        }
        add(platform, condition, sentence.effect, &mut all);
    }
    Some(all)
}

/// Adds one condition.
pub fn add(platform: &Platform, condition: &Condition, effect: Effect, all: &mut Conditions) {
    let declared = platform.library.condition(condition.condition);
    let operator =
        operator(declared.measure, declared.several, condition.comparison, is_false(condition), effect);
    for value in &condition.values {
        all.insert(operator, condition.key.clone(), value.clone());
    }
    // What has no value of several has none of those that it must not have.
    if effect == Effect::Grant && condition.comparison == Comparison::NotEqual && !declared.several {
        all.insert("Null", condition.key.clone(), "false");
    }
}

fn is_false(condition: &Condition) -> bool {
    condition.values.contains("false")
}

/// IAM's operator.
fn operator(
    measure: Measure,
    several: bool,
    comparison: Comparison,
    is_false: bool,
    effect: Effect,
) -> &'static str {
    let denies = effect == Effect::Deny;
    match (measure, comparison) {
        (Measure::Flag, _) if denies && is_false => "BoolIfExists",
        (Measure::Flag, _) => "Bool",
        (Measure::Address, Comparison::NotEqual) => "NotIpAddress",
        (Measure::Address, _) => "IpAddress",
        (Measure::Arn, Comparison::NotEqual) => "ArnNotLike",
        (Measure::Arn, _) => "ArnLike",
        (Measure::Instant, Comparison::Less) => "DateLessThan",
        (Measure::Instant, Comparison::LessOrEqual) => "DateLessThanEquals",
        (Measure::Instant, Comparison::Greater) => "DateGreaterThan",
        (Measure::Instant, Comparison::GreaterOrEqual) => "DateGreaterThanEquals",
        (Measure::Instant, Comparison::Equal) => "DateEquals",
        (Measure::Instant, Comparison::NotEqual) => "DateNotEquals",
        (Measure::Seconds, Comparison::Less) if denies => "NumericLessThanIfExists",
        (Measure::Seconds, Comparison::LessOrEqual) if denies => "NumericLessThanEqualsIfExists",
        (Measure::Seconds, Comparison::Greater) if denies => "NumericGreaterThanIfExists",
        (Measure::Seconds, Comparison::GreaterOrEqual) if denies => "NumericGreaterThanEqualsIfExists",
        (Measure::Seconds, Comparison::Less) => "NumericLessThan",
        (Measure::Seconds, Comparison::LessOrEqual) => "NumericLessThanEquals",
        (Measure::Seconds, Comparison::Greater) => "NumericGreaterThan",
        (Measure::Seconds, Comparison::GreaterOrEqual) => "NumericGreaterThanEquals",
        (Measure::Seconds, Comparison::Equal) => "NumericEquals",
        (Measure::Seconds, Comparison::NotEqual) => "NumericNotEquals",
        (Measure::Text | Measure::Id(_), Comparison::NotEqual) if several => "ForAllValues:StringNotEquals",
        (Measure::Text | Measure::Id(_), Comparison::NotEqual) => "StringNotEquals",
        (Measure::Text | Measure::Id(_), _) if several => "ForAnyValue:StringEquals",
        (Measure::Text | Measure::Id(_), _) => "StringEquals",
    }
}
