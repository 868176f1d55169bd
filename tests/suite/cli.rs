//! The verbs: what they accept, what they refuse, and with which exit code.

use crate::command::Sandbox;

/// A program without a fault.
const FINE: &str = "account lake { id = \"222222222222\", region = \"us-east-1\" }\n";
/// A program that no reading can make sense of.
const FAULTY: &str = "account lake { region = \"us-east-1\", id = }\n";

#[test]
fn a_program_without_fault_ends_in_0() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", FINE);
    let said = sandbox.dpl(&["check", "p"]);
    assert_eq!((said.fine().err.as_str(), said.out.as_str()), ("no problems in 1 file\n", ""));
}

#[test]
fn a_program_with_errors_ends_in_1() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", FAULTY);
    sandbox.dpl(&["check", "p"]).refused(1, &["DPL0001", "p/a.dpl:1:", "1 error"]);
    sandbox.dpl(&["build", "p"]).refused(1, &["DPL0001"]);
    assert!(!sandbox.path("out").exists());
}

#[test]
fn the_path_is_the_current_folder_unless_given() {
    let sandbox = Sandbox::new();
    sandbox.write("a.dpl", FAULTY);
    sandbox.dpl(&["check"]).refused(1, &["[a.dpl:1:"]);
}

#[test]
fn formats_go_where_they_belong() {
    let sandbox = Sandbox::new();
    sandbox.write("a.dpl", FAULTY);
    let json = sandbox.dpl(&["check", "--format", "json"]);
    json.refused(1, &["{\"code\":\"DPL0001\""]);
    assert_eq!(json.out, "");
    let github = sandbox.dpl(&["check", "--format", "github"]);
    github.refused(1, &["::error file=a.dpl,line=1,"]);
    let sarif = sandbox.dpl(&["check", "--format", "sarif"]);
    assert_eq!((sarif.code, sarif.err.as_str()), (Some(1), ""));
    let log: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
    assert_eq!(log.pointer("/runs/0/results/0/ruleId").unwrap(), "DPL0001");
    let junit = sandbox.dpl(&["check", "--format", "junit"]);
    assert_eq!((junit.code, junit.err.as_str()), (Some(1), ""));
    assert!(junit.out.starts_with("<?xml") && junit.out.contains("<failure "), "{}", junit.out);
    let markdown = sandbox.dpl(&["check", "--format", "markdown"]);
    assert_eq!((markdown.code, markdown.err.as_str()), (Some(1), ""));
    assert!(markdown.out.starts_with("### dpl: 1 error in 1 file\n"), "{}", markdown.out);
}

#[test]
fn a_shell_and_man_learn_the_command() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = sandbox.dpl(&["completions", shell]);
        assert!(said.fine().out.contains("stdin-filename"), "{shell}");
    }
    assert!(sandbox.dpl(&["man"]).fine().out.contains(".TH dpl 1"));
    sandbox.dpl(&["man", "-o", "pages"]).fine();
    for page in ["dpl.1", "dpl-check.1", "dpl-fmt.1", "dpl-explain-access.1"] {
        assert!(sandbox.path("pages").join(page).is_file(), "{page}");
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    let sandbox = Sandbox::new();
    sandbox.write("a.dpl", FAULTY);
    assert!(!sandbox.dpl(&["check"]).err.contains('\u{1b}'));
}

#[test]
fn what_can_not_be_read_ends_in_2() {
    let sandbox = Sandbox::new();
    sandbox.dpl(&["check", "nowhere"]).refused(2, &["can't read `nowhere`: no such file or directory"]);
    sandbox.dpl(&["check"]).refused(2, &["no `.dpl` file", "dpl init"]);
    sandbox.write("bytes/a.dpl", b"one\ntwo \xff\n");
    sandbox.dpl(&["check", "bytes"]).refused(2, &["`bytes/a.dpl`: line 2 (byte 8) is not UTF-8"]);
    sandbox.write("notes.txt", "x");
    sandbox.dpl(&["check", "notes.txt"]).refused(2, &["is no `.dpl` file"]);
    std::fs::File::create(sandbox.path("big.dpl")).unwrap().set_len(65 << 20).unwrap();
    sandbox.dpl(&["check", "big.dpl"]).refused(2, &["65 MiB", "64 MiB"]);
    sandbox.write("both/a.b.dpl", FINE).write("both/a/b.dpl", FINE);
    sandbox.dpl(&["check", "both"]).refused(2, &["are both the module `a.b`"]);
}

