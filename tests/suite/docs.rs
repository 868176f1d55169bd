//! The book: the programs that it shows compile or say what they are marked with, its links lead somewhere, the codes that it names exist, and its
//! reference names what the standard library has.
//!
//! A block is marked ```` ```dpl ```` where it is a whole program about which there is nothing to say, `dpl error CODE` or `dpl warning CODE` where
//! that and nothing else is said about it, and `dpl fragment` where it is a part of a program that only has to be readable. As on the pages of the
//! codes, a line `// NAME.dpl` begins another module.

use std::path::{Path, PathBuf};

use dpl::{
    diagnostic::{Severity, catalogue::page},
    library::{self, FieldDecl, Library},
};

use crate::catalogue::analyze;

/// A page: its path from the project's folder, and its text.
struct Page {
    path: PathBuf,
    text: String,
}

/// The pages that users read, sorted.
fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from).to_vec();
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        paths.push(Path::new("docs").join(entry.unwrap().file_name()));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let read = |path: PathBuf| Page { text: std::fs::read_to_string(root.join(&path)).unwrap(), path };
    paths.into_iter().map(read).collect()
}

/// What stands between two fences: where it begins, how it is marked, and its text.
struct Block {
    place: String,
    mark: String,
    text: String,
}

/// The blocks of a page, and the text around them.
fn parts(page: &Page) -> (Vec<Block>, String) {
    let (mut blocks, mut around, mut open) = (Vec::new(), String::new(), None::<Block>);
    for (at, line) in page.text.lines().enumerate() {
        if let Some(block) = &mut open {
            if line == "```" {
                blocks.extend(open.take());
            } else {
                block.text.extend([line, "\n"]);
            }
        } else if let Some(mark) = line.strip_prefix("```") {
            let place = format!("{}:{}", page.path.display(), at + 1);
            open = Some(Block { place, mark: mark.to_owned(), text: String::new() });
        } else {
            around.extend([line, "\n"]);
        }
    }
    assert!(open.is_none(), "{}: a block is never closed", page.path.display());
    (blocks, around)
}

fn is_program(block: &Block) -> bool {
    block.mark == "dpl" || block.mark.starts_with("dpl ")
}

/// All that is said about a program, each once.
fn said(text: &str) -> Vec<String> {
    let word = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let analysis = analyze(text);
    let mut said: Vec<String> = analysis
        .diagnostics
        .iter()
        .map(|diagnostic| format!("{} {}", word(diagnostic.severity), diagnostic.code))
        .collect();
    said.sort();
    said.dedup();
    said
}

/// Whether a part of a program can be read, by itself or as lines of a body. Codes up to DPL0099 are about the text.
fn is_readable(fragment: &str) -> bool {
    let body = format!("pipeline fragment {{\n{fragment}}}\n");
    let fails =
        |text: &str| analyze(text).diagnostics.iter().any(|diagnostic| diagnostic.code.as_str() < "DPL0100");
    !fails(fragment) || !fails(&body)
}

/// What is wrong with a block.
fn fault(block: &Block) -> Option<String> {
    let mark = block.mark.strip_prefix("dpl")?.trim_start();
    if mark == "fragment" {
        return (!is_readable(&block.text)).then(|| format!("{}: can't be read", block.place));
    }
    let wanted: Vec<&str> = if mark.is_empty() { Vec::new() } else { vec![mark] };
    let said = said(&block.text);
    (said != wanted).then(|| format!("{}: {said:?} is said, and not {wanted:?}", block.place))
}

