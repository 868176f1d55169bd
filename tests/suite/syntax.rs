//! Reading a text: what is legal, what is said about what is not, and that nothing makes it panic, hang or keep silent.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dpl::diagnostic::{Diagnostic, Diagnostics, Severity};
use dpl::source::SourceMap;
use dpl::syntax;
use dpl::syntax::ast::Module;

/// How long one reading of a damaged example may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn read(text: &str) -> (SourceMap, Module, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    let id = sources.add("case.dpl", "case", text, false);
    let mut diagnostics = Diagnostics::default();
    let file = sources.file(id).unwrap_or_else(|| panic!("the file was just added"));
    let module = syntax::parse(id, file, &mut diagnostics);
    (sources, module, diagnostics.into_sorted())
}

fn files(below: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "dpl") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Diagnostics as one line each, with what belongs to them below.
fn rendered(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    let place = |at: u32| match sources.position(at) {
        Some((_, position)) => format!("{}:{}", position.line, position.column),
        None => "nowhere".to_owned(),
    };
    for found in diagnostics {
        let severity = if found.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(out, "{} {severity} {}: {}", place(found.span.start), found.code, found.message);
        let _ = writeln!(out, "    `{}` {}", sources.text(found.span), found.label);
        for related in &found.related {
            let _ = writeln!(out, "    {} {}", place(related.span.start), related.label);
        }
        if let Some(help) = &found.help {
            let _ = writeln!(out, "    help: {help}");
        }
        if let Some(fix) = &found.fix {
            let _ = writeln!(out, "    fix: `{}` to `{}`", sources.text(fix.span), fix.replacement);
        }
    }
    out
}

#[test]
fn examples_and_the_standard_library_can_be_read() {
    let all: Vec<PathBuf> = files("examples").into_iter().chain(files("stdlib")).collect();
    assert!(all.len() > 7, "there are files to read");
    for path in all {
        let (sources, module, diagnostics) = read(&text_of(&path));
        assert!(diagnostics.is_empty(), "{}:\n{}", path.display(), rendered(&sources, &diagnostics));
        assert!(!module.items.is_empty(), "{} is not empty", path.display());
    }
}

/// Cases under `tests/cases/syntax`: what begins with `legal` shows its tree, everything else its diagnostics.
#[test]
fn cases() {
    insta::glob!("../cases/syntax", "*.dpl", |path| {
        let text = text_of(path);
        let (sources, module, diagnostics) = read(&text);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/syntax"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_suffix("");
        settings.remove_snapshot_suffix();
        let name = path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default().to_owned();
        let said = rendered(&sources, &diagnostics);
        let shown = if name.starts_with("legal") {
            assert!(said.is_empty(), "{name} is legal:\n{said}");
            crate::syntax_tree::dump(&sources, &module)
        } else {
            assert!(!said.is_empty(), "{name} has something wrong with it");
            said
        };
        settings.bind(|| insta::assert_snapshot!(name, format!("{text}\n=====\n{shown}")));
    });
}

/// A file's items with the comments above them, each with the item behind it and its own length.
fn neighbours(text: &str) -> Vec<(&str, usize)> {
    let mut starts = Vec::new();
    let (mut at, mut comment) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') && !comment {
            starts.push(at);
        }
        comment = line.starts_with('/');
        at += line.len();
    }
    let start = |index: usize| starts.get(index).copied().unwrap_or(text.len());
    (0..starts.len())
        .map(|item| (&text[start(item)..start(item + 2)], start(item + 1) - start(item)))
        .collect()
}

/// Cut anywhere, the rest is read without panic and in bounded time; and what was cut in the middle of something is reported.
#[test]
fn examples_cut_anywhere() {
    for path in files("examples/acme") {
        let text = text_of(&path);
        for (pair, own) in neighbours(&text) {
            for (at, _) in pair.char_indices().take_while(|(at, _)| *at <= own) {
                let cut = &pair[..at];
                let start = Instant::now();
                let (_, _, diagnostics) = read(cut);
                assert!(start.elapsed() < PATIENCE, "takes too long:\n{cut}");
                assert!(!unbalanced(cut) || !diagnostics.is_empty(), "read without a word:\n{cut}");
            }
        }
    }
}

/// Whether a brace is open at the end of an example, comments and strings left out as the examples have them.
fn unbalanced(text: &str) -> bool {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let depth: i64 =
        code.flat_map(str::bytes).map(|byte| i64::from(byte == b'{') - i64::from(byte == b'}')).sum();
    depth != 0
}

/// What is done to a token.
const DAMAGES: [&str; 8] = ["dropped", "doubled", "@", ")", "{", "}", "\"", "zzz zzz"];

