//! Compressed inputs and outputs.

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read, Write};

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Not at all.
    Plain,
    /// gzip, of one or several members.
    Gzip,
    /// Zstandard, of one or several frames.
    Zstd,
}

/// Compressions that are known by sight and not read: the first bytes, and the name.
const FOREIGN: &[(&[u8], &str)] =
    &[(b"BZh", "bzip2"), (b"\xFD7zXZ\0", "xz"), (b"\x04\x22\x4D\x18", "LZ4"), (b"PK\x03\x04", "zip")];

/// As many bytes tell how an input is compressed.
pub const SIGHT: usize = 6;

impl Codec {
    /// What the ending of a file's name says, and the name without it.
    pub fn of_name(name: &str) -> (Codec, &str) {
        let endings =
            [(".gz", Codec::Gzip), (".gzip", Codec::Gzip), (".zst", Codec::Zstd), (".zstd", Codec::Zstd)];
        let lower = name.to_ascii_lowercase();
        let found = endings.iter().find(|(ending, _)| lower.ends_with(ending));
        found.map_or((Codec::Plain, name), |(ending, codec)| {
            (*codec, name.get(..name.len() - ending.len()).unwrap_or(name))
        })
    }

    /// What the first bytes of an input say; of a compression that is not read the name.
    pub fn of_bytes(first: &[u8]) -> Result<Codec, &'static str> {
        if first.starts_with(b"\x1F\x8B") {
            return Ok(Codec::Gzip);
        }
        if first.starts_with(b"\x28\xB5\x2F\xFD") {
            return Ok(Codec::Zstd);
        }
        match FOREIGN.iter().find(|(magic, _)| first.starts_with(magic)) {
            Some((_, name)) => Err(name),
            None => Ok(Codec::Plain),
        }
    }

    /// The bytes of an input that is compressed so.
    pub fn decoder<'a>(self, input: Box<dyn Read + Send + 'a>) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Codec::Plain => input,
            Codec::Gzip => Box::new(MultiGzDecoder::new(input)),
            Codec::Zstd => Box::new(zstd::stream::read::Decoder::new(input)?),
        })
    }
}

/// Compresses what is written. Each seal ends a member (gzip) or frame (Zstandard); what follows begins the next.
pub struct Encoder<W: Write> {
    codec: Codec,
    state: State<W>,
    /// Whether any member was begun.
    begun: bool,
}

enum State<W: Write> {
    Between(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
    /// A member could not be ended: the output is lost.
    Lost,
}

fn lost() -> io::Error {
    io::Error::other("the output failed before")
}

impl<W: Write> Encoder<W> {
    /// An encoder that begins a member with the first byte.
    pub fn new(codec: Codec, output: W) -> Encoder<W> {
        Encoder { codec, state: State::Between(output), begun: false }
    }

    /// Ends the member that is open; what is below.
    pub fn seal(&mut self) -> io::Result<&mut W> {
        let output = match std::mem::replace(&mut self.state, State::Lost) {
            State::Between(output) => output,
            State::Gzip(encoder) => encoder.finish()?,
            State::Zstd(encoder) => encoder.finish()?,
            State::Lost => return Err(lost()),
        };
        self.state = State::Between(output);
        match &mut self.state {
            State::Between(output) => Ok(output),
            _ => Err(lost()),
        }
    }

    /// Ends the output: one that nothing was written to has an empty member, without which it could not be read.
    pub fn finish(&mut self, is_empty: bool) -> io::Result<&mut W> {
        if is_empty && !self.begun {
            self.begin()?;
        }
        self.seal()
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        self.state = match (std::mem::replace(&mut self.state, State::Lost), self.codec) {
            (State::Between(output), Codec::Gzip) => {
                State::Gzip(GzEncoder::new(output, flate2::Compression::default()))
            }
            (State::Between(output), Codec::Zstd) => {
                State::Zstd(zstd::stream::write::Encoder::new(output, 0)?)
            }
            (state, _) => state,
        };
        Ok(())
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.codec != Codec::Plain && matches!(self.state, State::Between(_)) {
            self.begin()?;
        }
        match &mut self.state {
            State::Between(output) => output.write(bytes),
            State::Gzip(encoder) => encoder.write(bytes),
            State::Zstd(encoder) => encoder.write(bytes),
            State::Lost => Err(lost()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Between(output) => output.flush(),
            State::Gzip(encoder) => encoder.flush(),
            State::Zstd(encoder) => encoder.flush(),
            State::Lost => Err(lost()),
        }
    }
}
