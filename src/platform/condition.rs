//! Conditions of grants and denials.

use std::{cmp::Ordering, collections::BTreeSet};

use smol_str::SmolStr;

use crate::{library::ConditionId, source::Span};

/// `source_vpce = "vpce-…"`: what a request must be like.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Which.
    pub condition: ConditionId,
    /// AWS's key, the parameter filled in.
    pub key: SmolStr,
    /// How the key is compared.
    pub comparison: Comparison,
    /// With what, in AWS's spelling: one of these must match, or none where it is [`Comparison::NotEqual`].
    pub values: BTreeSet<SmolStr>,
    /// Where it is written.
    pub span: Span,
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// What holds where this does not.
    pub const fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same seen from the other side.
    pub const fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }
}

impl Condition {
    /// What it says, wherever it is written.
    fn said(&self) -> (&SmolStr, Comparison, &BTreeSet<SmolStr>) {
        (&self.key, self.comparison, &self.values)
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl Eq for Condition {}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Condition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.said().cmp(&other.said())
    }
}