#[test]
fn examples_with_one_token_damaged() {
    let mut wrong = String::new();
    let (mut reported, mut still_legal) = (0, 0);
    for path in files("examples/acme") {
        let text = text_of(&path);
        let pairs = neighbours(&text);
        let damages = pairs.iter().flat_map(|(pair, own)| {
            tokens(pair).into_iter().filter(move |token| token.start < *own).map(move |token| (*pair, token))
        });
        for (text, token) in damages {
            for damage in DAMAGES {
                let old = text.get(token.clone()).unwrap_or_default();
                let new = match damage {
                    "dropped" => String::new(),
                    "doubled" => format!("{old} {old}"),
                    other => other.to_owned(),
                };
                let damaged = format!("{}{new}{}", &text[..token.start], &text[token.end..]);
                let start = Instant::now();
                let (sources, _, diagnostics) = read(&damaged);
                assert!(start.elapsed() < PATIENCE, "{}: `{old}` {damage} takes too long", path.display());
                let Some(first) = diagnostics.first() else {
                    still_legal += 1;
                    continue;
                };
                reported += 1;
                let allowed = lines_of_damage(&damaged, token.start, token.start + new.len());
                let line =
                    sources.position(first.span.start).map_or(0, |(_, position)| position.line as usize);
                if !allowed.contains(&line) {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let _ = writeln!(
                        wrong,
                        "{name} {allowed:?}: `{old}` {damage}: reported on {line}: {}",
                        first.message
                    );
                }
            }
        }
    }
    let count = wrong.lines().count();
    assert!(reported > still_legal, "{reported} reported, {still_legal} still legal");
    // Some damage makes another legal text up to a later line: a word instead of `try`, a `[` more in a list over several lines.
    assert!(
        count * 200 < reported,
        "{count} of {reported} on the wrong line ({still_legal} still legal):\n{wrong}"
    );
}

/// The lines of the damage and of the token behind it; at the end of the text, where there is none, of the token before it.
fn lines_of_damage(text: &str, start: usize, end: usize) -> std::ops::RangeInclusive<usize> {
    let line = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    let tokens = tokens(text);
    match tokens.iter().find(|token| token.start >= end) {
        Some(behind) => line(start)..=line(behind.start),
        None => {
            tokens.iter().rfind(|token| token.end <= start).map_or(1, |before| line(before.start))
                ..=line(text.len())
        }
    }
}

/// The words, numbers, strings and signs of a text, comments left out.
fn tokens(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = match rest {
            [b'/', b'/', ..] => {
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                continue;
            }
            [byte, ..] if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            [b'"', more @ ..] => more.iter().position(|byte| *byte == b'"').map_or(1, |end| end + 2),
            [byte, ..] if byte.is_ascii_alphanumeric() || *byte == b'_' => rest
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                .unwrap_or(rest.len()),
            _ => text[at..].chars().next().map_or(1, char::len_utf8),
        };
        found.push(at..at + length);
        at += length;
    }
    found
}

#[test]
fn hostile_texts_take_linear_time() {
    let texts = [
        "(".repeat(200_000),
        "[".repeat(200_000),
        "{".repeat(200_000),
        "}".repeat(200_000),
        format!("param p : int = {}", "(".repeat(14)),
        format!("param p : int = {}1{}", "(".repeat(150), ")".repeat(150)),
        format!("param p : int = {}1", "not ".repeat(50_000)),
        format!("param p : int = {}1", "- ".repeat(50_000)),
        format!("param p : int = a{}", ".b".repeat(50_000)),
        format!("param p : int = a{}", "(1)".repeat(10_000)),
        format!("param p : int = 1{}", " + 1".repeat(50_000)),
        format!("param p : string = \"{}", "{\"".repeat(50_000)),
        format!("param p : string = \"{}\"", "x".repeat(2_000_000)),
        "bucket a {\n".repeat(3_000),
        "bucket a { }\n}\n".repeat(3_000),
        format!("schema s {{ a : {}", "list<".repeat(100_000)),
        format!("grant a on b to c where {}", "(".repeat(100_000)),
        // What the guard takes for text, and the grammar does not.
        format!("schema s {{ a : string matching\n\"{{\", b : {}", "list<".repeat(100_000)),
        format!("grant a on b to c where ( -- \"\n{}", "(".repeat(100_000)),
        "query a into b as SELECT 1 '\n".repeat(3_000),
        "query a into b as SELECT 1\n".repeat(3_000),
        "/* ".repeat(50_000),
        "\" ".repeat(50_000),
        "a ".repeat(200_000),
        "grant ".repeat(50_000),
        format!("x y {{ {} }}", "a = b = c, ".repeat(20_000)),
        format!("pipeline p {{ {} }}", "if a { b( } ".repeat(5_000)),
        "\u{0}\u{1}\u{2}".repeat(50_000),
        "ä".repeat(100_000),
    ];
    for text in texts {
        let start = Instant::now();
        let (_, module, diagnostics) = read(&text);
        let shown: String = text.chars().take(40).collect();
        assert!(start.elapsed() < PATIENCE, "`{shown}…` takes {:?}", start.elapsed());
        assert!(!diagnostics.is_empty() || !module.items.is_empty(), "`{shown}…` is read without a word");
        drop(module);
    }
}

#[test]
fn threads_change_nothing() {
    let mut sources = SourceMap::default();
    for round in 0..150 {
        for path in files("examples/acme") {
            sources.add(
                format!("{round}/{}", path.display()),
                "m",
                text_of(&path).replace("trust", "trust ="),
                false,
            );
        }
    }
    let (modules, diagnostics) = syntax::parse_all(&sources);
    let mut expected = Diagnostics::default();
    let one_by_one: Vec<Module> =
        sources.files().map(|(id, file)| syntax::parse(id, file, &mut expected)).collect();
    assert!(!expected.is_empty());
    assert_eq!(diagnostics.into_sorted(), expected.into_sorted());
    assert_eq!(modules.len(), one_by_one.len());
    for (a, b) in modules.iter().zip(&one_by_one) {
        assert_eq!(a.file, b.file);
        assert_eq!(crate::syntax_tree::dump(&sources, a), crate::syntax_tree::dump(&sources, b));
    }
}
