//! The half of a permission that is somebody else's stands in the manifest's notes, beside ours, with the statements to add.

use dpl::platform::Project;
use serde_json::{Value as Json, json};

const PROGRAM: &str = r#"
organization acme {
  region = "us-east-1"
  account management { id = "111111111111" }
  account prod       { id = "666666666666" }
}

account partner { id = "444444444444", region = "us-east-1", external = true }

role Theirs in partner { external = true }
role Kept in prod { external = true }
role Loader in prod { trust = [service lambda] }
role Entry in prod { trust = [Theirs], external_id = "agreed" }
bucket ours in prod { name = "acme-ours" }
bucket theirs in partner { name = "partner-exports", external = true }

grant read on ours to [Theirs, Kept]
grant read on theirs to Loader
"#;

/// The notes of an artifact: what each says before its statements, and the statements.
fn notes(path: &str) -> Vec<(String, Json)> {
    let mut sources = dpl::sources();
    sources.add("platform.dpl", "platform", PROGRAM.to_owned(), false);
    let analysis = dpl::analyze(sources, Project::default());
    assert!(analysis.diagnostics.is_empty(), "{:?}", analysis.diagnostics);
    let artifacts = dpl::compile(&analysis, &[]);
    let file = artifacts.files.into_iter().find(|file| file.path == path).unwrap();
    let parts = file.notes.iter().map(|note| note.split_once(": [").unwrap());
    parts.map(|(says, rest)| (says.to_owned(), serde_json::from_str(&format!("[{rest}")).unwrap())).collect()
}

#[test]
fn a_foreign_role_needs_a_policy_of_its_own() {
    let [(says, statements)] = notes("prod/s3/ours.policy.json").try_into().unwrap();
    assert_eq!(
        says,
        "the owner of `Theirs` (arn:aws:iam::444444444444:role/Theirs) must add to that role's policy"
    );
    assert_eq!(statements[0]["Action"], "s3:GetObject");
    assert_eq!(statements[0]["Resource"], "arn:aws:s3:::acme-ours/*");
    assert!(statements[0].get("Principal").is_none(), "an identity's policy names nobody");
}

#[test]
fn a_foreign_bucket_needs_a_statement_for_our_role() {
    let [(says, statements)] = notes("prod/iam/Loader.policy.json").try_into().unwrap();
    assert_eq!(says, "the owner of `theirs` (arn:aws:s3:::partner-exports) must add to its policy");
    assert_eq!(statements[0]["Principal"], json!({ "AWS": "arn:aws:iam::666666666666:role/Loader" }));
}

#[test]
fn a_foreign_role_that_we_trust_must_be_allowed_to_come() {
    let [(says, statements)] = notes("prod/iam/Entry.trust.json").try_into().unwrap();
    assert!(says.ends_with("must add to that role's policy"), "{says}");
    assert_eq!(statements[0]["Resource"], "arn:aws:iam::666666666666:role/Entry");
}
