//! The output folder: written in one step, never over anything of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::command::Sandbox;

/// The accounts of every program here.
const ACCOUNTS: &str = "\
organization company {
  id     = \"o-company1234\"
  region = \"eu-central-1\"
  account lake { id = \"222222222222\" }
}
";

/// A program with some roles, each of which makes files with its name in theirs.
fn program(roles: &[String]) -> String {
    let declared = roles.iter().map(|name| format!("role {name} in lake {{ trust = [lake] }}\n"));
    std::iter::once(ACCOUNTS.to_owned()).chain(declared).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn many(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("{prefix}{nth}")).collect()
}

/// A sandbox with a program in `p`.
fn with_roles(roles: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", program(&names(roles)));
    sandbox
}

/// Every file below a folder with its text.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.symlink_metadata().unwrap().is_dir() {
                open.push(path);
            } else if path.symlink_metadata().unwrap().is_file() {
                files.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The paths that the manifest lists, after making sure that each file has the text it says and that no other file is there.
fn whole(folder: &Path) -> Vec<String> {
    let mut files = tree(folder);
    let manifest: Value = serde_json::from_slice(&files.remove(Path::new("manifest.json")).unwrap()).unwrap();
    let mut paths = Vec::new();
    for entry in manifest.get("files").unwrap().as_array().unwrap() {
        let text = |name: &str| entry.get(name).unwrap().as_str().unwrap().to_owned();
        let found = files.remove(Path::new(&text("path"))).unwrap_or_else(|| panic!("no {}", text("path")));
        let digest: String = Sha256::digest(&found).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, text("sha256"));
        assert!(!text("account").is_empty() && !text("family").is_empty() && !text("declaration").is_empty());
        assert!(text("source").starts_with("a.dpl:"), "{}", text("source"));
        paths.push(text("path"));
    }
    assert!(files.is_empty(), "not in the manifest: {:?}", files.keys());
    assert!(paths.is_sorted());
    paths
}

/// The path in the manifest that has a text in it.
fn path_with(sandbox: &Sandbox, text: &str) -> String {
    whole(&sandbox.path("out")).into_iter().find(|path| path.contains(text)).unwrap()
}

#[test]
fn the_manifest_lists_every_file_with_its_digest() {
    let sandbox = with_roles(&["landing", "curated"]);
    let said = sandbox.dpl(&["build", "p"]);
    let paths = whole(&sandbox.path("out"));
    assert!(
        paths.iter().any(|path| path.contains("landing"))
            && paths.iter().any(|path| path.contains("curated"))
    );
    assert!(said.fine().out.contains("0 removed, 0 unchanged"), "{}", said.out);
}

/// Every statement of every policy is in the manifest, with the lines that need it.
#[test]
fn the_manifest_says_which_lines_need_a_statement() {
    let sandbox = Sandbox::new();
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme");
    sandbox.dpl(&["build", acme.to_str().unwrap()]).fine();
    let manifest: Value = serde_json::from_str(&sandbox.read("out/manifest.json")).unwrap();
    let mut count = 0;
    for entry in manifest.get("files").unwrap().as_array().unwrap() {
        let path = entry.get("path").unwrap().as_str().unwrap();
        let listed = entry.get("statements").and_then(Value::as_array).cloned().unwrap_or_default();
        let document: Value = serde_json::from_str(&sandbox.read(&format!("out/{path}"))).unwrap_or_default();
        let statements = document.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
        let name = |it: &Value, member: &str| it.get(member).unwrap().as_str().unwrap().to_owned();
        assert_eq!(
            listed.iter().map(|it| name(it, "sid")).collect::<Vec<_>>(),
            statements.iter().map(|it| name(it, "Sid")).collect::<Vec<_>>(),
            "{path}"
        );
        for statement in &listed {
            count += 1;
            let lines = statement.get("needed_by").unwrap().as_array().unwrap();
            assert!(!lines.is_empty() && lines.iter().all(|it| it.as_str().unwrap().contains(".dpl:")));
        }
    }
    assert!(count >= 60, "{count}");
    let needed = "{ \"sid\": \"GlueJobTransform\", \"needed_by\": [\"etl.dpl:54\"] }";
    assert!(sandbox.read("out/manifest.json").contains(needed));
}

