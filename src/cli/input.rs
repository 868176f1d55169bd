//! The arguments that verbs on a program take.

use std::path::PathBuf;

use clap::Args;

use super::report::Format;

/// Which program, with which settings.
#[derive(Args)]
pub(super) struct Program {
    /// A folder with `.dpl` files, or one file and what it uses
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) path: PathBuf,

    /// The environment of `dpl.toml` whose parameter values hold
    #[arg(long, value_name = "NAME")]
    pub(super) env: Option<String>,

    /// Gives a parameter its value, over what `dpl.toml` says; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub(super) set: Vec<(String, String)>,
}

/// A program, and how what is wrong with it is said.
#[derive(Args)]
pub(super) struct Input {
    #[command(flatten)]
    pub(super) program: Program,

    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

/// `NAME=VALUE`, split at the first `=`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
