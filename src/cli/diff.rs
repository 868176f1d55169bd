//! `dpl diff`: what two versions of a program mean differently.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dpl::{
    Analysis, analyze,
    diff::{At, Class, Version, diff, render},
};

use super::{
    Failure, Outcome,
    input::{self, assignment},
    load::{Loaded, Program, Revision, load},
    output::place,
    report,
};

const AFTER_HELP: &str = "\
Examples:
  dpl diff old new                           two folders, or two files
  dpl diff --git main                        what lies here, against the branch `main`
  dpl diff --git v1.2..v1.3 platform         two revisions of a folder
  dpl diff --git origin/main --format markdown > comment.md
  dpl diff --git main --fail-on widening,breaking,replacement

Texts are not compared: a declaration that moves, a module that is renamed, grants that are merged or
split change nothing. Exit codes: 0; 1 where a version has errors or a change of a class that
`--fail-on` names was found; 2 where something can't be read.";

/// What changed in meaning: access, promises to readers, resources, state of streaming jobs
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The old and the new version: folders or files; with `--git` one, the current folder without
    #[arg(value_name = "PATH", num_args = 0..=2)]
    paths: Vec<PathBuf>,

    /// The revision to compare with, or two as `OLD..NEW`
    #[arg(long, value_name = "REV")]
    git: Option<String>,

    /// How the changes are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// Fail with exit code 1 where there is a change of one of these classes
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CLASSES")]
    fail_on: Vec<FailOn>,

    /// The environment of `dpl.toml` whose parameter values hold in both
    #[arg(long, value_name = "NAME")]
    env: Option<String>,

    /// Gives a parameter its value in both, over what `dpl.toml` says; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
    /// Tables for a pull request
    Markdown,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    /// Somebody may do more
    Widening,
    /// A promise to readers or callers is broken, or state is lost
    Breaking,
    /// A resource is made anew or is gone
    Replacement,
    /// Somebody may do less
    Narrowing,
}

impl FailOn {
    const fn class(self) -> Class {
        match self {
            Self::Widening => Class::Widening,
            Self::Breaking => Class::Breaking,
            Self::Replacement => Class::Replacement,
            Self::Narrowing => Class::Narrowing,
        }
    }
}

/// A version that was analyzed, with the folder that its files are named from.
struct Read {
    analysis: Analysis,
    root: PathBuf,
}

/// Compares and tells.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    // The checkouts are cleared away when they are dropped, behind the last look at them.
    let mut checkouts = Vec::new();
    let (old, new) = versions(arguments, &mut checkouts)?;
    let (Some(old), Some(new)) = (read(arguments, &old)?, read(arguments, &new)?) else {
        return Ok(Outcome::Faulty);
    };
    let found = diff(&old.analysis, &new.analysis);
    let places = |at: At| {
        let version = if at.version == Version::Old { &old } else { &new };
        let (file, line) = place(&version.analysis.sources, &version.root, at.span)?;
        Some((report::printable(file), line))
    };
    let render = match arguments.format {
        Format::Human => render::human::render,
        Format::Json => render::json::render,
        Format::Markdown => render::markdown::render,
    };
    report::result(&render(&found, &places));
    let stops = |class: Class| arguments.fail_on.iter().any(|it| it.class() == class);
    let stopped = found.entries.iter().any(|entry| stops(entry.class));
    Ok(if stopped { Outcome::Faulty } else { Outcome::Fine })
}

/// Where both versions lie.
fn versions(arguments: &Arguments, checkouts: &mut Vec<Revision>) -> Result<(PathBuf, PathBuf), Failure> {
    let usage = |message: &str| Failure(format!("{message}; see `dpl diff --help`"));
    match (&arguments.git, arguments.paths.as_slice()) {
        (None, [old, new]) => Ok((old.clone(), new.clone())),
        (None, _) => Err(usage("two versions are compared: name both, or one revision with `--git`")),
        (Some(_), [_, _, ..]) => Err(usage("with `--git` one path is compared with itself")),
        (Some(revisions), paths) => {
            let path = paths.first().map_or(Path::new("."), PathBuf::as_path);
            let mut checkout = |revision: &str| {
                let taken = Revision::take(revision, path)?;
                let at = taken.path().to_owned();
                checkouts.push(taken);
                Ok(at)
            };
            match revisions.split_once("..") {
                Some((old, new)) => Ok((checkout(old)?, checkout(new)?)),
                None => Ok((checkout(revisions)?, path.to_owned())),
            }
        }
    }
}

/// Reads and checks a version; `None` where it has errors, which are told.
fn read(arguments: &Arguments, path: &Path) -> Result<Option<Read>, Failure> {
    let input =
        input::Program { path: path.to_owned(), env: arguments.env.clone(), set: arguments.set.clone() };
    let Program { sources, config, root, .. } = match load(&input)? {
        Loaded::Program(program) => *program,
        Loaded::Misconfigured(wrong) => {
            wrong.report(report::Format::Human);
            return Ok(None);
        }
    };
    let analysis = analyze(sources, config.project);
    if analysis.has_errors() {
        report::diagnostics(&analysis.diagnostics, &analysis.sources, report::Format::Human);
        return Ok(None);
    }
    Ok(Some(Read { analysis, root }))
}
