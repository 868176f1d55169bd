//! Bundles for CloudFormation and roots for Terraform: what stands in which template, and where the limits cut.

use std::fmt::Write as _;

use dpl::{
    Analysis,
    platform::Project,
    target::bundle::{Bundle, Form},
};
use serde_json::Value as Json;

use super::cases;

fn bundle(text: &str) -> (Analysis, Bundle) {
    bundle_in(Form::CloudFormation, text)
}

fn bundle_in(form: Form, text: &str) -> (Analysis, Bundle) {
    let mut sources = dpl::sources();
    sources.add("it.dpl", "it", text, false);
    let analysis = dpl::analyze(sources, Project::default());
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    let bundle = dpl::bundle(&analysis, form, &dpl::compile(&analysis, &[]));
    (analysis, bundle)
}

#[test]
fn bundles() {
    insta::glob!("../cases/bundles", "**/*.dpl", |path| snapshot(path, Form::CloudFormation));
}

#[test]
fn roots() {
    insta::glob!("../cases/roots", "**/*.dpl", |path| snapshot(path, Form::Terraform));
}

fn snapshot(path: &std::path::Path, form: Form) {
    let (source, mut analysis) = cases::analyze(path);
    let mut bundle = dpl::bundle(&analysis, form, &dpl::compile(&analysis, &[]));
    analysis.diagnostics.append(&mut bundle.diagnostics);
    let mut content = format!("{source}\n---- says ----\n\n{}", cases::rendered(&analysis));
    bundle.artifacts.files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in bundle.artifacts.files {
        write!(content, "\n---- {} ----\n\n{}", file.path, file.text).unwrap();
    }
    cases::snapshot(path, &content);
}

fn json(bundle: &Bundle, path: &str) -> Json {
    let file = bundle.artifacts.files.iter().find(|file| file.path == path);
    serde_json::from_str(&file.unwrap_or_else(|| panic!("no {path}")).text).unwrap()
}

#[test]
fn what_is_more_than_a_template_takes_is_divided() {
    let mut text = "account lake {\n  id = \"222222222222\"\n  region = \"us-east-1\"\n}\n".to_owned();
    for at in 0..700 {
        writeln!(text, "bucket b{at} in lake {{}}").unwrap();
    }
    let (_, bundle) = bundle(&text);
    assert!(bundle.diagnostics.is_empty(), "{:?}", bundle.diagnostics);
    let deploy = json(&bundle, "deploy.json");
    let mut made = 0;
    let mut places = Vec::new();
    for step in deploy["steps"].as_array().unwrap() {
        for stack in step["stacks"].as_array().unwrap() {
            let template = json(&bundle, stack["template"].as_str().unwrap());
            let resources = template["Resources"].as_object().unwrap().len();
            assert!(resources <= 500, "{resources}");
            made += resources;
            places.push(stack["template_by"].clone());
        }
    }
    // Each bucket has a policy that asks for TLS.
    assert_eq!(made, 1400);
    assert_eq!(places, ["bucket", "bucket", "bucket"]);
}

#[test]
fn a_role_of_another_account_comes_before_the_policy_that_names_it() {
    let (_, bundle) = bundle(&std::fs::read_to_string("tests/cases/bundles/two_accounts.dpl").unwrap());
    let deploy = json(&bundle, "deploy.json");
    let step_of = |resource: &str| {
        deploy["steps"].as_array().unwrap().iter().position(|step| {
            step["stacks"].as_array().unwrap().iter().any(|stack| {
                json(&bundle, stack["template"].as_str().unwrap())["Resources"].get(resource).is_some()
            })
        })
    };
    let (role, policy) = (step_of("RoleLoader").unwrap(), step_of("S3DataLakeDataLakePermit").unwrap());
    assert!(role < policy, "{role} {policy}");
}

#[test]
fn what_another_root_names_is_applied_before_it_alone() {
    let text = std::fs::read_to_string("tests/cases/bundles/two_accounts.dpl").unwrap();
    let (_, bundle) = bundle_in(Form::Terraform, &text);
    let deploy = json(&bundle, "deploy.json");
    let steps = deploy["steps"].as_array().unwrap();
    let turn =
        |at: usize| (steps[at]["roots"][0]["root"].as_str().unwrap(), &steps[at]["roots"][0]["targets"]);
    assert_eq!(turn(0).0, "prod/terraform");
    assert_eq!(turn(0).1[0], "aws_iam_role.role_loader");
    assert_eq!(turn(1), ("lake/terraform", &Json::Null));
    assert_eq!(turn(2), ("prod/terraform", &Json::Null));
}

