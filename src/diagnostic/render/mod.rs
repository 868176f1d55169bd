//! One small renderer per format. Each takes the diagnostics in the order in which they are to be shown and returns the whole text.

pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod place;
pub mod sarif;
pub mod terminal;

use super::{Diagnostic, Severity};

/// `2 errors, 1 warning`; empty where there is nothing.
pub fn tally(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let counted = [(errors, "error"), (warnings, "warning")];
    let parts = counted.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| {
        let plural = if *count == 1 { "" } else { "s" };
        format!("{count} {noun}{plural}")
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The severity's name in every format that spells it out.
pub const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
