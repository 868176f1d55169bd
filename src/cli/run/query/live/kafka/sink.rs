//! Rows to a topic.

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::DateTime;
use rskafka::client::partition::{Compression, PartitionClient};
use rskafka::record::Record;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Topic;
use crate::cli::run::query::live::lines::{Put, key};

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
        Ok(Self { runtime, partitions, waiting: 0 })
    }
}

impl Put for KafkaSink {
    fn push(&mut self, line: &[u8]) -> io::Result<()> {
        let at = usize::try_from(key(line) % self.partitions.len().max(1) as u64).unwrap_or_default();
        let Some(Batches { batches, bytes, .. }) = self.partitions.get_mut(at) else { return Ok(()) };
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
        if self.waiting >= WAITING { self.put() } else { Ok(()) }
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
