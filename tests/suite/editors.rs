//! The grammars of editors, before the compiler's own reading: what the compiler can read has no ERROR in tree-sitter's tree, and each word, number,
//! string, comment and piece of SQL is to both grammars what it is to the compiler.

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;
use serde_json::{Value as Json, json};

use super::{command::Sandbox, corpus::generate, differential::platforms, oracle, programs, programs::tree};

/// As many programs are generated of each kind.
const GENERATED: u64 = 250;

/// What is looked for in a text, and in how its tree is printed.
struct Patterns {
    token: Regex,
    sql: Regex,
    kind: Regex,
    tag: Regex,
    ident: Regex,
    name: Regex,
}

impl Patterns {
    fn new() -> Self {
        let made = |pattern: &str| Regex::new(pattern).unwrap();
        let spanned = |before: &str| {
            made(&format!(r"{before}span: Span \{{ start: (?<start>\d+), end: (?<end>\d+) \}}"))
        };
        Self {
            token: made(
                r#"(?<comment>//[^\n]*|/\*(?s:.*?)\*/)|(?<string>")|(?<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?[A-Za-z0-9_]*)|(?<word>@?[A-Za-z_][A-Za-z0-9_]*)"#,
            ),
            sql: spanned(r"Sql \{ "),
            kind: spanned(r"kind: Ident \{ [^{}]*"),
            tag: spanned(r"Tagged\(Ident \{ [^{}]*"),
            ident: spanned(r"Ident \{ [^{}]*"),
            name: spanned(r"Expr \{ kind: Name\([^()]*\), "),
        }
    }
}

/// What the text is made of, as the compiler reads it: the line and the column of each token, in characters, what it is, and its text.
/// Nothing where it can't be read.
fn reading(text: &str, patterns: &Patterns) -> Option<Vec<Json>> {
    let tree = tree(text)?;
    let spans = |pattern: &Regex| -> BTreeMap<usize, usize> {
        let number = |found: &regex::Captures<'_>, name: &str| found[name].parse::<usize>().unwrap();
        pattern.captures_iter(&tree).map(|it| (number(&it, "start"), number(&it, "end"))).collect()
    };
    let sql = spans(&patterns.sql);
    let kinds = spans(&patterns.kind);
    let tags = spans(&patterns.tag);
    let mut names = spans(&patterns.ident);
    for (start, end) in spans(&patterns.name) {
        // The span of a name in brackets is theirs, and a label's begins with its sign.
        let inside =
            text[start..end].trim_start_matches(|letter: char| letter == '(' || letter.is_whitespace());
        names.insert(end - inside.len(), end);
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (until, embedded) =
            sql.range(at..).next().map_or((text.len(), None), |(start, end)| (*start, Some(*end)));
        let mut behind = at;
        while let Some(found) = patterns.token.captures(&text[behind..until]) {
            let range = found.get(0).unwrap().range();
            let start = behind + range.start;
            behind += range.end;
            if found.name("string").is_some() {
                behind = string_end(text, behind, text[..start].trim_end().ends_with("matching"));
            }
            let class = match () {
                () if found.name("comment").is_some() => "comment",
                () if found.name("string").is_some() => "string",
                () if found.name("number").is_some() => "number",
                // Words that the tree has as what they mean, or as a name among the options of a loop.
                () if matches!(&found[0], "true" | "false" | "none" | "distributed") => continue,
                () if found[0].starts_with('@') => "name",
                () if kinds.contains_key(&start) || tags.contains_key(&start) => "keyword",
                () if names.contains_key(&start) => "name",
                () => "keyword",
            };
            tokens.push(told(text, start, class, &found[0]));
        }
        let Some(end) = embedded else { break };
        // A predicate's brackets are not SQL to everybody.
        let inside =
            text[until..end].trim_matches(|letter: char| letter.is_whitespace() || "()".contains(letter));
        if let Some(offset) = text[until..end].find(inside).filter(|_| !inside.is_empty()) {
            tokens.push(told(text, until + offset, "sql", inside));
        }
        at = end;
    }
    Some(tokens)
}

/// The place behind a string: its quotes are told from those in the expressions inside it, which a regular expression has none of.
fn string_end(text: &str, inside: usize, regex: bool) -> usize {
    // What is open: `{` or `"`.
    let mut open = vec!['"'];
    let mut letters = text[inside..].char_indices();
    while let Some((at, letter)) = letters.next() {
        match (letter, open.last()) {
            ('\\', Some('"')) => drop(letters.next()),
            ('"', Some('"')) => drop(open.pop()),
            ('"', _) => open.push('"'),
            ('{', Some('{')) => open.push('{'),
            ('{', _) if !regex => open.push('{'),
            ('}', Some('{')) => drop(open.pop()),
            _ => {}
        }
        if open.is_empty() {
            return inside + at + 1;
        }
    }
    text.len()
}

fn told(text: &str, start: usize, class: &str, token: &str) -> Json {
    let before = &text[..start];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    json!([line, column, class, token.lines().next()])
}

#[test]
fn grammars_read_what_the_compiler_reads() {
    let (sandbox, patterns) = (Sandbox::new(), Patterns::new());
    let mut expected = serde_json::Map::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ["examples", "src", "stdlib", "tests"]
        .iter()
        .for_each(|folder| files.extend(programs::files(&root.join(folder))));
    let mut programs: Vec<(String, String)> = files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().display().to_string().replace('/', "-");
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    for seed in 0..GENERATED {
        programs.push((format!("pipelines-{seed}.dpl"), generate::program(seed, 1)));
        programs.push((format!("platform-{seed}.dpl"), platforms::platform(seed)));
    }
    for (name, text) in &programs {
        if let Some(tokens) = reading(text, &patterns) {
            sandbox.write(name, text);
            expected.insert(name.clone(), Json::Array(tokens));
        }
    }
    let tokens: usize = expected.values().map(|tokens| tokens.as_array().map_or(0, Vec::len)).sum();
    assert!(expected.len() > 650 && tokens > 200_000, "{} programs, {tokens} tokens", expected.len());
    sandbox.write("expected.json", Json::Object(expected).to_string());
    oracle::judge("check_grammars.py", &["treesitter", "textmate"], &[sandbox.root()]);
}

/// The extension: packaged as for the marketplace, and its commands.
#[test]
fn the_extension_is_packaged_and_its_commands_run() {
    oracle::judge("check_vscode.py", &["vscode", "extension"], &[env!("CARGO_BIN_EXE_dpl")]);
}

/// Somebody works with acme in Neovim.
#[test]
fn neovim_holds_a_session() {
    oracle::tool("check_nvim.py", "nvim", &[], &[env!("CARGO_BIN_EXE_dpl")]);
}

/// What is inserted by the extension's snippets can be read.
#[test]
fn snippets_can_be_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("editors/vscode/snippets/dpl.json")).unwrap();
    let snippets: BTreeMap<String, Json> = serde_json::from_str(&text).unwrap();
    let choice = Regex::new(r"\$\{\d+\|([^,|]+)[^}]*\}").unwrap();
    let filled = Regex::new(r"\$\{\d+:([^}]*)\}").unwrap();
    let patterns = Patterns::new();
    assert!(snippets.len() >= 10);
    for (name, snippet) in snippets {
        let lines: Vec<&str> = snippet["body"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        let text = choice.replace_all(&lines.join("\n"), "$1").replace("$0", "");
        let text = filled.replace_all(&text, "$1").into_owned() + "\n";
        assert!(reading(&text, &patterns).is_some(), "{name}:\n{text}");
    }
}
