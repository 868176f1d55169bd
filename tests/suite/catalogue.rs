//! Every code has a page that says something.

use dpl::{
    Analysis,
    diagnostic::catalogue::{PAGES, page, title},
    platform::Project,
};

#[test]
fn every_page_has_a_title_and_a_text() {
    for (code, page) in PAGES {
        let rest = page.strip_prefix("# ").unwrap_or_else(|| panic!("{code}: no title"));
        let (title, body) = rest.split_once("\n\n").unwrap_or_else(|| panic!("{code}: no text"));
        assert!(
            !title.trim().is_empty() && !title.ends_with('.') && title.lines().count() == 1,
            "{code}: {title}"
        );
        assert!(!body.trim().is_empty(), "{code}: no text");
    }
}

#[test]
fn codes_are_in_order_and_each_is_there_once() {
    assert!(PAGES.is_sorted_by(|(first, _), (second, _)| first < second));
}

#[test]
fn every_page_file_is_in_the_catalogue() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/diagnostic/pages");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let code = name.strip_suffix(".md").unwrap();
        assert!(page(code).is_some(), "{name} is in no catalogue");
    }
}

#[test]
fn a_title_is_its_pages_first_line() {
    let (code, _) = PAGES.first().unwrap();
    assert_eq!(title(*code), "The text can't be read");
}

/// A page's first program.
fn example(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("\n```dpl\n")?;
    rest.split_once("\n```").map(|(example, _)| example)
}

/// An example's modules by name: each begins with a comment that names its file; without one, all is one module.
fn modules(example: &str) -> Vec<(&str, String)> {
    let mut modules = vec![("example", String::new())];
    for line in example.lines() {
        let named = line.strip_prefix("// ").and_then(|name| name.strip_suffix(".dpl"));
        match (named, modules.last_mut()) {
            (Some(name), _) => modules.push((name, String::new())),
            (None, Some((_, text))) => text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    modules.retain(|(_, text)| !text.trim().is_empty());
    modules
}

/// Analyzes an example as a program of its own.
pub fn analyze(example: &str) -> Analysis {
    let mut sources = dpl::sources();
    for (name, text) in modules(example) {
        sources.add(format!("{name}.dpl"), name, text, false);
    }
    dpl::analyze(sources, Project::default())
}

/// The codes of all that is said about an example.
fn codes(example: &str) -> Vec<&'static str> {
    let analysis = analyze(example);
    analysis.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn every_example_gives_its_code_and_no_other() {
    let mut wrong = Vec::new();
    for (code, page) in PAGES {
        if let Some(example) = example(page) {
            let mut codes = codes(example);
            codes.dedup();
            if codes != [code.as_str()] {
                wrong.push(format!("{code}: {codes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Codes that no checked program can show: a fault of the standard library itself, and what only `dpl run`, `dpl test`, `dpl can`, `dpl who-can`
/// and `dpl build --target` say; tags that only `dpl.toml` requires; and a state machine that is too large for a page.
const WITHOUT_EXAMPLE: [&str; 11] = [
    "DPL0219", "DPL0299", "DPL0345", "DPL0346", "DPL0543", "DPL0726", "DPL0810", "DPL0811", "DPL0812",
    "DPL0820", "DPL0914",
];

#[test]
fn every_page_shows_a_program_or_a_configuration() {
    for (code, page) in PAGES.iter().filter(|(code, _)| !WITHOUT_EXAMPLE.contains(&code.as_str())) {
        assert!(example(page).is_some() || page.contains("\n```toml\n"), "{code}: no example");
    }
}
