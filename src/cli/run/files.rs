//! The files behind `--from` and `--to`: which stream each is for, and that none is read and written at once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dpl::run::Codec;
use dpl::suggest::nearest;

use crate::cli::Failure;

/// Standard input or output instead of a file.
pub(super) const STANDARD: &str = "-";

/// The stream itself instead of a file.
pub(super) const LIVE: &str = "live";

/// One `--from`, `--to` or `--endpoint`: a stream's name, and a file or servers.
pub(super) type Binding = (String, String);

/// The way that rows are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One JSON object a line.
    JsonLines,
    /// Values between commas, their names in the first line.
    Csv,
    /// Columns, with what they hold at the end of the file.
    Parquet,
}

/// The file that is bound to a stream.
pub(super) fn bound<'a>(bindings: &'a [Binding], stream: &str) -> Option<&'a str> {
    bindings.iter().find(|(name, _)| name == stream).map(|(_, file)| file.as_str())
}

/// Refuses bindings of other streams than the query's. `option` is how they are given: `--from`, `--to`, `--endpoint`.
pub(super) fn only(bindings: &[Binding], streams: &[&str], option: &str) -> Result<(), Failure> {
    for (name, _) in bindings {
        if !streams.contains(&name.as_str()) {
            let hint = match nearest(name, streams.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", streams.join(", ")),
            };
            return Err(Failure(format!("`{option} {name}=…`: the query has no such stream; {hint}")));
        }
    }
    Ok(())
}

/// Refuses two bindings of one stream.
pub(super) fn once(bindings: &[Binding], option: &str) -> Result<(), Failure> {
    for (index, (name, _)) in bindings.iter().enumerate() {
        if bindings.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Failure(format!("`{option} {name}=…` is given twice")));
        }
    }
    Ok(())
}

/// Refuses to write what is read, one file for two streams, and to read one file twice.
pub(super) fn distinct(sources: &[&str], targets: &[&str]) -> Result<(), Failure> {
    // Each stream is itself.
    let is_file = |file: &&&str| **file != LIVE;
    let sources: Vec<&str> = sources.iter().filter(is_file).copied().collect();
    let targets: Vec<&str> = targets.iter().filter(is_file).copied().collect();
    let real = |file: &str| Path::new(file).canonicalize().unwrap_or_else(|_| PathBuf::from(file));
    for (index, source) in sources.iter().enumerate() {
        if sources.iter().take(index).any(|other| real(other) == real(source)) {
            return Err(Failure(format!("`{source}` would be read twice")));
        }
    }
    for (index, target) in targets.iter().enumerate() {
        let clash = |other: &str| real(other) == real(target);
        if *target != STANDARD && sources.iter().any(|source| clash(source)) {
            return Err(Failure(format!("`{target}` would be written while it is read")));
        }
        if targets.iter().take(index).any(|other| clash(other)) {
            return Err(Failure(format!("`{target}` would be written for two streams at once")));
        }
    }
    Ok(())
}

/// How rows lie in a file, by its ending before that of its compression; where that says nothing, as the stream's own format does.
pub(super) fn layout(file: &str, declared: Layout) -> Result<Layout, Failure> {
    let (_, name) = Codec::of_name(file);
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => Ok(Layout::JsonLines),
        "csv" => Ok(Layout::Csv),
        "parquet" => {
            if !cfg!(feature = "parquet") {
                return Err(Failure(format!(
                    "`{file}`: this `dpl` was built without Parquet; `cargo install dpl --features parquet` has it"
                )));
            }
            Ok(Layout::Parquet)
        }
        _ => Ok(declared),
    }
}

/// Opens a file to read.
pub(super) fn open_file(file: &str) -> Result<File, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    let opened = File::open(file).map_err(unreadable)?;
    if opened.metadata().map_err(unreadable)?.is_dir() {
        return Err(Failure(format!("can't read `{file}`: it is a folder")));
    }
    Ok(opened)
}

/// Opens a file to read, or standard input.
pub(super) fn open(file: &str) -> Result<Box<dyn Read>, Failure> {
    if file == STANDARD {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(open_file(file)?))
}
