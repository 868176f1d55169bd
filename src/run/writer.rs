//! Rows as JSON lines.

use super::buffered::Buffered;
use super::sink::{Target, TextWriter};
use crate::window::time::{self, Style};
use crate::window::{Batch, Column, Data, Type, decimal};
use std::io::{self, Write};

/// Writes batches as JSON lines: doubles with the shortest digits that read back as the same double (NaN and the
/// infinities as strings), decimals with all digits of their scale, timestamps with those of their precision,
/// bytes in base64.
#[derive(Debug)]
pub struct JsonWriter<W> {
    fields: Vec<Member>,
    style: Style,
    out: Buffered<W>,
}

#[derive(Debug)]
struct Member {
    /// What stands before the value.
    opening: Vec<u8>,
    ty: Type,
    /// The timestamp that was written last: rows of one window share theirs.
    last: Option<i64>,
    last_text: Vec<u8>,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of records with these fields.
    pub fn new<'a>(
        output: W,
        fields: impl IntoIterator<Item = (&'a str, Type)>,
        style: Style,
    ) -> JsonWriter<W> {
        let opening = |i: usize| if i == 0 { b'{' } else { b',' };
        let fields = fields.into_iter().enumerate().map(|(i, (name, ty))| {
            let mut text = vec![opening(i)];
            write_string(name, &mut text);
            text.push(b':');
            Member { opening: text, ty, last: None, last_text: Vec::new() }
        });
        JsonWriter { fields: fields.collect(), style, out: Buffered::new(output) }
    }

    /// Writes every row of a batch, one column per field.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        self.write_rows(batch, 0..batch.len as u32)
    }

    /// Writes some rows of a batch.
    pub fn write_rows(&mut self, batch: &Batch, rows: impl IntoIterator<Item = u32>) -> io::Result<()> {
        for row in rows {
            for (member, column) in self.fields.iter_mut().zip(&batch.columns) {
                self.out.text.extend_from_slice(&member.opening);
                member.write(column, row as usize, self.style, &mut self.out.text);
            }
            let end: &[u8] = if self.fields.is_empty() { b"{}\n" } else { b"}\n" };
            self.out.text.extend_from_slice(end);
            self.out.row_ended()?;
        }
        Ok(())
    }

    /// Writes out what is buffered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<T: Target> TextWriter for JsonWriter<T> {
    type Target = T;

    fn rows(&mut self, batch: &Batch, rows: impl Iterator<Item = u32>) -> io::Result<()> {
        self.write_rows(batch, rows)
    }

    fn out(&mut self) -> &mut Buffered<T> {
        &mut self.out
    }
}

impl Member {
    fn write(&mut self, column: &Column, row: usize, style: Style, out: &mut Vec<u8>) {
        match &column.data {
            Data::I64(values) if self.ty.is_timestamp() && !column.is_null(row) => {
                let value = values.get(row).copied();
                if self.last != value {
                    self.last = value;
                    self.last_text.clear();
                    write_value(column, row, self.ty, style, &mut self.last_text);
                }
                out.extend_from_slice(&self.last_text);
            }
            _ => write_value(column, row, self.ty, style, out),
        }
    }
}

/// A value as JSON.
pub(super) fn write_value(column: &Column, row: usize, ty: Type, style: Style, out: &mut Vec<u8>) {
    if column.is_null(row) {
        return out.extend_from_slice(b"null");
    }
    let quoted = matches!(ty, Type::Date | Type::Timestamp(_) | Type::TimestampLtz(_) | Type::Bytes);
    match &column.data {
        Data::F64(v) => write_double(v.get(row).copied().unwrap_or_default(), out),
        Data::Text(v) if ty != Type::Bytes => write_string(&String::from_utf8_lossy(v.get(row)), out),
        _ => {
            out.extend(quoted.then_some(b'"'));
            write_plain(column, row, ty, style, out);
            out.extend(quoted.then_some(b'"'));
        }
    }
}

/// A value that is not null as text without quotes.
pub(super) fn write_plain(column: &Column, row: usize, ty: Type, style: Style, out: &mut Vec<u8>) {
    match &column.data {
        Data::Bool(v) => out.extend_from_slice(if v.get(row) == Some(&true) { b"true" } else { b"false" }),
        Data::I32(v) => {
            let value = v.get(row).copied().unwrap_or_default();
            if ty == Type::Date {
                time::write_date(value.into(), out);
            } else {
                write_display(value, out);
            }
        }
        Data::I64(v) => write_i64(v.get(row).copied().unwrap_or_default(), ty, style, out),
        Data::F64(v) => write_plain_double(v.get(row).copied().unwrap_or_default(), out),
        Data::I128(v) => {
            let scale = if let Type::Decimal { scale, .. } = ty { scale } else { 0 };
            decimal::write(v.get(row).copied().unwrap_or_default(), scale, out);
        }
        Data::Text(v) if ty == Type::Bytes => write_base64(v.get(row), out),
        Data::Text(v) => out.extend_from_slice(String::from_utf8_lossy(v.get(row)).as_bytes()),
    }
}

fn write_display(value: impl std::fmt::Display, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

fn write_i64(value: i64, ty: Type, style: Style, out: &mut Vec<u8>) {
    let (precision, zone) = match ty {
        Type::Timestamp(p) => (p, ""),
        Type::TimestampLtz(p) => (p, "Z"),
        _ => return write_display(value, out),
    };
    time::write_timestamp(value, style, (0, precision), out);
    out.extend_from_slice(zone.as_bytes());
}

fn write_double(value: f64, out: &mut Vec<u8>) {
    let quote = (!value.is_finite()).then_some(b'"');
    out.extend(quote);
    write_plain_double(value, out);
    out.extend(quote);
}

fn write_plain_double(value: f64, out: &mut Vec<u8>) {
    match value {
        f64::INFINITY => out.extend_from_slice(b"Infinity"),
        f64::NEG_INFINITY => out.extend_from_slice(b"-Infinity"),
        // Within these bounds Ryu writes what `{:?}` does, without its detours.
        v if v == 0.0 || (1e-4..1e16).contains(&v.abs()) => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(v).as_bytes());
        }
        // NaN is `NaN`.
        v => write_display(format_args!("{v:?}"), out),
    }
}

/// Appends a JSON string.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some((at, byte)) = rest.iter().enumerate().find(|(_, c)| matches!(c, b'"' | b'\\' | 0..0x20)) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        match *byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte => write_display(format_args!("\\u{byte:04x}"), out),
        }
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |n, i| n << 8 | usize::from(chunk.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * place) & 63).copied().unwrap_or(b'=');
            out.push(if place > chunk.len() { b'=' } else { digit });
        }
    }
}
