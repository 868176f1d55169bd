//! What a resolved program must obey beyond names and types. Rules only read the platform and report.

mod agent;
mod cron;
mod domain;
mod field;
mod grant;
mod guardrail;
mod label;
mod pipeline;
mod query;
mod role;
pub mod rules;
mod share;
mod stream;
mod sync;
mod table;

use crate::{diagnostic::Diagnostics, platform::Platform};

/// A rule: its name as a sentence, and the function that reports where it is broken.
pub type Rule = (&'static str, fn(&Platform, &mut Diagnostics));

/// Applies every rule, in the order of [`rules::RULES`].
pub fn check(platform: &Platform, diagnostics: &mut Diagnostics) {
    for (_, rule) in rules::RULES {
        rule(platform, diagnostics);
    }
}
