//! `dpl graph`: the same bytes each time, no text of a program that means something to what reads the picture, and pictures of large platforms that
//! can be read.

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use regex::Regex;

use super::{command::Sandbox, oracle};

fn acme() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme").to_str().unwrap().to_owned()
}

/// What the command writes, at a time that is always the same.
fn drawn(sandbox: &Sandbox, path: &str, format: &str) -> String {
    let mut command = sandbox.command(&["graph", path, "--format", format, "--access"]);
    let done = command.env("SOURCE_DATE_EPOCH", "0").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn acme_is_drawn_as_mermaid() {
    insta::assert_snapshot!(drawn(&Sandbox::new(), &acme(), "mermaid"));
}

#[test]
fn acme_is_told_as_openlineage() {
    insta::assert_snapshot!(drawn(&Sandbox::new(), &acme(), "openlineage"));
}

/// Accounts with about fifty declarations each, which have to do with each other and with those of the next account.
fn platform(accounts: usize) -> String {
    let mut text = String::from("organization wide {\n  region = \"us-east-1\"\n");
    for at in 0..accounts {
        let _ = writeln!(text, "  account a{at} {{ id = \"{:012}\" }}", 100_000_000_000 + at);
    }
    text.push_str("}\nschema Row { id: string length 1..64, at: timestamp(3) }\n");
    for at in 0..accounts {
        let next = (at + 1) % accounts;
        let _ = writeln!(text, "role Owner{at} in a{at} {{ trust = [a{at}] }}");
        for one in 0..12 {
            let _ = writeln!(text, "bucket b{at}_{one} in a{at} {{ name = \"wide-b{at}-{one}\" }}");
            let _ = writeln!(text, "role R{at}_{one} in a{at} {{ trust = [a{at}] }}");
            let _ = writeln!(text, "grant read on b{next}_{one} / \"x\" to R{at}_{one}");
            let _ = writeln!(
                text,
                "stream s{at}_{one} : Row in a{at} {{ connector = kinesis(\"s{at}-{one}\") }}"
            );
        }
        let _ =
            writeln!(text, "domain d{at} in a{at} {{\n  owner = Owner{at}\n  location = b{at}_0 / \"d\"\n");
        for one in 0..12 {
            let _ = writeln!(text, "  table t{one} {{\n    id : string key\n  }}");
        }
        text.push_str("}\n");
    }
    text
}

/// Nodes of a picture: the place and the size of each.
fn boxes(picture: &str) -> Vec<[f64; 4]> {
    let node = Regex::new(r#"(?s)<g class="node[^>]*transform="translate\(([\d.-]+)[ ,]([\d.-]+)\)"[^>]*>.*?<rect[^>]*width="([\d.]+)" height="([\d.]+)"|(?s)<g class="node[^>]*>.{0,400}?<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)""#).unwrap();
    let number = |found: &regex::Captures<'_>, at: usize| {
        found.get(at).or_else(|| found.get(at + 4)).unwrap().as_str().parse().unwrap()
    };
    node.captures_iter(picture).map(|it| [1, 2, 3, 4].map(|at| number(&it, at))).collect()
}

#[test]
fn five_hundred_nodes_stand_apart() {
    let sandbox = Sandbox::new();
    sandbox.write("wide/wide.dpl", platform(11));
    let picture = drawn(&sandbox, "wide", "svg");
    let boxes = boxes(&picture);
    assert!(boxes.len() >= 500, "only {} nodes", boxes.len());
    for (at, [x, y, width, height]) in boxes.iter().enumerate() {
        for [left, top, wide, high] in &boxes[at + 1..] {
            let apart = x + width <= *left || left + wide <= *x || y + height <= *top || top + high <= *y;
            assert!(apart, "a node at {x} {y} lies over one at {left} {top}");
        }
    }
    // What is drawn grows with what there is, not with its square.
    sandbox.write("half/half.dpl", platform(5));
    let half = drawn(&sandbox, "half", "svg").len();
    assert!(picture.len() < half * 3, "{} bytes of 11 accounts, {half} of 5", picture.len());
}

#[test]
fn the_same_is_drawn_wherever_a_declaration_stands() {
    let sandbox = Sandbox::new();
    let text = platform(3);
    let (head, rest) = text.split_once("schema Row").unwrap();
    let rest = format!("schema Row{rest}");
    sandbox.write("one/all.dpl", &text);
    sandbox.write("two/a.dpl", format!("use z\n{rest}"));
    sandbox.write("two/z.dpl", head);
    for format in ["svg", "mermaid", "openlineage"] {
        let first = drawn(&sandbox, "one", format);
        assert_eq!(first, drawn(&sandbox, "one", format), "{format}: a second time");
        assert_eq!(first, drawn(&sandbox, "two", format), "{format}: in two files");
    }
    assert_eq!(drawn(&sandbox, "one", "html"), drawn(&sandbox, "one", "html"));
}

/// Texts that would mean something where they come out, if they got there as they are.
const HOSTILE: &str = r#"
organization hostile {
  region = "us-east-1"
  account lake { id = "222222222222" }
}

/// </script><script>document.title = "broken"</script> --> ]]> <!-- & " ' ` "] end %% ${x} U+2028: {separator}{last}
bucket data in lake { name = "hostile-data" }

/// </style></svg><img src=x onerror="document.title = 'broken'"> "quoted" #quot;
role Reader in lake { trust = [lake] }

grant read on data / "</script>\"'-->]]><b>&amp; | ; end" to Reader
"#;

/// The hostile program, in a folder of its own.
fn hostile() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("p/hostile.dpl", HOSTILE.replace("{separator}", "\u{2028}").replace("{last}", "\u{FFFF}"));
    sandbox
}