#[test]
fn the_same_program_makes_the_same_bytes_from_anywhere() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    sandbox.dpl(&["build", "./p/", "-o", "second"]).fine();
    sandbox.dpl(&["build", sandbox.path("p").to_str().unwrap(), "-o", "third"]).fine();
    sandbox.dpl(&["build", "p/a.dpl", "-o", "fourth"]).fine();
    let first = tree(&sandbox.path("out"));
    for other in ["second", "third", "fourth"] {
        assert_eq!(first, tree(&sandbox.path(other)), "{other}");
    }
}

#[test]
fn what_does_not_change_is_not_written_again() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    let landing = sandbox.path("out").join(path_with(&sandbox, "landing"));
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    std::fs::File::options().append(true).open(&landing).unwrap().set_modified(long_ago).unwrap();
    let said = sandbox.dpl(&["build", "p"]);
    assert!(said.fine().out.contains("0 written, 0 removed"), "{}", said.out);
    sandbox.write("p/a.dpl", program(&names(&["landing", "curated"])));
    sandbox.dpl(&["build", "p"]).fine();
    assert_eq!(landing.metadata().unwrap().modified().unwrap(), long_ago);
    path_with(&sandbox, "curated");
}

#[test]
fn what_the_program_no_longer_makes_goes_and_what_is_the_users_stays() {
    let sandbox = with_roles(&["landing", "curated"]);
    sandbox.dpl(&["build", "p"]).fine();
    let gone = path_with(&sandbox, "landing");
    sandbox.write("out/notes/mine.txt", "mine").write("out/mine.json", "{}");
    std::fs::create_dir(sandbox.path("out/kept")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nowhere", sandbox.path("out/link")).unwrap();
    sandbox.write("p/a.dpl", program(&names(&["curated"])));
    let said = sandbox.dpl(&["build", "p"]);
    assert!(!sandbox.path("out").join(gone).exists(), "{}", said.fine().out);
    assert_eq!(
        (sandbox.read("out/notes/mine.txt").as_str(), sandbox.read("out/mine.json").as_str()),
        ("mine", "{}")
    );
    assert!(sandbox.path("out/kept").is_dir());
    #[cfg(unix)]
    assert_eq!(std::fs::read_link(sandbox.path("out/link")).unwrap(), Path::new("/nowhere"));
}

#[test]
fn a_manifest_written_by_somebody_else_removes_nothing_outside() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    sandbox.write("precious.txt", "precious").write("elsewhere/precious.txt", "precious");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../elsewhere", sandbox.path("out/link")).unwrap();
    let absolute = sandbox.path("precious.txt");
    let listed = [
        "../precious.txt",
        absolute.to_str().unwrap(),
        "link/precious.txt",
        "./../precious.txt",
        "",
        ".",
        "..",
        "a//b",
        "link",
    ];
    let files: Vec<_> = listed.iter().map(|path| serde_json::json!({ "path": path })).collect();
    sandbox.write("out/manifest.json", serde_json::json!({ "version": 1, "files": files }).to_string());
    // What the old build made is not listed any more, but it is what the program says, so it is taken over.
    sandbox.dpl(&["build", "p"]).fine();
    assert_eq!(sandbox.read("precious.txt"), "precious");
    assert_eq!(sandbox.read("elsewhere/precious.txt"), "precious");
    #[cfg(unix)]
    assert!(sandbox.path("out/link").symlink_metadata().unwrap().is_symlink());
}

#[test]
fn what_no_manifest_lists_is_not_written_over() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    let path = format!("out/{}", path_with(&sandbox, "landing"));
    for manifest in ["{\"version\": 1, \"files\": []}", "{\"version\": 1, \"fil", "not a manifest", "[]"] {
        sandbox.write(&path, "mine").write("out/manifest.json", manifest);
        let before = tree(&sandbox.path("out"));
        sandbox.dpl(&["build", "p"]).refused(2, &["is in the way"]);
        assert_eq!(before, tree(&sandbox.path("out")));
    }
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    let path = path_with(&sandbox, "landing");
    let folder = path.split('/').next().unwrap();
    std::fs::remove_dir_all(sandbox.path("out").join(folder)).unwrap();
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", sandbox.path("out").join(folder)).unwrap();
    sandbox.dpl(&["build", "p"]).refused(2, &["is in the way"]);
    assert!(tree(&sandbox.path("elsewhere")).is_empty());
}

