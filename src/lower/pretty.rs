//! JSON as people read it: laid out as serde_json lays it out, each line begun at once and not step by step.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// The text of a value, with a final newline. `room` is how many bytes it is likely to take.
pub fn pretty(value: &impl Serialize, room: usize) -> String {
    let mut bytes = Vec::with_capacity(room);
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, Pretty::default()));
    debug_assert!(written.is_ok(), "what is generated holds nothing that JSON can't");
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

#[derive(Default)]
struct Pretty {
    depth: usize,
    /// Whether there is something in what was begun last.
    filled: bool,
}

/// What a line begins with, behind the comma of the one before.
const LINE: &[u8; 66] = b",\n                                                                ";

impl Pretty {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, sign: &[u8]) -> Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(sign)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, sign: &[u8]) -> Result<()> {
        self.depth -= 1;
        if self.filled {
            self.line(writer, true)?;
        }
        writer.write_all(sign)
    }

    fn line<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> Result<()> {
        let indent = 2 * self.depth;
        let start = usize::from(first);
        match LINE.get(start..2 + indent) {
            Some(whole) => writer.write_all(whole),
            None => {
                writer.write_all(LINE.get(start..2).unwrap_or_default())?;
                (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
            }
        }
    }
}

impl Formatter for Pretty {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.line(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.line(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> Result<()> {
        self.filled = true;
        Ok(())
    }
}