#[test]
fn wrong_usage_ends_in_2() {
    let sandbox = Sandbox::new();
    sandbox.dpl(&[]).refused(2, &["Usage"]);
    sandbox.dpl(&["chekc"]).refused(2, &["check"]);
    sandbox.dpl(&["check", "--set", "x"]).refused(2, &["NAME=VALUE"]);
    sandbox.dpl(&["check", "--format", "xml"]).refused(2, &["human", "sarif"]);
    assert!(sandbox.dpl(&["--help"]).fine().out.contains("Examples:"));
}

#[test]
fn a_wrong_configuration_is_told_at_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", FINE).write("p/dpl.toml", "nmae = \"x\"\n");
    sandbox.dpl(&["check", "p"]).refused(1, &["DPL0902", "p/dpl.toml:1:1", "did you mean `name`?"]);
    sandbox.write("p/dpl.toml", "name = \"x\"\n");
    sandbox.dpl(&["check", "p"]).fine();
    sandbox.dpl(&["check", "p", "--env", "prod"]).refused(2, &["there is no environment `prod`"]);
}

#[test]
fn hidden_folders_target_and_the_output_are_not_read() {
    let sandbox = Sandbox::new();
    sandbox.write("a.dpl", FINE);
    for skipped in [".git/x.dpl", "target/x.dpl", "out/x.dpl", ".hidden.dpl", "notes.txt"] {
        sandbox.write(skipped, FAULTY);
    }
    assert_eq!(sandbox.dpl(&["check"]).fine().err, "no problems in 1 file\n");
    sandbox.write("sub/x.dpl", FAULTY);
    sandbox.dpl(&["check"]).refused(1, &["sub/x.dpl"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_end() {
    let sandbox = Sandbox::new();
    sandbox.write("p/sub/a.dpl", FINE);
    std::os::unix::fs::symlink("..", sandbox.path("p/sub/up")).unwrap();
    std::os::unix::fs::symlink("sub", sandbox.path("p/again")).unwrap();
    std::os::unix::fs::symlink("nowhere", sandbox.path("p/broken")).unwrap();
    assert_eq!(sandbox.dpl(&["check", "p"]).fine().err, "no problems in 1 file\n");
}

#[test]
fn one_file_brings_what_it_uses_and_no_more() {
    let sandbox = Sandbox::new();
    sandbox
        .write("p/dpl.toml", "name = \"x\"\n")
        .write("p/main.dpl", "use sub.deep\n")
        .write("p/sub/deep.dpl", "use leaf\n")
        .write("p/leaf.dpl", "use main\n")
        .write("p/other.dpl", FAULTY);
    for path in ["p/main.dpl", "p/sub/deep.dpl"] {
        let said = sandbox.dpl(&["check", path, "--format", "json"]);
        assert!(!said.err.contains("other.dpl") && !said.err.contains("DPL0001"), "{}", said.err);
    }
    sandbox.write("p/leaf.dpl", FAULTY);
    sandbox.dpl(&["check", "p/sub/deep.dpl"]).refused(1, &["leaf.dpl:1:"]);
}

#[test]
fn explain_access_tells_which_lines_need_a_statement() {
    let sandbox = Sandbox::new();
    let program = "\
account lake { id = \"222222222222\", region = \"us-east-1\" }
bucket raw in lake
role Reader in lake { trust = [lake] }
grant read on raw / \"a\" to Reader
grant read on raw / \"b\"
  to Reader
";
    sandbox.write("p/a.dpl", program);
    let said = sandbox.dpl(&["explain", "access", "Reader", "p"]);
    let told = "
S3GetObjectRaw
  allow s3:GetObject
  on arn:aws:s3:::raw/a/*
  on arn:aws:s3:::raw/b/*
  needed by a.dpl:4: grant read on raw / \"a\" to Reader
  needed by a.dpl:5: grant read on raw / \"b\" to Reader
";
    assert!(said.fine().out.contains(told), "{}", said.out);
    let json = sandbox.dpl(&["explain", "access", "Reader", "p", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.fine().out).unwrap();
    let statement = json.pointer("/roles/0/statements/0").unwrap();
    assert_eq!(statement.pointer("/statement/Action").unwrap(), "s3:GetObject");
    assert_eq!(statement.pointer("/needed_by/1/line").unwrap(), 5);
    sandbox.dpl(&["explain", "access", "Raeder", "p"]).refused(2, &["did you mean `Reader`?"]);
    sandbox.write("p/b.dpl", "grant read on raw to Nobody\n");
    sandbox.dpl(&["explain", "access", "Reader", "p"]).refused(1, &["DPL0101"]);
}

#[test]
fn explain_prints_pages_and_the_list() {
    let sandbox = Sandbox::new();
    let page = sandbox.dpl(&["explain", "dpl0902"]);
    assert!(page.fine().out.starts_with("`dpl.toml` has no such setting\n──"));
    assert!(page.out.contains("    regoin = \"eu-central-1\"") && !page.out.contains("```"));
    assert!(sandbox.dpl(&["explain"]).fine().out.contains("DPL0902  `dpl.toml` has no such setting\n"));
    sandbox.dpl(&["explain", "DPL902"]).refused(2, &["there is no code `DPL902`", "DPL0902"]);
}

#[test]
fn init_writes_a_project_once() {
    let sandbox = Sandbox::new();
    sandbox.dpl(&["init", "new/platform"]).fine();
    assert!(sandbox.path("new/platform/dpl.toml").is_file());
    sandbox.write("new/platform/lake.dpl", "mine");
    std::fs::remove_file(sandbox.path("new/platform/dpl.toml")).unwrap();
    sandbox.dpl(&["init", "new/platform"]).refused(2, &["exists already"]);
    assert_eq!(sandbox.read("new/platform/lake.dpl"), "mine");
    assert!(!sandbox.path("new/platform/dpl.toml").exists());
}

/// Each template is a whole project, as its README says: checked, tested, laid out, built.
#[test]
fn what_init_writes_compiles_and_passes() {
    for (template, files, tests) in [("lake", 4, 2), ("mesh", 5, 2), ("etl", 3, 3), ("streaming", 3, 1)] {
        let sandbox = Sandbox::new();
        sandbox.dpl(&["init", "--template", template, "p"]).fine();
        let checked = sandbox.dpl(&["check", "p"]);
        assert_eq!(checked.fine().err, format!("no problems in {files} files\n"), "{template}");
        let tested = sandbox.dpl(&["test", "p"]);
        assert!(tested.fine().out.ends_with(&format!("\n{tests} passed\n")), "{template}: {}", tested.out);
        sandbox.dpl(&["fmt", "--check", "p"]).fine();
        sandbox.dpl(&["build", "p"]).fine();
        assert!(sandbox.path("p/out/manifest.json").is_file());
        sandbox.dpl(&["build", "p", "--check"]).fine();
        let readme = sandbox.read("p/README.md");
        let told = readme.lines().filter(|line| line.starts_with("| `") && line.contains(".dpl`"));
        assert_eq!(told.count(), files, "{template}: its README tells of every file");
    }
}

/// What the READMEs have a newcomer type.
#[test]
fn what_the_readmes_of_templates_show_runs() {
    let sandbox = Sandbox::new();
    sandbox.dpl(&["init", "p"]).fine();
    assert_eq!(
        sandbox.read("p/README.md").lines().next(),
        Some("# A data lake"),
        "the one that is not asked for"
    );
    let who = sandbox.dpl(&["who-can", "read", "landing / \"clean\"", "p"]);
    assert!(who.fine().out.contains("Analyst"), "{}", who.out);
    sandbox.dpl(&["init", "--template", "streaming", "s"]).fine();
    let run = ["run", "minute_averages", "s", "--from", "readings=s/readings.jsonl", "--to", "averages=-"];
    assert_eq!(sandbox.dpl(&run).fine().out.lines().count(), 3);
    let help = sandbox.dpl(&["init", "--help"]);
    for template in ["lake", "mesh", "etl", "streaming"] {
        assert!(help.fine().out.contains(&format!("- {template}:")), "{}", help.out);
    }
    sandbox.dpl(&["init", "--template", "warehouse", "w"]).refused(2, &["warehouse", "streaming"]);
}

#[test]
fn required_tags_are_demanded_of_accounts() {
    let sandbox = Sandbox::new();
    let bucket = "bucket raw in lake { tags = { Owner = \"ingest\" } }\n";
    sandbox
        .write("p/a.dpl", format!("{FINE}{bucket}"))
        .write("p/dpl.toml", "required_tags = [\"Owner\", \"cost:center\"]\n");
    let said = sandbox.dpl(&["check", "p"]);
    said.refused(
        1,
        &[
            "DPL0812",
            "p/a.dpl:1:9",
            "`Owner`, `cost:center`",
            "tags = { Owner = \"…\", \"cost:center\" = \"…\" }",
            "1 error",
        ],
    );
    let account = FINE.replace(" }", ", tags = { Owner = \"data\", \"cost:center\" = \"4711\" } }");
    sandbox.write("p/a.dpl", format!("{account}{bucket}"));
    sandbox.dpl(&["check", "p"]).fine();
    sandbox.dpl(&["build", "p", "-o", "o"]).fine();
    let calls = sandbox.read("o/lake/s3/raw.calls.json");
    assert!(
        calls.contains("\"ingest\"") && calls.contains("\"4711\"") && !calls.contains("\"data\""),
        "{calls}"
    );
    // Where nothing is made, nothing lacks a tag.
    sandbox.write("p/a.dpl", FINE);
    sandbox.dpl(&["check", "p"]).fine();
}

/// Runs git in a sandbox, without what the machine's own settings say.
fn git(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = std::process::Command::new("git");
    command.current_dir(sandbox.root()).args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "commit.gpgsign=false",
    ]);
    let output = command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn revisions_of_git_are_compared() {
    let sandbox = Sandbox::new();
    let role = "role reader in lake { trust = [lake] }\nbucket raw in lake {}\n";
    let read = "grant read on raw to reader\n";
    sandbox.write("p/a.dpl", format!("{FINE}{role}{read}"));
    git(&sandbox, &["init", "-q", "-b", "main"]);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-q", "-m", "one"]);
    git(&sandbox, &["tag", "first"]);
    // The same in another file means the same.
    sandbox.write("p/a.dpl", FINE).write("p/b.dpl", format!("use a\n{role}{read}"));
    let said =
        sandbox.dpl(&["diff", "--git", "main", "p", "--fail-on", "widening,breaking,replacement,narrowing"]);
    said.fine();
    sandbox.write("p/b.dpl", format!("use a\n{role}grant read, write on raw to reader\n"));
    let said = sandbox.dpl(&["diff", "--git", "main", "p", "--fail-on", "widening"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("reader") && said.out.contains("s3:PutObject"), "{}", said.out);
    git(&sandbox, &["add", "."]);
    git(&sandbox, &["commit", "-q", "-m", "two"]);
    // Two revisions, and neither is what lies here.
    sandbox.write("p/b.dpl", FAULTY);
    let said = sandbox.dpl(&["diff", "--git", "first..main", "p", "--fail-on", "widening"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("s3:PutObject"), "{}", said.out);
    sandbox.dpl(&["diff", "--git", "main..first", "p", "--fail-on", "widening"]).fine();
    sandbox.dpl(&["diff", "--git", "nowhere", "p"]).refused(2, &["nowhere"]);
}
