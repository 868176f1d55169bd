//! Rows to a stream.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dpl::run::Target;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Client, Fault, PATIENCE, PAUSES};

/// The most records of one request, and the most of their bytes, of which the service takes a little more:
/// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
const RECORDS: usize = 500;
const BYTES: usize = 4 << 20;
/// As many bytes of a row's digest are its key.
const KEY: usize = 8;

/// Puts lines into a stream, each a record.
pub(super) struct KinesisSink {
    client: Arc<Client>,
    waiting: Vec<Row>,
    /// The bytes of those.
    bytes: usize,
    /// All bytes that were taken.
    length: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    data: String,
    partition_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a> {
    #[serde(rename = "StreamARN")]
    stream: &'a str,
    records: &'a [Row],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    records: Vec<Taken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    error_code: Option<String>,
    error_message: Option<String>,
}

impl Row {
    /// The key is a digest of the row: rows spread over the shards, and a row that is written again comes to the shard where it came before.
    fn new(line: &[u8]) -> Self {
        let digest = Sha256::digest(line);
        let key = digest.iter().take(KEY).fold(String::new(), |mut key, byte| {
            let _ = write!(key, "{byte:02x}");
            key
        });
        Self { data: STANDARD.encode(line), partition_key: key }
    }
}

impl KinesisSink {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, waiting: Vec::new(), bytes: 0, length: 0 }
    }

    /// Puts what waits, and again those of them that the stream did not take.
    fn put(&mut self) -> io::Result<()> {
        let (mut rows, began, mut pause) = (mem::take(&mut self.waiting), Instant::now(), PAUSES.0);
        self.bytes = 0;
        while !rows.is_empty() {
            let request = Put { stream: &self.client.arn, records: &rows };
            let (answer, _) =
                self.client.ask("PutRecords", &serde_json::to_string(&request)?).map_err(failed)?;
            let answer: Answer = serde_json::from_slice(&answer)?;
            let refused = answer.records.iter().find(|taken| taken.error_code.is_some());
            let why = refused.map(|taken| {
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("PutRecords: {}: {}", of(&taken.error_code), of(&taken.error_message))
            });
            if answer.records.len() != rows.len() {
                return Err(io::Error::other("the answer to PutRecords is of other records"));
            }
            let left = rows.into_iter().zip(answer.records).filter(|(_, taken)| taken.error_code.is_some());
            rows = left.map(|(row, _)| row).collect();
            if let Some(why) = why {
                if began.elapsed() > PATIENCE {
                    return Err(io::Error::other(format!("{why}, for {} s", PATIENCE.as_secs())));
                }
                thread::sleep(pause);
                pause = (pause * 2).min(PAUSES.1);
            }
        }
        Ok(())
    }
}

fn failed(fault: Fault) -> io::Error {
    match fault {
        Fault::Passing(why) | Fault::Final(why) => io::Error::other(why),
        Fault::Expired => io::Error::other("the iterator is too old"),
    }
}

impl Write for KinesisSink {
    /// Takes whole lines: writers of rows hand on nothing else.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if self.waiting.len() >= RECORDS || self.bytes + line.len() > BYTES {
                self.put()?;
            }
            self.waiting.push(Row::new(line));
            self.bytes += line.len();
        }
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.put()
    }
}

impl Target for KinesisSink {
    fn seal(&mut self) -> io::Result<u64> {
        self.put()?;
        Ok(self.length)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.put()
    }
}