#[test]
fn a_changed_file_of_ours_is_mended() {
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    let path = path_with(&sandbox, "landing");
    sandbox.write(&format!("out/{path}"), "edited");
    sandbox.dpl(&["build", "p"]).fine();
    whole(&sandbox.path("out"));
}

#[test]
fn an_output_folder_that_can_not_be_one_is_refused() {
    let sandbox = with_roles(&["landing"]);
    sandbox.write("file", "x");
    sandbox.dpl(&["build", "p", "-o", "file"]).refused(2, &["it is a file, not a folder"]);
    sandbox.dpl(&["build", "p", "-o", "file/out"]).refused(2, &["can't write `file/out`"]);
    sandbox.dpl(&["build", "p", "-o", "p"]).refused(2, &["it holds the program's own `p/a.dpl`"]);
    sandbox.dpl(&["build", "p", "-o", "."]).refused(2, &["it holds the program's own `p/a.dpl`"]);
    sandbox.dpl(&["build", "p", "-o", "new/.."]).refused(2, &["can't write"]);
    assert_eq!(tree(sandbox.root()).len(), 2);
}

#[test]
fn the_configuration_names_the_folder_and_the_command_overrules_it() {
    let sandbox = with_roles(&["landing"]);
    sandbox.write("p/dpl.toml", "out = \"made/here\"\n");
    sandbox.dpl(&["build", "p"]).fine();
    whole(&sandbox.path("p/made/here"));
    sandbox.dpl(&["build", "p", "-o", "there"]).fine();
    whole(&sandbox.path("there"));
}

