//! Whole programs: the examples compile, and what comes out depends on what they say alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use dpl::{
    Analysis,
    diagnostic::{
        Diagnostics, Severity,
        render::terminal::{Style, render},
    },
    platform::Project,
    source::SourceMap,
    syntax,
};

/// Module and text of every file of an example, sorted.
pub fn example(name: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "dpl") {
            let module = path.file_stem().unwrap().to_string_lossy().into_owned();
            files.push((module, std::fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

pub fn analyze(files: &[(String, String)]) -> Analysis {
    let mut sources = dpl::sources();
    for (module, text) in files {
        sources.add(format!("{module}.dpl"), module.clone(), text.clone(), false);
    }
    dpl::analyze(sources, Project::default())
}

/// The tree of a text as it is printed; nothing where it can't be read.
pub fn tree(text: &str) -> Option<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("case.dpl", "case", text, false);
    let mut diagnostics = Diagnostics::default();
    let module = syntax::parse(file, sources.file(file).unwrap(), &mut diagnostics);
    let broken = diagnostics.into_sorted().iter().any(|found| found.severity == Severity::Error);
    (!broken).then(|| format!("{module:?}"))
}

/// Every file of the language in a folder and those below it, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "dpl") {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub fn messages(analysis: &Analysis) -> String {
    render(&analysis.diagnostics, &analysis.sources, Style { color: false, width: 110 })
}

fn artifacts(files: &[(String, String)]) -> BTreeMap<String, String> {
    let analysis = analyze(files);
    assert!(!analysis.has_errors(), "{}", messages(&analysis));
    dpl::compile(&analysis, &[]).files.into_iter().map(|file| (file.path, file.text)).collect()
}

#[test]
fn the_standard_library_has_no_fault() {
    let standard = dpl::library::standard();
    let faults = standard.diagnostics.clone().into_sorted();
    assert!(faults.is_empty(), "{}", render(&faults, &standard.sources, Style { color: false, width: 110 }));
}

/// Acme copies everything again each night, as the platform did that it is modelled on. That deserves a warning, and nothing else in it does.
#[test]
fn acme_compiles_with_the_one_warning_that_it_deserves() {
    let analysis = analyze(&example("acme"));
    let codes: Vec<&str> = analysis.diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["DPL0406"], "{}", messages(&analysis));
    assert!(!dpl::compile(&analysis, &[]).files.is_empty());
}

#[test]
fn the_order_of_files_does_not_show() {
    let files = example("acme");
    let first = artifacts(&files);
    let reversed: Vec<_> = files.iter().rev().cloned().collect();
    assert_eq!(first, artifacts(&reversed));
    let (head, tail) = files.split_at(files.len() / 2);
    let turned: Vec<_> = tail.iter().chain(head).cloned().collect();
    assert_eq!(first, artifacts(&turned));
}

/// The declarations and sentences of a file, each with its comments: what begins at a line's first column.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().filter(|line| !line.starts_with("use ")) {
        let comment = line.starts_with("///");
        let begins = !line.is_empty() && !line.starts_with([' ', '}', ')', ']']);
        if begins && !open {
            items.push(String::new());
        }
        open = comment;
        if let Some(item) = items.last_mut() {
            item.push_str(line);
            item.push('\n');
        }
    }
    items
}

#[test]
fn the_place_of_a_declaration_does_not_show() {
    let files = example("acme");
    let first = artifacts(&files);
    let mut all: Vec<String> = files.iter().flat_map(|(_, text)| items(text)).collect();
    let one_file = |items: &[String]| vec![("all".to_owned(), items.join("\n"))];
    assert_eq!(first, artifacts(&one_file(&all)), "in one file");
    all.reverse();
    assert_eq!(first, artifacts(&one_file(&all)), "in one file, the last first");
    all.sort();
    assert_eq!(first, artifacts(&one_file(&all)), "in one file, sorted");
}
