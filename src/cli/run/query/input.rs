//! What rows are read from.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use dpl::native::Native;
use dpl::run::{
    Ahead, Codec, CsvSource, InputState, JsonSource, OnInvalid, Place, RowBatch, SIGHT, Schema, Source,
    Style, WholeRecords,
};
use sha2::{Digest, Sha256};

use super::follow::{Follow, Trail, identity};
use super::live::{Feed, Partition, Reached};
use super::polled::Polled;
use crate::cli::Failure;
use crate::cli::run::files::{self, LIVE, Layout, STANDARD};

/// As many of a file's first bytes tell whether it is still the same.
const HEAD: u64 = 4096;
/// How long is waited for the only input.
const PAUSE: Duration = Duration::from_millis(20);

/// A partition.
pub(super) struct Input {
    /// The place of its stream among those of the query.
    pub(super) stream: usize,
    /// The file, as it was given.
    pub(super) file: String,
    /// What it is called: the file, or the partition of a live stream.
    pub(super) label: String,
    /// Its rows.
    pub(super) source: Box<dyn Source>,
    /// Whether its end was reached.
    pub(super) ended: bool,
    /// When it had rows last.
    pub(super) heard: Instant,
    /// Whether it has been silent for too long.
    pub(super) idle: bool,
    /// Whether reading waits by itself where there is nothing.
    pub(super) waits: bool,
    origin: Origin,
}

/// Where its bytes come from.
enum Origin {
    /// From where they don't come again.
    Passing,
    /// A file, and whether places in it are places in the source.
    File(File, bool),
    /// A file that grows.
    Growing(Rc<RefCell<Trail>>),
    /// A partition of a live stream.
    Live(Rc<RefCell<Reached>>),
}

/// How inputs are opened.
pub(super) struct Opening<'a> {
    /// The job.
    pub(super) native: &'a Native,
    /// The place of the stream among those of the query.
    pub(super) stream: usize,
    /// Whether the file is waited for to grow.
    pub(super) follow: bool,
    /// Whether it is the only one.
    pub(super) alone: bool,
    /// Whether it is asked how far it was read.
    pub(super) keeps: bool,
}

/// How rows of a stream are read.
struct Shape {
    schema: Schema,
    stored: Vec<bool>,
    time: usize,
    style: Style,
}

impl Opening<'_> {
    fn shape(&self) -> Shape {
        let Native { job, sources, .. } = self.native;
        Shape {
            schema: job.inputs.get(self.stream).map(|input| input.schema.clone()).unwrap_or_default(),
            stored: job.stored(self.stream),
            time: job.event_time(self.stream),
            style: sources.get(self.stream).map_or(Style::Iso, |source| source.style),
        }
    }
}

impl Input {
    /// An input that nothing was read of in this run.
    fn new(
        (stream, file): (usize, &str),
        source: Box<dyn Source>,
        waits: bool,
        origin: Origin,
        state: Option<&InputState>,
    ) -> Self {
        let ended = state.is_some_and(|state| state.ended);
        let (file, label) = (file.to_owned(), file.to_owned());
        Self { stream, file, label, source, ended, heard: Instant::now(), idle: false, waits, origin }
    }

    /// How far it was read.
    pub(super) fn state(&self) -> io::Result<InputState> {
        let place = self.source.place();
        let (input, file) = (self.stream, self.file.clone());
        let state = InputState { input, file, place, ended: self.ended, ..InputState::default() };
        Ok(match &self.origin {
            Origin::Passing => state,
            Origin::Live(reached) => {
                InputState { position: Some(reached.borrow().locate(place.bytes)), ..state }
            }
            Origin::File(file, plain) => {
                let metadata = file.metadata()?;
                let most = if *plain { place.bytes } else { metadata.len() };
                InputState { identity: identity(&metadata), head: head(file, most)?, ..state }
            }
            Origin::Growing(trail) => {
                let mut trail = trail.borrow_mut();
                let Some((part, bytes)) = trail.locate(place.bytes) else { return Ok(state) };
                let place = Place { bytes, ..place };
                InputState { place, identity: part.identity, head: head(&part.file, bytes)?, ..state }
            }
        })
    }
}

