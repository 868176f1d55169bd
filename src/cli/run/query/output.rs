//! What rows are written to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Stdout, Write};
use std::path::{Path, PathBuf};

use dpl::native::Native;
use dpl::platform::ResourceId;
use dpl::run::{Checkpoint, Codec, CsvWriter, Encoder, JsonWriter, Nowhere, Outputs, RowSink, Style, Target};
use dpl::window::Type;

use super::Bound;
use crate::cli::Failure;
use crate::cli::run::files::{self, LIVE, Layout, STANDARD};

/// The outputs of a run: results, and behind them what is diverted.
pub(super) struct Sinks {
    results: Box<dyn RowSink>,
    diverted: Vec<Box<dyn RowSink>>,
}

impl Sinks {
    /// Opens them, each where it was cut if a checkpoint says so. `target` takes the rows of a stream that is written live.
    pub(super) fn open(
        native: &Native,
        bound: &Bound<'_>,
        live: bool,
        found: Option<&Checkpoint>,
        target: &dyn Fn(ResourceId) -> Result<Box<dyn Target + Send>, Failure>,
    ) -> Result<Self, Failure> {
        let job = &native.job;
        let length = |index: usize| found.and_then(|found| Some(found.outputs.get(index)?.length));
        let of = |file: Option<&str>, stream, columns, style, length| match file {
            Some(LIVE) => Ok(Box::new(JsonWriter::new(target(stream)?, columns, style)) as Box<dyn RowSink>),
            file => open(file, columns, style, live, length),
        };
        let results =
            of(Some(bound.results), native.sink, job.results().collect(), job.output_style, length(0))?;
        let places = native.diverted.iter().zip(&bound.diverted);
        let diverted = job.diverted.iter().zip(places).enumerate().map(|(at, (diverted, (stream, file)))| {
            let (columns, style) = job.columns(*diverted);
            of(*file, *stream, columns, style, length(at + 1))
        });
        Ok(Self { results, diverted: diverted.collect::<Result<_, _>>()? })
    }

    /// For the engine.
    pub(super) fn outputs(&mut self) -> Outputs<'_> {
        let diverted = self.diverted.iter_mut().map(|sink| &mut **sink as &mut dyn RowSink);
        Outputs { results: &mut *self.results, diverted: diverted.collect() }
    }

    /// All of them, in the order of their files.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Box<dyn RowSink>> {
        std::iter::once(&mut self.results).chain(&mut self.diverted)
    }
}

/// Whether rows are written as Parquet.
pub(super) fn is_parquet(file: &str) -> bool {
    matches!(files::layout(file, Layout::JsonLines), Ok(Layout::Parquet))
}

/// Whether a file can be cut where a checkpoint says, or is a live stream, which takes rows again.
pub(super) fn can_be_kept(file: &str) -> bool {
    file == LIVE || file != STANDARD && fs::metadata(file).map_or(true, |metadata| metadata.is_file())
}

fn open(
    file: Option<&str>,
    fields: Vec<(&str, Type)>,
    style: Style,
    live: bool,
    length: Option<u64>,
) -> Result<Box<dyn RowSink>, Failure> {
    let Some(file) = file else { return Ok(Box::new(Nowhere)) };
    let layout = files::layout(file, Layout::JsonLines)?;
    let (codec, _) = Codec::of_name(file);
    if layout == Layout::Parquet && codec != Codec::Plain {
        return Err(Failure(format!("`{file}`: Parquet is compressed inside; name it `….parquet`")));
    }
    let target: Box<dyn Target + Send> = Box::new(Output::open(file, live, length)?);
    Ok(match layout {
        Layout::JsonLines => Box::new(JsonWriter::new(target, fields, style)),
        Layout::Csv => Box::new(CsvWriter::new(target, fields, style, length.unwrap_or_default() == 0)),
        #[cfg(feature = "parquet")]
        Layout::Parquet => Box::new(
            dpl::run::ParquetWriter::new(target, fields)
                .map_err(|error| Failure::io("write", Path::new(file), &error))?,
        ),
        #[cfg(not(feature = "parquet"))]
        Layout::Parquet => return Err(Failure(format!("`{file}`: this `dpl` was built without Parquet"))),
    })
}

/// A file, or standard output, compressed as its name says.
struct Output {
    encoder: Encoder<Counted>,
    /// The name that the file gets when it is whole, and the one that it has.
    staged: Option<(PathBuf, PathBuf)>,
}

/// Counts what is written.
struct Counted {
    to: To,
    length: u64,
}

enum To {
    Standard(Stdout),
    File(File),
}

impl Output {
    /// Opens a file. One that is live is written under its own name, from the length on that it is cut to; any other gets its
    /// name when it is whole.
    fn open(file: &str, live: bool, length: Option<u64>) -> Result<Self, Failure> {
        let (codec, _) = Codec::of_name(file);
        let of = |to, length, staged| Self { encoder: Encoder::new(codec, Counted { to, length }), staged };
        if file == STANDARD {
            return Ok(of(To::Standard(io::stdout()), 0, None));
        }
        let path = Path::new(file);
        let unwritable = |error| Failure::io("write", path, &error);
        if let Some(length) = length {
            let mut opened = OpenOptions::new().write(true).open(path).map_err(unwritable)?;
            if opened.metadata().map_err(unwritable)?.len() < length {
                return Err(Failure(format!(
                    "`{file}` is shorter than it was at the checkpoint; bring it back, or remove the checkpoint to run anew"
                )));
            }
            opened.set_len(length).map_err(unwritable)?;
            opened.seek(SeekFrom::Start(length)).map_err(unwritable)?;
            return Ok(of(To::File(opened), length, None));
        }
        if live || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Ok(of(To::File(File::create(path).map_err(unwritable)?), 0, None));
        }
        // A link is written through, not replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let next = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let created = File::create(&next).map_err(unwritable)?;
        if let Ok(metadata) = fs::metadata(&path) {
            created.set_permissions(metadata.permissions()).map_err(unwritable)?;
        }
        Ok(of(To::File(created), 0, Some((path, next))))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((_, next)) = &self.staged {
            // It is not whole, and nobody asks for it.
            let _ = fs::remove_file(next);
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}

impl Target for Output {
    fn seal(&mut self) -> io::Result<u64> {
        let counted = self.encoder.seal()?;
        counted.flush()?;
        if let To::File(file) = &counted.to {
            file.sync_data()?;
        }
        Ok(counted.length)
    }

    fn finish(&mut self) -> io::Result<()> {
        let is_empty = self.encoder.seal()?.length == 0;
        self.encoder.finish(is_empty)?.flush()?;
        match &self.staged {
            Some((path, next)) => fs::rename(next, path)?,
            None => return Ok(()),
        }
        self.staged = None;
        Ok(())
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.to {
            To::Standard(out) => out.write(bytes),
            To::File(file) => file.write(bytes),
        }?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Standard(out) => out.flush(),
            To::File(file) => file.flush(),
        }
    }
}
