//! The picture, written.

mod escape;
pub mod html;
pub mod mermaid;
pub mod openlineage;
pub mod svg;

use crate::source::Span;

/// Where a place in the program is, for people: file and line.
pub type Places<'a> = dyn Fn(Span) -> Option<(String, u32)> + 'a;
