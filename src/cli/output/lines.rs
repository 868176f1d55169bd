//! JSON with a line for each member down to some depth, and one line for all that is below.

use std::io::{Result, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// The text of a value.
pub(super) fn to_string(value: &impl Serialize, lined: usize) -> String {
    let mut bytes = Vec::with_capacity(4096);
    let formatter = Lined { pretty: PrettyFormatter::new(), depth: 0, lined };
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
    debug_assert!(written.is_ok(), "a manifest holds nothing that JSON can't");
    String::from_utf8(bytes).unwrap_or_default()
}

struct Lined {
    pretty: PrettyFormatter<'static>,
    depth: usize,
    lined: usize,
}

impl Lined {
    fn has_lines(&self) -> bool {
        self.depth <= self.lined
    }
}

impl Formatter for Lined {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.depth += 1;
        if self.has_lines() { self.pretty.begin_array(writer) } else { writer.write_all(b"[") }
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        let lines = self.has_lines();
        self.depth -= 1;
        if lines { self.pretty.end_array(writer) } else { writer.write_all(b"]") }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if self.has_lines() { self.pretty.begin_array_value(writer, first) } else { next(writer, first) }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        if self.has_lines() { self.pretty.end_array_value(writer) } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.depth += 1;
        if self.has_lines() { self.pretty.begin_object(writer) } else { writer.write_all(b"{ ") }
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        let lines = self.has_lines();
        self.depth -= 1;
        if lines { self.pretty.end_object(writer) } else { writer.write_all(b" }") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if self.has_lines() { self.pretty.begin_object_key(writer, first) } else { next(writer, first) }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        if self.has_lines() { self.pretty.end_object_value(writer) } else { Ok(()) }
    }
}

fn next<W: ?Sized + Write>(writer: &mut W, first: bool) -> Result<()> {
    if first { Ok(()) } else { writer.write_all(b", ") }
}
