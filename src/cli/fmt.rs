//! `dpl fmt`: the canonical layout.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dpl::diagnostic::Diagnostic;
use dpl::format;
use dpl::source::SourceMap;
use similar::TextDiff;

use super::load;
use super::report::Format;
use super::{Failure, Outcome, report};

const AFTER_HELP: &str = "\
Examples:
  dpl fmt                             every file of the folder that you stand in
  dpl fmt mesh/sales.dpl lake.dpl     these
  dpl fmt --check                     write nothing, name the files that are laid out otherwise
  dpl fmt --diff                      write nothing, show what would change
  dpl fmt --stdin-filename lake.dpl < lake.dpl
                                      from standard input to standard output, for editors

A file that can't be read stays as it is, and what is wrong with it is told.
Exit codes: 0 fine; 1 a file can't be read, or `--check` or `--diff` found one to change.";

/// Lay out files: indentation, aligned columns, SQL; comments stay where they belong
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Files, and folders with `.dpl` files
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Write nothing, and fail where a file is laid out otherwise
    #[arg(long)]
    check: bool,

    /// Write nothing, show what would change, and fail where something would
    #[arg(long)]
    diff: bool,

    /// Read standard input, write standard output; NAME is for diagnostics
    #[arg(long, value_name = "NAME", conflicts_with = "paths")]
    stdin_filename: Option<String>,

    /// How diagnostics are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    same: usize,
    changed: Vec<String>,
    broken: usize,
}

/// Lays out, or says what would be.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    if let Some(name) = &arguments.stdin_filename {
        return standard_input(arguments, name);
    }
    let mut tally = Tally::default();
    let mut sources = SourceMap::default();
    let mut said = Vec::new();
    for path in load::below(&arguments.paths)? {
        let text = load::text(&path)?;
        let shown = load::shown(&path)?;
        let file = sources.add(shown.as_str(), "", text, false);
        match format::format(&sources, file) {
            Ok(new) => take(arguments, &path, &shown, &sources, file, &new, &mut tally)?,
            Err(diagnostics) => {
                said.extend(diagnostics);
                tally.broken += 1;
            }
        }
    }
    report::diagnostics(&said, &sources, arguments.format);
    if arguments.format == Format::Human {
        report::error(&summary(&tally, arguments.check || arguments.diff));
    }
    let faulty = tally.broken > 0 || (arguments.check || arguments.diff) && !tally.changed.is_empty();
    Ok(if faulty { Outcome::Faulty } else { Outcome::Fine })
}

/// Does with one file's canonical text what the arguments say.
fn take(
    arguments: &Arguments,
    path: &Path,
    shown: &str,
    sources: &SourceMap,
    file: dpl::source::FileId,
    new: &str,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let old = sources.file(file).map_or("", |file| file.text.as_str());
    if old == new {
        tally.same += 1;
        return Ok(());
    }
    tally.changed.push(shown.to_owned());
    let shown = report::printable(shown);
    if arguments.diff {
        report::result(&difference(&shown, old, new));
    } else if arguments.check {
        report::result(&format!("{shown}\n"));
    } else {
        replace(path, new).map_err(|error| Failure::io("write", path, &error))?;
        report::result(&format!("{shown}\n"));
    }
    Ok(())
}

fn standard_input(arguments: &Arguments, name: &str) -> Result<Outcome, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Failure(format!("can't read standard input: {}", super::reason(&error))))?;
    let mut sources = SourceMap::default();
    let file = sources.add(name, "", text.as_str(), false);
    match format::format(&sources, file) {
        Ok(new) if arguments.diff => report::result(&difference(&report::printable(name), &text, &new)),
        Ok(new) if !arguments.check => {
            report::result(&new);
            return Ok(Outcome::Fine);
        }
        Ok(_) => {}
        Err(diagnostics) => return Ok(broken(&diagnostics, &sources, arguments.format)),
    }
    let same = format::format(&sources, file).is_ok_and(|new| new == text);
    Ok(if same { Outcome::Fine } else { Outcome::Faulty })
}

fn broken(diagnostics: &[Diagnostic], sources: &SourceMap, format: Format) -> Outcome {
    report::diagnostics(diagnostics, sources, format);
    Outcome::Faulty
}

fn difference(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().header(name, name).to_string()
}

/// Writes beside the file and puts that in its place, so that it is whole at any moment. Where it leads elsewhere, the real file is replaced.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let real = path.canonicalize()?;
    let mut unfinished = real.clone().into_os_string();
    unfinished.push(".dpl-unfinished");
    let unfinished = PathBuf::from(unfinished);
    fs::write(&unfinished, text)?;
    let kept = fs::set_permissions(&unfinished, fs::metadata(&real)?.permissions());
    let done = kept.and_then(|()| fs::rename(&unfinished, &real));
    if done.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    done
}

fn summary(tally: &Tally, dry: bool) -> String {
    let files = |count: usize| format!("{count} file{}", if count == 1 { "" } else { "s" });
    let changed = if dry { "would be laid out anew" } else { "laid out anew" };
    let mut parts =
        vec![format!("{} {changed}", files(tally.changed.len())), format!("{} unchanged", tally.same)];
    if tally.broken > 0 {
        parts.push(format!(
            "{} can't be read and stay{}",
            tally.broken,
            if tally.broken == 1 { "s" } else { "" }
        ));
    }
    format!("{}\n", parts.join(", "))
}
