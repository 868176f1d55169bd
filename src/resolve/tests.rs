//! Tests: what they are for.

use super::Context;
use crate::{
    diagnostic::{Diagnostic, catalogue},
    source::FileId,
    syntax::ast::Decl,
};

impl Context<'_> {
    /// Looks up what each test is for, and says that it is not run.
    pub(super) fn tests(&mut self, found: &[(FileId, &Decl)]) {
        for (file, decl) in found {
            let span = decl.name.as_ref().map_or(decl.kind.span, |name| name.span);
            match &decl.target {
                Some(target) => {
                    self.lookup(*file, target);
                }
                None => self.diagnostics.push(
                    Diagnostic::error(
                        catalogue::MISSING_FIELD,
                        span,
                        "a test says what it is for",
                        "for what?",
                    )
                    .help("write `test NAME for QUERY { … }`"),
                ),
            }
            self.diagnostics.push(
                Diagnostic::warning(
                    catalogue::TESTS_NOT_RUN,
                    span,
                    "this test is read, and not run yet",
                    "not run",
                )
                .help("keep it for the version that has `dpl test`"),
            );
        }
    }
}
