//! The project's own tests, in one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod catalogue;
mod cli;
mod command;
mod config;
mod output;
mod render;
