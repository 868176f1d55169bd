//! The four formats, and that no text of a user can break out of them.

use dpl::diagnostic::render::terminal::Style;
use dpl::diagnostic::render::{github, json, junit, markdown, sarif, terminal};
use dpl::diagnostic::{Diagnostic, catalogue};
use dpl::source::{SourceMap, Span};
use serde_json::Value;

const PLAIN: Style = Style { color: false, width: 100 };

const LAKE: &str =
    "use accounts\n\nbucket landing in lake {\n  encryptoin = lake_key\n}\n\nbucket landing in prod {}\n";
const ACCOUNTS: &str = "account lake { id = \"222222222222\" }\nkey lake_key in lake {}\n";

/// The span of the nth place where a text stands, over all files.
fn find(sources: &SourceMap, text: &str, nth: usize) -> Span {
    let places = sources.files().flat_map(|(_, file)| {
        file.text
            .match_indices(text)
            .map(|(at, _)| file.base + u32::try_from(at).unwrap())
            .collect::<Vec<_>>()
    });
    let start = places.into_iter().nth(nth).unwrap();
    Span::new(start, start + u32::try_from(text.len()).unwrap())
}

fn example() -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    sources.add("p/accounts.dpl", "accounts", ACCOUNTS, false);
    sources.add("p/lake.dpl", "lake", LAKE, false);
    let misspelled = find(&sources, "encryptoin", 0);
    let diagnostics = vec![
        Diagnostic::error(catalogue::SYNTAX, misspelled, "a bucket has no field `encryptoin`", "not known")
            .help("did you mean `encryption`?")
            .fix(misspelled, "encryption")
            .related(find(&sources, "lake_key", 0), "the key is declared here"),
        Diagnostic::warning(
            catalogue::SYNTAX,
            find(&sources, "landing", 1),
            "two buckets are `landing`",
            "again",
        )
        .related(find(&sources, "landing", 0), "first here"),
    ];
    (sources, diagnostics)
}

/// One file, one diagnostic on the first place where `word` stands.
fn single(path: &str, text: &str, word: &str, message: &str) -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::default();
    sources.add(path, "m", text, false);
    let span = find(&sources, word, 0);
    (sources, vec![Diagnostic::error(catalogue::SYNTAX, span, message, message).help(message)])
}

#[test]
fn a_terminal_shows_every_place_in_its_file() {
    let (sources, diagnostics) = example();
    insta::assert_snapshot!(terminal::render(&diagnostics, &sources, PLAIN));
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let (sources, diagnostics) = example();
    let colored = terminal::render(&diagnostics, &sources, Style { color: true, width: 100 });
    assert!(colored.contains("\u{1b}["));
    assert!(!terminal::render(&diagnostics, &sources, PLAIN).contains('\u{1b}'));
}

#[test]
fn nothing_to_say_is_nothing_said() {
    let sources = SourceMap::default();
    assert_eq!(terminal::render(&[], &sources, PLAIN), "");
    assert_eq!(json::render(&[], &sources), "");
    assert_eq!(github::render(&[], &sources), "");
}

#[test]
fn json_has_a_line_for_each() {
    let (sources, diagnostics) = example();
    let lines = json::render(&diagnostics, &sources);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    insta::assert_snapshot!(lines);
}

#[test]
fn github_has_a_command_for_each() {
    let (sources, diagnostics) = example();
    insta::assert_snapshot!(github::render(&diagnostics, &sources));
}

#[test]
fn sarif_has_rules_results_and_fixes() {
    let (sources, diagnostics) = example();
    let mut log: Value = serde_json::from_str(&sarif::render(&diagnostics, &sources)).unwrap();
    let driver = log.pointer_mut("/runs/0/tool/driver").unwrap();
    let rules = driver.as_object_mut().unwrap().remove("rules").unwrap();
    assert_eq!(rules.as_array().unwrap().len(), catalogue::PAGES.len());
    assert_eq!(rules.pointer("/0/id").unwrap(), "DPL0001");
    driver.as_object_mut().unwrap().remove("version");
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}

const HOSTILE: &str = "\u{1b}[2J\r\n::error::x\u{202e}\u{0}\u{9b}31m%0A\u{7f}\"";

#[test]
fn no_text_steers_a_terminal() {
    let source = format!("a {HOSTILE} here\rcovered\n");
    let (sources, diagnostics) = single("evil\u{1b}[31m.dpl", &source, "here", HOSTILE);
    let shown = terminal::render(&diagnostics, &sources, PLAIN);
    let steering = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
    assert!(!shown.contains(steering), "{shown:?}");
    assert!(shown.contains("here"));
}

