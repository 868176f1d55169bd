//! What the compiler writes and what the operator computes, before programs that we did not write.

use std::path::{Path, PathBuf};

use super::{command::Sandbox, oracle, programs::files, window::Suite};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every program of the project that compiles: the examples' folders, and the files under `tests/cases/targets`.
fn programs() -> Vec<PathBuf> {
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        programs.push(entry.unwrap().path());
    }
    programs.retain(|path| path.is_dir());
    assert!(!programs.is_empty(), "there are no examples");
    programs.extend(files(&root().join("tests/cases/targets")));
    programs.sort();
    programs
}

/// Builds a program with the command, so that a manifest is written too.
fn build(sandbox: &Sandbox, program: &Path, target: &str, out: &str) -> PathBuf {
    let said = sandbox.dpl(&["build", program.to_str().unwrap(), "--target", target, "-o", out]);
    assert_eq!(said.code, Some(0), "{}: {}", program.display(), said.err);
    sandbox.path(out)
}

#[test]
fn builds_pass_every_checker() {
    let sandbox = Sandbox::new();
    let mut builds = Vec::new();
    for program in programs() {
        let name = program.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!sandbox.path(&name).exists(), "two programs are called {name}");
        builds.push(build(&sandbox, &program, "raw,cloudformation", &name));
    }
    oracle::judge("judge", &[], &builds);
}

#[test]
fn roots_are_what_the_provider_takes() {
    let sandbox = Sandbox::new();
    let mut roots = Vec::new();
    for (number, program) in programs().iter().enumerate() {
        let out = build(&sandbox, program, "raw,terraform", &number.to_string());
        for account in std::fs::read_dir(out).unwrap() {
            let root = account.unwrap().path().join("terraform/main.tf.json");
            roots.extend(root.exists().then_some(root));
        }
    }
    assert!(roots.len() > 20, "{}", roots.len());
    oracle::judge("check_terraform.py", &[], &roots);
}

/// The same queries over the same random tables, and those of every seed in `DPL_SEEDS` (numbers between commas): a night's search is not for
/// each change, whose verdict must not depend on luck.
#[test]
fn flink_computes_what_the_operator_computes() {
    let more = std::env::var("DPL_SEEDS").unwrap_or_default();
    let more = more.split(',').filter(|seed| !seed.is_empty()).map(|seed| seed.parse().expect("a number"));
    let seeds: Vec<u64> = std::iter::once(1).chain(more).collect();
    for seed in seeds {
        let folder = tempfile::tempdir().unwrap();
        let flink = |arguments: &[std::ffi::OsString]| {
            let done = oracle::run("flink/run", &["flink", "runner"], arguments)?;
            let said = String::from_utf8_lossy(&done.stderr);
            said.lines().for_each(|line| println!("{line}"));
            Some(String::from_utf8_lossy(&done.stdout).into_owned())
        };
        let suite = Suite::generate(seed, TABLES, QUERIES);
        let Some(differences) = suite.differences(&flink, folder.path()) else { return };
        assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
    }
}

/// Tables of a seed, and queries over each of them.
const TABLES: usize = 9;
const QUERIES: usize = 10;

/// Roles assumed with real calls across accounts, and calls to S3 as them: what is granted succeeds, and what is not is refused.
#[test]
fn assumed_roles_reach_what_is_granted() {
    let cases = root().join("tests/oracles/cases/assume");
    let sandbox = Sandbox::new();
    let out = build(&sandbox, &cases.join("platform.dpl"), "raw", "assume");
    oracle::judge("moto_assume.py", &["python"], &[out, cases.join("cases.json")]);
}

/// Sessions with the language server, held by a client that we did not write.
#[test]
fn a_foreign_client_is_answered() {
    let Some(done) = oracle::run("check_lsp.py", &["lsp"], &[env!("CARGO_BIN_EXE_dpl")]) else { return };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "the sessions fail\n{out}\n{errors}");
}

/// The action's steps and GitLab's script, run in a shell.
#[test]
fn workflows_run_in_a_shell() {
    let Some(done) = oracle::run("run_action.py", &["python"], &[env!("CARGO_BIN_EXE_dpl")]) else { return };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{errors}");
}

/// The editor's grammar, by the test program of its format.
#[test]
fn the_textmate_grammar_passes() {
    let Some(done) = oracle::run("check_textmate.py", &["textmate"], &[] as &[&str]) else { return };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{errors}");
}

/// What calls by name are checked against is what botocore's models say, which the files are made from.
#[test]
fn models_are_botocores() {
    let models = root().join("stdlib/models");
    let Some(done) = oracle::run("extract_models.py", &["python"], &[models.as_os_str(), "--check".as_ref()])
    else {
        return;
    };
    let (out, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{errors}");
}

/// The wrapper packages, the image's recipe, the schemas of what CI systems and others read.
#[test]
fn packages_install_and_schemas_hold() {
    oracle::judge("check_packages.py", &["packaging", "vscode"], &[env!("CARGO_BIN_EXE_dpl")]);
}
