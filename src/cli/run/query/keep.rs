//! The folder that checkpoints are kept in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use dpl::run::Checkpoint;
use rustix::fs::{FlockOperation, flock};

use crate::cli::Failure;

/// The file of the last checkpoint.
const FILE: &str = "checkpoint";
/// The file that the next one is written in.
const NEXT: &str = "checkpoint.next";
/// The file that is locked while a run uses the folder.
const LOCK: &str = "lock";

/// An open folder, and what was written to it.
pub(super) struct Keep {
    folder: PathBuf,
    interval: Duration,
    /// When the last checkpoint was written, or the run started.
    last: Instant,
    /// How many were written.
    pub(super) written: u64,
    /// When the last one was.
    pub(super) at: Option<SystemTime>,
    /// How long it took.
    pub(super) took: Duration,
    /// How large it is.
    pub(super) bytes: u64,
    /// Locked as long as it is open.
    _lock: File,
}

impl Keep {
    /// Opens a folder, made where there is none, for this run alone; the checkpoint in it, if there is one.
    pub(super) fn open(folder: &Path, interval: Duration) -> Result<(Self, Option<Checkpoint>), Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::io("make", folder, &error))?;
        let lock = folder.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock)
            .map_err(|error| Failure::io("write", &lock, &error))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Failure(format!("another run uses `{}`", folder.display())));
        }
        let file = folder.join(FILE);
        let found = match fs::read(&file) {
            Ok(bytes) => Some(Checkpoint::from_bytes(&bytes).map_err(|why| {
                Failure(format!(
                    "can't go on from `{}`: {why}; remove the folder to run anew",
                    file.display()
                ))
            })?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::io("read", &file, &error)),
        };
        let keep = Self {
            folder: folder.to_owned(),
            interval,
            last: Instant::now(),
            written: 0,
            at: None,
            took: Duration::ZERO,
            bytes: 0,
            _lock: lock,
        };
        Ok((keep, found))
    }

    /// Whether it is time for the next one.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now.duration_since(self.last) >= self.interval
    }

    /// Puts a checkpoint in the place of the last one: at any moment there is one of them, whole.
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let began = Instant::now();
        let bytes = checkpoint.to_bytes();
        let (next, file) = (self.folder.join(NEXT), self.folder.join(FILE));
        let written = File::create(&next)
            .and_then(|mut created| created.write_all(&bytes).and_then(|()| created.sync_all()))
            .and_then(|()| fs::rename(&next, &file))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|error| Failure::io("write", &file, &error))?;
        self.last = Instant::now();
        self.took = began.elapsed();
        self.written += 1;
        self.at = Some(SystemTime::now());
        self.bytes = bytes.len() as u64;
        Ok(())
    }
}
