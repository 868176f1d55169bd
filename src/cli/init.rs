//! `dpl init`: a small project that compiles, of the kind that is asked for.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl init platform                   then: dpl check platform
  dpl init --template streaming .     here";

/// A file of a project: its name and its text.
type File = (&'static str, &'static str);

/// The files that every project has.
const COMMON: &[File] =
    &[("dpl.toml", include_str!("starter/dpl.toml")), ("accounts.dpl", include_str!("starter/accounts.dpl"))];

const LAKE: &[File] = &[
    ("lake.dpl", include_str!("starter/lake/lake.dpl")),
    ("cleaning.dpl", include_str!("starter/lake/cleaning.dpl")),
    ("tests.dpl", include_str!("starter/lake/tests.dpl")),
    ("README.md", include_str!("starter/lake/README.md")),
];

const MESH: &[File] = &[
    ("lake.dpl", include_str!("starter/mesh/lake.dpl")),
    ("mesh.dpl", include_str!("starter/mesh/mesh.dpl")),
    ("refresh.dpl", include_str!("starter/mesh/refresh.dpl")),
    ("tests.dpl", include_str!("starter/mesh/tests.dpl")),
    ("README.md", include_str!("starter/mesh/README.md")),
];

const ETL: &[File] = &[
    ("etl.dpl", include_str!("starter/etl/etl.dpl")),
    ("tests.dpl", include_str!("starter/etl/tests.dpl")),
    ("README.md", include_str!("starter/etl/README.md")),
];

const STREAMING: &[File] = &[
    ("streaming.dpl", include_str!("starter/streaming/streaming.dpl")),
    ("tests.dpl", include_str!("starter/streaming/tests.dpl")),
    ("readings.jsonl", include_str!("starter/streaming/readings.jsonl")),
    ("README.md", include_str!("starter/streaming/README.md")),
];

/// What a project is to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Template {
    /// A bucket that another account reads, and a pipeline that cleans what lands
    Lake,
    /// Two domains, a table with a contract, grants of columns and rows, a share
    Mesh,
    /// A pipeline of functions and a Glue job over files
    Etl,
    /// Streams and a query with windows, to be run on this machine too
    Streaming,
}

impl Template {
    fn files(self) -> impl Iterator<Item = File> {
        let own = match self {
            Self::Lake => LAKE,
            Self::Mesh => MESH,
            Self::Etl => ETL,
            Self::Streaming => STREAMING,
        };
        COMMON.iter().chain(own).copied()
    }
}

/// Write a small project to start from
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The folder, made where it is missing; no file in it is overwritten
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// What the project begins with
    #[arg(long, value_enum, value_name = "TEMPLATE", default_value_t = Template::Lake)]
    template: Template,
}

/// Writes the project, or nothing where one of its files exists.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let folder = &arguments.folder;
    for (name, _) in arguments.template.files() {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Failure(format!("`{}` exists already, so nothing was written", path.display())));
        }
    }
    fs::create_dir_all(folder).map_err(|error| Failure::io("write", folder, &error))?;
    for (name, text) in arguments.template.files() {
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
