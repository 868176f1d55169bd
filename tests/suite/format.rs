//! The canonical layout: it changes nothing but blanks, and a second time nothing at all.

use std::path::{Path, PathBuf};

use dpl::format;
use dpl::source::SourceMap;
use regex::Regex;
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use super::command::Sandbox;
use super::programs::tree;

/// The canonical text; nothing where the text can't be read.
fn formatted(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("case.dpl", "case", text, false);
    format::format(&sources, file).ok()
}

/// Everything that the layout must keep: the tree without its places, the tokens of its SQL, the comments.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    tree: String,
    sql: Vec<String>,
    comments: Vec<String>,
}

fn meaning(text: &str) -> Option<Meaning> {
    let debug = tree(text)?;
    let span = Regex::new(r"Span \{ start: (\d+), end: (\d+) \}").unwrap();
    let sql_span = Regex::new(r"Sql \{ span: Span \{ start: (\d+), end: (\d+) \} \}").unwrap();
    let sql = sql_span.captures_iter(&debug).flat_map(|found| {
        let [start, end] = [1, 2].map(|at| found[at].parse::<usize>().unwrap());
        sql_tokens(&text[start..end])
    });
    let tree = span.replace_all(&debug, "").into_owned();
    Some(Meaning { tree, sql: sql.collect(), comments: comments(text) })
}

/// SQL's tokens, its comments among them, as a tokenizer of others reads them.
fn sql_tokens(sql: &str) -> Vec<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize();
    let Ok(tokens) = tokens else { return sql.split_whitespace().map(str::to_owned).collect() };
    let kept = tokens.into_iter().filter_map(|token| match token {
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
            Some(comment.trim_end().to_owned())
        }
        Token::Whitespace(Whitespace::MultiLineComment(comment)) => Some(comment),
        Token::Whitespace(_) => None,
        other => Some(other.to_string()),
    });
    kept.collect()
}

/// The comments outside of strings, in their order.
fn comments(text: &str) -> Vec<String> {
    let comment = Regex::new(r#""(?:\\.|[^"\\\n])*"|'[^'\n]*'|(//[^\n]*|/\*(?s:.*?)\*/)"#).unwrap();
    let found =
        comment.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str().trim_end().to_owned()));
    found.collect()
}

fn keeps_everything(name: &str, text: &str) {
    let Some(before) = meaning(text) else {
        assert_eq!(formatted(text), None, "{name}: what can't be read is not touched");
        return;
    };
    let once = formatted(text).unwrap_or_else(|| panic!("{name} can be read"));
    let after = meaning(&once).unwrap_or_else(|| panic!("{name} can't be read any more:\n{once}"));
    assert_eq!(before, after, "{name} means something else:\n{text}\n----\n{once}");
    let twice = formatted(&once).unwrap();
    assert_eq!(once, twice, "{name} changes a second time, from:\n{text}");
    let blank = once.lines().find(|line| line.ends_with(' ') || line.contains('\t'));
    assert!(blank.is_none() || text.contains("'\n") || text.contains("*/"), "{name}: {blank:?}");
}

/// Every program of the repository, and those in the book and in the pages of codes.
fn programs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["examples", "src", "stdlib", "tests", "docs", "benches"] {
        collect(&root.join(folder), &mut files);
    }
    let block = Regex::new(r"(?ms)^```dpl[^\n]*\n(.*?)^```").unwrap();
    let mut programs = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        if name.ends_with(".md") {
            programs.extend(block.captures_iter(&text).map(|found| (name.clone(), found[1].to_owned())));
        } else {
            programs.push((name, text));
        }
    }
    assert!(programs.len() > 300, "{} programs", programs.len());
    programs
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "dpl" || extension == "md") {
            files.push(path);
        }
    }
    files.sort();
}

#[test]
fn every_program_keeps_its_meaning_and_comments() {
    for (name, text) in programs() {
        keeps_everything(&name, &text);
    }
}

/// Blanks become line ends, comments and other blanks at random places: what can still be read keeps its meaning.
#[test]
fn programs_with_other_blanks_keep_their_meaning() {
    let mut random = Random(0x5eed);
    let mut read = 0;
    for (name, text) in programs() {
        if text.len() > 2_500 {
            continue;
        }
        for round in 0..1 {
            let changed = with_other_blanks(&text, &mut random);
            read += usize::from(meaning(&changed).is_some());
            keeps_everything(&format!("{name}, round {round}"), &changed);
        }
    }
    assert!(read > 60, "only {read} could be read");
}

