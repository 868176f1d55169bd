//! Records that the Kinesis Producer Library put together into one:
//! https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md

use md5::{Digest as _, Md5};

/// What such a record starts with.
const MAGIC: &[u8] = &[0xF3, 0x89, 0x9A, 0xC2];
/// The length of the digest at its end.
const DIGEST: usize = 16;
/// The field of a message that holds a record, and that of a record that holds its data.
const RECORD: u64 = 3;
/// Lengths and texts follow their number; other fields are numbers.
const BYTES: u64 = 2;
const NUMBER: u64 = 0;

/// The data of the records that one was made of; `None` where it is a record as any other.
pub(super) fn parts(data: &[u8]) -> Option<Vec<&[u8]>> {
    let rest = data.strip_prefix(MAGIC)?;
    let (message, digest) = rest.split_at_checked(rest.len().checked_sub(DIGEST)?)?;
    if Md5::digest(message).as_slice() != digest {
        return None;
    }
    let records = fields(message)?.into_iter().filter(|(field, _)| *field == RECORD);
    records
        .map(|(_, record)| {
            fields(record)?.into_iter().find(|(field, _)| *field == RECORD).map(|(_, data)| data)
        })
        .collect()
}

/// The fields of a message of Protocol Buffers that have a length.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let (tag, rest) = number(message)?;
        match tag & 7 {
            NUMBER => message = number(rest)?.1,
            BYTES => {
                let (length, rest) = number(rest)?;
                let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                fields.push((tag >> 3, value));
                message = rest;
            }
            _ => return None,
        }
    }
    Some(fields)
}

/// A number of seven bits a byte, the least first.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (place, byte) in text.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7F).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, text.get(place + 1..)?));
        }
    }
    None
}
