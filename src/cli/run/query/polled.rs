//! Inputs that come when they come: standard input and pipes.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Reads what is there, and says that there is nothing rather than wait for long: meanwhile windows are written out,
/// checkpoints are kept, and signals are heard.
pub(super) struct Polled {
    file: File,
    pause: Timespec,
}

impl Polled {
    /// Waits for so long at most.
    pub(super) fn new(file: File, pause: Duration) -> Self {
        // A pause is a part of a second.
        Self { file, pause: Timespec { tv_sec: 0, tv_nsec: pause.subsec_nanos().into() } }
    }
}

impl Read for Polled {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut waited = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut waited, Some(&self.pause)) {
            Ok(0) | Err(Errno::INTR) => Err(ErrorKind::WouldBlock.into()),
            Ok(_) => self.file.read(to),
            Err(error) => Err(error.into()),
        }
    }
}
