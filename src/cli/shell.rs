//! `dpl completions` and `dpl man`: what a shell and `man` know of the command, made from the command itself.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Failure, Outcome, report};

const COMPLETIONS_HELP: &str = "\
Examples:
  dpl completions bash > ~/.local/share/bash-completion/completions/dpl
  dpl completions zsh  > \"${fpath[1]}/_dpl\"
  dpl completions fish > ~/.config/fish/completions/dpl.fish";

const MAN_HELP: &str = "\
Examples:
  dpl man | man -l -            read it
  dpl man -o /usr/share/man/man1
                                write dpl.1, dpl-check.1, …";

/// Write the completions of a shell to standard output
#[derive(Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

/// Write the manual page to standard output, or the pages of all verbs to a folder
#[derive(Args)]
#[command(after_help = MAN_HELP)]
pub(super) struct Man {
    /// The folder, made where it is missing
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the completions.
pub(super) fn completions(arguments: &Completions) -> Result<Outcome, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "dpl", &mut text);
    report::result(&String::from_utf8_lossy(&text));
    Ok(Outcome::Fine)
}

/// Writes the manual.
pub(super) fn man(arguments: &Man) -> Result<Outcome, Failure> {
    if let Some(folder) = &arguments.out {
        let unwritable = |error| Failure::io("write", folder, &error);
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        clap_mangen::generate_to(Cli::command(), folder).map_err(unwritable)?;
        return Ok(Outcome::Fine);
    }
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(Cli::command()).render(&mut page);
    written.map_err(|error| Failure(format!("can't write the page: {}", super::reason(&error))))?;
    report::result(&String::from_utf8_lossy(&page));
    Ok(Outcome::Fine)
}
