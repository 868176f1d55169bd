//! The partitions of a topic that is read: a task for each, all on one thread.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chrono::DateTime;
use crossbeam_channel::{Sender, TrySendError, unbounded};
use dpl::run::Position;
use rskafka::client::Client;
use rskafka::client::error::ProtocolError;
use rskafka::client::partition::{OffsetAt, PartitionClient};
use rskafka::record::RecordAndOffset;
use tokio::time::sleep;

use super::{PATIENCE, Topic, said};
use crate::cli::run::query::live::{Bell, Chunk, Opened, Partition, Said, Start};

/// The most bytes of one answer; a batch that is larger comes alone.
const BYTES: i32 = 1 << 20;
/// As many milliseconds a broker waits for a record.
const WAIT: i32 = 500;
/// The pause between two tries to hand records over to a run that has not taken those before.
const FULL: Duration = Duration::from_millis(1);
/// The pause between two looks for partitions that a topic has got.
const LOOK: Duration = Duration::from_secs(10);

/// Who hears of partitions.
#[derive(Clone)]
struct Hearers {
    births: Sender<Partition>,
    bell: Bell,
}

/// Starts to read a topic: all its partitions, those that a run before knew from where it left them.
pub(super) fn open(
    topic: Topic,
    start: Start,
    before: &[(Position, bool)],
    bell: Bell,
) -> Result<Opened, String> {
    let Topic { runtime, client, name } = topic;
    let (births, born) = unbounded();
    let hearers = Hearers { births, bell };
    let (partitions, known) = runtime.block_on(async {
        let all = Topic::partitions(&client, &name).await?;
        let (mut partitions, mut known) = (Vec::new(), Vec::new());
        for (position, _) in before {
            let partition = position.partition.parse().ok().filter(|partition| all.contains(partition));
            let Some((partition, offset)) = partition.zip(offset_of(&position.cursor)) else {
                return Err(format!("the topic has no partition {} any more", position.partition));
            };
            let leader = Topic::leader(&client, &name, partition).await?;
            partitions.push(read(leader, offset, position.clone(), &hearers));
            known.push(partition);
        }
        for partition in all {
            if !known.contains(&partition) {
                // One that a run before did not know has come since.
                let start = if before.is_empty() { start } else { Start::Earliest };
                let started = begin(&client, &name, partition, start, &hearers).await?;
                if before.is_empty() {
                    partitions.push(started);
                } else {
                    // Nobody hears of it before the run does.
                    let _ = hearers.births.send(started);
                }
                known.push(partition);
            }
        }
        Ok((partitions, known))
    })?;
    let reader = thread::Builder::new().name(format!("kafka {name}"));
    reader
        .spawn(move || runtime.block_on(watch(client, name, known, hearers)))
        .map_err(|error| format!("no thread can be started: {error}"))?;
    Ok(Opened { partitions, born })
}

/// Reads the partitions that the topic gets. The others' tasks run beside it.
async fn watch(client: Client, name: String, mut known: Vec<i32>, hearers: Hearers) {
    loop {
        sleep(LOOK).await;
        // Where brokers can't be asked, they are asked again; those that read say so if it takes long.
        let all = Topic::partitions(&client, &name).await.unwrap_or_default();
        for partition in all {
            if !known.contains(&partition)
                && let Ok(started) = begin(&client, &name, partition, Start::Earliest, &hearers).await
            {
                known.push(partition);
                if hearers.births.send(started).is_err() {
                    return;
                }
                hearers.bell.ring();
            }
        }
    }
}

/// Starts to read a partition.
async fn begin(
    client: &Client,
    name: &str,
    partition: i32,
    start: Start,
    hearers: &Hearers,
) -> Result<Partition, String> {
    let leader = Topic::leader(client, name, partition).await?;
    let latest = async || leader.get_offset(OffsetAt::Latest).await.map_err(|error| error.to_string());
    let offset = match start {
        Start::Latest => latest().await?,
        Start::Earliest => leader.get_offset(OffsetAt::Earliest).await.map_err(|error| error.to_string())?,
        Start::At(millis) => {
            let time = DateTime::from_timestamp_millis(millis).unwrap_or_default();
            let found =
                leader.get_offset(OffsetAt::Timestamp(time)).await.map_err(|error| error.to_string())?;
            // No record is of that time or a later one.
            if found < 0 { latest().await? } else { found }
        }
    };
    let position = Position { partition: partition.to_string(), cursor: cursor(offset), skip: 0 };
    Ok(read(leader, offset, position, hearers))
}

fn cursor(offset: i64) -> String {
    format!("offset {offset}")
}

fn offset_of(cursor: &str) -> Option<i64> {
    cursor.strip_prefix("offset ")?.parse().ok()
}

/// Reads a partition on the runtime that is entered.
fn read(leader: Arc<PartitionClient>, offset: i64, position: Position, hearers: &Hearers) -> Partition {
    let (partition, said) = Partition::new(position);
    let bell = hearers.bell.clone();
    tokio::spawn(async move {
        if let Err(why) = read_all(&leader, offset, &said, &bell).await {
            hand_over(&said, &bell, Said::Failed(why)).await;
        }
    });
    partition
}

/// Reads until the run is over.
async fn read_all(
    leader: &PartitionClient,
    mut offset: i64,
    to: &Sender<Said>,
    bell: &Bell,
) -> Result<(), String> {
    let mut heard = Instant::now();
    loop {
        let (records, end) = match leader.fetch_records(offset, 1..BYTES, WAIT).await {
            Ok(answer) => answer,
            Err(error) if said(&error) == Some(ProtocolError::OffsetOutOfRange) => {
                return Err(format!(
                    "the topic no longer has offset {offset}: records were deleted before they were read; remove the checkpoint to run anew"
                ));
            }
            Err(error) => return Err(error.to_string()),
        };
        match records.last() {
            Some(last) => offset = last.offset + 1,
            None if end <= offset => heard = Instant::now(),
            None if heard.elapsed() > PATIENCE => {
                return Err(format!(
                    "nothing can be read behind offset {offset}, though there is something: topics that are written in transactions are not read"
                ));
            }
            None => {}
        }
        if !records.is_empty() {
            heard = Instant::now();
            if !hand_over(to, bell, Said::Records(chunk(&records))).await {
                return Ok(());
            }
        }
    }
}

/// Waits until the run takes what is said; whether it does.
async fn hand_over(to: &Sender<Said>, bell: &Bell, what: Said) -> bool {
    let mut what = what;
    loop {
        match to.try_send(what) {
            Ok(()) => {
                bell.ring();
                return true;
            }
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(again)) => what = again,
        }
        sleep(FULL).await;
    }
}

/// The rows of records.
fn chunk(records: &[RecordAndOffset]) -> Chunk {
    let first = records.first().map(|first| first.offset).unwrap_or_default();
    let mut chunk = Chunk { from: cursor(first), ..Chunk::default() };
    for RecordAndOffset { record, offset } in records {
        chunk.push(record.value.as_deref().unwrap_or_default());
        chunk.mark(cursor(offset + 1));
    }
    chunk
}
