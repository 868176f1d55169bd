//! The changes as text: a writer per format. Each is given what finds a place's file and line.

pub mod human;
pub mod json;
pub mod markdown;

use super::{At, Class};

/// A place as a user reads it: its file and its line.
pub type Places<'a> = &'a dyn Fn(At) -> Option<(String, u32)>;

impl Class {
    /// All, in the order in which they are told.
    pub const ALL: &[Self] =
        &[Self::Widening, Self::Breaking, Self::Replacement, Self::Narrowing, Self::Note];

    /// What stands above its entries.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Widening => "Access widened",
            Self::Breaking => "Broken for those who rely on it",
            Self::Replacement => "Resources made anew or gone",
            Self::Narrowing => "Access narrowed",
            Self::Note => "Worth knowing",
        }
    }
}
