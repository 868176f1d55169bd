//! The files behind `--from` and `--to`: which stream each is for, and that none is read and written at once.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use dpl::suggest::nearest;

use crate::cli::Failure;

/// Standard input or output instead of a file.
pub(super) const STANDARD: &str = "-";
/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

/// One `--from` or `--to`: a stream's name and a file.
pub(super) type Binding = (String, String);

/// The way that rows are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One JSON object a line.
    JsonLines,
    /// Values between commas, their names in the first line.
    Csv,
}

/// The file that is bound to a stream.
pub(super) fn bound<'a>(bindings: &'a [Binding], stream: &str) -> Option<&'a str> {
    bindings.iter().find(|(name, _)| name == stream).map(|(_, file)| file.as_str())
}

/// Refuses bindings of other streams than the query's, and two of one stream. `option` is `--from` or `--to`.
pub(super) fn only(bindings: &[Binding], streams: &[&str], option: &str) -> Result<(), Failure> {
    for (index, (name, _)) in bindings.iter().enumerate() {
        if !streams.contains(&name.as_str()) {
            let hint = match nearest(name, streams.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", streams.join(", ")),
            };
            return Err(Failure(format!("`{option} {name}=…`: the query has no such stream; {hint}")));
        }
        if bindings.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Failure(format!("`{option} {name}=…` is given twice")));
        }
    }
    Ok(())
}

/// Refuses to write what is read, or one file for two streams.
pub(super) fn distinct(source: &str, targets: &[&str]) -> Result<(), Failure> {
    let real = |file: &str| Path::new(file).canonicalize().unwrap_or_else(|_| PathBuf::from(file));
    for (index, target) in targets.iter().enumerate() {
        let clash = |other: &str| real(other) == real(target);
        if *target != STANDARD && clash(source) {
            return Err(Failure(format!("`{target}` would be written while it is read")));
        }
        if targets.iter().take(index).any(|other| clash(other)) {
            return Err(Failure(format!("`{target}` would be written for two streams at once")));
        }
    }
    Ok(())
}

/// How rows lie in a file, by its ending; where that says nothing, as the stream's own format does.
pub(super) fn layout(file: &str, declared: Layout) -> Result<Layout, Failure> {
    let ending = Path::new(file).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => Ok(Layout::JsonLines),
        "csv" => Ok(Layout::Csv),
        "parquet" => {
            Err(Failure(format!("`{file}`: Parquet can't be read or written yet; JSON lines and CSV can")))
        }
        _ => Ok(declared),
    }
}

/// Opens what rows are read from.
pub(super) fn open(file: &str) -> Result<Box<dyn Read + Send>, Failure> {
    if file == STANDARD {
        return Ok(Box::new(io::stdin()));
    }
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    let opened = File::open(file).map_err(unreadable)?;
    if opened.metadata().map_err(unreadable)?.is_dir() {
        return Err(Failure(format!("can't read `{file}`: it is a folder")));
    }
    Ok(Box::new(opened))
}

/// Opens what rows are written to; without a file they go nowhere.
pub(super) fn create(file: Option<&str>) -> Result<Box<dyn Write>, Failure> {
    let Some(file) = file else { return Ok(Box::new(io::sink())) };
    if file == STANDARD {
        return Ok(Box::new(io::stdout().lock()));
    }
    if layout(file, Layout::JsonLines)? != Layout::JsonLines {
        return Err(Failure(format!("`{file}`: rows are written as JSON lines; name it `….jsonl`")));
    }
    let created = File::create(file).map_err(|error| Failure::io("write", Path::new(file), &error))?;
    Ok(Box::new(io::BufWriter::with_capacity(BUFFER, created)))
}
