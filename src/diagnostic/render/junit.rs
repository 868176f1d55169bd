//! JUnit's XML, which CI systems show as test results: a file is a suite, each of its errors a failed test. A file about which there is nothing
//! to say is a test that passed, and so is a warning, which has its text as output.

use std::fmt::Write as _;

use super::place::Place;
use super::severity_name;
use crate::diagnostic::{Diagnostic, Severity, catalogue};
use crate::source::{SourceFile, SourceMap};

/// One document.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let own: Vec<&SourceFile> =
        sources.files().filter(|(_, file)| !file.library).map(|(_, file)| file).collect();
    let of = |file: &SourceFile| -> Vec<&Diagnostic> {
        diagnostics
            .iter()
            .filter(|one| sources.file_of(one.span).is_some_and(|(_, it)| it.base == file.base))
            .collect()
    };
    let suites: String = own.iter().map(|file| suite(file, &of(file), sources)).collect();
    let failures = diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let tests: usize = own.iter().map(|file| of(file).len().max(1)).sum();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dpl\" tests=\"{tests}\" failures=\"{failures}\">\n{suites}</testsuites>\n"
    )
}

fn suite(file: &SourceFile, diagnostics: &[&Diagnostic], sources: &SourceMap) -> String {
    let failures = diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let (name, tests) = (escaped(&file.path), diagnostics.len().max(1));
    let cases: String = match diagnostics {
        [] => format!("    <testcase classname=\"{name}\" name=\"check\"/>\n"),
        some => some.iter().map(|one| case(&name, one, sources)).collect(),
    };
    format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n{cases}  </testsuite>\n"
    )
}

fn case(file: &str, diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = Place::of(sources, diagnostic.span);
    let (line, column) = place.map_or((1, 1), |place| (place.start.line, place.start.column));
    let title = catalogue::title(diagnostic.code);
    let mut text = format!("{file}:{line}:{column}: {}", escaped(&diagnostic.label));
    if let Some(help) = &diagnostic.help {
        let _ = write!(text, "\nhelp: {}", escaped(help));
    }
    let name = escaped(&format!("{} {title} ({line}:{column})", diagnostic.code));
    let message = escaped(&diagnostic.message);
    let inside = match diagnostic.severity {
        Severity::Error => {
            let kind = severity_name(diagnostic.severity);
            format!("<failure type=\"{kind}\" message=\"{message}\">{text}</failure>")
        }
        Severity::Warning => format!("<system-out>warning: {message}\n{text}</system-out>"),
    };
    format!(
        "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" line=\"{line}\">{inside}</testcase>\n"
    )
}

/// A text inside XML. What XML can't hold at all is shown as the sign for that.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
    out
}
