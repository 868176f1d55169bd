//! Proofs over the policies that were generated, with AWS's own logic: whether an assertion holds, and what in the program has no effect.
//!
//! A proof assumes what it can't see: that requests come by TLS, that whoever assumes a role brings the tags and the external id it demands, that
//! the organization's own policies allow everything that no guardrail denies, and that nobody changes the policies by hand. People and roles
//! outside the program are no part of it.
//!
//! | file | does |
//! | --- | --- |
//! | `request.rs` | the requests that a capability stands for |
//! | `condition.rs`, `decide.rs` | AWS's decision on one request |
//! | `ability.rs` | what a role can do with a resource; Lake Formation beside IAM; who can become whom |
//! | `candidates.rs` | which roles a question about all roles could be about |
//! | `assertion.rs` | whether assertions hold |
//! | `effect.rs` | grants without effect |
//! | `foreign.rs` | grants of which nothing is ours |
//! | `closed.rs` | policies of resources that AWS refuses, or that let nobody in |
//! | `limit.rs` | sizes of policies |

mod ability;
mod assertion;
mod candidates;
mod closed;
mod condition;
mod decide;
mod effect;
mod foreign;
mod limit;
mod request;

pub use ability::{Ability, Missing, Prover};
pub use assertion::assertions;
pub use closed::closed;
pub use decide::{Decision, decide};
pub use effect::effects;
pub use foreign::foreign;
pub use limit::limits;
pub use request::Request;

use crate::{access::Access, diagnostic::Diagnostics, platform::Platform};

/// Everything that is proved about a program: limits first, then grants without effect, then its assertions.
pub fn prove(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    limits(platform, access, diagnostics);
    effects(platform, access, diagnostics);
    foreign(platform, access, diagnostics);
    closed(platform, access, diagnostics);
    assertions(platform, access, diagnostics);
}
