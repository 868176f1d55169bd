//! The project's own tests, in one binary.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access;
mod book;
mod bundle;
mod cases;
mod catalogue;
mod cli;
mod command;
mod config;
mod corpus;
mod diff;
mod differential;
mod docs;
mod editors;
mod flink;
mod flink_functions;
mod flink_streams;
mod flink_versions;
mod foreign;
mod format;
mod graph;
mod hostile_rows;
mod layers;
mod licences;
mod limits;
mod live;
mod lsp;
mod machine;
mod mutations;
mod native_crate;
mod newcomers;
mod nothing_lost;
mod oracle;
mod oracles;
mod output;
mod planted;
mod program_tests;
mod programs;
mod quantified;
mod questions;
mod reference;
mod render;
mod row_filters;
mod run;
mod run_kept;
mod run_pipeline;
mod run_rows;
mod running;
mod state_flow;
mod state_names;
mod states;
mod syntax;
mod syntax_tree;
mod templates;
mod tightness;
mod tour;
#[path = "../window/mod.rs"]
mod window;
mod window_expressions;
mod window_operator;
mod witness;