#[test]
fn no_text_makes_a_second_line_of_a_machine_format() {
    let (sources, diagnostics) = single("a,b:c%\n::warning::.dpl", HOSTILE, "error", HOSTILE);
    let command = github::render(&diagnostics, &sources);
    assert_eq!(command.lines().count(), 1, "{command}");
    assert!(!command.contains('\r'));
    assert!(command.starts_with("::error file=a%2Cb%3Ac%25%0A%3A%3Awarning%3A%3A.dpl,line="), "{command}");
    let line = json::render(&diagnostics, &sources);
    assert_eq!(line.lines().count(), 1);
    let value: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value.get("message").unwrap(), HOSTILE);
    let log: Value = serde_json::from_str(&sarif::render(&diagnostics, &sources)).unwrap();
    let uri = log.pointer("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri").unwrap();
    assert_eq!(uri, "a%2Cb%3Ac%25%0A%3A%3Awarning%3A%3A.dpl");
}

#[test]
fn columns_count_characters_and_offsets_bytes() {
    let (sources, diagnostics) = single("a.dpl", "x\nä€𝄞 here", "here", "m");
    let value: Value = serde_json::from_str(&json::render(&diagnostics, &sources)).unwrap();
    assert_eq!(value.pointer("/start/line").unwrap(), 2);
    assert_eq!(value.pointer("/start/column").unwrap(), 5);
    assert_eq!(value.pointer("/start/offset").unwrap(), 12);
}

#[test]
fn a_file_of_windows_is_shown_like_any_other() {
    let (sources, diagnostics) = single("a.dpl", "one\r\ntwo here\r\nthree\r\n", "here", "m");
    let shown = terminal::render(&diagnostics, &sources, PLAIN);
    assert!(shown.contains("a.dpl:2:5") && shown.contains("three") && !shown.contains('\r'), "{shown}");
}

#[test]
fn places_at_the_edges_of_a_file_can_be_shown() {
    let mut sources = SourceMap::default();
    sources.add("empty.dpl", "empty", "", false);
    sources.add("b.dpl", "b", "one\ntwo", false);
    sources.add("c.dpl", "c", "three\n", false);
    let ends: Vec<_> = sources.files().flat_map(|(_, file)| [file.span().start, file.span().end]).collect();
    for at in ends {
        let fault = Diagnostic::error(catalogue::SYNTAX, Span::new(at, at), "cut off here", "the end");
        let shown = terminal::render(std::slice::from_ref(&fault), &sources, PLAIN);
        assert!(!shown.contains("Failed"), "{shown}");
        let value: Value = serde_json::from_str(&json::render(&[fault], &sources)).unwrap();
        assert!(value.get("file").is_some());
    }
    let beyond = Diagnostic::error(catalogue::SYNTAX, Span::new(0, 9_999), "everything", "all");
    let value: Value = serde_json::from_str(&json::render(&[beyond], &sources)).unwrap();
    assert_eq!(value.get("file").unwrap(), "empty.dpl");
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!("{} here {}\n", "ä".repeat(500_000), "ö".repeat(500_000));
    let (sources, diagnostics) = single("long.dpl", &text, "here", "m");
    let shown = terminal::render(&diagnostics, &sources, PLAIN);
    assert!(shown.len() < 2_000, "{} bytes", shown.len());
    assert!(shown.contains("long.dpl:1:500002") && shown.contains("here"), "{shown}");
}

#[test]
fn a_long_place_is_marked_on_its_first_line() {
    let text = format!("bucket a {{\n{}}}\n", "  x = 1\n".repeat(1_000));
    let (sources, mut diagnostics) = single("a.dpl", &text, "bucket", "m");
    for diagnostic in &mut diagnostics {
        diagnostic.span = Span::new(0, u32::try_from(text.len()).unwrap());
    }
    let shown = terminal::render(&diagnostics, &sources, PLAIN);
    assert!(shown.lines().count() < 15, "{shown}");
}

#[test]
fn time_grows_with_the_number_of_diagnostics_alone() {
    let text = "bad line\n".repeat(100_000);
    let mut sources = SourceMap::default();
    sources.add("a.dpl", "a", text.as_str(), false);
    let diagnostics: Vec<_> = (0..20_000_u32)
        .map(|nth| Diagnostic::error(catalogue::SYNTAX, Span::new(nth * 45, nth * 45 + 3), "bad", "bad"))
        .collect();
    let shown = terminal::render(&diagnostics, &sources, PLAIN);
    assert!(shown.ends_with("20000 errors\n"));
    assert!(shown.contains("a.dpl:99996:1"));
}

#[test]
fn junit_has_a_suite_a_file() {
    let (sources, diagnostics) = example();
    insta::assert_snapshot!(junit::render(&diagnostics, &sources));
}

#[test]
fn a_summary_is_a_table() {
    let (sources, diagnostics) = example();
    insta::assert_snapshot!(markdown::render(&diagnostics, &sources));
    let (sources, _) = example();
    assert_eq!(markdown::render(&[], &sources), "### dpl: no problems in 2 files\n");
}

#[test]
fn no_text_becomes_markup() {
    let message = "a `x|y` <b>&\"]]>\u{1} | **bold** [link](http://x) @team\nnext";
    let (sources, diagnostics) = single("a&b|c.dpl", "word", "word", message);
    insta::assert_snapshot!(junit::render(&diagnostics, &sources));
    insta::assert_snapshot!(markdown::render(&diagnostics, &sources));
}
