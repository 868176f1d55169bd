//! Policies say neither less nor more than the program needs: without any part of any statement something fails that the program does, and
//! nothing is allowed around what it does. What a program needs is said here a second time, from its declarations, and not read from its policies.

mod around;
mod generator;
mod needs;
mod request;

use dpl::{
    Analysis,
    access::{Statement, document::Actions},
    platform::{ResourceId, grant::Effect},
    prove::Request,
};
use serde_json::json;
use smol_str::SmolStr;

use self::{
    around::around,
    generator::platform,
    needs::{Need, Needs},
    request::{met, prover, request},
};
use super::{
    command::Sandbox,
    oracle,
    programs::{analyze, example, messages},
};

/// A policy of a program.
#[derive(Clone, Copy)]
enum Policy {
    Role(usize),
    Resource(ResourceId),
}

fn statements(analysis: &mut Analysis, policy: Policy) -> &mut Vec<Statement> {
    match policy {
        Policy::Role(at) => &mut analysis.access.roles[at].policy.statements,
        Policy::Resource(id) => &mut analysis.access.resources.get_mut(&id).unwrap().statements,
    }
}

/// What is left of a statement without each of its parts: nothing, and what remains without one action, resource, principal or value.
fn without(statement: &Statement) -> Vec<Option<Statement>> {
    let mut left = vec![None];
    let mut push = |change: &dyn Fn(&mut Statement)| {
        let mut changed = statement.clone();
        change(&mut changed);
        left.push(Some(changed));
    };
    if let Actions::Only(actions) = &statement.actions
        && actions.len() > 1
    {
        for action in actions {
            let others = actions.iter().filter(|it| *it != action).cloned().collect();
            push(&|it| it.actions = Actions::Only(Clone::clone(&others)));
        }
    }
    if statement.resources.len() > 1 {
        statement.resources.iter().for_each(|resource| push(&|it| _ = it.resources.remove(resource)));
    }
    if let Some(principal) = statement.principal.as_ref().filter(|it| it.aws.len() > 1) {
        principal.aws.iter().for_each(|arn| push(&|it| _ = it.principal.as_mut().unwrap().aws.remove(arn)));
    }
    for (operator, keys) in &statement.conditions.0 {
        for (key, values) in keys.iter().filter(|(_, values)| values.len() > 1) {
            for value in values {
                let keys = |it: &mut Statement| -> bool {
                    it.conditions.0.get_mut(operator).unwrap().get_mut(key).unwrap().remove(value)
                };
                push(&|it| _ = keys(it));
            }
        }
    }
    left
}

/// What no request of a role of the program needs: what is let in for others, and what the program denies, perhaps for nothing.
fn is_for_others(analysis: &Analysis, statement: &Statement) -> bool {
    if statement.effect == Effect::Deny {
        return true;
    }
    statement.principal.as_ref().is_some_and(|principal| {
        let ours = |arn: &&SmolStr| analysis.access.roles.iter().any(|role| role.identity.arn == **arn);
        !principal.aws.iter().any(|arn| ours(&arn))
    })
}

/// How much was tried.
#[derive(Default)]
struct Tried {
    mutations: usize,
    around: usize,
    cases: Vec<serde_json::Value>,
}