/// A table that a call makes stands behind its database and before what is granted on it, in both forms.
#[test]
fn a_call_that_others_wait_for_is_made_between() {
    let text = std::fs::read_to_string("tests/cases/bundles/iceberg.dpl").unwrap();
    let (_, by_stacks) = bundle(&text);
    let deploy = json(&by_stacks, "deploy.json");
    let steps = deploy["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3, "{deploy:#}");
    let template = |at: usize| {
        let path = steps[at]["stacks"][0]["template"].as_str().unwrap();
        json(&by_stacks, path)["Resources"].to_string()
    };
    assert!(template(0).contains("AWS::Glue::Database"));
    assert!(!template(0).contains("\"Name\":\"visits\""), "nothing is granted on what is not there");
    assert_eq!(steps[1]["calls"][0]["ids"], serde_json::json!(["visits"]));
    assert!(template(2).contains("\"Name\":\"visits\""));
    assert!(!deploy["calls"].to_string().contains("visits"), "it is made once");

    let (_, by_roots) = bundle_in(Form::Terraform, &text);
    let deploy = json(&by_roots, "deploy.json");
    let steps = deploy["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3, "{deploy:#}");
    let targets = steps[0]["roots"][0]["targets"].to_string();
    assert!(targets.contains("aws_glue_catalog_database"), "{targets}");
    assert_eq!(steps[1]["calls"][0]["ids"], serde_json::json!(["customers", "visits"]));
    assert!(steps[2]["roots"][0].get("targets").is_none());
}

/// A policy's own `${…}` is AWS's to read and not Terraform's.
#[test]
fn what_terraform_would_read_as_its_own_is_written_as_text() {
    let program = "account lake {\n  id = \"222222222222\"\n  region = \"us-east-1\"\n}\n\
                   /// Of $\\{who} and %\\{x}.\nkey k in lake {}\n"
        .replace("\\{", "{");
    let (_, bundle) = bundle_in(Form::Terraform, &program);
    let root = json(&bundle, "lake/terraform/main.tf.json");
    let (_, key) = root["resource"]["aws_kms_key"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(key["description"], "Of $${who} and %%{x}.");
    assert_eq!(key["lifecycle"]["prevent_destroy"], true);
}

/// A declaration whose requests refer to each other by ids stands in one template; where that is too large, it is refused.
#[test]
fn what_can_t_be_divided_is_refused() {
    let mut text = "organization acme {\n  region = \"us-east-1\"\n  account management {\n    id = \"999999999999\"\n    management = true\n  }\n".to_owned();
    for at in 0..600 {
        writeln!(text, "  unit u{at} {{\n    unit v{at} {{}}\n  }}").unwrap();
    }
    text.push_str("}\nguardrail all on acme { deny cloudtrail.StopLogging }\n");
    let (_, bundle) = bundle(&text);
    let refused = bundle.diagnostics.iter().filter(|it| it.code.as_str() == "DPL0811");
    assert_eq!(refused.count(), 1, "{:?}", bundle.diagnostics);
}

/// Guardrails name no account: what they are attached to is asked for, of the stack that made it. The set's requests are for the management account.
#[test]
fn guardrails_may_be_a_set_of_stacks() {
    let mut text = std::fs::read_to_string("tests/cases/bundles/what_no_template_makes.dpl").unwrap();
    text.push_str("guardrail all on acme { deny cloudtrail.DeleteTrail }\n");
    let (_, bundle) = bundle(&text);
    let template = json(&bundle, "management/cloudformation/dpl-management-guardrails.template.json");
    assert_eq!(template["Resources"].as_object().unwrap().len(), 2, "one template has them all");
    assert!(!template.to_string().contains("999999999999"), "{template}");
    let deploy = json(&bundle, "deploy.json");
    let entry = &deploy["steps"][1]["stacks"][0];
    let asked = &entry["parameters"]["OrganizationsAcmeUnitWorkloads"];
    assert_eq!(asked["input"]["StackName"], "dpl-management-1");
    let made = json(&bundle, "management/cloudformation/dpl-management-1.template.json");
    assert!(made["Resources"].get(asked["input"]["LogicalResourceId"].as_str().unwrap()).is_some());
    assert_eq!(entry["stack_set"][0]["input"]["PermissionModel"], "SELF_MANAGED");
    assert_eq!(entry["stack_set"][1]["input"]["Accounts"], serde_json::json!(["999999999999"]));
    // No other template may be one.
    assert!(deploy["steps"][0]["stacks"].as_array().unwrap().iter().all(|it| it.get("stack_set").is_none()));
}

/// A call that nothing makes says who knows the ids of what something made.
#[test]
fn calls_that_are_left_say_who_knows_what_they_refer_to() {
    let text = std::fs::read_to_string("tests/cases/bundles/what_no_template_makes.dpl").unwrap();
    let (_, by_stacks) = bundle(&text);
    let id = "unit.workloads.OrganizationalUnit.Id";
    let deploy = json(&by_stacks, "deploy.json");
    assert_eq!(deploy["calls"][0]["answers"][id]["operation"], "DescribeStackResource");
    assert!(deploy["calls_before"][0]["answers"].get(id).is_none(), "it is not there before");
    let (_, by_roots) = bundle_in(Form::Terraform, &text);
    let answer = &json(&by_roots, "deploy.json")["calls"][0]["answers"][id];
    assert_eq!(answer["root"], "management/terraform");
    let (ty, name) = answer["address"].as_str().unwrap().split_once('.').unwrap();
    assert!(json(&by_roots, "management/terraform/main.tf.json")["resource"][ty].get(name).is_some());
}
