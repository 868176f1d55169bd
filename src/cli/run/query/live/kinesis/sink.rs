//! Rows to a stream.

use std::io;
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{Client, Fault, PATIENCE, PAUSES};
use crate::cli::run::query::live::lines::{Put, key};

/// The most records of one request, and the most of their bytes, of which the service takes a little more:
/// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
const RECORDS: usize = 500;
const BYTES: usize = 4 << 20;

/// Puts lines into a stream, each a record.
pub(super) struct KinesisSink {
    client: Arc<Client>,
    waiting: Vec<Row>,
    /// The bytes of those.
    bytes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    data: String,
    partition_key: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
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
    fn new(line: &[u8]) -> Self {
        Self { data: STANDARD.encode(line), partition_key: format!("{:016x}", key(line)) }
    }
}

impl KinesisSink {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, waiting: Vec::new(), bytes: 0 }
    }
}

impl Put for KinesisSink {
    fn push(&mut self, line: &[u8]) -> io::Result<()> {
        if self.waiting.len() >= RECORDS || self.bytes + line.len() > BYTES {
            self.put()?;
        }
        self.waiting.push(Row::new(line));
        self.bytes += line.len();
        Ok(())
    }

    /// Puts what waits, and again those of them that the stream did not take.
    fn put(&mut self) -> io::Result<()> {
        let (mut rows, began, mut pause) = (mem::take(&mut self.waiting), Instant::now(), PAUSES.0);
        self.bytes = 0;
        while !rows.is_empty() {
            let request = Request { stream: &self.client.arn, records: &rows };
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
