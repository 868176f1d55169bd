//! Rows to a topic.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::DateTime;
use dpl::run::Target;
use rskafka::client::partition::{Compression, PartitionClient};
use rskafka::record::Record;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Topic;

/// The most bytes of a batch: brokers take a little more unless they are told otherwise (`message.max.bytes`).
const BATCH: usize = 900_000;
/// As many bytes wait at most.
const WAITING: usize = 4 << 20;

/// Puts lines into a topic, each a record.
pub(super) struct KafkaSink {
    runtime: Runtime,
    partitions: Vec<Batches>,
    /// The bytes of all that waits.
    waiting: usize,
    /// All bytes that were taken.
    length: u64,
}

/// What waits for a partition.
struct Batches {
    leader: Arc<PartitionClient>,
    /// Batches, and the bytes of the last one.
    batches: Vec<Vec<Record>>,
    bytes: usize,
}

impl KafkaSink {
    pub(super) fn new(topic: Topic) -> Result<Self, String> {
        let Topic { runtime, client, name } = topic;
        let partitions = runtime.block_on(async {
            let mut partitions = Vec::new();
            for partition in Topic::partitions(&client, &name).await? {
                let leader = Topic::leader(&client, &name, partition).await?;
                partitions.push(Batches { leader, batches: Vec::new(), bytes: 0 });
            }
            Ok::<_, String>(partitions)
        })?;
        Ok(Self { runtime, partitions, waiting: 0, length: 0 })
    }

    /// Takes a row. Which partition it goes to is told by a digest of it: rows spread over them, and a row that is written again comes to where it
    /// came before.
    fn push(&mut self, line: &[u8]) {
        let digest = Sha256::digest(line);
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let at = usize::try_from(number % self.partitions.len().max(1) as u64).unwrap_or_default();
        let Some(Batches { batches, bytes, .. }) = self.partitions.get_mut(at) else { return };
        let record = Record {
            key: None,
            value: Some(line.to_vec()),
            headers: BTreeMap::new(),
            timestamp: DateTime::from(SystemTime::now()),
        };
        match batches.last_mut() {
            Some(last) if *bytes + line.len() <= BATCH => {
                last.push(record);
                *bytes += line.len();
            }
            _ => {
                batches.push(vec![record]);
                *bytes = line.len();
            }
        }
        self.waiting += line.len();
    }

    /// Puts what waits: the batches of each partition one after the other, partitions beside one another.
    fn put(&mut self) -> io::Result<()> {
        let mut puts = JoinSet::new();
        for partition in &mut self.partitions {
            let (leader, batches) = (Arc::clone(&partition.leader), mem::take(&mut partition.batches));
            if batches.is_empty() {
                continue;
            }
            let put = async move {
                for batch in batches {
                    leader.produce(batch, Compression::NoCompression).await?;
                }
                Ok::<_, rskafka::client::error::Error>(())
            };
            puts.spawn_on(put, self.runtime.handle());
        }
        self.waiting = 0;
        self.runtime.block_on(async {
            while let Some(done) = puts.join_next().await {
                done.map_err(io::Error::other)?.map_err(|error| io::Error::other(error.to_string()))?;
            }
            Ok(())
        })
    }
}

impl Write for KafkaSink {
    /// Takes whole lines: writers of rows hand on nothing else.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            self.push(line);
            if self.waiting >= WAITING {
                self.put()?;
            }
        }
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.put()
    }
}

impl Target for KafkaSink {
    fn seal(&mut self) -> io::Result<u64> {
        self.put()?;
        Ok(self.length)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.put()
    }
}
