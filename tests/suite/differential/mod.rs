//! Decisions of `prove` against an IAM simulator that we did not write, on generated platforms, generated policies and acme.
//!
//! `DPL_SEEDS=7,8,9 cargo test differential` searches further than the seed that is always tried.

mod documents;
pub mod platforms;
pub mod requests;

use std::{collections::BTreeMap, fs, path::Path};

use dpl::{
    Analysis,
    access::Statement,
    prove::{Boundary, Context, Decision, Known, Policies, Prover, Question, Request, Truth, hold},
};
use serde_json::{Map, Value as Json, json};

use crate::{oracle, window::rng::Rng};

/// Cases for the simulator, and how often each kind of answer is among them.
#[derive(Default)]
pub struct Cases {
    list: Vec<Json>,
    mix: BTreeMap<String, usize>,
    known: Vec<(String, String)>,
    skipped: usize,
}

/// Condition keys that may have several values: the simulator tells them by their list.
const SETS: &[&str] = &["kms:resourcealiases", "aws:tagkeys", "aws:calledvia", "aws:principalorgpaths"];

impl Cases {
    fn new() -> Self {
        // Where AWS's documentation sides with us: a kind of case a line, with the reference behind it.
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/simulate_allowed.json");
        let known: Vec<BTreeMap<String, String>> =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let known = known.into_iter().map(|it| (it["kind"].clone(), it["reference"].clone())).collect();
        Self { known, ..Self::default() }
    }

    /// Adds a question with our answer, under a name that finds it again.
    fn add(&mut self, name: String, policies: &Policies<'_, '_>, question: &Question<'_>) {
        let decision = policies.decide(question);
        let (expect, mix) = match &decision {
            Decision::Allowed(by, _) => {
                let policies: Vec<String> = by.iter().map(|it| format!("{:?}", it.policy)).collect();
                ("Allowed", format!("Allowed by {}", policies.join("+")))
            }
            Decision::ExplicitlyDenied(by) => {
                ("ExplicitlyDenied", format!("ExplicitlyDenied by {:?}", by.policy))
            }
            Decision::ImplicitlyDenied(policy) => {
                ("ImplicitlyDenied", format!("ImplicitlyDenied by {policy:?}"))
            }
        };
        if self.known.iter().any(|(kind, _)| is_known(kind, policies, question, &decision)) {
            self.skipped += 1;
            return;
        }
        *self.mix.entry(mix).or_default() += 1;
        if let Some(mix) = of_conditions(policies, question, &decision) {
            *self.mix.entry(mix.into()).or_default() += 1;
        }
        self.list.push(case(&name, expect, policies, question));
    }

    /// Puts them before the simulator, which must agree on each.
    fn judge(&self) {
        for (kind, count) in &self.mix {
            println!("{count:6} {kind}");
        }
        println!(
            "{} in all, {} left out for the reasons in simulate_allowed.json",
            self.list.len(),
            self.skipped
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cases.json");
        fs::write(&file, serde_json::to_vec(&self.list).unwrap()).unwrap();
        oracle::judge("simulate.mjs", &["node"], &[file]);
    }

    fn count(&self, prefix: &str) -> usize {
        self.mix.iter().filter(|(kind, _)| kind.starts_with(prefix)).map(|(_, count)| count).sum()
    }

    /// Without enough of each kind of answer among them, agreement would prove little.
    fn assert_mix(&self, least: &[(&str, usize)]) {
        for (kind, least) in least {
            assert!(self.count(kind) >= *least, "{kind}: {} of {least}", self.count(kind));
        }
    }
}

/// Whether a case is of a kind on which the simulator is known to differ.
fn is_known(
    kind: &str,
    policies: &Policies<'_, '_>,
    question: &Question<'_>,
    decision: &Decision<'_>,
) -> bool {
    match kind {
        // What a resource's policy gives to the session itself, the session's policy does not limit.
        "session named" => {
            let alone = matches!(decision, Decision::Allowed(by, _) if by.iter().all(|it| it.policy != dpl::prove::Policy::Session));
            policies.session.is_some() && alone && question.session.is_some()
        }
        // An address that is named alone is none of the other family.
        "address of the other family" => {
            let v6 = matches!(question.context.get("aws:sourceip"), Known::Values([it]) if it.contains(':'));
            v6 && policies.statements(question).any(|(_, statement)| {
                let keys =
                    statement.conditions.0.get("NotIpAddress").into_iter().flat_map(|keys| keys.values());
                keys.flatten().any(|value| !value.contains('/'))
            })
        }
        other => panic!("{other}: no such kind of case"),
    }
}

/// What part the conditions of grants and denials had in a decision.
fn of_conditions(
    policies: &Policies<'_, '_>,
    question: &Question<'_>,
    decision: &Decision<'_>,
) -> Option<&'static str> {
    let asks = |statement: &Statement| {
        let mut keys = statement.conditions.0.values().flat_map(|keys| keys.keys());
        keys.any(|key| platforms::ASKED.contains(&key.as_str()))
    };
    match decision {
        Decision::Allowed(by, _) => {
            by.iter().any(|it| asks(it.statement)).then_some("Under conditions: Allowed")
        }
        Decision::ExplicitlyDenied(by) => asks(by.statement).then_some("Under conditions: ExplicitlyDenied"),
        Decision::ImplicitlyDenied(_) => {
            let context = Context::open();
            let otherwise = policies.decide(&Question { context: &context, ..*question });
            matches!(otherwise, Decision::Allowed(..)).then_some("Under conditions: ImplicitlyDenied")
        }
    }
}

