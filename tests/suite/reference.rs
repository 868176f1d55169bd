//! The reference, before what it is about: the words of the grammar, the sentences, the verbs and options of the command, the codes.

use std::{collections::BTreeSet, path::Path};

use regex::Regex;

use super::command::Sandbox;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words in a page's code, in blocks and between backticks.
fn words_of_code(page: &str) -> BTreeSet<&str> {
    let code = Regex::new(r"(?s)```.*?```|`[^`]*`").unwrap();
    let word = Regex::new(r"[A-Za-z_][A-Za-z0-9_]*").unwrap();
    code.find_iter(page).flat_map(|it| word.find_iter(it.as_str()).map(|found| found.as_str())).collect()
}

#[test]
fn the_reference_shows_every_word_of_the_grammar() {
    let (grammar, page) = (read("grammar/dpl.pest"), read("docs/language.md"));
    let shown = words_of_code(&page);
    let word = Regex::new(r#""([a-z]{2,})""#).unwrap();
    // Words of other languages are read to be mended, and are none of this one's.
    let own = grammar.lines().filter(|line| !line.starts_with("foreign_"));
    let words: BTreeSet<&str> =
        own.flat_map(|line| word.captures_iter(line)).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(words.len() > 50, "only {} words are found in the grammar", words.len());
    let missing: Vec<&&str> = words.iter().filter(|word| !shown.contains(**word)).collect();
    assert!(missing.is_empty(), "docs/language.md shows none of {missing:?}");
}

#[test]
fn the_reference_has_a_section_on_each_sentence() {
    let (grammar, page) = (read("grammar/dpl.pest"), read("docs/language.md"));
    let rule = grammar.lines().find(|line| line.starts_with("sentence_word")).unwrap();
    let word = Regex::new(r#""([a-z]+)""#).unwrap();
    for sentence in word.captures_iter(rule).map(|found| found.get(1).unwrap().as_str().to_owned()) {
        let there =
            page.contains(&format!("\n### `{sentence}`\n")) || page.contains(&format!("\n| `{sentence} "));
        assert!(there, "docs/language.md has no section on `{sentence}`");
    }
}

/// What a verb's help says: its usage without `[OPTIONS]`, its first paragraph, its options.
fn help(sandbox: &Sandbox, verb: &str) -> (String, String, Vec<String>) {
    let arguments: Vec<&str> = verb.split(' ').chain(["--help"]).collect();
    let said = sandbox.dpl(&arguments);
    let text = &said.fine().out;
    let about = text.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap();
    let usage = usage.replace(" [OPTIONS]", "");
    let option = Regex::new(r"(?m)^\s+(?:-\w, )?--([a-z-]+)").unwrap();
    let options = option.captures_iter(text).map(|found| found[1].to_owned());
    (usage, about, options.filter(|name| name != "help").collect())
}

#[test]
fn the_page_of_the_command_lists_every_verb_and_option() {
    let sandbox = Sandbox::new();
    let page = read("docs/command.md");
    let said = sandbox.dpl(&["--help"]);
    let (_, rest) = said.fine().out.split_once("\nCommands:\n").unwrap();
    let listed = rest.lines().take_while(|line| !line.is_empty());
    let verbs =
        listed.filter(|line| !line.starts_with("   ")).map(|line| line.split_whitespace().next().unwrap());
    let mut rows = 0;
    for verb in verbs.filter(|verb| *verb != "help").chain(["explain access"]) {
        let (usage, about, options) = help(&sandbox, verb);
        let options: Vec<String> = options.iter().map(|name| format!("`--{name}`")).collect();
        let options = if options.is_empty() { "–".to_owned() } else { options.join(", ") };
        let row = format!("| `{usage}` | {about} | {options} |");
        assert!(page.lines().any(|line| line == row), "docs/command.md lacks\n{row}");
        rows += 1;
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("| `dpl ")).count(), rows, "rows of no verb");
}