#[cfg(unix)]
#[test]
fn an_output_folder_that_is_a_link_stays_one() {
    let sandbox = with_roles(&["landing"]);
    std::fs::create_dir(sandbox.path("real")).unwrap();
    std::os::unix::fs::symlink("real", sandbox.path("out")).unwrap();
    sandbox.dpl(&["build", "p"]).fine();
    whole(&sandbox.path("real"));
    assert!(sandbox.path("out").symlink_metadata().unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn the_folders_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = with_roles(&["landing"]);
    sandbox.dpl(&["build", "p"]).fine();
    std::fs::set_permissions(sandbox.path("out"), std::fs::Permissions::from_mode(0o750)).unwrap();
    sandbox.write("p/a.dpl", program(&names(&["curated"])));
    sandbox.dpl(&["build", "p"]).fine();
    assert_eq!(sandbox.path("out").metadata().unwrap().permissions().mode() & 0o777, 0o750);
}

#[test]
fn check_lists_what_differs_and_writes_nothing() {
    let sandbox = with_roles(&["landing", "curated"]);
    let said = sandbox.dpl(&["build", "p", "--check"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("missing     manifest.json\n") && !sandbox.path("out").exists(),
        "{}",
        said.out
    );
    sandbox.dpl(&["build", "p"]).fine();
    assert_eq!(sandbox.dpl(&["build", "p", "--check"]).fine().out, "`out` is what the program says\n");
    let (landing, curated) = (path_with(&sandbox, "landing"), path_with(&sandbox, "curated"));
    sandbox.write(&format!("out/{curated}"), "{\u{1b}}\n").write("out/mine.txt", "mine");
    sandbox.write("p/a.dpl", program(&names(&["curated", "third"])));
    let before = tree(&sandbox.path("out"));
    let said = sandbox.dpl(&["build", "p", "--check"]);
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    for line in
        [format!("unexpected  {landing}\n"), format!("changed     {curated}\n"), "missing     ".to_owned()]
    {
        assert!(said.out.contains(&line), "no {line:?} in {}", said.out);
    }
    assert!(said.out.contains("    -{\\u{1b}}\n") && !said.out.contains("mine.txt"), "{}", said.out);
    assert_eq!(before, tree(&sandbox.path("out")));
}

#[test]
fn what_killed_builds_left_is_cleared_away() {
    let sandbox = with_roles(&["landing"]);
    sandbox.write("out.dpl-new/half", "x");
    sandbox.dpl(&["build", "p"]).fine();
    assert!(!sandbox.path("out.dpl-new").exists());
    std::fs::rename(sandbox.path("out"), sandbox.path("out.dpl-old")).unwrap();
    sandbox.write("out.dpl-old/mine.txt", "mine");
    sandbox.dpl(&["build", "p"]).fine();
    assert_eq!(sandbox.read("out/mine.txt"), "mine");
    assert!(!sandbox.path("out.dpl-old").exists());
}

#[test]
fn a_killed_build_leaves_the_old_folder_or_the_new_one_whole() {
    let sandbox = Sandbox::new();
    let (first, second) = (program(&many("first", 300)), program(&many("second", 300)));
    sandbox.write("p/a.dpl", &first);
    sandbox.dpl(&["build", "p"]).fine();
    let mut now_first = true;
    let mut killed_before = 0;
    for round in 0..60_u64 {
        sandbox.write("p/a.dpl", if now_first { &second } else { &first });
        let mut build = sandbox.command(&["build", "p"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(round));
        build.kill().unwrap();
        build.wait().unwrap();
        let paths = whole(&sandbox.path("out"));
        let of = |prefix: &str| paths.iter().filter(|path| path.contains(prefix)).count();
        let counts = (of("first"), of("second"));
        assert!(counts.0 + counts.1 >= 300, "{counts:?} in round {round}");
        assert!(counts.0 == 0 || counts.1 == 0, "{counts:?} in round {round}");
        killed_before += usize::from((counts.0 > 0) == now_first);
        now_first = counts.0 > 0;
    }
    assert!(killed_before > 0, "no build was killed before its end");
    sandbox.write("p/a.dpl", &first);
    sandbox.dpl(&["build", "p"]).fine();
    let left: Vec<_> =
        std::fs::read_dir(sandbox.root()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn builds_at_the_same_time_wait_for_each_other() {
    let sandbox = Sandbox::new();
    for name in ["a", "b", "c"] {
        sandbox.write(&format!("{name}/a.dpl"), program(&many(name, 100)));
    }
    let folders = ["a", "b", "c", "a", "b", "c"];
    let builds = folders
        .map(|name| sandbox.command(&["build", name]).stdout(std::process::Stdio::null()).spawn().unwrap());
    for mut build in builds {
        assert!(build.wait().unwrap().success());
    }
    whole(&sandbox.path("out"));
}

/// A mount can't be renamed.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_is_a_mount_is_replaced_file_by_file() {
    let sandbox = with_roles(&["landing", "curated"]);
    std::fs::create_dir(sandbox.path("out")).unwrap();
    let mounted = |script: &str| {
        let script = format!("mount -t tmpfs none out && {script}");
        let mut shell = std::process::Command::new("unshare");
        shell.args(["--mount", "--map-root-user", "sh", "-c", &script, env!("CARGO_BIN_EXE_dpl")]);
        shell.current_dir(sandbox.root()).output()
    };
    if !mounted("true").is_ok_and(|tried| tried.status.success()) {
        eprintln!("SKIPPED: no mount can be made here");
        assert!(std::env::var_os("CI").is_none(), "CI must be able to make a mount");
        return;
    }
    sandbox.write("second.dpl", program(&names(&["curated", "third"])));
    let built = mounted(
        r#""$0" build p && "$0" build p && cp -r out first && cp second.dpl p/a.dpl && echo mine > out/mine && "$0" build p && cp -r out second"#,
    )
    .unwrap();
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && errors.contains("can't be replaced in one step"), "{errors}");
    whole(&sandbox.path("first"));
    assert_eq!(sandbox.read("second/mine"), "mine\n");
    std::fs::remove_file(sandbox.path("second/mine")).unwrap();
    let paths = whole(&sandbox.path("second"));
    assert!(
        paths.iter().any(|path| path.contains("third")) && !paths.iter().any(|path| path.contains("landing"))
    );
}
