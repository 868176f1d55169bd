//! The tour, taken: a block that begins with the name of a file is written to it, or added to it; each line behind `$` is run, and says what stands below
//! it. A line `…` stands for any number of lines.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::command::Sandbox;

/// One block of the page: how it is marked, and its lines.
struct Block<'a> {
    mark: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(mark) = line.strip_prefix("```") {
            blocks.push(Block { mark, lines: lines.by_ref().take_while(|line| *line != "```").collect() });
        }
    }
    blocks
}

/// Writes a block to the file that its first line names, or adds it there.
fn write(sandbox: &Sandbox, block: &Block<'_>) {
    let (first, rest) = block.lines.split_first().unwrap();
    let named = first.strip_prefix("// ").unwrap_or_else(|| panic!("`{first}` names no file"));
    let (name, added) = named.strip_suffix(", added").map_or((named, false), |name| (name, true));
    let path = format!("platform/{name}");
    assert_eq!(added, sandbox.path(&path).exists(), "{named}");
    let before = if added { sandbox.read(&path) } else { String::new() };
    sandbox.write(&path, format!("{before}{}\n", rest.join("\n")));
}

/// Runs a line as a shell does; what it says on both of its outputs.
fn type_in(sandbox: &Sandbox, line: &str) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_dpl"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {line}\n}} 2>&1")]).env("PATH", path).env("LC_ALL", "C");
    let done = shell.current_dir(sandbox.root()).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// Whether lines are those that are wanted. How wide a gap is may follow from how fast this machine is.
fn fits(wanted: &[&str], said: &[&str]) -> bool {
    match wanted.split_first() {
        None => said.is_empty(),
        Some((&"…", rest)) => (0..=said.len()).any(|from| fits(rest, &said[from..])),
        Some((line, rest)) => said.split_first().is_some_and(|(first, said)| {
            first.split_whitespace().eq(line.split_whitespace()) && fits(rest, said)
        }),
    }
}

#[test]
fn every_step_of_the_tour_says_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let page = std::fs::read_to_string(page).unwrap();
    let sandbox = Sandbox::new();
    let mut steps = 0;
    for block in blocks(&page) {
        match block.mark {
            "dpl fragment" => write(&sandbox, &block),
            "console" => {
                assert!(
                    block.lines.first().is_some_and(|line| line.starts_with("$ ")),
                    "a block begins with a command"
                );
                for step in block.lines.chunk_by(|_, next| !next.starts_with("$ ")) {
                    let (command, wanted) = step.split_first().unwrap();
                    let said = type_in(&sandbox, command.strip_prefix("$ ").unwrap());
                    let said: Vec<&str> = said.lines().collect();
                    assert!(
                        fits(wanted, &said),
                        "{command}\n{}\n--- and the page says\n{}",
                        said.join("\n"),
                        wanted.join("\n")
                    );
                    steps += 1;
                }
            }
            _ => assert_eq!(block.mark, "text"),
        }
    }
    assert!(steps > 20, "only {steps} steps are found");
}

#[test]
fn a_step_that_says_something_else_is_found() {
    assert!(fits(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(fits(&["a", "…"], &["a"]));
    assert!(!fits(&["a", "…", "d"], &["a", "b"]));
    assert!(!fits(&["a"], &["a", "b"]));
    assert!(!fits(&["a", "b"], &["a"]));
}