#[test]
fn every_program_says_what_it_is_marked_with() {
    let mut programs = 0;
    let mut faults = Vec::new();
    for page in pages() {
        let (blocks, _) = parts(&page);
        for block in blocks.iter().filter(|block| is_program(block)) {
            programs += 1;
            faults.extend(fault(block));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(programs >= 20, "only {programs} programs are found");
}

#[test]
fn a_program_with_the_wrong_mark_is_found() {
    let wrong = |mark: &str, text: &str| {
        fault(&Block { place: String::new(), mark: mark.to_owned(), text: text.to_owned() }).is_some()
    };
    assert!(wrong("dpl", "planet mars\n"));
    assert!(wrong("dpl error DPL0107", "label secret\n"));
    assert!(wrong("dpl error DPL0101", "planet mars\n"));
    assert!(wrong("dpl warning DPL0107", "planet mars\n"));
    assert!(wrong("dpl fragment", "let = = 3\n"));
    assert!(wrong("dpl frgment", "label secret\n"));
    assert!(!wrong("dpl", "label secret\n"));
    assert!(!wrong("dpl error DPL0107", "planet mars\n"));
    assert!(!wrong("dpl fragment", "let x = 3\nf(x)\n"));
}

/// The targets of the links in a text: what stands between `](` and `)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// A heading as the end of a link: small letters, digits, `_` and `-`.
fn anchor(heading: &str) -> String {
    let kept =
        heading.trim().chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

fn has_heading(text: &str, wanted: &str) -> bool {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#')) == wanted)
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dead = Vec::new();
    for page in pages() {
        let (_, around) = parts(&page);
        for target in links(&around).filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() {
                root.join(&page.path)
            } else {
                root.join(page.path.parent().unwrap()).join(file)
            };
            let there = path.exists()
                && (heading.is_empty() || has_heading(&std::fs::read_to_string(&path).unwrap(), heading));
            if !there {
                dead.push(format!("{}: {target}", page.path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_code_that_is_named_exists() {
    for page_of_book in pages() {
        for rest in page_of_book.text.split("DPL").skip(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let code = format!("DPL{digits}");
            assert!(
                digits.len() != 4 || page(&code).is_some(),
                "{}: there is no {code}",
                page_of_book.path.display()
            );
        }
    }
}

fn names(fields: &[FieldDecl]) -> Vec<&str> {
    fields.iter().map(|field| field.name.as_str()).collect()
}

/// The fields that the reference lists for a kind.
fn rows<'a>(reference: &'a str, kind: &str) -> Vec<&'a str> {
    let section = reference.split_once(&format!("\n### `{kind}`\n")).map_or("", |(_, rest)| rest);
    let section = section.split("\n#").next().unwrap_or_default();
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect()
}

/// Whether the reference has a row that begins with this, and names these fields.
fn has_row(reference: &str, start: &str, fields: &[&str]) -> bool {
    let named = |line: &str, field: &&str| {
        line.contains(&format!("`{field}`")) || line.contains(&format!("`{field} = "))
    };
    reference.lines().any(|line| line.starts_with(start) && fields.iter().all(|field| named(line, field)))
}

/// The rows that the reference must have beside those of kinds: how each begins, with the fields that it names.
fn wanted_rows(library: &Library) -> Vec<(String, Vec<&str>)> {
    let constructors =
        library.constructors.iter().map(|one| (format!("| `{}` |", one.name), names(&one.fields)));
    let integrations =
        library.integrations.iter().map(|one| (format!("| `{}` |", one.name), names(&one.params)));
    let words = library
        .enums
        .iter()
        .map(|one| (format!("| `{}` |", one.name), one.variants.iter().map(|it| it.name.as_str()).collect()));
    let capabilities = library
        .capabilities
        .iter()
        .map(|one| (format!("| `{}` | `{}` |", library.kind(one.kind).name, one.name), Vec::new()));
    let conditions = library.conditions.iter().map(|one| {
        let param = if one.param.is_some() { "(\"…\")" } else { "" };
        (format!("| `{}{param}` |", one.name), vec![one.key.as_str()])
    });
    constructors.chain(integrations).chain(words).chain(capabilities).chain(conditions).collect()
}

#[test]
fn the_reference_names_all_that_the_library_has() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let reference = std::fs::read_to_string(folder.join("kinds.md")).unwrap();
    let library = &library::standard().library;
    let mut missing = Vec::new();
    for kind in &library.kinds {
        let (fields, rows) = (names(&kind.fields), rows(&reference, &kind.name));
        if fields != rows {
            missing.push(format!("`{}` has the fields {fields:?}, and its section {rows:?}", kind.name));
        }
    }
    for (start, fields) in wanted_rows(library) {
        if !has_row(&reference, &start, &fields) {
            missing.push(format!("there is no row `{start} …` with {fields:?}"));
        }
    }
    assert!(missing.is_empty(), "docs/kinds.md:\n{}", missing.join("\n"));
}

#[test]
fn the_page_on_pipelines_names_every_function_of_expressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let text = std::fs::read_to_string(folder.join("pipelines.md")).unwrap();
    for function in &library::standard().library.pipeline_functions {
        let params: Vec<&str> = function.params.iter().map(|(name, _)| name.as_str()).collect();
        let wanted = format!("`{}({})`", function.name, params.join(", "));
        assert!(text.contains(&wanted), "docs/pipelines.md: {wanted} is missing");
    }
}

#[test]
fn the_page_on_streaming_names_every_function_of_sql() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let text = std::fs::read_to_string(folder.join("streaming.md")).unwrap();
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    for function in &library::standard().library.sql_functions {
        assert!(words.contains(&function.name.as_str()), "docs/streaming.md: {} is missing", function.name);
    }
}
