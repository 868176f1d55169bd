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
//! | `cells.rs`, `witness.rs` | values that conditions tell apart, and circumstances in which a request is allowed |
//! | `prover.rs` | what is gathered once, and what is asked of it |
//! | `patterns.rs` | the patterns of every policy, so that the cases of a requirement are found |
//! | `asked.rs`, `ability.rs` | a capability at a place, for one role after another: by itself, past Lake Formation, from a copy |
//! | `told.rs`, `rows/` | what Lake Formation is told; what conditions over rows say of each other |
//! | `no_rows.rs` | conditions that no row meets |
//! | `copies.rs` | data that lies elsewhere, too |
//! | `chains.rs` | who can become whom, and the shortest ways |
//! | `explain.rs`, `words.rs` | why: the chain of statements and copies, in words |
//! | `question.rs`, `others.rs` | whether somebody can, and who can; those about whom is decided elsewhere |
//! | `session.rs` | session policies |
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
mod asked;
mod assertion;
mod candidates;
mod cells;
mod chains;
mod closed;
mod condition;
mod context;
mod control;
mod copies;
mod danger;
mod decide;
mod effect;
mod explain;
mod foreign;
mod graph;
mod limit;
mod no_rows;
mod operator;
mod others;
mod patterns;
mod prover;
mod question;
mod request;
pub mod rows;
mod session;
mod told;
mod void;
mod witness;
mod words;

pub use ability::{Ability, Ground, Missing, Shown, Way};
pub use asked::Asked;
pub use assertion::assertions;
pub use closed::closed;
pub use condition::{Single, Truth, hold};
pub use context::{Context, Known};
pub use control::Control;
pub use danger::dangers;
pub use decide::{Boundary, Deciding, Decision, Level, Policies, Policy, Question, acts, applies};
pub use effect::effects;
pub use explain::Link;
pub use foreign::foreign;
pub use limit::limits;
pub use no_rows::{no_rows, speaks_of_nothing};
pub use prover::{Actor, Prover};
pub use question::{Answer, Holder, Verdict};
pub use request::Request;
pub use session::session_policy;
pub use void::voids;
pub use witness::{Witness, values_of, witness};

use crate::{access::Access, diagnostic::Diagnostics, platform::Platform};

/// Everything that is proved about a program: limits first, then grants without effect, then its assertions.
pub fn prove(platform: &Platform, access: &Access, diagnostics: &mut Diagnostics) {
    let prover = Prover::new(platform, access);
    limits(platform, access, diagnostics);
    voids(&prover, diagnostics);
    no_rows(platform, diagnostics);
    effects(&prover, diagnostics);
    dangers(&prover, diagnostics);
    foreign(platform, access, diagnostics);
    closed(platform, access, diagnostics);
    assertions(&prover, diagnostics);
}
