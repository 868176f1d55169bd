//! What newcomers get wrong: each mistake has a diagnostic with a mend, and what is mended by itself is right afterwards.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use dpl::diagnostic::{Diagnostic, Severity};

use crate::programs::analyze;

/// A range of a text, and what to put there.
type Mend = (Range<usize>, String);

/// A mistake: its name, and what is replaced by what, in turn.
struct Mistake {
    name: String,
    changes: Vec<(String, String)>,
}

fn mistakes(text: &str) -> Vec<Mistake> {
    let mut found: Vec<Mistake> = Vec::new();
    let mut writing = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            found.push(Mistake { name: name.to_owned(), changes: Vec::new() });
            writing = true;
        } else if let Some(right) = line.strip_prefix("- ") {
            let changes = &mut found.last_mut().unwrap().changes;
            if writing {
                changes.push((String::new(), String::new()));
                writing = false;
            } else {
                changes.last_mut().unwrap().0.push('\n');
            }
            changes.last_mut().unwrap().0.push_str(right);
        } else if let Some(wrong) = line.strip_prefix("+ ") {
            let (_, written) = found.last_mut().unwrap().changes.last_mut().unwrap();
            if writing {
                written.push('\n');
            }
            written.push_str(wrong);
            writing = true;
        }
    }
    found
}

/// The template `mesh`, and the file in which the mistakes are made.
fn program() -> (Vec<(String, String)>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let starter = root.join("src/cli/starter");
    let mut paths: Vec<_> =
        std::fs::read_dir(starter.join("mesh")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.push(starter.join("accounts.dpl"));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dpl"));
    let read = |path: &std::path::PathBuf| {
        (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    let mut files: Vec<(String, String)> = paths.iter().map(read).collect();
    files.sort();
    (files, std::fs::read_to_string(root.join("tests/cases/newcomers/orders.dpl")).unwrap())
}

/// What is said about a program, with the text at each place, and the mends of its own file as ranges.
fn said(files: &[(String, String)], text: &str) -> (Vec<(Diagnostic, String)>, Vec<Mend>) {
    let mut all = files.to_vec();
    all.push(("orders".to_owned(), text.to_owned()));
    let analysis = analyze(&all);
    let (_, own) = analysis.sources.files().find(|(_, file)| file.path == "orders.dpl").unwrap();
    let start = own.span().start;
    let mut mends: Vec<Mend> = Vec::new();
    for one in &analysis.diagnostics {
        let Some(fix) = &one.fix else { continue };
        let range = (fix.span.start - start) as usize..(fix.span.end - start) as usize;
        let apart = |known: &Range<usize>| range.end < known.start || known.end < range.start;
        if mends.iter().all(|(known, _)| apart(known)) {
            mends.push((range, fix.replacement.clone()));
        }
    }
    let shown =
        |one: &Diagnostic| analysis.sources.text(one.span).lines().next().unwrap_or_default().to_owned();
    let list = analysis.diagnostics.iter().map(|one| (one.clone(), shown(one))).collect();
    (list, mends)
}

fn mended(text: &str, mut mends: Vec<Mend>) -> String {
    mends.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, replacement) in mends {
        text.replace_range(range, &replacement);
    }
    text
}

#[test]
fn each_mistake_has_a_mend() {
    let (files, right) = program();
    assert!(said(&files, &right).0.is_empty(), "{:?}", said(&files, &right).0);
    let list = include_str!("../cases/newcomers/mistakes.txt");
    let mistakes = mistakes(list);
    assert!(mistakes.len() > 100, "{}", mistakes.len());
    let (mut report, mut without, mut by_itself) = (String::new(), Vec::new(), 0);
    for mistake in &mistakes {
        let mut text = right.clone();
        for (old, new) in &mistake.changes {
            assert!(text.contains(old), "{}: {old} is not there", mistake.name);
            text = text.replacen(old, new, 1);
        }
        let (list, mends) = said(&files, &text);
        writeln!(report, "{}", mistake.name).unwrap();
        for (one, at) in &list {
            let help = one.help.as_deref().unwrap_or(&one.label);
            writeln!(report, "  {} `{at}`: {}; {help}", one.code, one.message).unwrap();
        }
        let silent = list.is_empty()
            || list.iter().any(|(one, _)| one.help.is_none() && !one.label.starts_with("expected"));
        if silent {
            without.push(mistake.name.clone());
        }
        let mut rounds = 0;
        let mut left = (list, mends);
        // A mend may bring the next fault to light, as with one who reads on.
        while !left.1.is_empty() && rounds < 4 {
            text = mended(&text, left.1);
            left = said(&files, &text);
            rounds += 1;
        }
        let errors = left.0.iter().filter(|(one, _)| one.severity == Severity::Error).count();
        by_itself += usize::from(rounds > 0 && errors == 0);
        match (rounds, errors) {
            (0, _) => {}
            (_, 0) => writeln!(report, "  mended").unwrap(),
            _ => {
                let rest: Vec<String> =
                    left.0.iter().map(|(one, at)| format!("{} `{at}`", one.code)).collect();
                writeln!(report, "  then {}", rest.join(", ")).unwrap();
            }
        }
    }
    assert!(without.is_empty(), "without a mend: {without:?}");
    assert!(
        by_itself * 3 > mistakes.len() * 2,
        "{by_itself} of {} are mended by their fixes",
        mistakes.len()
    );
    insta::assert_snapshot!(report);
}
