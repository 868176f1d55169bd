//! Tests: what each is for.

use rustc_hash::FxHashMap;

use super::{Context, scope::duplicate};
use crate::{
    diagnostic::{Diagnostic, catalogue},
    platform::{Test, resource::Noun, test::Tested},
    resolve::Meaning,
    source::{FileId, Span},
    syntax::ast::{Decl, Member},
};

impl Context<'_> {
    /// Resolves the tests; what they are for is known by now. Nothing refers to a test, so its name is in nobody's way but another test's.
    pub(super) fn tests(&mut self, found: &[(FileId, &Decl)]) {
        let mut names = FxHashMap::default();
        for (file, decl) in found {
            let name = decl.name.clone();
            let span = name.as_ref().map_or(decl.kind.span, |name| name.span);
            if let Some(name) = &name
                && let Some(first) = names.insert((*file, name.name.clone()), name.span)
            {
                self.diagnostics.push(duplicate(name, first));
            }
            self.other_lines(decl);
            if let Some(of) = self.tested(*file, decl, span) {
                let name = name.map(|name| name.name).unwrap_or_default();
                self.platform.tests.push(Test { name, span, of });
            }
        }
    }

    /// Lines that are none of a test, those that could not be read aside.
    fn other_lines(&mut self, decl: &Decl) {
        let said = self.diagnostics.error_starts();
        for member in decl.body.iter().flatten() {
            let span = match member {
                Member::Step(_) => continue,
                Member::Field(field) => field.name.span,
                Member::Column(column) => column.name.span,
                Member::Decl(inner) => inner.kind.span,
                Member::Statement(statement) => statement.span,
                Member::Deny(deny) => deny.span,
            };
            if !said.iter().any(|start| (span.start..=span.end).contains(start)) {
                self.diagnostics.push(no_line(span));
            }
        }
    }

    fn tested(&mut self, file: FileId, decl: &Decl, span: Span) -> Option<Tested> {
        let Some(target) = &decl.target else {
            self.diagnostics.push(without_subject(span));
            return None;
        };
        let meaning = self.lookup(file, target)?;
        let noun = match meaning {
            Meaning::Resource(id) => self.platform.resource(id).noun,
            _ => Noun::Plain,
        };
        match noun {
            Noun::Pipeline(at) => {
                self.pipeline_test(file, decl, at).map(|test| Tested::Pipeline(Box::new(test)))
            }
            Noun::Query(at) => self.query_test(file, decl, at).map(Tested::Query),
            _ => {
                let (what, declared) = self.described(meaning);
                // One that could not be resolved is reported already.
                if !matches!(what.as_str(), "`pipeline`" | "`query`") {
                    self.diagnostics.push(wrong_subject(target.span, &what, declared));
                }
                None
            }
        }
    }
}

fn no_line(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::TEST_LINE, span, "this is no line of a test", "says nothing here")
        .help("write `given …`, `when …` or `expect …`")
}

fn without_subject(span: Span) -> Diagnostic {
    Diagnostic::error(catalogue::TEST_SUBJECT, span, "a test says what it is for", "for what?")
        .help("write `test NAME for PIPELINE { … }` or `test NAME for QUERY { … }`")
}

fn wrong_subject(span: Span, what: &str, declared: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        catalogue::TEST_SUBJECT,
        span,
        format!("a test is for a pipeline or a query, and this is a {what}"),
        "can't be tested",
    )
    .help("name a pipeline or a query");
    match declared {
        Some(declared) => diagnostic.related(declared, "declared here"),
        None => diagnostic,
    }
}