#[test]
fn no_text_of_a_program_escapes() {
    let sandbox = hostile();
    let page = drawn(&sandbox, "p", "html");
    let scripts = page.matches("<script").count();
    assert_eq!(scripts, page.matches("</script>").count(), "a script is closed by a text");
    let clean = drawn(&sandbox, &acme(), "html");
    assert_eq!(scripts, clean.matches("<script").count(), "a text opened a script");
    for raw in ["<img", "<b>", "<!-- &", "</style></svg>"] {
        assert!(!page.contains(raw), "{raw} stands in the page");
    }
    let mermaid = drawn(&sandbox, "p", "mermaid");
    let shapes = Regex::new(r#"^(flowchart LR|  subgraph a\d+\["[^"]*"\]|    n\d+[\[({]+"[^"\]]*"[\])}]+|  end|  n\d+ (==>|-->|---|-\.->)(\|"[^"|]*"\|)? n\d+)$"#).unwrap();
    for line in mermaid.lines() {
        assert!(shapes.is_match(line), "{line}");
    }
}

#[test]
fn others_read_what_is_drawn() {
    let sandbox = hostile();
    sandbox.write("wide/wide.dpl", platform(3));
    let mut files = Vec::new();
    for (name, path) in [("hostile", "p"), ("wide", "wide"), ("acme", &acme())] {
        sandbox.write(&format!("{name}.svg"), drawn(&sandbox, path, "svg"));
        files.push(sandbox.path(&format!("{name}.svg")));
    }
    sandbox.write("acme.jsonl", drawn(&sandbox, &acme(), "openlineage"));
    files.push(sandbox.path("acme.jsonl"));
    oracle::judge("check_graph.py", &["lineage"], &files);
}

#[test]
fn a_browser_shows_the_page() {
    let sandbox = hostile();
    sandbox.write("wide/wide.dpl", platform(11));
    let mut files = Vec::new();
    for (name, path) in [("hostile", "p"), ("wide", "wide"), ("acme", &acme())] {
        sandbox.write(&format!("{name}.html"), drawn(&sandbox, path, "html"));
        files.push(sandbox.path(&format!("{name}.html")));
    }
    oracle::tool("browse.mjs", "chromium", &["browser"], &files);
}

#[test]
fn a_faulty_program_is_not_drawn() {
    let sandbox = Sandbox::new();
    sandbox.write("p/a.dpl", "account lake { region = \"us-east-1\", id = }\n");
    let said = sandbox.dpl(&["graph", "p"]);
    said.refused(1, &["DPL0001"]);
    assert_eq!(said.out, "");
    sandbox.write("p/a.dpl", "account lake { id = \"222222222222\", region = \"us-east-1\" }\n");
    let mut command = sandbox.command(&["graph", "p", "--format", "openlineage"]);
    let done = command.env("SOURCE_DATE_EPOCH", "soon").output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    sandbox.dpl(&["graph", "p", "-o", "nowhere/page.html"]).refused(2, &["nowhere/page.html"]);
}

#[test]
fn every_declaration_that_is_drawn_is_drawn_once() {
    let sandbox = Sandbox::new();
    let mermaid = drawn(&sandbox, &acme(), "mermaid");
    let names: Vec<&str> = mermaid.lines().filter(|line| line.starts_with("    n")).collect();
    let said: BTreeSet<&str> = names.iter().filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(names.len(), said.len());
}
