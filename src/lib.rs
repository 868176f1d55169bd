//! `dpl`: the language for data platforms on AWS.

pub mod access;
pub mod artifact;
pub mod check;
pub mod config;
pub mod diagnostic;
pub mod library;
pub mod lower;
pub mod platform;
pub mod resolve;
pub mod source;
pub mod sql;
pub mod suggest;
pub mod syntax;
pub mod target;
pub mod window;