/// The digest of a file's first bytes, of those up to `most`.
fn head(file: &File, most: u64) -> io::Result<(u64, Vec<u8>)> {
    let mut first = vec![0; usize::try_from(most.min(HEAD)).unwrap_or_default()];
    let mut filled = 0;
    while let Some(rest) = first.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    first.truncate(filled);
    Ok((filled as u64, Sha256::digest(&first).to_vec()))
}

/// Whether a file begins as one did that was read before.
fn begins_as(file: &File, state: &InputState) -> io::Result<bool> {
    Ok(head(file, state.head.0)? == state.head)
}

/// Opens an input, at the place where it was left if it was.
pub(super) fn open(file: &str, opening: &Opening<'_>, state: Option<&InputState>) -> Result<Input, Failure> {
    let state = state.filter(|state| state.place.bytes > 0);
    let (input, origin, waits) = if file == STANDARD {
        let failed = |error| Failure::io("read", Path::new("standard input"), &error);
        let owned = io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
        passing(file, File::from(owned), opening)?
    } else {
        let opened = files::open_file(file)?;
        let unreadable = |error| Failure::io("read", Path::new(file), &error);
        match opened.metadata().map_err(unreadable)?.is_file() {
            false => passing(file, opened, opening)?,
            #[cfg(feature = "parquet")]
            true if layout(file, opening)? == Layout::Parquet => {
                return columns(file, opened, opening, state);
            }
            true if opening.follow => growing(file, opened, opening, state)?,
            true => resting(file, opened, opening, state)?,
        }
    };
    let source: Box<dyn Source> = match input {
        Bytes::Ending(input) => parallel(file, source(file, input, opening, state)?)?,
        Bytes::Other(input) => Box::new(source(file, input, opening, state)?),
    };
    Ok(Input::new((opening.stream, file), source, waits, origin, state))
}

/// A partition of a live stream, from where it was left if it was.
pub(super) fn live(partition: Partition, opening: &Opening<'_>, state: Option<&InputState>) -> Input {
    let Shape { schema, stored, time, style } = opening.shape();
    let label = partition.position.partition.clone();
    let place = state.map(|state| state.place).unwrap_or_default();
    let feed = Feed::new(partition, place.bytes);
    let origin = Origin::Live(feed.reached());
    let mut source = JsonSource::new(feed, schema, stored, time, style);
    source.resume(place);
    Input { label, ..Input::new((opening.stream, LIVE), Box::new(source), false, origin, state) }
}

/// The bytes of an input.
enum Bytes {
    /// They end, so that they can be read ahead.
    Ending(Box<dyn Read + Send>),
    /// They come as they come.
    Other(Box<dyn Read>),
}

type Opened = (Bytes, Origin, bool);

/// What comes once: a pipe, a terminal, a socket.
fn passing(file: &str, mut opened: File, opening: &Opening<'_>) -> Result<Opened, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    let is_file = opened.metadata().map_err(unreadable)?.is_file();
    if opening.follow && is_file {
        return Err(Failure("`--follow` waits for a file by its name; give it to `--from`".to_owned()));
    }
    if opening.keeps {
        return Err(Failure(format!("`--checkpoint` needs files to read: `{file}` can't be read again")));
    }
    let mut first = Vec::new();
    (&mut opened).take(SIGHT as u64).read_to_end(&mut first).map_err(unreadable)?;
    let codec = codec(file, &first)?;
    let first = Cursor::new(first);
    if codec == Codec::Plain {
        let pause = if opening.alone { PAUSE } else { Duration::ZERO };
        let input = Box::new(first.chain(Polled::new(opened, pause)));
        return Ok((Bytes::Other(input), Origin::Passing, opening.alone));
    }
    let input = codec.decoder(Box::new(first.chain(opened))).map_err(unreadable)?;
    Ok((Bytes::Other(input), Origin::Passing, false))
}

