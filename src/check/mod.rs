//! What a resolved program must obey beyond names and types. Rules only read the platform and report.

mod agent;
mod alerts;
mod bucket;
mod call;
mod condition;
mod crawler;
mod cron;
mod damage;
mod domain;
pub mod duration;
mod federation;
pub mod field;
pub mod filter;
mod grant;
mod group;
mod guardrail;
mod label;
mod over;
mod pipeline;
mod place;
mod projection;
mod query;
pub mod recurrence;
mod role;
pub mod rules;
mod secret;
mod share;
mod statement;
mod stream;
mod stream_join;
mod sync;
mod table;
mod tag;
mod version;

pub use pipeline::{Payload, Size, number, payload};
pub use query::{Wait, wait};

use crate::{diagnostic::Diagnostics, platform::Platform, syntax::ast::Module};

/// A rule: its name as a sentence, and the function that reports where it is broken.
pub type Rule = (&'static str, fn(&Platform, &mut Diagnostics));

/// Applies every rule, in the order of [`rules::RULES`]. What a rule misses in a declaration that has an error already is left unsaid.
pub fn check(platform: &Platform, modules: &[Module], diagnostics: &mut Diagnostics) {
    let damaged = damage::names(modules, &diagnostics.error_starts());
    let before = diagnostics.len();
    for (_, rule) in rules::RULES {
        rule(platform, diagnostics);
    }
    if !damaged.is_empty() {
        diagnostics.retain_behind(before, |diagnostic| !damaged.contains(&diagnostic.span));
    }
}
