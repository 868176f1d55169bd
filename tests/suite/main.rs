//! The project's own tests, in one binary.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod cases;
mod catalogue;
mod cli;
mod command;
mod config;
mod layers;
mod mutations;
mod oracle;
<<<<<<< HEAD
mod oracles;
=======
>>>>>>> main
mod output;
mod programs;
mod render;
mod run;
<<<<<<< HEAD
mod run_rows;
=======
>>>>>>> main
mod states;
mod templates;
#[path = "../window/mod.rs"]
mod window;
mod window_expressions;
mod window_operator;