/// A file of columns: its source asks for its end first.
#[cfg(feature = "parquet")]
fn columns(
    file: &str,
    opened: File,
    opening: &Opening<'_>,
    state: Option<&InputState>,
) -> Result<Input, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    if opening.follow {
        return Err(Failure(format!(
            "`{file}` is Parquet, which is read when it is whole: it can't be followed"
        )));
    }
    if let Some(state) = state
        && !begins_as(&opened, state).map_err(unreadable)?
    {
        return Err(changed(file));
    }
    let origin = Origin::File(opened.try_clone().map_err(unreadable)?, false);
    let Shape { schema, stored, time, style } = opening.shape();
    let shows = opening.native.job.inputs.get(opening.stream).map(|input| input.on_invalid);
    let shows = shows == Some(OnInvalid::Divert);
    let mut source =
        dpl::run::ParquetSource::new(opened, schema, stored, time, style, shows).map_err(unreadable)?;
    if let Some(state) = state {
        source.resume(state.place);
    }
    let source = ahead(file, source)?;
    Ok(Input::new((opening.stream, file), source, false, origin, state))
}

/// How a file is compressed, by its first bytes.
fn codec(file: &str, first: &[u8]) -> Result<Codec, Failure> {
    Codec::of_bytes(first).map_err(|name| {
        Failure(format!(
            "`{file}` is compressed with {name}, which is not read; gzip and Zstandard are. Decompress it into `--from STREAM=-`"
        ))
    })
}

fn first_bytes(file: &str, opened: &File) -> Result<Vec<u8>, Failure> {
    let mut first = vec![0; SIGHT];
    let count =
        opened.read_at(&mut first, 0).map_err(|error| Failure::io("read", Path::new(file), &error))?;
    first.truncate(count);
    Ok(first)
}

/// A file that is read to its end.
fn resting(
    file: &str,
    opened: File,
    opening: &Opening<'_>,
    state: Option<&InputState>,
) -> Result<Opened, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    let codec = codec(file, &first_bytes(file, &opened)?)?;
    let kept = opened.try_clone().map_err(unreadable)?;
    let origin = Origin::File(kept, codec == Codec::Plain);
    let mut at = 0;
    if let Some(state) = state {
        at = state.place.bytes;
        let length = opened.metadata().map_err(unreadable)?.len();
        let is_short = codec == Codec::Plain && length < at;
        if is_short || !begins_as(&opened, state).map_err(unreadable)? {
            return Err(changed(file));
        }
    }
    let header = if at > 0 { header(file, &opened, codec, opening)? } else { Vec::new() };
    let mut opened = opened;
    if codec == Codec::Plain {
        opened.seek(SeekFrom::Start(at)).map_err(unreadable)?;
        let input = Box::new(Full(Cursor::new(header).chain(opened)));
        return Ok((Bytes::Ending(input), origin, false));
    }
    opened.rewind().map_err(unreadable)?;
    let mut input = codec.decoder(Box::new(opened)).map_err(unreadable)?;
    let skipped = io::copy(&mut (&mut input).take(at), &mut io::sink()).map_err(unreadable)?;
    if skipped < at {
        return Err(changed(file));
    }
    Ok((Bytes::Ending(Box::new(Full(Cursor::new(header).chain(input)))), origin, false))
}

fn changed(file: &str) -> Failure {
    Failure(format!(
        "`{file}` is not the file any more that was read before the checkpoint; bring it back, or remove the checkpoint to run anew"
    ))
}

/// The first record of a file, if it names the columns.
fn header(file: &str, opened: &File, codec: Codec, opening: &Opening<'_>) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    if layout(file, opening)? != Layout::Csv {
        return Ok(Vec::new());
    }
    let mut again = opened.try_clone().map_err(unreadable)?;
    again.rewind().map_err(unreadable)?;
    let mut input = BufReader::new(codec.decoder(Box::new(again)).map_err(unreadable)?);
    let mut header = Vec::new();
    loop {
        let count = input.read_until(b'\n', &mut header).map_err(unreadable)?;
        let quotes = header.iter().filter(|byte| **byte == b'"').count();
        if count == 0 || quotes.is_multiple_of(2) {
            return Ok(header);
        }
    }
}

