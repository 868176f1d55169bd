//! What is kept of a run so that another goes on from there.
//!
//! A checkpoint is one file: a line that says what it is, the version of its layout, the digest of what follows, and then
//! how far every input was read, how long every output was, and the operator's state, all of one moment.

use super::pipeline::Job;
use super::rows::Place;
use crate::window::save::{Saved, load_bytes, save_bytes};
use sha2::{Digest, Sha256};
use std::fmt;

/// What the file starts with.
const MAGIC: &[u8] = b"dpl checkpoint\n";
/// The version of the layout of this file and of the state in it. It grows with every change of either.
const VERSION: u32 = 3;

impl Job {
    /// A digest of all that decides about the results: what was kept of a run of another job is no use to this one.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(format!("{self:?}")).into()
    }
}

/// One moment of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// [`Job::fingerprint`](super::Job::fingerprint).
    pub job: [u8; 32],
    /// The partitions.
    pub inputs: Vec<InputState>,
    /// The outputs.
    pub outputs: Vec<OutputState>,
    /// [`Engine::save`](super::Engine::save).
    pub state: Vec<u8>,
    /// Whether the input had ended, and all is written.
    pub finished: bool,
}

/// How far an input was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputState {
    /// Which of the job's inputs it is of.
    pub input: usize,
    /// The file, as it was given.
    pub file: String,
    /// Up to where.
    pub place: Place,
    /// Which file that was: device and number.
    pub identity: (u64, u64),
    /// How many of its first bytes were looked at, and their digest.
    pub head: (u64, Vec<u8>),
    /// Whether its end was reached.
    pub ended: bool,
    /// Where that is among the records of a live stream's partition.
    pub position: Option<Position>,
}

/// A place in a partition of a live stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The shard, or the partition's number.
    pub partition: String,
    /// Where its server is asked to go on, in the words of its connector.
    pub cursor: String,
    /// How many bytes of the lines from there on were read already: a record may hold several.
    pub skip: u64,
}

/// How long an output was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputState {
    /// The file, as it was given.
    pub file: String,
    /// Its length.
    pub length: u64,
}

/// Why bytes are no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// They are something else.
    Foreign,
    /// They are laid out as another version of `dpl` does it.
    Version(u32),
    /// They are not what was written.
    Damaged,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Foreign => f.write_str("it is no checkpoint"),
            CheckpointError::Version(version) => {
                write!(f, "it has version {version}, and this `dpl` reads version {VERSION}")
            }
            CheckpointError::Damaged => f.write_str("it is damaged"),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl Checkpoint {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.state.len() + 1024);
        body.extend_from_slice(&self.job);
        self.finished.save(&mut body);
        self.inputs.save(&mut body);
        self.outputs.save(&mut body);
        save_bytes(&self.state, &mut body);
        let mut bytes = Vec::with_capacity(body.len() + 64);
        bytes.extend_from_slice(MAGIC);
        VERSION.save(&mut bytes);
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend_from_slice(&body);
        bytes
    }

    /// What the bytes of a file say.
    pub fn from_bytes(bytes: &[u8]) -> Result<Checkpoint, CheckpointError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(CheckpointError::Foreign)?;
        let version = u32::load(&mut rest).ok_or(CheckpointError::Damaged)?;
        if version != VERSION {
            return Err(CheckpointError::Version(version));
        }
        let (digest, body) = rest.split_first_chunk::<32>().ok_or(CheckpointError::Damaged)?;
        if *digest != <[u8; 32]>::from(Sha256::digest(body)) {
            return Err(CheckpointError::Damaged);
        }
        Checkpoint::of_body(body).ok_or(CheckpointError::Damaged)
    }

    fn of_body(body: &[u8]) -> Option<Checkpoint> {
        let (job, mut from) = body.split_first_chunk::<32>()?;
        let from = &mut from;
        let checkpoint = Checkpoint {
            job: *job,
            finished: Saved::load(from)?,
            inputs: Saved::load(from)?,
            outputs: Saved::load(from)?,
            state: load_bytes(from)?.to_vec(),
        };
        from.is_empty().then_some(checkpoint)
    }
}

impl Saved for InputState {
    fn save(&self, out: &mut Vec<u8>) {
        self.input.save(out);
        self.file.save(out);
        (self.place.bytes, self.place.lines).save(out);
        self.identity.save(out);
        self.head.save(out);
        self.ended.save(out);
        self.position.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let (input, file) = (Saved::load(from)?, Saved::load(from)?);
        let (bytes, lines) = Saved::load(from)?;
        Some(InputState {
            input,
            file,
            place: Place { bytes, lines },
            identity: Saved::load(from)?,
            head: Saved::load(from)?,
            ended: Saved::load(from)?,
            position: Saved::load(from)?,
        })
    }
}

impl Saved for Position {
    fn save(&self, out: &mut Vec<u8>) {
        self.partition.save(out);
        self.cursor.save(out);
        self.skip.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        let [partition, cursor] = [Saved::load(from)?, Saved::load(from)?];
        Some(Position { partition, cursor, skip: Saved::load(from)? })
    }
}

impl Saved for OutputState {
    fn save(&self, out: &mut Vec<u8>) {
        self.file.save(out);
        self.length.save(out);
    }

    fn load(from: &mut &[u8]) -> Option<Self> {
        Some(OutputState { file: Saved::load(from)?, length: Saved::load(from)? })
    }
}
