//! What is among the dependencies, judged by `deny.toml`: the licences of all that is built here, and where all that is locked comes from.
//! `cargo deny check` judges more (advisories, which it downloads, and other systems' crates) and takes minutes to be built.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap()
}

/// The licences that `deny.toml` allows.
fn allowed() -> BTreeSet<String> {
    let deny: toml::Table = read("deny.toml").parse().unwrap();
    let list = deny["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|licence| licence.as_str().unwrap().to_owned()).collect()
}

/// Whether an SPDX expression can be satisfied by what is allowed. `AND` binds more strongly than `OR`; the old `/` is an `OR`.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let holds = either(&words, &mut at, allowed);
    assert_eq!(at, words.len(), "{expression} is no SPDX expression");
    holds
}

fn either(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= both(words, at, allowed);
    }
    holds
}

fn both(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(words, at, allowed);
    }
    holds
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let word = words[*at];
    *at += 1;
    if word == "(" {
        let holds = either(words, at, allowed);
        assert_eq!(words[*at], ")");
        *at += 1;
        return holds;
    }
    if words.get(*at) == Some(&"WITH") {
        let with = format!("{word} WITH {}", words[*at + 1]);
        *at += 2;
        return allowed.contains(&with);
    }
    allowed.contains(word)
}

#[test]
fn expressions_are_read() {
    let allowed: BTreeSet<String> = ["MIT", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for (expression, holds) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("MIT AND GPL-3.0 OR MIT", true),
    ] {
        assert_eq!(satisfied(expression, &allowed), holds, "{expression}");
    }
}

#[test]
fn each_dependency_has_a_licence_that_is_allowed() {
    let host = if cfg!(target_os = "macos") { "aarch64-apple-darwin" } else { "x86_64-unknown-linux-gnu" };
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--offline",
        "--all-features",
        "--filter-platform",
        host,
    ];
    let done = Command::new(env!("CARGO")).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let metadata: Value = serde_json::from_slice(&done.stdout).unwrap();
    let built: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    let allowed = allowed();
    let packages = metadata["packages"].as_array().unwrap();
    let packages: Vec<&Value> =
        packages.iter().filter(|one| built.contains(one["id"].as_str().unwrap())).collect();
    assert!(packages.len() > 50, "{}", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|one| !one["license"].as_str().is_some_and(|licence| satisfied(licence, &allowed)))
        .map(|one| format!("{} {}: {}", one["name"], one["version"], one["license"]))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn all_that_is_locked_comes_from_one_registry() {
    for file in ["Cargo.lock", "templates/native/Cargo.lock"] {
        let lock: toml::Table = read(file).parse().unwrap();
        for package in lock["package"].as_array().unwrap() {
            let source = package.get("source").map(|source| source.as_str().unwrap());
            let fine =
                source.is_none_or(|source| source == "registry+https://github.com/rust-lang/crates.io-index");
            assert!(fine, "{file}: {package}");
        }
    }
}
