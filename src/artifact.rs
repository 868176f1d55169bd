//! What the compiler makes: texts with the place in the output folder that each belongs to.

use smol_str::SmolStr;

use crate::source::Span;

/// One file of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Its place below the output folder, with `/` between its parts: `prod/iam/loader.policy.json`.
    pub path: String,
    /// The name of the account that it belongs to.
    pub account: String,
    /// The family of artifacts: `iam`, `states`, …
    pub family: &'static str,
    /// The declaration that it comes from.
    pub declaration: String,
    /// Where that declaration stands.
    pub source: Span,
    /// What is in it.
    pub text: String,
    /// What whoever applies it must know: access that AWS can't make narrower, what somebody else must do.
    pub notes: Vec<String>,
    /// Of a policy: its statements.
    pub statements: Vec<StatementOrigins>,
}

/// A statement of a policy, with the places in the program that need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementOrigins {
    /// Its name in the policy.
    pub sid: SmolStr,
    /// Each place once.
    pub needed_by: Vec<Span>,
}

/// All files of the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// In no particular order; the manifest is sorted by path.
    pub files: Vec<Artifact>,
}
