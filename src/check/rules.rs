//! Every rule, in the order in which they are applied.

use super::Rule;

/// The rules.
pub const RULES: &[Rule] = &[];
