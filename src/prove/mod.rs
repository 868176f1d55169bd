//! Proofs over the policies that were generated, with AWS's own logic: whether an assertion holds, and what in the program has no effect.
//!
//! A proof assumes what it can't see: that requests come by TLS, that whoever assumes a role brings the tags and the external id it demands, that
//! the organization's own policies allow everything that no guardrail denies, and that nobody changes the policies by hand. People and roles
//! outside the program are no part of it.
//!
//! | file | does |
//! | --- | --- |
//! | `request.rs` | the requests that a capability stands for |
//! | `context.rs`, `operator.rs`, `condition.rs` | conditions over what is known of a request |
//! | `decide.rs` | AWS's decision on one request |
//! | `control.rs`, `answer.rs` | the documents that have a say in a role's request |
//! | `witness.rs` | circumstances in which a request is allowed |
//! | `ability.rs` | what a role can do with a resource; Lake Formation beside IAM; who can become whom |
//! | `graph.rs` | what leads where in any number of steps |
//! | `candidates.rs` | which roles a question about all roles could be about |
//! | `assertion.rs` | whether assertions hold |
//! | `effect.rs` | grants without effect |
//! | `void.rs` | what a guardrail makes void |
//! | `danger/` | grants that give more than they seem to, keys that nobody administers |
//! | `foreign.rs` | grants of which nothing is ours |
//! | `closed.rs` | policies of resources that AWS refuses, or that let nobody in |
//! | `limit.rs` | sizes of policies |

mod ability;
mod answer;
mod assertion;
mod candidates;
mod closed;
mod condition;
mod context;
mod control;
mod danger;
mod decide;
mod effect;
mod foreign;
mod graph;
mod limit;
mod operator;
mod request;
mod void;
mod witness;

pub use ability::{Ability, Ground, Missing, Prover};
pub use assertion::assertions;
pub use closed::closed;
pub use condition::{Truth, hold};
pub use context::{Context, Known};
pub use danger::dangers;
pub use decide::{Boundary, Deciding, Decision, Level, Policies, Policy, Question};
pub use effect::effects;
pub use foreign::foreign;
pub use limit::limits;
pub use request::Request;
pub use void::voids;

use crate::{access::Access, diagnostic::Diagnostics, platform::Platform};

/// Everything that is proved about a program: limits first, then grants without effect, then its assertions.
pub fn prove(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    let prover = Prover::new(platform, access);
    limits(platform, access, diagnostics);
    voids(&prover, diagnostics);
    effects(&prover, diagnostics);
    dangers(&prover, diagnostics);
    foreign(platform, access, diagnostics);
    closed(platform, access, diagnostics);
    assertions(&prover, diagnostics);
}
