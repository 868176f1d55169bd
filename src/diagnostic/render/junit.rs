//! JUnit's XML, which CI systems show as test results. There is no standard of it; these are the elements and attributes that Jenkins, GitLab and
//! GitHub's actions for it share: <https://github.com/testmoapp/junitxml>. Times are left out, so that the same program gives the same bytes.
//!
//! Of diagnostics, a file is a suite, each of its errors a failed test. A file about which there is nothing to say is a test that passed, and so
//! is a warning, which has its text as output.

use std::fmt::Write as _;

use super::place::Place;
use super::severity_name;
use crate::diagnostic::{Diagnostic, Severity, catalogue};
use crate::source::{SourceFile, SourceMap};

/// Tests that belong together.
#[derive(Clone, Debug)]
pub struct Suite {
    /// What they are tests of.
    pub name: String,
    /// The tests, in the order in which they are shown.
    pub cases: Vec<Case>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is a test of.
    pub class: String,
    /// Its own name.
    pub name: String,
    /// The file and the line that it stands at.
    pub place: Option<(String, u32)>,
    /// How it ended.
    pub ending: Ending,
}

/// How a test ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Well.
    Passed,
    /// Well, with something to say.
    Said(String),
    /// Not well.
    Failed {
        /// The kind of failure.
        kind: String,
        /// What is wrong, in a line.
        message: String,
        /// The whole of it.
        text: String,
    },
}

/// One document of diagnostics.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let own = sources.files().filter(|(_, file)| !file.library);
    let suites: Vec<Suite> = own.map(|(_, file)| suite(file, diagnostics, sources)).collect();
    document(&suites)
}

fn suite(file: &SourceFile, diagnostics: &[Diagnostic], sources: &SourceMap) -> Suite {
    let here = |one: &&Diagnostic| sources.file_of(one.span).is_some_and(|(_, it)| it.base == file.base);
    let mut cases: Vec<Case> =
        diagnostics.iter().filter(here).map(|one| case(&file.path, one, sources)).collect();
    if cases.is_empty() {
        let class = file.path.clone();
        cases.push(Case { class, name: "check".to_owned(), place: None, ending: Ending::Passed });
    }
    Suite { name: file.path.clone(), cases }
}

fn case(file: &str, diagnostic: &Diagnostic, sources: &SourceMap) -> Case {
    let place = Place::of(sources, diagnostic.span);
    let (line, column) = place.map_or((1, 1), |place| (place.start.line, place.start.column));
    let title = catalogue::title(diagnostic.code);
    let mut text = format!("{file}:{line}:{column}: {}", diagnostic.label);
    if let Some(help) = &diagnostic.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    let message = &diagnostic.message;
    Case {
        class: file.to_owned(),
        name: format!("{} {title} ({line}:{column})", diagnostic.code),
        place: Some((file.to_owned(), line)),
        ending: match diagnostic.severity {
            Severity::Error => Ending::Failed {
                kind: severity_name(diagnostic.severity).to_owned(),
                message: message.to_string(),
                text,
            },
            Severity::Warning => Ending::Said(format!("warning: {message}\n{text}")),
        },
    }
}

/// The document of some suites.
pub fn document(suites: &[Suite]) -> String {
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failed: usize = suites.iter().map(failures).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dpl\" tests=\"{tests}\" failures=\"{failed}\">\n"
    );
    for suite in suites {
        let (name, tests, failed) = (attribute(&suite.name), suite.cases.len(), failures(suite));
        let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">");
        suite.cases.iter().for_each(|case| write_case(case, &mut out));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

fn failures(suite: &Suite) -> usize {
    suite.cases.iter().filter(|case| matches!(case.ending, Ending::Failed { .. })).count()
}

fn write_case(case: &Case, out: &mut String) {
    let (class, name) = (attribute(&case.class), attribute(&case.name));
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\"");
    if let Some((file, line)) = &case.place {
        let _ = write!(out, " file=\"{}\" line=\"{line}\"", attribute(file));
    }
    let inside = match &case.ending {
        Ending::Passed => return out.push_str("/>\n"),
        Ending::Said(text) => format!("<system-out>{}</system-out>", escaped(text)),
        Ending::Failed { kind, message, text } => {
            let (kind, message, text) = (attribute(kind), attribute(message), escaped(text));
            format!("<failure type=\"{kind}\" message=\"{message}\">{text}</failure>")
        }
    };
    let _ = writeln!(out, ">\n      {inside}\n    </testcase>");
}

fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// A text of an element. What XML 1.0 can't hold at all is shown as the sign for that, and so are control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\t' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ if letter.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(letter),
        }
    }
    out
}