fn with_other_blanks(text: &str, random: &mut Random) -> String {
    let mut out = String::new();
    let mut string = false;
    for (at, character) in text.char_indices() {
        string = match character {
            '"' => !string,
            '\n' => false,
            _ => string,
        };
        let blank = character == ' ' && !string;
        let comment =
            text[..at].rsplit('\n').next().is_some_and(|line| line.contains("//") || line.contains("--"));
        match random.below(40) {
            0 if blank && !comment => out.push('\n'),
            1 if blank && !comment => out.push_str(" /* x */ "),
            2 if blank && !comment => out.push_str(" // y\n"),
            3 if blank && !comment => out.push_str("   "),
            4 if character == '\n' => out.push_str("\n\n\n"),
            5 if character == '\n' && !comment => out.push_str("  // z\n"),
            6 if character == '\n' => out.push_str("\n  // w\n"),
            7 if matches!(character, '{' | '(' | '[') && !string && !comment => {
                out.push(character);
                out.push('\n');
            }
            _ => out.push(character),
        }
    }
    out
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Acme is the reference for the layout too; the standard library and what `dpl init` writes are shown to users.
#[test]
fn acme_and_the_library_stay_as_they_are() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme"), &mut files);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/starter"), &mut files);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib"), &mut files);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "dpl"));
    assert!(files.len() > 60);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(formatted(&text).as_deref(), Some(text.as_str()), "{}", path.display());
    }
}

#[test]
fn cases_are_laid_out() {
    insta::glob!("../cases/format", "*.dpl", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        insta::assert_snapshot!(formatted(&text).expect("the case can be read"));
    });
}

#[test]
fn the_command_writes_checks_and_shows() {
    let sandbox = Sandbox::new();
    let (crooked, straight) =
        ("label  own\nlabel   other // why\n", "label own\nlabel other                             // why\n");
    sandbox.write("a.dpl", crooked).write("b/c.dpl", straight).write("b/broken.dpl", "label {\n");
    sandbox.write(".hidden/x.dpl", crooked);
    let said = sandbox.dpl(&["fmt", "--check"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), "a.dpl\n"));
    assert!(said.err.contains("DPL0003") || said.err.contains("DPL0001"), "{}", said.err);
    assert!(said.err.contains("1 file would be laid out anew, 1 unchanged, 1 can't be read"), "{}", said.err);
    let said = sandbox.dpl(&["fmt", "--diff", "a.dpl"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("-label  own\n") && said.out.contains("+label own\n"), "{}", said.out);
    assert_eq!(sandbox.read("a.dpl"), crooked);

    let said = sandbox.dpl(&["fmt", "a.dpl", "a.dpl", "b/c.dpl"]);
    said.fine();
    assert_eq!(said.out, "a.dpl\n");
    assert_eq!(sandbox.read("a.dpl"), straight);
    assert_eq!(sandbox.dpl(&["fmt", "."]).code, Some(1), "a broken file is told");
    assert_eq!(sandbox.read("b/broken.dpl"), "label {\n");
    assert_eq!(sandbox.read(".hidden/x.dpl"), crooked);
    sandbox.dpl(&["fmt", "nowhere"]).refused(2, &["can't read `nowhere`"]);
}

#[test]
fn the_command_reads_standard_input_for_editors() {
    let sandbox = Sandbox::new();
    let run = |arguments: &[&str], text: &str| {
        use std::io::Write as _;
        let mut command = sandbox.command(arguments);
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let editor = ["fmt", "--stdin-filename", "shop.dpl"];
    assert_eq!(run(&editor, "label  own"), (Some(0), "label own\n".to_owned(), String::new()));
    assert_eq!(run(&[&editor[..], &["--check"]].concat(), "label own\n").0, Some(0));
    assert_eq!(run(&[&editor[..], &["--check"]].concat(), "label  own\n").0, Some(1));
    let (code, out, err) = run(&editor, "label {");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("shop.dpl"), "{err}");
}