/// Takes every part of every statement away, one after the other. Findings are told all at once.
fn tight(mut analysis: Analysis, tried: &mut Tried) {
    assert!(!analysis.has_errors(), "{}", messages(&analysis));
    let needs = Needs::of(&analysis);
    let unmet: Vec<String> = needs
        .iter()
        .filter(|need| !met(&analysis, &prover(&analysis), need))
        .map(|need| told(&analysis, need))
        .collect();
    let mut idle: Vec<String> = Vec::new();
    let roles = (0..analysis.access.roles.len()).map(Policy::Role);
    let policies: Vec<Policy> =
        roles.chain(analysis.access.resources.keys().copied().map(Policy::Resource)).collect();
    for policy in policies {
        let concerned: Vec<&Need> = needs
            .iter()
            .filter(|need| match policy {
                Policy::Role(at) => need.role == at,
                Policy::Resource(id) => need.requirement.owner == Some(id),
            })
            .filter(|need| met(&analysis, &prover(&analysis), need))
            .collect();
        for at in 0..statements(&mut analysis, policy).len() {
            let whole = statements(&mut analysis, policy)[at].clone();
            if is_for_others(&analysis, &whole) {
                continue;
            }
            for left in without(&whole) {
                statements(&mut analysis, policy).splice(at..=at, left.clone());
                tried.mutations += 1;
                let changed = prover(&analysis);
                match concerned.iter().find(|need| !met(&analysis, &changed, need)) {
                    Some(need) if tried.mutations.is_multiple_of(5) && simulated(need) => {
                        let asked = request(&analysis, need);
                        tried.cases.push(case(&analysis, &asked));
                    }
                    Some(_) => {}
                    None => idle.push(format!("{whole:?} says the same as {left:?}")),
                }
                let there = usize::from(left.is_some());
                statements(&mut analysis, policy).splice(at..at + there, [whole.clone()]);
            }
        }
    }
    let wide = around(&analysis, &needs, tried);
    assert!(
        unmet.is_empty() && idle.is_empty() && wide.is_empty(),
        "not allowed:\n{}\nidle:\n{}\ntoo wide:\n{}",
        unmet.join("\n"),
        idle.join("\n"),
        wide.join("\n")
    );
}

/// What the simulator takes as it is asked: not the catalog of another account.
fn simulated(need: &Need) -> bool {
    !need.denied && !need.requirement.resource.contains(":glue:")
}

/// A request that is refused for want of a statement, as the simulator is asked it. Guardrails only deny, and have no part in that.
fn case(analysis: &Analysis, request: &Request<'_>) -> serde_json::Value {
    let keys = request.context.iter().map(|(key, values)| {
        let several = key == "kms:resourcealiases" || key == "aws:tagkeys";
        (key.to_string(), if several { json!(values) } else { json!(values[0]) })
    });
    let own = &request.role.policy;
    let mut one = json!({
        "name": format!("{} {} {}", request.role.identity.name, request.action, request.resource),
        "expect": "ImplicitlyDenied",
        "principal": request.role.identity.arn,
        "action": request.action,
        "resource": request.resource,
        "resourceAccount": analysis.platform.account(request.account).id,
        "context": keys.collect::<serde_json::Map<_, _>>(),
        "identity": if own.statements.is_empty() { Vec::new() } else { vec![json!(own)] },
    });
    if let Some(policy) = request.owner.and_then(|owner| analysis.access.policy_of(owner)) {
        one["resourcePolicy"] = json!(policy);
    }
    one
}

fn told(analysis: &Analysis, need: &Need) -> String {
    let asked = request(analysis, need);
    format!("{} {} on {} {:?}", asked.role.identity.name, asked.action, asked.resource, asked.context)
}

#[test]
fn acme_is_tight() {
    let mut tried = Tried::default();
    tight(analyze(&example("acme")), &mut tried);
    assert!(tried.mutations >= 130 && tried.around >= 6_000, "{} {}", tried.mutations, tried.around);
    judged(&tried.cases, 10);
}

/// The outside simulator refuses what we say is refused without a statement.
fn judged(cases: &[serde_json::Value], least: usize) {
    assert!(cases.len() >= least, "{}", cases.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, serde_json::json!(cases).to_string()).unwrap();
    oracle::judge("simulate.mjs", &["node"], &[file]);
}

#[test]
fn generated_platforms_are_tight() {
    let mut tried = Tried::default();
    for seed in 0..20 {
        tight(analyze(&[("program".to_owned(), platform(seed))]), &mut tried);
    }
    assert!(tried.mutations >= 2_000 && tried.around >= 40_000, "{} {}", tried.mutations, tried.around);
    judged(&tried.cases, 40);
}

#[test]
fn generated_platforms_pass_every_checker() {
    let sandbox = Sandbox::new();
    let builds: Vec<_> = (20..24)
        .map(|seed| {
            sandbox.write(&format!("p{seed}/program.dpl"), platform(seed));
            sandbox.dpl(&["build", &format!("p{seed}"), "-o", &format!("out{seed}")]).fine();
            sandbox.path(&format!("out{seed}"))
        })
        .collect();
    oracle::judge("judge", &[], &builds);
}
