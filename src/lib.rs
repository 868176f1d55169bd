//! `dpl`: the language for data platforms on AWS.

pub mod access;
pub mod diagnostic;
pub mod library;
pub mod platform;
pub mod source;
pub mod syntax;