/// A file that is waited for to grow.
fn growing(
    file: &str,
    opened: File,
    opening: &Opening<'_>,
    state: Option<&InputState>,
) -> Result<Opened, Failure> {
    let unreadable = |error| Failure::io("read", Path::new(file), &error);
    if codec(file, &first_bytes(file, &opened)?)? != Codec::Plain {
        return Err(Failure(format!("`{file}` is compressed: it can't be followed as it grows")));
    }
    let (mut opened, mut at) = (opened, 0);
    if let Some(state) = state {
        opened = find(file, opened, state).map_err(unreadable)?.ok_or_else(|| changed(file))?;
        at = state.place.bytes.min(opened.metadata().map_err(unreadable)?.len());
    }
    let is_csv = layout(file, opening)? == Layout::Csv;
    let header = if at > 0 { header(file, &opened, Codec::Plain, opening)? } else { Vec::new() };
    let follow = Follow::new(PathBuf::from(file), opened, at, is_csv, opening.keeps).map_err(unreadable)?;
    let origin = Origin::Growing(follow.trail());
    let input: Box<dyn Read> = Box::new(Cursor::new(header).chain(follow));
    let input = if is_csv { Box::new(WholeRecords::new(input)) } else { input };
    Ok((Bytes::Other(input), origin, false))
}

/// The file that was read: the one of that name, or what it is called since another took its place.
fn find(file: &str, opened: File, state: &InputState) -> io::Result<Option<File>> {
    if identity(&opened.metadata()?) == state.identity && begins_as(&opened, state)? {
        return Ok(Some(opened));
    }
    let folder = Path::new(file).parent().filter(|folder| !folder.as_os_str().is_empty());
    for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() && identity(&metadata) == state.identity {
            let found = File::open(entry.path())?;
            if begins_as(&found, state)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn layout(file: &str, opening: &Opening<'_>) -> Result<Layout, Failure> {
    let declared = if opening.native.sources.get(opening.stream).is_some_and(|source| source.csv) {
        Layout::Csv
    } else {
        Layout::JsonLines
    };
    files::layout(file, declared)
}

/// Rows of text.
enum Texts<R> {
    Lines(Box<JsonSource<R>>),
    Records(Box<CsvSource<R>>),
}

impl<R: Read> Source for Texts<R> {
    fn read(&mut self, rows: &mut RowBatch) -> io::Result<bool> {
        match self {
            Self::Lines(source) => source.read(rows),
            Self::Records(source) => source.read(rows),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Lines(source) => source.place(),
            Self::Records(source) => source.place(),
        }
    }

    fn resume(&mut self, place: Place) {
        match self {
            Self::Lines(source) => source.resume(place),
            Self::Records(source) => source.resume(place),
        }
    }
}

/// The rows of an input, behind the place where it was left if it was.
fn source<R: Read>(
    file: &str,
    input: R,
    opening: &Opening<'_>,
    state: Option<&InputState>,
) -> Result<Texts<R>, Failure> {
    let Shape { schema, stored, time, style } = opening.shape();
    let mut source = match layout(file, opening)? {
        Layout::JsonLines => Texts::Lines(Box::new(JsonSource::new(input, schema, stored, time, style))),
        Layout::Csv => Texts::Records(Box::new(
            CsvSource::new(input, schema, stored, time, style)
                .map_err(|error| Failure::io("read", Path::new(file), &error))?,
        )),
        Layout::Parquet => {
            return Err(Failure(format!("`{file}` is no file on a disk, and Parquet is read from its end")));
        }
    };
    if let Some(state) = state {
        source.resume(state.place);
    }
    Ok(source)
}

/// How many threads there can be beside this one: on one core they would only take turns with it.
fn other_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get) - 1
}

/// Parses what ends on other threads.
fn parallel(file: &str, source: Texts<impl Read + Send + 'static>) -> Result<Box<dyn Source>, Failure> {
    let failed = |error| Failure::io("read", Path::new(file), &error);
    match (source, other_threads()) {
        (Texts::Lines(source), threads @ 1..) => Ok(Box::new(source.parallel(threads).map_err(failed)?)),
        (source, _) => ahead(file, source),
    }
}

/// Reads what ends on another thread.
fn ahead(file: &str, source: impl Source + Send + 'static) -> Result<Box<dyn Source>, Failure> {
    if other_threads() == 0 {
        return Ok(Box::new(source));
    }
    let ahead = Ahead::new(Box::new(source));
    Ok(Box::new(ahead.map_err(|error| Failure::io("read", Path::new(file), &error))?))
}

/// Reads as much as is asked for, up to the end: so where blocks end depends on the bytes alone, and rows of several inputs
/// come in the same order however they are compressed, and whether a run was interrupted or not.
struct Full<R>(R);

impl<R: Read> Read for Full<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = to.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.0.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}
