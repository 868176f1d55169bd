//! A question about a program: a sentence of the language beside it, in a module of its own that uses all others, so that names mean in it what they
//! mean in the program.

use crate::{
    diagnostic::{Diagnostic, Diagnostics, catalogue},
    platform::{Assertion, Platform},
    source::{FileId, SourceMap, Span},
    syntax::ast::{AssertSubject, Ident, Item, Module, Path, Use},
};

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// One principal.
    One,
    /// All of them.
    All,
}

/// How a question's text is shown in diagnostics.
const SHOWN_AS: &str = "question";

/// Adds `assert SUBJECT can CAP on RESOURCE where (ROWS)` to a program; `None` as the subject asks about all principals.
pub fn add(
    sources: &mut SourceMap,
    subject: Option<&str>,
    capability: &str,
    resource: &str,
    rows: Option<&str>,
) -> FileId {
    let subject = subject.unwrap_or("no principal");
    let rows = rows.map(|rows| format!(" where ({rows})")).unwrap_or_default();
    // No module has an empty name: a program can't use it, and none of its own is hidden by it.
    sources.add(SHOWN_AS, "", format!("assert {subject} can {capability} on {resource}{rows}\n"), false)
}

/// Makes a question's module use every other one, where it is one question about the right subject; reports where it is not.
pub fn prepare(
    modules: &mut [Module],
    question: FileId,
    about: About,
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) {
    let place = sources.file(question).map(|file| file.span()).unwrap_or_default();
    let names = sources.files().filter(|(id, file)| !file.library && *id != question);
    let uses: Vec<Use> = names.map(|(_, file)| everything_of(&file.module, place)).collect();
    let Some(module) = modules.iter_mut().find(|module| module.file == question) else { return };
    if !diagnostics.has_error_within(place) && !is_one(module, about) {
        diagnostics.push(no_question(place, about));
        module.items.clear();
    }
    module.uses = uses;
}

fn is_one(module: &Module, about: About) -> bool {
    match (module.items.as_slice(), about) {
        _ if !module.uses.is_empty() => false,
        ([Item::Assert(assert)], About::One) => matches!(assert.subject, AssertSubject::One(_)),
        ([Item::Assert(_)], About::All) => true,
        _ => false,
    }
}

fn everything_of(module: &str, place: Span) -> Use {
    let part = |name: &str| Ident { name: name.into(), span: place };
    let path = Path { parts: module.split('.').map(part).collect(), span: place };
    Use { path, names: None, alias: None, span: place }
}

/// Takes the question out of what a program asserts, so that it is answered and not proved. That it does not need every module is no finding.
pub fn take(
    platform: &mut Platform,
    question: FileId,
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Assertion> {
    let place = sources.file(question)?.span();
    diagnostics.retain_behind(0, |it| it.code != catalogue::UNUSED_USE || it.span != place);
    let within = |it: &Assertion| place.start <= it.span.start && it.span.end <= place.end;
    let mut asked: Vec<Assertion> = platform.assertions.extract_if(.., |it| within(it)).collect();
    let question = asked.pop()?;
    if !asked.is_empty() {
        diagnostics.push(several_tables(question.span));
        return None;
    }
    Some(question)
}

/// Labels on a domain ask about the columns of each of its tables.
fn several_tables(span: Span) -> Diagnostic {
    Diagnostic::error(
        catalogue::QUESTION,
        span,
        "these labels stand for columns of several tables",
        "not one question",
    )
    .help("ask about each table; `assert` speaks of all of them")
}

fn no_question(span: Span, about: About) -> Diagnostic {
    let (message, help) = match about {
        About::One => ("a question is about one principal", "ask `who-can` about all"),
        About::All => ("this is no question", "ask with one or more capabilities and one resource"),
    };
    Diagnostic::error(catalogue::QUESTION, span, message, "not one question").help(help)
}
