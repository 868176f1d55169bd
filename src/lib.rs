//! `dpl`: the language for data platforms on AWS.

pub mod diagnostic;
pub mod source;
pub mod syntax;
