//! A file that grows, is cut, or is replaced by another of its name.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::rc::Rc;

/// Device and number of a file.
pub(super) type Identity = (u64, u64);

/// Which file this is.
pub(super) fn identity(metadata: &fs::Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// The files that were read one after the other, by where each begins among all bytes handed on.
pub(super) struct Trail {
    parts: Vec<Part>,
    /// Whether more than the last part is asked for.
    keeps: bool,
}

/// One file of a trail.
pub(super) struct Part {
    /// Where its first byte would stand among all bytes handed on.
    start: i64,
    pub(super) identity: Identity,
    pub(super) file: Rc<File>,
}

impl Trail {
    fn add(&mut self, part: Part) {
        if !self.keeps {
            self.parts.clear();
        }
        self.parts.push(part);
    }

    /// The file that a place lies in and how far into it; earlier ones are forgotten.
    pub(super) fn locate(&mut self, bytes: u64) -> Option<(&Part, u64)> {
        let bytes = i64::try_from(bytes).ok()?;
        let at = self.parts.iter().rposition(|part| part.start <= bytes).unwrap_or_default();
        self.parts.drain(..at);
        let part = self.parts.first()?;
        Some((part, u64::try_from(bytes - part.start).unwrap_or_default()))
    }
}

/// Reads what there is of a file, and says that there is nothing yet where its end is reached.
pub(super) struct Follow {
    path: PathBuf,
    file: Rc<File>,
    /// How far it is in the file.
    at: u64,
    /// Bytes handed on.
    given: u64,
    /// The last of them.
    last: u8,
    /// Whether another file was seen in its place, after which this one was read to its end once more.
    replaced: bool,
    /// Whether each further file begins with a line to leave out.
    headed: bool,
    skipping: bool,
    trail: Rc<RefCell<Trail>>,
}

impl Follow {
    /// Goes on from a place in a file that has the path, or had it.
    pub(super) fn new(path: PathBuf, file: File, at: u64, headed: bool, keeps: bool) -> io::Result<Self> {
        let file = Rc::new(file);
        (&*file).seek(SeekFrom::Start(at))?;
        let part = Part { start: 0, identity: identity(&file.metadata()?), file: Rc::clone(&file) };
        let trail = Rc::new(RefCell::new(Trail { parts: vec![part], keeps }));
        Ok(Self { path, file, at, given: at, last: b'\n', replaced: false, headed, skipping: false, trail })
    }

    /// The files that are read.
    pub(super) fn trail(&self) -> Rc<RefCell<Trail>> {
        Rc::clone(&self.trail)
    }

    /// What is to be done at the end of the file: a byte to hand on, or nothing.
    fn at_end(&mut self) -> io::Result<Option<u8>> {
        let cut = self.file.metadata()?.len() < self.at;
        let other = match fs::metadata(&self.path) {
            Ok(metadata) => identity(&metadata) != identity(&self.file.metadata()?),
            // Between the old file and the new one there is none.
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !cut && !other {
            return Err(ErrorKind::WouldBlock.into());
        }
        if other && !self.replaced {
            // What was written between its end was reached and it was replaced is still to be read.
            self.replaced = true;
            return Ok(None);
        }
        if self.last != b'\n' {
            self.last = b'\n';
            self.given += 1;
            return Ok(Some(b'\n'));
        }
        if other {
            self.file = Rc::new(File::open(&self.path)?);
        }
        (&*self.file).seek(SeekFrom::Start(0))?;
        (self.at, self.replaced, self.skipping) = (0, false, self.headed);
        self.begin(0)?;
        Ok(None)
    }

    /// Notes that a file begins here, of which so many bytes are left out.
    fn begin(&mut self, skipped: u64) -> io::Result<()> {
        let start =
            i64::try_from(self.given).unwrap_or(i64::MAX) - i64::try_from(skipped).unwrap_or_default();
        let identity = identity(&self.file.metadata()?);
        self.trail.borrow_mut().add(Part { start, identity, file: Rc::clone(&self.file) });
        Ok(())
    }

    /// Leaves the rest of the first line out of what was read; how much remains.
    fn skip(&mut self, to: &mut [u8], read: usize) -> io::Result<usize> {
        let end = to.iter().take(read).position(|byte| *byte == b'\n');
        let Some(end) = end else { return Ok(0) };
        self.skipping = false;
        let skipped = self.at - (read - end - 1) as u64;
        self.trail.borrow_mut().parts.pop();
        self.begin(skipped)?;
        to.copy_within(end + 1..read, 0);
        Ok(read - end - 1)
    }
}

impl Read for Follow {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut read = (&*self.file).read(to)?;
            if read == 0 {
                match (self.at_end()?, to.first_mut()) {
                    (Some(byte), Some(first)) => {
                        *first = byte;
                        return Ok(1);
                    }
                    _ => continue,
                }
            }
            self.at += read as u64;
            if self.skipping {
                read = self.skip(to, read)?;
            }
            if read > 0 {
                self.given += read as u64;
                self.last = to.get(read - 1).copied().unwrap_or_default();
                return Ok(read);
            }
        }
    }
}