/// The seeds to try: a fixed one, and those that are asked for.
fn seeds() -> Vec<u64> {
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let more = more.split(',').filter_map(|seed| seed.trim().parse().ok());
    std::iter::once(20_250).chain(more).collect()
}

fn case(name: &str, expect: &str, policies: &Policies<'_, '_>, question: &Question<'_>) -> Json {
    let context: Map<String, Json> = question
        .context
        .iter()
        .map(|(key, values)| {
            (key.to_string(), if SETS.contains(&key.as_str()) { json!(values) } else { json!(values[0]) })
        })
        .collect();
    let levels = |levels: &[dpl::prove::Level<'_>], added: bool| -> Vec<Vec<Json>> {
        let all = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        let level = |level: &dpl::prove::Level<'_>| {
            let full = (level.full_access && added).then(|| all.clone());
            full.into_iter().chain(level.documents.iter().map(|document| json!(document))).collect()
        };
        levels.iter().map(level).collect()
    };
    let mut one = json!({
        "name": name,
        "expect": expect,
        "principal": question.session.unwrap_or(question.caller),
        "action": question.action,
        "resource": question.resource,
        "resourceAccount": question.resource_account,
        "context": context,
        "identity": policies.identity.iter().filter(|it| !it.statements.is_empty()).collect::<Vec<_>>(),
        "scp": levels(policies.service_control, true),
        // The simulator adds AWS's own to each of these levels.
        "rcp": levels(policies.resource_control, false),
    });
    if let Some(policy) = policies.resource {
        one["resourcePolicy"] = json!(policy);
    }
    if let Some(policy) = policies.session {
        one["session"] = json!(policy);
    }
    if let Boundary::Known(policy) = policies.boundary {
        one["boundary"] = json!([policy]);
    }
    one
}

#[test]
fn decisions_on_acme_are_a_simulators() {
    let analysis = crate::access::analyzed("examples/acme");
    let mut cases = Cases::new();
    requests::ask(&analysis, 7, usize::MAX, "acme", &mut cases);
    cases.judge();
    cases.assert_mix(&[("Allowed", 50), ("ImplicitlyDenied", 200), ("ExplicitlyDenied", 20)]);
}

