//! `dpl init`: a small project that compiles.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl init platform      then: dpl check platform
  dpl init .             here";

/// The project's files.
const STARTER: &[(&str, &str)] = &[
    ("dpl.toml", include_str!("starter/dpl.toml")),
    ("accounts.dpl", include_str!("starter/accounts.dpl")),
    ("lake.dpl", include_str!("starter/lake.dpl")),
    ("streaming.dpl", include_str!("starter/streaming.dpl")),
];

/// Write a small project to start from
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The folder, made where it is missing; no file in it is overwritten
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the project, or nothing where one of its files exists.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let folder = &arguments.folder;
    for (name, _) in STARTER {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Failure(format!("`{}` exists already, so nothing was written", path.display())));
        }
    }
    fs::create_dir_all(folder).map_err(|error| Failure::io("write", folder, &error))?;
    for (name, text) in STARTER {
        let path = folder.join(name);
        create(&path, text).map_err(|error| Failure::io("write", &path, &error))?;
    }
    let shown = report::printable(&folder.display().to_string());
    report::result(&format!("wrote a project into `{shown}`; next: dpl check {shown}\n"));
    Ok(Outcome::Fine)
}

/// Fails where the file exists, even if it came to be a moment ago.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
