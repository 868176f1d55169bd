//! Whether there are circumstances in which a request is allowed: what is said to be impossible is tried with every value of a small world.

use std::collections::BTreeSet;

use dpl::{
    access::{
        Document, Statement,
        document::{Actions, Conditions},
    },
    platform::grant::Effect,
    prove::{Context, Decision, Policies, Question, Witness, witness},
};
use smol_str::SmolStr;

use crate::window::rng::Rng;

/// Conditions on keys of a kind, and every value of a request that they could tell apart.
struct Key {
    name: &'static str,
    operators: &'static [&'static str],
    wanted: &'static [&'static str],
    world: Vec<Vec<SmolStr>>,
}

/// Every text of up to three letters out of two.
fn texts() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..3 {
        last = last.iter().flat_map(|it| ["a", "b"].map(|letter| format!("{it}{letter}"))).collect();
        all.extend(last.clone());
    }
    all
}

fn single(values: impl IntoIterator<Item = String>) -> Vec<Vec<SmolStr>> {
    let none = std::iter::once(Vec::new());
    none.chain(values.into_iter().map(|it| vec![SmolStr::from(it)])).collect()
}

fn keys() -> Vec<Key> {
    let subsets = (0_u32..8).map(|chosen| {
        let members = ["a", "b", "c"].iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        members.map(|(_, it)| SmolStr::from(*it)).collect()
    });
    vec![
        Key {
            name: "aws:RequestTag/team",
            operators: &[
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "StringNotLike",
                "StringEqualsIfExists",
                "StringNotLikeIfExists",
                "Null",
            ],
            wanted: &["a", "ab", "a*", "ab*", "*b", "b?", "b*", "true"],
            world: single(texts()),
        },
        Key {
            name: "aws:MultiFactorAuthAge",
            operators: &[
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericNotEquals",
                "NumericEquals",
            ],
            wanted: &["1", "2", "2.5", "3"],
            world: single((0..20).map(|at| (f64::from(at) / 4.0).to_string())),
        },
        Key {
            name: "aws:SourceIp",
            operators: &["IpAddress", "NotIpAddress", "IpAddressIfExists"],
            wanted: &["10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.3", "10.0.0.2/31"],
            world: single((0..16).map(|at| format!("10.0.0.{at}"))),
        },
        Key {
            name: "aws:TagKeys",
            operators: &[
                "ForAnyValue:StringEquals",
                "ForAllValues:StringEquals",
                "ForAllValues:StringNotEquals",
                "Null",
            ],
            wanted: &["a", "b", "true", "false"],
            world: subsets.collect(),
        },
        Key {
            name: "aws:ViaAWSService",
            operators: &["Bool", "BoolIfExists"],
            wanted: &["true", "false"],
            world: single(["true".to_owned(), "false".to_owned()]),
        },
    ]
}

fn conditions(rng: &mut Rng, keys: &[Key]) -> Conditions {
    let mut all = Conditions::default();
    for _ in 0..=rng.below(2) {
        let key = &keys[rng.below(keys.len())];
        let operator = key.operators[rng.below(key.operators.len())];
        for _ in 0..=rng.below(1) {
            all.insert(operator, key.name, key.wanted[rng.below(key.wanted.len())]);
        }
    }
    all
}

fn statement(effect: Effect, conditions: Conditions) -> Statement {
    Statement {
        sid: "Any".into(),
        effect,
        principal: None,
        actions: Actions::Only(BTreeSet::from(["s3:GetObject".into()])),
        resources: BTreeSet::from(["*".into()]),
        conditions,
        origins: Vec::new(),
    }
}

/// Whether any request of the small world is allowed.
fn tried(policies: &Policies<'_, '_>, question: &Question<'_>, keys: &[&Key]) -> bool {
    let mut chosen = vec![0; keys.len()];
    loop {
        let more: Vec<(SmolStr, Vec<SmolStr>)> = keys
            .iter()
            .zip(&chosen)
            .map(|(key, at)| (SmolStr::from(key.name.to_ascii_lowercase()), key.world[*at].clone()))
            .collect();
        let context = question.context.closed(&more);
        if matches!(policies.decide(&Question { context: &context, ..*question }), Decision::Allowed(..)) {
            return true;
        }
        let Some(at) = (0..keys.len()).find(|at| chosen[*at] + 1 < keys[*at].world.len()) else {
            return false;
        };
        chosen[at] += 1;
        chosen[..at].fill(0);
    }
}

#[test]
fn what_is_impossible_is_allowed_by_no_request() {
    let (mut rng, all) = (Rng::new(11), keys());
    let mut found = [0_usize; 3];
    for case in 0..6_000 {
        let first = rng.below(all.len() - 1);
        let keys = &all[first..first + 2];
        let mut statements = vec![statement(Effect::Grant, conditions(&mut rng, keys))];
        statements.extend((0..=rng.below(1)).map(|_| statement(Effect::Deny, conditions(&mut rng, keys))));
        let document = Document::new(statements);
        let identity = [&document];
        let policies = Policies { identity: &identity, ..Policies::default() };
        let context = Context::open();
        let question = Question {
            caller: "arn:aws:iam::111111111111:role/r",
            session: None,
            caller_account: "111111111111",
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            resource_account: "111111111111",
            context: &context,
        };
        // What is denied whatever the request has is not asked about.
        if !matches!(policies.decide(&question), Decision::Allowed(..)) {
            continue;
        }
        let said = witness(&policies, &question);
        let possible = tried(&policies, &question, &keys.iter().collect::<Vec<_>>());
        match said {
            Witness::Found => found[0] += 1,
            Witness::Impossible => {
                found[1] += 1;
                assert!(!possible, "{case}: {document:#?}");
            }
            Witness::Missed => found[2] += 1,
        }
    }
    let [possible, impossible, missed] = found;
    assert!(possible > 2_000 && impossible > 150 && missed < impossible, "{found:?}");
}
