//! What a large pipeline costs: `build` of one pipeline of N statements, of one `match` with N arms, of N `if`s one after another, of N branches
//! with errors caught, of `if`s inside each other, and of N pipelines.
//!
//! `cargo bench --bench pipelines` writes each program to a temporary folder, runs the release binary on it, and prints the processor time that the
//! process took, its peak memory, and how much of both a program half as large took: a cost in proportion is about 0.5 there. Arguments: the Ns.
//!
//! The target: 2,000 statements in well under a second.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that can't be made stops"
)]

use std::{fmt::Write as _, fs, path::Path, process::Command};

/// What every program declares.
const HEAD: &str = "\
account prod { id = \"666666666666\", region = \"us-east-1\" }
schema Line { item: string length 1..40, amount: int in 1..1000 }
schema Order { id: string length 1..36, lines: list<Line> length 0..50, note: string? length 0..100, kind: string one of [\"a\", \"b\", \"c\"] }
function get(key: string) -> Order in prod = lambda(\"get\")
function put(key: string, count: int) in prod = lambda(\"put\")
function text(text: string) in prod = lambda(\"text\")
";

/// A shape of program, by its name, and its text for N.
type Shape = (&'static str, fn(usize) -> String);

const SHAPES: &[Shape] = &[
    ("statements", statements),
    ("match", one_match),
    ("else if", else_ifs),
    ("tries", tries),
    ("nested", nested),
    ("values", values),
    ("pipelines", pipelines),
];

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![500, 2000] } else { sizes };
    println!("{:>12} {:>6} {:>8} {:>9} {:>12}", "shape", "N", "seconds", "peak MiB", "half takes");
    for (name, shape) in SHAPES {
        for size in &sizes {
            let (half, whole) = (build(&shape(size / 2)), build(&shape(*size)));
            println!(
                "{name:>12} {size:>6} {:>8.2} {:>9.1} {:>5.2} {:>6.2}",
                whole.seconds,
                whole.peak_mib,
                half.seconds / whole.seconds.max(0.01),
                half.peak_mib / whole.peak_mib
            );
        }
    }
}

/// Five kinds of statement by turns.
fn statements(count: usize) -> String {
    let mut text =
        format!("{HEAD}pipeline large(key: string length 1..100) in prod {{\n  retry = attempts(3)\n");
    for at in 0..count / 5 {
        writeln!(text, "  let order_{at} = get(\"{{key}}/{at}\")").unwrap();
        writeln!(text, "  let note_{at} = order_{at}.note ?? \"none\"").unwrap();
        writeln!(text, "  text(\"{{note_{at}}} of {{order_{at}.id}}\")").unwrap();
        writeln!(
            text,
            "  if order_{at}.kind == \"a\" {{ put(order_{at}.id, {at}) }} else {{ text(note_{at}) }}"
        )
        .unwrap();
        writeln!(text, "  text(order_{at}.id) retry attempts(2, every = 5s)").unwrap();
    }
    text + "}\n"
}

fn one_match(count: usize) -> String {
    let values: Vec<String> = (0..count).map(|at| format!("\"v{at}\"")).collect();
    let mut text = format!(
        "{HEAD}pipeline large(kind: string one of [{}]) in prod {{\n  match kind {{\n",
        values.join(", ")
    );
    for value in values {
        writeln!(text, "    {value} -> {{ text({value}) }}").unwrap();
    }
    text + "  }\n}\n"
}

fn else_ifs(count: usize) -> String {
    let mut text = format!("{HEAD}pipeline large(number: int) in prod {{\n  ");
    for at in 0..count {
        write!(text, "if number == {at} {{ text(\"{at}\") }} else ").unwrap();
    }
    text + "{ text(\"none\") }\n}\n"
}

/// As many as a definition has room for.
fn tries(count: usize) -> String {
    let mut text = format!("{HEAD}pipeline large(key: string length 1..100) in prod {{\n");
    for at in 0..count / 2 {
        writeln!(text, "  try {{ text(\"{at}\") }} catch error as Some.E{at} {{ text(error.name) }}")
            .unwrap();
    }
    text + "}\n"
}

/// Blocks inside each other, as deep as the parser goes and a half, one behind another.
fn nested(count: usize) -> String {
    const DEEP: usize = 25;
    let mut text = format!("{HEAD}pipeline large(number: int) in prod {{\n");
    for at in 0..count / DEEP {
        for level in 0..DEEP {
            writeln!(text, "if number > {level} {{\n  text(\"{at} {level}\")").unwrap();
        }
        text += &"}\n".repeat(DEEP);
    }
    text + "}\n"
}

/// Each value made of the one before.
fn values(count: usize) -> String {
    let mut text = format!("{HEAD}pipeline large(key: string length 1..10) in prod {{\n  let x0 = key\n");
    for at in 1..count {
        writeln!(text, "  let x{at} = \"{{x{}}}a\"", at - 1).unwrap();
    }
    writeln!(text, "  text(x{})\n}}", count - 1).unwrap();
    text
}

fn pipelines(count: usize) -> String {
    let mut text = HEAD.to_owned();
    for at in 0..count {
        writeln!(
            text,
            "pipeline p{at}(key: string length 1..100) in prod {{\n  let order = get(key)\n  for line in order.lines {{ text(line.item) }}\n  \
             try {{ text(key) }} catch error {{ fail Broken error.cause }}\n}}"
        )
        .unwrap();
    }
    text
}

struct Cost {
    seconds: f64,
    peak_mib: f64,
}

/// Builds a program under GNU time, which reports what the whole process took.
fn build(program: &str) -> Cost {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (source, out) = (folder.path().join("large.dpl"), folder.path().join("out"));
    fs::write(&source, program).unwrap();
    let path = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
    let arguments = ["build".to_owned(), path(&source), "-o".to_owned(), path(&out)];
    let done = Command::new("/usr/bin/time")
        .args(["-f", "TIME %U %S %M", env!("CARGO_BIN_EXE_dpl")])
        .args(arguments)
        .output()
        .expect("GNU time is installed (Debian: apt-get install time)");
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "a program is refused:\n{stderr}");
    let line = stderr.lines().rev().find(|line| line.starts_with("TIME ")).expect("a line of GNU time");
    let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [user, system, kib] = figures.as_slice() else { panic!("no figures in {line}") };
    Cost { seconds: user + system, peak_mib: kib / 1024.0 }
}
