//! `dpl.toml`.

use dpl::config::Manifest;
use dpl::diagnostic::catalogue::PAGES;
use dpl::diagnostic::{Diagnostic, Diagnostics};
use dpl::source::SourceMap;

fn read(text: &str) -> (Manifest, Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let id = sources.add("dpl.toml", "", text, false);
    let mut diagnostics = Diagnostics::default();
    let manifest = Manifest::read(sources.file(id).unwrap(), &mut diagnostics);
    (manifest, diagnostics.into_sorted(), sources)
}

/// Code, marked text and help of each fault.
fn faults(text: &str) -> Vec<(String, String, String)> {
    let (_, diagnostics, sources) = read(text);
    let told = |one: &Diagnostic| {
        (one.code.to_string(), sources.text(one.span).to_owned(), one.help.clone().unwrap_or_default())
    };
    diagnostics.iter().map(told).collect()
}

const WHOLE: &str = r#"
name = "acme"
region = "eu-central-1"
partition = "aws-cn"
required_tags = ["Owner", "CostCenter"]
out = "dist"
flink = "1.20"

[params]
retention = "30d"
shards = 0x10
ratio = 0.5
on = true
zones = ["a\"{b", "c", 3]

[env.prod.params]
retention = "90d"
"#;

#[test]
fn every_setting_is_read() {
    let (manifest, diagnostics, _) = read(WHOLE);
    assert_eq!(diagnostics, []);
    let config = manifest.select(None).unwrap();
    assert_eq!(config.out.as_deref(), Some("dist"));
    assert_eq!(config.project.name.as_deref(), Some("acme"));
    assert_eq!(config.project.region.as_deref(), Some("eu-central-1"));
    assert_eq!(config.project.partition(), "aws-cn");
    assert_eq!(config.project.required_tags, ["Owner", "CostCenter"]);
    assert_eq!(config.project.flink.as_deref(), Some("1.20"));
    let params: Vec<_> =
        config.project.params.iter().map(|(name, value)| format!("{name} {value}")).collect();
    assert_eq!(params, ["on true", "ratio 0.5", "retention 30d", "shards 16", r#"zones ["a\"\{b", "c", 3]"#]);
}

#[test]
fn an_environment_lies_over_the_common_values() {
    let config = read(WHOLE).0.select(Some("prod")).unwrap();
    assert_eq!(config.project.params.get("retention").map(String::as_str), Some("90d"));
    assert_eq!(config.project.params.get("on").map(String::as_str), Some("true"));
}

#[test]
fn an_unknown_environment_is_told() {
    let reason = |name: &str| read(WHOLE).0.select(Some(name)).unwrap_err();
    assert_eq!(reason("prd"), "there is no environment `prd`; did you mean `prod`?");
    assert_eq!(reason("staging"), "there is no environment `staging`; there are: prod");
}

#[test]
fn every_fault_is_told_at_its_place() {
    let told = faults("regoin = 'x'\npartition = 'china'\nrequired_tags = ['a', 3]\n[env.prod]\nparms = 1\n");
    let expected = [
        ("DPL0902", "regoin", "did you mean `region`?"),
        ("DPL0903", "'china'", "expected one of `\"aws\"`, `\"aws-cn\"`, `\"aws-us-gov\"`"),
        ("DPL0903", "3", "expected a text"),
        ("DPL0902", "parms", "did you mean `params`?"),
    ];
    let expected = expected.map(|(code, text, help)| (code.to_owned(), text.to_owned(), help.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn what_is_no_toml_is_told_and_the_rest_is_read() {
    for text in ["name = ", "name = 'a'\nname = 'b'\n", "[env", "= 3", "name = \"a\u{0}b\"", "\u{feff}x"] {
        assert!(faults(text).iter().any(|(code, _, _)| code == "DPL0901" || code == "DPL0902"), "{text:?}");
    }
}

#[test]
fn a_file_cut_anywhere_makes_no_panic() {
    for end in (0..WHOLE.len()).filter(|end| WHOLE.is_char_boundary(*end)) {
        faults(WHOLE.get(..end).unwrap());
    }
}

#[test]
fn the_pages_examples_give_their_codes() {
    let mut tried = 0;
    for (code, page) in PAGES {
        if let Some((_, rest)) = page.split_once("```toml\n") {
            let (example, _) = rest.split_once("```").unwrap();
            let codes: Vec<_> = faults(example).into_iter().map(|(code, _, _)| code).collect();
            assert_eq!(codes, [code.as_str()], "{example}");
            tried += 1;
        }
    }
    assert_eq!(tried, 3, "each code of `dpl.toml` has an example");
}