#[test]
fn decisions_on_generated_platforms_are_a_simulators() {
    let mut cases = Cases::new();
    for seed in seeds() {
        for at in 0..PLATFORMS {
            let text = platforms::platform(seed.wrapping_mul(1000) + at);
            let analysis = platforms::analyzed(&text);
            requests::ask(&analysis, seed + at, REQUESTS, &format!("{seed}.{at}"), &mut cases);
        }
    }
    assert!(cases.list.len() >= 5000, "{}", cases.list.len());
    cases.judge();
    cases.assert_mix(&[
        ("Allowed", 800),
        ("Allowed by Identity+Resource", 100),
        ("Allowed by Resource", 10),
        ("Allowed by Identity+Boundary", 20),
        ("ImplicitlyDenied by Identity", 500),
        ("ImplicitlyDenied by Resource", 5),
        ("ImplicitlyDenied by Boundary", 30),
        ("ExplicitlyDenied by ServiceControl", 100),
        ("ExplicitlyDenied by ResourceControl", 50),
        ("ExplicitlyDenied by Identity", 20),
        ("ExplicitlyDenied by Resource", 20),
        ("Under conditions: Allowed", 150),
        ("Under conditions: ImplicitlyDenied", 400),
        ("Under conditions: ExplicitlyDenied", 80),
    ]);
}

/// Whoever is let in under conditions is let in without them; whoever is let in where a denial has no conditions is let in where it has some.
#[test]
fn conditions_only_narrow() {
    let mut allowed = 0_usize;
    for at in 0..PLATFORMS / 4 {
        let text = platforms::platform(900_000 + at);
        let (under, open) =
            (platforms::analyzed(&text), platforms::analyzed(&platforms::without_conditions(&text, "grant")));
        allowed += assert_contained(&under, &open, at);
        assert_contained(&platforms::analyzed(&platforms::without_conditions(&text, "deny")), &under, at);
    }
    assert!(allowed > 200, "{allowed}");
}

/// Operators whose values compare letter by letter, so that what two conditions leave together can be said exactly.
const LITERAL: &[&str] = &["Bool", "Null", "StringEquals", "StringNotEquals", "NotIpAddress", "ArnNotLike"];

/// Conditions that are joined hold for no request for which one of them does not, and where values compare letter by letter for all for which both do.
#[test]
fn joined_conditions_hold_where_both_do() {
    let mut rng = Rng::new(31);
    let (mut both, mut exact) = (0, 0);
    for _ in 0..200_000 {
        let (one, other) = (documents::conditions(&mut rng), documents::conditions(&mut rng));
        let context = documents::context(&mut rng);
        let mut joined = one.clone();
        joined.extend(&other);
        let each = hold(&one, &context).min(hold(&other, &context));
        let all = hold(&joined, &context);
        assert!(all <= each, "{one:?} and {other:?} are {joined:?} in {context:?}");
        let shared = one.0.keys().any(|operator| other.0.contains_key(operator));
        if shared && one.0.keys().chain(other.0.keys()).all(|operator| LITERAL.contains(&operator.as_str())) {
            assert_eq!(all, each, "{one:?} and {other:?} are {joined:?} in {context:?}");
            exact += 1;
            both += usize::from(all == Truth::Yes);
        }
    }
    assert!(exact > 200 && both > 50, "{exact} {both}");
}

/// Everything that one program allows of what is asked, another allows; how much that is.
fn assert_contained(narrow: &Analysis, wide: &Analysis, seed: u64) -> usize {
    let provers = [narrow, wide].map(|it| Prover::new(&it.platform, &it.access));
    let mut allowed = 0;
    requests::each(narrow, seed, REQUESTS, &mut |request| {
        if matches!(provers[0].decide(&request), Decision::Allowed(..)) {
            allowed += 1;
            let role = wide.access.role(request.role.identity.key).unwrap();
            let request = Request { role, ..request };
            let decision = provers[1].decide(&request);
            assert!(matches!(decision, Decision::Allowed(..)), "{seed}: {decision:?} of {request:?}");
        }
    });
    allowed
}

#[test]
fn decisions_on_generated_policies_are_a_simulators() {
    let mut cases = Cases::new();
    for seed in seeds() {
        documents::ask(seed, DOCUMENTS, &mut cases);
    }
    cases.judge();
    cases.assert_mix(&[("Allowed", 300), ("ImplicitlyDenied", 300), ("ExplicitlyDenied", 300)]);
}

/// Platforms a seed.
const PLATFORMS: u64 = 48;
/// Requests a platform at most.
const REQUESTS: usize = 130;
/// Sets of policies a seed.
const DOCUMENTS: usize = 4000;
