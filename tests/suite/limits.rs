//! Policies that outgrow what AWS takes: divided without changing what they say, or refused with the numbers.

use std::{collections::BTreeSet, fmt::Write as _};

use dpl::{
    Analysis,
    access::{
        Document, Statement,
        document::Actions,
        size::characters,
        split::{self, Kept},
    },
    platform::grant::Effect,
};
use smol_str::SmolStr;

use super::{command::Sandbox, oracle, programs};

const ACCOUNTS: &str = "\
organization example {
  id = \"o-example123\"
  region = \"us-east-1\"
  account management { id = \"111111111111\" }
  account lake { id = \"222222222222\" }
  account prod { id = \"333333333333\" }
}
";

fn analyze(text: &str) -> Analysis {
    programs::analyze(&[("program".to_owned(), text.to_owned())])
}

/// What is said of a program, beside that the regions by which rules are told apart are made up.
fn said(analysis: &Analysis) -> Vec<(&'static str, String)> {
    let all = analysis.diagnostics.iter().filter(|it| it.code.as_str() != "DPL0216");
    all.map(|it| (it.code.as_str(), it.message.clone())).collect()
}

/// A role that reads, writes and lists in so many folders, and may not delete in some.
fn many_folders(count: usize) -> String {
    let mut text = ACCOUNTS.to_owned();
    text.push_str("bucket raw in prod\nrole Worker in prod { trust = [prod] }\n");
    for at in 0..count {
        let folder = format!("folder-{at:04}/of/the/lake/with/a/rather/long/name");
        writeln!(text, "grant read, write, list on raw / \"{folder}\" to Worker").unwrap();
        if at % 7 == 0 {
            writeln!(text, "deny delete on raw / \"{folder}\" to Worker").unwrap();
        }
    }
    text
}

/// A guardrail of so many rules, each with regions of its own, and one rule of so many accounts' resources.
fn many_rules(name: &str, count: usize) -> String {
    let mut text = format!("guardrail {name} on prod {{\n");
    for at in 0..count {
        writeln!(text, "  deny s3.GetObject, s3.PutObject outside [\"us-east-1\", \"eu-west-{at}\"]")
            .unwrap();
    }
    text.push_str("}\n");
    text
}

type Atom = (Effect, SmolStr, SmolStr, Vec<(SmolStr, SmolStr, SmolStr)>);

/// Everything that documents say, in its smallest parts: one action, one resource, one value of each condition.
fn atoms<'a>(statements: impl Iterator<Item = &'a Statement>) -> BTreeSet<Atom> {
    let mut atoms = BTreeSet::new();
    for statement in statements {
        let Actions::Only(actions) = &statement.actions else { panic!("all but some actions") };
        let keys = statement.conditions.0.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| (operator.clone(), key.clone(), values.clone()))
        });
        let mut alternatives: Vec<Vec<(SmolStr, SmolStr, SmolStr)>> = vec![Vec::new()];
        for (operator, key, values) in keys {
            // Values none of which may match belong together.
            let values: Vec<SmolStr> = if operator.contains("Not") {
                vec![SmolStr::from(values.iter().map(SmolStr::as_str).collect::<Vec<_>>().join(","))]
            } else {
                values.into_iter().collect()
            };
            alternatives = alternatives
                .iter()
                .flat_map(|before| {
                    values.iter().map(|value| {
                        let mut with = before.clone();
                        with.push((operator.clone(), key.clone(), value.clone()));
                        with
                    })
                })
                .collect();
        }
        for action in actions {
            for resource in &statement.resources {
                let with = |it: &Vec<_>| (statement.effect, action.clone(), resource.clone(), it.clone());
                atoms.extend(alternatives.iter().map(with));
            }
        }
    }
    atoms
}

fn same(whole: &Document, parts: &[Document]) {
    let said = |documents: &[Document]| atoms(documents.iter().flat_map(|it| &it.statements));
    assert!(said(std::slice::from_ref(whole)) == said(parts));
    for part in parts {
        let names: BTreeSet<&SmolStr> = part.statements.iter().map(|it| &it.sid).collect();
        assert_eq!(names.len(), part.statements.len());
    }
}

#[test]
fn a_role_that_outgrows_its_inline_policy_says_the_same_in_several() {
    let (mut inline, mut attached) = (0, 0);
    for count in [10, 30, 60, 90, 120, 200, 300] {
        let analysis = analyze(&many_folders(count));
        let role = analysis.access.roles.iter().find(|it| it.identity.name == "Worker").unwrap();
        match split::of_role(&analysis.platform, &role.policy) {
            Kept::Nowhere => panic!("nothing"),
            Kept::Inline(policy) => {
                inline += 1;
                assert!(characters(policy) <= 10_240);
            }
            Kept::Attached(parts) => {
                attached += 1;
                assert!(characters(&role.policy) > 10_240);
                assert!(parts.iter().all(|it| characters(it) <= 6_144));
                assert!(parts.len() <= characters(&role.policy).div_ceil(6_144) + 1, "{}", parts.len());
                same(&role.policy, &parts);
            }
        }
    }
    assert!(inline >= 2 && attached >= 3);
}

#[test]
fn a_guardrail_that_outgrows_its_policy_says_the_same_in_several() {
    for count in [3, 40, 100] {
        let text = format!("{ACCOUNTS}{}", many_rules("regions", count));
        let analysis = analyze(&text);
        let whole = analysis.access.guardrails.first().unwrap();
        let parts = split::of_guardrail(&analysis.platform, whole, "service_control_policy");
        assert_eq!(parts.len() > 1, characters(whole) > 5_120);
        assert!(parts.iter().all(|it| characters(it) <= 5_120));
        same(whole, &parts);
    }
}

#[test]
fn more_policies_than_a_role_can_have_are_told_with_their_number() {
    assert_eq!(said(&analyze(&many_folders(200))), []);
    let many = said(&analyze(&many_folders(480)));
    let number = "the permissions of `Worker` take 11 managed policies, and AWS attaches 10 to a role";
    assert_eq!(many, [("DPL0803", number.to_owned())]);
    let too_many = said(&analyze(&many_folders(1000)));
    let number = "the permissions of `Worker` take 23 managed policies, and AWS attaches 10 to a role";
    assert_eq!(too_many, [("DPL0801", number.to_owned())]);
}

#[test]
fn parts_of_guardrails_count_where_they_are_attached() {
    let program = |guardrails: usize| {
        let rules = (0..guardrails).map(|at| many_rules(&format!("g{at}"), 40));
        format!("{ACCOUNTS}{}", rules.collect::<String>())
    };
    assert_eq!(said(&analyze(&program(2))), []);
    let number = "7 policies would be attached here, AWS's own included, and AWS takes 5";
    assert_eq!(said(&analyze(&program(3))), [("DPL0803", number.to_owned())]);
    let number = "11 policies would be attached here, AWS's own included, and AWS takes 5";
    assert_eq!(said(&analyze(&program(5))), [("DPL0802", number.to_owned())]);
}

/// Each role of another account does another choice of seven things with a queue: as many statements as choices, or as many as things.
#[test]
fn a_queue_that_many_use_differently_is_sorted_by_what_they_do() {
    let actions =
        ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"];
    let mut text = format!("{ACCOUNTS}queue jobs in lake\n");
    for choice in 1_usize..=31 {
        writeln!(text, "role R{choice} in prod {{ trust = [prod] }}").unwrap();
        for (at, action) in actions.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1) {
            let _ = at;
            writeln!(text, "grant sqs.{action} on jobs to R{choice}").unwrap();
        }
    }
    let analysis = analyze(&text);
    assert_eq!(said(&analysis), []);
    let policy = analysis.access.resources.values().next().unwrap();
    assert_eq!(policy.statements.len(), actions.len());
    let principals = |it: &Statement| it.principal.as_ref().map_or(0, |it| it.aws.len());
    assert!(policy.statements.iter().all(|it| principals(it) == 16));
}

#[test]
fn policies_of_resources_are_refused_with_what_there_is_too_much_of() {
    let mut text = format!("{ACCOUNTS}queue jobs in lake\n");
    for at in 0..51 {
        writeln!(text, "role R{at} in prod {{ trust = [prod] }}\ngrant send on jobs to R{at}").unwrap();
    }
    let number = "the policy of `jobs` has 51 principals, and AWS takes 50";
    assert_eq!(said(&analyze(&text)), [("DPL0801", number.to_owned())]);
}

#[test]
fn divided_policies_pass_every_checker() {
    let sandbox = Sandbox::new();
    let program = format!("{}{}", many_folders(120), many_rules("regions", 60));
    sandbox.write("p/program.dpl", program);
    sandbox.dpl(&["build", "p"]).fine();
    let out = sandbox.path("out");
    assert!(
        out.join("prod/iam/Worker.managed-2.json").exists()
            && out.join("management/scp/regions-2.json").exists()
    );
    oracle::judge("judge", &[], &[out]);
}

/// A pipeline of so many calls, each behind a `try` of its own.
fn many_calls(count: usize) -> String {
    let mut text = format!(
        "{ACCOUNTS}function load(key: string) in prod = lambda(\"load\")\npipeline large in prod {{\n"
    );
    for at in 0..count {
        writeln!(text, "  try {{ load(\"{at}\") }} catch as Load.Busy {{ load(\"again {at}\") }}").unwrap();
    }
    text.push_str("}\n");
    text
}

#[test]
fn state_machines_are_refused_where_they_pass_a_request() {
    assert_eq!(said(&analyze(&many_calls(1850))), []);
    let refused = analyze(&many_calls(2000));
    let [(code, message)] = said(&refused).try_into().unwrap();
    assert_eq!(code, "DPL0543");
    // The request is what is written to the file of calls, and 4 KiB for its headers.
    let bytes: usize = message.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!(
        message.ends_with("and AWS takes 1048576") && (1_048_577..1_200_000).contains(&bytes),
        "{message}"
    );
    let small = dpl::compile(&analyze(&many_calls(1850)), &["states".to_owned()]);
    let calls = small.files.iter().find(|file| file.path.ends_with("/states/large.calls.json")).unwrap();
    let calls: serde_json::Value = serde_json::from_str(&calls.text).unwrap();
    let request = calls["calls"][0]["input"].to_string();
    assert!(request.len() > 900_000 && request.len() + 4096 <= 1_048_576, "{}", request.len());
}
